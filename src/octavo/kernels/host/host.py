"""The host: which processes there are, who may ask for what, and when it is time to end."""

import os
import re
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from octavo.kernels.host import debugging, memory, protocol
from octavo.kernels.host.bounds import Bounds
from octavo.kernels.host.channel import Channel
from octavo.kernels.host.children import Children
from octavo.kernels.host.costs import Meter
from octavo.kernels.host.forking import Images
from octavo.kernels.host.groups import Groups
from octavo.kernels.host.kernel import Kernel
from octavo.kernels.host.loop import Callback, Loop, Timer
from octavo.kernels.host.program import Program
from octavo.kernels.host.protocol import Refused
from octavo.kernels.host.reader import Attachment, Connection, Request
from octavo.kernels.host.shelf import Shelf
from octavo.kernels.host.spares import Spares
from octavo.kernels.host.watching import Watch

INCARNATION: Final = re.compile(r"[0-9a-f]{16}\Z")
PROCESS: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
FIRST_READER: Final = 30.0
"""Seconds that a host waits for its first reader before it can count as left alone."""
LAST_WORDS: Final = 2.0
"""Seconds that an ending host gives its reader to take the last events."""
LOOK_EVERY: Final = 60.0
STOP_GRACE: Final = 5.0
LOG_MEMORY: Final = 8 * 1024 * 1024
LOG_DISK: Final = 512 * 1024 * 1024
LOG_DISK_EACH: Final = 64 * 1024 * 1024
MAX_MESSAGE: Final = 16 * 1024 * 1024
ORPHAN_AFTER: Final = 7 * 24 * 3600.0


class Options(NamedTuple):
    """What the command line says."""

    run_directory: str
    build: str = ""
    log_memory: int = LOG_MEMORY
    max_message: int = MAX_MESSAGE
    orphan_after: float = ORPHAN_AFTER
    users: frozenset[int] = frozenset()
    """Who may connect, besides its own user."""
    log_directory: str = ""
    """Where unread events go that memory has no room for; empty: nowhere."""
    log_disk: int = LOG_DISK
    log_disk_each: int = LOG_DISK_EACH


