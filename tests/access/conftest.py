from pathlib import Path

import pytest

from octavo.access.access import Access
from octavo.settings import schema


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(tmp_path: Path, clock: Clock):
    """Opens the same database again and again, as several processes do."""
    made: list[Access] = []

    def open_(settings: schema.Access | None = None, **more: int) -> Access:
        made.append(Access.open(tmp_path, settings or schema.Access(), clock, **more))
        return made[-1]

    yield open_
    for access in made:
        access.close()
