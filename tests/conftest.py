"""What tests of several rooms share: a real server (`tests/live/served.py`), and a page without a browser (`tests/live/page.py`)."""

import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [
    str(Path(__file__).parent / folder) for folder in ("live", "kernels")
]  # for `served`, `page`, `scripted`

from served import Desk, Served  # noqa: E402

_numbers = itertools.count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failure is shown with what the server logged meanwhile."""
    report = yield
    fixtures = getattr(item, "funcargs", {})
    server = fixtures.get("server") or fixtures.get("shared_server") or getattr(fixtures.get("desk"), "server", None)
    if report.failed and isinstance(server, Served) and server.log.exists():
        report.sections.append(("server log", server.log.read_text()[-8000:]))
    return report


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Served]:
    """One for many tests: each has its own notebooks there, and kills nothing."""
    with Served.start() as server:
        yield server


@pytest.fixture
def server() -> Iterator[Served]:
    """One of its own, for a test that kills, stops or sets it."""
    with Served.start() as server:
        yield server


@pytest.fixture
def desk(shared_server: Served, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The shared server and a notebook `n.ipynb` in a folder of the test's own; its kernels end with it."""
    desk = Desk(shared_server, f"{re.sub(r'[^a-z0-9]+', '-', request.node.name)[:40]}-{next(_numbers)}")
    yield desk
    desk.stop_kernels()


@pytest.fixture
def own_desk(server: Served) -> Desk:
    """The same on a server of the test's own."""
    return Desk(server, "own")
