"""Every key of the notebook's page, pressed on the real page: what it is for happens."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import Tab
from playwright.sync_api import expect
from served import Served
from sheet import Sheet

THREE = ("print one", "print two", "print three")
COMMANDS = Path(__file__).parents[2] / "frontend/src/cells/commands.ts"
NOTEBOOK_PAGE = Path(__file__).parents[2] / "frontend/src/pages/notebook.tsx"

Check = Callable[[Sheet], None]


def at(name: str) -> Check:
    return lambda sheet: expect(sheet.cell(name)).to_be_focused()


def chosen(*names: str) -> Check:
    return lambda sheet: _until(sheet, lambda: sheet.selected() == list(names))


def order(pattern: str) -> Check:
    """The cells by name; `+` is a new one."""

    def known() -> str:
        return "".join(name if name in "abc" else "+" for name in current[0].order())

    current: list[Sheet] = []

    def check(sheet: Sheet) -> None:
        current[:] = [sheet]
        _until(sheet, lambda: known() == pattern, known)

    return check


def kinds(*types: str) -> Check:
    return lambda sheet: _until(sheet, lambda: sheet.types() == list(types), sheet.types)


def sources(*texts: str) -> Check:
    return lambda sheet: sheet.has(texts)


def ran(name: str, text: str) -> Check:
    def check(sheet: Sheet) -> None:
        expect(sheet.outputs(name)).to_have_text(text)
        expect(sheet.folio(name)).to_have_text(re.compile(r"\d+"))

    return check


def dialog(words: str) -> Check:
    return lambda sheet: expect(sheet.page.get_by_role("dialog", name=words)).to_be_visible()


def editing(name: str) -> Check:
    return lambda sheet: expect(sheet.cell(name).locator(".cm-content")).to_be_focused()


def all_of(*checks: Check) -> Check:
    def check(sheet: Sheet) -> None:
        for one in checks:
            one(sheet)

    return check


def _until(sheet: Sheet, condition: Callable[[], bool], say: Callable[[], object] = lambda: "") -> None:
    for _ in range(300):
        if condition():
            return
        sheet.page.wait_for_timeout(20)
    raise AssertionError(say())


def checkpoint(sheet: Sheet) -> None:
    expect(sheet.page.get_by_role("status").get_by_text("Saved, with a checkpoint.")).to_be_visible()


def folded(*names: str) -> Check:
    """These are folded away, the others are there."""
    shown = "cells => cells.filter((cell) => !cell.offsetHeight).map((cell) => cell.dataset.cellId)"
    return lambda sheet: _until(sheet, lambda: sheet.cells.evaluate_all(shown) == list(names))


def numbered(*names: str) -> Check:
    """These have line numbers, the others have none."""
    return lambda sheet: expect(sheet.page.locator("main .cell.numbered")).to_have_count(len(names))


def numbered_until_asked_again(sheet: Sheet) -> None:
    """All are; the browser would keep the wish for the next test."""
    numbered("a", "b", "c")(sheet)
    sheet.press("Shift+L")
    numbered()(sheet)


def finding(sheet: Sheet) -> None:
    expect(sheet.page.get_by_role("search").get_by_role("textbox").first).to_be_focused()


def replacing(sheet: Sheet) -> None:
    expect(sheet.page.get_by_placeholder("Replace with")).to_be_visible()


def heading(level: int) -> Check:
    return all_of(
        kinds("code", "markdown", "code"), lambda s: expect(s.cell("b").locator(f"h{level}")).to_have_text("print two")
    )


# On three cells, the second active. What is pressed, one after the other, and then what is so.
COMMAND_MODE: dict[str, tuple[str, Check]] = {
    "ArrowUp": ("ArrowUp", at("a")),
    "ArrowDown": ("ArrowDown", at("c")),
    "K": ("k", at("a")),
    "J": ("j", at("c")),
    "Shift-ArrowUp": ("Shift+ArrowUp", chosen("a", "b")),
    "Shift-ArrowDown": ("Shift+ArrowDown", chosen("b", "c")),
    "Shift-K": ("Shift+K", chosen("a", "b")),
    "Shift-J": ("Shift+J", chosen("b", "c")),
    "Shift-Home": ("Shift+Home", chosen("a", "b")),
    "Shift-End": ("Shift+End", chosen("b", "c")),
    "Home": ("Home", at("a")),
    "End": ("End", at("c")),
    "Mod-Home": ("Control+Home", at("a")),
    "Mod-End": ("Control+End", at("c")),
    "Mod-ArrowUp": ("Control+ArrowUp", at("a")),
    "Mod-ArrowDown": ("Control+ArrowDown", at("c")),
    "Enter": ("Enter", editing("b")),
    "Ctrl-Enter": ("Control+Enter", all_of(ran("b", "two"), at("b"))),
    "Mod-Enter": ("Control+Enter", ran("b", "two")),
    "Shift-Enter": ("Shift+Enter", all_of(ran("b", "two"), at("c"))),
    "Alt-Enter": (
        "Alt+Enter",
        all_of(ran("b", "two"), order("ab+c"), lambda s: expect(s.cell(2).locator(".cm-content")).to_be_focused()),
    ),
    "A": ("a", order("a+bc")),
    "B": ("b", order("ab+c")),
    "Shift-A": (
        "Shift+A",
        all_of(
            order("a+bc"),
            kinds("code", "markdown", "code", "code"),
            lambda s: expect(s.cell(1).locator(".cm-content")).to_have_text("## "),
        ),
    ),
    "Shift-B": ("Shift+B", all_of(order("ab+c"), kinds("code", "code", "markdown", "code"))),
    "D D": ("d d", order("ac")),
    "Delete": ("Delete", order("ac")),
    "X": ("x", order("ac")),
    "Mod-X": ("Control+x", order("ac")),
    "C": ("c v", all_of(order("ab+c"), sources("print one", "print two", "print two", "print three"))),
    "Mod-C": ("Control+c v", order("ab+c")),
    "V": ("x v", order("acb")),
    "Shift-V": ("x Shift+V", order("abc")),
    "Ctrl-Shift-ArrowUp": ("Control+Shift+ArrowUp", order("bac")),
    "Ctrl-Shift-ArrowDown": ("Control+Shift+ArrowDown", order("acb")),
    "Mod-Shift-ArrowUp": ("Control+Shift+ArrowUp", order("bac")),
    "Mod-Shift-ArrowDown": ("Control+Shift+ArrowDown", order("acb")),
    "Y": ("m y", kinds("code", "code", "code")),
    "M": ("m", kinds("code", "markdown", "code")),
    "R": ("r", kinds("code", "raw", "code")),
    **{str(level): (str(level), heading(level)) for level in range(1, 7)},
    "Shift-M": ("Shift+ArrowDown Shift+M", all_of(order("ab"), sources("print one", "print two\n\nprint three"))),
    "Ctrl-Backspace": ("Control+Backspace", all_of(order("ac"), sources("print one\n\nprint two", "print three"))),
    "Mod-Backspace": ("Control+Backspace", order("ac")),
    "Ctrl-Shift-M": ("Control+Shift+M", all_of(order("ab"), sources("print one", "print two\n\nprint three"))),
    "Mod-Shift-M": ("Control+Shift+M", order("ab")),
    "O": ("Control+Enter o", lambda s: expect(s.cell("b").locator(".out")).to_have_class(re.compile("folded"))),
    "Shift-O": (
        "Control+Enter Shift+O",
        lambda s: expect(s.cell("b").locator(".out")).to_have_class(re.compile("scrolled")),
    ),
    "L": ("l", all_of(numbered("b"), lambda s: expect(s.cell("b")).to_have_class(re.compile("numbered")))),
    "Shift-L": ("Shift+L", numbered_until_asked_again),
    "ArrowLeft": ("1 ArrowLeft", all_of(folded("c"), at("b"))),
    "ArrowRight": ("1 ArrowLeft ArrowRight", all_of(folded(), at("b"))),
    "Ctrl-Shift-ArrowLeft": ("1 Control+Shift+ArrowLeft", folded("c")),
    "Ctrl-Shift-ArrowRight": ("1 ArrowLeft Control+Shift+ArrowRight", folded()),
    "Mod-Shift-ArrowLeft": ("1 Control+Shift+ArrowLeft", folded("c")),
    "Mod-Shift-ArrowRight": ("1 ArrowLeft Control+Shift+ArrowRight", folded()),
    "F": ("f", finding),
    "Mod-F": ("Control+f", finding),
    "Mod-G": ("Control+g", finding),
    "F3": ("F3", finding),
    "Mod-Shift-G": ("Control+Shift+G", finding),
    "Shift-F3": ("Shift+F3", finding),
    "Mod-H": ("Control+h", replacing),
    "Z": ("d d z", order("abc")),
    "Mod-Z": ("d d Control+z", order("abc")),
    "Shift-Z": ("d d z Shift+Z", order("ac")),
    "Mod-Shift-Z": ("d d z Control+Shift+Z", order("ac")),
    "Mod-Y": ("d d z Control+y", order("ac")),
    "Mod-A": ("Control+a", chosen("a", "b", "c")),
    "Mod-S": ("Control+s", checkpoint),
    "S": ("s", checkpoint),
    "H": ("h", dialog("Keys")),
    "Mod-Shift-H": ("Control+Shift+H", dialog("Keys")),
    "P": ("p", dialog("Commands")),
    "F1": ("F1", dialog("Commands")),
    "Mod-Shift-C": ("Control+Shift+C", dialog("Commands")),
}

# The same while writing, the caret at the end of the second cell.
EDIT_MODE: dict[str, tuple[str, Check]] = {
    "Shift-Enter": ("Shift+Enter", all_of(ran("b", "two"), at("c"))),
    "Ctrl-Enter": ("Control+Enter", ran("b", "two")),
    "Mod-Enter": ("Control+Enter", ran("b", "two")),
    "Alt-Enter": ("Alt+Enter", all_of(ran("b", "two"), order("ab+c"))),
    "Ctrl-Shift-Enter": ("Control+Shift+Enter", ran("b", "two")),
    "Mod-Shift-Enter": ("Control+Shift+Enter", ran("b", "two")),
    "Ctrl-Shift-Minus": (
        "Home ArrowRight ArrowRight Control+Shift+Minus",
        all_of(order("ab+c"), sources("print one", "pr", "int two", "print three")),
    ),
    "Mod-Shift-Minus": ("Home ArrowRight Control+Shift+Minus", order("ab+c")),
    "Mod-Z": ("! Control+z", sources(*THREE)),
    "Mod-Shift-Z": ("! Control+z Control+Shift+Z", sources("print one", "print two!", "print three")),
    "Mod-Y": ("! Control+z Control+y", sources("print one", "print two!", "print three")),
    "Escape": ("Escape", at("b")),
    "Ctrl-M": ("Control+m", at("b")),
    "Mod-S": ("Control+s", checkpoint),
    "Mod-Shift-H": ("Control+Shift+H", dialog("Keys")),
    "F1": ("F1", dialog("Commands")),
    "Mod-Shift-C": ("Control+Shift+C", dialog("Commands")),
    "Mod-F": ("Control+f", finding),
    "Mod-G": ("Control+g", finding),
    "F3": ("F3", finding),
    "Mod-Shift-G": ("Control+Shift+G", finding),
    "Shift-F3": ("Shift+F3", finding),
    "Mod-H": ("Control+h", replacing),
    # The editor's own.
    "Alt-ArrowUp": ("Enter x Alt+ArrowUp", sources("print one", "x\nprint two", "print three")),
    "Alt-ArrowDown": ("Enter x ArrowUp Alt+ArrowDown", sources("print one", "x\nprint two", "print three")),
    "Ctrl-Shift-D": ("Home Control+Shift+D x", sources("print one", "x two", "print three")),
    "Ctrl-Shift-D again": (
        "Enter p r i n t Home Control+Shift+D Control+Shift+D x",
        sources("print one", "x two\nx", "print three"),
    ),
    "edge below": ("ArrowDown", editing("c")),
    "edge above": ("ArrowUp", editing("a")),
    "Ctrl-]": ("Control+]", sources("print one", "    print two", "print three")),
    "Ctrl-[": ("Control+] Control+[", sources(*THREE)),
    "Tab at the start": ("Home Tab", sources("print one", "    print two", "print three")),
    "Ctrl-D": ("Control+d", sources("print one", "", "print three")),
    "Ctrl-Shift-K": ("Control+Shift+K", sources("print one", "", "print three")),
    "Ctrl-A": ("Control+a Delete", sources("print one", "", "print three")),
}

# Kernel keys have journeys of their own, beside what they do to a kernel: test_running.py. Scrolling needs more cells than three.
ELSEWHERE = {"I I", "0 0", "Space", "Shift-Space"}


def keys_of(field: str) -> set[str]:
    """The keys that the page's own tables name."""
    text = COMMANDS.read_text() + NOTEBOOK_PAGE.read_text()
    lists = re.findall(rf"\b{field}: \[([^\]]*)\]", text)
    return {key for found in lists for key in re.findall(r"'([^']+)'", found)} | (
        {str(n) for n in range(1, 7)} if field == "keys" else set()
    )


