"""Title pages, whole without script: signing in, choosing a password, what cannot be shown."""

from html import escape
from typing import Literal
from urllib.parse import quote, urlencode

from octavo.web.pages.document import Setting, facts, html, languages, with_code
from octavo.web.pages.words import WORDS, duration

Problem = Literal["wrong", "link", "throttled", "form", "none"]
ChoiceProblem = Literal["again", "short", "long", "common", "form"]

RAW_LIMIT = 200_000
"""Characters of an invalid notebook that are shown."""


def login_page(
    setting: Setting,
    *,
    host: str,
    next: str = "",
    problem: Problem | None = None,
    wait: float = 0,
    ask: Literal["password", "code"] = "password",
    first: bool = False,
) -> bytes:
    """One field: `password`, or `code` of a one-time link. POSTed to `login` with `_xsrf` and `next`. `first`: no password was ever set.

    `login.ts` fills in a code from the address's fragment, which the server never sees, and sends the form.
    """
    action = escape(f"{setting.base}login")
    wrong = _wrong(setting, problem, wait)
    described = f"hint{' wrong' if wrong else ''}"
    other = "code" if ask == "password" else "password"
    switch = f"{setting.base}login?" + urlencode({"with": other, **({"next": next} if next else {})})
    if ask == "password":
        field = (
            f'<label for="password">{setting.word("password")}</label>'
            f'<div class="in"><input id="password" name="password" type="password" autocomplete="current-password" required autofocus'
            f' aria-describedby="{described}"{" aria-invalid=true" if wrong else ""}></div>{wrong}'
            f'<p class="hint" id="hint">{with_code(setting, "first-time", "octavo serve") if first else ""}</p>'
        )
        go, link = "sign-in", "have-link"
    else:
        field = (
            f'<label for="code">{setting.word("code")}</label>'
            f'<div class="in"><input id="code" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false"'
            f' required autofocus aria-describedby="{described}"{" aria-invalid=true" if wrong else ""}></div>{wrong}'
            f'<p class="hint" id="hint">{with_code(setting, "code.hint", "octavo login-link")}</p>'
        )
        go, link = "code.go", "have-password"
    body = (
        f'<main class="titlepage"><h1>Octavo</h1><p class="sub">{setting.word("at", host=host)}</p>{_ornament()}'
        f'<form method="post" action="{action}" data-ask="{ask}">{_hidden(setting, next)}{field}'
        f'<button class="b main">{setting.word(go)}</button></form>'
        f'<div class="alt"><a href="{escape(switch)}" data-switch>{setting.word(link)}</a></div></main>{_foot(setting, next, ask)}'
    )
    return html(
        setting, title=_title(setting, "sign-in"), head=facts(setting) + _script(setting), body=body, body_class="title"
    )


def choose_page(
    setting: Setting, *, code: str, least: int, next: str = "", problem: ChoiceProblem | None = None
) -> bytes:
    """For a one-time link while no password exists: fields `new_password` and `again`, with the hidden `code`, POSTed to `login`."""
    wrong = (
        f'<p class="wrong" id="wrong" role="alert"><b>{setting.word(f"wrong.{problem}", least=str(least))}</b></p>'
        if problem
        else ""
    )
    body = (
        f'<main class="titlepage"><h1>{setting.word("choose.title")}</h1><p class="sub">{setting.word("choose.sub")}</p>{_ornament()}'
        f'<form method="post" action="{escape(f"{setting.base}login")}">{_hidden(setting, next)}'
        f'<input type="hidden" name="code" value="{escape(code)}">'
        '<input class="vh" name="username" autocomplete="username" value="octavo" tabindex="-1" aria-hidden="true" readonly>'
        f'<label for="password">{setting.word("choose.label")}</label><div class="in"><input id="password" name="new_password" type="password"'
        f' autocomplete="new-password" minlength="{least}" required autofocus aria-describedby="hint{" wrong" if problem else ""}"></div>'
        f'<label for="again">{setting.word("choose.again")}</label><div class="in"><input id="again" name="again" type="password"'
        f' autocomplete="new-password" required></div>{wrong}'
        f'<p class="hint" id="hint">{setting.word("choose.hint", least=str(least))}</p>'
        f'<button class="b main">{setting.word("choose.go")}</button></form></main>'
    )
    return html(
        setting, title=_title(setting, "choose"), head=facts(setting) + _script(setting), body=body, body_class="title"
    )


def missing_page(setting: Setting, path: str) -> bytes:
    """404."""
    return _said(setting, "missing", setting.word("missing.text", path=path))


def denied_page(setting: Setting, path: str) -> bytes:
    """403."""
    return _said(setting, "denied", setting.word("denied.text", path=path))


def broken_page(setting: Setting, message: str, hint: str = "") -> bytes:
    """Any other error that has a sentence of its own."""
    return _said(setting, "broken", escape(f"{message} {hint}".strip()))


def invalid_notebook_page(setting: Setting, path: str, message: str, raw: str) -> bytes:
    """A file that is no notebook: why, and what is in it. `raw`: its text, as far as it is text."""
    cut = f" · {setting.word('invalid.cut', n=f'{RAW_LIMIT:,}')}" if len(raw) > RAW_LIMIT else ""
    download = f"{setting.base}files/{quote(path)}?download=1"
    extra = (
        f'<h2 class="label" id="raw">{setting.word("invalid.raw")}{cut}</h2>'
        f'<pre class="raw" tabindex="0" role="region" aria-labelledby="raw">\n{escape(raw[:RAW_LIMIT])}</pre>'
    )
    links = f'<a href="{escape(download)}">{setting.word("download")}</a> '
    return _said(setting, "invalid", f"<b>{escape(path)}</b><br>{escape(message)}", extra=extra, links=links)


def _said(setting: Setting, key: str, text: str, *, extra: str = "", links: str = "") -> bytes:
    body = (
        f'<main class="titlepage broad"><h1>{setting.word(key)}</h1>{_ornament()}<p class="said">{text}</p>{extra}'
        f'<div class="alt">{links}<a href="{escape(setting.base)}">{setting.word("files")}</a></div></main>'
    )
    return html(setting, title=_title(setting, key), head="", body=body, body_class="title")


def _title(setting: Setting, key: str) -> str:
    return f"{WORDS[setting.language][key]} — Octavo"


def _ornament() -> str:
    return '<div class="orn" aria-hidden="true">8<sup>vo</sup></div>'


def _hidden(setting: Setting, next: str) -> str:
    fields = {"_xsrf": setting.xsrf, **({"next": next} if next else {})}
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())


def _wrong(setting: Setting, problem: Problem | None, wait: float) -> str:
    if problem is None:
        return ""
    if problem == "none":
        words = with_code(setting, "wrong.none", "octavo serve")
    elif problem == "throttled":
        words = setting.word("wrong.throttled", time=duration(wait, setting.language))
    else:
        words = setting.word("wrong" if problem == "wrong" else f"wrong.{problem}")
    return f'<p class="wrong" id="wrong" role="alert"><b>{words}</b></p>'


def _script(setting: Setting) -> str:
    page = setting.built.pages.get("login")
    return (
        f'<script type="module" nonce="{setting.nonce}" src="{setting.asset(page.script)}"></script>\n' if page else ""
    )


def _foot(setting: Setting, next: str, ask: str) -> str:
    address = f"{setting.base}login?" + urlencode({"with": ask, **({"next": next} if next else {})})
    version = setting.word("here", version=setting.version)
    return f'<footer class="colophon"><nav aria-label="Language / 语言">{languages(setting, address)}</nav>{version}</footer>'
