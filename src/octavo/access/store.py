"""The rows of access: password, logins, tokens, the one-time link, the limiter's buckets, the audit. Every line of its SQL is here.

Several processes use one database (`octavo password` beside a running server), so nothing is remembered here between two calls.
Functions of a connection; who may is decided in `access`. Times are seconds since 1970, given in.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from octavo import database
from octavo.access.limits import HOUR, Bucket
from octavo.errors import StorageUnavailable

FILE = "access.db"
AUDIT_ROWS = 10_000

MIGRATIONS = (
    """
    CREATE TABLE owner (one INTEGER PRIMARY KEY CHECK (one = 1), password TEXT, generation INTEGER NOT NULL, secret BLOB NOT NULL);
    CREATE TABLE login (id TEXT PRIMARY KEY, generation INTEGER NOT NULL, created REAL NOT NULL, seen REAL NOT NULL,
        source TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE token (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, created REAL NOT NULL, used REAL);
    CREATE TABLE link (one INTEGER PRIMARY KEY CHECK (one = 1), fingerprint TEXT NOT NULL, expires REAL NOT NULL, wrong INTEGER NOT NULL);
    CREATE TABLE bucket (key TEXT PRIMARY KEY, spent REAL NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE attempt (at REAL NOT NULL);
    CREATE TABLE audit (id INTEGER PRIMARY KEY, at REAL NOT NULL, event TEXT NOT NULL, source TEXT NOT NULL, detail TEXT NOT NULL);
    INSERT INTO owner VALUES (1, NULL, 1, randomblob(32));
    """,
)


class Owner(NamedTuple):
    """`password`: its hash. `generation` counts the times that all logins ended."""

    password: str | None
    generation: int
    secret: bytes


class LoginRow(NamedTuple):
    id: str
    created: float
    seen: float
    source: str


class TokenRow(NamedTuple):
    name: str
    created: float
    used: float | None


class LinkRow(NamedTuple):
    fingerprint: str
    expires: float
    wrong: int


class AuditRow(NamedTuple):
    at: float
    event: str
    source: str
    detail: str


def connect(directory: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """One process at a time, since the first one makes the tables."""
    path = directory / FILE
    try:
        turn = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StorageUnavailable(f"{directory} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        # SQLite would make the file readable by all. One that exists must not be opened and closed here: that drops SQLite's own locks.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        return database.connect(str(path), MIGRATIONS, read_only=read_only)
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be opened: {error.strerror}.") from error
    finally:
        os.close(turn)


@contextmanager
def storage_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageUnavailable(f"Logins cannot be read or kept: {error}.", hint="Is the disk full?") from error


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing; raises `StorageUnavailable`."""
    with storage_errors():
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def owner(db: sqlite3.Connection) -> Owner:
    return Owner(*db.execute("SELECT password, generation, secret FROM owner").fetchone())


def set_password(db: sqlite3.Connection, hash_: str) -> None:
    """Another password: all logins and the one-time link end."""
    db.execute("UPDATE owner SET password = ?", (hash_,))
    db.execute("DELETE FROM link")
    end_logins(db)


def replace_hash(db: sqlite3.Connection, old: str, new: str) -> None:
    """The same password in another spelling; loses against a change meanwhile."""
    db.execute("UPDATE owner SET password = ? WHERE password = ?", (new, old))


def end_logins(db: sqlite3.Connection) -> None:
    db.execute("UPDATE owner SET generation = generation + 1")
    db.execute("DELETE FROM login")


def add_login(db: sqlite3.Connection, login: LoginRow, generation: int) -> bool:
    """False: all logins were ended since `generation` was read, and this one with them."""
    return bool(
        db.execute(
            "INSERT INTO login SELECT ?, generation, ?, ?, ? FROM owner WHERE generation = ?", (*login, generation)
        ).rowcount
    )


def login(db: sqlite3.Connection, id_: str, *, seen_after: float, created_after: float) -> LoginRow | None:
    row = db.execute(
        "SELECT id, created, seen, source FROM login NATURAL JOIN owner WHERE id = ? AND seen > ? AND created > ?",
        (id_, seen_after, created_after),
    ).fetchone()
    return LoginRow(*row) if row else None


def end_login(db: sqlite3.Connection, id_: str) -> None:
    db.execute("DELETE FROM login WHERE id = ?", (id_,))


def mark_seen(db: sqlite3.Connection, logins: Iterable[str], tokens: Iterable[str], now: float) -> None:
    db.executemany("UPDATE login SET seen = ? WHERE id = ?", [(now, id_) for id_ in logins])
    db.executemany("UPDATE token SET used = ? WHERE name = ?", [(now, name) for name in tokens])


def add_token(db: sqlite3.Connection, name: str, fingerprint: str, now: float) -> bool:
    """False: the name is taken."""
    row = (name, fingerprint, now)
    return bool(db.execute("INSERT INTO token VALUES (?, ?, ?, NULL) ON CONFLICT (name) DO NOTHING", row).rowcount)


def end_token(db: sqlite3.Connection, name: str) -> bool:
    return bool(db.execute("DELETE FROM token WHERE name = ?", (name,)).rowcount)


def token(db: sqlite3.Connection, fingerprint: str) -> TokenRow | None:
    row = db.execute("SELECT name, created, used FROM token WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return TokenRow(*row) if row else None


def has_token(db: sqlite3.Connection, name: str, created: float) -> bool:
    return db.execute("SELECT 1 FROM token WHERE name = ? AND created = ?", (name, created)).fetchone() is not None


def tokens(db: sqlite3.Connection) -> list[TokenRow]:
    return [TokenRow(*row) for row in db.execute("SELECT name, created, used FROM token ORDER BY name")]


def put_link(db: sqlite3.Connection, fingerprint: str, expires: float) -> None:
    """The one open link; an earlier one ends."""
    db.execute("INSERT OR REPLACE INTO link VALUES (1, ?, ?, 0)", (fingerprint, expires))


def link(db: sqlite3.Connection, now: float) -> LinkRow | None:
    row = db.execute("SELECT fingerprint, expires, wrong FROM link WHERE expires > ?", (now,)).fetchone()
    return LinkRow(*row) if row else None


def count_wrong(db: sqlite3.Connection, most: int) -> None:
    db.execute("UPDATE link SET wrong = wrong + 1")
    db.execute("DELETE FROM link WHERE wrong >= ?", (most,))


def end_link(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM link")


def buckets(db: sqlite3.Connection) -> list[tuple[str, Bucket]]:
    return [(key, Bucket(spent, at)) for key, spent, at in db.execute("SELECT key, spent, at FROM bucket")]


def attempts(db: sqlite3.Connection) -> list[float]:
    return [at for (at,) in db.execute("SELECT at FROM attempt ORDER BY at")]


def put_bucket(db: sqlite3.Connection, key: str, bucket: Bucket, recent: Sequence[float]) -> None:
    db.execute("INSERT OR REPLACE INTO bucket VALUES (?, ?, ?)", (key, *bucket))
    db.execute("DELETE FROM attempt")
    db.executemany("INSERT INTO attempt VALUES (?)", [(at,) for at in recent])


def add_audit(db: sqlite3.Connection, row: AuditRow) -> None:
    db.execute("INSERT INTO audit (at, event, source, detail) VALUES (?, ?, ?, ?)", row)
    db.execute("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", (AUDIT_ROWS,))


def audit(db: sqlite3.Connection) -> list[AuditRow]:
    return [AuditRow(*row) for row in db.execute("SELECT at, event, source, detail FROM audit ORDER BY id")]


def tidy(
    db: sqlite3.Connection, *, now: float, seen_after: float, created_after: float, kept_buckets: Sequence[str]
) -> None:
    """Drop what has ended by itself."""
    db.execute("DELETE FROM login WHERE seen <= ? OR created <= ?", (seen_after, created_after))
    db.execute("DELETE FROM link WHERE expires <= ?", (now,))
    db.execute("DELETE FROM attempt WHERE at <= ?", (now - HOUR,))
    gone = {key for (key,) in db.execute("SELECT key FROM bucket")}.difference(kept_buckets)
    db.executemany("DELETE FROM bucket WHERE key = ?", [(key,) for key in gone])
