"""The debugger as a person sees and uses it."""

from playwright.sync_api import Locator, expect
from sheet import Sheet

STOPPED = 60_000
"""Attaching for the first time imports debugpy in the kernel."""


class Panel:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.page = sheet, sheet.page
        self.side = sheet.page.get_by_role("complementary", name="Debugger")

    # Beside lines ----------------------------------------------------------------------------------------------------

    def strip(self, cell: str | int, line: int) -> tuple[float, float]:
        """A point of the strip left of a line."""
        code = self.sheet.cell(cell).locator(".body > .code")
        code.scroll_into_view_if_needed()
        box = code.bounding_box()
        assert box
        return box["x"] + 7, box["y"] + 6 + (line - 0.5) * 21

    def press(self, cell: str | int, line: int, button: str = "left") -> None:
        x, y = self.strip(cell, line)
        self.page.mouse.move(x, y)
        expect(self.page.locator(".break-hint")).to_be_visible()
        self.page.mouse.click(x, y, button="right" if button == "right" else "left")

    def dots(self, cell: str | int) -> Locator:
        return self.sheet.cell(cell).locator(".breaks > .break:not(.arrow)")

    def line(self, cell: str | int) -> str:
        """The text of the line that the program is on, without what stands after it."""
        at = self.sheet.cell(cell).locator(".cm-line.at")
        expect(at).to_be_visible()
        return str(
            at.evaluate(
                "line => { const own = line.cloneNode(true); own.querySelector('.iv')?.remove(); return own.textContent.trim() }"
            )
        )

    # The panel -------------------------------------------------------------------------------------------------------

    def stopped(self, words: str, where: str = "") -> None:
        head = self.side.locator(".why[data-stop]")
        expect(head).to_contain_text(words, timeout=STOPPED)
        if where:
            expect(head).to_contain_text(where)

    def step(self, action: str) -> None:
        self.side.locator(f"[data-step={action}]").click()

    def variable(self, name: str) -> Locator:
        return self.side.get_by_role("tree", name="Variables").locator(f'[role=treeitem][data-name="{name}"]')

    def value(self, name: str) -> Locator:
        return self.variable(name).locator(".vv")

    def evaluate(self, code: str) -> None:
        field = self.side.get_by_role("combobox", name="Evaluate in")
        field.fill(code)
        field.press("Enter")

    @property
    def said(self) -> Locator:
        return self.side.locator(".console pre")
