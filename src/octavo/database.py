"""Our SQLite habits, in one place: WAL, pragmas, schema versions (docs/decisions/0004).

Not an ORM and not a pool: a room that owns a database opens it with `connect` and writes SQL.
"""

import sqlite3
from collections.abc import Sequence

import octavo
from octavo.errors import Conflict, StorageUnavailable

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=500",
    "journal_size_limit=4194304",
    "cache_size=-512",
    "mmap_size=0",
    "busy_timeout=2000",
    "trusted_schema=OFF",
    "temp_store=MEMORY",
    "foreign_keys=ON",
)


def connect(path: str, migrations: Sequence[str], *, read_only: bool = False) -> sqlite3.Connection:
    """Open (or make) the database at `path` and bring its schema up to `len(migrations)`.

    Each migration is a script; number n takes `user_version` from n to n + 1 in one transaction. The connection is in
    autocommit mode (write `BEGIN IMMEDIATE` yourself) and may be used from any one thread at a time.
    A newer schema is opened as it is when the one row of its table `oldest_reader(release)` names this release or an
    older one. Raises `Conflict` when it does not, `StorageUnavailable` when the database cannot be opened.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
    except sqlite3.Error as error:
        raise _cannot_open(path, error) from error
    try:
        if read_only:
            db.execute("PRAGMA query_only=ON")
        elif not db.execute("PRAGMA page_count").fetchone()[0]:
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # possible only before the first table
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(migrations):
            _check_oldest_reader(db, path)
        for number, script in enumerate(migrations[version:], start=version + 1):
            db.executescript(f"BEGIN IMMEDIATE;{script};PRAGMA user_version={number};COMMIT;")
    except sqlite3.Error as error:
        db.close()
        raise _cannot_open(path, error) from error
    except Conflict:
        db.close()
        raise
    return db


def _cannot_open(path: str, error: sqlite3.Error) -> StorageUnavailable:
    return StorageUnavailable(f"The database {path} cannot be opened: {error}.")


def _check_oldest_reader(db: sqlite3.Connection, path: str) -> None:
    known = db.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'oldest_reader'").fetchone()
    row = db.execute("SELECT release FROM oldest_reader").fetchone() if known else None
    if row is None or _release(str(row[0])) > _release(octavo.__version__):
        needs = f"needs Octavo {row[0]} or newer" if row else "was written by a newer release of Octavo"
        raise Conflict(f"{path} {needs}.", hint="Install that release, or restore a backup from before it.")


def _release(text: str) -> tuple[int, ...]:
    """`1.20.3` as numbers that compare; what is no number counts as 0."""
    return tuple(int(part) if part.isdecimal() else 0 for part in text.split("."))
