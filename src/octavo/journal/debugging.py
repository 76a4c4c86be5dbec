"""Rows of the debugger: breakpoints with their places in the text, what else to stop at, and the open stop of an incarnation."""

import sqlite3

import msgspec

from octavo.ids import DocumentId, Incarnation
from octavo.journal.writer import Statement


class BreakpointRow(msgspec.Struct, frozen=True, kw_only=True):
    """`body`: JSON of who sets it. `anchor`: its place in the cell's shared text; empty for one in a file."""

    id: str
    cell: str
    anchor: bytes
    body: bytes


class StopRow(msgspec.Struct, frozen=True, kw_only=True):
    incarnation: Incarnation
    connection: int
    number: int
    seq: int
    thread: int
    reason: str
    at: float


class DebugRows(msgspec.Struct, frozen=True, kw_only=True):
    """`settings`: JSON of who sets them."""

    breakpoints: list[BreakpointRow]
    settings: bytes
    stops: list[StopRow]


def put(document: DocumentId, row: BreakpointRow) -> Statement:
    return (
        "INSERT OR REPLACE INTO breakpoint(document, id, cell, anchor, body) VALUES (?, ?, ?, ?, ?)",
        (document, row.id, row.cell, row.anchor, row.body),
    )


def remove(document: DocumentId, breakpoint: str) -> Statement:
    return "DELETE FROM breakpoint WHERE document = ? AND id = ?", (document, breakpoint)


def set_settings(document: DocumentId, settings: bytes) -> Statement:
    return "INSERT OR REPLACE INTO debugging(document, settings) VALUES (?, ?)", (document, settings)


def put_stop(document: DocumentId, row: StopRow) -> Statement:
    return (
        "INSERT OR REPLACE INTO stop(document, incarnation, connection, number, seq, thread, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (document, row.incarnation, row.connection, row.number, row.seq, row.thread, row.reason, row.at),
    )


def forget_stop(document: DocumentId) -> Statement:
    return "DELETE FROM stop WHERE document = ?", (document,)


def load(db: sqlite3.Connection, document: DocumentId) -> DebugRows:
    breakpoints = [
        BreakpointRow(id=row[0], cell=row[1], anchor=row[2], body=row[3])
        for row in db.execute(
            "SELECT id, cell, anchor, body FROM breakpoint WHERE document = ? ORDER BY rowid", (document,)
        )
    ]
    settings = db.execute("SELECT settings FROM debugging WHERE document = ?", (document,)).fetchone()
    stops = [
        StopRow(
            incarnation=row[0], connection=row[1], number=row[2], seq=row[3], thread=row[4], reason=row[5], at=row[6]
        )
        for row in db.execute(
            "SELECT incarnation, connection, number, seq, thread, reason, at FROM stop WHERE document = ?", (document,)
        )
    ]
    return DebugRows(breakpoints=breakpoints, settings=settings[0] if settings else b"", stops=stops)
