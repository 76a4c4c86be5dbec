"""A fork of a warm image is to be what a stock `python -m ipykernel_launcher` is: the same behaviours in both, compared."""

import os
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import behaviours
import pytest
from reading import Kernel, content_of, is_kind, is_life, kind_of, parent_of, start, text_of

from octavo import ids
from octavo.kernels import launching, specs
from octavo.kernels.connection import Host
from octavo.kernels.events import Event, LaunchSpec
from octavo.settings import schema
from octavo.wire import messages

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]

PRELOADED = ["numpy", "pandas", "matplotlib"]
WAYS = ["stock", "fork", "preloaded"]
KNOWN = {
    "environment": "debugpy's import sets variables in a stock kernel before anything is debugged",
    "environment of a child": "the same",
}
KNOWN_PRELOADED = {
    **KNOWN,
    "warnings": "numpy adds four filters when it is imported",
}


class Room(NamedTuple):
    """A folder for one kernel, with a module, IPython's configuration and a startup file."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> "Room":
        startup = path / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (path / "work").mkdir()
        (path / "tmp").mkdir()
        (path / "work" / "local_thing.py").write_text("VALUE = 7\n")
        (startup / "00.py").write_text("STARTED = 'by the startup file'\n")
        (startup.parent / "ipython_kernel_config.py").write_text(
            "c = get_config()\nc.InteractiveShell.autocall = 1\nc.IPKernelApp.exec_lines = ['LINE = 1']\n"
        )
        return cls(path)

    def spec(self, way: str) -> LaunchSpec:
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DISPLAY", "OMP_NUM_THREADS")},
            "FOO": "bar",
            "TZ": "Asia/Kolkata",
            "IPYTHONDIR": str(self.path / "ipython"),
            "TMPDIR": str(self.path / "tmp"),
        }
        settings = schema.Kernels(images=way != "stock", preload=PRELOADED if way == "preloaded" else [])
        python = specs.own_python()
        spec = launching.launch_spec(python, cwd=self.path / "work", environment=environment, settings=settings)
        if way == "stock":
            return LaunchSpec(argv=python.argv, env=spec.env, cwd=spec.cwd)
        return spec

    def names(self, kernel: Kernel) -> dict[str, str]:
        return {str(self.path): "ROOM", str(kernel.incarnation): "INCARNATION", str(kernel.process): "PROCESS"}


@asynccontextmanager
async def kernels(host: Host, *ways: str) -> AsyncIterator[list[tuple[Kernel, Room]]]:
    with tempfile.TemporaryDirectory(prefix="octavo-e-") as folder:
        found = []
        if "preloaded" in ways:  # the first of an image has nothing preloaded yet
            await (await start(host, Room.make(Path(folder) / "first").spec("preloaded"))).ready()
            await warm(host)
        for way in ways:
            room = Room.make(Path(folder) / f"{len(found)}")
            kernel = await (await start(host, room.spec(way))).ready()
            assert content_of(kernel.events[0]).get("image", False) == (way != "stock"), kernel.events[0]
            await kernel.run(f"{behaviours.SETUP}\nHOST = {host.pid}")
            found.append((kernel, room))
        yield found


async def warm(host: Host) -> None:
    with anyio.fail_after(60):
        while any(image.state != "warm" for image in await host.images()):  # noqa: ASYNC110 - no event here
            await anyio.sleep(0.05)


def seen(events: list[Any], names: dict[str, str]) -> str:
    """All that a run showed, as text."""
    lines = [text_of(events), text_of(events, "stderr")]
    for event in events:
        content = content_of(event)
        if kind_of(event) in ("execute_result", "display_data"):
            lines += [content["data"]["text/plain"], *sorted(content["data"])]
        elif kind_of(event) == "error":
            lines += [content["ename"], content["evalue"], *content["traceback"]]
    return behaviours.plain("\n".join(lines), names)


async def test_every_behaviour_is_that_of_a_stock_kernel(host: Host) -> None:
    async with kernels(host, *WAYS) as (stock, *forks):
        different: dict[str, dict[str, tuple[str, str]]] = {way: {} for way in WAYS[1:]}
        for name, code in behaviours.PIECES.items():
            wanted = seen(await stock[0].run(code), stock[1].names(stock[0]))
            for way, (kernel, room) in zip(WAYS[1:], forks, strict=True):
                found = seen(await kernel.run(code), room.names(kernel))
                if found != wanted:
                    different[way][name] = (wanted, found)
    assert {name: pair for name, pair in different["fork"].items() if name not in KNOWN} == {}
    assert {name: pair for name, pair in different["preloaded"].items() if name not in KNOWN_PRELOADED} == {}


async def test_what_differs_in_the_environment_is_debugpys_alone(host: Host) -> None:
    async with kernels(host, "stock", "fork") as both:
        environments = []
        for kernel, room in both:
            text = seen(await kernel.run(behaviours.PIECES["environment"]), room.names(kernel))
            environments.append(dict(re.findall(r"\('([^']*)', '([^']*)'\)", text)))
    stock, fork = environments
    assert {name for name in {*stock, *fork} if stock.get(name) != fork.get(name)} <= {
        "PYDEVD_USE_FRAME_EVAL", "IDE_PROJECT_ROOTS", "LIBRARY_ROOTS", "PYDEVD_IPYTHON_COMPATIBLE_DEBUGGING",
    }  # fmt: skip


@pytest.mark.parametrize("name", behaviours.INTERRUPTED)
async def test_an_interrupt_ends_what_runs_and_the_kernel_goes_on(host: Host, name: str) -> None:
    async with kernels(host, "stock", "fork") as both:
        said = []
        for kernel, _ in both:
            request = await kernel.submit(behaviours.INTERRUPTED[name])
            await kernel.until(is_kind("execute_input"))
            await anyio.sleep(0.7)
            await kernel.host.interrupt(kernel.incarnation)
            with anyio.fail_after(30):
                run = await kernel.finish(request)
            reply = next(content_of(event) for event in run if kind_of(event) == "execute_reply")
            said.append((reply["status"], reply.get("ename"), text_of(await kernel.run("print(1 + 1)"))))
    assert said[0] == said[1]


async def test_input_is_asked_for_alike(host: Host) -> None:
    async with kernels(host, "stock", "fork") as both:
        said = []
        for kernel, _ in both:
            request = await kernel.submit("import getpass\nprint(input('who? '), getpass.getpass('word: '))")
            asked = []
            for value in ("me", "secret"):
                prompt = await kernel.until(is_kind("input_request"))
                asked.append((content_of(prompt)["prompt"], content_of(prompt)["password"]))
                await kernel.answer(prompt, value)
            said.append((asked, text_of(await kernel.finish(request))))
    assert said[0] == said[1]


@pytest.mark.parametrize("name", behaviours.ENDINGS)
async def test_a_kernel_that_ends_itself_is_told_alike(host: Host, name: str) -> None:
    async with kernels(host, "stock", "fork") as both:
        said = []
        for kernel, _ in both:
            await kernel.submit("import atexit; atexit.register(lambda: open('at-exit', 'w').write('ran'))")
            await kernel.submit(behaviours.ENDINGS[name])
            exited = content_of(await kernel.until(is_life("exited")))
            said.append((exited["code"], exited["signal"], exited["by_host"], exited["oom"]))
    assert said[0] == said[1]


async def test_a_shutdown_runs_what_was_registered_for_the_exit(host: Host) -> None:
    async with kernels(host, "stock", "fork") as both:
        said = []
        for kernel, room in both:
            await kernel.run("import atexit; atexit.register(lambda: open('at-exit', 'w').write('ran'))")
            await host.stop(kernel.incarnation, grace=60, shutdown=messages.shutdown_request(ids.new_request(), "test"))
            exited = content_of(await kernel.until(is_life("exited")))
            said.append((exited["code"], exited["signal"], (room.path / "work" / "at-exit").read_text()))
    assert said == [(0, None, "ran")] * 2


async def test_no_two_forks_have_a_random_value_in_common(host: Host) -> None:
    async with kernels(host, "preloaded", "preloaded") as both:
        values = [set(text_of(await kernel.run(behaviours.RANDOM)).split()) for kernel, _ in both]
    assert len(values[0]) == 10
    assert values[0] & values[1] <= {"1"}  # each room has a history of its own, and both are its first session


async def test_the_debugger_works_in_a_fork_though_debugpy_comes_late(host: Host) -> None:
    async with kernels(host, "stock", "fork") as both:
        said = [await debugged(kernel) for kernel, _ in both]
    assert said[0] == said[1]
    assert said[0][-2:] == [("continue", True), "4\n"]


async def debugged(kernel: Kernel) -> list[Any]:
    """From the first question to a stop at a breakpoint and on."""
    said: list[Any] = []

    async def ask(command: str, **arguments: Any) -> dict[str, Any]:
        content = {"seq": len(said), "type": "request", "command": command, "arguments": arguments}
        header = {"msg_id": os.urandom(16).hex(), "msg_type": "debug_request", "session": "test"}
        await kernel.host.send(kernel.incarnation, "control", messages.parts_of(header, {}, {}, content))
        reply = content_of(
            await event(kernel, lambda e: kind_of(e) == "debug_reply" and parent_of(e) == header["msg_id"])
        )
        said.append((command, reply.get("success")))
        body = reply.get("body", {})
        assert isinstance(body, dict)
        return body

    said.append(sorted(await ask("debugInfo")))
    await kernel.run("walked = [1, 2]")
    variables = (await ask("inspectVariables"))["variables"]
    said.append([v["value"] for v in variables if v["name"] == "walked"])
    await ask("initialize", clientID="x", adapterID="", pathFormat="path", linesStartAt1=True, columnsStartAt1=True)
    await ask("attach", justMyCode=True)
    code = "def add(a):\n    b = a + 1\n    return b\nprint(add(3))"
    source = (await ask("dumpCell", code=code))["sourcePath"]
    await ask("setBreakpoints", source={"path": source}, breakpoints=[{"line": 3}])
    await ask("configurationDone")
    request = await kernel.submit(code)
    stopped = await event(kernel, lambda e: kind_of(e) == "debug_event" and content_of(e)["event"] == "stopped")
    thread = content_of(stopped)["body"]["threadId"]
    frames = (await ask("stackTrace", threadId=thread))["stackFrames"]
    said.append([(frame["name"], frame["line"]) for frame in frames[:2]])
    await ask("continue", threadId=thread)
    await event(kernel, lambda e: kind_of(e) == "execute_reply" and parent_of(e) == request)
    await event(kernel, lambda e: kind_of(e) == "stream" and parent_of(e) == request)
    said.append(text_of(kernel.events))
    return said


async def event(kernel: Kernel, found: Callable[[Event], bool]) -> Event:
    """One that has come, or comes."""
    for known in kernel.events:
        if found(known):
            return known
    return await kernel.until(found)
