"""What the file doors keep in the journal: rows of the bin, and checkpoints (`files/ports.py`, over `journal/keeping.py`).

Rows name files by their absolute real path, as documents do; a deleted file's checkpoints by the path that it has in the
profile's bin meanwhile, wherever it lies.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from octavo.errors import NotFound
from octavo.files import bin
from octavo.files.local import LocalStore
from octavo.files.ports import Binned, Checkpoint
from octavo.journal import keeping
from octavo.journal.journal import Journal
from octavo.journal.keeping import BinRow, KeptRow
from octavo.journal.writer import Statement

STORE = "local"
"""The store's name in the journal."""

_BELOW = "store = ?1 AND (path = ?2 OR substr(path, 1, length(?2) + 1) = ?2 || '/')"


class JournalBin:
    """`files.ports.BinRows`. A row survives power loss before its file is renamed."""

    def __init__(self, journal: Journal, store: LocalStore, profile_bin: Path) -> None:
        self._journal, self._root, self._profile_bin = journal, store.tree.real, profile_bin

    async def put(self, row: Binned) -> None:
        folder = self._profile_bin if row.where == bin.PROFILE else self._root / row.where.removeprefix("./") / bin.NAME
        kept = BinRow(
            id=row.id,
            store=STORE,
            path=str(self._root / row.path),
            location=str(folder / row.id),
            folder=row.folder,
            size=row.size,
            at=row.at,
        )
        await self._journal.put([keeping.take_from_bin(row.id), keeping.put_in_bin(kept)]).saved()

    async def remove(self, id: str) -> None:
        await self._journal.put([keeping.take_from_bin(id)]).kept()

    async def all(self) -> Sequence[Binned]:
        """Those of this root; a profile may have had another before."""
        rows = await self._journal.read(keeping.binned)
        return [found for row in rows if row.store == STORE and (found := self._binned(row)) is not None]

    def _binned(self, row: BinRow) -> Binned | None:
        folder, where = Path(row.location).parent, bin.PROFILE  # also of a profile that lay elsewhere then
        try:
            path = Path(row.path).relative_to(self._root)
            if folder.name == bin.NAME:
                where = "./" + str(folder.parent.relative_to(self._root)).removeprefix(".")
        except ValueError:
            return None
        return Binned(row.id, str(path), where, row.at, row.size, row.folder)


class JournalCheckpoints:
    """`files.ports.Checkpoints`."""

    def __init__(
        self, journal: Journal, store: LocalStore, profile_bin: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._journal, self._store, self._profile_bin, self._clock = journal, store, profile_bin, clock

    async def add(self, path: str, data: bytes) -> Checkpoint:
        real, id, now = await self._store.real_path(path), self._journal.number(), self._clock()
        row = KeptRow(id=id, reason="checkpoint", store=STORE, path=real, at=now)
        await self._journal.put(await keeping.keep(self._journal, row, data)).saved()
        return Checkpoint(str(id), now)

    async def list(self, path: str) -> Sequence[Checkpoint]:
        return [Checkpoint(str(row.id), row.at) for row in reversed(await self._rows(path))]

    async def read(self, path: str, id: str) -> bytes:
        row = await self._row(path, id)
        data = await keeping.read(self._journal, row.id)
        if data is None:
            raise _unknown(path, id)
        return data

    async def remove(self, path: str, id: str) -> None:
        row = await self._row(path, id)
        await self._journal.put([keeping.forget(row.id)]).kept()

    async def move(self, old: str, new: str) -> None:
        sql = f"UPDATE kept SET path = ?3 || substr(path, length(?2) + 1) WHERE {_BELOW}"
        statement: Statement = (sql, (STORE, await self._owner(old), await self._owner(new)))
        await self._journal.put([statement]).saved()

    async def forget(self, path: str) -> None:
        await self._journal.put([(f"DELETE FROM kept WHERE {_BELOW}", (STORE, await self._owner(path)))]).kept()

    async def _rows(self, path: str) -> Sequence[KeptRow]:
        real = await self._store.real_path(path)
        return await self._journal.read(lambda db: keeping.listing(db, STORE, real, reason="checkpoint"))

    async def _row(self, path: str, id: str) -> KeptRow:
        for row in await self._rows(path):
            if str(row.id) == id:
                return row
        raise _unknown(path, id)

    async def _owner(self, path: str) -> str:
        """The path under which things of a file are kept: a link's own, since it is the link that is renamed or deleted."""
        if path.startswith(bin.path_of("")):
            return str(self._profile_bin / path.removeprefix(bin.path_of("")))
        return await self._store.real_path(path, follow=False)


def _unknown(path: str, id: str) -> NotFound:
    return NotFound(f"{path} has no checkpoint {id}.")
