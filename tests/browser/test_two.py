"""Two browsers on one notebook: edits, carets and runs of one are seen by the other, and nothing that both do is lost or doubled."""

import random
import re

import pytest
from browsing import Open
from playwright.sync_api import expect
from sheet import Sheet

WORDS = ("alpha", "中文字", "🙂🙃", "é̀", "naïve", "𝒳𝒴", "한글", "👩‍👩‍👧")


def test_each_sees_the_other_s_edits_caret_and_runs(open_sheet: Open) -> None:
    first = open_sheet("print one", "print two")
    second = open_sheet()
    first.edit("a")
    first.type(" 中文 🙂")
    second.has(["print one 中文 🙂", "print two"])
    expect(second.cell("a")).to_have_class(re.compile(r"\bpeer\b"))
    expect(second.cell("a").locator(".note")).to_contain_text("Chrome")
    expect(second.page.get_by_role("img", name=re.compile("Also here: .*Chrome"))).to_be_visible()
    second.edit("a")
    expect(second.cell("a").locator(".peer-caret")).to_be_attached()
    second.type("!")
    first.has(["print one 中文 🙂!", "print two"])
    first.press("Control+Enter")
    for sheet in (first, second):
        expect(sheet.outputs("a")).to_have_text("one 中文 🙂!")
        expect(sheet.folio("a")).to_have_text("1")
    second.select("b")
    second.press("m")
    assert _eventually(first, lambda: first.types() == ["code", "markdown"])
    second.press("d", "d")
    expect(first.cells).to_have_count(1)
    second.press("z")
    expect(first.cells).to_have_count(2)
    first.page.context.close()
    expect(second.page.locator(".who")).to_have_count(0)


def test_two_write_in_one_cell_at_once_and_no_letter_is_lost(open_sheet: Open) -> None:
    first = open_sheet("start ")
    second = open_sheet()
    for sheet in (first, second):
        sheet.edit("a")
    for n in range(20):
        first.type(f"<{n}>")
        second.type(f"[{n}]")
    for sheet in (first, second):
        sheet.saved()
    second.has([first.source("a")])
    text = first.source("a")
    for n in range(20):
        assert text.count(f"<{n}>") == 1 or _spread(text, f"<{n}>")
    # What each wrote is there in its own order.
    assert re.sub(r"\[\d*\]", "", text).startswith("start ")
    assert sorted(text) == sorted("start " + "".join(f"<{n}>[{n}]" for n in range(20)))


def _spread(text: str, part: str) -> bool:
    """Its letters in order, others between them."""
    return re.search(".*?".join(map(re.escape, part)), text, re.DOTALL) is not None


@pytest.mark.parametrize("seed", range(3))
def test_both_move_delete_and_write_at_random_and_end_the_same(open_sheet: Open, seed: int) -> None:
    _rounds(open_sheet, seed, rounds=25)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_both_move_delete_and_write_at_random_for_long(open_sheet: Open, seed: int) -> None:
    _rounds(open_sheet, seed, rounds=60)


KEYS = {
    "up": ["Control+Shift+ArrowUp"],
    "down": ["Control+Shift+ArrowDown"],
    "delete": ["d", "d"],
    "add": ["b"],
    "write": ["Enter", "Control+End"],
}


def _act(sheet: Sheet, target: str, action: str, word: str) -> bool:
    """As a person does it, without waiting for the other. False where the cell went away under the hand."""
    here = sheet.page.evaluate(
        """name => { const cell = document.querySelector(`main .cell[data-cell-id="${name}"]`); cell?.focus(); return Boolean(cell) }""",
        target,
    )
    if not here:
        return False
    sheet.press(*KEYS[action])
    if action != "write":
        return True
    sheet.type(word)
    held = sheet.page.evaluate(
        "() => document.activeElement.closest('.cm-editor') && document.activeElement.closest('.cell').dataset.cellId"
    )
    sheet.press("Escape")
    return bool(held == target)


def _rounds(open_sheet: Open, seed: int, rounds: int) -> None:
    chance = random.Random(seed)
    first = open_sheet(*(f"# {word} {n}" for n, word in enumerate(WORDS)))
    second = open_sheet()
    written: dict[str, list[str]] = {}
    for step in range(rounds):
        names = first.order()
        if len(names) < 3:
            for _ in range(3):
                _act(first, names[0], "add", "")
            names = first.order()
        target = chance.choice(names)
        for sheet, mark in ((first, "F"), (second, "S")):
            action = chance.choice(["up", "down", "write", "write", "delete"])
            word = f" {mark}{step}{chance.choice(WORDS)}"
            if _act(sheet, target, action, word) and action == "write":
                written.setdefault(target, []).append(word)
    for sheet in (first, second):
        sheet.saved()
    assert _eventually(first, lambda: first.order() == second.order())
    second.has(first.sources())
    order = first.order()
    assert len(order) == len(set(order))
    stored = {cell["id"]: cell["source"] for cell in first.stored()}
    assert list(stored) == order
    for name, source in zip(order, first.sources(), strict=True):
        assert stored[name] == source
        for word in written.get(name, []):
            assert _spread(source, word), (name, word, source)


def _eventually(sheet: Sheet, condition: object) -> bool:
    assert callable(condition)
    for _ in range(250):
        if condition():
            return True
        sheet.page.wait_for_timeout(20)
    return False
