"""A notebook's debug session: lets `debug.machine` decide, performs its effects, and keeps what the page is shown up to date.

Everything that a person sets is kept at once and told to the debugger by one task, in order; stops are looked at by that task too. What is asked
of a picture runs beside it (`looking`), so that an expression without an end holds up nobody's Continue.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import msgspec

from octavo.debug import breakpoints, helper, machine, pictures, shapes, sources
from octavo.errors import Conflict, HostUnavailable, Invalid, NotFound, OctavoError, Stale
from octavo.ids import CellId, Incarnation, RunId, new_command
from octavo.journal import debugging as rows
from octavo.kernels.connection import Host
from octavo.session import messages, state
from octavo.session.breakpoints import Breakpoints
from octavo.session.client import Client
from octavo.session.kernel import LiveKernel, Message, life
from octavo.session.looking import Looking

if TYPE_CHECKING:
    from octavo.session.session import Session

log = logging.getLogger("octavo.session.debugging")

ATTACH: dict[str, object] = {"justMyCode": True}
ARM_SECONDS = 15.0
A_MOMENT = 0.1
"""Seconds that an old picture stays while a step is under way."""
LET_GO_SECONDS = 0.05
"""Time that an interrupted cell is given to end by itself, once it goes on."""
CONSOLE = 200
OLD_PYTHON = (3, 12)
"""Before it an attached debugger makes all code slower, also where there is nothing to stop at."""


class Debugging:
    """`state`: of the machine. `by_line`: the cell that runs by line. `once`: the run that was asked to be debugged."""

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.state = machine.State(number=int(time.time() * 10))
        self.breakpoints = Breakpoints(session)
        self.looking = Looking(session, self)
        self.console: list[shapes.Said] = []
        self.by_line = ""
        self.once = ""
        self.python: tuple[int, ...] = ()
        self._numbers: dict[int, str] = {}
        self._answers: dict[str, tuple[str, int | None]] = {}
        self._sent: dict[str, tuple[breakpoints.Wanted, ...]] = {}
        self._sent_filters: tuple[object, ...] = ()
        self._effects: list[machine.Effect] = []
        self._syncing = anyio.Lock()
        self._performing = anyio.Lock()
        self._wake = anyio.Event()
        self._open = anyio.Event()
        self._closed = ""
        self._tasks: anyio.abc.TaskGroup | None = None
        self._said = 0
        self._called: list[str] = []
        self._settled = anyio.Event()
        self._detaching = False
        self.over = anyio.Event()
        """Set when the open stop is over: what was asked of it is answered by nobody."""
        self._continued = anyio.Event()

    # What the rest of the session asks ----------------------------------------------------------------------------------

    def holds(self) -> bool:
        """Runs are to wait. Attaching is begun where it is due: it precedes the first run with a breakpoint."""
        kernel = self.session.running.kernel
        if kernel is not None and kernel.info is None and (self.once or self.breakpoints.anything()):
            return True  # what it is says its `ready`
        if self.state.phase in ("off", "running") and self.is_wanted():
            self.arm(person=False)
        return self._detaching or self.state.phase in ("arming", "stopped")

    def is_wanted(self) -> bool:
        return (bool(self.once) or self.breakpoints.anything()) and not self._why_not()

    def _why_not(self) -> str:
        """Why this kernel cannot be debugged; empty: it can."""
        kernel = self.session.running.kernel
        if kernel is None or self.session.running.state.phase != "ready":
            return "none"
        if kernel.foreign.attached:
            return "other"
        info = kernel.info or {}
        return "" if info.get("implementation") == "ipython" else "kernel"

    def arm(self, *, person: bool) -> None:
        kernel = self.session.running.kernel
        if kernel is not None:
            self.decide(machine.ArmAsked(kernel.incarnation, person))

    async def before(self, run: state.Run) -> None:
        """A run is about to be passed to the kernel: its text may be a new source."""
        self.breakpoints.note(run.cell, run.code)
        if self.state.phase in ("off", "arming"):
            return
        if run.id == self.once:
            name = sources.cell_name(run.cell, run.code)
            if self.by_line or not self._stops_in(run.cell):
                self.breakpoints.temporary[name] = sources.first_line(run.code)
        try:
            with anyio.move_on_after(5):
                await self.sync()
        except OctavoError as error:  # it runs without them: its own end is on the way, or the debugger's
            log.info("%s: %s", self.session.path, error)

    def _stops_in(self, cell: str) -> bool:
        return any(
            kept.shown.at.cell == cell and kept.shown.enabled and not kept.shown.why
            for kept in self.breakpoints.kept.values()
        )

    def run_ended(self, run: state.Run) -> None:
        self._settled.set()
        if run.id == self.once:
            self.once, self.by_line = "", ""
            self.breakpoints.temporary.clear()
            self.decide(machine.RunEnded())
            self._effects.append(machine.Sync())
            self.show()
        else:
            self.decide(machine.RunEnded())
        if self.state.phase == "running" and self.python and self.python < OLD_PYTHON and not self.is_wanted():
            self.decide(machine.OffAsked())
        self._wake.set()

    def ready(self) -> None:
        """The kernel has said what it is."""
        self.show()
        self._effects.append(machine.Release())
        self._wake.set()

    def breakpoint_called(self, prompt: str) -> None:
        """`breakpoint()` was called where no debugger is: attach it, then let the code go on to its stop."""
        self._called.append(prompt)
        self._wake.set()

    async def _answer_breakpoint(self, prompt: str) -> None:
        with anyio.move_on_after(ARM_SECONDS):
            if not self.can().pause:
                self.arm(person=True)
            while self.state.phase == "arming":
                self._settled = anyio.Event()
                await self._settled.wait()
        try:
            await self.session.prompts.answer(messages.Answer(id=new_command(), prompt=prompt, text=""))
        except OctavoError as error:
            log.info("%s: %s", self.session.path, error)

    async def interrupt(self) -> bool:
        """What runs is about to be interrupted: nothing may hold it up, or the signal would end the debugger with the cell. Says whether the
        signal is still wanted: what was let go may have ended by itself, and a signal after its last line would hit the kernel's own code."""
        running = self.session.running
        run = running.state.running
        was_stopped = self.state.phase == "stopped"
        self._continued = anyio.Event()
        self.decide(machine.InterruptAsked(run is not None))
        with anyio.move_on_after(3):
            await self._perform_all()
            if was_stopped:
                await self._continued.wait()
            else:
                was_stopped = await self._let_go_unknown()
        if not was_stopped:
            return True

        def goes_on() -> bool:
            now = running.state.running
            return run is not None and now is not None and now.id == run.id and running.state.verdict is None

        with anyio.move_on_after(LET_GO_SECONDS):
            while goes_on():
                self._settled = anyio.Event()
                await self._settled.wait()
        return goes_on()

    async def _let_go_unknown(self) -> bool:
        """The host says what is stopped, whatever is thought here: a command to go on may have been lost. Was there something?"""
        kernel = self.session.running.kernel
        if kernel is None or self.state.connection is None:
            return False
        try:
            listed = await kernel.host.processes()
            rows = next((info.debug for info in listed if info.incarnation == kernel.incarnation), [])
            stopped = [row for row in rows if isinstance(row, dict) and row.get("stopped")]
            if stopped:
                await self._clear()
            for row in stopped:
                for body in row["stopped"]:
                    await self.ask("continue", {"threadId": body.get("threadId")}, timeout=1)
        except OctavoError as error:
            log.info("%s: %s", self.session.path, error)
            return False
        return bool(stopped)

    def ended(self, incarnation: Incarnation) -> None:
        self.decide(machine.Ended(incarnation))
        self.breakpoints.forget_runs()
        self.looking.forget()
        self._forget_sent()
        self.once, self.by_line, self.python = "", "", ()
        self.show()

    def text_changed(self) -> None:
        """The document's text, order or cells changed."""
        if self.breakpoints.kept and self.breakpoints.place():
            self._changed()

    # Events of the debugger --------------------------------------------------------------------------------------------

    def event(self, message: Message) -> None:
        said = life(message.event)
        connection, name = said.get("connection"), said.get("event")
        body = said.get("body")
        if not isinstance(connection, int) or not isinstance(body, dict):
            return
        if name == "open":
            self._open.set()
        elif name == "closed":
            self._closed = str(body.get("why", ""))
            self._open.set()
            self.decide(machine.Closed(connection, self._closed))
            self._forget_sent()
        elif name == "stopped":
            hit = tuple(one for one in body.get("hitBreakpointIds") or () if isinstance(one, int))
            thread = body.get("threadId")
            reason = pictures.reason(str(body.get("reason", "")))
            if isinstance(thread, int):
                self.decide(machine.Stopped(connection, message.event.seq, thread, reason, hit, message.event.at))
        elif name == "continued":
            self._continued.set()
            self.decide(machine.Continued(connection))
        elif name == "output" and body.get("category") in ("console", "stdout", "important", None):
            self.say(str(body.get("output", ""))[:10_000])
        self.show()

    def say(self, text: str) -> None:
        text = text.removesuffix("\n")
        if text:
            self.console.append(shapes.Said(text=text, at=self.session.shared.now()))
            self._said += 1
            self._wake.set()

    def decide(self, event: machine.Event) -> None:
        """Raises `Stale` or `Conflict` where the state does not allow it."""
        before = self.state.stop
        self.state, effects = machine.decide(self.state, event)
        if before is not None and self.state.stop != before:
            self.over.set()
            self.over = anyio.Event()
        for effect in effects:
            if isinstance(effect, machine.Refuse):
                raise (Stale if effect.code == "stale" else Conflict)(effect.message)
        for effect in effects:
            self._detaching = self._detaching or isinstance(effect, machine.Detach)
            if isinstance(effect, machine.Keep):
                self.session.running.statements.append(self._stop_row(effect.stop))
            else:
                self._effects.append(effect)
        kernel = self.session.running.kernel
        if kernel is not None:
            kernel.foreign.own_is_attached = self.state.phase != "off"
        if effects:
            self.show()
            self._settled.set()
            self._wake.set()

    def _stop_row(self, stop: machine.Stop | None) -> Any:
        if stop is None or self.state.incarnation is None or self.state.connection is None:
            return rows.forget_stop(self.session.row.id)
        return rows.put_stop(
            self.session.row.id,
            rows.StopRow(
                incarnation=self.state.incarnation,
                connection=self.state.connection,
                number=stop.number,
                seq=stop.seq,
                thread=stop.thread,
                reason=stop.reason,
                at=stop.at,
            ),
        )

    # The task ------------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """The session's task that performs what was decided."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            while True:
                self._wake = anyio.Event()
                await self._perform_all()
                while self._called:
                    tasks.start_soon(self._answer_breakpoint, self._called.pop(0))
                self._tell_console()
                if not self._effects:
                    await self._wake.wait()

    async def _perform_all(self) -> None:
        async with self._performing:  # in order, whoever is in a hurry
            while self._effects:
                effect = self._effects.pop(0)
                try:
                    await self._perform(effect)
                except (OctavoError, TimeoutError) as error:
                    log.info("%s: %s: %s", self.session.path, type(effect).__name__, error)
        self.session.running.commit()

    async def _perform(self, effect: machine.Effect) -> None:
        match effect:
            case machine.Arm(incarnation):
                assert self._tasks is not None
                self._tasks.start_soon(self._arm, incarnation)
            case machine.Look(stop):
                await self._stopped(stop)
            case machine.Hide(soon):
                assert self._tasks is not None
                if soon:
                    self._tasks.start_soon(self._hide_soon, self.session.board.picture.number)
                else:
                    self.show_picture(shapes.Picture())
            case machine.Go(stop, action):
                await self._go(stop, action)
            case machine.Pause():
                await self.ask("pause", {"threadId": "*"})
            case machine.LetGo(stop):
                await self._clear()
                await self.ask("continue", {"threadId": stop.thread}, timeout=2)
            case machine.Sync() if self.state.phase == "arming":
                pass  # it is told all when it has come
            case machine.Sync():
                if not self.python and self.state.connection is not None and self.session.asking.has_subshells():
                    self._learn(await self.session.asking.ask(helper.plain("about"), timeout=5))
                await self.sync()
            case machine.Release():
                self.session.running.go_on()
            case machine.Detach(incarnation, connection):
                try:
                    await self._detach(incarnation, connection)
                finally:
                    self._detaching = False
                    self.session.running.go_on()
            case machine.Keep() | machine.Refuse():
                pass

    async def ask(self, command: str, arguments: dict[str, object], *, timeout: float = 10) -> dict[str, Any]:
        """Ask the debugger. Raises `Conflict` where it is not attached or does not answer."""
        connection, kernel = self.state.connection, self.session.running.kernel
        if connection is None or kernel is None:
            raise Conflict("The debugger is not attached.")
        reply = await kernel.host.debug(kernel.incarnation, connection, command, arguments, timeout=timeout)
        if reply.get("late") or reply.get("closed"):
            raise Conflict(str(reply.get("message")))
        return reply

    async def _arm(self, incarnation: Incarnation) -> None:
        try:
            with anyio.fail_after(ARM_SECONDS):
                await self._attach(incarnation)
        except TimeoutError:
            self.decide(machine.Failed(incarnation, "The debugger did not come in time."))
        except OctavoError as error:
            self.decide(machine.Failed(incarnation, error.message))
        self.session.running.commit()
        self._wake.set()

    async def _attach(self, incarnation: Incarnation) -> None:
        kernel = self.session.running.kernel
        if kernel is None or kernel.incarnation != incarnation:
            return
        before = f"{helper.load(helper.ATTACH)}\n{helper.load(helper.LOOK)}"
        connection, said = await self._dial(kernel, before, tcp=False)
        if said.get("again") == "tcp":
            await kernel.host.debug_close(incarnation, connection)
            connection, said = await self._dial(kernel, before, tcp=True)
        await self._open.wait()
        if self._closed:
            raise Conflict(f"The debugger could not be attached: {self._closed}.")
        self._learn(said)
        self._forget_sent()
        await self.sync()
        await self.ask("configurationDone", {})
        self.decide(machine.Attached(connection))

    def _learn(self, said: Any) -> None:
        """What the helper says of its kernel."""
        if isinstance(said, dict):
            self.breakpoints.folder = str(said.get("folder") or "")
            self.python = tuple(said.get("python") or ())
            self.looking.loaded = True

    async def _dial(self, kernel: LiveKernel, before: str, *, tcp: bool) -> tuple[int, dict[str, Any]]:
        """Let the host listen and the kernel dial it: which connection, and what the helper says."""
        self._open, self._closed = anyio.Event(), ""
        attach: dict[str, object] = {"justMyCode": self.breakpoints.settings.just_my_code}
        where = await kernel.host.debug_listen(kernel.incarnation, attach, tcp=tcp)
        connection = int(where["connection"])
        self.decide(machine.Listening(connection))
        arguments = (str(where["address"]), int(where["port"] or 0), str(where["ours"]), str(where["theirs"]))
        said = await self.session.asking.ask(helper.plain("attach", *arguments), before=before)
        return connection, said if isinstance(said, dict) else {}

    async def _detach(self, incarnation: Incarnation, connection: int | None) -> None:
        kernel = self.session.running.kernel
        if kernel is None or kernel.incarnation != incarnation or kernel.execution_state == "dead":
            return
        self._forget_sent()
        try:
            await self.session.asking.ask(helper.plain("detach"), before=helper.load(helper.ATTACH), timeout=5)
        finally:
            if connection is not None:
                await kernel.host.debug_close(incarnation, connection)

    # Breakpoints to the debugger -----------------------------------------------------------------------------------------

    def _forget_sent(self) -> None:
        self._sent.clear()
        self._sent_filters = ()
        self._numbers.clear()
        self._answers.clear()
        for kept in self.breakpoints.kept.values():
            if kept.shown.state == "set":
                kept.shown.state = "waiting"

    async def sync(self) -> None:
        """Tell the debugger what differs from what it knows."""
        async with self._syncing:
            if self.state.connection is None or self.state.phase == "off" or self.state.quiet:
                return
            wanted = self.breakpoints.wanted()
            changed = [path for path in {*wanted, *self._sent} if wanted.get(path, ()) != self._sent.get(path, ())]
            for path in changed:
                await self._set(path, wanted.get(path, ()))
            await self._set_filters()
        self.show()

    async def _set(self, path: str, found: tuple[breakpoints.Wanted, ...]) -> None:
        reply = await self.ask("setBreakpoints", breakpoints.request(path, found))
        self._sent[path] = found
        if not found:
            del self._sent[path]
        body = reply.get("body")
        answers = body.get("breakpoints") if isinstance(body, dict) else None
        for one, answer in zip(found, answers if isinstance(answers, list) else [], strict=False):
            kept = self.breakpoints.kept.get(one.id)
            if kept is None or not isinstance(answer, dict) or kept.shown.why:
                continue
            if isinstance(answer.get("id"), int):
                self._numbers[answer["id"]] = one.id
            if answer.get("verified"):
                kept.shown.state = "set"

    async def _set_filters(self) -> None:
        settings = self.breakpoints.settings
        exceptions = settings.exceptions
        if self.once and exceptions == "never":
            exceptions = "uncaught"
        wanted = (exceptions, tuple(settings.functions), settings.just_my_code)
        if wanted == self._sent_filters:
            return
        before = self._sent_filters or ("never", (), settings.just_my_code)
        if wanted[0] != before[0]:
            filters = {"uncaught": ["userUnhandled"], "raised": ["raised"]}.get(exceptions, [])
            await self.ask("setExceptionBreakpoints", {"filters": filters})
        if wanted[1] != before[1]:
            functions = [{"name": name} for name in settings.functions]
            await self.ask("setFunctionBreakpoints", {"breakpoints": functions})
        if wanted[2] != before[2]:
            await self.ask("attach", {"justMyCode": settings.just_my_code})
        self._sent_filters = wanted

    async def _clear(self) -> None:
        async with self._syncing:
            for path in list(self._sent):
                await self._set(path, ())
            if self._sent_filters and self._sent_filters[0] != "never":
                await self.ask("setExceptionBreakpoints", {"filters": []})
            if self._sent_filters and self._sent_filters[1]:
                await self.ask("setFunctionBreakpoints", {"breakpoints": []})
            self._sent_filters = ()

    # Stops ---------------------------------------------------------------------------------------------------------------

    async def _stopped(self, stop: machine.Stop) -> None:
        if self.state.stop != stop:
            return
        picture = await self.looking.stop(stop)
        if self.state.stop != stop:
            return
        if self.by_line and stop.reason == "step" and picture.frames and picture.frames[0].at.cell != self.by_line:
            action: machine.Action = "out"  # out of what is not this cell's code, until it is the cell's again
            self.decide(machine.GoAsked(stop.number, action))
            return
        if self.breakpoints.temporary:
            self.breakpoints.temporary.clear()
            self._effects.append(machine.Sync())
        self.show_picture(picture)

    def show_picture(self, picture: shapes.Picture) -> None:
        if picture != self.session.board.picture:
            self.session.board.picture = picture
            self.session.board.touch("picture")
            self.session.board.hurry()
        self.show()
        self.session.clients.wake()

    async def _hide_soon(self, number: int) -> None:
        await anyio.sleep(A_MOMENT)
        if self.state.stop is None and self.session.board.picture.number == number:
            self.show_picture(shapes.Picture())

    async def look_again(self, number: int) -> None:
        """A value may have changed under the open stop."""
        stop = self.state.stop
        if stop is not None and stop.number == number:
            picture = await self.looking.stop(stop)
            if self.state.stop == stop:
                self.show_picture(picture)

    def next_number(self) -> int:
        """For a picture that is no stop; numbers of both grow together."""
        self.state = replace(self.state, number=self.state.number + 1)
        return self.state.number

    def names_of(self, hit: Sequence[int]) -> list[str]:
        return [name for one in hit if (name := self._numbers.get(one))]

    async def _go(self, stop: machine.Stop, action: machine.Action) -> None:
        commands = {"over": "next", "into": "stepIn", "out": "stepOut", "line": "stepIn"}
        command = commands.get(action, "continue")
        arguments: dict[str, object] = {"threadId": stop.thread}
        if action == "into" and self.looking.target:
            arguments["targetId"] = self.looking.target
        await self.ask(command, arguments)

    # What is shown -------------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        """What is to be stopped at changed: tell the pages and the debugger."""
        self.show()
        self.session.running.commit()
        self._effects.append(machine.Sync())
        self._wake.set()

    def can(self) -> shapes.Can:
        why = self._why_not()
        info = (self.session.running.kernel.info if self.session.running.kernel is not None else None) or {}
        python = str((info.get("language_info") or {}).get("name", "")) == "python" if not why else False
        pause = why or ("" if self.session.asking.has_subshells() or self.state.phase == "running" else "subshells")
        asked = why if why == "none" else "" if python or why == "other" else "kernel"
        debug = "" if why == "none" else why
        return shapes.Can(debug=debug, pause=pause, inspect=asked, variables=asked, how="direct" if not why else "")

    def show(self) -> None:
        settings = self.breakpoints.settings
        shown = msgspec.convert(
            {
                "phase": self.state.phase,
                "why": self.state.why,
                "functions": settings.functions,
                "exceptions": settings.exceptions,
                "justMyCode": settings.just_my_code,
                "watches": settings.watches,
                "stepping": self.by_line,
            },
            shapes.Debug,
        )
        shown.breakpoints = [msgspec.structs.replace(kept.shown) for kept in self.breakpoints.kept.values()]
        shown.can = self.can()
        if shown != self.session.board.debug:
            self.session.board.debug = shown
            self.session.board.touch("debug")
            self.session.clients.wake()

    def _tell_console(self) -> None:
        if not self._said:
            return
        lost = max(0, self._said - CONSOLE)
        del self.console[:-CONSOLE]
        said = messages.DebugSaid(lines=self.console[-min(self._said, CONSOLE) :], lost=lost)
        self._said = 0
        for client in self.session.clients.all:
            client.tell(said)

    def greet(self, client: Client) -> None:
        """A page has come: what the console holds."""
        if self.console:
            client.tell(messages.DebugSaid(lines=self.console[-CONSOLE:]))

    # Commands of a page --------------------------------------------------------------------------------------------------

    def command(self, client: Client, message: messages.DebugCommand) -> None:
        """What a person sets takes effect here and now; what must wait for the kernel is answered later."""
        match message:
            case messages.DebugBreakpoint(breakpoint=asked):
                self.breakpoints.set(asked)
                self._set_by_person()
            case messages.DebugRemove(breakpoints=which):
                self.breakpoints.remove(which)
                self._set_by_person()
            case messages.DebugFilters():
                settings = self.breakpoints.settings
                settings.exceptions, settings.just_my_code = message.exceptions, message.just_my_code
                settings.functions = message.functions[:100]
                self.breakpoints.keep_settings()
                self._set_by_person()
            case messages.DebugWatches(watches=watches):
                self.breakpoints.settings.watches = [watch[:4000] for watch in watches[:100]]
                self.breakpoints.keep_settings()
                self._changed()
                if message.stop:
                    self._later(client, message)
                    return
            case messages.DebugPause():
                running = self.session.running
                if why := self.can().pause:
                    raise Conflict(PAUSE_WHY.get(why, "This kernel cannot be debugged."))
                incarnation = running.kernel.incarnation if running.kernel is not None else None
                self.decide(machine.PauseAsked(incarnation, self.session.asking.is_busy()))
            case messages.DebugOff():
                self.decide(machine.OffAsked())
            case messages.DebugGo():
                self._asked_to_go(client, message)
                return
            case _:
                self._later(client, message)
                return
        self.session.running.commit()
        client.tell(messages.Done(id=message.id))

    def _set_by_person(self) -> None:
        kernel = self.session.running.kernel
        if self.state.phase == "off" and kernel is not None and self.is_wanted() and not self.session.asking.is_busy():
            self.arm(person=True)
        self._changed()

    def debug_cell(self, message: messages.DebugCell) -> None:
        """The cell is about to be asked for: its run is to be debugged."""
        if why := self._why_not():
            if why != "none":
                raise Conflict(PAUSE_WHY[why])
        cell = CellId(message.cell)
        if cell not in self.session.edits.document:
            raise NotFound("That cell is not there.")
        self.once = RunId(message.id)
        self.by_line = message.cell if message.by_line else ""
        self.show()

    def _asked_to_go(self, client: Client, message: messages.DebugGo) -> None:
        if message.action == "end":
            if self.state.stop is None or self.state.stop.number != message.stop:
                raise Stale("That stop is over.")
            self._later(client, message)
        elif message.action in ("here", "jump"):
            if message.to is None:
                raise Invalid("It is not said to which line.")
            if self.state.stop is None or self.state.stop.number != message.stop:
                raise Stale("That stop is over.")
            self._later(client, message)
        else:
            self.looking.target = message.target
            self.decide(machine.GoAsked(message.stop, message.action))
            self.session.running.commit()
            client.tell(messages.Done(id=message.id))

    def _later(self, client: Client, message: messages.DebugCommand) -> None:
        if self._tasks is None:
            raise Conflict("The notebook is just being opened.")
        self._tasks.start_soon(self._answer, client, message)

    async def _answer(self, client: Client, message: messages.DebugCommand) -> None:
        try:
            shown = await self.looking.answer(message)
        except OctavoError as error:
            client.tell(messages.Failed(id=message.id, code=error.code, message=error.message, hint=error.hint or ""))
        else:
            client.tell(messages.Done(id=message.id, shown=shown))
        self.session.clients.wake()

    # After a start of the web process ------------------------------------------------------------------------------------

    async def recover(self) -> None:
        """Breakpoints from the journal; a debugger that is still attached, and where it stopped."""
        found = await self.session.journal.read(lambda db: rows.load(db, self.session.row.id))
        self.breakpoints.load(found)
        kernel = self.session.running.kernel
        if kernel is not None:
            await self._return(kernel.host, kernel.incarnation, found)
        self.show()

    async def _return(self, host: Host, incarnation: Incarnation, found: rows.DebugRows) -> None:
        try:
            listed = next((info for info in await host.processes() if info.incarnation == incarnation), None)
        except HostUnavailable:
            return
        for row in listed.debug if listed is not None else []:
            if not isinstance(row, dict) or row.get("state") != "open" or not isinstance(row.get("connection"), int):
                continue
            kept = next((one for one in found.stops if one.incarnation == incarnation), None)
            bodies = [body for body in row.get("stopped") or () if isinstance(body, dict)]
            stop = None
            if bodies and kept is not None and kept.connection == row["connection"]:
                stop = machine.Stop(kept.number, kept.seq, kept.thread, kept.reason, (), kept.at)
            elif bodies and isinstance(bodies[-1].get("threadId"), int):  # it stopped, and we died before that was kept
                reason = pictures.reason(str(bodies[-1].get("reason", "")))
                number = self.next_number()
                stop = machine.Stop(number, 0, bodies[-1]["threadId"], reason, (), self.session.shared.now())
            for shown in self.session.board.cells.values():
                if shown.run is not None and shown.run.incarnation == incarnation:
                    self.breakpoints.note(shown.run.cell, shown.run.code)
            self.decide(machine.Returned(incarnation, row["connection"], stop))


PAUSE_WHY = {
    "none": "No kernel runs.",
    "subshells": "This kernel cannot be joined while it runs: that needs ipykernel 7. Set a breakpoint before you run.",
    "kernel": "This kernel has no debugger that Octavo can use.",
    "other": "Another client debugs this kernel. Detach it first.",
}
