"""Runs as the journal keeps them: `state.Run` to rows and back."""

from octavo.ids import CommandId, DocumentId
from octavo.journal import runs
from octavo.journal.runs import RunRow
from octavo.journal.writer import Statement
from octavo.session.state import Run

ENDED = frozenset({"ok", "error", "interrupted", "dropped", "lost"})


def row_of(run: Run, document: DocumentId, command: CommandId | str, place: int) -> RunRow:
    return RunRow(
        id=run.id,
        document=document,
        cell=run.cell,
        command=command,
        place=place,
        state=run.state,
        swept=run.again,
        decided=run.decided,
        incarnation=run.incarnation,
        request=run.request,
        count=run.count,
        source=run.code,
        source_hash=run.hash,
        queued=run.queued,
        started=run.started,
        ended=run.ended,
        why=run.why,
    )


def run_of(row: RunRow, *, tolerant: bool = False) -> Run:
    """A run of ours; an imported row is none."""
    assert row.state != "imported"
    return Run(
        id=row.id,
        cell=row.cell,
        code=row.source,
        hash=row.source_hash,
        tolerant=tolerant,
        state=row.state,
        request=row.request,
        incarnation=row.incarnation,
        count=row.count,
        queued=row.queued,
        started=row.started,
        ended=row.ended,
        why=row.why,
        again=row.swept,
        decided=row.decided,
    )


def changes(run: Run, *, at: float) -> list[Statement]:
    """The row of a run that the journal has, brought up to date."""
    match run.state:
        case "queued":
            return [runs.change(run.id, state="queued")]
        case "running":
            return [
                runs.change(
                    run.id,
                    state="running",
                    request=run.request,
                    incarnation=run.incarnation,
                    started=run.started,
                    count=run.count,
                    swept=run.again,
                    decided=run.decided,
                )
            ]
        case "dropped":
            return runs.drop([run.id], run.ended or at, run.why)
        case "ok" | "error" | "interrupted" | "lost":
            return runs.finish(run.id, run.state, run.ended or at, why=run.why, count=run.count)
