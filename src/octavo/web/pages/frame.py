"""The document of a sandboxed output: the only one that takes foreign content as markup.

Its own response carries the sandbox, so that it has no origin also when it is opened by itself.
"""

import json
from typing import Literal

POLICY = "; ".join(
    (
        "sandbox allow-scripts",
        "default-src 'none'",
        "script-src 'unsafe-inline'",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "font-src data:",
        "media-src data: blob:",
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
"""Content-Security-Policy of the response. It goes out with `X-Content-Type-Options: nosniff`, `Referrer-Policy: no-referrer` and
`Cross-Origin-Resource-Policy: same-origin`; not with `Cross-Origin-Opener-Policy`."""

STYLE = """
:root{color-scheme:SCHEME}
body{margin:0;padding:1px 0 4px;font:15px/1.5 system-ui,sans-serif;color:INK;background:transparent;overflow-x:auto}
"""
INK = {"light": "#22201c", "dark": "#e9e4d9"}
SCRIPTS = ("application/javascript", "text/javascript")


def frame_page(content: str, mime: str, *, theme: Literal["light", "dark"], script: str) -> bytes:
    """`content` of `text/html` or of a script's type. `script`: the text of the build's `frame` file, which tells the page its height."""
    style = STYLE.replace("SCHEME", theme).replace("INK", INK[theme])
    body = _script(content) if mime in SCRIPTS else content
    return (
        f'<!doctype html>\n<html><head><meta charset="utf-8"><title>Output</title>\n<style>{style}</style>\n'
        f"<script>{_inline(script)}</script></head>\n<body>{body}</body></html>\n"
    ).encode("utf-8", "replace")


def _inline(script: str) -> str:
    """A script's text inside a script element: what would end the element early is written another way."""
    return script.replace("</", "<\\/").replace("<!--", "<\\!--")


def _script(code: str) -> str:
    """Code as Jupyter runs it: with `element`, where it may put what it draws. As a string, so that nothing in it ends the element."""
    text = json.dumps(code).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        '<div id="element"></div>'
        "<script>(function(){const element=document.getElementById('element');"
        f"const made=document.createElement('script');made.text='(function(element){{'+{text}+'\\n}})(document.getElementById(\"element\"))';"
        "document.body.append(made)})()</script>"
    )
