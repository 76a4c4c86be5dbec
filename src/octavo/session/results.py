"""What runs gave: events folded into the board, and the rows that make it durable.

A batch of events is folded at once and flushed at once: growing text becomes one chunk a batch, however many messages brought it. Values
over 16 kB leave the output and become blobs. Not here: which run an event belongs to (`session`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from octavo.ids import CellId, RunId
from octavo.journal import blobs, outputs, runs
from octavo.journal.journal import Journal
from octavo.journal.writer import Statement
from octavo.notebook.outputs import Displays, Folded, Outputs
from octavo.session.board import Board, Shown
from octavo.session.state import Run
from octavo.settings import schema


@dataclass(slots=True)
class Pending:
    """What a batch did to one run's outputs, not yet in the journal. `waiting`: it changed whether the next output clears them. `grew`: the
    finished lines and the last line, by index."""

    truncated: int | None = None
    waiting: bool = False
    whole: set[int] = field(default_factory=set)
    grew: dict[int, tuple[list[str], str]] = field(default_factory=dict)


class Results:
    def __init__(self, board: Board, journal: Journal, settings: schema.Documents) -> None:
        self.board, self.journal, self.settings = board, journal, settings
        self.displays = Displays()
        self._pending: dict[RunId, tuple[Shown, Pending]] = {}
        self._stored: dict[RunId, int] = {}

    def begin(self, run: Run) -> None:
        """The run starts: its outputs take the place of what the cell showed."""
        fresh = Outputs(own=True, key=run.id, limit_text=self.settings.text_on_disk)
        self.board.cells[run.cell] = Shown(fresh, run)
        self._stored[run.id] = 0
        self.board.touch_cell(run.cell)

    def restore(self, cell: CellId, shown: Shown, run: RunId) -> None:
        """Results from the journal."""
        self.board.cells[cell] = shown
        self._stored[run] = len(shown.outputs)
        self.board.touch_cell(cell)

    def update(self, run: Run) -> None:
        """The run's state or count changed, where its cell shows it."""
        shown = self.board.cells.get(run.cell)
        if shown is not None and shown.run is not None and shown.run.id == run.id:
            shown.run = run
            shown.count = run.count
            self.board.touch_cell(run.cell)

    def shows(self, run: RunId, cell: CellId) -> Shown | None:
        """The cell's results, if they are this run's; else what comes for the run is only counted."""
        shown = self.board.cells.get(cell)
        if shown is None:
            return None
        if shown.run is None or shown.run.id != run:
            shown.dropped += 1
            return None
        return shown

    def fold(
        self, run: RunId, cell: CellId, message_type: str, content: Mapping[str, Any], metadata: Mapping[str, Any]
    ) -> None:
        shown = self.shows(run, cell)
        if shown is not None:
            waited = shown.outputs.waiting
            self._note(run, cell, shown, shown.outputs.apply(message_type, content, metadata, displays=self.displays))
            if shown.outputs.waiting != waited:
                self._of(run, shown).waiting = True

    def gap(self, run: RunId, cell: CellId, messages: int, size: int) -> None:
        shown = self.shows(run, cell)
        if shown is not None:
            self._note(run, cell, shown, shown.outputs.gap(messages, size))

    def _note(self, run: RunId, cell: CellId, shown: Shown, folded: Folded) -> None:
        if folded.truncated is not None or folded.changed:
            pending = self._of(run, shown)
            if folded.truncated is not None:
                self._truncate(pending, folded.truncated)
            grown = {index for index, _, _ in folded.grew}
            for index, finished, line in folded.grew:
                before = pending.grew.get(index)
                pending.grew[index] = ([*before[0], finished] if before else [finished], line)
            pending.whole |= set(folded.changed) - grown
            self.board.touch_cell(cell)
        for other, index in folded.elsewhere:
            self._elsewhere(other, index)

    def _elsewhere(self, other: Outputs, index: int) -> None:
        for cell, shown in self.board.cells.items():
            if shown.outputs is other:
                self._of(RunId(other.key), shown).whole.add(index)
                self.board.touch_cell(cell)
                return

    def _of(self, run: RunId, shown: Shown) -> Pending:
        return self._pending.setdefault(run, (shown, Pending()))[1]

    @staticmethod
    def _truncate(pending: Pending, count: int) -> None:
        pending.truncated = count if pending.truncated is None else min(count, pending.truncated)
        pending.whole = {n for n in pending.whole if n < count}
        pending.grew = {n: g for n, g in pending.grew.items() if n < count}

    async def flush(self) -> list[Statement]:
        """The rows of all that was folded since the last flush."""
        statements: list[Statement] = []
        waiting, self._pending = self._pending, {}
        for run, (shown, pending) in waiting.items():
            stored = self._stored.get(run, 0)
            if pending.truncated is not None:
                statements += outputs.truncate(run, pending.truncated)
                stored = min(stored, pending.truncated)
            for index in sorted(pending.whole | pending.grew.keys()):
                if index >= len(shown.outputs):
                    continue
                if index in pending.grew:
                    if index >= stored:
                        start = msgspec.structs.replace(shown.outputs.output(index), text="", tail="", omitted=None)
                        statements += outputs.set_output(run, index, start)
                    finished, line = pending.grew[index]
                    statements += outputs.append_text(run, index, "".join(finished), line)
                    lost = shown.outputs.lost(index)
                    if lost is not None:
                        statements.append(outputs.lose_text(run, index, lost.lines, lost.bytes))
                else:
                    statements += await self._set(run, index, shown)
                stored = max(stored, index + 1)
            if pending.waiting:
                statements.append(runs.change(run, folding=b"waiting" if shown.outputs.waiting else None))
            self._stored[run] = stored
        return statements

    async def _set(self, run: RunId, index: int, shown: Shown) -> list[Statement]:
        output, statements = await blobs.externalise(self.journal, shown.outputs.output(index))
        shown.outputs.replace(index, output)
        return [*statements, *outputs.set_output(run, index, output, shown.outputs.display(index))]
