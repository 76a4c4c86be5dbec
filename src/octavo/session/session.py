"""One live notebook: performs what `state.decide` says, folds events into results, applies edits, tells its clients.

    page ──edit──► document ─► journal ─► relay            page ──command──► state ─► journal (kept) ─► kernel host
    kernel host ──event──► state, results ─► journal (saved) ─► acknowledged          all of it ─► board ─► clients

Everything here happens on the event loop's thread. `lock` makes what must await between reading and writing results one step. Not here:
the file (`saving`), opening and closing (`sessions`).
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import anyio
import anyio.abc
import msgspec

from octavo.document.document import Document, Gap
from octavo.document.frames import Frame, FrameKind, encode
from octavo.document.peers import Peers
from octavo.errors import (
    Conflict,
    HostUnavailable,
    Invalid,
    KernelUnavailable,
    NotFound,
    OctavoError,
    Stale,
    StorageUnavailable,
)
from octavo.ids import (
    CellId,
    CommandId,
    Epoch,
    Incarnation,
    ProcessId,
    PromptId,
    RequestId,
    RunId,
    new_cell,
    new_incarnation,
    new_process,
    new_request,
)
from octavo.journal import documents, loading, outputs, runs
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import Journal, Receipt
from octavo.journal.writer import Statement
from octavo.kernels import specs
from octavo.kernels.events import Channel, Event
from octavo.notebook.model import Cell, source_hash
from octavo.notebook.outputs import Outputs, Stored
from octavo.session import messages, records, state
from octavo.session.board import Board, Shown, run_view
from octavo.session.client import Client
from octavo.session.helping import Helping
from octavo.session.kernel import SESSION, Head, Label, LiveKernel, Message, life, prompt_id
from octavo.session.kernels import Kernels
from octavo.session.results import Results
from octavo.settings import schema
from octavo.wire import messages as wire

log = logging.getLogger("octavo.session")

HOST_RETRY = 0.25


class Filing(Protocol):
    """The session's file (`saving.Saving`)."""

    def changed(self) -> None: ...

    def hurry(self) -> None: ...

    async def save(self, *, checkpoint: bool) -> None: ...

    async def resolve(self, action: str, path: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where the notebook is. `path`: as the API says it; `real`: absolute, links resolved."""

    path: str
    real: Path


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
    """Made by `Sessions.open`, which also runs `run` as the session's task until it closes."""

    def __init__(self, shared: Shared, row: DocumentRow, document: Document, place: Place) -> None:
        self.shared, self.row, self.document, self.place = shared, row, document, place
        self.board = Board()
        self.results = Results(self.board, shared.journal, shared.settings.documents)
        self.state = state.State()
        self.kernel: LiveKernel | None = None
        self.kernel_name = row.kernel
        self.clients: list[Client] = []
        self.peers = Peers()
        self.helping = Helping(self)
        self.lock = anyio.Lock()
        self.filing: Filing | None = None
        self.applied = 0
        self.known_runs: set[RunId] = set()
        self.epoch: Epoch = row.epoch
        self.unfolded = 0
        """Bytes of updates since the last snapshot, each counted as 64 at least."""
        self.last_used = time.monotonic()
        self._commands: dict[RunId, CommandId] = {}
        self._requests: dict[str, tuple[RunId, CellId]] = {}
        self._prompts: dict[PromptId, Message] = {}
        self._answered: dict[PromptId, str] = {}
        self._statements: list[Statement] = []
        self._todo: list[state.Effect] = []
        self._effects: deque[tuple[Receipt, state.Effect]] = deque()
        self._effect_came = anyio.Event()
        self._tasks: anyio.abc.TaskGroup | None = None
        self._places = 0
        self._in_batch = False
        self._ended_run = False
        self._broken: Exception | None = None
        self._started = anyio.Event()
        self._end_trouble = shared.journal.on_trouble(self._on_trouble)

    @property
    def path(self) -> str:
        return self.place.path

    @property
    def journal(self) -> Journal:
        return self.shared.journal

    def busy(self) -> bool:
        """Is there a reason to stay in memory besides a page that is open?"""
        alive = self.kernel is not None and self.kernel.execution_state != "dead"
        return alive or bool(self.state.waiting) or self.state.running is not None

    # Clients ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def joined(self, hello: messages.Hello) -> Iterator[Client]:
        """A page is here, until the block is left."""
        client = Client(hello.client, self.board)
        self._welcome(client, hello)
        self.clients.append(client)
        try:
            yield client
        finally:
            self.clients.remove(client)
            self.last_used = time.monotonic()
            for said in self.peers.leave(client):
                self._relay(encode(FrameKind.AWARENESS, said.body, client=said.client), client)
            self._show_unfinished()

    def _welcome(self, client: Client, hello: messages.Hello) -> None:
        client.tell(
            messages.Welcome(
                protocol=messages.PROTOCOL,
                build=self.shared.build,
                document=self.row.id,
                epoch=self.epoch,
                generation=self.shared.generation,
                position=self.board.position,
                path=self.path,
                name=Path(self.path).name,
                kernels=[
                    messages.KernelChoice(name=name, display=spec.display_name, language=spec.language)
                    for name, spec in specs.find_specs().items()
                ],
            )
        )
        client.put(encode(FrameKind.STEP_ONE, self.document.state_vector()))
        for said in self.peers.everybody():
            client.put(encode(FrameKind.AWARENESS, said.body, client=said.client))
        # A page of this generation is told what changed since, by whole cells: what exactly it was sent is not known any more.
        if hello.generation == self.shared.generation and hello.position is not None and hello.epoch == self.epoch:
            client.position = min(hello.position, self.board.position)
        else:
            client.tell(self.board.snapshot())
            self.board.learn(client.known)
            client.position = self.board.position
        client.ready = True
        client.wake()

    def wake(self) -> None:
        for client in self.clients:
            client.wake()

    def notice(self, code: str, **values: Any) -> None:
        for client in self.clients:
            client.tell(messages.Notice(code=code, values=values))

    def _relay(self, frame: bytes, but: Client | None = None) -> None:
        for client in self.clients:
            if client is not but and client.ready:
                client.put(frame)

    def _on_trouble(self, text: str | None) -> None:
        self.board.trouble = text or ""
        self.board.touch("trouble")
        self.wake()

    # Edits ------------------------------------------------------------------------------------------------------------

    async def receive(self, client: Client, frame: Frame) -> None:
        """A binary frame of a page. Raises `Invalid` when it does not fit: the connection is to be closed."""
        match frame.kind:
            case FrameKind.STEP_ONE:
                client.put(encode(FrameKind.STEP_TWO, self.document.diff(frame.body)))
            case FrameKind.STEP_TWO | FrameKind.UPDATE:
                await self._edit(client, frame)
            case FrameKind.AWARENESS:
                client.yjs.add(frame.client)
                said = self.peers.say(client, frame.client, frame.body, time.monotonic())
                if said is not None:
                    self._relay(encode(FrameKind.AWARENESS, said.body, client=said.client), client)

    async def _edit(self, client: Client, frame: Frame) -> None:
        client.edits.take(frame.n)
        try:
            outcome = self.document.apply(frame.body, client=frame.client, clock=frame.clock)
        except Invalid:
            if self.document.spoiled:
                await self._reload()
            raise
        if isinstance(outcome, Gap):
            client.gap = True
            if self.document.spoiled:
                await self._reload()
            else:
                client.put(encode(FrameKind.STEP_ONE, self.document.state_vector()))
            return
        if outcome.update is not None:
            self._journal_edit(client, frame, outcome.update)
        client.gap = False
        receipt = self.journal.put(())
        receipt.on_kept(lambda: client.keep(frame.n))
        receipt.on_saved(lambda: client.save(frame.n))
        while client.held:
            await self.command(client, client.held.popleft())

    def _journal_edit(self, client: Client, frame: Frame, update: bytes) -> None:
        self.unfolded += max(len(update), 64)
        seq = self.journal.number()
        row = documents.update(self.row.id, seq, update, client=frame.client, clock=frame.clock)
        self.journal.put([row])
        self._relay(encode(FrameKind.UPDATE, update), client)
        self._document_changed()

    def own_edit(self, update: bytes | None) -> Receipt | None:
        """Journal and relay a transaction of the server's own."""
        if update is None:
            return None
        self.unfolded += max(len(update), 64)
        receipt = self.journal.put([documents.update(self.row.id, self.journal.number(), update)])
        self._relay(encode(FrameKind.UPDATE, update))
        self._document_changed()
        return receipt

    def _document_changed(self) -> None:
        changes = self.document.changed()
        for cell in changes.hidden | changes.retyped:
            self._decide(state.CellGone(cell, self.shared.now()))
        self._commit()
        if changes and self.filing is not None:
            self.filing.changed()

    async def _reload(self) -> None:
        """The document in memory holds what the journal must not: take the journal's again."""
        await self.journal.kept_all()
        history = await self.journal.read(lambda db: documents.load(db, self.row.id))
        old, self.document = self.document, Document.load(history.updates)
        old.close()
        vector = self.document.state_vector()
        for client in self.clients:
            client.put(encode(FrameKind.STEP_ONE, vector))

    def _show_unfinished(self) -> None:
        unfinished = self.document.unfinished(self.peers.clients())
        if unfinished and not self.clients:
            with self.document.edit() as editor:
                editor.show(unfinished)
            self.own_edit(editor.update)

    # Commands ---------------------------------------------------------------------------------------------------------

    async def command(self, client: Client, message: messages.FromPage) -> None:
        """Carry out a page's command; its answer goes to that page alone, its effect to all."""
        if client.gap:  # what it wants to run has not wholly come
            client.held.append(message)
            return
        try:
            await self._carry_out(client, message)
        except OctavoError as error:
            client.tell(
                messages.Failed(
                    id=getattr(message, "id", ""), code=error.code, message=error.message, hint=error.hint or ""
                )
            )
        self.wake()

    async def _carry_out(self, client: Client, message: messages.FromPage) -> None:
        now = self.shared.now()
        match message:
            case messages.RunCells():
                async with self.lock:
                    self._run_cells(client, message)
            case messages.Drop(id=command, runs=which):
                chosen = None if which is None else frozenset(map(RunId, which))
                async with self.lock:
                    before = len(self.state.waiting)
                    self._decide(state.DropAsked(chosen, now))
                    self._done(client, command, dropped=before - len(self.state.waiting))
            case messages.Interrupt(id=command):
                before = len(self.state.waiting)
                await self.interrupt()
                client.tell(messages.Done(id=command, dropped=before - len(self.state.waiting)))
            case messages.Restart(id=command, run=cells):
                async with self.lock:
                    self._restart_and_run(CommandId(command), cells)
                    self._done(client, command)
            case messages.Shutdown(id=command):
                await self.stop_kernel()
                client.tell(messages.Done(id=command))
            case messages.ChooseKernel():
                await self.choose_kernel(message.name, start=message.start)
                client.tell(messages.Done(id=message.id))
            case messages.Answer():
                await self._answer(message)
                client.tell(messages.Done(id=message.id))
            case messages.Clear(id=command, cells=which):
                await self._clear(CommandId(command), which)
                client.tell(messages.Done(id=command))
            case messages.Unclear(id=command, cleared=cleared):
                await self._unclear(CommandId(cleared))
                client.tell(messages.Done(id=command))
            case messages.Complete() | messages.Inspect():
                await self.helping.ask(client, message)
            case messages.Save(id=command):
                if self.filing is not None:
                    await self.filing.save(checkpoint=True)
                client.tell(messages.Done(id=command))
            case messages.File():
                if self.filing is not None:
                    await self.filing.resolve(message.action, message.path)
                client.tell(messages.Done(id=message.id))
            case messages.Hello():
                raise Invalid("A second hello.")

    def _done(self, client: Client, command: str, *, dropped: int = 0) -> None:
        """Say that a command was carried out, once its rows are kept."""
        receipt = self._commit() or self.journal.put(())
        done = messages.Done(id=command, dropped=dropped)
        receipt.on_kept(lambda: client.tell(done))

    def _run_cells(self, client: Client, message: messages.RunCells) -> None:
        if message.edit > client.edits.last:
            raise Invalid(f"This names edit {message.edit}; only {client.edits.last} have come.")
        if message.code is not None and len(message.cells) != 1:
            raise Invalid("A selection belongs to one cell.")
        wanted = self.runs_of(CommandId(message.id), message.cells, message.code)
        self._ask(CommandId(message.id), [run for run in wanted if run.id not in self.known_runs])
        self._done(client, message.id)

    def runs_of(self, command: CommandId, cells: Sequence[str], code: str | None = None) -> list[state.Run]:
        """Runs of those of these cells that are there and hold code."""
        made = []
        for n, name in enumerate(cells):
            try:
                cell = self.document.cell(CellId(name))
            except NotFound:
                continue
            if cell.type != "code" or cell.deleted is not None:
                continue
            tags = cell.metadata.get("tags")
            made.append(
                state.Run(
                    id=RunId(command if len(cells) == 1 else f"{command}/{n}"),
                    cell=cell.id,
                    code=cell.source if code is None else code,
                    hash=source_hash(cell.source),
                    tolerant=isinstance(tags, list) and "raises-exception" in tags,
                    queued=self.shared.now(),
                )
            )
        return made

    def _ask(self, command: CommandId, asked: list[state.Run]) -> None:
        for run in asked:
            self.known_runs.add(run.id)
            self._commands[run.id] = command
        self._decide(state.Asked(tuple(asked), new_process(), new_incarnation()))

    def _restart_and_run(self, command: CommandId, cells: Sequence[str] | None) -> None:
        """Restart the kernel, then run these cells in the new incarnation: one durable command."""
        asked = [run for run in self.runs_of(command, cells or []) if run.id not in self.known_runs]
        if cells and not asked:
            return
        for run in asked:
            self.known_runs.add(run.id)
            self._commands[run.id] = command
        self._decide(state.RestartAsked(new_incarnation(), tuple(asked), new_process(), self.shared.now()))

    def leave(self) -> None:
        """The session ends; its kernel goes on without it."""
        self._end_trouble()
        self.document.close()
        if self.kernel is not None and self.kernel.owner is self:
            self.kernel.owner = None

    async def start_kernel(self, process: ProcessId | None = None) -> None:
        """Start the kernel if there is none, and wait until the host has it. Raises `KernelUnavailable`."""
        async with self.lock:
            if self.kernel is not None and self.state.phase == "ready":
                return
            self._decide(state.StartAsked(process or new_process(), new_incarnation()))
            self._commit()
        await self._started.wait()
        if self.state.phase == "unavailable":
            raise KernelUnavailable(self.state.why)

    async def choose_kernel(self, name: str, *, start: bool) -> None:
        spec = await anyio.to_thread.run_sync(specs.find_spec, name)
        if name != self.kernel_name or self.kernel is None:
            await self.stop_kernel()
            self.kernel_name = name
            language = {"name": spec.language} if spec.language else {}
            with self.document.edit() as editor:
                editor.set_meta(
                    "kernelspec", {"display_name": spec.display_name, "language": spec.language, "name": name}
                )
                if language:
                    editor.set_meta("language_info", language)
            self.own_edit(editor.update)
            self.journal.put([documents.set_kernel(self.row.id, name)])
            self._show_kernel()
        if start:
            await self.start_kernel()

    async def interrupt(self) -> None:
        """Of any kernel that has a session, whoever asks."""
        async with self.lock:
            self._decide(state.InterruptAsked(self.shared.now()))
            self._commit()

    async def restart(self) -> None:
        async with self.lock:
            self._restart_and_run(CommandId(""), None)
            self._commit()

    async def stop_kernel(self) -> None:
        async with self.lock:
            self._decide(state.StopAsked(self.shared.now()))
            self._commit()

    async def _answer(self, message: messages.Answer) -> None:
        prompt = PromptId(message.prompt)
        if self._answered.get(prompt) == message.id:
            return
        asked = self._prompts.get(prompt)
        if asked is None or self.kernel is None:
            raise Conflict("This question is not open any more.")
        try:
            await self.kernel.answer(
                asked.event.seq,
                wire.input_reply(new_request(), SESSION, message.text, asked.event.parts[0]),
            )
        except (Conflict, NotFound, Stale) as error:
            self._close_prompt(prompt)
            raise Conflict("This question was answered already, or is not open any more.") from error
        self._answered[prompt] = message.id
        self.journal.put([runs.answer_prompt(prompt, message.id)])
        self._close_prompt(prompt)

    async def _clear(self, command: CommandId, which: Sequence[str] | None) -> None:
        async with self.lock:
            cells = [CellId(c) for c in which] if which is not None else list(self.board.cells)
            statements: list[Statement] = []
            for cell in cells:
                shown = self.board.cells.get(cell)
                if shown is None or (not len(shown.outputs) and shown.count is None):
                    continue
                running = self.state.running is not None and self.state.running.cell == cell
                key = RunId(shown.outputs.key)
                statements += outputs.clear(key, command, self.shared.now())
                fresh = Outputs(own=True, key=key, limit_text=self.shared.settings.documents.text_on_disk)
                run = shown.run if running or shown.run is None else None
                self.results.restore(cell, Shown(fresh, run, cleared=command), key)
            self.journal.put(statements)
            self._results_changed()

    async def _unclear(self, command: CommandId) -> None:
        async with self.lock:
            await self.journal.put(outputs.unclear(self.row.id, command)).kept()
            await self.load_results(only={c for c, s in self.board.cells.items() if s.cleared == command})
            self._results_changed()

    def _results_changed(self) -> None:
        if self.filing is not None:
            self.filing.changed()
        self.wake()

    async def load_results(self, only: set[CellId] | None = None) -> loading.SessionRows:
        """Take the cells' results from the journal; of all cells, or of these."""
        found = await self.journal.read(lambda db: loading.session(db, self.row.id))
        newest: dict[CellId, runs.RunRow] = {}
        for row in found.runs:
            self.known_runs.add(row.id)
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

    # Deciding and performing ------------------------------------------------------------------------------------------

    def _decide(self, event: state.Event) -> None:
        """Let the state decide; rows and effects wait for `_commit`."""
        self.state, effects = state.decide(self.state, event)
        self._take_effects(effects)

    def _take_effects(self, effects: Sequence[state.Effect]) -> None:
        for effect in effects:
            match effect:
                case state.Keep(run):
                    self._keep(run)
                case state.NeedRequest():
                    self._decide(state.Numbered(new_request(), self.shared.now()))
                case state.Dropped(count, because):
                    if because is not None:
                        self.notice("dropped", count=count, cell=because.cell, run=because.id)
                case state.StartKernel(process, incarnation) | state.RestartKernel(process, _, incarnation):
                    self._started = anyio.Event()
                    self._statements += runs.start(
                        runs.ProcessRow(
                            incarnation=incarnation,
                            process=process,
                            document=self.row.id,
                            kernel=self.kernel_name,
                            spec=effect.old.encode() if isinstance(effect, state.RestartKernel) else None,
                            made=self.shared.now(),
                        )
                    )
                    self._todo.append(effect)
                case _:
                    self._todo.append(effect)
        self._show_queue()
        self._show_kernel()

    def _keep(self, run: state.Run) -> None:
        command = self._commands.get(run.id, CommandId(""))
        if run.state == "queued":
            self._places += 1
            self._statements.append(runs.add(records.row_of(run, self.row.id, command, self._places)))
            return
        self._statements += records.changes(run, at=self.shared.now())
        if run.state == "running":
            assert run.request is not None
            shown = self.board.cells.get(run.cell)
            if shown is None or shown.run is None or shown.run.id != run.id:
                self.results.begin(run)
            self._requests[run.request] = (run.id, run.cell)
            self.results.update(run)
        else:
            self._commands.pop(run.id, None)
            self.results.update(run)
            if run.state != "dropped":
                self._ended_run = True
                if self.filing is not None:
                    self.filing.hurry()

    def _commit(self, more: Sequence[Statement] = (), *, only_if: Statement | None = None) -> Receipt | None:
        """Put what was decided, and hand its effects to the performer: it waits until they are kept. Within a batch of events all goes
        with the batch."""
        if self._in_batch and only_if is None:
            return None
        statements, self._statements = [*self._statements, *more], []
        todo, self._todo = self._todo, []
        if not statements and not todo and only_if is None:
            return None
        receipt = self.journal.put(statements, only_if=only_if)
        if self._ended_run:
            self._ended_run = False
            self.board.hurry()
        for effect in todo:
            self._effects.append((receipt, effect))
        if todo:
            self._effect_came.set()
        self.wake()
        return receipt

    async def run(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """The session's own task: performs effects until it is cancelled."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            tasks.start_soon(self._expire_peers)
            task_status.started()
            while True:
                while self._effects:
                    receipt, effect = self._effects.popleft()
                    await receipt.kept()
                    await self._perform(effect)
                if self._broken is not None:
                    raise self._broken
                self._effect_came = anyio.Event()
                if not self._effects:
                    await self._effect_came.wait()

    async def _expire_peers(self) -> None:
        while True:
            await anyio.sleep(20)
            for said in self.peers.expire(time.monotonic()):
                self._relay(encode(FrameKind.AWARENESS, said.body, client=said.client))

    async def _perform(self, effect: state.Effect) -> None:
        match effect:
            case state.Submit(run):
                await self._submit(run)
            case state.StartKernel(process, incarnation):
                await self._start(process, incarnation, None)
            case state.RestartKernel(process, old, new):
                await self._start(process, new, old)
            case state.StopKernel():
                if self.kernel is not None:
                    await self.kernel.stop_process()
            case state.InterruptKernel():
                if self.kernel is not None:
                    await self._quietly(self.kernel.interrupt_process)
            case state.WaitForIdle(request):
                assert self._tasks is not None
                self._tasks.start_soon(self._wait_for_idle, request)

    async def _quietly(self, call: Callable[[], Any]) -> None:
        try:
            await call()
        except OctavoError as error:
            log.warning("%s: %s", self.path, error.message)

    async def _wait_for_idle(self, request: RequestId) -> None:
        await anyio.sleep(state.IDLE_GRACE)
        self._decide(state.IdleMissed(request, self.shared.now()))
        self._commit()

    async def _start(self, process: Any, incarnation: Incarnation, old: Incarnation | None) -> None:
        try:
            name = self.kernel_name or self.shared.settings.kernels.default
            spec = await anyio.to_thread.run_sync(specs.find_spec, name)
            live = await self.shared.kernels.start(
                process,
                incarnation,
                spec,
                cwd=self.place.real.parent,
                path=self.place.real,
                label=Label(spec=spec.name, document=self.row.id, path=self.path),
                old=old,
            )
        except (KernelUnavailable, HostUnavailable, NotFound) as error:
            why = f"{error.message} {error.hint}" if error.hint else error.message
            self._statements += runs.end(incarnation, why, self.shared.now())
            self._decide(state.StartFailed(incarnation, why))
            self._commit()
            self._started.set()
            return
        self.attach(live, incarnation, 0)
        self._decide(state.Started(incarnation))
        self._commit()
        self._started.set()

    def attach(self, live: LiveKernel, incarnation: Incarnation, after: int) -> None:
        """Follow the incarnation's events after `after`, which are applied."""
        self.kernel, live.owner, self.applied = live, self, after
        self._requests = {} if after == 0 else self._requests
        self._close_prompts()
        self.shared.kernels.follow(live, incarnation, after)
        self._show_kernel()

    async def _submit(self, run: state.Run) -> None:
        """Pass the run on; over a lost connection it is tried again under the same id, which the host passes on once."""
        assert run.request is not None
        assert run.incarnation is not None
        parts = wire.execute_request(
            run.request, SESSION, run.code, cell=run.cell, run=run.id, stop_on_error=not run.tolerant
        )
        while self.kernel is not None and self.state.running is not None and self.state.running.request == run.request:
            try:
                await self.kernel.host.submit(run.incarnation, run.request, parts)
            except HostUnavailable:
                await anyio.sleep(HOST_RETRY)
                continue
            except (Stale, NotFound):
                pass  # its `exited` is on the way and decides what became of the run
            return

    # Events of the kernel ---------------------------------------------------------------------------------------------

    async def take(self, batch: Sequence[Message]) -> None:
        """Apply a batch of the kernel's events: rows and position in one transaction, acknowledged once saved."""
        async with self.lock:
            incarnation, last = batch[-1].event.incarnation, batch[-1].event.seq
            if last <= self.applied:
                return
            self._in_batch = True
            try:
                for message in batch:
                    if message.event.seq > self.applied:
                        self._apply(message)
                rows = await self.results.flush()
                turn = runs.turn(incarnation, self.applied + 1, last)
                self.applied = last
                receipt = self._commit(rows, only_if=turn)
            finally:
                self._in_batch = False
        assert receipt is not None
        kernel = self.kernel
        if kernel is not None:
            receipt.on_saved(lambda: self._saved(receipt, kernel, incarnation, last))
            receipt.on_failed(lambda error: self.fail(error))
        await self.helping.idle()

    def _saved(self, receipt: Receipt, kernel: LiveKernel, incarnation: Incarnation, last: int) -> None:
        """The batch is durable, so the host may forget it; unless it was passed over, which means that memory and journal differ."""
        if receipt.applied:
            kernel.host.ack(incarnation, last)
        else:
            self.fail(StorageUnavailable("The journal is at another event than this session."))

    def fail(self, error: Exception) -> None:
        """Memory is ahead of a journal that did not take what memory has: the session ends, and opens again as the journal has it."""
        self._broken = error
        self._effect_came.set()

    def _apply(self, message: Message) -> None:
        match message.event.channel:
            case Channel.IOPUB:
                self._iopub(message)
            case Channel.SHELL:
                self._reply(message)
            case Channel.STDIN:
                self._prompt(message)
            case Channel.LIFE:
                self._life(message)
            case Channel.GAP:
                self._gap(message)
            case Channel.CONTROL:
                pass

    def _iopub(self, message: Message) -> None:
        request, kind = message.parent.msg_id, message.head.msg_type
        if kind == "status":
            if message.content().get("execution_state") == "idle":
                self._decide(state.IdleSeen(RequestId(request), message.event.at))
            self._show_kernel()
            return
        ours = self._requests.get(request)
        if ours is None:
            return
        run, cell = ours
        if kind == "execute_input":
            count = message.content().get("execution_count")
            if isinstance(count, int):
                self._decide(state.CountSeen(RequestId(request), count))
            return
        if kind == "error":
            self._decide(state.ErrorSeen(RequestId(request)))
        self.results.fold(run, cell, kind, message.content(), message.metadata())

    def _reply(self, message: Message) -> None:
        request, content = message.parent.msg_id, message.content()
        if message.head.msg_type != "execute_reply":
            self.helping.reply(message)
            return
        self._close_prompts(request)
        ours = self._requests.get(request)
        if ours is None:
            return
        payloads = content.get("payload")
        for payload in payloads if isinstance(payloads, list) else []:
            if isinstance(payload, dict):
                self._payload(*ours, payload)
        count = content.get("execution_count")
        self._decide(
            state.Replied(
                RequestId(request),
                str(content.get("status")),
                message.event.at,
                new_request(),
                interrupted=content.get("ename") == "KeyboardInterrupt",
                count=count if isinstance(count, int) and content.get("status") == "ok" else None,
            )
        )

    def _payload(self, run: RunId, cell: CellId, payload: dict[str, Any]) -> None:
        """IPython's two that mean something here: `page` (what `?` shows) is shown as output, `set_next_input` writes a cell."""
        source, data, text = payload.get("source"), payload.get("data"), payload.get("text")
        if source == "page" and isinstance(data, dict):
            self.results.fold(run, cell, "display_data", {"data": data, "metadata": {}}, {})
        elif source == "set_next_input" and isinstance(text, str) and self.document.is_visible(cell):
            with self.document.edit(author="kernel") as editor:
                if payload.get("replace") is True:
                    editor.set_source(cell, text)
                else:
                    editor.insert([Cell(id=new_cell(), type="code", source=text)], cell)
            self.own_edit(editor.update)

    def _prompt(self, message: Message) -> None:
        if message.head.msg_type != "input_request" or self.kernel is None:
            return
        if message.event.seq in self.kernel.raw_prompts():
            return  # its own client answers it
        run, cell = self._requests.get(message.parent.msg_id, (RunId(""), CellId("")))
        content = message.content()
        prompt = prompt_id(message.event)
        self._prompts[prompt] = message
        text, hidden = str(content.get("prompt", "")), content.get("password") is True
        self._statements.append(
            runs.open_prompt(
                runs.PromptRow(
                    id=prompt,
                    document=self.row.id,
                    incarnation=message.event.incarnation,
                    seq=message.event.seq,
                    run=run or None,
                    prompt=text,
                    password=hidden,
                    parent=message.event.parts[0],
                    at=message.event.at,
                )
            )
        )
        shown = messages.Prompt(id=prompt, run=run, cell=cell, prompt=text, password=hidden)
        self.board.prompts = [*self.board.prompts, shown]
        self.board.touch("prompts")

    def _close_prompt(self, prompt: PromptId) -> None:
        if self._prompts.pop(prompt, None) is not None:
            self._statements.append(runs.close_prompt(prompt))
            self.board.prompts = [p for p in self.board.prompts if p.id != prompt]
            self.board.touch("prompts")
            self._commit()

    def _close_prompts(self, request: str | None = None) -> None:
        """Those of one request, or all: nobody waits for their answers any more."""
        for prompt, asked in list(self._prompts.items()):
            if request is None or asked.parent.msg_id == request:
                self._prompts.pop(prompt)
                self._statements.append(runs.close_prompt(prompt))
        ids = set(self._prompts)
        kept = [p for p in self.board.prompts if p.id in ids]
        if len(kept) < len(self.board.prompts):
            self.board.prompts = kept
            self.board.touch("prompts")

    def _life(self, message: Message) -> None:
        said = life(message.event)
        if said.get("event") == "ready":
            info = msgspec.json.encode(said.get("kernel_info"))
            self._statements.append(runs.ready(message.event.incarnation, info))
            self._learn_language(said.get("kernel_info"))
        elif said.get("event") == "exited":
            why = cause_of(said)
            self._close_prompts()
            self._statements += runs.end(message.event.incarnation, why, message.event.at)
            self._decide(state.Exited(message.event.incarnation, why, message.event.at))
            self.helping.ended()
        self._show_kernel()

    def _learn_language(self, info: Any) -> None:
        """A notebook that says nothing of its language gets what its kernel says."""
        found = info.get("language_info") if isinstance(info, dict) else None
        if not isinstance(found, dict):
            return
        have = self.document.metadata().get("language_info")
        if not have or (isinstance(have, dict) and set(have) <= {"name"}):
            with self.document.edit() as editor:
                editor.set_meta("language_info", found)
            self.own_edit(editor.update)

    def _gap(self, message: Message) -> None:
        said = life(message.event)
        parent = said.get("parent")
        ours = self._requests.get(parent) if isinstance(parent, str) else None
        if ours is None and self.state.running is not None:
            ours = (self.state.running.id, self.state.running.cell)
        if ours is not None:
            self.results.gap(*ours, _number(said.get("messages")), _number(said.get("bytes")))

    # What is shown ----------------------------------------------------------------------------------------------------

    def _show_queue(self) -> None:
        running = (self.state.running,) if self.state.running is not None else ()
        queue = [run_view(run) for run in (*running, *self.state.waiting)]
        if queue != self.board.queue:
            self.board.queue = queue
            self.board.touch("queue")

    def _show_kernel(self) -> None:
        name = self.kernel_name or self.shared.settings.kernels.default
        phase = self.state.phase
        shown = {"none": "none", "starting": "starting", "dead": "dead", "unavailable": "unavailable"}.get(
            phase, "idle"
        )
        if phase == "ready" and self.kernel is not None:
            execution = self.kernel.execution_state
            shown = execution if execution in ("starting", "idle", "busy", "restarting", "dead") else "busy"
            if self.state.running is not None and shown == "idle":
                shown = "busy"
        kernel = msgspec.convert(
            {
                "name": name,
                "display": self._display_name(name),
                "language": self._language(),
                "state": shown,
                "why": self.state.why,
                "process": self.state.process or "",
            },
            messages.Kernel,
        )
        if kernel != self.board.kernel:
            self.board.kernel = kernel
            self.board.touch("kernel")

    def _display_name(self, name: str) -> str:
        spec = self.document.metadata().get("kernelspec")
        display = spec.get("display_name") if isinstance(spec, dict) and spec.get("name") == name else None
        return display if isinstance(display, str) else name

    def _language(self) -> str:
        info = self.document.metadata().get("language_info")
        name = info.get("name") if isinstance(info, dict) else None
        return name if isinstance(name, str) else "python"

    # Recovery ---------------------------------------------------------------------------------------------------------

    async def recover(self) -> None:
        """Go on from what the journal holds: results, queue, prompts, and the kernel if the host still has it."""
        found = await self.load_results()
        rows, prompts = found.processes, found.prompts
        queue = sorted((r for r in found.runs if r.state in ("queued", "running")), key=lambda row: row.place)
        self._places = max((row.place for row in queue), default=0)
        for row in queue:
            self.known_runs.add(row.id)
            self._commands[row.id] = CommandId(row.command)
        newest = rows[0] if rows else None
        for old in rows[1:]:  # what it restarted from; its runs were accounted for then
            self._statements += runs.end(old.incarnation, "restarted", self.shared.now())
        await self._recover_queue(newest, queue, prompts)

    async def _recover_queue(
        self, row: runs.ProcessRow | None, queue: Sequence[runs.RunRow], prompts: Sequence[runs.PromptRow]
    ) -> None:
        found = [records.run_of(one, tolerant=self._is_tolerant(one.cell)) for one in queue]
        running = next((run for run in found if run.state == "running"), None)
        recovered = state.Recovered(
            process=row.process if row else None,
            incarnation=row.incarnation if row else None,
            old=Incarnation(row.spec.decode()) if row is not None and row.spec else None,
            standing=await self._standing(row),
            running=running,
            waiting=tuple(run for run in found if run.state == "queued"),
        )
        if running is not None and running.request is not None:
            self._requests[running.request] = (running.id, running.cell)
        for shown in self.board.cells.values():
            if shown.run is not None and shown.run.request is not None and row is not None:
                if shown.run.incarnation == row.incarnation:
                    self._requests[shown.run.request] = (shown.run.id, shown.run.cell)
        self.state, effects = state.recover(recovered, self.shared.now())
        if row is not None and recovered.standing == "alive":
            await self._reattach(row, prompts)
        elif row is not None and recovered.standing == "ended":
            self._statements += runs.end(row.incarnation, "host", self.shared.now())
        self._take_recovered(effects)
        self._commit()
        self._show_queue()
        self._show_kernel()

    def _take_recovered(self, effects: Sequence[state.Effect]) -> None:
        """As `_take_effects`, but a start that was journaled is not journaled again."""
        for effect in effects:
            if isinstance(effect, state.StartKernel | state.RestartKernel | state.Submit):
                self._todo.append(effect)
            else:
                self._take_effects([effect])

    def _is_tolerant(self, cell: CellId) -> bool:
        try:
            tags = self.document.cell(cell).metadata.get("tags")
        except NotFound:
            return False
        return isinstance(tags, list) and "raises-exception" in tags

    async def _standing(self, row: runs.ProcessRow | None) -> Any:
        """asked, alive or ended. An ended incarnation whose log the host still holds counts as alive: its `exited` comes."""
        if row is None:
            return "ended"
        try:
            listed = await self.shared.kernels.listed()
        except HostUnavailable:
            return "ended"
        if row.incarnation in listed:
            return "alive"
        return "asked" if row.state == "wanted" and row.applied == 0 else "ended"

    async def _reattach(self, row: runs.ProcessRow, prompts: Sequence[runs.PromptRow]) -> None:
        live = await self.shared.kernels.known(row.process, row.incarnation, row.kernel)
        self.kernel_name = row.kernel or self.kernel_name
        self.attach(live, row.incarnation, row.applied)
        for prompt in prompts:
            if prompt.incarnation == row.incarnation and not prompt.answered:
                self._restore_prompt(prompt)

    def _restore_prompt(self, row: runs.PromptRow) -> None:
        request = next((q for q, (r, _) in self._requests.items() if r == row.run), "")
        run, cell = self._requests.get(request, (RunId(""), CellId("")))
        event = Event(row.incarnation, row.seq, row.at, Channel.STDIN, (row.parent,))
        self._prompts[row.id] = Message(event, Head(msg_type="input_request"), Head(msg_id=request, session=SESSION))
        shown = messages.Prompt(id=row.id, run=run, cell=cell, prompt=row.prompt, password=row.password)
        self.board.prompts = [*self.board.prompts, shown]
        self.board.touch("prompts")
        if self.kernel is not None:
            self.kernel.prompts[row.seq] = self._prompts[row.id].parent

    async def fold_history(self, *, force: bool = False) -> None:
        """Fold the document's updates into one snapshot, if it contains what is stored."""
        history = await self.journal.read(lambda db: documents.load(db, self.row.id))
        due = history.pending >= 500 or history.pending_size > 4 * max(history.snapshot_size, 4096)
        if history.pending == 0 or not (due or force):
            return
        claimed = await self.journal.read(lambda db: documents.claimed(db, self.row.id))
        snapshot = self.document.snapshot()
        if any(self.document.clock(client) < clock for client, clock in claimed.items()):
            log.error("%s: not folded, since the document lacks what is stored", self.path)
            return
        if not self.document.holds(snapshot):
            log.error("%s: not folded, since its snapshot is not the document", self.path)
            return
        self.journal.put(documents.fold(self.row.id, history.seq, snapshot))
        self.unfolded = 0


def cause_of(said: dict[str, Any]) -> str:
    """Why a process ended, as a short code that the page has words for: memory, stopped, host, signal-N, exit-N; else a sentence."""
    if said.get("oom") is True:
        return "memory"
    reason = said.get("reason")
    if isinstance(reason, str) and reason:
        return reason
    if said.get("by_host") is True:
        return "stopped"
    if isinstance(said.get("signal"), int):
        return f"signal-{said['signal']}"
    return f"exit-{said.get('code')}"


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
