"""A notebook's page, as a person sees and uses it."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx
from playwright.sync_api import Locator, Page, expect
from served import Served

SOURCE = """cell => {
  const source = cell.querySelector('.body > :first-child').cloneNode(true)
  for (const caret of source.querySelectorAll('.peer-caret, .iv')) caret.remove()
  for (const drawn of source.querySelectorAll('.cm-widgetBuffer')) drawn.remove()
  const lines = source.querySelectorAll('.cm-line')
  return lines.length ? [...lines].map((line) => line.textContent.replace(/\\u200b/g, '')).join('\\n') : source.textContent
}"""


class Sheet:
    """`open` waits until the first cell can be written in."""

    def __init__(self, page: Page, server: Served, path: str) -> None:
        self.page, self.server, self.path = page, server, path

    @classmethod
    def open(cls, page: Page, server: Served, path: str) -> "Sheet":
        page.goto(f"{server.url}n/{quote(path)}")
        sheet = cls(page, server, path)
        sheet.ready()
        return sheet

    def ready(self) -> None:
        expect(self.page.locator("main.sheet .cell, main.sheet .blank").first).to_be_visible()
        self.saved()

    # What there is ---------------------------------------------------------------------------------------------------

    @property
    def cells(self) -> Locator:
        return self.page.locator("main .cells > .cell")

    def cell(self, name: str | int) -> Locator:
        if isinstance(name, int):
            return self.cells.nth(name)
        return self.page.locator(f'main .cell[data-cell-id="{name}"]')

    def order(self) -> list[str]:
        return self.cells.evaluate_all("cells => cells.map((cell) => cell.dataset.cellId)")

    def sources(self) -> list[str]:
        """What code cells and open editors show; a rendered text cell shows its text."""
        return self.cells.evaluate_all(f"cells => cells.map({SOURCE})")

    def source(self, name: str | int) -> str:
        return self.cell(name).evaluate(SOURCE)

    def types(self) -> list[str]:
        return self.cells.evaluate_all("cells => cells.map((cell) => cell.dataset.cellType)")

    def outputs(self, name: str | int) -> Locator:
        return self.cell(name).locator("[data-output]")

    def text(self, name: str | int) -> str:
        """The text of a cell's streams."""
        return self.cell(name).evaluate(
            "cell => [...cell.querySelectorAll('[data-output=stream] pre')].map((e) => e.textContent).join('')"
        )

    def active(self) -> str:
        return self.page.locator('main .cell[aria-current="true"]').get_attribute("data-cell-id") or ""

    def selected(self) -> list[str]:
        return self.page.locator("main .cell.sel").evaluate_all("cells => cells.map((cell) => cell.dataset.cellId)")

    def mode(self) -> str:
        """What has the focus: `edit` in an editor, `command` on a cell, else the element's name."""
        return self.page.evaluate("""() => {
          const it = document.activeElement
          return it.closest('.cm-editor') ? 'edit' : it.matches('.cell') ? 'command' : it.localName }""")

    def file(self) -> dict[str, Any]:
        return self.server.read(self.path)

    def stored(self) -> list[dict[str, Any]]:
        """The cells that the server has: asked through the contents API, which writes first."""
        headers = {"Authorization": f"token {self.server.token}"}
        with httpx.Client(base_url=self.server.url, headers=headers, timeout=30, trust_env=False) as client:
            answer = client.get(f"api/contents/{quote(self.path)}")
            answer.raise_for_status()
            cells: list[dict[str, Any]] = answer.json()["content"]["cells"]
        for cell in cells:
            if isinstance(cell["source"], list):
                cell["source"] = "".join(cell["source"])
        return cells

    def stored_sources(self) -> list[str]:
        self.saved()
        return [cell["source"] for cell in self.stored()]

    # What one does ---------------------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    def select(self, name: str | int) -> None:
        """Command mode on the cell, whatever was before."""
        self.cell(name).evaluate("cell => cell.scrollIntoView({block: 'nearest'})")
        self.cell(name).locator(".folio").click()
        expect(self.cell(name)).to_be_focused()

    def edit(self, name: str | int) -> None:
        """The caret at the end of the cell."""
        self.select(name)
        self.press("Enter")
        expect(self.cell(name).locator(".cm-content")).to_be_focused()
        self.press("Control+End")

    def write(self, name: str | int, text: str) -> None:
        """Replace what the cell holds, by typing."""
        self.edit(name)
        self.press("Control+a")
        self.type(text)
        self.press("Escape")

    def run(self, name: str | int) -> None:
        self.select(name)
        self.press("Control+Enter")

    def command(self, title: str) -> None:
        """By the command list."""
        self.press("F1")
        self.page.get_by_role("dialog").get_by_role("combobox").fill(title)
        self.press("Enter")

    # What one waits for ----------------------------------------------------------------------------------------------

    def saved(self) -> None:
        expect(self.page.locator("[data-saved]")).to_have_attribute("data-saved", "saved", timeout=30_000)

    def has(self, sources: Sequence[str]) -> None:
        """Wait until the cells are these."""
        self.page.wait_for_function(
            f"""wanted => JSON.stringify([...document.querySelectorAll('main .cells > .cell')].map({SOURCE})) === wanted""",
            arg=json.dumps(list(sources), ensure_ascii=False, separators=(",", ":")),
        )

    def idle(self, seconds: float = 60) -> None:
        """Nothing runs and nothing waits."""
        expect(self.page.locator("[data-queue]")).to_have_text("Nothing runs", timeout=seconds * 1000)

    def folio(self, name: str | int) -> Locator:
        return self.cell(name).locator(".folio")
