"""The journal's one writer: a thread that commits what waits, in order, and says what is kept and what is saved.

It knows SQLite and the clock, and no event loop: what it has to say it appends to `Writer.news` and rings `wake`. Two
durabilities, one log: a commit under synchronous=NORMAL is in the log (kept), a commit under FULL syncs the log and with
it all earlier commits (saved).

  put ──► waiting ── commit ──► unsaved ── commit under FULL, `gather` after the first ──► saved
             ▲         │
             └─────────┴─ full, read-only, busy: rolled back, tried again every 250 ms, `trouble` says so
                       └─ input/output error, damage: condemned; nothing is called kept or saved any more
"""

import errno
import logging
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from octavo.errors import StorageUnavailable

log = logging.getLogger(__name__)

Value = None | int | float | str | bytes
Statement = tuple[str, tuple[Value, ...]]
Tag = TypeVar("Tag")

RETRY = 0.25
CLOSING_TRIES = 8
IDLE = 1.0
"""Seconds without a put after which free pages are given back."""
STEP = 0.05
"""Seconds between two steps of that."""
CHECKPOINT_COMMITS = 250
CHECKPOINT_BYTES = 2 * 1024 * 1024
VACUUM_PAGES = 200
SLACK_PAGES = 256
"""Free pages that the file may keep: taking and giving back the same ones would be work for nothing."""

_PROBE = 64 * 1024
_SYNC: Statement = ("UPDATE counter SET synced = synced + 1", ())
TROUBLES = {
    "full": "The disk is full. Nothing more is saved until there is room.",
    "read-only": "The disk is read-only. Nothing more is saved until it can be written.",
    "busy": "Another program holds the journal. Nothing more is saved until it lets go.",
    "closed": "The journal cannot be opened. Nothing more is saved until it can.",
    "memory": "Memory is short. Nothing more is saved until there is some.",
}
_TROUBLES = {
    sqlite3.SQLITE_FULL: TROUBLES["full"],
    sqlite3.SQLITE_READONLY: TROUBLES["read-only"],
    sqlite3.SQLITE_BUSY: TROUBLES["busy"],
    sqlite3.SQLITE_LOCKED: TROUBLES["busy"],
    sqlite3.SQLITE_CANTOPEN: TROUBLES["closed"],
    sqlite3.SQLITE_NOMEM: TROUBLES["memory"],
}
_FAULTS = (sqlite3.Error, ValueError, TypeError, OverflowError)
_DAMAGE = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Put(NamedTuple, Generic[Tag]):
    """`only_if`: carried out first; where it changes no row, the put is passed over (and counts as kept)."""

    tag: Tag
    statements: Sequence[Statement]
    only_if: Statement | None


class Kept(NamedTuple, Generic[Tag]):
    """`failures`: by index, the puts that were at fault themselves and are left out; `passed`: those passed over."""

    tags: list[Tag]
    failures: dict[int, Exception]
    passed: set[int]


class Saved(NamedTuple, Generic[Tag]):
    tags: list[Tag]


class Trouble(NamedTuple):
    text: str | None


class Condemned(NamedTuple, Generic[Tag]):
    """None of `tags` will ever be kept or saved."""

    tags: list[Tag]
    error: StorageUnavailable


News = Kept[Tag] | Saved[Tag] | Trouble | Condemned[Tag]


