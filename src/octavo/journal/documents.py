"""Rows of documents: where they are, what they are based on, and the updates that make them.

Statements are made here and put by the caller; rows are read by functions that take a connection (`Journal.read`). Every
update and snapshot carries a checksum, because SQLite has none and Yjs decodes most damage without complaint.
"""

import sqlite3
import zlib
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from octavo.errors import StorageUnavailable
from octavo.ids import CellId, DocumentId, Epoch
from octavo.journal.writer import Statement

Place = Literal["attached", "detached", "bin"]

_COLUMNS = "id, kind, store, path, place, bin, epoch, kernel, base_hash, base_ids, base_version, made, used"
_BELOW = "store = ?1 AND (path = ?2 OR (path > ?2 || '/' AND path < ?2 || '0'))"  # '0' is the character after '/'


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """`path`: absolute and real. attached: that file is it. detached: the file went away. bin: it is in bin row `bin`.
    `base_hash` is empty before the first `set_base`; `base_ids` are the cell ids given to the base's cells, in order."""

    id: DocumentId
    store: str
    path: str
    epoch: Epoch
    kind: str = "notebook"
    place: Place = "attached"
    bin: str | None = None
    kernel: str = ""
    base_hash: str = ""
    base_ids: list[CellId] = []
    base_version: str = ""
    made: float = 0
    used: float = 0


class History(NamedTuple):
    """What makes a document: the snapshot first (where there is one), then the updates in order. `size`: their bytes and
    number without the snapshot's, to say when to fold."""

    seq: int
    updates: list[bytes]
    snapshot_size: int
    pending: int
    pending_size: int


# Paths ---------------------------------------------------------------------------------------------------------------


def create(row: DocumentRow) -> list[Statement]:
    """A new document at its path. Another one that stands there is detached: its file is gone."""
    ids = msgspec.json.encode(row.base_ids).decode()
    values = (row.id, row.kind, row.store, row.path, row.place, row.bin, row.epoch, row.kernel)
    return [
        _leave(row.store, row.path),
        (
            f"INSERT INTO document({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, row.base_hash or None, ids, row.base_version, row.made, row.used),
        ),
    ]


def find(db: sqlite3.Connection, store: str, path: str) -> DocumentRow | None:
    """The document whose file is at this path."""
    sql = f"SELECT {_COLUMNS} FROM document WHERE store = ? AND path = ? AND place = 'attached'"
    return _row(db.execute(sql, (store, path)).fetchone())


def find_detached(db: sqlite3.Connection, store: str, path: str) -> DocumentRow | None:
    """The newest document whose file was at this path when it went away."""
    sql = f"SELECT {_COLUMNS} FROM document WHERE store = ? AND path = ? AND place = 'detached' ORDER BY used DESC"
    return _row(db.execute(sql, (store, path)).fetchone())


def get(db: sqlite3.Connection, document: DocumentId) -> DocumentRow | None:
    return _row(db.execute(f"SELECT {_COLUMNS} FROM document WHERE id = ?", (document,)).fetchone())


def below(db: sqlite3.Connection, store: str, path: str) -> list[DocumentRow]:
    """The documents at this path or in this folder."""
    sql = f"SELECT {_COLUMNS} FROM document WHERE {_BELOW} AND place = 'attached' ORDER BY path"
    return [row for found in db.execute(sql, (store, path)).fetchall() if (row := _row(found))]


def listing(db: sqlite3.Connection) -> list[DocumentRow]:
    """All documents, the latest used first."""
    found = db.execute(f"SELECT {_COLUMNS} FROM document ORDER BY used DESC, id DESC").fetchall()
    return [row for one in found if (row := _row(one))]


def rename(store: str, old: str, new: str) -> list[Statement]:
    """A file or folder moved: documents and kept things at and below `old` follow. What stood at `new` is detached."""
    if old == new:
        return []
    moved = f"path = ?3 || substr(path, length(?2) + 1) WHERE {_BELOW}"
    return [
        (f"UPDATE document SET place = 'detached' WHERE {_BELOW} AND place = 'attached'", (store, new)),
        (f"UPDATE document SET {moved} AND place = 'attached'", (store, old, new)),
        (f"UPDATE kept SET {moved}", (store, old, new)),
    ]


def attach(document: DocumentId, store: str, path: str) -> list[Statement]:
    """The document's file is at this path again, or now (Put back, Save as)."""
    return [
        _leave(store, path),
        (
            "UPDATE document SET place = 'attached', bin = NULL, store = ?, path = ? WHERE id = ?",
            (store, path, document),
        ),
    ]


def detach(document: DocumentId) -> Statement:
    """Its file went away; the document stays as it is, and a later file at that path is another one."""
    return ("UPDATE document SET place = 'detached' WHERE id = ?", (document,))


def put_in_bin(store: str, path: str, bin_id: str) -> Statement:
    """The file or folder went into the bin; its documents go along and keep their results."""
    return (
        f"UPDATE document SET place = 'bin', bin = ?3 WHERE {_BELOW} AND place = 'attached'",
        (store, path, bin_id),
    )


