"""All that a session needs to go on where it stopped, in one read."""

import sqlite3
from typing import NamedTuple

from octavo.ids import DocumentId, RunId
from octavo.journal import outputs, runs
from octavo.journal.runs import CommandRow, ProcessRow, PromptRow, RunRow
from octavo.notebook.outputs import Stored


class SessionRows(NamedTuple):
    """`processes`: those that have not ended, with the last event applied, the newest first. `runs`: oldest first; those that
    wait or run are the queue, ordered by `place`. `outputs`: of runs that have any. `commands`: those not done."""

    processes: list[ProcessRow]
    runs: list[RunRow]
    outputs: dict[RunId, list[Stored]]
    prompts: list[PromptRow]
    commands: list[CommandRow]


def session(db: sqlite3.Connection, document: DocumentId, *, text_limit: int = outputs.TEXT_LIMIT) -> SessionRows:
    return SessionRows(
        runs.processes(db, document),
        runs.runs(db, document),
        outputs.load_document(db, document, text_limit=text_limit),
        runs.prompts(db, document),
        runs.commands(db, document),
    )
