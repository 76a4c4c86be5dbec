"""Rows of processes, runs, prompts and durable commands; and the guard that applies each event exactly once.

    queued → running → ok | error | interrupted | dropped | lost          imported: what a file said of a cell

What a batch of events changes is one put with `only_if=turn(incarnation, first, last)`: sent again, or out of turn, it
changes nothing. Outputs are in `outputs`. Which state follows which is decided in `session/`.
"""

import sqlite3
from collections.abc import Iterable
from typing import Literal, TypeVar

import msgspec

from octavo.ids import CellId, CommandId, DocumentId, Incarnation, ProcessId, PromptId, RequestId, RunId
from octavo.journal.writer import Statement, Value

RunState = Literal["queued", "running", "ok", "error", "interrupted", "dropped", "lost", "imported"]
ProcessState = Literal["wanted", "ready", "ended"]

OPEN = "('queued', 'running')"


class ProcessRow(msgspec.Struct, frozen=True, kw_only=True):
    """One incarnation. `spec`: opaque, whatever is needed to ask for the start again. `info`: kernel_info once ready."""

    incarnation: Incarnation
    process: ProcessId
    kind: str = "kernel"
    document: DocumentId | None = None
    kernel: str = ""
    label: str = ""
    spec: bytes | None = None
    state: ProcessState = "wanted"
    info: bytes | None = None
    made: float = 0
    ended: float | None = None
    why: str = ""
    applied: int = 0


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """`command`: what asked for it. `place`: order in the queue, smallest first. `decided`: the state that its reply chose,
    while its idle is waited for. `swept`: went back to the queue once. `own`: it ran here. `folding`: opaque state of the
    output folding between events. `cleared`: the newest command that emptied its outputs and can be taken back."""

    id: RunId
    document: DocumentId
    cell: CellId
    command: str = ""
    place: int = 0
    state: RunState = "queued"
    decided: str = ""
    swept: bool = False
    own: bool = True
    incarnation: Incarnation | None = None
    request: RequestId | None = None
    count: int | None = None
    source: str = ""
    source_hash: str = ""
    queued: float = 0
    started: float | None = None
    ended: float | None = None
    why: str = ""
    part: int = 0
    folding: bytes | None = None
    cleared: str = ""


class PromptRow(msgspec.Struct, frozen=True, kw_only=True):
    """An open `input()`. `parent`: the request's header, for the reply. `answered`: the command that answered it."""

    id: PromptId
    document: DocumentId | None
    incarnation: Incarnation
    seq: int
    run: RunId | None = None
    prompt: str = ""
    password: bool = False
    parent: bytes = b"{}"
    answered: str = ""
    at: float = 0


class CommandRow(msgspec.Struct, frozen=True, kw_only=True):
    """A command that outlives the web process, as restart and run all. `body`: opaque."""

    id: CommandId
    document: DocumentId
    kind: str
    body: bytes
    at: float
    done: float | None = None


# Processes and their events --------------------------------------------------------------------------------------------


def start(row: ProcessRow) -> list[Statement]:
    """Put this, and wait for kept, before the host is asked. No event of it is applied yet."""
    values = (row.incarnation, row.process, row.kind, row.document, row.kernel, row.label, row.spec)
    return [
        (
            "INSERT INTO process(incarnation, process, kind, document, kernel, label, spec, state, info, made, ended, why) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, row.state, row.info, row.made, row.ended, row.why),
        ),
        ("INSERT INTO applied(incarnation, seq) VALUES (?, ?)", (row.incarnation, row.applied)),
    ]


def ready(incarnation: Incarnation, info: bytes | None) -> Statement:
    return (
        "UPDATE process SET state = 'ready', info = ? WHERE incarnation = ? AND state = 'wanted'",
        (info, incarnation),
    )


def end(incarnation: Incarnation, why: str, at: float) -> list[Statement]:
    """The incarnation ended; its prompts can no longer be answered. What becomes of its runs is the session's to say."""
    return [
        (
            "UPDATE process SET state = 'ended', why = ?, ended = ? WHERE incarnation = ? AND state <> 'ended'",
            (why, at, incarnation),
        ),
        ("DELETE FROM prompt WHERE incarnation = ?", (incarnation,)),
    ]


def forget_ended(before: float) -> Statement:
    """Ended incarnations from before `before`; runs keep their id as a name."""
    return ("DELETE FROM process WHERE state = 'ended' AND ended < ?", (before,))


