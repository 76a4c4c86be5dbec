"""Debuggers of a process: each is a connection that pydevd in it has dialled. Handshake, framing and numbering are done here.

    listening ──it dials, both show their token──► greeting ──attached──► open ──► closed

What a debugger says of itself (it stopped, a log point wrote) is an event of the process's log; a reply goes to who asked, and is lost with it.
So a program that is stopped stays so while the web process is away.
"""

import json
import os
import socket
from collections.abc import Callable
from typing import Final, Literal

from octavo.kernels.host.loop import Callback, Loop, Timer, come
from octavo.kernels.host.protocol import Refused

MAX_MESSAGE: Final = 32 * 1024 * 1024
MAX_HEAD: Final = 4096
GREETING: Final = 20.0
"""Seconds from listening until the debugger must be attached."""
ANSWER: Final = 15.0
"""Seconds that a request may take where it does not say."""
MAX_CONNECTIONS: Final = 16
TOLD: Final = frozenset(("stopped", "continued", "output", "exited", "terminated"))
"""Events that are passed on."""

Message = dict[str, object]
Done = Callable[[Message], None]
Append = Callable[[Message, bool], None]
"""Append an event to the log; whether it is bulk."""


class Debugger:
    """One connection, or the listener for it."""

    def __init__(
        self, loop: Loop, directory: str, number: int, *, tcp: bool, attach: Message, append: Append, gone: Callback
    ) -> None:
        self.number = number
        self.state: Literal["listening", "greeting", "open", "closed"] = "listening"
        self.stopped: dict[str, Message] = {}
        """By thread: the event that it stopped with."""
        self.tokens = (os.urandom(16).hex(), os.urandom(16).hex())
        """What we show, and what the debugger must show."""
        self.address = ""
        self.port = 0
        self._loop = loop
        self._attach = attach
        self._append = append
        self._gone = gone
        self._seq = 0
        self._pending: dict[int, tuple[Done, Timer]] = {}
        self._socket: socket.socket | None = None
        self._in = bytearray()
        self._out = bytearray()
        self._listener = self._listen(directory, tcp)
        loop.read(self._listener.fileno(), self._accept)
        self._timer = loop.later(GREETING, self._late)

    def _listen(self, directory: str, tcp: bool) -> socket.socket:
        if tcp:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.bind(("127.0.0.1", 0))
            self.address, self.port = listener.getsockname()
        else:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            # In the kernel's own directory, which only its user can enter.
            self.address = os.path.join(directory, f"d{self.number}")
            listener.bind(self.address)
        listener.listen(4)
        listener.setblocking(False)
        return listener

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if self._socket is not None:  # one is being heard; whoever else comes is none of ours
            connection.close()
            return
        connection.setblocking(False)
        if self.port:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._in.clear()
        self._out.clear()
        self.state = "greeting"
        self._loop.read(connection.fileno(), self._read)
        self._request("pydevdAuthorize", {"debugServerAccessToken": self.tokens[0]}, self._authorized, GREETING)

    def _authorized(self, reply: Message) -> None:
        body = reply.get("body")
        if not isinstance(body, dict) or body.get("clientAccessToken") != self.tokens[1]:
            self._hang_up()  # a stranger: go on listening for the one that was asked to come
            return
        self._end_listening()
        arguments: Message = {
            "clientID": "octavo",
            "adapterID": "debugpy",
            "pathFormat": "path",
            "linesStartAt1": True,
            "columnsStartAt1": True,
            "supportsVariableType": True,
        }
        self._request("initialize", arguments, self._initialized, GREETING)

    def _initialized(self, reply: Message) -> None:
        capabilities = reply.get("body")
        arguments: Message = {
            "skipSuspendOnBreakpointException": ["BaseException"],
            "skipPrintBreakpointException": ["NameError"],
            "multiThreadsSingleNotification": True,
        }
        self._request("setDebuggerProperty", arguments, _nothing, GREETING)

        def attached(reply: Message) -> None:
            if not reply.get("success"):
                self.close("it did not attach")
                return
            self._timer.cancel()
            self.state = "open"
            self._tell({"event": "open", "body": {"capabilities": capabilities}})

        self._request("attach", self._attach, attached, GREETING)

    def _late(self) -> None:
        if self.state != "open":
            self.close("it did not come")

    # Out

    def ask(self, command: str, arguments: Message, done: Done, timeout: float) -> None:
        if self.state != "open":
            raise Refused("debug", "The debugger is not attached.")
        self._request(command, arguments, done, timeout)

    def _request(self, command: str, arguments: Message, done: Done, timeout: float) -> None:
        self._seq += 1
        seq = self._seq

        def late() -> None:
            if self._pending.pop(seq, None) is not None:
                done({"success": False, "late": True, "message": f"The debugger did not answer within {timeout:g} s."})

        self._pending[seq] = (done, self._loop.later(timeout, late))
        body = json.dumps({"type": "request", "seq": seq, "command": command, "arguments": arguments}).encode()
        idle = not self._out
        self._out += b"Content-Length: %d\r\n\r\n" % len(body)
        self._out += body
        if len(self._out) > MAX_MESSAGE:
            self.close("it does not read")
        elif idle:
            self._flush()

    def _flush(self) -> None:
        if self._socket is None:
            return
        try:
            sent = self._socket.send(self._out)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._out.clear()  # the end is seen by reading
            return
        del self._out[:sent]
        self._loop.write(self._socket.fileno(), self._flush if self._out else None)

    # In

    def _read(self) -> None:
        if self._socket is None:
            return
        data = come(self._socket)
        if data is None:
            return
        if not data:
            self._lost("it hung up")
            return
        self._in += data
        try:
            self._take()
        except ValueError as problem:
            self._lost(f"it sent what cannot be understood, {problem}")

    def _take(self) -> None:
        while self._socket is not None:
            end = self._in.find(b"\r\n\r\n")
            if end < 0:
                if len(self._in) > MAX_HEAD:
                    raise ValueError("a head without an end")
                return
            name, _, length = bytes(self._in[:end]).partition(b":")
            if name.strip().lower() != b"content-length" or not length.strip().isdigit():
                raise ValueError("no length")
            size = int(length)
            if size > MAX_MESSAGE:
                raise ValueError(f"a message of {size} bytes")
            start = end + 4
            if len(self._in) < start + size:
                return
            message = json.loads(bytes(self._in[start : start + size]))
            del self._in[: start + size]
            if isinstance(message, dict):
                self._message(message)

    def _message(self, message: Message) -> None:
        if message.get("type") == "response":
            seq = message.get("request_seq")
            done = self._pending.pop(seq, None) if isinstance(seq, int) else None
            if done is not None:
                done[1].cancel()
                done[0](message)
        elif message.get("type") == "event" and self.state == "open":
            self._event(message)

    def _event(self, message: Message) -> None:
        name, body = str(message.get("event")), message.get("body")
        body = body if isinstance(body, dict) else {}
        if name not in TOLD or (name == "output" and body.get("category") == "telemetry"):
            return
        told: Message = {"event": name, "body": body}
        if name == "stopped":
            self.stopped[str(body.get("threadId"))] = body
        elif name == "continued":
            if body.get("allThreadsContinued", True):
                self.stopped.clear()
            else:
                self.stopped.pop(str(body.get("threadId")), None)
        self._tell(told, bulk=name == "output")

    def _tell(self, message: Message, *, bulk: bool = False) -> None:
        self._append({"connection": self.number, **message}, bulk)

    # Its end

    def _lost(self, why: str) -> None:
        if self.state == "greeting" and not self._listener.fileno() < 0:
            self._hang_up()
        else:
            self.close(why)

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._loop.read(self._socket.fileno(), None)
            self._loop.write(self._socket.fileno(), None)
            self._socket.close()
            self._socket = None
        for _, timer in self._pending.values():
            timer.cancel()
        self._pending.clear()
        if self.state == "greeting":
            self.state = "listening"

    def _end_listening(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.read(self._listener.fileno(), None)
            self._listener.close()
            if not self.port:
                try:
                    os.unlink(self.address)
                except OSError:
                    return

    def close(self, why: str) -> None:
        if self.state == "closed":
            return
        self.state = "closed"
        self.stopped.clear()
        self._timer.cancel()
        self._end_listening()
        pending = list(self._pending.values())
        self._hang_up()
        for done, _ in pending:
            done({"success": False, "closed": True, "message": "The debugger is not attached any more."})
        self._tell({"event": "closed", "body": {"why": why}})
        self._gone()


class Debuggers:
    """All of one process."""

    def __init__(self, loop: Loop, directory: str, append: Append) -> None:
        self._loop = loop
        self._directory = directory
        self._append = append
        self._count = 0
        self._open: dict[int, Debugger] = {}

    def rows(self) -> list[Message]:
        return [
            {"connection": one.number, "state": one.state, "stopped": list(one.stopped.values())}
            for one in self._open.values()
        ]

    @property
    def is_stopped(self) -> bool:
        return any(one.stopped for one in self._open.values())

    def listen(self, *, tcp: bool, attach: Message) -> Message:
        """Wait for one debugger to dial; says where, and the token of each side."""
        if len(self._open) >= MAX_CONNECTIONS:
            raise Refused("debug", "Too many debuggers are attached.")
        self._count += 1
        number = self._count
        one = Debugger(
            self._loop,
            self._directory,
            number,
            tcp=tcp,
            attach=attach,
            append=self._append,
            gone=lambda: self._forget(number),
        )
        self._open[number] = one
        return {
            "ok": True,
            "connection": number,
            "address": one.address,
            "port": one.port,
            "ours": one.tokens[0],
            "theirs": one.tokens[1],
        }

    def ask(self, number: object, command: str, arguments: Message, done: Done, timeout: float) -> None:
        one = self._open.get(number) if isinstance(number, int) else None
        if one is None:
            raise Refused("debug", "The debugger is not attached.")
        one.ask(command, arguments, done, timeout)

    def close(self, number: object) -> None:
        one = self._open.get(number) if isinstance(number, int) else None
        if one is not None:
            one.close("closed")

    def _forget(self, number: int) -> None:
        self._open.pop(number, None)

    def end(self) -> None:
        for one in list(self._open.values()):
            one.close("the process has ended")


def _nothing(reply: Message) -> None:
    pass
