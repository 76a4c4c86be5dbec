"""Finding, folding, line numbers, others' carets in static code, and writing on a phone: the page as one reads it."""

import re

import pytest
from browsing import PHONE, Open
from playwright.sync_api import Locator, Page, expect
from served import cell
from sheet import Sheet


def output(text: str) -> dict[str, object]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def search(page: Page, text: str) -> Locator:
    """Open the bar and look for `text`; where the count is said."""
    page.keyboard.press("Control+f")
    bar = page.get_by_role("search")
    bar.get_by_placeholder("Find in all cells").fill(text)
    return bar.get_by_role("status")


def far_and_near() -> list[dict[str, object]]:
    """The word `needle` in code, in text, and in an output far below that nobody has seen."""
    middle = [cell(f"print {n}", f"m{n}") for n in range(120)]
    return [
        cell("needle = 1\nprint needle", "first"),
        cell("# A needle", "text", kind="markdown"),
        *middle,
        cell("print last", "last", outputs=[output("one needle\nand a NEEDLE\n")], execution_count=1),
    ]


def painted(page: Page, name: str) -> int:
    return page.evaluate("name => CSS.highlights.get(name)?.size ?? 0", name)


def test_find_counts_code_text_and_outputs_that_are_not_on_the_page_yet(open_sheet: Open) -> None:
    sheet = open_sheet(*far_and_near())
    sheet.select("first")
    count = search(sheet.page, "needle")
    expect(count).to_have_text("1 of 5")
    assert painted(sheet.page, "found") == 3
    sheet.press("Shift+Enter")
    expect(count).to_have_text("5 of 5")
    expect(sheet.cell("last")).to_be_in_viewport()
    assert painted(sheet.page, "found-now") == 1
    sheet.page.get_by_role("button", name="Match case").click()
    expect(count).to_have_text("1 of 4")
    sheet.press("Escape")
    expect(sheet.page.get_by_role("search")).to_have_count(0)
    expect(sheet.cell("first")).to_be_focused()
    assert painted(sheet.page, "found") == 0


def test_a_pattern_that_is_none_is_said_to_be_none(open_sheet: Open) -> None:
    sheet = open_sheet("print one")
    count = search(sheet.page, "(")
    expect(count).to_have_text("Nothing found")
    sheet.page.get_by_role("button", name="Regular expression").click()
    expect(count).to_have_text("Not a pattern")
    expect(sheet.page.get_by_placeholder("Find in all cells")).to_have_attribute("aria-invalid", "true")


def test_replace_all_is_one_step_for_undo_in_static_cells_and_editors_alike(open_sheet: Open) -> None:
    sheet = open_sheet("print x1", "print x2\nprint x3", "print y")
    sheet.edit("b")
    sheet.press("Control+h")
    page = sheet.page
    page.get_by_placeholder("Find in all cells").fill(r"x(\d)")
    page.get_by_role("button", name="Regular expression").click()
    expect(page.get_by_role("search").get_by_role("status")).to_have_text(re.compile("of 3"))
    page.get_by_placeholder("Replace with").fill("z$1")
    page.get_by_role("button", name="Replace all").click()
    sheet.has(["print z1", "print z2\nprint z3", "print y"])
    page.get_by_role("button", name="Undo").first.click()
    sheet.has(["print x1", "print x2\nprint x3", "print y"])


def test_replace_goes_from_place_to_place(open_sheet: Open) -> None:
    sheet = open_sheet("print one", "print one", "print one")
    sheet.select("b")
    sheet.press("Control+h")
    page = sheet.page
    page.get_by_placeholder("Find in all cells").fill("one")
    page.get_by_placeholder("Replace with").fill("two")
    page.get_by_role("button", name="Replace", exact=True).click()
    sheet.has(["print one", "print two", "print one"])
    page.get_by_role("button", name="Replace", exact=True).click()
    sheet.has(["print one", "print two", "print two"])