class Host:
    """Every request has one method; `answer`s go back by the connection."""

    def __init__(self, options: Options) -> None:
        self.id = os.urandom(8).hex()
        self._options = options
        self._users = options.users | {os.geteuid()}
        self.loop = Loop(self._crashed)
        self.children = Children()
        self._images = Images(self.loop, options.run_directory, self.children)
        self._witness = memory.Witness()
        self._groups = Groups()
        self._peers: set[int] = set()
        self._spares = Spares(self.loop, options.run_directory, self._images, self.children)
        self._meter = Meter()
        shelf = Shelf(
            options.log_directory, options.log_disk if options.log_directory else 0, largest=options.max_message
        )
        self._bounds = Bounds(options.log_memory, shelf, options.log_disk_each)
        self._kernels: dict[str, Kernel | Program] = {}  # by incarnation, the ended ones until they are acknowledged
        self._connections: set[Connection] = set()
        self._reader: Connection | None = None
        self._attachments = 0
        self._waiting: dict[str, list[Callback]] = {}  # by incarnation: what is to be done once it has ended
        self._ending = False
        self._alone_since = time.monotonic() + FIRST_READER
        self._orphan: Timer | None = None
        self._operations: dict[str, Callable[[Connection, Request, list[bytes]], Request | None]] = {
            name: getattr(self, f"_{name}")
            for name in (
                "hello list start restart stop interrupt signal attach detach submit send answer ack costs".split()
            )
        }
        for name in ("debug_listen", "debug", "debug_close"):
            self._operations[name] = getattr(self, f"_{name}")
        self._watch_for_orphanhood()
        self._watch = Watch(self.loop, self._witness, self._kernels.values)

    # Connections

    def serve(self, listener: socket.socket, *, reachable: Callable[[], bool], ending: Callback) -> None:
        """Take connections from `listener`. `reachable`: whether it can still be found. `ending` is called once it is closed."""
        self._listener = listener
        self._reachable = reachable
        self._say_ending = ending
        self.loop.later(LOOK_EVERY, self._look)
        self.loop.read(listener.fileno(), self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # it hung up before it was taken
        peer, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if user not in self._users:
            connection.close()
            return
        self._peers.add(peer)
        self._connections.add(Connection(self.loop, connection, self._request, self._gone))

    def _gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        for incarnation in list(connection.attachments):
            self._leave(connection, incarnation)
        if connection is self._reader:
            self._reader = None
            self._alone_since = time.monotonic()
            self._watch_for_orphanhood()
            self._keep_bound()
            self._end_if_unreachable()

    def _leave(self, connection: Connection, incarnation: str) -> None:
        attachment = connection.attachments.pop(incarnation, None)
        kernel = self._kernels.get(incarnation)
        if attachment is not None and kernel is not None and kernel.attachment is attachment:
            kernel.attachment = None
            kernel.settle()

    def _request(self, connection: Connection, message: Request, parts: list[bytes]) -> Request | None:
        name = str(message.get("op"))
        operation = self._operations.get(name)
        if operation is None:
            raise Refused("op", f"This host knows no request {name!r}.")
        if not connection.is_reader and name not in ("hello", "list", "stop"):
            raise Refused("hello", "Say hello first.")
        return operation(connection, message, parts)

    # Requests

    def _hello(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        versions = message["versions"]
        if not isinstance(versions, list) or protocol.VERSION not in versions:
            raise Refused(
                "version",
                f"The kernel host speaks version {protocol.VERSION} of its protocol.",
                versions=[protocol.VERSION],
                build=self._options.build,
            )
        if self._reader is not None and self._reader is not connection:
            fenced = self._reader
            fenced.send({"notice": "fenced"})
            fenced.close()
        self._reader = connection
        connection.is_reader = True
        return {
            "ok": True,
            "version": protocol.VERSION,
            "pid": os.getpid(),
            "host": self.id,
            "build": self._options.build,
        }

    def _list(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        rows = [
            {
                "process": kernel.id,
                "incarnation": kernel.incarnation,
                "kind": kernel.kind,
                "label": kernel.label,
                "state": kernel.state,
                "pid": kernel.process.pid or None,
                "first": kernel.log.first,
                "last": kernel.log.seq,
                "acked": kernel.log.acked,
                "bytes": kernel.log.bytes,
                "disk": kernel.log.shelved,
                "prompts": kernel.prompts,
                "debug": kernel.debuggers.rows() if isinstance(kernel, Kernel) else [],
                "code": kernel.code,
                "signal": kernel.signal,
                "by_host": kernel.by_host,
                "reason": kernel.reason,
                "busy": kernel.busy or bool(kernel.executing),
            }
            for kernel in self._kernels.values()
        ]
        return {"ok": True, "processes": rows, "images": self._images.rows()}

    def _costs(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        roots = {k.incarnation: k.process.pid for k in self._kernels.values() if k.process.pid and k.state != "ended"}
        roots.update({f"image:{row['pid']}": int(str(row["pid"])) for row in self._images.rows() if row["pid"]})
        if self._spares.pid:
            roots["spare"] = self._spares.pid
        return {"ok": True, **self._meter.measure(roots)}

    def _start(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        return self._started(_text(message, "process"), _text(message, "incarnation"), message)

    def _started(self, process: str, incarnation: str, message: Request) -> Request:
        known = self._kernels.get(incarnation)
        if known is not None:
            return {"ok": True, "pid": known.process.pid or None, "dup": True}
        if self._ending:
            raise Refused("start", "The kernel host is ending.")
        kind = message.get("kind", "kernel")
        if kind not in ("kernel", "program"):
            raise Refused("kind", f"This host cannot start a {kind}.")
        if not INCARNATION.match(incarnation) or not PROCESS.match(process):
            raise Refused("bad", "An incarnation is 16 hex digits, a process id 1 to 64 letters, digits, - and _.")
        for other in self._kernels.values():
            if other.id == process and other.state != "ended":
                raise Refused(
                    "running", f"Process {process} runs already, as {other.incarnation}.", incarnation=other.incarnation
                )
        label, spec = _text(message, "label"), _checked_spec(message["spec"])
        self._groups.settle(frozenset(self.children.known | self._peers))
        self._witness.look()
        made = self._make_kernel if kind == "kernel" else self._make_program
        kernel = self._kernels[incarnation] = made(process, incarnation, label, spec)
        kernel.log.shelf = self._bounds.shelf
        return {"ok": True, "pid": kernel.process.pid or None}

    def _make_kernel(self, process: str, incarnation: str, label: str, spec: Request) -> Kernel | Program:
        return Kernel(
            self.loop,
            self._options.run_directory,
            process=process,
            incarnation=incarnation,
            label=label,
            spec=spec,
            max_message=self._options.max_message,
            children=self.children,
            images=self._images,
            spares=self._spares,
            groups=self._groups,
            witness=self._witness,
            settled=self._settled,
            ended=self._ended,
        )

    def _make_program(self, process: str, incarnation: str, label: str, spec: Request) -> Kernel | Program:
        return Program(
            self.loop,
            self._options.run_directory,
            process=process,
            incarnation=incarnation,
            label=label,
            spec=spec,
            children=self.children,
            images=self._images,
            groups=self._groups,
            witness=self._witness,
            settled=self._settled,
            ended=self._ended,
        )

    def _restart(self, connection: Connection, message: Request, parts: list[bytes]) -> Request | None:
        process, old, new = _text(message, "process"), _text(message, "from"), _text(message, "to")
        _checked_spec(message["spec"])
        kernel = self._kernels.get(old)
        if new in self._kernels or kernel is None or kernel.state == "ended":
            return self._started(process, new, message)

        def start() -> None:
            answer: Request
            try:
                answer = self._started(process, new, message)
            except Refused as refused:
                answer = {"error": refused.word, "message": str(refused), **refused.fields}
            connection.send({"id": message.get("id"), **answer})

        self._waiting.setdefault(old, []).append(start)
        kernel.stop("restarted", grace=_seconds(message), parts=parts or None)
        return None

    def _stop(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        if message.get("all"):
            self.end(_seconds(message))
        else:
            kernel = self._known(message)
            kernel.stop(_reason(message), grace=_seconds(message), parts=parts or None)
        return {"ok": True}

    def _interrupt(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        self._running(message).interrupt(parts)
        return {"ok": True}

    def _signal(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        number = message["signal"]
        if not isinstance(number, int) or not 0 < number < 65:
            raise Refused("bad", "A signal is a number from 1 to 64.")
        self._running(message).process.signal(number, group=bool(message.get("group")))
        return {"ok": True}

    def _attach(self, connection: Connection, message: Request, parts: list[bytes]) -> Request | None:
        kernel = self._known(message)
        after = message["after"]
        if not isinstance(after, int) or after < 0:
            raise Refused("bad", "A position is a number from 0.")
        if after > kernel.log.seq:
            raise Refused("ahead", f"Event {after} of {kernel.incarnation} does not exist yet.", last=kernel.log.seq)
        self._leave(connection, kernel.incarnation)
        self._attachments += 1
        connection.send(
            {
                "id": message.get("id"),
                "ok": True,
                "attachment": self._attachments,
                "first": kernel.log.first,
                "last": kernel.log.seq,
                "acked": kernel.log.acked,
            }
        )  # before its first event
        kernel.attachment = Attachment(self.loop, connection, self._attachments, kernel, after)
        connection.attachments[kernel.incarnation] = kernel.attachment
        kernel.settle()
        return None

    def _detach(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        for incarnation, attachment in list(connection.attachments.items()):
            if attachment.number == message["attachment"]:
                self._leave(connection, incarnation)
        return {"ok": True}

    def _submit(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        request = _text(message, "request")
        kernel = self._running(message, request)
        return {"ok": True} if kernel.submit(request, _message(parts)) else {"ok": True, "dup": True}

    def _send(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        channel = protocol.CHANNELS.get(_text(message, "channel"))
        if channel not in (protocol.SHELL, protocol.CONTROL):
            raise Refused("bad", "A message is sent on shell or control.")
        self._running(message).send(channel, _message(parts))
        return {"ok": True}

    def _answer(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        prompt = message["prompt"]
        if not isinstance(prompt, int):
            raise Refused("bad", "A prompt is named by the seq of its event.")
        self._running(message).answer(prompt, _message(parts))
        return {"ok": True}

    def _debug_listen(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        return self._debugged(message).listen(tcp=bool(message.get("tcp")), attach=_fields(message, "attach"))

    def _debug(self, connection: Connection, message: Request, parts: list[bytes]) -> None:
        def answer(reply: Request) -> None:
            connection.send({"id": message.get("id"), "ok": True, "reply": reply})

        command, arguments = _text(message, "command"), _fields(message, "arguments")
        seconds = _seconds({"grace": message.get("timeout", debugging.ANSWER)})
        self._debugged(message).ask(message.get("connection"), command, arguments, answer, seconds)

    def _debug_close(self, connection: Connection, message: Request, parts: list[bytes]) -> Request:
        self._debugged(message).close(message.get("connection"))
        return {"ok": True}

    def _debugged(self, message: Request) -> debugging.Debuggers:
        kernel = self._running(message)
        if not isinstance(kernel, Kernel):
            raise Refused("kind", "This process cannot be debugged.")
        return kernel.debuggers

    def _ack(self, connection: Connection, message: Request, parts: list[bytes]) -> None:
        kernel = self._kernels.get(_text(message, "incarnation"))
        seq = message["seq"]
        if kernel is not None and isinstance(seq, int):
            kernel.acknowledge(seq)
            if kernel.state == "ended" and kernel.log.acked == kernel.log.seq:
                self._forget(kernel)

    def _known(self, message: Request) -> Kernel | Program:
        kernel = self._kernels.get(_text(message, "incarnation"))
        if kernel is None:
            raise Refused("unknown", f"This host knows no incarnation {message['incarnation']}.")
        return kernel

    def _running(self, message: Request, request: str | None = None) -> Kernel | Program:
        kernel = self._kernels.get(_text(message, "incarnation"))
        if kernel is None or kernel.state == "ended":
            was = None if kernel is None or request is None else kernel.has_passed_on(request)
            raise Refused("stale", f"Incarnation {message['incarnation']} has ended.", was=was)
        return kernel

    # What happens by itself

    def _settled(self, kernel: Kernel | Program) -> None:
        if not kernel.is_sheltered:
            self._keep_bound()

    def _keep_bound(self) -> None:
        kernels = self._kernels.values()
        self._bounds.keep([kernel.log for kernel in kernels], [kernel for kernel in kernels if not kernel.is_sheltered])
        bound = self._bounds.memory
        kept = [kernel for kernel in self._kernels.values() if not kernel.by_host and kernel.state != "ended"]
        if kept and sum(kernel.log.kept for kernel in self._kernels.values()) > 2 * bound:
            fullest = max(kept, key=lambda kernel: kernel.log.kept)
            fullest.stop("flood", grace=0)

    def _ended(self, kernel: Kernel | Program) -> None:
        for callback in self._waiting.pop(kernel.incarnation, []):
            self.loop.later(0, callback)
        if kernel.log.acked == kernel.log.seq:
            self._forget(kernel)
        self._perhaps_end()

    def _forget(self, kernel: Kernel | Program) -> None:
        self._kernels.pop(kernel.incarnation, None)
        kernel.log.close()
        if kernel.attachment is not None and self._reader is not None:
            self._reader.attachments.pop(kernel.incarnation, None)
        self._perhaps_end()

    def _watch_for_orphanhood(self) -> None:
        if self._orphan is not None:
            self._orphan.cancel()
        left = self._alone_since + self._options.orphan_after - time.monotonic()
        self._orphan = self.loop.later(max(left, 1.0), self._perhaps_orphan)

    def _look(self) -> None:
        self.loop.later(LOOK_EVERY, self._look)
        self._end_if_unreachable()

    def _end_if_unreachable(self) -> None:
        """Its run directory was removed: nobody can come any more."""
        if not self._reachable() and self._reader is None and not self._ending:
            self.end(STOP_GRACE)

    def _perhaps_orphan(self) -> None:
        self._orphan = None
        if self._reader is not None:
            return  # watched again when it leaves
        busy = any(kernel.busy or kernel.executing or kernel.state == "starting" for kernel in self._kernels.values())
        if busy or time.monotonic() < self._alone_since + self._options.orphan_after:
            self._orphan = self.loop.later(max(1.0, min(60.0, self._options.orphan_after)), self._perhaps_orphan)
        else:
            self.end(STOP_GRACE)

    def end(self, grace: float = STOP_GRACE) -> None:
        """Stop every process, then the loop; a second time, at once."""
        if self._ending:
            grace = 0
        else:
            self._ending = True
            self._say_ending()
            self.loop.read(self._listener.fileno(), None)
            self._listener.close()  # whoever comes now finds nobody, and starts the next host
            self._spares.end()
            self._images.end()
        for kernel in list(self._kernels.values()):
            kernel.stop("host", grace=grace)
        self._perhaps_end()

    def _perhaps_end(self) -> None:
        if not self._ending or any(kernel.state != "ended" for kernel in self._kernels.values()):
            return
        if any(kernel.attachment is not None for kernel in self._kernels.values()):
            self.loop.later(LAST_WORDS, self.loop.stop)
        else:
            self.loop.later(0.02, self.loop.stop)  # the answer that caused it goes out first

    def abandon(self) -> None:
        """The lifeline is cut: end at once, with everything."""
        for kernel in self._kernels.values():
            kernel.stop("host", grace=0)
        self.loop.stop()

    def close(self) -> None:
        """After the loop: nothing of it stays on disk."""
        self._bounds.shelf.close()

    def _crashed(self, callback: Callback, problem: Exception) -> None:
        sys.excepthook(type(problem), problem, problem.__traceback__)
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, Connection):
            owner.close()
        elif isinstance(owner, Channel):
            owner.fail()
        elif isinstance(owner, Kernel | Program):
            owner.stop("fault", grace=0)


def _text(message: Request, field: str) -> str:
    value = message[field]
    if not isinstance(value, str):
        raise Refused("bad", f"{field} is a string.")
    return value


def _fields(message: Request, field: str) -> Request:
    value = message.get(field, {})
    if not isinstance(value, dict):
        raise Refused("bad", f"{field} is an object.")
    return value


def _reason(message: Request) -> str:
    value = message.get("reason", "stopped")
    if not isinstance(value, str) or len(value) > 200:
        raise Refused("bad", "reason is a word.")
    return value


def _seconds(message: Request) -> float:
    value = message.get("grace", STOP_GRACE)
    if not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise Refused("bad", "grace is a number of seconds, from 0 to 3600.")
    return float(value)


def _message(parts: list[bytes]) -> list[bytes]:
    if len(parts) < 4 or len(parts) + 2 > protocol.MAX_PARTS:
        raise Refused("bad", "A message has four parts and its buffers.")
    return parts


def _checked_spec(spec: object) -> Request:
    """The spec, with argv, env and cwd of the right types: a wrong one must not get as far as a fork."""
    if not isinstance(spec, dict):
        raise Refused("bad", "spec is an object.")
    argv, env, cwd = spec.get("argv"), spec.get("env"), spec.get("cwd")
    if not isinstance(argv, list) or not argv or not all(isinstance(part, str) and "\0" not in part for part in argv):
        raise Refused("bad", "argv is a list of strings.")
    if not isinstance(env, dict) or not all(
        isinstance(value, str) and "\0" not in name + value for name, value in env.items()
    ):
        raise Refused("bad", "env is an object of strings.")
    if not isinstance(cwd, str) or "\0" in cwd:
        raise Refused("bad", "cwd is a path.")
    image = spec.get("image", [])
    if not isinstance(image, list) or not all(isinstance(part, str) and "\0" not in part for part in image):
        raise Refused("bad", "image is a list of strings.")
    for name in ("memory", "cpu"):
        if spec.get(name) is not None and not (isinstance(spec[name], int | float) and spec[name] > 0):
            raise Refused("bad", f"{name} is a number over 0.")
    return spec
