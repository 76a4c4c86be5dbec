"""Our SQLite habits, in one place: WAL, pragmas, schema versions (docs/decisions/0004).

Not an ORM and not a pool: a room that owns a database opens it with `connect` and writes SQL.
"""

import sqlite3
from collections.abc import Sequence

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
    Raises `Conflict` when a newer release wrote the database, `StorageUnavailable` when it cannot be opened.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
        if read_only:
            db.execute("PRAGMA query_only=ON")
        elif not db.execute("PRAGMA page_count").fetchone()[0]:
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # possible only before the first table
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(migrations):
            raise Conflict(
                f"{path} was written by a newer release of Octavo (schema {version}).",
                hint="Install that release, or restore a backup from before it.",
            )
        for number, script in enumerate(migrations[version:], start=version + 1):
            db.executescript(f"BEGIN IMMEDIATE;{script};PRAGMA user_version={number};COMMIT;")
    except sqlite3.Error as error:
        raise StorageUnavailable(f"The database {path} cannot be opened: {error}.") from error
    return db
