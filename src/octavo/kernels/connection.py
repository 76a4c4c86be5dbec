"""The web process's connection to its kernel host: it is the host's one reader.

A connection that is lost stays lost: every call then raises HostUnavailable, and whoever owns it opens another.
What the host sends is checked like any stranger's bytes.
"""

import asyncio
import collections
import json
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast

import anyio
import msgspec
from anyio import run_process

from octavo.errors import HostUnavailable
from octavo.ids import Incarnation, ProcessId, RequestId
from octavo.kernels.costs import Costs
from octavo.kernels.events import Channel, Event, ImageInfo, LaunchSpec, ProcessInfo
from octavo.kernels.frames import decode_records, encode_frame, raise_error
from octavo.kernels.host import protocol
from octavo.settings import schema

PROGRAM: Final = Path(__file__).parent / "host" / "__main__.py"
ANSWER_TIMEOUT: Final = 30.0
START_TIMEOUT: Final = 15.0
KEPT_ENVIRONMENT: Final = ("PATH", "HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "XDG_RUNTIME_DIR")
"""What the host's own process needs; what its kernels get travels in their specs."""
T = TypeVar("T")
MAX_QUEUED: Final = protocol.WINDOW + 2 * protocol.MAX_FRAME


class Attachment:
    """The events of one incarnation, in order, as they come: `async for batch in attachment`.

    Ends after the event that the process exited; raises HostUnavailable when the connection is lost.
    The host sends on only what is acknowledged by `Host.ack`: by bytes, not by count, and at once when idle.
    """

    def __init__(self, host: "Host", incarnation: Incarnation, after: int) -> None:
        self.incarnation = incarnation
        self.position = after
        """Seq of the last event received."""
        self.number = 0
        self.first = 0
        self.last = 0
        self.acked = 0
        self._host = host
        self._batches: collections.deque[list[Event]] = collections.deque()
        self._queued = 0
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._detached = False

    def __aiter__(self) -> "Attachment":
        return self

    async def __anext__(self) -> list[Event]:
        """All that has come since the last batch; waits for one event at least."""
        while not self._batches:
            if self._ended or self._detached:
                raise StopAsyncIteration
            self._host.check()
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        self._queued = 0
        if len(self._batches) == 1:
            return self._batches.popleft()
        events = [event for batch in self._batches for event in batch]
        self._batches.clear()
        return events

    async def close(self) -> None:
        """Take no more events; the host then counts as away for this process."""
        if not self._detached:
            self._detached = True
            self.wake()
            await self._host.leave(self)

    def feed(self, events: list[Event], size: int) -> None:
        """Called by the connection. Raises ValueError where order or window is broken."""
        for event in events:
            if event.channel == Channel.GAP:
                if event.seq <= self.position:
                    raise ValueError("a gap that ends before the position")
            elif event.seq != self.position + 1:
                raise ValueError(f"event {event.seq} after {self.position}")
            self.position = event.seq
            if event.channel == Channel.LIFE and b'"exited"' in event.parts[0][:32]:
                self._ended = True
        self._queued += size
        if self._queued > MAX_QUEUED:
            raise ValueError("more events than the window allows")
        self._batches.append(events)
        self.wake()

    def stop(self) -> None:
        """Another attachment has taken its place."""
        self._detached = True
        self.wake()

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Host:
    """One connection to the host. `incompatible`: it speaks another version; only `processes` and `stop_all` work."""

    def __init__(self) -> None:
        self.state: Literal["connected", "lost", "incompatible"] = "connected"
        self.why = ""
        self.id = ""
        """Random for each start of the host: another one knows none of the former's incarnations."""
        self.pid = 0
        self.build = ""
        self._transport: asyncio.Transport | None = None
        self._lost = anyio.Event()
        self._count = 0
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._attaching: dict[int, Attachment] = {}
        self._attachments: dict[int, Attachment] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, run_directory: Path, settings: schema.Kernels, *, build: str, spawn: bool, lifeline: int | None = None
    ) -> AsyncIterator["Host"]:
        """Connect to the host of `run_directory`; where none answers and `spawn`, start one first.

        lifeline: a descriptor for tests; the started host ends with everything when its other end is closed.
        """
        host = cls()
        if not await host._connect(run_directory):
            if not spawn:
                raise HostUnavailable(
                    f"No kernel host answers in {run_directory}.",
                    hint="Start it, and look into its log if it ended by itself.",
                )
            await start_host(run_directory, settings, build=build, lifeline=lifeline)
            if not await host._connect(run_directory):
                raise HostUnavailable(
                    "The kernel host was started, but does not answer.", hint=f"Its log is {run_directory}/host.log."
                )
        try:
            await host._hello(build)
            yield host
        finally:
            host._close("closed")

    async def _connect(self, run_directory: Path) -> bool:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            await asyncio.get_running_loop().sock_connect(connection, os.fspath(run_directory / protocol.SOCKET_NAME))
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            connection.close()
            return False
        except OSError as problem:
            connection.close()
            raise HostUnavailable(
                f"The kernel host's socket in {run_directory} cannot be used: {problem}."
            ) from problem
        await asyncio.get_running_loop().create_unix_connection(lambda: _Frames(self), sock=connection)
        return True

    async def _hello(self, build: str) -> None:
        answer = await self._ask({"op": "hello", "versions": [protocol.VERSION], "build": build})
        if answer.get("error") == "version":
            self.state = "incompatible"
            self.why = f"A kernel host of another version runs here ({answer.get('build') or answer.get('versions')})."
        else:
            raise_error(answer)
            self.id, self.pid, self.build = (
                str(answer.get("host")),
                int(answer.get("pid") or 0),
                str(answer.get("build")),
            )

    # Requests

    async def processes(self) -> list[ProcessInfo]:
        return await self._listed("processes", list[ProcessInfo])

    async def images(self) -> list[ImageInfo]:
        return await self._listed("images", list[ImageInfo])

    async def costs(self) -> Costs | None:
        """What everything costs; None from a host that does not measure yet (it is of the release before)."""
        self.check()
        answer = await self._ask({"op": "costs"})
        if answer.get("error") == "op":
            return None
        raise_error(answer)
        return _converted(answer, Costs)

    async def _listed(self, name: str, kind: type[T]) -> T:
        answer = await self._ask({"op": "list"})
        raise_error(answer)
        return _converted(answer.get(name), kind)

    async def start(
        self, process: ProcessId, incarnation: Incarnation, spec: LaunchSpec, *, label: str, kind: str = "kernel"
    ) -> None:
        """Start a process, once, however often asked. Raises KernelUnavailable with the reason."""
        await self._call(
            {
                "op": "start",
                "kind": kind,
                "process": process,
                "incarnation": incarnation,
                "spec": msgspec.to_builtins(spec),
                "label": label,
            }
        )

    async def restart(
        self,
        process: ProcessId,
        old: Incarnation,
        new: Incarnation,
        spec: LaunchSpec,
        *,
        label: str,
        grace: float = 5,
        shutdown: Sequence[bytes] | None = None,
    ) -> None:
        """End `old` as `stop` does, then start `new`; once, however often asked."""
        message = {
            "op": "restart",
            "process": process,
            "from": old,
            "to": new,
            "spec": msgspec.to_builtins(spec),
            "label": label,
            "grace": grace,
        }
        await self._call(message, shutdown, timeout=grace + ANSWER_TIMEOUT)

    async def stop(
        self,
        incarnation: Incarnation,
        *,
        grace: float = 5,
        shutdown: Sequence[bytes] | None = None,
        reason: str = "stopped",
    ) -> None:
        """Ask it to end: by `shutdown` (a shutdown_request) or SIGTERM, and after `grace` by force. The end comes as an event."""
        message = {"op": "stop", "incarnation": incarnation, "grace": grace, "reason": reason}
        await self._call(message, shutdown)

    async def interrupt(self, incarnation: Incarnation, message: Sequence[bytes] | None = None) -> None:
        """Interrupt what runs. `message`: an interrupt_request, for kernels that want one. Raises Conflict while it starts."""
        await self._call({"op": "interrupt", "incarnation": incarnation}, message)

    async def attach(self, incarnation: Incarnation, after: int) -> Attachment:
        """Read the events after `after`. An earlier attachment of this incarnation gets no more."""
        attachment = Attachment(self, incarnation, after)
        number = self._next()
        self._attaching[number] = attachment
        try:
            await self._call({"op": "attach", "incarnation": incarnation, "after": after}, number=number)
        finally:
            self._attaching.pop(number, None)
        return attachment

    def ack(self, incarnation: Incarnation, seq: int) -> None:
        """All up to `seq` is durable here. Nothing is said where the connection is lost: it is acknowledged again."""
        if self.state == "connected" and self._transport is not None:
            self._transport.write(encode_frame({"op": "ack", "incarnation": incarnation, "seq": seq}))

    async def submit(self, incarnation: Incarnation, request: RequestId, parts: Sequence[bytes]) -> bool:
        """Pass an execute_request on, once per id. False: it had been. Raises Stale."""
        answer = await self._call({"op": "submit", "incarnation": incarnation, "request": request}, parts)
        return not answer.get("dup")

    async def send(
        self, incarnation: Incarnation, channel: Literal["shell", "control"], parts: Sequence[bytes]
    ) -> None:
        await self._call({"op": "send", "incarnation": incarnation, "channel": channel}, parts)

    async def answer(self, incarnation: Incarnation, prompt_seq: int, parts: Sequence[bytes]) -> None:
        """Answer a prompt. Raises Conflict ("answered" or "closed" in its text), Stale, NotFound."""
        await self._call({"op": "answer", "incarnation": incarnation, "prompt": prompt_seq}, parts)

    async def debug_listen(
        self, incarnation: Incarnation, attach: dict[str, object], *, tcp: bool = False
    ) -> dict[str, Any]:
        """Let a debugger in the process dial the host: its address and tokens. How it goes is told by events of the log."""
        return await self._call({"op": "debug_listen", "incarnation": incarnation, "attach": attach, "tcp": tcp})

    async def debug(
        self,
        incarnation: Incarnation,
        connection: int,
        command: str,
        arguments: dict[str, object],
        *,
        timeout: float = 15,
    ) -> dict[str, Any]:
        """Ask the debugger; its whole reply. Raises HostUnavailable, Stale, Conflict (it is not attached)."""
        message = {
            "op": "debug",
            "incarnation": incarnation,
            "connection": connection,
            "command": command,
            "arguments": arguments,
            "timeout": timeout,
        }
        answer = await self._call(message, timeout=timeout + ANSWER_TIMEOUT)
        reply = answer.get("reply")
        return reply if isinstance(reply, dict) else {}

    async def debug_close(self, incarnation: Incarnation, connection: int) -> None:
        await self._call({"op": "debug_close", "incarnation": incarnation, "connection": connection})

    async def signal(self, incarnation: Incarnation, number: int, *, group: bool = True) -> None:
        await self._call({"op": "signal", "incarnation": incarnation, "signal": number, "group": group})

    async def stop_all(self, *, grace: float = 5) -> None:
        """End every process, then the host; returns when it has closed the connection."""
        raise_error(await self._ask({"op": "stop", "all": True, "grace": grace}))
        with anyio.move_on_after(grace + START_TIMEOUT):
            await self._lost.wait()

    async def wait_lost(self) -> None:
        await self._lost.wait()

    async def leave(self, attachment: Attachment) -> None:
        self._attachments.pop(attachment.number, None)
        if self.state == "connected":
            await self._call({"op": "detach", "attachment": attachment.number})

    def check(self) -> None:
        """Raise HostUnavailable unless this connection is of use."""
        if self.state != "connected":
            raise HostUnavailable(
                self.why, hint="Stop the old host, then run again." if self.state == "incompatible" else None
            )

    def _next(self) -> int:
        self._count += 1
        return self._count

    async def _call(
        self,
        message: dict[str, object],
        parts: Sequence[bytes] | None = None,
        *,
        number: int | None = None,
        timeout: float = ANSWER_TIMEOUT,
    ) -> dict[str, Any]:
        self.check()
        answer = await self._ask(message, parts, number=number, timeout=timeout)
        raise_error(answer)
        return answer

    async def _ask(
        self,
        message: dict[str, object],
        parts: Sequence[bytes] | None = None,
        *,
        number: int | None = None,
        timeout: float = ANSWER_TIMEOUT,
    ) -> dict[str, Any]:
        if self._transport is None:
            raise HostUnavailable(self.why)
        number = number or self._next()
        frame = encode_frame({**message, "id": number}, parts)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        self._transport.write(frame)
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError as problem:
            raise HostUnavailable(f"The kernel host did not answer within {timeout:.0f} s.") from problem
        finally:
            self._pending.pop(number, None)

    # What comes in; called by _Frames

    def opened(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def message(self, body: bytes) -> None:
        message = json.loads(body)
        if not isinstance(message, dict):
            raise ValueError("a message that is no object")
        if message.get("notice") == "fenced":
            self._close("another process has taken the kernel host over")
            return
        number = message.get("id")
        if isinstance(number, int) and number in self._attaching and message.get("ok"):
            attachment = self._attaching[number]
            attachment.number, attachment.first = int(message["attachment"]), int(message["first"])
            attachment.last, attachment.acked = int(message["last"]), int(message["acked"])
            for earlier in [n for n, known in self._attachments.items() if known.incarnation == attachment.incarnation]:
                self._attachments.pop(earlier).stop()
            self._attachments[attachment.number] = attachment
        future = self._pending.get(number) if isinstance(number, int) else None
        if future is not None and not future.done():
            future.set_result(message)

    def events(self, body: bytes) -> None:
        (number,) = struct.unpack_from("<I", body)
        attachment = self._attachments.get(number)
        if attachment is not None:  # else it was closed here, and the host has not heard yet
            attachment.feed(decode_records(attachment.incarnation, body, 4), len(body))

    def lost(self, why: str) -> None:
        self._close(why)

    def _close(self, why: str) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        if self.state == "lost":
            return
        self.state, self.why = "lost", f"The connection to the kernel host is lost: {why}."
        self._lost.set()
        for future in self._pending.values():
            if not future.done():
                future.set_exception(HostUnavailable(self.why))
        for attachment in self._attachments.values():
            attachment.wake()


def _converted(value: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as problem:
        raise HostUnavailable(f"What the kernel host says cannot be understood: {problem}.") from problem


class _Frames(asyncio.Protocol):
    """Cuts the stream into frames."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._host.opened(cast(asyncio.Transport, transport))  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        start, end = 0, len(self._buffer)
        try:
            while end - start >= protocol.FRAME.size:
                length, kind = protocol.FRAME.unpack_from(self._buffer, start)
                if not 1 <= length <= protocol.MAX_FRAME:
                    raise ValueError(f"a frame of {length} bytes")
                if end - start < 4 + length:
                    break
                body = bytes(memoryview(self._buffer)[start + 5 : start + 4 + length])
                start += 4 + length
                if kind == protocol.EVENTS:
                    self._host.events(body)
                elif kind == protocol.JSON:
                    self._host.message(body)
                else:
                    raise ValueError(f"a frame of unknown kind {kind}")
        except (ValueError, KeyError, TypeError, struct.error) as problem:
            self._host.lost(f"it sent what cannot be understood, {problem}")
            return
        del self._buffer[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        self._host.lost(str(exc) if exc else "the host has ended")


def host_command(run_directory: Path, settings: schema.Kernels, *, build: str) -> list[str]:
    """The command line of the host's program."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", os.fspath(PROGRAM), os.fspath(run_directory)]
    command += ["--build", build, "--log-memory", str(settings.log_memory), "--max-message", str(settings.max_message)]
    command += ["--orphan-after", str(settings.orphan_after), "--log-directory", settings.log_directory]
    command += ["--log-disk", str(settings.log_disk), "--log-disk-each", str(settings.log_disk_each)]
    return command


async def start_host(run_directory: Path, settings: schema.Kernels, *, build: str, lifeline: int | None = None) -> None:
    """Start the host's program in a session of its own; returns when it listens. Raises HostUnavailable with its reason."""
    command = [*host_command(run_directory, settings, build=build), "--detach"]
    if lifeline is not None:
        command += ["--lifeline", str(lifeline)]
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    try:
        with anyio.fail_after(START_TIMEOUT):
            result = await run_process(
                command,
                check=False,
                env=environment,
                start_new_session=True,
                pass_fds=() if lifeline is None else (lifeline,),
            )
    except (OSError, TimeoutError) as problem:
        raise HostUnavailable(f"The kernel host could not be started: {problem}.") from problem
    if result.returncode:
        said = result.stderr.decode("utf-8", "replace").strip() or f"it ended with {result.returncode}"
        raise HostUnavailable(f"The kernel host could not be started: {said}")
