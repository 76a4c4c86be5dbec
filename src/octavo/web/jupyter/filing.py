"""What the doors to files share: the rooms behind them, and a save that knows of open notebooks."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from octavo.errors import Denied, Invalid, NotFound
from octavo.files import paths
from octavo.files.bin import Bin
from octavo.files.ports import Checkpoints, OpenDocuments
from octavo.files.store import Saved, Store
from octavo.settings.schema import Settings
from octavo.web.jupyter.models import BadRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """`who`: whose save this is, so that an open document knows what that client was last served."""

    store: Store
    bin: Bin
    checkpoints: Checkpoints
    documents: OpenDocuments
    settings: Settings
    who: Callable[[Request], str]

    def path(self, request: Request, *, reading: bool) -> str:
        """The store path of a request. What may not be named is not there for who reads, and a mistake of who writes."""
        return self.checked(request.path_params.get("path", ""), reading=reading)

    def checked(self, text: str, *, reading: bool = False) -> str:
        path = "/".join(part for part in text.split("/") if part)
        try:
            paths.split(path, hidden=self.settings.files.hidden)
        except (Denied, Invalid) as error:
            if reading:
                raise NotFound(f"file or directory '{path}' does not exist") from error
            raise BadRequest(error.message) from error
        return path

    async def current(self, path: str, *, limit: int | None = None) -> bytes:
        """The bytes that are right now: an open document's, else the file's."""
        data = await self.documents.read_through(path)
        return data if data is not None else (await self.store.read(path, limit=limit)).data

    async def save(self, path: str, data: bytes, who: str) -> Saved:
        """Put bytes at a path; on an open document they go the way of an outside change."""
        if await self.documents.absorb(path, data, who):
            return Saved(await self.store.stat(path), False)
        return await self.store.write(path, data)
