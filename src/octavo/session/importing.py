"""Outputs that came with a file: nobody's run here, so not trusted; shown until a run of ours is newer."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from octavo.ids import CellId, DocumentId, RunId
from octavo.journal import blobs, outputs
from octavo.journal.journal import Journal
from octavo.journal.runs import RunRow
from octavo.journal.writer import Statement
from octavo.notebook import output_json
from octavo.notebook.model import Cell
from octavo.notebook.outputs import Outputs
from octavo.session.board import Shown
from octavo.session.session import Session


async def rows(
    journal: Journal, document: DocumentId, cell: CellId, found: Sequence[Mapping[str, Any]], count: int | None
) -> tuple[Shown, RunId, list[Statement]]:
    """A cell's results as a file has them, and their rows."""
    run = RunId(f"file-{secrets.token_hex(8)}")
    folded = Outputs.from_nbformat(found, key=run)
    statements: list[Statement] = []
    kept = []
    for index in range(len(folded)):
        shown, text = output_json.from_file(found[index], own=False)
        output, made = await blobs.externalise(journal, msgspec.structs.replace(shown, text=text))
        if made:
            folded.replace(index, output)
        statements += made
        kept.append(output)
    row = RunRow(id=run, document=document, cell=cell, count=count)
    return Shown(folded, None, count), run, [*statements, *outputs.import_outputs(row, kept)]


async def take(session: Session, cell: CellId, found: Sequence[Mapping[str, Any]], count: int | None) -> None:
    """Show what the file says of a cell of a live notebook."""
    async with session.lock:
        shown, run, statements = await rows(session.journal, session.row.id, cell, found, count)
        session.journal.put(statements)
        session.results.restore(cell, shown, run)
    session.clients.wake()


async def all_rows(journal: Journal, document: DocumentId, cells: Sequence[Cell]) -> list[Statement]:
    """The results of a whole file, for a document that is being made."""
    statements: list[Statement] = []
    for cell in cells:
        if cell.type == "code" and (cell.outputs or cell.count is not None):
            statements += (await rows(journal, document, cell.id, cell.outputs, cell.count))[2]
    return statements
