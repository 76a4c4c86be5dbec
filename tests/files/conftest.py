from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo.files.local import LocalStore
from octavo.settings.schema import Files


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def store(root: Path) -> Iterator[LocalStore]:
    opened = LocalStore(root, Files())
    yield opened
    opened.close()
