"""Kept things: checkpoints, replaced texts, the cells' bin; and the rows of the files' bin.

One table for all that somebody may want back, with its reason; each reason has an age and a size beyond which the oldest go.
Content over 256 kB is a blob file that the row names.
"""

import sqlite3
from typing import Literal, NamedTuple

import msgspec

from octavo.ids import BlobHash, DocumentId
from octavo.journal import bases, blobs, runs
from octavo.journal.journal import Journal
from octavo.journal.writer import Statement, Value

Reason = Literal["checkpoint", "replaced", "overwritten", "upgraded", "cell"]


ENDED = 30 * blobs.DAY
"""Seconds that an ended process is remembered."""


class Bound(NamedTuple):
    """Seconds that things of a reason stay, and bytes of them together for one path; the newest one always stays until its
    age."""

    age: float
    size: int


BOUNDS: dict[Reason, Bound] = {
    "checkpoint": Bound(365 * blobs.DAY, 64 * 1024**2),
    "replaced": Bound(30 * blobs.DAY, 16 * 1024**2),
    "overwritten": Bound(90 * blobs.DAY, 64 * 1024**2),
    "upgraded": Bound(365 * blobs.DAY, 64 * 1024**2),
    "cell": Bound(30 * blobs.DAY, 64 * 1024**2),
}


class KeptRow(msgspec.Struct, frozen=True, kw_only=True):
    """checkpoint: asked for. replaced: a cell's text that the file's took the place of. overwritten: a file's bytes that
    could not be read. upgraded: the file before its format was raised. cell: a deleted cell that the document no longer
    holds. `about`: JSON of whoever kept it."""

    id: int
    reason: Reason
    store: str
    path: str
    document: DocumentId | None = None
    cell: str = ""
    name: str = ""
    at: float = 0
    size: int = 0
    about: bytes | None = None


class BinRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder in the bin. `path`: where it was; `location`: where it is now (both real)."""

    id: str
    store: str
    path: str
    location: str
    folder: bool = False
    size: int = 0
    at: float = 0


async def keep(journal: Journal, row: KeptRow, data: bytes | blobs.Standing) -> list[Statement]:
    """Statements that keep `data` (`row.size` is made here) and let go what is over the bound of its reason and path."""
    statements, digest = list[Statement](), None
    size = len(data) if isinstance(data, bytes) else data.size
    if not isinstance(data, bytes):
        digest, statements = await blobs.adopt(journal, data)
    elif size > blobs.ROW:
        digest, statements = await blobs.store(journal, data)
    values: tuple[Value, ...] = (row.id, row.reason, row.store, row.path, row.document, row.cell, row.name, row.at)
    return [
        *statements,
        (
            "INSERT INTO kept(id, reason, store, path, document, cell, name, at, size, data, hash, about) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, size, data if digest is None and isinstance(data, bytes) else None, digest, row.about),
        ),
        _over_size(row.reason, row.store, row.path),
    ]


def listing(db: sqlite3.Connection, store: str, path: str, *, reason: Reason | None = None) -> list[KeptRow]:
    """What is kept of a path, the newest first."""
    sql = "SELECT * FROM kept WHERE store = ? AND path = ? AND (?3 IS NULL OR reason = ?3) ORDER BY at DESC, id DESC"
    return _kept(db, sql.replace("= ? AND path = ?", "= ?1 AND path = ?2"), (store, path, reason))


def of_document(db: sqlite3.Connection, document: DocumentId, *, reason: Reason | None = None) -> list[KeptRow]:
    """What is kept of a document, the newest first."""
    sql = "SELECT * FROM kept WHERE document = ?1 AND (?2 IS NULL OR reason = ?2) ORDER BY at DESC, id DESC"
    return _kept(db, sql, (document, reason))


async def read(journal: Journal, id: int) -> bytes | None:
    """The content of a kept thing; None where it is gone."""
    row = await journal.read(lambda db: db.execute("SELECT data, hash FROM kept WHERE id = ?", (id,)).fetchone())
    if row is None or row[0] is not None:
        return None if row is None else bytes(row[0])
    digest = BlobHash(row[1])
    return (await blobs.read(journal, [digest])).get(digest)


def forget(id: int) -> Statement:
    return ("DELETE FROM kept WHERE id = ?", (id,))


async def tidy(journal: Journal, now: float, *, starting: bool = False) -> None:
    """Forget what has reached its age (kept things, done commands, ended processes) and files that nothing names: at the start,
    and then every few hours. `starting`: no document is open yet."""
    old = [*forget_old(now), runs.forget_ended(now - ENDED), runs.forget_commands(now - blobs.DAY)]
    await journal.put(old).kept()
    await blobs.sweep(journal, now)
    if starting:
        await bases.sweep(journal, now)


def forget_old(now: float) -> list[Statement]:
    """What has reached the age of its reason."""
    return [
        ("DELETE FROM kept WHERE reason = ? AND at < ?", (reason, now - bound.age)) for reason, bound in BOUNDS.items()
    ]


def _over_size(reason: Reason, store: str, path: str) -> Statement:
    return (
        "DELETE FROM kept WHERE id IN (SELECT id FROM ("
        "SELECT id, sum(size) OVER newest AS held, row_number() OVER newest AS nth FROM kept "
        "WHERE store = ? AND path = ? AND reason = ? WINDOW newest AS (ORDER BY at DESC, id DESC)"
        ") WHERE held > ? AND nth > 1)",
        (store, path, reason, BOUNDS[reason].size),
    )


# The files' bin ------------------------------------------------------------------------------------------------------


def put_in_bin(row: BinRow) -> Statement:
    """Journal it before the file is renamed into the bin (`documents.put_in_bin` goes into the same put)."""
    return (
        "INSERT INTO bin(id, store, path, location, folder, size, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.store, row.path, row.location, int(row.folder), row.size, row.at),
    )


def take_from_bin(id: str) -> Statement:
    """It was restored or purged."""
    return ("DELETE FROM bin WHERE id = ?", (id,))


def binned(db: sqlite3.Connection) -> list[BinRow]:
    """All that is in the bin, the newest first."""
    return _bin(db, "SELECT * FROM bin ORDER BY at DESC, id", ())


def in_bin(db: sqlite3.Connection, id: str) -> BinRow | None:
    rows = _bin(db, "SELECT * FROM bin WHERE id = ?", (id,))
    return rows[0] if rows else None


def _kept(db: sqlite3.Connection, sql: str, values: tuple[Value, ...]) -> list[KeptRow]:
    columns = "id, reason, store, path, document, cell, name, at, size, about"
    rows = db.execute(sql.replace("*", columns, 1), values).fetchall()
    names = columns.split(", ")
    return [msgspec.convert(dict(zip(names, row, strict=True)), KeptRow) for row in rows]


def _bin(db: sqlite3.Connection, sql: str, values: tuple[Value, ...]) -> list[BinRow]:
    columns = "id, store, path, location, folder, size, at"
    rows = db.execute(sql.replace("*", columns, 1), values).fetchall()
    names = columns.split(", ")
    return [msgspec.convert(dict(zip(names, row, strict=True)), BinRow, strict=False) for row in rows]
