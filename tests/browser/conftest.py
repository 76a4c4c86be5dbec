"""Journeys in a real Chromium: one browser a run, a context a test.

Whatever a page's console calls an error, throws, or reports against its content security policy fails the test, unless the test has
allowed it (`watch.allow`). `OCTAVO_SCREENSHOTS` names a folder for a picture of every page of a test that failed.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("browser", "hostile")]  # for `sheet`, `corpus` …

from browsing import Browsing, Open, Running  # noqa: E402
from served import Desk  # noqa: E402
from sheet import Sheet  # noqa: E402
from watching import Watch  # noqa: E402

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        Running.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if call.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def browsing(watch: Watch, request: pytest.FixtureRequest) -> Iterator[Browsing]:
    browsing = Browsing(watch)
    yield browsing
    if request.node.stash.get(FAILED, False) and os.environ.get("OCTAVO_SCREENSHOTS"):
        picture_all(browsing, request.node.name)
    for context in browsing.contexts:
        context.close()
    assert not watch.complaints, watch.complaints


def picture_all(browsing: Browsing, name: str) -> None:
    folder = Path(os.environ["OCTAVO_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    pages = [page for context in browsing.contexts for page in context.pages]
    for number, page in enumerate(pages):
        page.screenshot(path=folder / f"{re.sub(r'[^A-Za-z0-9-]+', '-', name)[:80]}-{number}.png")


@pytest.fixture
def open_sheet(browsing: Browsing, desk: Desk) -> Open:
    """Opens the test's notebook in a context of its own; `cells` are written first, as a file."""

    def open_it(*cells: str | dict[str, Any], kernel: str = "scripted", **options: Any) -> Sheet:
        if cells:
            desk.put(*cells, kernel=kernel)
        page = browsing.logged_in(desk.server, **options).new_page()
        return Sheet.open(page, desk.server, desk.path)

    return open_it
