"""Pictures of a debug session: what a stop looks like, what an old error left, what is in the namespace; and all that is asked of them.

A live picture is asked through the debugger, in the thread that is stopped; the others by short silent code (`asking`).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import msgspec

from octavo.debug import helper, machine, pictures, shapes, sources
from octavo.errors import Conflict, Invalid, KernelUnavailable, NotFound, OctavoError, Stale
from octavo.ids import CellId, RunId
from octavo.session import messages

if TYPE_CHECKING:
    from octavo.session.debugging import Debugging
    from octavo.session.session import Session

T = TypeVar("T", bound=msgspec.Struct)
MAX_CODE = 200_000
NAMESPACE = 0
"""Number of the picture that `DebugNames` makes; a stop or an error never has it."""


class Dead(msgspec.Struct):
    """A picture of an error. `frames`: by id, as the helper named them."""

    run: str
    frames: dict[int, pictures.RawFrame]


class Looking:
    """`loaded`: the kernel has the helper. `target`: of `DebugTargets`, for the next step into."""

    def __init__(self, session: "Session", debugging: "Debugging") -> None:
        self.session, self.debugging = session, debugging
        self.loaded = False
        self.target = 0
        self._live: dict[int, pictures.RawFrame] = {}
        self._dead: dict[int, Dead] = {}

    def forget(self) -> None:
        self.loaded = False
        self._live.clear()
        self._dead.clear()

    # A stop --------------------------------------------------------------------------------------------------------------

    async def stop(self, stop: machine.Stop) -> shapes.Picture:
        asked: dict[str, dict[str, Any]] = {}

        async def ask(command: str, **arguments: object) -> None:
            asked[command] = await self.debugging.ask(command, arguments)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: ask("stackTrace", threadId=stop.thread, startFrame=0, levels=pictures.MAX_FRAMES))
            tasks.start_soon(lambda: ask("threads"))
            if stop.reason == "exception":
                tasks.start_soon(lambda: ask("exceptionInfo", threadId=stop.thread))
        raw = pictures.raw_frames(asked["stackTrace"])
        self._live = {one.id: one for one in raw}
        picture = await self._picture(stop.number, raw, stop.thread)
        running = self.session.running.state.running
        picture.reason, picture.at = stop.reason, stop.at
        picture.run, picture.cell = (running.id, running.cell) if running is not None else ("", "")
        picture.breakpoints = self.debugging.names_of(stop.hit)
        picture.raised = pictures.raised(asked["exceptionInfo"]) if "exceptionInfo" in asked else None
        picture.threads = pictures.threads(asked["threads"], stop.thread)
        return picture

    async def _picture(self, number: int, raw: list[pictures.RawFrame], thread: int) -> shapes.Picture:
        frames = pictures.frames(raw, self._locate)
        top = pictures.top(frames)
        view = await self._view(number, frames[top].id) if frames else None
        return shapes.Picture(number=number, thread=thread, frames=frames, top=top, view=view)

    async def _view(self, number: int, frame: int) -> shapes.FrameView:
        request = {"op": "view", "frame": frame, "watches": self.debugging.breakpoints.settings.watches}
        view = await self._look(number, request, shapes.FrameView)
        path = self._frame(number, frame).path
        for one in view.inline:
            one.line = self._locate(path, one.line).at.line
        view.inline = [one for one in view.inline if one.line]
        return view

    # Where frames are ----------------------------------------------------------------------------------------------------

    def _locate(self, path: str, line: int) -> pictures.Located:
        cell, text, before = self._source(path)
        if cell:
            if text is None:
                return pictures.Located(shapes.Place(line=0, cell=cell), own=True, old=True, source=True)
            document = self.session.edits.document
            now = document.source(CellId(cell)) if CellId(cell) in document else text
            at = shapes.Place(line=sources.line_in(line + before, text, now), cell=cell)
            return pictures.Located(at, own=True, old=text != now, source=text != now)
        folder = self.session.place.real.parent
        inside = Path(path).is_relative_to(folder) if path.startswith("/") else False
        shown = str(Path(path).relative_to(folder)) if inside else path
        library = pictures.is_library(path)
        return pictures.Located(shapes.Place(line=line, path=shown), own=not library, source=library or not inside)

    def _source(self, path: str) -> tuple[str, str | None, int]:
        """Of which cell and text a source of the kernel is, and how many lines of that come before it."""
        kept = self.debugging.breakpoints
        found = sources.named(path)
        if found is not None:
            text = kept.text_of(found.cell, found.version)
            if text is not None:
                return found.cell, text, 0
            for whole in kept.ran.get(found.cell, ()):
                inner = sources.body(whole)
                if inner is not None and sources.version(inner[0]) == found.version:
                    return found.cell, whole, inner[1]
            return found.cell, None, 0
        earlier = kept.by_temporary_name(path)
        if earlier is not None:
            return earlier[0], earlier[1], 0
        running = self.session.running.state.running
        inner = sources.body(running.code) if running is not None else None
        if path == "<timed exec>" and running is not None and inner is not None:
            return running.cell, running.code, inner[1]
        return "", None, 0

    def _frame(self, number: int, frame: int) -> pictures.RawFrame:
        dead = self._dead.get(number)
        found = dead.frames.get(frame) if dead is not None else self._live.get(frame) if self._is_open(number) else None
        if found is None:
            if dead is None and not self._is_open(number):
                raise Stale("That stop is over.")
            raise NotFound("That frame is not there.")
        return found

    def _is_open(self, number: int) -> bool:
        stop = self.debugging.state.stop
        return stop is not None and stop.number == number

    # Asking a picture ----------------------------------------------------------------------------------------------------

    async def _look(self, number: int, request: dict[str, object], kind: type[T], *, timeout: float = 30) -> T:
        """What the helper answers. Raises `Stale` for a picture that is over, `Conflict` where it cannot answer."""
        request = {**request, "stop": number}
        if number == NAMESPACE or number in self._dead:
            request["kind"] = "error" if number else "names"
            said = await self._ask_kernel(request)
        elif self._is_open(number):
            said = await self._ask_thread(request, timeout)
        else:
            raise Stale("That stop is over.")
        if not isinstance(said, dict) or not isinstance(said.get("ok"), dict):
            raise Conflict(
                str(said.get("error")) if isinstance(said, dict) else "The kernel's answer could not be read."
            )
        if said["ok"].get("gone"):
            raise NotFound("The kernel does not have it any more.")
        try:
            return msgspec.convert(said["ok"], kind)
        except msgspec.ValidationError as error:
            raise Conflict("The kernel's answer could not be read.") from error

    async def _ask_kernel(self, request: dict[str, object]) -> Any:
        if self.session.running.kernel is None or self.session.running.state.phase != "ready":
            raise KernelUnavailable("No kernel runs.", hint="Run a cell to start one.")
        before = "" if self.loaded else helper.load(helper.LOOK)
        said = await self.session.asking.ask(helper.look(request), before=before)
        self.loaded = True
        return said

    async def _ask_thread(self, request: dict[str, object], timeout: float) -> Any:
        frame = request.get("frame") or next(iter(self._live), 0)
        arguments = {"expression": helper.look(request), "frameId": frame, "context": "clipboard"}
        reply = await self._ask_until_over("evaluate", arguments, timeout)
        body = reply.get("body")
        if not reply.get("success") or not isinstance(body, dict):
            raise Conflict(f"The debugger could not look: {str(reply.get('message'))[:500]}")
        try:
            return msgspec.json.decode(str(body.get("result")))
        except msgspec.DecodeError:
            raise Conflict("The debugger's answer could not be read.") from None

    async def _ask_until_over(self, command: str, arguments: dict[str, object], timeout: float) -> dict[str, Any]:
        """Ask the thread that is stopped; what it has not answered when it goes on, it never will. Raises `Stale`."""
        reply: dict[str, Any] | None = None
        problem: OctavoError | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cancel_when_over, tasks.cancel_scope)
            try:
                reply = await self.debugging.ask(command, arguments, timeout=timeout)
            except OctavoError as error:
                problem = error
            tasks.cancel_scope.cancel()
        if problem is not None:
            raise problem
        if reply is None:
            raise Stale("That stop is over.")
        return reply

    async def _cancel_when_over(self, scope: anyio.CancelScope) -> None:
        await self.debugging.over.wait()
        scope.cancel()

    # Commands ------------------------------------------------------------------------------------------------------------

    async def answer(self, message: messages.DebugCommand) -> messages.Shown | None:
        match message:
            case messages.DebugWatches() | messages.DebugView():
                return messages.Shown(view=await self._view(message.stop, message.frame))
            case messages.DebugFrames():
                return messages.Shown(picture=await self._frames(message))
            case messages.DebugExpand(stop=stop):
                request = {"op": "expand", "ref": message.ref, "start": message.start, "count": message.count}
                return messages.Shown(children=await self._look(stop, request, shapes.Children))
            case messages.DebugSet() | messages.DebugEvaluate():
                return await self._evaluate(message)
            case messages.DebugComplete(stop=stop):
                _check(message.code)
                request = {"op": "complete", "frame": message.frame, "code": message.code, "cursor": message.cursor}
                return messages.Shown(candidates=await self._look(stop, request, shapes.Candidates))
            case messages.DebugSource():
                return messages.Shown(text=await self._text(message))
            case messages.DebugTargets():
                return messages.Shown(targets=await self._targets(message))
            case messages.DebugGo():
                await self._go(message)
            case messages.DebugError():
                return messages.Shown(picture=await self._error(message.run))
            case messages.DebugLeave(stop=stop):
                if stop in self._dead:
                    await self._look(stop, {"op": "leave"}, Nothing)
                    self._dead.pop(stop, None)
            case messages.DebugNames():
                return messages.Shown(names=await self._names(message))
            case messages.DebugTable():
                request = {
                    "op": "table",
                    "name": message.name,
                    "start": message.start,
                    "count": message.count,
                    "left": message.left,
                    "columns": message.columns,
                }
                return messages.Shown(table=await self._look(NAMESPACE, request, shapes.Table))
            case _:
                raise Invalid("That cannot be asked.")
        return None

    async def _evaluate(self, message: messages.DebugSet | messages.DebugEvaluate) -> messages.Shown:
        request: dict[str, object] = {"frame": message.frame}
        if isinstance(message, messages.DebugSet):
            _check(message.expression)
            request |= {"op": "assign", "ref": message.ref, "key": message.key, "expression": message.expression}
        else:
            _check(message.code)
            request |= {"op": "evaluate", "code": message.code, "hover": message.hover, "rich": message.rich}
        hover = isinstance(message, messages.DebugEvaluate) and message.hover
        said = await self._look(message.stop, request, shapes.Evaluated, timeout=5 if hover else 3600)
        if not hover and message.stop not in self._dead:
            await self.debugging.look_again(message.stop)
        return messages.Shown(evaluated=said)

    async def _frames(self, message: messages.DebugFrames) -> shapes.Picture:
        number = message.stop
        if number in self._dead:
            return await self._dead_frames(number, message.thread, message.start)
        if not self._is_open(number):
            raise Stale("That stop is over.")
        arguments: dict[str, object] = {
            "threadId": message.thread,
            "startFrame": message.start,
            "levels": pictures.MAX_FRAMES,
        }
        raw = pictures.raw_frames(await self.debugging.ask("stackTrace", arguments))
        self._live |= {one.id: one for one in raw}
        return await self._picture(number, raw, message.thread)

    async def _text(self, message: messages.DebugSource) -> shapes.Text:
        frame = self._frame(message.stop, message.frame)
        cell, text, _ = self._source(frame.path)
        if cell and text is not None:
            return shapes.Text(text=text)
        request: dict[str, object] = {"op": "source", "frame": message.frame, "path": frame.path}
        return await self._look(message.stop, request, shapes.Text)

    async def _targets(self, message: messages.DebugTargets) -> shapes.Targets:
        if not self._is_open(message.stop):
            raise Stale("That stop is over.")
        reply = await self.debugging.ask("stepInTargets", {"frameId": message.frame})
        body = reply.get("body")
        rows = body.get("targets") if isinstance(body, dict) else None
        found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return shapes.Targets([shapes.Target(id=int(row["id"]), label=str(row["label"])) for row in found])

    async def _go(self, message: messages.DebugGo) -> None:
        """Those ways to go on that must ask before: to a line, from a line, and to the cell's end."""
        debugging = self.debugging
        if message.action == "end":
            await self.session.running.interrupt()
            return
        assert message.to is not None
        stop = debugging.state.stop
        if stop is None or stop.number != message.stop:
            raise Stale("That stop is over.")
        paths = self._paths(message.to)
        if message.action == "here":
            debugging.breakpoints.temporary = dict(paths)
            await debugging.sync()
            debugging.decide(machine.GoAsked(message.stop, "here"))
            self.session.running.commit()
            return
        frame = next(iter(self._live.values()), None)
        path, line = next(((p, n) for p, n in paths if frame is not None and p == frame.path), ("", 0))
        if not path:
            raise Conflict("It can go on only within the function where it stopped.")
        reply = await debugging.ask("gotoTargets", {"source": {"path": path}, "line": line})
        body = reply.get("body")
        targets = body.get("targets") if isinstance(body, dict) else None
        if not targets:
            raise Conflict(f"It cannot go on there: {reply.get('message') or 'no code'}.")
        reply = await debugging.ask("goto", {"threadId": stop.thread, "targetId": targets[0]["id"]})
        if not reply.get("success"):
            raise Conflict(f"It cannot go on there: {str(reply.get('message'))[:300]}.")

    def _paths(self, to: shapes.Place) -> list[tuple[str, int]]:
        kept = self.debugging.breakpoints
        if not to.cell:
            return [(str(kept.absolute(to.path)), to.line)]
        now, made = self.session.edits.document.source(CellId(to.cell)), []
        for text in kept.ran.get(to.cell, ()):
            line = sources.line_in(to.line, now, text)
            if line:
                made.append((sources.cell_name(to.cell, text), line))
                if kept.folder:
                    made.append((sources.temporary_name(kept.folder, text), line))
        return made

    # Errors of the past --------------------------------------------------------------------------------------------------

    async def _error(self, run: str) -> shapes.Picture:
        found = next(
            (shown for shown in self.session.board.cells.values() if shown.run is not None and shown.run.id == run),
            None,
        )
        kernel = self.session.running.kernel
        if found is None or found.run is None or kernel is None:
            raise NotFound("Of that run nothing is left to look at.")
        if found.run.incarnation != kernel.incarnation:
            raise KernelUnavailable("The kernel in which that error happened has ended.")
        self.debugging.breakpoints.note(found.run.cell, found.run.code)
        failed = [
            shown.run
            for shown in self.session.board.cells.values()
            if shown.run is not None and shown.run.incarnation == kernel.incarnation and shown.run.state == "error"
        ]
        latest = max(failed, key=lambda one: one.ended or 0, default=None)
        number = self.debugging.next_number()
        self._dead[number] = Dead(run, {})
        while len(self._dead) > 8:
            del self._dead[next(iter(self._dead))]
        request: dict[str, object] = {
            "op": "error",
            "run": run,
            "latest": latest is not None and latest.id == RunId(run),
        }
        try:
            threads = await self._look(number, request, Threads)
            self.debugging.breakpoints.folder = self.debugging.breakpoints.folder or threads.folder
            picture = await self._dead_frames(number, 1, 0)
        except BaseException:
            self._dead.pop(number, None)
            raise
        picture.threads = threads.threads
        picture.run, picture.cell, picture.at = run, found.run.cell, found.run.ended or 0
        return picture

    async def _dead_frames(self, number: int, thread: int, start: int) -> shapes.Picture:
        said = await self._look(number, {"op": "frames", "thread": thread, "start": start}, DeadFrames)
        self._dead[number].frames |= {one.id: one for one in said.frames}
        picture = await self._picture(number, said.frames, thread)
        picture.kind, picture.reason = "error", "error"
        picture.more, picture.raised = said.more, said.raised
        return picture

    async def _names(self, message: messages.DebugNames) -> shapes.Names:
        if (
            self.session.running.kernel is not None
            and not self.session.asking.has_subshells()
            and self.session.asking.is_busy()
        ):
            return shapes.Names(busy=True)
        request: dict[str, object] = {
            "op": "names",
            "start": message.start,
            "count": message.count,
            "filter": message.filter,
        }
        return await self._look(NAMESPACE, request, shapes.Names)


class Nothing(msgspec.Struct):
    pass


class Threads(msgspec.Struct):
    """`folder`: where the kernel says that its cells are."""

    threads: list[shapes.Thread]
    folder: str = ""


class DeadFrames(msgspec.Struct):
    frames: list[pictures.RawFrame]
    more: int = 0
    raised: shapes.Raised | None = None


def _check(code: str) -> None:
    if len(code) > MAX_CODE:
        raise Invalid(f"An expression has at most {MAX_CODE} characters.")
