"""Large values of outputs by hash: rows up to 256 kB, above that files `blobs/<hash>`.

A file is synced, with its directory, before the transaction that names it. What type a blob may be served as stands in the
references of outputs, never in the blob. One that nothing names is forgotten a day later (`sweep`).
"""

import base64
import binascii
import hashlib
import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import anyio.to_thread

from octavo.ids import BlobHash
from octavo.journal import files
from octavo.journal.journal import Journal
from octavo.journal.writer import Statement
from octavo.notebook import large
from octavo.notebook.output import Output

log = logging.getLogger(__name__)

ROW = 256 * 1024
"""Bytes up to which a blob is a row."""
DAY = 24 * 3600.0

_NAMING = "INSERT INTO blob(hash, size, data) VALUES (?, ?, ?) ON CONFLICT(hash) DO UPDATE SET orphaned = NULL"
_NAMED = (
    "(EXISTS (SELECT 1 FROM output_blob o WHERE o.hash = blob.hash) "
    "OR EXISTS (SELECT 1 FROM kept k WHERE k.hash = blob.hash))"
)


class Blob(NamedTuple):
    """`forms`: how the outputs that name it hold it, by type; only these types may be served. Bytes or a file."""

    size: int
    forms: dict[str, str]
    data: bytes | None
    path: Path | None


# Outputs -------------------------------------------------------------------------------------------------------------


async def externalise(journal: Journal, output: Output) -> tuple[Output, list[Statement]]:
    """The output with each value over 16 kB replaced by its reference, and the statements that must come before the
    output's own. Large ones are on the disk when this returns; on a full disk it waits."""
    values = list[bytes]()

    def put(mime: str, value: bytes) -> BlobHash:
        values.append(value)
        return hash_of(value)

    output = large.externalise(output, put)
    statements = list[Statement]()
    for value in values:
        statements += (await store(journal, value))[1]
    return output, statements


def hash_of(data: bytes) -> BlobHash:
    return BlobHash(hashlib.sha256(data).hexdigest())


# Storing and reading ---------------------------------------------------------------------------------------------------


async def store(journal: Journal, data: bytes) -> tuple[BlobHash, list[Statement]]:
    """Make a blob of it. The statements name it and go into the put that refers to it, first."""
    digest = hash_of(data)
    row: bytes | None = data
    if len(data) > ROW:
        row = None
        await files.write(journal, directory(journal) / digest, data, once=True)
    return digest, [(_NAMING, (digest, len(data), row))]


class Standing(NamedTuple):
    """Bytes of more than a row, synced in a file of the journal's directory. `digest`: their SHA-256."""

    path: Path
    digest: str
    size: int


async def adopt(journal: Journal, found: Standing) -> tuple[BlobHash, list[Statement]]:
    """As `store`, of what nobody has to read for it."""
    await files.link(directory(journal) / found.digest, found.path)
    return BlobHash(found.digest), [(_NAMING, (found.digest, found.size, None))]


async def find(journal: Journal, digest: BlobHash) -> Blob | None:
    """A blob and the types that it may be served as."""

    def look(db: sqlite3.Connection) -> Blob | None:
        row = db.execute("SELECT size, data FROM blob WHERE hash = ?", (digest,)).fetchone()
        if row is None:
            return None
        forms = dict(db.execute("SELECT type, form FROM output_blob WHERE hash = ?", (digest,)).fetchall())
        return Blob(row[0], forms, row[1], None if row[1] is not None else directory(journal) / digest)

    return await journal.read(look)


async def read(journal: Journal, digests: Iterable[BlobHash]) -> dict[BlobHash, bytes]:
    """The bytes of these blobs; what is not there is left out."""
    found = dict[BlobHash, bytes]()
    for digest in dict.fromkeys(digests):
        blob = await find(journal, digest)
        if blob is None:
            continue
        data = blob.data
        if blob.path is not None:
            try:
                data = await anyio.to_thread.run_sync(blob.path.read_bytes)
            except OSError as error:
                log.error("The blob %s cannot be read: %s", blob.path, error)
        if data is not None:
            found[digest] = data
    return found


async def serve(journal: Journal, digest: BlobHash, mime: str) -> bytes | Path | None:
    """What to send for `blobs/<digest>?type=<mime>`: bytes, or the file that has them. None where no output names it so."""
    blob = await find(journal, digest)
    form = blob.forms.get(mime) if blob else None
    if blob is None or form is None:
        return None
    if form == "text" and large.is_binary(mime):
        data = (await read(journal, [digest])).get(digest)
        return None if data is None else _lenient(data)
    return blob.path if blob.data is None else blob.data


async def sweep(journal: Journal, now: float, *, age: float = DAY) -> int:
    """Forget blobs that nothing has named for `age` seconds; at the start, and then every few hours. Returns how many files
    went."""
    before = now - age
    await journal.put(
        [
            (f"UPDATE blob SET orphaned = NULL WHERE orphaned IS NOT NULL AND {_NAMED}", ()),
            (f"UPDATE blob SET orphaned = ? WHERE orphaned IS NULL AND NOT {_NAMED}", (now,)),
            ("DELETE FROM blob WHERE orphaned <= ?", (before,)),
        ]
    ).saved()
    named = await journal.read(
        lambda db: {row[0] for row in db.execute("SELECT hash FROM blob WHERE data IS NULL").fetchall()}
    )
    return await anyio.to_thread.run_sync(files.sweep, directory(journal), named, before)


def directory(journal: Journal) -> Path:
    return journal.directory / "blobs"


def _lenient(text: bytes) -> bytes:
    """Base64 that only readers like browsers understand; what is none stays as it is."""
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return text
