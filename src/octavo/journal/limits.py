"""The limits of one document's kernel, as they were written; empty: the settings hold. Never in the notebook: its author may be anybody."""

import sqlite3
from typing import NamedTuple

from octavo.ids import DocumentId
from octavo.journal.writer import Statement


class LimitsRow(NamedTuple):
    memory: str = ""
    cpu: str = ""


def put(document: DocumentId, row: LimitsRow) -> Statement:
    if row == LimitsRow():
        return ("DELETE FROM kernel_limits WHERE document = ?", (document,))
    return (
        "INSERT INTO kernel_limits(document, memory, cpu) VALUES (?1, ?2, ?3) "
        "ON CONFLICT(document) DO UPDATE SET memory = ?2, cpu = ?3",
        (document, row.memory, row.cpu),
    )


def of(db: sqlite3.Connection, document: DocumentId) -> LimitsRow:
    row = db.execute("SELECT memory, cpu FROM kernel_limits WHERE document = ?", (document,)).fetchone()
    return LimitsRow(*map(str, row)) if row else LimitsRow()
