"""The base of a document: the file as it was last read or written. Small ones are in its row, large ones in files.

A large notebook's base changes with every save, so its old file goes as soon as the new one is saved.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import anyio.to_thread

from octavo.errors import StorageUnavailable
from octavo.ids import CellId, DocumentId
from octavo.journal import documents, files
from octavo.journal.blobs import ROW
from octavo.journal.journal import Journal
from octavo.journal.pointer import sync_directory

_FILE = "SELECT base_file FROM document WHERE id = ?"


def directory(journal: Journal) -> Path:
    return journal.directory / "bases"


def digest(base: bytes) -> str:
    """How the journal names the content of a file (`DocumentRow.base_hash`)."""
    return hashlib.sha256(base).hexdigest()


async def keep(
    journal: Journal, document: DocumentId, base: bytes, ids: Sequence[CellId], *, version: str = ""
) -> None:
    """This is the document's file now, and `ids` are its cells'. Returns when that is kept."""
    if len(base) > ROW:
        name = f"{document}-{journal.number()}"
        await files.write(journal, directory(journal) / name, base)
        await _set(journal, document, None, digest(base), ids, version, name)
    else:
        await _set(journal, document, base, digest(base), ids, version, None)


async def take(
    journal: Journal, document: DocumentId, name: str, digest: str, ids: Sequence[CellId], *, version: str = ""
) -> None:
    """As `keep`, of a base that stands, synced, in `directory` already."""
    await anyio.to_thread.run_sync(sync_directory, directory(journal))
    await _set(journal, document, None, digest, ids, version, name)


async def _set(
    journal: Journal,
    document: DocumentId,
    row: bytes | None,
    digest: str,
    ids: Sequence[CellId],
    version: str,
    name: str | None,
) -> None:
    old = await journal.read(lambda db: _file(db, document))
    change = documents.set_base(document, row, digest, ids, version=version, file=name)
    receipt = journal.put([change])
    await receipt.kept()
    if old is not None:
        await receipt.saved()
        await anyio.to_thread.run_sync(files.remove, directory(journal) / old)


class Held(NamedTuple):
    """`base`: the file that it is in, or its bytes."""

    base: Path | bytes
    digest: str
    size: int


async def held(journal: Journal, document: DocumentId) -> Held | None:
    """Where the base is, without reading it where it is large; None before the first `keep`."""
    found = await journal.read(lambda db: _base(db, document))
    if found is None:
        return None
    base, name, digest = found
    if name is None:
        return Held(bytes(base), digest, len(base))
    path = directory(journal) / name
    try:
        return Held(path, digest, (await anyio.to_thread.run_sync(path.stat)).st_size)
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be read: {error.strerror}.") from error


async def read(journal: Journal, document: DocumentId) -> bytes | None:
    """The base's bytes; None before the first `keep`. Raises `StorageUnavailable` when they are gone or damaged."""
    found = await journal.read(lambda db: _base(db, document))
    if found is None:
        return None
    base, name, expected = found
    if name is not None:
        try:
            base = await anyio.to_thread.run_sync((directory(journal) / name).read_bytes)
        except OSError as error:
            raise StorageUnavailable(f"{directory(journal) / name} cannot be read: {error.strerror}.") from error
    if digest(base) != expected:
        raise StorageUnavailable(f"The journal's copy of the file is damaged (document {document}).")
    return bytes(base)


async def sweep(journal: Journal, before: float) -> int:
    """Remove files that no document names; for the start, when nothing is being saved."""
    named = await journal.read(
        lambda db: {
            row[0] for row in db.execute("SELECT base_file FROM document WHERE base_file IS NOT NULL").fetchall()
        }
    )
    return await anyio.to_thread.run_sync(files.sweep, directory(journal), named, before)


def _base(db: sqlite3.Connection, document: DocumentId) -> tuple[bytes, str | None, str] | None:
    """Bytes, or the name of their file; and their digest."""
    row = db.execute("SELECT base, base_file, base_hash FROM document WHERE id = ?", (document,)).fetchone()
    return None if row is None or row[2] is None else (row[0], row[1], row[2])


def _file(db: sqlite3.Connection, document: DocumentId) -> str | None:
    row = db.execute(_FILE, (document,)).fetchone()
    return row[0] if row else None
