from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from octavo.journal.journal import Journal


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with Journal.open(tmp_path) as opened:
        yield opened
