"""The language of a page, and the words of those pages that need no script."""

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "zh-Hans"]
Theme = Literal["auto", "light", "dark"]

LANGUAGE_COOKIE = "octavo-lang"
THEME_COOKIE = "octavo-theme"
NAMES: Mapping[Language, str] = {"en": "English", "zh-Hans": "简体中文"}


def choose_language(cookie: str | None, accept: str) -> Language:
    """What the reader chose, else the first language of `Accept-Language` (by weight) that we have, else English."""
    if cookie in ("en", "zh-Hans"):
        return "zh-Hans" if cookie == "zh-Hans" else "en"
    offers: list[tuple[float, int, str]] = []
    for place, offer in enumerate(accept.split(",")[:32]):
        tag, *rest = (part.strip() for part in offer.lower().split(";"))
        weight = next((_weight(part[2:]) for part in rest if part.startswith("q=")), 1.0)
        if weight > 0:
            offers.append((-weight, place, tag))
    for _, _, tag in sorted(offers):
        primary = tag.split("-")[0]
        if primary == "zh":
            return "zh-Hans"
        if primary == "en":
            return "en"
    return "en"


def choose_theme(cookie: str | None) -> Theme:
    return "light" if cookie == "light" else "dark" if cookie == "dark" else "auto"


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


ENGLISH = {
    "sign-in": "Sign in",
    "at": "notebooks at {host}",
    "password": "Password",
    "first-time": "First time here? Open the one-time link that {command} printed in its terminal; it lets you choose a password.",
    "have-link": "I have a one-time link",
    "have-password": "I have a password",
    "code": "Code of the one-time link",
    "code.hint": "The letters and digits after “#” in the link, in groups of four. {command} on the server makes another link.",
    "code.go": "Go on",
    "choose": "Choose a password",
    "choose.title": "Welcome",
    "choose.sub": "this link worked; now choose a password",
    "choose.label": "New password",
    "choose.again": "The same again",
    "choose.hint": "At least {least} characters. A sentence is easier to remember than signs.",
    "choose.go": "Set the password and sign in",
    "wrong": "That password is not right.",
    "wrong.link": "This link is not valid any more. Each works once, for 15 minutes.",
    "wrong.throttled": "Too many tries. The next one is heard in {time}.",
    "wrong.form": "This page was open for too long. Please try again.",
    "wrong.again": "The two are not the same.",
    "wrong.short": "That is too short: at least {least} characters.",
    "wrong.common": "That one is among the first that anybody would try. Choose another.",
    "wrong.long": "That is too long.",
    "wrong.none": "No password has been set yet. Open the one-time link that {command} printed in its terminal.",
    "seconds.one": "{n} second",
    "seconds": "{n} seconds",
    "minutes.one": "{n} minute",
    "minutes": "{n} minutes",
    "here": "Octavo {version} · this server keeps its notebooks on its own disk",
    "files": "To the files",
    "missing": "There is nothing here",
    "missing.text": "{path} does not exist. It may have been renamed, moved or deleted.",
    "denied": "This is not open to you",
    "denied.text": "Octavo does not show {path}.",
    "invalid": "This is not a notebook that Octavo can read",
    "invalid.raw": "What the file holds",
    "invalid.cut": "The first {n} characters",
    "download": "Download the file",
    "broken": "Something went wrong",
    "unbuilt": "Octavo’s page was not built",
    "unbuilt.text": "Run {command} in the repository, or install a released wheel, which has the page inside.",
    "noscript": "Octavo’s notebooks need JavaScript. Please allow it for this address.",
}

CHINESE: Mapping[str, str] = {
    "sign-in": "登录",
    "at": "{host} 上的笔记本",
    "password": "密码",
    "first-time": "第一次使用？请打开 {command} 在终端中打印的一次性链接，然后设置密码。",
    "have-link": "我有一次性链接",
    "have-password": "我有密码",
    "code": "一次性链接中的代码",
    "code.hint": "链接中“#”之后的字母和数字，每四个一组。在服务器上运行 {command} 可以生成新的链接。",
    "code.go": "继续",
    "choose": "设置密码",
    "choose.title": "欢迎",
    "choose.sub": "链接有效，请设置密码",
    "choose.label": "新密码",
    "choose.again": "再输入一次",
    "choose.hint": "至少 {least} 个字符。一句话比一串符号更容易记住。",
    "choose.go": "设置密码并登录",
    "wrong": "密码不正确。",
    "wrong.link": "这个链接已失效。每个链接只能使用一次，有效期为 15 分钟。",
    "wrong.throttled": "尝试次数过多，请在 {time}后再试。",
    "wrong.form": "本页打开时间过长，请重试。",
    "wrong.again": "两次输入不一致。",
    "wrong.short": "密码太短，至少需要 {least} 个字符。",
    "wrong.common": "这个密码太常见，任何人都会先试它。请换一个。",
    "wrong.long": "密码太长。",
    "wrong.none": "尚未设置密码。请打开 {command} 在终端中打印的一次性链接。",
    "seconds.one": "{n} 秒",
    "seconds": "{n} 秒",
    "minutes.one": "{n} 分钟",
    "minutes": "{n} 分钟",
    "here": "Octavo {version} · 笔记本保存在这台服务器自己的磁盘上",
    "files": "查看文件",
    "missing": "这里什么也没有",
    "missing.text": "{path} 不存在，可能已被重命名、移动或删除。",
    "denied": "您无权查看此内容",
    "denied.text": "Octavo 不显示 {path}。",
    "invalid": "Octavo 无法读取这个笔记本",
    "invalid.raw": "文件内容",
    "invalid.cut": "前 {n} 个字符",
    "download": "下载文件",
    "broken": "出错了",
    "unbuilt": "Octavo 的页面尚未构建",
    "unbuilt.text": "请在代码仓库中运行 {command}，或安装已发布的 wheel（其中已包含页面）。",
    "noscript": "Octavo 的笔记本需要 JavaScript，请允许本站点使用。",
}

WORDS: Mapping[Language, Mapping[str, str]] = {"en": ENGLISH, "zh-Hans": CHINESE}


def duration(seconds: float, language: Language) -> str:
    """A wait as one says it, never too short: seconds up to 90, then minutes."""
    whole = max(1, -(-int(seconds * 1000) // 1000))
    unit, n = ("seconds", whole) if whole <= 90 else ("minutes", -(-whole // 60))
    return WORDS[language][f"{unit}.one" if n == 1 else unit].format(n=n)