def test_every_key_of_the_tables_is_tried_here() -> None:
    assert keys_of("keys") - ELSEWHERE <= COMMAND_MODE.keys()
    assert keys_of("editKeys") <= EDIT_MODE.keys()


def press(sheet: Sheet, keys: str) -> None:
    for key in keys.split(" "):
        sheet.press(key)


@pytest.fixture(scope="module")
def tab(shared_server: Served) -> Iterator[Tab]:
    with Tab.open(shared_server, "keys") as tab:
        yield tab


@pytest.fixture
def three(tab: Tab) -> Iterator[Sheet]:
    with tab.sheet(*THREE) as sheet:
        yield sheet


@pytest.mark.parametrize("key", COMMAND_MODE)
def test_key_on_a_cell(key: str, three: Sheet) -> None:
    keys, check = COMMAND_MODE[key]
    three.select("b")
    if key == "O":
        three.press("Control+Enter")
        ran("b", "two")(three)
        keys = "o"
    press(three, keys)
    check(three)


@pytest.mark.parametrize("key", EDIT_MODE)
def test_key_in_an_editor(key: str, three: Sheet) -> None:
    keys, check = EDIT_MODE[key]
    three.edit("b")
    press(three, keys)
    check(three)


def test_comment_key_writes_the_language_s_own_sign(tab: Tab) -> None:
    with tab.sheet("x = 1", kernel="python3") as sheet:
        sheet.edit("a")
        sheet.press("Control+/")
        sheet.has(["# x = 1"])
        sheet.press("Control+/")
        sheet.has(["x = 1"])