def turn(incarnation: Incarnation, first: int, last: int) -> Statement:
    """`only_if` of the put that applies the events `first` to `last` (a gap record covers all that it stands for)."""
    return (
        "UPDATE applied SET seq = ?3 WHERE incarnation = ?1 AND seq = ?2 - 1 AND ?3 >= ?2",
        (incarnation, first, last),
    )


def applied(db: sqlite3.Connection, incarnation: Incarnation) -> int | None:
    """The last event that is applied; None for an incarnation that the journal does not know."""
    row = db.execute("SELECT seq FROM applied WHERE incarnation = ?", (incarnation,)).fetchone()
    return None if row is None else int(row[0])


_PROCESS = (
    "SELECT p.incarnation, process, kind, document, kernel, label, spec, state, info, made, ended, why, "
    "coalesce(a.seq, 0) AS applied FROM process p LEFT JOIN applied a ON a.incarnation = p.incarnation "
)


def process(db: sqlite3.Connection, incarnation: Incarnation) -> ProcessRow | None:
    rows = _rows(db, ProcessRow, _PROCESS + "WHERE p.incarnation = ?", (incarnation,))
    return rows[0] if rows else None


def processes(db: sqlite3.Connection, document: DocumentId | None = None) -> list[ProcessRow]:
    """Those that have not ended, the newest first; of one document, or all."""
    where = "WHERE state <> 'ended' AND (?1 IS NULL OR document = ?1) ORDER BY made DESC, p.rowid DESC"
    return _rows(db, ProcessRow, _PROCESS + where, (document,))


def last_end(db: sqlite3.Connection, document: DocumentId) -> str:
    """Why the document's newest incarnation ended; empty where none has, or one is alive."""
    sql = "SELECT state, why FROM process WHERE document = ? ORDER BY made DESC, rowid DESC LIMIT 1"
    row = db.execute(sql, (document,)).fetchone()
    return str(row[1]) if row is not None and row[0] == "ended" else ""


# Runs ----------------------------------------------------------------------------------------------------------------

_RUN = (
    "id, document, cell, command, place, state, decided, swept, own, incarnation, request, count, source, source_hash, "
    "queued, started, ended, why, part, folding"
)
_CHANGEABLE = frozenset(
    {
        "place", "state", "decided", "swept", "incarnation", "request", "count", "source", "source_hash", "queued",
        "started", "ended", "why", "folding",
    }
)  # fmt: skip


def add(row: RunRow) -> Statement:
    """A run that waits (or any other). Asked for twice under one id, it is there once."""
    marks = ", ".join("?" * len(_RUN.split(", ")))
    values = tuple(_value(getattr(row, name)) for name in _RUN.split(", "))
    return (f"INSERT INTO run({_RUN}) VALUES ({marks}) ON CONFLICT(id) DO NOTHING", values)


def change(run: RunId, **columns: Value) -> Statement:
    """Set columns of a run: place, state, decided, swept, incarnation, request, count, source, source_hash, queued,
    started, ended, why, folding."""
    unknown = columns.keys() - _CHANGEABLE
    if unknown or not columns:
        raise ValueError(f"not a column of a run that may change: {sorted(unknown)}")
    assigned = ", ".join(f"{name} = ?" for name in columns)
    return (f"UPDATE run SET {assigned} WHERE id = ?", (*map(_value, columns.values()), run))


def finish(run: RunId, state: RunState, at: float, *, why: str = "", count: int | None = None) -> list[Statement]:
    """The run has ended. Of its cell's ended runs only the newest that ran (and one newer that was dropped) stay."""
    return [
        (
            "UPDATE run SET state = ?, decided = '', ended = ?, why = ?, count = coalesce(?, count), folding = NULL "
            "WHERE id = ?",
            (state, at, why, count, run),
        ),
        ("DELETE FROM prompt WHERE run = ?", (run,)),
        *retire(run),
    ]


def retire(run: RunId) -> list[Statement]:
    """Forget the ended runs of this run's cell that a newer ended one has replaced, with their outputs."""
    newer = f"n.document = run.document AND n.cell = run.cell AND n.number > run.number AND n.state NOT IN {OPEN}"
    return [
        (
            f"DELETE FROM run WHERE (document, cell) = (SELECT document, cell FROM run WHERE id = ?) "
            f"AND state NOT IN {OPEN} AND EXISTS (SELECT 1 FROM run n WHERE {newer} "
            "AND (n.state <> 'dropped' OR run.state = 'dropped'))",
            (run,),
        )
    ]


