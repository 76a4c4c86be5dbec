"""One live notebook, put together from its parts; what they share is here.

    page ──edit──► edits ─► journal ─► relay               page ──command──► commands ─► running (state) ─► journal (kept) ─► kernel host
    kernel host ──event──► taking ─► running, results ─► journal (saved) ─► acknowledged              all of it ─► board ─► clients

Everything happens on the event loop's thread. `lock` makes what must await between reading and writing results one step. Not here: the file
(`saving`), opening and closing (`sessions`).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio
import msgspec

from octavo.document.document import Document
from octavo.ids import CellId, CommandId, RunId
from octavo.journal import loading, outputs, runs
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import Journal
from octavo.journal.writer import Statement
from octavo.notebook.outputs import Outputs, Stored
from octavo.session import causes, messages, records
from octavo.session.asking import Asking
from octavo.session.board import Board, Shown
from octavo.session.client import Client
from octavo.session.clients import Clients
from octavo.session.costs import is_worth_telling
from octavo.session.debugging import Debugging
from octavo.session.edits import Edits
from octavo.session.helping import Helping
from octavo.session.installing import Installing
from octavo.session.kernel import Message
from octavo.session.kernels import Kernels
from octavo.session.prompts import Prompts
from octavo.session.results import Results
from octavo.session.running import Running
from octavo.session.taking import Taking
from octavo.settings import schema


class Filing(Protocol):
    """The session's file (`saving.Saving`)."""

    def changed(self) -> None: ...

    def hurry(self) -> None: ...

    async def save(self, *, checkpoint: bool) -> None: ...

    async def resolve(self, action: str, path: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where the notebook is. `path`: as the API says it; `real`: absolute, links resolved. A prompt has a name and no path: `real` only says in
    which folder it works."""

    path: str
    real: Path
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sessions use."""

    journal: Journal
    kernels: Kernels
    settings: schema.Settings
    generation: str
    build: str
    now: Callable[[], float] = time.time


class Session:
    """Made by `Sessions.open`, which also runs `running.run` as the session's task until it closes. The owner of its kernel."""

    def __init__(self, shared: Shared, row: DocumentRow, document: Document, place: Place) -> None:
        self.shared, self.row, self.place = shared, row, place
        self.lock = anyio.Lock(fast_acquire=True)
        self.board = Board()
        self.results = Results(self.board, shared.journal, shared.settings.documents)
        self.clients = Clients(self)
        self.edits = Edits(self, document)
        self.running = Running(self, row.kernel)
        self.taking = Taking(self)
        self.prompts = Prompts(self)
        self.helping = Helping(self)
        self.installing = Installing(self)
        self.asking = Asking(self)
        self.debugging = Debugging(self)
        self.filing: Filing | None = None
        self._end_trouble = shared.journal.on_trouble(self.clients.trouble)
        self._end_costs = shared.kernels.costs.listen(self.show_cost)

    @property
    def path(self) -> str:
        """Empty for a prompt, which has no file."""
        return self.place.path

    @property
    def journal(self) -> Journal:
        return self.shared.journal

    def leave(self) -> None:
        """The session ends; its kernel goes on without it."""
        self._end_trouble()
        self._end_costs()
        self.installing.leave()
        self.edits.document.close()
        kernel = self.running.kernel
        if kernel is not None and kernel.owner is self:
            kernel.owner = None

    # The owner of a kernel (`kernel.Owner`) ---------------------------------------------------------------------------

    async def take(self, messages: Sequence[Message]) -> None:
        await self.taking.take(messages)

    async def interrupt(self) -> None:
        await self.running.interrupt()

    async def restart(self) -> None:
        await self.running.restart()

    async def stop_kernel(self, why: str = "stopped") -> None:
        await self.running.stop_kernel(why)

    def fail(self, error: Exception) -> None:
        self.running.fail(error)

    # Results ----------------------------------------------------------------------------------------------------------

    async def clear(self, command: CommandId, which: Sequence[str] | None) -> None:
        async with self.lock:
            cells = [CellId(c) for c in which] if which is not None else list(self.board.cells)
            statements: list[Statement] = []
            for cell in cells:
                shown = self.board.cells.get(cell)
                if shown is None or (not len(shown.outputs) and shown.count is None):
                    continue
                running = self.running.state.running is not None and self.running.state.running.cell == cell
                key = RunId(shown.outputs.key)
                statements += outputs.clear(key, command, self.shared.now())
                fresh = Outputs(own=True, key=key, limit_text=self.shared.settings.documents.text_on_disk)
                run = shown.run if running or shown.run is None else None
                self.results.restore(cell, Shown(fresh, run, cleared=command), key)
            self.journal.put(statements)
            self._results_changed()

    async def unclear(self, command: CommandId) -> None:
        async with self.lock:
            await self.journal.put(outputs.unclear(self.row.id, command)).kept()
            await self.load_results(only={c for c, s in self.board.cells.items() if s.cleared == command})
            self._results_changed()

    def _results_changed(self) -> None:
        if self.filing is not None:
            self.filing.changed()
        self.clients.wake()

    async def load_results(self, only: set[CellId] | None = None) -> loading.SessionRows:
        """Take the cells' results from the journal; of all cells, or of these."""
        found = await self.journal.read(lambda db: loading.session(db, self.row.id))
        newest: dict[CellId, runs.RunRow] = {}
        for row in found.runs:
            self.running.known_runs.add(row.id)
            if row.state not in ("queued", "dropped"):
                newest[row.cell] = row
        for cell, row in newest.items():
            if only is None or cell in only:
                self.results.restore(cell, self._shown(row, found.outputs.get(row.id, [])), row.id)
        return found

    def _shown(self, row: runs.RunRow, stored: Sequence[Stored]) -> Shown:
        folded = Outputs.restore(
            stored,
            own=row.own,
            displays=self.results.displays,
            limit_text=self.shared.settings.documents.text_on_disk,
            key=row.id,
            waiting=row.folding is not None,
        )
        run = records.run_of(row) if row.state != "imported" else None
        return Shown(folded, run if not row.cleared or len(folded) else None, row.count, row.cleared)

    # What is shown ----------------------------------------------------------------------------------------------------

    def show_kernel(self) -> None:
        name = self.running.kernel_name or self.shared.settings.kernels.default
        phase = self.running.state.phase
        shown = {"none": "none", "starting": "starting", "dead": "dead", "unavailable": "unavailable"}.get(
            phase, "idle"
        )
        if phase == "ready" and self.running.kernel is not None:
            execution = self.running.kernel.execution_state
            shown = execution if execution in ("starting", "idle", "busy", "restarting", "dead") else "busy"
            if self.running.state.running is not None and shown == "idle":
                shown = "busy"
        kernel = msgspec.convert(
            {
                "name": name,
                "display": self._display_name(name),
                "language": self.language(),
                "state": shown,
                "why": causes.word(self.running.state.why),
                "cause": causes.cause(self.running.state.why),
                "pressing": self.running.pressing if shown in ("idle", "busy") else None,
                "process": self.running.state.process or "",
                "host": self.shared.kernels.standing,
                "host_why": self.shared.kernels.why if self.shared.kernels.standing else "",
            },
            messages.Kernel,
        )
        if kernel != self.board.kernel:
            self.board.kernel = kernel
            self.board.touch("kernel")

    def look(self, client: Client, visible: bool) -> None:
        """A page can be seen, or no longer: only then it is told what the kernel costs."""
        costs = self.shared.kernels.costs
        if visible:
            costs.look(client)
            self.show_cost()
        else:
            costs.leave(client)

    def show_cost(self) -> None:
        kernel = self.running.kernel
        alive = kernel is not None and kernel.execution_state != "dead"
        now = self.shared.kernels.costs.shown(kernel.incarnation if kernel is not None and alive else None)
        if is_worth_telling(self.board.cost, now):
            self.board.cost = now
            self.board.touch("cost")
            self.clients.wake()

    def _display_name(self, name: str) -> str:
        spec = self.edits.document.metadata().get("kernelspec")
        display = spec.get("display_name") if isinstance(spec, dict) and spec.get("name") == name else None
        return display if isinstance(display, str) else name

    def language(self) -> str:
        """As the notebook says it, of itself or of its kernel."""
        metadata = self.edits.document.metadata()
        for key, field in (("language_info", "name"), ("kernelspec", "language")):
            said = metadata.get(key)
            name = said.get(field) if isinstance(said, dict) else None
            if isinstance(name, str) and name:
                return name
        return "python"
