"""A notebook of a thousand cells: few editors, all text there, and static code that cannot be told from the editor it becomes."""

import base64
from collections.abc import Iterator
from typing import Any

import many
import pytest
from browsing import Browsing, Tab
from playwright.sync_api import Page, expect
from served import Served
from sheet import Sheet

BOXES = """cell => {
  const code = cell.querySelector('.body > .code')
  const round = ({ x, y, width, height }) => [x, y, width, height].map((side) => Math.round(side * 100) / 100)
  const origin = cell.getBoundingClientRect().y
  const lines = [...code.querySelectorAll('.cm-line')].map((line) => {
    const range = document.createRange()
    range.selectNodeContents(line)
    const [first] = line.textContent ? range.getClientRects() : []
    const box = line.getBoundingClientRect()
    return [box.y - origin, box.height, first ? first.x : null, first ? first.y - origin : null].map((side) => side && Math.round(side * 100) / 100)
  })
  return { code: round({ ...code.getBoundingClientRect().toJSON(), y: code.getBoundingClientRect().y - origin }), height: cell.offsetHeight, lines }
}"""

DIFFERENCE = """async ([one, other]) => {
  const pixels = async (data) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob())
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
    const context = canvas.getContext('2d')
    context.drawImage(bitmap, 0, 0)
    return context.getImageData(0, 0, bitmap.width, bitmap.height)
  }
  const [a, b] = [await pixels(one), await pixels(other)]
  if (a.width !== b.width || a.height !== b.height) return 1
  let differing = 0
  for (let at = 0; at < a.data.length; at += 4)
    if (a.data[at] !== b.data[at] || a.data[at + 1] !== b.data[at + 1] || a.data[at + 2] !== b.data[at + 2]) differing++
  return differing / (a.data.length / 4)
}"""


@pytest.fixture(scope="module")
def tab(shared_server: Served) -> Iterator[Tab]:
    with Tab.open(shared_server, "many") as tab:
        yield tab


def test_a_thousand_cells_have_at_most_eight_editors(tab: Tab) -> None:
    with tab.sheet(*many.cells(1000), kernel="python3") as sheet:
        expect(sheet.cells).to_have_count(1000)
        assert sheet.page.locator(".cm-editor").count() == 1
        code = [number for number in range(0, 1000, 37) if number % 3 != 2]
        for number in code[:14]:
            sheet.edit(number)
            assert sheet.page.locator(".cm-editor").count() <= 8
            assert sheet.mode() == "edit"
        # Every cell's text is on the page, far from the view as well: the browser's own search finds it.
        shown = sheet.cells.evaluate_all(
            "cells => cells.map((cell) => cell.querySelector('.body > :first-child').textContent)"
        )
        assert all(shown[n] or not cell["source"] for n, cell in enumerate(many.cells(1000)))
        sheet.press("Escape", "End")
        expect(sheet.cell(999)).to_be_focused()
        expect(sheet.cell(999)).to_be_in_viewport()
        sheet.press("Home")
        expect(sheet.cell(0)).to_be_in_viewport()


def test_static_code_and_its_editor_are_the_same_picture(tab: Tab, browsing: Browsing) -> None:
    _parity(tab, browsing, 45)


@pytest.mark.long
def test_static_code_and_its_editor_are_the_same_picture_in_two_hundred_cells(tab: Tab, browsing: Browsing) -> None:
    _parity(tab, browsing, 300)


def _parity(tab: Tab, browsing: Browsing, count: int) -> None:
    """Selected and not being written in, once as static code, once with a live editor."""
    bench = browsing.context().new_page()
    made = [cell for cell in many.cells(count) if cell["cell_type"] == "code"]
    moved, differing = {}, {}
    with tab.sheet(*made, kernel="python3") as sheet:
        expect(sheet.cells).to_have_count(len(made))
        for number in range(1, len(made)):
            sheet.select(number)
            before, picture = _look(sheet, number)
            sheet.press("Enter")
            expect(sheet.cell(number).locator(".cm-content")).to_be_focused()
            sheet.press("Escape")
            expect(sheet.cell(number)).to_be_focused()
            after, other = _look(sheet, number)
            if before != after:
                moved[number] = (before, after)
            share = _difference(bench, picture, other)
            if share > 0.001:
                differing[number] = (share, made[number]["source"])
    assert moved == {}
    assert differing == {}


def _look(sheet: Sheet, number: int) -> tuple[Any, bytes]:
    boxes = sheet.cell(number).evaluate(BOXES)
    return boxes, sheet.cell(number).locator(".body > .code").screenshot(animations="disabled", caret="hide")


def _difference(page: Page, one: bytes, other: bytes) -> float:
    """The share of pixels that differ."""
    return float(page.evaluate(DIFFERENCE, [base64.b64encode(one).decode(), base64.b64encode(other).decode()]))