def test_single_keys_do_nothing_while_an_output_or_a_control_has_the_focus(three: Sheet) -> None:
    three.run("b")
    expect(three.outputs("b")).to_have_text("two")
    three.page.get_by_role("button", name="Run all", exact=True).focus()
    three.press("d", "d", "x", "m", "Delete")
    three.page.locator("main").focus()
    three.press("d", "d", "x")
    assert three.order() == ["a", "b", "c"]
    assert three.types() == ["code"] * 3


def test_a_chord_waits_for_its_second_key_no_longer_than_a_moment(three: Sheet) -> None:
    three.select("b")
    three.press("d")
    three.page.wait_for_timeout(900)  # the chord's own clock
    three.press("d")
    three.press("j")
    assert three.order() == ["a", "b", "c"]


def test_space_scrolls_most_of_a_screen_and_selects_nothing_else(tab: Tab) -> None:
    with tab.sheet(*(f"print {n}" for n in range(60))) as sheet:
        sheet.select(0)
        sheet.press("Space")
        sheet.page.wait_for_function("() => scrollY > 500")
        assert sheet.active() == sheet.order()[0]
        sheet.press("Shift+Space")
        sheet.page.wait_for_function("() => scrollY === 0")


def test_twenty_cells_deleted_by_leaning_on_d_come_back_with_their_outputs(tab: Tab) -> None:
    with tab.sheet(*(f"print {n}" for n in range(22))) as sheet:
        names = sheet.order()
        sheet.select(0)
        sheet.page.get_by_role("button", name="Run all", exact=True).click()
        expect(sheet.outputs(21)).to_have_text("21")
        sheet.select(0)
        for _ in range(20):
            sheet.press("d", "d")
        expect(sheet.cells).to_have_count(2)
        for _ in range(20):
            sheet.press("z")
        expect(sheet.cells).to_have_count(22)
        assert sheet.order() == names
        assert [sheet.text(n) for n in range(22)] == [f"{n}\n" for n in range(22)]
