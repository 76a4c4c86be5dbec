"""Hosts that end with the test (they hold a lifeline), in directories whose paths are short enough for sockets."""

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, os.path.dirname(__file__))  # for `scripted` and `reading`

from octavo.kernels.connection import Host
from octavo.settings import schema


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}  # the server's own loop


@pytest.fixture
def run_directory() -> Iterator[Path]:
    name = tempfile.mkdtemp(prefix="octavo-t-")
    yield Path(name)
    shutil.rmtree(name, ignore_errors=True)


@pytest.fixture
def lifeline(run_directory: Path) -> Iterator[int]:
    read, write = os.pipe()
    yield read
    os.close(write)
    os.close(read)


@pytest.fixture
async def host(run_directory: Path, lifeline: int) -> AsyncIterator[Host]:
    async with Host.open(run_directory, schema.Kernels(), build="test", spawn=True, lifeline=lifeline) as host:
        yield host
