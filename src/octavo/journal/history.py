"""What was run at prompts, for all of them together: by language, each text once with its latest time, the oldest ones given up.

Statements are made here and put by the caller; rows are read by functions that take a connection (`Journal.read`).
"""

import sqlite3
from collections.abc import Sequence

import msgspec

from octavo.ids import DocumentId
from octavo.journal.writer import Statement

MOST = 5000
"""Entries kept of a language."""
LONGEST = 32 * 1024
"""Characters of an entry that is kept; longer ones are no lines that somebody typed."""
PAGE = 1000
"""Entries answered at once, and at most this many characters of them."""
PAGE_SIZE = 256 * 1024


class Entry(msgspec.Struct, frozen=True):
    """`number`: a place in the history, the latest has the highest."""

    number: int
    source: str
    at: float


def add(language: str, number: int, source: str, at: float) -> list[Statement]:
    """`number`: a `Journal.number()`. The same text run again is one entry, the newest."""
    source = source.rstrip()
    if not source.strip() or len(source) > LONGEST:
        return []
    return [
        ("DELETE FROM history WHERE language = ? AND source = ?", (language, source)),
        ("INSERT INTO history(number, language, source, at) VALUES (?, ?, ?, ?)", (number, language, source, at)),
        (
            "DELETE FROM history WHERE language = ?1 AND number <= "
            "(SELECT number FROM history WHERE language = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
            (language, MOST),
        ),
    ]


def forget_all() -> Statement:
    return ("DELETE FROM history", ())


def find(
    db: sqlite3.Connection, language: str, words: Sequence[str] = (), *, before: int | None = None, most: int = PAGE
) -> list[Entry]:
    """The latest entries before `before` that hold all of `words`, whatever their case; the newest first."""
    sql = "SELECT number, source, at FROM history WHERE language = ? AND number < ?"
    values: list[object] = [language, before if before is not None else 2**62]
    for word in words:
        sql += r" AND source LIKE ? ESCAPE '\'"
        values.append(f"%{_literal(word)}%")
    rows = db.execute(f"{sql} ORDER BY number DESC LIMIT ?", (*values, min(most, PAGE))).fetchall()
    found: list[Entry] = []
    size = 0
    for row in rows:
        size += len(row[1])
        if found and size > PAGE_SIZE:
            break
        found.append(Entry(*row))
    return found


def last_run(db: sqlite3.Connection, document: DocumentId) -> str:
    """The source that was run last in a document; empty before the first."""
    row = db.execute("SELECT source FROM run WHERE document = ? ORDER BY number DESC LIMIT 1", (document,)).fetchone()
    return str(row[0]) if row is not None else ""


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