def test_folded_cells_are_passed_over_kept_over_a_reload_and_shown_when_something_leads_there(open_sheet: Open) -> None:
    text = [
        cell("# One", "one", kind="markdown"),
        cell("print a", "a"),
        cell("# Two", "two", kind="markdown"),
        cell("print b", "b"),
    ]
    sheet = open_sheet(*text)
    sheet.select("one")
    sheet.press("ArrowLeft")
    expect(sheet.cell("a")).to_be_hidden()
    expect(sheet.cell("one").locator(".note")).to_have_text("1 cell")
    sheet.press("ArrowDown")
    expect(sheet.cell("two")).to_be_focused()
    sheet.page.reload()
    sheet.ready()
    expect(sheet.cell("a")).to_be_hidden()
    count = search(sheet.page, "print a")
    expect(count).to_have_text("1 of 1")
    expect(sheet.cell("a")).to_be_visible()


def test_line_numbers_move_no_letter_between_static_code_and_editor(open_sheet: Open) -> None:
    sheet = open_sheet("print one", "\n".join(f"line {n}" if n % 3 else "" for n in range(30)), kernel="python3")
    sheet.select("b")
    sheet.press("l")
    places = """cell => [...cell.querySelectorAll('.cm-line')].map((line) => {
        const range = document.createRange()
        range.selectNodeContents(line)
        const { left, top, width } = range.getClientRects()[0] ?? line.getBoundingClientRect()
        return line.textContent ? [left, top, width] : null })"""
    box = "cell => JSON.stringify(cell.getBoundingClientRect())"
    static = sheet.cell("b").evaluate(places), sheet.cell("b").evaluate(box)
    sheet.press("Enter")
    expect(sheet.cell("b").locator(".cm-gutters")).to_be_visible()
    assert (sheet.cell("b").evaluate(places), sheet.cell("b").evaluate(box)) == static


def test_others_carets_and_selections_are_seen_in_static_code(open_sheet: Open) -> None:
    mine = open_sheet("print one", "print two\n\nprint three")
    theirs = open_sheet()
    theirs.edit("b")
    theirs.press("Shift+Home")
    page = mine.page
    expect(mine.cell("b").locator(".lines > .peer-caret")).to_have_count(1)
    expect(mine.cell("b").locator(".note")).to_have_text(re.compile("Chrome"))
    page.wait_for_function("() => [...CSS.highlights.keys()].some((name) => name.startsWith('peer-'))")
    theirs.press("ArrowLeft", "ArrowLeft")
    page.wait_for_function("() => ![...CSS.highlights.keys()].some((name) => name.startsWith('peer-'))")
    expect(mine.cell("b").locator(".lines > .peer-caret")).to_have_count(1)
    theirs.press("Escape")
    expect(mine.cell("b").locator(".peer-caret")).to_have_count(0)
    expect(mine.cell("b").locator(".note")).to_have_text("")


def test_single_key_commands_can_be_switched_off_for_good(open_sheet: Open) -> None:
    sheet = open_sheet("print one", "print two")
    sheet.page.get_by_role("button", name="Menu").click()
    sheet.page.get_by_role("menuitemcheckbox", name="Single-key commands").click()
    for _ in range(2):
        sheet.select("a")
        sheet.press("b", "d", "d", "x", "ArrowDown")
        expect(sheet.cell("b")).to_be_focused()
        assert sheet.order() == ["a", "b"]
        sheet.page.reload()
        sheet.ready()


@pytest.mark.parametrize("press", ["(", "Indent"])
def test_the_row_of_keys_writes_on_a_phone_and_keeps_the_keyboard(press: str, open_sheet: Open) -> None:
    sheet: Sheet = open_sheet("print one", viewport=PHONE, has_touch=True, is_mobile=True)
    page = sheet.page
    page.get_by_role("button", name="Edit").tap()
    row = page.get_by_role("toolbar", name="Keys for code")
    expect(row).to_be_visible()
    expect(sheet.cell("a").locator(".cm-content")).to_be_focused()
    sheet.press("Control+End")
    row.get_by_role("button", name=press, exact=True).tap()
    sheet.has(["print one()"] if press == "(" else ["print one   "])
    expect(sheet.cell("a").locator(".cm-content")).to_be_focused()
    row.get_by_role("button", name="Undo").tap()
    sheet.has(["print one"])
    row.get_by_role("button", name="Run").tap()
    expect(sheet.outputs("a")).to_have_text("one")
