"""A tour of every page: light and dark, English and Chinese, desktop and phone; nothing reported, nothing inaccessible, nothing cut off."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import PHONE, Browsing
from playwright.sync_api import BrowserContext, Page, expect
from served import Served
from served import cell as made
from sheet import Sheet

AXE = (Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOLDER = "tour"

PAGES = (
    *("login", "link", "files", "empty", "notebook", "blank", "palette", "keys", "missing", "denied", "broken"),
    *("prompt", "prompt-used", "prompt-search"),
)
ENGLISH = re.compile(r"[A-Za-z]{3,}")


def a_notebook(server: Served) -> str:
    """Something of everything, with results."""
    path = f"{FOLDER}/Tides at noon.ipynb"
    outputs: list[dict[str, Any]] = [
        {
            "output_type": "stream",
            "name": "stdout",
            "text": "\x1b[31mred\x1b[0m and \x1b[1;34mbold blue\x1b[0m https://example.org\n",
        },
        {"output_type": "stream", "name": "stderr", "text": "a warning\n"},
        {
            "output_type": "execute_result",
            "execution_count": 3,
            "metadata": {},
            "data": {
                "text/html": "<table border=1 class=dataframe><thead><tr><th></th><th>tmin</th><th>tmax</th></tr></thead>"
                "<tbody><tr><th>0</th><td>1.5</td><td>2.25</td></tr><tr><th>1</th><td>-3</td><td>14.125</td></tr></tbody></table>",
                "text/plain": "tmin tmax",
            },
        },
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/json": {"a": [1, 2, {"b": None}]}, "text/plain": "{}"},
        },
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {
                "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="80">'
                '<path d="M0 70L60 20L120 50L240 5" fill="none" stroke="#1f4e79"/></svg>',
                "text/plain": "<a line that rises>",
            },
        },
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/latex": r"$$\int_0^1 x^2\,dx = \frac13$$", "text/plain": "1/3"},
        },
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": "<p>chart</p><script>1</script>", "text/plain": "chart"},
        },
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/vnd.plotly.v1+json": {"data": []}, "text/plain": "Figure"},
        },
    ]
    error = {
        "output_type": "error",
        "ename": "ZeroDivisionError",
        "evalue": "division by zero",
        "traceback": [
            "-" * 75,
            "ZeroDivisionError                         Traceback (most recent call last)",
            "Cell In[4], line 2\n      1 def half(x):\n----> 2     return x / 0\n      3 half(1)\n",
            "ZeroDivisionError: division by zero",
        ],
    }
    text = (
        "# Tides\n\nSome *text* with `code`, a [link](https://example.org), $e^{i\\pi} = -1$ and 中文 and 🙂.\n\n"
        "| name | value |\n|:--|--:|\n| a | 1 |\n\n- one\n- two\n\n> said\n\n```python\nx = 1\n```\n\n## 潮汐\n\n"
        + "A long line of prose. "
        * 12
    )
    server.put(
        path,
        made(text, "t", kind="markdown"),
        made(
            "import math\n\n\ndef tide(hour: float) -> float:\n    return 2 * math.sin(hour / 12)  # metres",
            "a",
            execution_count=2,
        ),
        made("show(everything)", "b", outputs=outputs, execution_count=3),
        made("def half(x):\n    return x / 0\nhalf(1)", "c", outputs=[error], execution_count=4),
        made("raw text", "r", kind="raw"),
        made("a = '" + "very long line " * 20 + "'", "d"),
        kernel="python3",
    )
    return path


@pytest.fixture(scope="module")
def toured(shared_server: Served) -> Served:
    a_notebook(shared_server)
    shared_server.put(f"{FOLDER}/Blank.ipynb")
    (shared_server.root / FOLDER / "invalid.ipynb").write_text('{"cells": [')
    (shared_server.root / FOLDER / "数据 data.csv").write_text("a,b\n1,2\n")
    (shared_server.root / FOLDER / "empty").mkdir(exist_ok=True)
    return shared_server


def go(page: Page, server: Served, name: str) -> None:
    """To one of PAGES."""
    addresses = {
        "login": "login",
        "link": "login?with=code",
        "files": f"f/{FOLDER}",
        "empty": f"f/{FOLDER}/empty",
        "blank": f"n/{FOLDER}/Blank.ipynb",
        "missing": "n/nowhere.ipynb",
        "denied": "n/.secret.ipynb",
        "broken": f"n/{FOLDER}/invalid.ipynb",
        "prompt": f"repl/{FOLDER}-empty?kernel=scripted",
        "prompt-used": f"repl/{FOLDER}?kernel=scripted",
        "prompt-search": f"repl/{FOLDER}?kernel=scripted",
    }
    page.goto(server.url + addresses.get(name, f"n/{FOLDER}/Tides at noon.ipynb"))
    if name in ("login", "link"):
        expect(page.locator("main input:not([type=hidden])").first).to_be_visible()
    elif name in ("files", "empty"):
        expect(page.locator("tr[data-path], #list").first).to_be_visible()
    elif name in ("missing", "denied", "broken"):
        expect(page.locator("main h1")).to_be_visible()
    elif name.startswith("prompt"):
        go_to_prompt(page, name)
    else:
        Sheet(page, server, "").ready()
    if name in ("notebook", "palette", "keys"):
        expect(page.locator("main table").first).to_be_attached()
        expect(page.locator("main .katex").first).to_be_attached()
        page.wait_for_function("() => !document.querySelector('main .md.raw')")
    if name in ("palette", "keys"):
        page.keyboard.press("F1" if name == "palette" else "Control+Shift+H")
        expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate(
        "() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))"
    )


def go_to_prompt(page: Page, name: str) -> None:
    draft = page.locator(".draft .cm-content")
    expect(draft).to_be_visible()
    if name == "prompt":
        return
    if page.locator(".entry").count() == 0:
        draft.click()
        for line in ("print 12", "error ValueError 34"):
            page.keyboard.type(line)
            page.keyboard.press("Enter")
    expect(page.locator(".entry .tb")).to_be_visible()
    if name == "prompt-search":
        draft.click()
        page.keyboard.press("Control+r")
        expect(page.get_by_role("option").first).to_be_visible()


def violations(page: Page) -> list[str]:
    page.evaluate(f"() => {{ if (!window.axe) {{ {AXE}; }} }}")
    found = page.evaluate("rules => window.axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES)
    # A long line of static code: Enter makes it an editor, whose caret scrolls it. A tab stop a cell would cost more than it gives.
    for one in found["violations"]:
        if one["id"] == "scrollable-region-focusable":
            one["nodes"] = [node for node in one["nodes"] if not node["target"][0].endswith(".code > .lines")]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def cut_off(page: Page) -> list[str]:
    """What is wider than the page, or text that its own box cuts without saying so."""
    return page.evaluate(
        """() => {
          const wrong = []
          const { scrollWidth, clientWidth } = document.documentElement
          if (scrollWidth > clientWidth) wrong.push(`page ${scrollWidth} > ${clientWidth}`)
          for (const one of document.querySelectorAll('button, a, h1, h2, h3, label, th, summary, .saved, .foot .g')) {
            const style = getComputedStyle(one)
            if (one.offsetParent === null || one.closest('.vh, .skip, main .body') || style.textOverflow === 'ellipsis') continue
            if (one.scrollWidth > one.clientWidth + 1 && style.overflowX !== 'visible') wrong.push(`${one.localName} ${one.textContent.trim()}`)
            const box = one.getBoundingClientRect()
            if (box.width && (box.right > clientWidth + 1 || box.left < -1)) wrong.push(`outside ${one.localName} ${one.textContent.trim()}`)
          }
          return wrong
        }"""
    )


SHAPES: dict[str, dict[str, Any]] = {
    "desktop": {},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2},
}
LOOKS = [
    pytest.param(
        theme,
        shape,
        locale,
        marks=[pytest.mark.long] if locale == "zh-CN" and (theme == "dark") == (shape == "phone") else [],
    )
    for theme in ("light", "dark")
    for shape in SHAPES
    for locale in ("en-GB", "zh-CN")
]


def context_for(browsing: Browsing, server: Served, theme: str, shape: str, locale: str) -> BrowserContext:
    return browsing.logged_in(server, color_scheme=theme, locale=locale, **SHAPES[shape])


@pytest.mark.parametrize(("theme", "shape", "locale"), LOOKS)
def test_every_page_is_accessible_whole_and_reports_nothing(
    browsing: Browsing, toured: Served, theme: str, shape: str, locale: str
) -> None:
    browsing.watch.allow("Failed to load resource: the server responded with a status of (403|404|400|422|500)")
    known = context_for(browsing, toured, theme, shape, locale).new_page()
    stranger = browsing.context(color_scheme=theme, locale=locale, **SHAPES[shape]).new_page()
    wrong: dict[str, list[str]] = {}
    for name in PAGES:
        page = stranger if name in ("login", "link") else known
        go(page, toured, name)
        found = violations(page) + cut_off(page)
        if found:
            wrong[name] = found
        picture(page, f"{name}-{shape}-{theme}-{locale[:2]}")
    assert not wrong, "\n".join(f"{name}: {one}" for name, all_of in wrong.items() for one in all_of)


def picture(page: Page, name: str) -> None:
    """With OCTAVO_TOUR=folder, for people to look at."""
    if folder := os.environ.get("OCTAVO_TOUR"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_the_reader_s_language_is_the_page_s(browsing: Browsing, toured: Served) -> None:
    """All but what notebooks hold, and what the server says of a file that it cannot read."""
    browsing.watch.allow("Failed to load resource: the server responded with a status of (403|404|400|422|500)")
    known = context_for(browsing, toured, "light", "desktop", "zh-CN").new_page()
    stranger = browsing.context(locale="zh-CN").new_page()
    allowed = re.compile(
        r"octavo|nowhere|scripted|login-link|serve|language|tides|noon|blank|invalid|empty|data|csv|ipynb|python|english|json|tour|secret|home|ctrl|shift|alt|esc|enter|tab",
        re.I,
    )
    for name in PAGES:
        page = stranger if name in ("login", "link") else known
        go(page, toured, name)
        assert page.evaluate("() => document.documentElement.lang") == "zh-Hans"
        words = page.evaluate(
            """() => [...document.querySelectorAll('body *')]
              .filter((one) => !one.closest('main .cells, main .entries, kbd, code, pre, script, noscript, style, svg, .said, [data-path]'))
              .flatMap((one) => [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim())
                .concat(['aria-label', 'title', 'placeholder'].map((key) => one.getAttribute(key) ?? '')))
              .filter(Boolean)"""
        )
        english = [word for word in words if ENGLISH.search(allowed.sub("", word))]
        assert english == [], (name, english)


def test_a_chosen_theme_and_language_hold(browsing: Browsing, toured: Served) -> None:
    page = browsing.logged_in(toured).new_page()
    go(page, toured, "notebook")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.reload()
    Sheet(page, toured, "").ready()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == dark
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitemradio", name="简体中文").click()
    expect(page.get_by_role("button", name="全部运行")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="全部运行")).to_be_visible()


@pytest.fixture
def phone(browsing: Browsing, shared_server: Served) -> Callable[..., Sheet]:
    def open_it(*cells: str) -> Sheet:
        shared_server.put("phone/n.ipynb", *cells)
        page = browsing.logged_in(shared_server, **SHAPES["phone"]).new_page()
        return Sheet.open(page, shared_server, "phone/n.ipynb")

    return open_it


def test_on_a_phone_a_cell_runs_by_one_tap_of_the_thumb(phone: Callable[..., Sheet]) -> None:
    sheet = phone("print one", "print two", "print " + "long " * 60)
    bar = sheet.page.locator(".thumb")
    expect(bar).to_be_visible()
    box = bar.bounding_box()
    assert box is not None and box["y"] + box["height"] >= PHONE["height"] - 2 and box["height"] >= 44
    bar.get_by_role("button", name="Run").tap()
    expect(sheet.outputs("a")).to_have_text("one")
    for button in bar.get_by_role("button").all():
        size = button.bounding_box()
        assert size is not None and size["height"] >= 44
    assert sheet.active() == "b"
    sheet.cell("c").locator(".code").tap()
    assert sheet.active() == "c" and sheet.mode() == "command"
    sheet.cell("b").locator(".code").tap()
    sheet.cell("b").locator(".code").tap()
    expect(sheet.cell("b").locator(".cm-content")).to_be_focused()
    sheet.page.keyboard.insert_text("!")
    sheet.press("Escape")
    bar.get_by_role("button", name="Run").tap()
    expect(sheet.outputs("b")).to_contain_text("two")
    assert cut_off(sheet.page) == []


def test_the_hidden_reader_hears_what_happened(browsing: Browsing, shared_server: Served) -> None:
    shared_server.put("said/n.ipynb", "print one", "error ValueError no")
    sheet = Sheet.open(browsing.logged_in(shared_server).new_page(), shared_server, "said/n.ipynb")
    sheet.run("a")
    expect(sheet.page.locator("[aria-live]").filter(has_text="Cell 1 finished")).to_have_count(1)
    sheet.run("b")
    expect(sheet.page.locator("[aria-live], [role=alert]").filter(has_text="Cell 2 failed")).to_have_count(1)
    # One tab stop for the cells; Escape, then Tab, leaves an editor.
    sheet.edit("a")
    sheet.press("Escape", "Tab")
    assert sheet.mode() != "edit"
