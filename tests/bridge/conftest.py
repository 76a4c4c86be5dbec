"""A host, and a Kernel Gateway that ends with the tests."""

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "kernels"))  # for `reading`
sys.path.insert(0, os.path.dirname(__file__))  # for `gateways`

from gateways import Gateway

from octavo.kernels.connection import Host
from octavo.settings import schema


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="module")
def shared_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    gateway.start()
    yield gateway
    gateway.kill()


@pytest.fixture
def own_gateway(tmp_path: Path) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path)
    gateway.start()
    yield gateway
    gateway.kill()


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    directory = Path(tempfile.mkdtemp(prefix="octavo-t-"))
    read, write = os.pipe()
    async with Host.open(directory, schema.Kernels(), build="test", spawn=True, lifeline=read) as host:
        yield host
    os.close(write)
    os.close(read)
    shutil.rmtree(directory, ignore_errors=True)
