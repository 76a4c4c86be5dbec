"""Prompts: documents without a path. They live in the journal until they are closed, or kept as a notebook (`saving.resolve`).

A prompt's entries are cells, its last cell is the draft: what is being written. So a prompt is a live notebook like any other, with the
same runs, results and socket; only its kernel is started as soon as somebody comes. A closed prompt can be opened again for a while.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

import msgspec

from octavo.document.document import Document
from octavo.errors import Conflict, Invalid, NotFound
from octavo.ids import DocumentId, new_cell, new_epoch
from octavo.journal import documents, history
from octavo.journal.documents import DocumentRow
from octavo.notebook.model import Cell
from octavo.session.session import Place, Session

if TYPE_CHECKING:
    from octavo.session.sessions import Sessions

STORE = "prompt"
"""The store of documents that have no file; their path there is their name."""
LONGEST_NAME = 64
MOST = 200
"""Prompts at one time."""
CLOSED_DAYS = 30.0


class Listed(msgspec.Struct, kw_only=True):
    """A prompt in the list. `state`: its kernel's. `last`: what was run last."""

    name: str
    kernel: str
    state: str
    used: float
    last: str


def checked_name(name: str) -> str:
    """Raises `Invalid`. A name is part of an address."""
    if not name or len(name) > LONGEST_NAME or name in (".", "..") or "/" in name or not name.isprintable():
        raise Invalid("That is no name for a prompt.", hint=f"1 to {LONGEST_NAME} characters, no slash.")
    return name


class Prompting:
    def __init__(self, sessions: "Sessions") -> None:
        self._sessions = sessions
        self._journal = sessions.shared.journal
        self._default = sessions.shared.settings.kernels.default

    def live(self, name: str) -> Session | None:
        found = (live.session for live in self._sessions.live.values() if live.session.place.prompt == name)
        return next((session for session in found if not session.path), None)

    async def open(self, name: str, kernel: str = "") -> Session:
        """The live prompt of that name, made if there is none; `kernel`: the kernelspec of a new one. Its kernel is on its way."""
        checked_name(name)
        async with self._sessions.opening:
            session = self.live(name)
            if session is None:
                row = await self._journal.read(lambda db: documents.find(db, STORE, name))
                session = await self.start(row or await self._make(name, kernel))
                if row is None:
                    with suppress(NotFound):  # what comes of an unknown one is said where its kernel does not start
                        await session.running.choose_kernel(kernel or self._default, start=False)
        await session.running.warm()
        return session

    async def start(self, row: DocumentRow) -> Session:
        """Live from its row. The caller holds `opening`."""
        stored = await self._journal.read(lambda db: documents.load(db, row.id))
        place = Place("", self._sessions.root / "prompt", prompt=row.path)
        return await self._sessions.start(row, Document.load(stored.updates), place, None)

    async def _make(self, name: str, kernel: str) -> DocumentRow:
        if len(await self._journal.read(_rows)) >= MOST:
            raise Conflict(f"There are {MOST} prompts already.", hint="Close some.")
        document = Document.new([Cell(id=new_cell(), type="code", source="")], {})
        now = self._sessions.shared.now()
        row = DocumentRow(
            id=DocumentId(self._journal.number()),
            store=STORE,
            path=name,
            epoch=new_epoch(),
            kernel=kernel,
            made=now,
            used=now,
        )
        first = documents.update(row.id, self._journal.number(), document.snapshot())
        await self._journal.put([*documents.create(row), first]).kept()
        return row

    async def list(self) -> list[Listed]:
        """The latest used first."""
        rows = await self._journal.read(_rows)
        last = await self._journal.read(lambda db: {row.id: history.last_run(db, row.id) for row in rows})
        return [self._listed(row, last[row.id]) for row in rows]

    def _listed(self, row: DocumentRow, last: str) -> Listed:
        live = self._sessions.live.get(row.id)
        state = live.session.board.kernel.state if live is not None else "none"
        name = live.session.running.kernel_name if live is not None else row.kernel
        return Listed(name=row.path, kernel=name or self._default, state=state, used=row.used, last=last[:200])

    async def close(self, name: str) -> None:
        """End its kernel and take it out of the list; `reopen` brings it back as it was."""
        async with self._sessions.opening:
            row = await self._journal.read(lambda db: documents.find(db, STORE, name))
            if row is None:
                raise NotFound(f"There is no prompt {name!r}.")
            live = self._sessions.live.get(row.id)
            if live is not None:
                if live.session.running.kernel is not None:
                    await self._sessions.stop_kernel(live.session.running.kernel)
                await self._sessions.close(live, "deleted")
            closed = [documents.detach(row.id), documents.use(row.id, self._sessions.shared.now())]
            await self._journal.put(closed).kept()

    async def reopen(self, name: str) -> str:
        """Bring back the prompt that had this name and was closed last; says how it is called now, if another one has that name."""
        async with self._sessions.opening:
            row = await self._journal.read(lambda db: documents.find_detached(db, STORE, name))
            if row is None:
                raise NotFound(f"No prompt {name!r} was closed.")
            taken = {other.path for other in await self._journal.read(_rows)}
            free = next(one for one in _names(name) if one not in taken)
            await self._journal.put(documents.attach(row.id, STORE, free)).kept()
            return free

    async def tidy(self) -> None:
        """Forget prompts that were closed long ago."""
        before = self._sessions.shared.now() - CLOSED_DAYS * 86400
        rows = await self._journal.read(documents.listing)
        old = [row for row in rows if row.store == STORE and row.place == "detached" and row.used < before]
        if old:
            await self._journal.put([documents.forget(row.id) for row in old]).kept()


def _names(name: str) -> Iterator[str]:
    """The name, then others like it."""
    yield name
    for number in count(2):
        ending = f"-{number}"
        yield name[: LONGEST_NAME - len(ending)] + ending


def _rows(db: sqlite3.Connection) -> list[DocumentRow]:
    return [row for row in documents.listing(db) if row.store == STORE and row.place == "attached"]
