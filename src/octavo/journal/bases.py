"""The base of a document: the file as it was last read or written. Small ones are in its row, large ones in files.

A large notebook's base changes with every save, so its old file goes as soon as the new one is saved.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import anyio.to_thread

from octavo.errors import StorageUnavailable
from octavo.ids import CellId, DocumentId
from octavo.journal import documents, files
from octavo.journal.blobs import ROW
from octavo.journal.journal import Journal

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
    old = await journal.read(lambda db: _file(db, document))
    name, row = None, base
    if len(base) > ROW:
        name, row = f"{document}-{journal.number()}", b""
        await files.write(journal, directory(journal) / name, base)
    change = documents.set_base(document, row if name is None else None, digest(base), ids, version=version, file=name)
    receipt = journal.put([change])
    await receipt.kept()
    if old is not None:
        await receipt.saved()
        await anyio.to_thread.run_sync(files.remove, directory(journal) / old)


async def read(journal: Journal, document: DocumentId) -> bytes | None:
    """The base's bytes; None before the first `keep`. Raises `StorageUnavailable` when they are gone or damaged."""
    found = await journal.read(
        lambda db: db.execute("SELECT base, base_file, base_hash FROM document WHERE id = ?", (document,)).fetchone()
    )
    if found is None or found[2] is None:
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


def _file(db: sqlite3.Connection, document: DocumentId) -> str | None:
    row = db.execute(_FILE, (document,)).fetchone()
    return row[0] if row else None