class Writer(Generic[Tag]):
    """Owns `db` from `start` until `close` has returned. `put`, `nudge` and `condemn` may be called from any thread."""

    def __init__(self, db: sqlite3.Connection, path: Path, gather: float, wake: Callable[[], None]) -> None:
        self.news: deque[News[Tag]] = deque()
        self.commits = 0
        self._db, self._path, self._gather, self._wake = db, path, gather, wake
        self._change = threading.Condition()
        self._waiting: deque[Put[Tag]] = deque()
        self._unsaved: list[Tag] = []
        self._due: float | None = None
        self._closing = False
        self._condemned: StorageUnavailable | None = None
        self._trouble: str | None = None
        self._since_checkpoint = 0
        self._bytes = 0
        self._full = True
        self._idle = IDLE
        self._thread = threading.Thread(target=self._run, name="journal")
        db.execute("PRAGMA wal_autocheckpoint=0")  # it would swallow the errors of its syncs: _checkpoint does not

    def start(self) -> None:
        self._thread.start()

    def put(self, put: Put[Tag], *, later: bool = False) -> StorageUnavailable | None:
        """Queue it; what is returned says why it never will be. `later`: it is committed with the next put that is not, or at `nudge`."""
        with self._change:
            if self._closing or self._condemned:
                return self._condemned or StorageUnavailable("The journal is closed.")
            self._waiting.append(put)
            if not later:
                self._change.notify()
            elif self._due is None:
                self._due = time.monotonic() + self._gather
        return None

    def nudge(self) -> None:
        """Commit what was put for later."""
        with self._change:
            self._change.notify()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def condemn(self, error: sqlite3.Error) -> None:
        """The database is damaged or its disk fails: trust nothing that is not saved yet."""
        with self._change:
            self._condemn(error)
            self._change.notify()
        self._wake()

    def close(self) -> None:
        """Save what waits (in trouble: try for two seconds), fold the log into the database, close it. Blocks."""
        with self._change:
            self._closing = True
            self._change.notify()
        self._thread.join()

    # The thread ------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        tries = 0
        while self._condemned is None:
            batch, closing = self._next()
            if self._condemned is not None or (closing and not batch and not self._unsaved):
                break
            if batch or self._due is not None:
                ok = self._commit(batch, closing)
                tries = 0 if ok else tries + 1
                if closing and tries >= CLOSING_TRIES:
                    break
            else:
                self._vacuum()
        self._end()

    def _next(self) -> tuple[list[Put[Tag]], bool]:
        """Wait until there is something to commit, a sync is due, free pages may go, or the end has come."""
        with self._change:
            if self._trouble is not None:
                self._change.wait_for(lambda: self._condemned is not None, RETRY)
            while not self._waiting and not self._closing and self._condemned is None:
                if self._due is None:
                    if not self._change.wait(self._idle if self._since_checkpoint else None):
                        break
                else:
                    left = self._due - time.monotonic()
                    if left <= 0:
                        break
                    self._change.wait(left)
            return list(self._waiting), self._closing

    def _commit(self, batch: list[Put[Tag]], closing: bool) -> bool:
        sync = closing or (self._due is not None and time.monotonic() >= self._due)
        try:
            failures, passed = self._transact(batch, sync)
        except sqlite3.Error as error:
            self._fail(error)
            return False
        if self._condemned is not None:
            return False
        self.commits += 1
        self._since_checkpoint += 1
        with self._change:
            for _ in batch:
                self._waiting.popleft()
        self._say(Trouble(None))
        if batch:
            tags = [put.tag for put in batch]
            self._unsaved += tags
            self.news.append(Kept(tags, failures, passed))
        if sync:
            self.news.append(Saved(self._unsaved))
            self._unsaved, self._due = [], None
        elif self._due is None:
            self._due = time.monotonic() + self._gather
        self._wake()
        if sync and (self._since_checkpoint >= CHECKPOINT_COMMITS or self._bytes >= CHECKPOINT_BYTES):
            self._checkpoint("PASSIVE")
        return True

    def _transact(self, batch: list[Put[Tag]], sync: bool) -> tuple[dict[int, Exception], set[int]]:
        if sync != self._full:
            self._db.execute(f"PRAGMA synchronous={'FULL' if sync else 'NORMAL'}")
            self._full = sync
        try:
            return self._try(batch, sync, careful=False)
        except _FAULTS as error:
            if not _own_fault(error):
                raise
        failures, passed = self._try(batch, sync, careful=True)
        for index, failure in failures.items():
            log.error(
                "A put was refused and left out: %s", [sql for sql, _ in batch[index].statements], exc_info=failure
            )
        return failures, passed

    def _try(self, batch: list[Put[Tag]], sync: bool, *, careful: bool) -> tuple[dict[int, Exception], set[int]]:
        """One transaction with all of them. `careful`: each behind a savepoint, so that one at fault is left out alone."""
        execute = self._db.execute
        failures: dict[int, Exception] = {}
        passed: set[int] = set()
        try:
            execute("BEGIN IMMEDIATE")
            for index, put in enumerate(batch):
                if careful:
                    execute("SAVEPOINT put")
                try:
                    if not self._carry_out(put):
                        passed.add(index)
                except _FAULTS as error:
                    if not careful or not _own_fault(error):
                        raise
                    execute("ROLLBACK TO put")
                    failures[index] = error
                if careful:
                    execute("RELEASE put")
            if sync:
                execute(*_SYNC)  # a commit that changes nothing would sync nothing
            execute("COMMIT")
        except _FAULTS:
            if self._db.in_transaction:
                execute("ROLLBACK")
            raise
        return failures, passed

    def _carry_out(self, put: Put[Tag]) -> bool:
        execute = self._db.execute
        if put.only_if is not None and not execute(*put.only_if).rowcount:
            return False
        for sql, values in put.statements:
            execute(sql, values)
            for value in values:
                if isinstance(value, (bytes, str)):
                    self._bytes += len(value)
        return True

    # Trouble ---------------------------------------------------------------------------------------------------------

    def _fail(self, error: sqlite3.Error) -> None:
        text = _TROUBLES.get(_code(error, self._path))
        if text is None:
            with self._change:
                self._condemn(error)
        else:
            self._say(Trouble(text))
        self._wake()

    def _condemn(self, error: sqlite3.Error) -> None:
        if self._condemned is not None:
            return
        log.critical("The journal %s is no longer trusted.", self._path, exc_info=error)
        text = f"The disk failed or the journal is damaged ({error}). Nothing more is saved."
        self._condemned = StorageUnavailable(text, hint="Check the disk, then restart Octavo.")

    def _say(self, trouble: Trouble) -> None:
        if trouble.text != self._trouble:
            self._trouble = trouble.text
            self.news.append(trouble)

    # Housekeeping ----------------------------------------------------------------------------------------------------

    def _checkpoint(self, mode: str) -> None:
        """Move the log into the database. Right after a sync, so that it waits for the database's file alone."""
        try:
            self._db.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except sqlite3.Error as error:
            if _code(error, self._path) not in _TROUBLES:
                self._fail(error)
            return  # full or busy: the log stays, and the next one tries again
        self._since_checkpoint = self._bytes = 0

    def _vacuum(self) -> None:
        """Nothing has been put for a while: give back some free pages, and end a busy spell with a short log."""
        try:
            free = int(self._db.execute("PRAGMA freelist_count").fetchone()[0])
            if free > SLACK_PAGES:
                self._db.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()  # without fetching: one page
                self._idle = STEP
                return
        except sqlite3.Error as error:
            if _code(error, self._path) not in _TROUBLES:
                self._fail(error)
                return
        self._idle = IDLE
        self._checkpoint("PASSIVE")

    def _end(self) -> None:
        """The thread's last act: say what will never be, and leave a database without a log where that can be."""
        with self._change:
            self._closing = True
            lost = [*self._unsaved, *(put.tag for put in self._waiting)]
            self._waiting.clear()
        if lost or self._condemned:
            error = self._condemned or StorageUnavailable("The journal was closed before this could be saved.")
            if self._condemned:
                self._say(Trouble(self._condemned.message))
            self.news.append(Condemned(lost, error))
        if self._condemned is None:
            self._checkpoint("TRUNCATE")
        try:
            self._db.close()
        except sqlite3.Error as error:
            log.error("The journal %s did not close cleanly: %s", self._path, error)
        self._wake()


def is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def _code(error: sqlite3.Error, database: Path) -> int:
    """SQLite's primary code, but FULL for a quota or a size limit: of these SQLite knows only ENOSPC by name."""
    code = int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR))
    if code == sqlite3.SQLITE_IOERR_WRITE and _no_room(database):
        return sqlite3.SQLITE_FULL
    return code & 0xFF


def _own_fault(error: Exception) -> bool:
    """Would this put fail on any disk? (A broken constraint, a value that SQLite cannot hold, a mistake in its SQL.)"""
    code = getattr(error, "sqlite_errorcode", None)
    own = (
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_RANGE,
    )
    return code is None or code & 0xFF in own


def _no_room(database: Path) -> bool:
    """Does the disk, a quota or a size limit refuse more bytes? Found by trying, since SQLite hides the reason."""
    probe = database.with_name(f".{database.name}.probe")
    try:
        sizes: Iterable[int] = (path.stat().st_size for path in database.parent.glob(f"{database.name}*"))
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, bytes(_PROBE), max(sizes, default=0))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
            os.unlink(probe)
    except OSError as error:
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return False
