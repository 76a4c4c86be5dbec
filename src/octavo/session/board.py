"""What a session shows, with a position for every change, so that each client is sent what is new since its own position.

Positions count from 1 within a generation (one start of the web process). Nothing is queued for a client: a slow one is simply told
later, and then everything at once. Pure but for the clock that the caller reads.
"""

from dataclasses import dataclass, field

from octavo.debug import shapes
from octavo.ids import CellId
from octavo.notebook.outputs import OutputOp, Outputs
from octavo.session import causes, messages, state


@dataclass(slots=True)
class Shown:
    """A cell's results. `outputs` belongs to `run` (None: they came with the file). `position`: when anything here changed last.
    `dropped`: messages that came for an older run and were only counted."""

    outputs: Outputs
    run: state.Run | None = None
    count: int | None = None
    cleared: str = ""
    position: int = 0
    dropped: int = 0

    def view(self) -> messages.CellResults:
        return messages.CellResults(
            run=run_view(self.run) if self.run else None,
            count=self.count,
            outputs=self.outputs.outputs,
            cleared=self.cleared,
        )


def run_view(run: state.Run) -> messages.Run:
    return messages.Run(
        id=run.id,
        cell=run.cell,
        state=run.state,
        hash=run.hash,
        count=run.count,
        queued=run.queued,
        started=run.started,
        ended=run.ended,
        why=causes.word(run.why),
        cause=causes.cause(run.why) if run.state == "lost" else None,
    )


@dataclass(slots=True)
class Known:
    """What one connection was sent of one cell: of which `Outputs` object, and of each output its version and finished text."""

    outputs: Outputs
    marks: list[tuple[int, int]] = field(default_factory=list)


class Board:
    """The shown state of one session. Change a field, then `touch` it."""

    def __init__(self) -> None:
        self.position = 0
        self.urgent = 0
        """Position of the last change that no client should wait for: a run began to wait, started or ended."""
        self.kernel = messages.Kernel()
        self.file = messages.FileState()
        self.queue: list[messages.Run] = []
        self.prompts: list[messages.Prompt] = []
        self.trouble = ""
        self.debug = shapes.Debug()
        self.picture = shapes.Picture()
        self.cost = messages.Cost()
        self.install = messages.Install()
        self.cells: dict[CellId, Shown] = {}
        self._at: dict[str, int] = {}
        self._recent: dict[CellId, None] = {}

    def touch(self, *names: str) -> None:
        self.position += 1
        for name in names:
            self._at[name] = self.position

    def hurry(self) -> None:
        """What has changed until now goes out at once."""
        self.urgent = self.position

    def touch_cell(self, cell: CellId) -> None:
        self.position += 1
        self.cells[cell].position = self.position
        self._recent.pop(cell, None)  # kept in the order of change, so that a push looks at the changed ones only
        self._recent[cell] = None

    def snapshot(self) -> messages.State:
        return messages.State(
            position=self.position,
            kernel=self.kernel,
            file=self.file,
            queue=self.queue,
            prompts=self.prompts,
            cells={cell: shown.view() for cell, shown in self.cells.items()},
            trouble=self.trouble,
            debug=self.debug,
            picture=self.picture,
            cost=self.cost,
            install=self.install,
        )

    def learn(self, known: dict[CellId, Known]) -> None:
        """A client was just sent the snapshot."""
        known.clear()
        known.update({cell: Known(shown.outputs, _marks(shown.outputs)) for cell, shown in self.cells.items()})

    def change(self, since: int, known: dict[CellId, Known]) -> messages.Change | None:
        """What is new after `since` for a client that was sent `known` (which is brought up to date), or None."""
        if since >= self.position:
            return None
        change = messages.Change(position=self.position)
        for name in ("kernel", "file", "queue", "prompts", "trouble", "debug", "picture", "cost", "install"):
            if self._at.get(name, 0) > since:
                setattr(change, name, getattr(self, name))
        for cell in reversed(self._recent):
            shown = self.cells.get(cell)
            if shown is None or shown.position <= since:
                break
            change.cells.append(_cell_change(cell, shown, known))
        change.cells.reverse()
        return change


def _marks(outputs: Outputs) -> list[tuple[int, int]]:
    return [(outputs.version(index), outputs.finished(index)) for index in range(len(outputs))]


def _cell_change(cell: CellId, shown: Shown, known: dict[CellId, Known]) -> messages.CellChange:
    have = known.get(cell)
    if have is None or have.outputs is not shown.outputs:
        known[cell] = Known(shown.outputs, _marks(shown.outputs))
        return messages.CellChange(cell=cell, results=shown.view())
    ops: list[OutputOp] = []
    if len(have.marks) > len(shown.outputs):
        ops.append(OutputOp(op="truncate", index=len(shown.outputs)))
        del have.marks[len(shown.outputs) :]
    for index in range(len(shown.outputs)):
        mark = (shown.outputs.version(index), shown.outputs.finished(index))
        if index < len(have.marks) and have.marks[index] == mark:
            continue
        op = shown.outputs.since(index, *have.marks[index]) if index < len(have.marks) else None
        ops.append(op or OutputOp(op="set", index=index, output=shown.outputs.output(index)))
    have.marks = _marks(shown.outputs)
    return messages.CellChange(cell=cell, run=run_view(shown.run) if shown.run else None, count=shown.count, ops=ops)
