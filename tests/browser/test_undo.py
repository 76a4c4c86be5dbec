"""Undo and redo of what I did: across cells, with outputs, and never of what somebody else did."""

from collections.abc import Iterator

import pytest
from browsing import Open, Tab
from playwright.sync_api import expect
from served import Served
from sheet import Sheet


@pytest.fixture(scope="module")
def tab(shared_server: Served) -> Iterator[Tab]:
    with Tab.open(shared_server, "undo") as tab:
        yield tab


@pytest.fixture
def ran(tab: Tab) -> Iterator[Sheet]:
    """Three cells with their outputs."""
    with tab.sheet("print one", "print two", "print three") as sheet:
        sheet.page.get_by_role("button", name="Run all", exact=True).click()
        expect(sheet.outputs("c")).to_have_text("three")
        yield sheet


def test_writing_in_two_cells_is_undone_in_turn(ran: Sheet) -> None:
    ran.edit("a")
    ran.type("!")
    ran.press("Escape")
    ran.edit("b")
    ran.type("?")
    ran.press("Escape")
    ran.press("z")
    ran.has(["print one!", "print two", "print three"])
    ran.press("z")
    ran.has(["print one", "print two", "print three"])
    ran.press("Shift+Z", "Shift+Z")
    ran.has(["print one!", "print two?", "print three"])


def test_a_deletion_comes_back_with_its_output_by_key_and_by_the_button(ran: Sheet) -> None:
    ran.select("b")
    ran.press("d", "d")
    expect(ran.cells).to_have_count(2)
    ran.press("z")
    expect(ran.outputs("b")).to_have_text("two")
    ran.select("b")
    ran.press("d", "d")
    expect(ran.page.get_by_text("Deleted 1 cell.").last).to_be_visible()
    ran.page.get_by_role("button", name="Undo Z").last.click()
    expect(ran.outputs("b")).to_have_text("two")
    ran.saved()
    assert [cell["id"] for cell in ran.stored()] == ["a", "b", "c"]
    assert ran.stored()[1]["outputs"][0]["text"] in ("two\n", ["two\n"])


def test_cleared_outputs_come_back(ran: Sheet) -> None:
    ran.select("b")
    ran.command("Clear outputs")
    expect(ran.outputs("b")).to_have_count(0)
    ran.command("Clear all outputs")
    expect(ran.page.locator("main [data-output]")).to_have_count(0)
    ran.select("a")
    ran.press("z")
    expect(ran.outputs("a")).to_have_text("one")
    ran.press("z")
    expect(ran.outputs("b")).to_have_text("two")


def test_a_split_and_a_merge_are_one_step_each(ran: Sheet) -> None:
    ran.edit("b")
    ran.press("Home", "ArrowRight", "ArrowRight", "Control+Shift+Minus")
    ran.has(["print one", "pr", "int two", "print three"])
    assert ran.order()[1] == "b"
    expect(ran.outputs("b")).to_have_text("two")
    ran.press("Escape", "z")
    ran.has(["print one", "print two", "print three"])
    ran.select("a")
    ran.press("Shift+ArrowDown", "Shift+ArrowDown", "Shift+M")
    ran.has(["print one\n\nprint two\n\nprint three"])
    expect(ran.outputs("a")).to_have_text("one")
    ran.press("z")
    ran.has(["print one", "print two", "print three"])
    expect(ran.outputs("c")).to_have_text("three")


def test_a_cut_cell_that_is_pasted_is_the_same_cell_moved(ran: Sheet) -> None:
    ran.select("a")
    ran.press("x")
    ran.select("c")
    ran.press("v")
    expect(ran.cells).to_have_count(3)
    assert ran.order() == ["b", "c", "a"]
    expect(ran.outputs("a")).to_have_text("one")
    ran.press("z", "z")
    expect(ran.cells).to_have_count(3)
    assert ran.order() == ["a", "b", "c"]


def test_a_copy_is_a_new_cell_without_outputs(ran: Sheet) -> None:
    ran.select("a")
    ran.press("c", "v", "v")
    expect(ran.cells).to_have_count(5)
    assert len(set(ran.order())) == 5
    assert ran.sources() == ["print one"] * 3 + ["print two", "print three"]
    expect(ran.outputs(1)).to_have_count(0)


def test_moves_by_key_and_by_button_are_undone(ran: Sheet) -> None:
    ran.select("a")
    ran.press("Control+Shift+ArrowDown")
    ran.page.get_by_role("button", name="Move down").click()
    ran.has(["print two", "print three", "print one"])
    ran.press("z", "z")
    ran.has(["print one", "print two", "print three"])
    expect(ran.outputs("a")).to_have_text("one")


def test_what_another_did_is_not_mine_to_undo(open_sheet: Open) -> None:
    first = open_sheet("print one", "print two")
    second = open_sheet()
    first.edit("a")
    first.type(" mine")
    second.has(["print one mine", "print two"])
    second.edit("a")
    second.type(" theirs")
    first.has(["print one mine theirs", "print two"])
    second.select("b")
    second.press("d", "d")
    expect(first.cells).to_have_count(1)
    first.press("Control+z")
    first.has(["print one theirs"])
    second.press("z")
    first.has(["print one theirs", "print two"])
