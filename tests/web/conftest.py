from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from octavo.errors import OctavoError
from octavo.files.bin import Bin
from octavo.files.local import LocalStore
from octavo.files.ports import NoDocuments, OpenDocuments
from octavo.journal.journal import Journal
from octavo.settings.schema import Documents, Files, Server, Settings
from octavo.web import errors
from octavo.web.api import bin as bin_door
from octavo.web.filekeeping import JournalBin, JournalCheckpoints
from octavo.web.jupyter import contents, raw
from octavo.web.jupyter.filing import Filing

SETTINGS = Settings(
    server=Server(base_url="/a%40b/", max_body=4 * 1024**2),
    files=Files(max_upload=1024**2),
    documents=Documents(max_notebook=1024**2),
)


class OpenInMemory(NoDocuments):
    """Open documents that a test puts there."""

    def __init__(self) -> None:
        self.open: dict[str, bytes] = {}
        self.took: list[tuple[str, bytes, str]] = []
        self.events: list[tuple[str, ...]] = []

    async def is_open(self, path: str) -> bool:
        return path in self.open

    async def read_through(self, path: str, who: str = "") -> bytes | None:
        return self.open.get(path)

    async def absorb(self, path: str, data: bytes, who: str) -> bool:
        if path in self.open:
            self.took.append((path, data, who))
        return path in self.open

    async def restored(self, bin_id: str, path: str) -> None:
        self.events.append(("restored", bin_id, path))

    async def purged(self, bin_id: str) -> None:
        self.events.append(("purged", bin_id))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def documents() -> OpenInMemory:
    return OpenInMemory()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
async def filing(tmp_path: Path, root: Path, documents: OpenDocuments) -> AsyncIterator[Filing]:
    profile = tmp_path / "profile"
    profile.mkdir()
    async with Journal.open(profile) as journal:
        store = LocalStore(root, SETTINGS.files)
        yield Filing(
            store=store,
            bin=Bin(store, profile / "bin", JournalBin(journal, store, profile / "bin"), days=30),
            checkpoints=JournalCheckpoints(journal, store, profile / "bin"),
            documents=documents,
            settings=SETTINGS,
            who=lambda request: request.headers.get("x-who", ""),
        )
        store.close()


@pytest.fixture
async def client(filing: Filing) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the doors to files over real rooms, with nothing before them."""
    app = Starlette(
        routes=[*contents.routes(filing), *raw.routes(filing), *bin_door.routes(filing)],
        exception_handlers={OctavoError: errors.on_octavo_error, HTTPException: errors.on_http_exception},
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://octavo") as asking:
        yield asking