def take_from_bin(bin_id: str, store: str, old: str, new: str) -> list[Statement]:
    """The bin's file or folder, once at `old`, is now at `new`; its documents are attached there."""
    return [
        (f"UPDATE document SET place = 'detached' WHERE {_BELOW} AND place = 'attached'", (store, new)),
        (
            "UPDATE document SET place = 'attached', bin = NULL, path = ?3 || substr(path, length(?2) + 1) "
            f"WHERE {_BELOW} AND place = 'bin' AND bin = ?4",
            (store, old, new, bin_id),
        ),
    ]


def forget(document: DocumentId) -> Statement:
    """Remove a document with all that belongs to it: updates, runs, outputs. Kept things stay."""
    return ("DELETE FROM document WHERE id = ?", (document,))


def use(document: DocumentId, at: float) -> Statement:
    return ("UPDATE document SET used = ? WHERE id = ?", (at, document))


def set_kernel(document: DocumentId, name: str) -> Statement:
    return ("UPDATE document SET kernel = ? WHERE id = ?", (name, document))


# The base ------------------------------------------------------------------------------------------------------------


def set_base(
    document: DocumentId,
    base: bytes | None,
    digest: str,
    ids: Sequence[CellId],
    *,
    version: str = "",
    file: str | None = None,
) -> Statement:
    """The file as it was last read or written, and its cells' ids. `bases.keep` decides where the bytes go."""
    return (
        "UPDATE document SET base = ?, base_file = ?, base_hash = ?, base_ids = ?, base_version = ? WHERE id = ?",
        (base, file, digest, msgspec.json.encode(list(ids)).decode(), version, document),
    )


# Updates -------------------------------------------------------------------------------------------------------------


def checksum(document: DocumentId, seq: int, data: bytes) -> int:
    """Of the bytes and of their place, so that a row that turns up elsewhere does not pass."""
    return zlib.crc32(data, zlib.crc32(b"%d:%d" % (document, seq)))


def update(document: DocumentId, seq: int, data: bytes, *, client: int = 0, clock: int = 0) -> Statement:
    """One raw update. `seq`: a `Journal.number()`. `client` and `clock`: what it claims to bring the document to."""
    return (
        "INSERT INTO doc_update(seq, document, client, clock, data, crc) VALUES (?, ?, ?, ?, ?, ?)",
        (seq, document, client, clock, data, checksum(document, seq, data)),
    )


def fold(document: DocumentId, seq: int, state: bytes) -> list[Statement]:
    """One snapshot in the place of all updates up to `seq`. The caller has checked that it contains them."""
    return [
        (
            "INSERT INTO snapshot(document, seq, state, crc) VALUES (?1, ?2, ?3, ?4) "
            "ON CONFLICT(document) DO UPDATE SET seq = ?2, state = ?3, crc = ?4 WHERE seq <= ?2",
            (document, seq, state, checksum(document, seq, state)),
        ),
        ("DELETE FROM doc_update WHERE document = ? AND seq <= ?", (document, seq)),
    ]


def begin_epoch(document: DocumentId, epoch: Epoch) -> list[Statement]:
    """History is gone: the document starts anew from its file. Its updates follow in the same put."""
    return [
        ("DELETE FROM doc_update WHERE document = ?", (document,)),
        ("DELETE FROM snapshot WHERE document = ?", (document,)),
        ("UPDATE document SET epoch = ? WHERE id = ?", (epoch, document)),
    ]


def load(db: sqlite3.Connection, document: DocumentId) -> History:
    """Raises `StorageUnavailable` when a checksum does not fit: the disk has changed what was written."""
    seq, updates, snapshot_size = 0, list[bytes](), 0
    row = db.execute("SELECT seq, state, crc FROM snapshot WHERE document = ?", (document,)).fetchone()
    if row is not None:
        seq, snapshot_size = int(row[0]), len(row[1])
        updates.append(_checked(document, *row))
    rows = db.execute(
        "SELECT seq, data, crc FROM doc_update WHERE document = ? AND seq > ? ORDER BY seq", (document, seq)
    ).fetchall()
    updates += [_checked(document, *one) for one in rows]
    return History(rows[-1][0] if rows else seq, updates, snapshot_size, len(rows), sum(len(one[1]) for one in rows))


def claimed(db: sqlite3.Connection, document: DocumentId) -> dict[int, int]:
    """The highest clock that stored updates claim, by client: a snapshot that folds them must have reached it."""
    sql = "SELECT client, max(clock) FROM doc_update WHERE document = ? AND clock > 0 GROUP BY client"
    return dict(db.execute(sql, (document,)).fetchall())


def _checked(document: DocumentId, seq: int, data: bytes, crc: int) -> bytes:
    if checksum(document, seq, data) != crc:
        raise StorageUnavailable(
            f"The journal's copy of this document is damaged (document {document}, update {seq}).",
            hint="The file on disk is whole. Check the disk, and restore the journal from a backup.",
        )
    return data


def _leave(store: str, path: str) -> Statement:
    sql = "UPDATE document SET place = 'detached' WHERE store = ? AND path = ? AND place = 'attached'"
    return (sql, (store, path))


def _row(row: tuple[object, ...] | None) -> DocumentRow | None:
    if row is None:
        return None
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    values["base_ids"] = msgspec.json.decode(str(values["base_ids"]))
    values["base_hash"] = values["base_hash"] or ""
    return msgspec.convert(values, DocumentRow)
