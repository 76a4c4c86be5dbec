"""The page of a thousand cells in Chromium: until one can write, every letter typed while another cell streams, memory.

    .venv/bin/python benchmarks/page.py [--quick] [--cells 1000] [--chromium PROGRAM]

Times are of this machine and of what else it does. A letter's time is from its key event to the next frame that was painted after it, as
the page itself sees it.
"""

import argparse
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("live", "kernels", "browser")]

import many  # noqa: E402
from browsing import FLAGS, log_in  # noqa: E402
from playwright.sync_api import Browser, Page, StorageState, sync_playwright  # noqa: E402
from served import Served, cell  # noqa: E402
from sheet import Sheet  # noqa: E402

# Told by the page: when text stood there, and when the first cell could be written in.
MARKS = """
const began = performance.now()
const look = () => {
  if (!window.textAt && document.querySelector('main .cell')) window.textAt = performance.now()
  if (!window.editableAt && document.querySelector('main .cm-content')) window.editableAt = performance.now()
  if (!window.editableAt) requestAnimationFrame(look)
}
requestAnimationFrame(look)
"""

TYPING = """() => {
  window.letters = []
  document.addEventListener('keydown', () => {
    const at = performance.now()
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => letters.push(performance.now() - at)
      port2.postMessage(0)
    })
  }, true)
  window.tasks = []
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' })
}"""


# A thousand lines a second, for a minute.
STREAM = """
import time
n, end = 0, time.time() + 60
while time.time() < end:
    for _ in range(20):
        print(n := n + 1)
    time.sleep(0.02)
""".strip()


def spread(values: Sequence[float]) -> str:
    ordered = sorted(values)
    return (
        f"{statistics.median(ordered):6.1f} p50 {ordered[int(len(ordered) * 0.95)]:6.1f} p95 {ordered[-1]:6.1f} worst"
    )


def editable(page: Page, address: str, cells: int) -> tuple[float, float, float]:
    """Milliseconds from the navigation's start: text, an editor, every cell."""
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => window.editableAt", polling=20)
    page.wait_for_function(f"() => document.querySelectorAll('main .cells > .cell').length >= {cells}", polling=20)
    return page.evaluate("() => [textAt, editableAt, performance.now()]")


def opening(browser: Browser, server: Served, state: StorageState, path: str, cells: int, rounds: int) -> None:
    cold, warm = [], []
    for _ in range(rounds):
        context = browser.new_context(storage_state=state, viewport={"width": 1280, "height": 800})
        context.add_init_script(MARKS)
        page = context.new_page()
        cold.append(editable(page, f"{server.url}n/{path}", cells))
        warm.append(editable(page, f"{server.url}n/{path}", cells))
        context.close()
    for name, figures in (("first visit", cold), ("again", warm)):
        text, editor, whole = (statistics.median(column) for column in zip(*figures, strict=True))
        print(f"{cells:5} cells, {name:12} text {text:6.0f} ms   editable {editor:6.0f} ms   all cells {whole:6.0f} ms")


def typing(page: Page, server: Served, path: str, letters: int) -> None:
    sheet = Sheet.open(page, server, path)
    page.evaluate(TYPING)
    for name in ("nothing runs", "1,000 lines/s"):
        if name != "nothing runs":
            sheet.run("stream")
            page.wait_for_function("() => document.querySelector('[data-cell-id=stream] [data-output]')")
        sheet.edit(3)
        page.evaluate("() => { letters.length = 0; tasks.length = 0 }")
        before = stream_lines(page)
        began = time.monotonic()
        for n in range(letters):
            page.keyboard.press("abcdefghij "[n % 11])
            page.wait_for_timeout(60)
        seconds = time.monotonic() - began
        rate = (stream_lines(page) - before) / seconds
        found = page.evaluate("() => [letters, tasks]")
        print(
            f"typing, {name:14} {spread(found[0])} ms   long tasks {sum(found[1]):5.0f} ms in {seconds:.0f} s   {rate:5.0f} lines/s shown"
        )
        sheet.press("Escape")


def stream_lines(page: Page) -> int:
    """The number of the last line of the streaming cell that the page shows."""
    return page.evaluate(
        """() => {
          const shown = [...document.querySelectorAll('[data-cell-id=stream] [data-output] pre')].at(-1)?.textContent.trim() ?? ''
          return Number(shown.slice(shown.lastIndexOf('\\n') + 1) || 0)
        }"""
    )


def memory(page: Page) -> None:
    cdp = page.context.new_cdp_session(page)
    cdp.send("HeapProfiler.collectGarbage")
    used = cdp.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    nodes, editors = page.evaluate(
        "() => [document.querySelectorAll('*').length, document.querySelectorAll('.cm-editor').length]"
    )
    print(f"heap after collection {used:.1f} MB   elements {nodes}   editors {editors}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    options = parser.parse_args()
    with Served.start() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, headless=True, args=FLAGS)
        context = browser.new_context()
        log_in(context.new_page(), server)
        state = context.storage_state()
        large, small = many.cells(options.cells - 1), many.cells(4)
        server.put("large.ipynb", cell(STREAM, "stream"), *large, kernel="python3")
        server.put("small.ipynb", cell("1 + 1", "one"), *small, kernel="python3")
        for path, cells in (("small.ipynb", 5), ("large.ipynb", options.cells)):
            opening(browser, server, state, path, cells, 2 if options.quick else 7)
        page = browser.new_context(storage_state=state, viewport={"width": 1280, "height": 800}).new_page()
        Sheet.open(page, server, "large.ipynb")
        page.wait_for_function(f"() => document.querySelectorAll('main .cells > .cell').length >= {options.cells}")
        memory(page)
        typing(page, server, "large.ipynb", 40 if options.quick else 200)
        memory(page)
        browser.close()


if __name__ == "__main__":
    main()
