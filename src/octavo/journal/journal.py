"""The profile's journal as the event loop sees it: put statements, be told when they are kept and saved, read.

    async with Journal.open(profile) as journal:
        receipt = journal.put([documents.update(...)])
        await receipt.kept()        # survives kill -9
        await receipt.saved()       # survives power loss
        rows = await journal.read(documents.listing)

Not here: what the rows mean (`documents`, `runs`, `outputs`, `blobs`, `keeping` make statements and read rows), and how
they are committed (`writer`).
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

import anyio
import anyio.to_thread

from octavo import database
from octavo.errors import Conflict, StorageUnavailable
from octavo.journal import pointer, schema, writer
from octavo.journal.writer import Put, Statement, Writer

T = TypeVar("T")
log = logging.getLogger(__name__)

GATHER: Final = 0.02
TICK: Final = 0.001
"""A loop's timer may be so early."""
NUMBERS: Final = 65536
"""Numbers are reserved in blocks, so that none is given twice though most are never written down."""

_WAITING, _KEPT, _SAVED = 0, 1, 2
_RESERVE = "UPDATE counter SET next = ?"


class Receipt:
    """What became of one put. Callbacks run on the loop's thread, in the order of the puts; one for what has already
    happened runs soon. After a failure only `on_failed` is called, and `kept` and `saved` raise."""

    __slots__ = ("_calls", "_error", "_loop", "_state", "applied")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._state = _WAITING
        self._error: Exception | None = None
        self._calls: list[tuple[int, Callable[[], object]]] = []
        self.applied = True
        """False once it is known that `only_if` found nothing to change."""

    async def kept(self) -> None:
        """Returns once it survives a crash of this process. Raises `Conflict` when a constraint refused it,
        `StorageUnavailable` when the disk failed."""
        await self._reached(_KEPT)

    async def saved(self) -> None:
        """Returns once it survives power loss."""
        await self._reached(_SAVED)

    def on_kept(self, callback: Callable[[], object]) -> None:
        self._on(_KEPT, callback)

    def on_saved(self, callback: Callable[[], object]) -> None:
        self._on(_SAVED, callback)

    def on_failed(self, callback: Callable[[Exception], object]) -> None:
        def tell() -> None:
            if self._error is not None:
                callback(self._error)

        self._on(-1, tell)

    def reach(self, state: int) -> None:
        """Of the journal."""
        if self._error is None:
            self._state = state
            self._call(lambda wanted: 0 <= wanted <= state)

    def fail(self, error: Exception) -> None:
        """Of the journal."""
        if self._error is None:
            self._error = error
            self._call(lambda wanted: wanted < 0)
            self._calls.clear()

    def _on(self, state: int, callback: Callable[[], object]) -> None:
        if 0 <= state <= self._state or (state < 0 and self._error is not None):
            self._loop.call_soon(callback)
        elif self._error is None:
            self._calls.append((state, callback))

    def _call(self, due: Callable[[int], bool]) -> None:
        if self._calls:
            for state, callback in self._calls:
                if due(state):
                    self._loop.call_soon(callback)
            self._calls = [call for call in self._calls if not due(call[0])]

    async def _reached(self, state: int) -> None:
        if self._state < state and self._error is None:
            event = anyio.Event()
            self._on(state, event.set)
            self._on(-1, event.set)
            await event.wait()
        if self._state >= state:
            return
        error = self._error
        if isinstance(error, sqlite3.IntegrityError):
            raise Conflict(f"The journal refused this: {error}.") from error
        if isinstance(error, StorageUnavailable):
            raise StorageUnavailable(error.message, hint=error.hint) from error
        raise error or StorageUnavailable("The journal was closed before this could be saved.")


