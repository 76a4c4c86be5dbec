"""The documents of the app's own pages, and the policy they are served with."""

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Literal
from urllib.parse import quote

import msgspec

from octavo.web.pages.words import NAMES, WORDS, Language, Theme

STATIC = "static/built/"
FRAMES = "frame/"

EARLY = """
{
  const { base, build, protocol, tab } = JSON.parse(document.querySelector('[name=octavo-page]').content)
  const path = location.pathname.slice(base.length)
  const live = path.startsWith('n/') ? `live/${path.slice(2)}` : `prompts/${path.slice(5) || 1}/live${location.search}`
  const socket = new WebSocket(new URL(`${base}api/octavo/${live}`, location.href).href.replace(/^http/, 'ws'))
  const waiting = []
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => {
    socket.greeted = true
    socket.send(JSON.stringify({ type: 'hello', protocol, client: tab, build }))
    socket.send(new Uint8Array(14))
  }
  socket.onmessage = socket.onclose = (event) => waiting.push(event)
  window.octavoEarly = { socket, waiting }
}
"""
"""The live socket's first words, said while the scripts load: hello, and step 1 of somebody who has nothing yet (all of its bytes are zero).
`frontend/src/sync/place.ts` takes over."""

ICON = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>rect{fill:#fbfaf6}text{font:600 24px Georgia,serif;fill:#22201c}'
    ".v{font-size:12px;fill:#97291d}@media(prefers-color-scheme:dark){rect{fill:#1a1917}text{fill:#e9e4d9}.v{fill:#ea927f}}</style>"
    '<rect width="32" height="32" rx="4"/><text x="4" y="25">8</text><text class="v" x="17" y="15">vo</text></svg>',
    safe=" ='/:<>.#{};(),",
).replace("#", "%23")


class BuiltPage(msgspec.Struct, frozen=True):
    script: str
    preload: list[str]


class Built(msgspec.Struct, frozen=True):
    """The build's manifest (`frontend/build.mjs`); empty where the page was not built."""

    build: str = ""
    pages: dict[str, BuiltPage] = {}
    styles: dict[str, str] = {}
    languages: dict[str, str] = {}
    fonts: list[str] = []
    frame: str | None = None

    @classmethod
    def of(cls, manifest: Mapping[str, object]) -> "Built":
        return msgspec.convert(manifest, cls)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What every page needs to know of its request. `base`: with slashes around it, percent-encoded."""

    built: Built
    base: str
    nonce: str
    language: Language = "en"
    theme: Theme = "auto"
    profile: str = ""
    xsrf: str = ""
    version: str = ""
    home: str = ""
    """The address of the page that opens first, where that is not the files'."""
    protocol: int = 0
    """Of the live socket; 0 on pages that have none."""
    tab: str = ""
    """Names this page among the clients of its notebook; random."""

    def word(self, key: str, **values: str) -> str:
        """A sentence of `words`, escaped; the values too."""
        return escape(WORDS[self.language][key]).format(**{name: escape(value) for name, value in values.items()})

    def asset(self, name: str) -> str:
        return escape(f"{self.base}{STATIC}{name}")


def frames_of(host: str, base: str) -> str:
    """Where frames may be, as a CSP source: output documents alone, so that one cannot lead its frame to the app's other addresses.

    A source with a path needs the host's name. Addresses are not matched there (CSP 3 §6.7.2.8, 127.0.0.1 apart): the whole origin then.
    """
    name = host.partition(":")[0]
    by_name = re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?", host) and not name.rpartition(".")[2].isdigit()
    return f"{host}{base}{FRAMES}" if by_name or name == "127.0.0.1" else "'self'"


def policy(nonce: str, frames: str = "'self'") -> str:
    """Content-Security-Policy of every page of ours: scripts only those the page names, nothing of a notebook runs in this origin.
    `frames`: see `frames_of`."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data: blob:",
            "media-src data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            f"frame-src {frames}",
            "worker-src 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types octavo dompurify",
        )
    )


def html(setting: Setting, *, title: str, head: str, body: str, body_class: str = "", early: str = "") -> bytes:
    """A whole document; `head` and `body` are markup already, `title` is text. `early`: before the styles, which would hold a script up."""
    theme = "" if setting.theme == "auto" else f' data-theme="{setting.theme}"'
    classes = f' class="{body_class}"' if body_class else ""
    styles = (
        f'<link rel="stylesheet" href="{setting.asset(setting.built.styles["app"])}">' if setting.built.styles else ""
    )
    return (
        f'<!doctype html>\n<html lang="{setting.language}"{theme}>\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n'
        f'<link rel="icon" href="{ICON}">\n{early}{styles}\n{head}</head>\n'
        f"<body{classes}>\n{body}\n</body>\n</html>\n"
    ).encode()


def app_page(setting: Setting, name: Literal["files", "notebook", "repl", "running"], title: str) -> bytes:
    """The notebook's or the files' page: a script does the rest. `title` is shown until it has."""
    page = setting.built.pages.get(name)
    if page is None:
        return unbuilt_page(setting)
    words = [file for tag, file in setting.built.languages.items() if tag == setting.language]
    preload = "".join(
        f'<link rel="modulepreload" nonce="{setting.nonce}" href="{setting.asset(file)}">\n'
        for file in [*page.preload, *words]
    )
    fonts = "".join(
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{setting.asset(file)}">\n'
        for file in setting.built.fonts
    )
    early = f'<script nonce="{setting.nonce}">{EARLY}</script>\n' if setting.protocol else ""
    script = f'<script type="module" nonce="{setting.nonce}" src="{setting.asset(page.script)}"></script>\n'
    body = f'<noscript><p class="page">{setting.word("noscript")}</p></noscript>'
    return html(
        setting, title=f"{title} — Octavo", head=fonts + preload + script, body=body, early=facts(setting) + early
    )


def facts(setting: Setting) -> str:
    """What scripts know of the page (`frontend/src/shell/page.ts`)."""
    found = {
        "base": setting.base,
        "xsrf": setting.xsrf,
        "lang": setting.language,
        "profile": setting.profile,
        "build": setting.built.build,
        "nonce": setting.nonce,
        "version": setting.version,
        **({"home": setting.home} if setting.home not in ("", setting.base) else {}),
        **({"protocol": setting.protocol, "tab": setting.tab} if setting.protocol else {}),
    }
    return f'<meta name="octavo-page" content="{escape(json.dumps(found, ensure_ascii=False))}">\n'


def unbuilt_page(setting: Setting) -> bytes:
    body = (
        f"<main><h1>{setting.word('unbuilt')}</h1>"
        f"<p>{with_code(setting, 'unbuilt.text', 'npm ci --prefix frontend && node frontend/build.mjs')}</p></main>"
    )
    return html(setting, title="Octavo", head="", body=body)


def with_code(setting: Setting, key: str, command: str) -> str:
    """A sentence with a command in it, marked up."""
    before, _, after = WORDS[setting.language][key].partition("{command}")
    return f"{escape(before)}<b>{escape(command)}</b>{escape(after)}"


def languages(setting: Setting, address: str) -> str:
    """Links to this page in the languages that we have; the server keeps the choice in a cookie."""
    separator = "&" if "?" in address else "?"
    links = []
    for code, name in NAMES.items():
        current = ' aria-current="true"' if code == setting.language else ""
        href = escape(f"{address}{separator}lang={code}")
        links.append(f'<a href="{href}" lang="{code}" hreflang="{code}"{current}>{name}</a>')
    return " · ".join(links)
