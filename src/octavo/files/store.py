"""The store: what the product asks of a place that holds files, so that an object store can fill it too.

Nothing is assumed atomic but a write, versions are opaque, and a folder is no more than what `list` says. Not here: the
bin, checkpoints, Jupyter's JSON. Every error is one of `octavo.errors`: `NotFound`, `Conflict` (name taken, version
changed), `Denied` (hidden, outside, not permitted), `Invalid`, `TooLarge`, `StorageUnavailable`.
"""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, NamedTuple, NewType, Protocol

import msgspec

Version = NewType("Version", str)
"""One state of one file; compare for equality only. Safe inside an ETag (printable, no quotes)."""

Kind = Literal["file", "directory", "link"]
"""A `link` leads nowhere, or where this store does not go: it is listed and can be deleted, not opened."""

PIECE = 256 * 1024
"""Bytes moved at a time where a file is not held whole."""


class Stat(msgspec.Struct, frozen=True):
    """What stands at a path. `path` is as asked; `real` and `identity` are of what is opened, links resolved."""

    path: str
    kind: Kind
    size: int
    modified_ns: int
    created_ns: int
    writable: bool
    version: Version
    identity: tuple[int, int] | None = None
    real: str = ""
    linked: bool = False  # in a listing: reached through a link


class Content(NamedTuple):
    data: bytes
    version: Version
    stat: Stat


class Saved(NamedTuple):
    stat: Stat
    created: bool


class Reading(Protocol):
    """An open file: it stays the same bytes when the path is saved anew."""

    @property
    def stat(self) -> Stat: ...

    def chunks(self, start: int, length: int) -> AsyncIterator[bytes]:
        """Exactly `length` bytes from `start`. Raises `Unavailable` when the file was cut short meanwhile."""
        ...


class Writing(Protocol):
    """A write under way: nothing is seen at the path until `commit`. End it with `commit` or `abandon`."""

    @property
    def written(self) -> int: ...

    async def write(self, data: bytes) -> None: ...

    async def content(self) -> bytes:
        """What was written so far."""
        ...

    async def commit(self) -> Saved: ...

    async def abandon(self) -> None: ...


class Store(Protocol):
    async def stat(self, path: str) -> Stat: ...

    async def list(self, path: str) -> Sequence[Stat]:
        """What is in a folder, by name; hidden names and what is neither file, folder nor link left out."""
        ...

    async def read(self, path: str, *, limit: int | None = None) -> Content:
        """A whole file. Raises `TooLarge` over `limit` bytes."""
        ...

    def open(self, path: str) -> AbstractAsyncContextManager[Reading]: ...

    async def begin(
        self,
        path: str,
        *,
        if_version: Version | Literal["absent"] | None = None,
        limit: int | None = None,
        size: int | None = None,
    ) -> Writing:
        """Start a write; `size`, where known, is refused early when it cannot fit. The folder must exist."""
        ...

    async def write(
        self,
        path: str,
        data: bytes | AsyncIterable[bytes],
        *,
        if_version: Version | Literal["absent"] | None = None,
        limit: int | None = None,
    ) -> Saved:
        """Replace or make a file, whole or not at all. Raises `Conflict` when it is not at `if_version`."""
        ...

    async def make_directory(self, path: str) -> Stat: ...

    async def move(self, old: str, new: str) -> Stat:
        """Rename; never over something. A link is moved, not what it leads to."""
        ...

    async def delete(self, path: str) -> None:
        """Remove a file, a link or an empty folder for good (the bin is `bin`)."""
        ...


def content_hash(data: bytes) -> str:
    """How bytes are known again: 64 hex digits of SHA-256, as Jupyter's `hash`."""
    return hashlib.sha256(data).hexdigest()
