"""From the login to the first answer at `/repl`, in Chromium that has been there before (scripts cached).

    .venv/bin/python benchmarks/prompt.py [--rounds 5] [--chromium PROGRAM]

From pressing Enter in the password's field to `42` on the page: the password is checked, the page loads, `6*7` is typed as soon as one can write,
and runs. Three cases: the prompt's kernel runs already (one comes back to it); a new prompt, its kernel forked from a warm image; the very first
prompt of a server that has started no kernel yet. The driver's own time is in it.
"""

import argparse
import shutil
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("live", "browser")]

from browsing import FLAGS  # noqa: E402
from playwright.sync_api import BrowserContext, Page, sync_playwright  # noqa: E402
from served import PASSWORD, Served  # noqa: E402

BAR = 1.0
SETTINGS = '[pages]\nhome = "repl"\n'


def first_answer(context: BrowserContext, server: Served, path: str) -> tuple[float, float]:
    """Seconds until one can write, and until the answer, from the login."""
    context.clear_cookies()
    page = context.new_page()
    page.goto(f"{server.url}login?next=/{path}")
    page.fill("[name=password]", PASSWORD)
    began = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_selector(".draft .cm-content:focus")
    editable = time.perf_counter() - began
    page.keyboard.type("6*7")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.entry')].at(-1)?.querySelector('.out')?.textContent.trim() === '42'",
        polling="raf",
    )
    took = time.perf_counter() - began
    clear(page)
    page.close()
    return editable, took


def clear(page: Page) -> None:
    """So that the next answer is not this one."""
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_function("() => !document.querySelector('.entry')")
    page.wait_for_selector("[data-saved=saved]")


def warmed(context: BrowserContext, server: Served) -> None:
    """Scripts, styles and fonts into the browser's cache, without opening a prompt here: a notebook's page has all but one of the chunks."""
    server.put("warm.ipynb", "1", kernel="python3")
    page = context.new_page()
    for path in ("login", "n/warm.ipynb"):
        page.goto(server.url + path)
        page.wait_for_load_state("networkidle")
    page.close()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    given = options.parse_args()
    found: dict[str, list[tuple[float, float]]] = {"first of the server": [], "new prompt": [], "back at a prompt": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.chromium, headless=True, args=FLAGS)
        for number in range(given.rounds):
            with Served.start(settings=SETTINGS) as server:
                context = browser.new_context(locale="en-GB")
                warmed(context, server)
                found["first of the server"].append(first_answer(context, server, "repl"))
                found["new prompt"].append(first_answer(context, server, f"repl/new-{number}"))
                found["back at a prompt"].append(first_answer(context, server, "repl"))
                context.close()
        browser.close()
    good = True
    print(f"{'from the login, seconds':28}{'can write':>12}{'answer':>12}{'worst':>12}{'bar':>8}")
    for name, times in found.items():
        editable, answer = (statistics.median(column) for column in zip(*times, strict=True))
        good = good and answer <= BAR
        print(f"{name:28}{editable:12.2f}{answer:12.2f}{max(t for _, t in times):12.2f}{BAR:8.2f}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
