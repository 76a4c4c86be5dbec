"""Octavo's page beside Notebook 7's in Chromium: a notebook of 5 cells and one of 1,000, until one can write, and until the first output.

    .venv/bin/python benchmarks/editable.py [--rounds 3] [--chromium PROGRAM]

The two take turns; each visit is by a fresh browser that knows nothing but who one is. Editable: the first cell has its live editor. First output:
from opening the page, its kernel already running, to the text that the first cell prints, run as soon as one can write.
"""

import argparse
import json
import math
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [*(str(ROOT / "tests" / folder) for folder in ("live", "browser")), str(ROOT / "benchmarks")]

import peers  # noqa: E402
from browsing import FLAGS  # noqa: E402
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright  # noqa: E402

SIZES = (5, 1000)
# Told by the page itself, in milliseconds from the navigation's start: waiting by Playwright's own means would first put 330 kB of script
# into the page.
MARKS = """
if (self === top) {
  let editable = 0
  let place = ''
  const look = () => {
    const cell = document.querySelector('main .cells > .cell, .jp-Notebook .jp-Cell')
    const editor = cell?.querySelector('.cm-content')
    const { x, y } = editor?.getBoundingClientRect() ?? {}
    if (editor && place !== (place = `${x + 20} ${y + 8}`)) console.info('bench place ' + place)
    if (!editable && editor) console.info('bench editable ' + (editable = performance.now()))
    if (editable && cell.textContent.includes('bench-ok')) console.info('bench output ' + performance.now())
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
"""
FIRST = "print('bench' + '-ok')"
SECONDS = 60
BUDGETS = {"editable, 5": 1 / 4, "editable, 1000": 1 / 4, "first output, 1000": 1 / 8}


def mixed(cells: int) -> bytes:
    """As people's notebooks are: a third is text with a table and mathematics, most code has printed or returned something."""
    made: list[dict[str, Any]] = [cell(0, FIRST)]
    for n in range(1, cells):
        if n % 3 == 0:
            text = f"## Part {n}\n\nWith **bold**, `code`, [a link](https://e.org), $x_{{{n}}}^2$.\n\n| a | b |\n|---|---|\n| {n} | {n * n} |"
            made.append({"cell_type": "markdown", "id": f"c{n}", "metadata": {}, "source": text})
        elif n % 3 == 1:
            source = f'def f_{n}(a, b={n}):\n    """Sum the multiples."""\n    return sum(k * b for k in range(a))\n\n\nf_{n}(10)'
            made.append(
                cell(
                    n,
                    source,
                    {
                        "output_type": "execute_result",
                        "execution_count": n,
                        "metadata": {},
                        "data": {"text/plain": str(45 * n)},
                    },
                )
            )
        else:
            source = f"import math\n\nvalues = [math.sin(v / {n}) for v in range(100)]\nprint(*values[:5], sep='\\n')"
            text = "".join(f"{math.sin(v / n)}\n" for v in range(5))
            made.append(cell(n, source, {"output_type": "stream", "name": "stdout", "text": text}))
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return json.dumps(
        {"cells": made, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}, indent=1
    ).encode()


def cell(n: int, source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    count = n if outputs else None
    return {
        "cell_type": "code",
        "id": f"c{n}",
        "metadata": {},
        "execution_count": count,
        "outputs": outputs,
        "source": source,
    }


def address(server: peers.Server, cells: int) -> str:
    if server.name == "octavo":
        return f"{server.url}n/{cells}.ipynb"
    return f"{server.url}notebooks/{cells}.ipynb"


def log_in(browser: Browser, server: peers.Server) -> Any:
    """The cookies of somebody who is logged in. What is in the browser's cache afterwards is not kept."""
    context = browser.new_context()
    page = context.new_page()
    if server.name == "octavo":
        page.goto(server.url)
        page.fill("[name=password]", peers.PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(server.url)
    else:
        page.goto(f"{server.url}login?token={server.token}")
    cookies = context.storage_state()
    context.close()
    return cookies


class Marks:
    """What the page has said: `editable` and `output` in ms from the navigation's start, `place` where its first cell is."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: dict[str, list[float]] = {}
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        match message.text.split():
            case "bench", what, *numbers:
                self.said[what] = [float(number) for number in numbers]

    def wait(self, what: str, seconds: float) -> float | None:
        end = time.monotonic() + seconds
        while what not in self.said and time.monotonic() < end:
            self.page.wait_for_timeout(5)
        return self.said[what][0] if what in self.said else None


def until_editable(page: Page, server: peers.Server, cells: int) -> float:
    marks = Marks(page)
    page.goto(address(server, cells), wait_until="commit")
    at = marks.wait("editable", SECONDS)
    assert at is not None, f"{server.name} shows no editor"
    return at


def until_output(page: Page, server: peers.Server, cells: int) -> float:
    marks = Marks(page)
    until_editable(page, server, cells)
    for _ in range(2 * SECONDS):
        page.mouse.click(*marks.said["place"])
        page.keyboard.press("Control+Enter")
        at = marks.wait("output", 0.5)  # Notebook drops it while its kernel is not connected: again, then
        if at is not None:
            return at
    raise AssertionError(f"{server.name} shows no output")


def visit(
    launch: Callable[[], Browser],
    cookies: Any,
    server: peers.Server,
    measure: Callable[[Page, peers.Server, int], float],
    cells: int,
) -> float:
    browser = launch()
    try:
        page = browser.new_context(viewport={"width": 1280, "height": 900}, storage_state=cookies).new_page()
        page.add_init_script(MARKS)
        return measure(page, server, cells)
    finally:
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    print(peers.install())
    found: dict[str, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        servers = []
        for start in (peers.octavo, lambda home: peers.jupyter("notebook", home)):
            home = stack.enter_context(peers.home())
            for cells in SIZES:
                (home / "notes" / f"{cells}.ipynb").write_bytes(mixed(cells))
            servers.append(stack.enter_context(start(home)))
        playwright = stack.enter_context(sync_playwright())
        launch = partial(playwright.chromium.launch, executable_path=options.chromium, headless=True, args=FLAGS)
        browser = launch()
        known = {server.name: log_in(browser, server) for server in servers}
        browser.close()
        for server in servers:  # its kernel runs from now on
            visit(launch, known[server.name], server, until_output, 1000)
        for _ in range(options.rounds):
            for server in servers:
                for cells in SIZES:
                    name = f"editable, {cells}"
                    found.setdefault(name, {}).setdefault(server.name, []).append(
                        visit(launch, known[server.name], server, until_editable, cells)
                    )
                found.setdefault("first output, 1000", {}).setdefault(server.name, []).append(
                    visit(launch, known[server.name], server, until_output, 1000)
                )
    for name, by_server in found.items():
        ours, theirs = (statistics.median(by_server[server]) / 1000 for server in ("octavo", "notebook"))
        verdict = "within" if ours / theirs <= BUDGETS[name] else "MISSED"
        print(
            f"{name:20} Octavo {ours:6.2f} s   notebook {theirs:6.2f} s   {ours / theirs:.2f} ×   ≤ {BUDGETS[name]:.3f} × {verdict}"
        )


if __name__ == "__main__":
    main()
