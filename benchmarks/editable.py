"""Octavo's page beside Notebook 7's in Chromium: a notebook of 5 cells and one of 1,000, until one can write, and until the first output.

    .venv/bin/python benchmarks/editable.py [--rounds 3] [--chromium PROGRAM]

The two take turns; each visit is a fresh browser context, so nothing is cached. Editable: the first cell has its live editor. First output:
from opening the page, its kernel already running, to the text that the first cell prints, run as soon as one can write.
"""

import argparse
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), *(str(ROOT / "tests" / folder) for folder in ("live", "browser"))]

import peers  # noqa: E402
from browsing import FLAGS  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

SIZES = (5, 1000)
FIRST = "print('bench' + '-ok')"
SECONDS = 180_000
BUDGETS = {"editable, 5": 1 / 4, "editable, 1000": 1 / 4, "first output, 1000": 1 / 8}


def address(server: peers.Server, cells: int) -> str:
    if server.name == "octavo":
        return f"{server.url}n/{cells}.ipynb"
    return f"{server.url}notebooks/{cells}.ipynb?token={server.token}"


def opened(browser: Browser, server: peers.Server) -> Page:
    headers = {"Authorization": f"token {server.token}"} if server.name == "octavo" else {}
    page = browser.new_context(viewport={"width": 1280, "height": 900}, extra_http_headers=headers).new_page()
    page.set_default_timeout(SECONDS)
    return page


def until_editable(page: Page, server: peers.Server, cells: int) -> float:
    began = time.perf_counter()
    page.goto(address(server, cells), wait_until="commit")
    page.locator("main .cm-content, .jp-Notebook .jp-Cell .cm-content").first.wait_for(state="visible")
    return time.perf_counter() - began


def until_output(page: Page, server: peers.Server, cells: int) -> float:
    began = time.perf_counter()
    until_editable(page, server, cells)
    page.locator("main .cm-content, .jp-Notebook .jp-Cell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    page.get_by_text("bench-ok", exact=True).first.wait_for(state="visible")
    return time.perf_counter() - began


def visit(
    browser: Browser, server: peers.Server, measure: Callable[[Page, peers.Server, int], float], cells: int
) -> float:
    page = opened(browser, server)
    try:
        return measure(page, server, cells)
    finally:
        page.context.close()


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
                sources = [FIRST, *peers.sources(cells - 1, 60 * cells)]
                (home / "notes" / f"{cells}.ipynb").write_bytes(peers.notebook(sources))
            servers.append(stack.enter_context(start(home)))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=options.chromium, headless=True, args=FLAGS)
        for server in servers:  # its kernel runs from now on
            visit(browser, server, until_output, 1000)
        for _ in range(options.rounds):
            for server in servers:
                for cells in SIZES:
                    name = f"editable, {cells}"
                    found.setdefault(name, {}).setdefault(server.name, []).append(
                        visit(browser, server, until_editable, cells)
                    )
                found.setdefault("first output, 1000", {}).setdefault(server.name, []).append(
                    visit(browser, server, until_output, 1000)
                )
        browser.close()
    for name, by_server in found.items():
        ours, theirs = (statistics.median(by_server[server]) for server in ("octavo", "notebook"))
        verdict = "within" if ours / theirs <= BUDGETS[name] else "MISSED"
        print(
            f"{name:20} Octavo {ours:6.2f} s   notebook {theirs:6.2f} s   {ours / theirs:.2f} ×   ≤ {BUDGETS[name]:.3f} × {verdict}"
        )


if __name__ == "__main__":
    main()
