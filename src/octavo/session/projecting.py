"""Making the file of a notebook with much in it, in a process of its own that gives its memory back.

A file is made from all of the base and all of the results at once, several times its size in memory: too much for the web process of a
small machine. So the web process sends what is in its own memory (`Job`), with references for large values; the process reads those and the
base from the journal, and leaves the new file beside the old base, as the base that it will be. Where memory runs out, it is this process
that goes. `project` is the same for both, and pure but for what it is given to read.
"""

import hashlib
import os
import pickle
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import msgspec

from octavo.errors import Unavailable
from octavo.ids import BlobHash, CellId
from octavo.notebook import codec
from octavo.notebook.large import internalise, is_reference
from octavo.notebook.model import Cell, Notebook

APART: Final = 2 * 1024 * 1024
"""Bytes of base and large values from which on a process is worth its start."""
PIECE: Final = 1024 * 1024
OOM_SCORE: Final = "700"


@dataclass
class Job:
    """`base`: the base's file, or its bytes. `blobs`: the directory of those that are files. `ids`: the base's cells'. `target`: the file to make."""

    base: Path | bytes
    base_hash: str
    database: Path
    blobs: Path
    notebook: Notebook
    ids: Sequence[CellId]
    untouched: set[CellId]
    target: Path


class Made(msgspec.Struct):
    """`same`: nothing differs from the base, and `target` was not made. `upgraded`: it is of a newer format than the base."""

    digest: str = ""
    same: bool = False
    upgraded: bool = False


def project(
    base: bytes, notebook: Notebook, ids: Sequence[CellId], untouched: set[CellId]
) -> tuple[bytes, bytes | None]:
    """The file's bytes; and the base's, where those are of an older format that is to be kept."""
    loaded = codec.read(base, ids=ids)
    data = codec.write(notebook, loaded.frame, keep=untouched)
    if not loaded.upgraded:
        return data, None
    # An older format is written as a newer one only when there is something new to write.
    return (base, None) if data == codec.write(loaded.notebook, loaded.frame) else (data, base)


def put_in(cells: Sequence[Cell], get: Callable[[BlobHash], bytes]) -> None:
    """Put the values in that references of outputs stand for."""
    for cell in cells:
        for output in cell.outputs:
            data = output.get("data")
            if isinstance(data, dict):
                output["data"] = {mime: internalise(v, get) if is_reference(v) else v for mime, v in data.items()}


async def apart(job: Job) -> Made:
    """Do it in a process. Raises `Unavailable` where that ends before it has done it."""
    command = [sys.executable, "-m", "octavo.session.projecting"]
    result = await anyio.run_process(command, input=pickle.dumps(job), check=False)
    if result.returncode:
        said = result.stderr.decode("utf-8", "replace").strip().splitlines()
        why = "memory ran out" if result.returncode == -9 or "MemoryError" in said[-1:] else (said or ["no reason"])[-1]
        raise Unavailable(f"The file could not be made: {why}.", hint="Clear large outputs, then save again.")
    return msgspec.json.decode(result.stdout, type=Made)


async def pieces(path: Path) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        while piece := await file.read(PIECE):
            yield piece


def main() -> None:
    with suppress(OSError):  # a container may forbid it
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    job: Job = pickle.loads(sys.stdin.buffer.read())
    base = job.base if isinstance(job.base, bytes) else job.base.read_bytes()
    if hashlib.sha256(base).hexdigest() != job.base_hash:
        raise SystemExit("the journal's copy of the file is damaged")
    db = sqlite3.connect(job.database)
    db.execute("PRAGMA query_only=ON")

    def get(digest: BlobHash) -> bytes:
        row = db.execute("SELECT data FROM blob WHERE hash = ?", (digest,)).fetchone()
        if row is None:
            return b""
        return bytes(row[0]) if row[0] is not None else (job.blobs / digest).read_bytes()

    put_in([cell for cell in job.notebook.cells if cell.id not in job.untouched], get)
    db.close()
    data, upgraded = project(base, job.notebook, job.ids, job.untouched)
    made = Made(hashlib.sha256(data).hexdigest(), same=data == base, upgraded=upgraded is not None)
    if not made.same:
        job.target.parent.mkdir(mode=0o700, exist_ok=True)
        with open(os.open(job.target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    sys.stdout.buffer.write(msgspec.json.encode(made))


if __name__ == "__main__":
    main()
