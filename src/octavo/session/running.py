"""A notebook's queue and kernel: lets `state` decide, journals what was decided, and performs its effects once they are kept."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import anyio
import anyio.abc
import anyio.lowlevel
import anyio.to_thread

from octavo.errors import HostUnavailable, KernelUnavailable, NotFound, OctavoError, Stale
from octavo.ids import (
    CellId,
    CommandId,
    Incarnation,
    ProcessId,
    RequestId,
    RunId,
    new_incarnation,
    new_process,
    new_request,
)
from octavo.journal import documents, runs
from octavo.journal.journal import Receipt
from octavo.journal.writer import Statement
from octavo.kernels.catalogue import by_language
from octavo.session import causes, commands, limiting, messages, records, state
from octavo.session.board import run_view
from octavo.session.kernel import SESSION, Label, LiveKernel
from octavo.wire import messages as wire

if TYPE_CHECKING:
    from octavo.session.session import Session

log = logging.getLogger("octavo.session")

BEGUN_PAUSES = (0.1, 1.0)
"""Seconds after which a run that has just begun is interrupted, and again: a signal between its beginning and its code may be lost."""
STOPPED = frozenset({"stopped", "idle"})
"""Why kernels end that somebody wanted to end."""
HOST_RETRY = 0.25
"""Seconds between attempts to pass a run on over a connection that is lost."""


class Running:
    """`kernel_name`: the kernelspec; empty for the default. `requests`: by Jupyter's msg_id, which run and cell it is, in this incarnation.
    `statements`: rows of what was decided and not put yet. `in_batch`: events are being applied, and all goes with their transaction."""

    def __init__(self, session: "Session", kernel_name: str) -> None:
        self.session = session
        self.state = state.State()
        self.kernel: LiveKernel | None = None
        self.kernel_name = kernel_name
        self.known_runs: set[RunId] = set()
        self.commands: dict[RunId, CommandId] = {}
        self.requests: dict[str, tuple[RunId, CellId]] = {}
        self.statements: list[Statement] = []
        self.todo: list[state.Effect] = []
        self.in_batch = False
        self.places = 0
        self.pressing: messages.Cause | None = None
        """What its kernel is near to die of."""
        self._effects: deque[tuple[Receipt, state.Effect]] = deque()
        self._effect_came = anyio.Event()
        self._answers: list[Callable[[], None]] = []
        self._tasks: anyio.abc.TaskGroup | None = None
        self._ended_run = False
        self._broken: Exception | None = None
        self._started = anyio.Event()

    def busy(self) -> bool:
        """Is there a reason to stay in memory besides a page that is open?"""
        alive = self.kernel is not None and self.kernel.execution_state != "dead"
        return alive or bool(self.state.waiting) or self.state.running is not None

    def ask(self, command: CommandId, asked: list[state.Run]) -> None:
        for run in asked:
            self.known_runs.add(run.id)
            self.commands[run.id] = command
        self.decide(state.Asked(tuple(asked), new_process(), new_incarnation()))

    def restart_and_run(self, command: CommandId, cells: Sequence[str] | None) -> None:
        """Restart the kernel, then run these cells in the new incarnation: one durable command."""
        asked = [run for run in commands.runs_of(self.session, command, cells or []) if run.id not in self.known_runs]
        if cells and not asked:
            return
        for run in asked:
            self.known_runs.add(run.id)
            self.commands[run.id] = command
        self.decide(state.RestartAsked(new_incarnation(), tuple(asked), new_process(), self.session.shared.now()))

    async def start_kernel(self, process: ProcessId | None = None) -> None:
        """Start the kernel if there is none, and wait until the host has it. Raises `KernelUnavailable`."""
        async with self.session.lock:
            if self.kernel is not None and self.state.phase == "ready":
                return
            self.decide(state.StartAsked(process or new_process(), new_incarnation()))
            self.commit()
        await self._started.wait()
        if self.state.phase == "unavailable":
            raise KernelUnavailable(causes.sentence(self.state.why))

    async def warm(self) -> None:
        """Ask for the kernel ahead of the first run, where none was started yet or the last one was stopped; the host is not waited for. One that
        died stays as it is: whoever comes is to see why."""
        async with self.session.lock:
            stopped = self.state.phase == "dead" and self.state.why in STOPPED
            if self.state.phase == "none" or stopped:
                self.decide(state.StartAsked(new_process(), new_incarnation()))
                self.commit()

    async def choose_kernel(self, name: str, *, start: bool) -> None:
        kernels, folder = self.session.shared.kernels, self.session.place.real.parent
        spec = await anyio.to_thread.run_sync(kernels.catalogue.find, name, folder)
        if name != self.kernel_name or self.kernel is None:
            await self.stop_kernel()
            self.kernel_name = name
            language = {"name": spec.language} if spec.language else {}
            with self.session.edits.document.edit() as editor:
                editor.set_meta(
                    "kernelspec", {"display_name": spec.display_name, "language": spec.language, "name": name}
                )
                if language:
                    editor.set_meta("language_info", language)
            self.session.edits.own_edit(editor.update)
            self.session.journal.put([documents.set_kernel(self.session.row.id, name)])
            self.session.show_kernel()
        if start:
            await self.start_kernel()

    async def list_kernels(self) -> list[messages.KernelChoice]:
        """What can be chosen for this notebook, and what cannot and why."""
        catalogue, folder = self.session.shared.kernels.catalogue, self.session.place.real.parent
        choices = await anyio.to_thread.run_sync(catalogue.choices, folder)
        return [
            messages.KernelChoice(
                name=choice.name,
                display=choice.display_name,
                language=choice.language,
                source=choice.source,
                program=choice.program,
                version=choice.version,
                problem=choice.problem.reason if choice.problem else "",
                what=choice.problem.what if choice.problem else "",
            )
            for group in by_language(choices, self.session.language()).values()
            for choice in group
        ]

    def go_on(self) -> None:
        """What held the queue up is over."""
        if self.state.phase == "ready" and self.state.running is None and self.state.waiting:
            self.take_effects([state.NeedRequest()])
            self.commit()

    async def interrupt(self) -> None:
        """Of any kernel that has a session, whoever asks."""
        async with self.session.lock:
            self.decide(state.InterruptAsked(self.session.shared.now()))
            self.commit()

    async def restart(self) -> None:
        async with self.session.lock:
            self.restart_and_run(CommandId(""), None)
            self.commit()

    async def stop_kernel(self, why: str = "stopped") -> None:
        async with self.session.lock:
            self.decide(state.StopAsked(self.session.shared.now(), why))
            self.commit()

    def decide(self, event: state.Event) -> None:
        """Let the state decide; rows and effects wait for `_commit`."""
        self.state, effects = state.decide(self.state, event)
        self.take_effects(effects)

    def take_effects(self, effects: Sequence[state.Effect]) -> None:
        for effect in effects:
            match effect:
                case state.Keep(run):
                    self._keep(run)
                case state.NeedRequest():
                    if not self.session.debugging.holds():
                        self.decide(state.Numbered(new_request(), self.session.shared.now()))
                case state.Dropped(count, because):
                    if because is not None:
                        self.session.clients.notice("dropped", count=count, cell=because.cell, run=because.id)
                case state.StartKernel(process, incarnation) | state.RestartKernel(process, _, incarnation):
                    self._started = anyio.Event()
                    self.statements += runs.start(
                        runs.ProcessRow(
                            incarnation=incarnation,
                            process=process,
                            document=self.session.row.id,
                            kernel=self.kernel_name,
                            spec=effect.old.encode() if isinstance(effect, state.RestartKernel) else None,
                            made=self.session.shared.now(),
                        )
                    )
                    self.todo.append(effect)
                case _:
                    self.todo.append(effect)
        self.show_queue()
        self.session.show_kernel()

    def _keep(self, run: state.Run) -> None:
        command = self.commands.get(run.id, CommandId(""))
        if run.state == "queued":
            self.places += 1
            self.statements.append(runs.add(records.row_of(run, self.session.row.id, command, self.places)))
            return
        self.statements += records.changes(run, at=self.session.shared.now())
        if run.state == "running":
            assert run.request is not None
            shown = self.session.board.cells.get(run.cell)
            if shown is None or shown.run is None or shown.run.id != run.id:
                self.session.results.begin(run)
            self.requests[run.request] = (run.id, run.cell)
            self.session.results.update(run)
        else:
            self.commands.pop(run.id, None)
            self.session.results.update(run)
            if run.state != "dropped":
                self._ended_run = True
                self.session.debugging.run_ended(run)
                if self.session.filing is not None:
                    self.session.filing.hurry()

    def commit(self, more: Sequence[Statement] = (), *, only_if: Statement | None = None) -> Receipt | None:
        """Put what was decided, and hand its effects to the performer: it waits until they are kept. Within a batch of events all goes
        with the batch."""
        if self.in_batch and only_if is None:
            return None
        statements, self.statements = [*self.statements, *more], []
        todo, self.todo = self.todo, []
        if not statements and not todo and only_if is None:
            return None
        # Of a kernel's events that lead to nothing further nobody waits to hear that they are kept: they are acknowledged when saved.
        later = only_if is not None and all(isinstance(effect, state.WaitForIdle) for effect in todo)
        receipt = self.session.journal.put(statements, only_if=only_if, later=later)
        if not any(isinstance(effect, state.Submit) for effect in todo):
            self._call_clients()  # else the kernel comes first: `run` tells the pages while it works
        for effect in todo:
            self._effects.append((receipt, effect))
        if todo:
            self._effect_came.set()
        return receipt

    def afterwards(self, answer: Callable[[], None]) -> None:
        """Answer a command once what it led to is performed: the kernel comes before the page that waits for it."""
        self._answers.append(answer)
        if not self._effects:
            self._effect_came.set()

    def _answer(self) -> None:
        answers, self._answers = self._answers, []
        for answer in answers:
            answer()

    async def show(self) -> None:
        """Let the pages be told what was decided before the journal is: its thread would contend with theirs for the interpreter."""
        self._call_clients()
        await anyio.lowlevel.cancel_shielded_checkpoint()

    def _call_clients(self) -> None:
        if self._ended_run:
            self._ended_run = False
            self.session.board.hurry()
        self.session.clients.wake()

    async def run(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """The session's own task: performs effects until it is cancelled."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            tasks.start_soon(self.session.clients.expire)
            tasks.start_soon(self.session.debugging.run)
            task_status.started()
            while True:
                while self._effects:
                    receipt, effect = self._effects.popleft()
                    await receipt.kept()
                    await self._perform(effect)
                    if isinstance(effect, state.Submit):
                        self._call_clients()
                self._answer()
                if self._broken is not None:
                    raise self._broken
                self._effect_came = anyio.Event()
                if not self._effects and not self._answers:
                    await self._effect_came.wait()

    async def _perform(self, effect: state.Effect) -> None:
        match effect:
            case state.Submit(run):
                await self._submit(run)
            case state.StartKernel(process, incarnation):
                await self._start(process, incarnation, None)
            case state.RestartKernel(process, old, new):
                await self._start(process, new, old)
            case state.StopKernel(_, why):
                if self.kernel is not None:
                    await self.kernel.stop_process(why)
            case state.InterruptKernel():
                if await self.session.debugging.interrupt() and self.kernel is not None:
                    await self._quietly(self.kernel.interrupt_process)
            case state.InterruptBegun(request):
                assert self._tasks is not None
                self._tasks.start_soon(self._interrupt_begun, request)
            case state.WaitForIdle(request):
                assert self._tasks is not None
                if self.state.running is not None and self.state.running.request == request:
                    self._tasks.start_soon(self._wait_for_idle, request)  # mostly it came with the reply

    async def _interrupt_begun(self, request: RequestId) -> None:
        for pause in BEGUN_PAUSES:
            await anyio.sleep(pause)
            running = self.state.running
            if self.kernel is None or running is None or running.request != request or self.state.verdict is not None:
                return
            await self._quietly(self.kernel.interrupt_process)

    async def _quietly(self, call: Callable[[], Awaitable[None]]) -> None:
        try:
            await call()
        except OctavoError as error:
            log.warning("%s: %s", self.session.path, error.message)

    async def _wait_for_idle(self, request: RequestId) -> None:
        await anyio.sleep(state.IDLE_GRACE)
        self.decide(state.IdleMissed(request, self.session.shared.now()))
        self.commit()

    async def _start(self, process: ProcessId, incarnation: Incarnation, old: Incarnation | None) -> None:
        try:
            name = self.kernel_name or self.session.shared.settings.kernels.default
            spec = await self.session.shared.kernels.startable(name, self.session.place.real.parent)
            live = await self.session.shared.kernels.start(
                process,
                incarnation,
                spec,
                cwd=self.session.place.real.parent,
                path=self.session.place.real if self.session.path else None,
                label=Label(spec=spec.name, document=self.session.row.id, path=self.session.path),
                old=old,
                limits=await limiting.of(self.session),
            )
        except (KernelUnavailable, HostUnavailable, NotFound) as error:
            why = causes.of_error(error, self.kernel_name or self.session.shared.settings.kernels.default)
            self.statements += runs.end(incarnation, why, self.session.shared.now())
            self.decide(state.StartFailed(incarnation, why))
            self.commit()
            self._started.set()
            return
        self.requests = {}
        async with self.session.lock:  # a batch of the old incarnation that is being applied ends as one of it
            self.attach(live, incarnation, 0)
            self.decide(state.Started(incarnation))
            self.commit()
        self._started.set()

    def attach(self, live: LiveKernel, incarnation: Incarnation, after: int) -> None:
        """Follow the incarnation's events after `after`, which are applied."""
        self.kernel, live.owner, self.pressing = live, self.session, None
        self.session.taking.begin(incarnation, after)
        self.session.prompts.close_all()
        if after:  # saved before a crash, and perhaps never acknowledged
            live.host.ack(incarnation, after)
        self.session.shared.kernels.follow(live, incarnation, after)
        self.session.show_kernel()

    async def _submit(self, run: state.Run) -> None:
        """Pass the run on; over a lost connection it is tried again under the same id, which the host passes on once."""
        assert run.request is not None
        assert run.incarnation is not None
        await self.session.debugging.before(run)
        parts = wire.execute_request(
            run.request, SESSION, run.code, cell=run.cell, run=run.id, stop_on_error=not run.tolerant
        )
        while self.kernel is not None and self.state.running is not None and self.state.running.request == run.request:
            try:
                await self.kernel.host.submit(run.incarnation, run.request, parts)
            except HostUnavailable:
                self._call_clients()
                self._answer()
                await anyio.sleep(HOST_RETRY)
                continue
            except (Stale, NotFound):
                pass  # its `exited` is on the way and decides what became of the run
            return

    def fail(self, error: Exception) -> None:
        """Memory is ahead of a journal that did not take what memory has: the session ends, and opens again as the journal has it."""
        self._broken = error
        self._effect_came.set()

    def show_queue(self) -> None:
        running = (self.state.running,) if self.state.running is not None else ()
        queue = [run_view(run) for run in (*running, *self.state.waiting)]
        if queue != self.session.board.queue:
            self.session.board.queue = queue
            self.session.board.touch("queue")