def drop(runs: Iterable[RunId], at: float, why: str) -> list[Statement]:
    """Take waiting runs out of the queue."""
    return [
        statement
        for run in runs
        for statement in (
            (
                "UPDATE run SET state = 'dropped', ended = ?, why = ? WHERE id = ? AND state = 'queued'",
                (at, why, run),
            ),
            *retire(run),
        )
    ]


def forget_cell(document: DocumentId, cell: CellId) -> Statement:
    """All results of a cell that was purged from the document's bin."""
    return (f"DELETE FROM run WHERE document = ? AND cell = ? AND state NOT IN {OPEN}", (document, cell))


def run(db: sqlite3.Connection, id: RunId) -> RunRow | None:
    rows = _rows(db, RunRow, f"{_RUN_WITH_CLEARED} WHERE id = ?", (id,))
    return rows[0] if rows else None


def runs(db: sqlite3.Connection, document: DocumentId) -> list[RunRow]:
    """All runs of a document, oldest first: of each cell those that wait or run, and the last that ended."""
    return _rows(db, RunRow, f"{_RUN_WITH_CLEARED} WHERE document = ? ORDER BY number", (document,))


def queue(db: sqlite3.Connection, document: DocumentId) -> list[RunRow]:
    """The runs that wait or run, in the queue's order."""
    where = f"WHERE document = ? AND state IN {OPEN} ORDER BY place, number"
    return _rows(db, RunRow, f"{_RUN_WITH_CLEARED} {where}", (document,))


def waiting_documents(db: sqlite3.Connection) -> list[DocumentId]:
    """Documents with a run that waits or runs, or a command that is not done: their sessions open at the start."""
    sql = (
        f"SELECT document FROM run WHERE state IN {OPEN} UNION SELECT document FROM command WHERE done IS NULL "
        "ORDER BY document"
    )
    return [DocumentId(row[0]) for row in db.execute(sql).fetchall()]


_RUN_WITH_CLEARED = (
    f"SELECT {_RUN}, coalesce((SELECT c.command FROM cleared c WHERE c.run = run.number ORDER BY c.id DESC LIMIT 1), '') "
    "AS cleared FROM run"
)


# Prompts -------------------------------------------------------------------------------------------------------------


def open_prompt(row: PromptRow) -> Statement:
    return (
        "INSERT INTO prompt(id, document, incarnation, seq, run, prompt, password, parent, answered, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
        (
            *(row.id, row.document, row.incarnation, row.seq, row.run),
            *(row.prompt, int(row.password), row.parent, row.answered, row.at),
        ),
    )


def answer_prompt(prompt: PromptId, command: str) -> Statement:
    """Whose answer it takes. As `only_if` it changes nothing for a second command, and again for the first one's retry."""
    return ("UPDATE prompt SET answered = ?2 WHERE id = ?1 AND answered IN ('', ?2)", (prompt, command))


def close_prompt(prompt: PromptId) -> Statement:
    return ("DELETE FROM prompt WHERE id = ?", (prompt,))


def prompts(db: sqlite3.Connection, document: DocumentId) -> list[PromptRow]:
    return _rows(db, PromptRow, "SELECT * FROM prompt WHERE document = ? ORDER BY at, seq", (document,))


# Commands ------------------------------------------------------------------------------------------------------------


def command(row: CommandRow) -> Statement:
    """Journal it before its first effect. The same id again changes nothing."""
    return (
        "INSERT INTO command(id, document, kind, body, at, done) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
        (row.id, row.document, row.kind, row.body, row.at, row.done),
    )


def finish_command(id: CommandId, at: float) -> Statement:
    return ("UPDATE command SET done = ? WHERE id = ?", (at, id))


def forget_commands(before: float) -> Statement:
    """Those done before `before`; until then a retry of the same id is recognised."""
    return ("DELETE FROM command WHERE done < ?", (before,))


def commands(db: sqlite3.Connection, document: DocumentId, *, done: bool = False) -> list[CommandRow]:
    """Those that are not done, oldest first; `done`: all that are still known."""
    sql = "SELECT * FROM command WHERE document = ? AND (done IS NULL OR ?) ORDER BY at, rowid"
    return _rows(db, CommandRow, sql, (document, done))


R = TypeVar("R", ProcessRow, RunRow, PromptRow, CommandRow)


def _rows(db: sqlite3.Connection, kind: type[R], sql: str, values: tuple[Value, ...]) -> list[R]:
    cursor = db.execute(sql, values)
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [msgspec.convert(row, kind, strict=False) for row in rows]


def _value(value: Value) -> Value:
    return int(value) if isinstance(value, bool) else value
