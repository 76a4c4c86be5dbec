"""A pytest plugin: `--sample SEED` runs long tests alone, in an order made by the seed, as many as fit into some minutes.

A long test takes up to two minutes, or says how many: `@pytest.mark.long(minutes=10)`. Not here: which tests are long.
"""

import random
import time
from typing import Any

import pytest

MINUTES = 5.0
USUAL = 2.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sample", metavar="SEED", help="run a sample of the long tests")
    parser.addoption("--sample-minutes", type=float, default=MINUTES, help="how long the sample may take")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    seed = config.getoption("--sample")
    if seed is None:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=[item for item in items if item not in long])
    random.Random(seed).shuffle(long)
    items[:] = long


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """The usual loop, but one that leaves out what does not fit into the time that is left."""
    if session.config.getoption("--sample") is None:
        return None
    if session.testsfailed:
        raise session.Interrupted(f"{session.testsfailed} errors during collection")
    end = time.monotonic() + session.config.getoption("--sample-minutes") * 60
    left_out = []
    for item in session.items:
        if time.monotonic() + minutes(item) * 60 <= end:
            # `nextitem` is None: fixtures of a wider scope are made anew for each test, since it is not known which one follows.
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        else:
            left_out.append(item)
    session.config.hook.pytest_deselected(items=left_out)
    return True


def minutes(item: pytest.Item) -> float:
    marker: Any = item.get_closest_marker("long")
    return float(marker.kwargs.get("minutes", USUAL))
