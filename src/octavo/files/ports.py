"""What this room and the doors over it need of others: rows of the bin, checkpoints, and what notebooks are open.

The journal keeps the first two, the sessions are the third; `server` brings them together.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple, Protocol

import msgspec


class Binned(msgspec.Struct, frozen=True):
    """A row of the bin: something deleted. It lies at `<bin>/<id>` of the bin that `where` names (`bin`)."""

    id: str
    path: str
    where: str
    at: float
    size: int
    folder: bool


class BinRows(Protocol):
    async def put(self, row: Binned) -> None:
        """Add or replace, kept when it returns."""
        ...

    async def remove(self, id: str) -> None: ...

    async def all(self) -> Sequence[Binned]: ...


class Checkpoint(NamedTuple):
    id: str
    at: float


class Checkpoints(Protocol):
    """Earlier states of files, by store path. The keeper bounds their number, size and age."""

    async def add(self, path: str, data: bytes) -> Checkpoint: ...

    async def list(self, path: str) -> Sequence[Checkpoint]:
        """Oldest first."""
        ...

    async def read(self, path: str, id: str) -> bytes:
        """Raises `NotFound`."""
        ...

    async def remove(self, path: str, id: str) -> None:
        """Raises `NotFound`."""
        ...

    async def move(self, old: str, new: str) -> None:
        """What was at `old`, or beneath it, is at `new` from now on."""
        ...

    async def forget(self, path: str) -> None:
        """Drop what is kept for `path` and beneath it."""
        ...


class OpenDocuments(Protocol):
    """The live notebooks. A path here is a store path; which document it means is the sessions' to say."""

    async def is_open(self, path: str) -> bool: ...

    async def read_through(self, path: str, who: str = "") -> bytes | None:
        """Write what waits and return the document's current bytes; None when none is open there. `who`: whom they are served to, and what
        their next save is taken to be made from."""
        ...

    async def absorb(self, path: str, data: bytes, who: str) -> bool:
        """Take bytes that an API or a checkpoint brought, as an outside change by `who`; False when none is open there."""
        ...

    def moving(self, old: str, new: str) -> AbstractAsyncContextManager[None]:
        """Held around the rename of a file or folder: journal first, then what is inside, undone if that raises."""
        ...

    def deleting(self, path: str, bin_id: str, *, force: bool) -> AbstractAsyncContextManager[None]:
        """Held around the way into the bin. Raises `Conflict` when a kernel runs there, unless forced; then ends it."""
        ...

    async def restored(self, bin_id: str, path: str) -> None:
        """What was deleted as `bin_id` is at `path` again."""
        ...

    async def purged(self, bin_id: str) -> None:
        """What was deleted as `bin_id` is gone for good."""
        ...


class NoDocuments:
    """No notebook is ever open."""

    async def is_open(self, path: str) -> bool:
        return False

    async def read_through(self, path: str, who: str = "") -> bytes | None:
        return None

    async def absorb(self, path: str, data: bytes, who: str) -> bool:
        return False

    @asynccontextmanager
    async def moving(self, old: str, new: str) -> AsyncIterator[None]:
        yield

    @asynccontextmanager
    async def deleting(self, path: str, bin_id: str, *, force: bool) -> AsyncIterator[None]:
        yield

    async def restored(self, bin_id: str, path: str) -> None:
        return

    async def purged(self, bin_id: str) -> None:
        return