class Journal:
    """All of it belongs to one event loop's thread; `open` is the only way to one."""

    def __init__(self, directory: Path, gather: float) -> None:
        self.directory: Final = directory
        found = pointer.find(directory)
        self.path: Final = found or _make(directory)
        self.trouble: str | None = None
        """A sentence while nothing more is saved; None when all is well."""
        self._troubles: dict[str, str] = {}
        self._loop = asyncio.get_running_loop()
        self._callbacks: list[Callable[[str | None], object]] = []
        self._reading = anyio.CapacityLimiter(1)
        self._bell = False
        self._gather: Final = gather
        self._later: asyncio.TimerHandle | None = None
        """Runs while something is put for later and nothing after it."""
        db = database.connect(str(self.path), schema.MIGRATIONS)
        try:
            if found is None:
                pointer.write(directory, self.path.name)  # first the database, then what names it
            self._next = int(db.execute("SELECT next FROM counter").fetchone()[0])
            self._reserved = self._next + NUMBERS
            db.execute(_RESERVE, (self._reserved,))
            self._reader = database.connect(str(self.path), schema.MIGRATIONS, read_only=True)
            self._writer: Writer[Receipt] = Writer(db, self.path, gather, self._ring)
        except sqlite3.Error as error:
            db.close()
            raise StorageUnavailable(f"The journal {self.path} cannot be opened: {error}.") from error
        except StorageUnavailable:
            db.close()
            raise

    @classmethod
    @asynccontextmanager
    async def open(cls, directory: Path, *, gather: float = GATHER) -> AsyncIterator["Journal"]:
        """The journal of the profile `directory` (made where there is none). At the end all that was put is saved."""
        journal = cls(directory, gather)
        journal._writer.start()
        try:
            yield journal
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(journal._reader.close, limiter=journal._reading)
                await anyio.to_thread.run_sync(journal._writer.close)
            journal._deliver()

    @property
    def commits(self) -> int:
        """Commits since the journal was opened; many puts share one."""
        return self._writer.commits

    @property
    def waiting(self) -> int:
        """Puts that are not yet kept; grows while there is trouble."""
        return self._writer.waiting

    def number(self) -> int:
        """A number that no one else gets in this profile, larger than all before: for documents, updates, kept things."""
        if self._next >= self._reserved:
            self._reserved += NUMBERS
            self.put([(_RESERVE, (self._reserved,))])
        self._next += 1
        return self._next - 1

    def put(self, statements: Sequence[Statement], *, only_if: Statement | None = None, later: bool = False) -> Receipt:
        """Carry out these statements in one transaction, after all earlier puts.

        `only_if` is a statement carried out first: where it changes no row, nothing is done and the put counts as kept
        (`Receipt.applied` is False). A put that breaks a constraint fails alone. `later`: nobody waits for it to be kept, so it is kept
        when the next put is, or when it is saved.
        """
        receipt = Receipt(self._loop)
        error = self._writer.put(Put(receipt, tuple(statements), only_if), later=later)  # a copy: it is read later
        if later:
            self._later = self._later or self._loop.call_later(self._gather + TICK, self._hurry)
        elif self._later is not None:
            self._later.cancel()
            self._later = None
        if error is not None:
            receipt.fail(error)
        return receipt

    def _hurry(self) -> None:
        self._later = None
        self._writer.nudge()

    async def kept_all(self) -> None:
        """Returns once all that was put until now is kept."""
        await self.put(()).kept()

    async def saved_all(self) -> None:
        """Returns once all that was put until now is saved."""
        await self.put(()).saved()

    def on_trouble(self, callback: Callable[[str | None], object]) -> Callable[[], None]:
        """`callback(text)` when trouble begins or changes, `callback(None)` when it is over; before what is kept then. Returns
        what ends that: whoever closes before the journal must call it."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    def report(self, source: str, text: str | None) -> None:
        """Of the journal's other files: they have trouble, or no more."""
        if text is None:
            self._troubles.pop(source, None)
        else:
            self._troubles[source] = text
        trouble = next(iter(self._troubles.values()), None)
        if trouble != self.trouble:
            self.trouble = trouble
            for callback in self._callbacks:
                self._loop.call_soon(callback, trouble)

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Call `function` in a thread with a connection that sees one state: all that is kept, and nothing later. What was put for later
        is kept first, unless there is trouble.

        It must leave no cursor open (fetch all), since the log cannot be folded under an open one.
        """
        if self._later is not None and self.trouble is None:
            with anyio.move_on_after(writer.RETRY):
                await self.kept_all()
        return await anyio.to_thread.run_sync(self._read, function, limiter=self._reading)

    def _read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        db = self._reader
        try:
            db.execute("BEGIN")
            try:
                return function(db)
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            if writer.is_damage(error):
                self._writer.condemn(error)
                raise StorageUnavailable(f"The journal cannot be read: {error}.", hint="Check the disk.") from error
            raise

    def _ring(self) -> None:
        """From the writer's thread: there is news. One wake-up of the loop serves all of it."""
        if not self._bell:
            self._bell = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._bell = False
        news = self._writer.news
        while news:
            match news.popleft():
                case writer.Kept(receipts, failures, passed):
                    for index, receipt in enumerate(receipts):
                        if index in failures:
                            receipt.fail(failures[index])
                            continue
                        receipt.applied = index not in passed
                        receipt.reach(_KEPT)
                case writer.Saved(receipts):
                    for receipt in receipts:
                        receipt.reach(_SAVED)
                case writer.Condemned(receipts, error):
                    for receipt in receipts:
                        receipt.fail(error)
                case writer.Trouble(text):
                    self.report("database", text)


def _make(directory: Path) -> Path:
    """An empty file for the first database, readable by its owner alone; SQLite gives its log the same mode."""
    path = directory / "journal-1.db"
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be made: {error.strerror}.") from error
    return path
