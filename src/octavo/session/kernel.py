"""One process of the kernel host as the web process follows it: its events in order, to its session and to raw Jupyter clients.

What a run is, is the session's business; this knows Jupyter's channels, who asked what, and which prompts are open. A kernel without a
session (started by a Jupyter client) is acknowledged as it is read; with one, the session acknowledges what it has made durable.
"""

import time
from collections.abc import Sequence
from typing import Any, Literal, Protocol

import anyio
import msgspec

from octavo.errors import HostUnavailable, NotFound
from octavo.ids import Incarnation, ProcessId, PromptId, new_request
from octavo.kernels.connection import Host
from octavo.kernels.events import Channel, Event
from octavo.session.foreign import Foreign
from octavo.session.readers import Reader, Readers
from octavo.wire import messages as wire


class Label(msgspec.Struct, omit_defaults=True):
    """What the host keeps for us beside a process, opaque to it."""

    spec: str = ""
    document: int = 0
    path: str = ""


class Head(msgspec.Struct):
    """What is read of a header or parent header; kernels add what they like, and xeus sends null for no parent."""

    msg_type: str = ""
    msg_id: str = ""
    session: str = ""


class Message(msgspec.Struct):
    """An event of a Jupyter channel, with its heads decoded once. `content` is decoded by who needs it."""

    event: Event
    head: Head
    parent: Head

    def content(self) -> dict[str, Any]:
        """The content, or {} where the kernel sent something else than an object."""
        try:
            content = _any.decode(self.event.parts[3])
        except (msgspec.DecodeError, IndexError):
            return {}
        return content if isinstance(content, dict) else {}

    def metadata(self) -> dict[str, Any]:
        try:
            metadata = _any.decode(self.event.parts[2])
        except (msgspec.DecodeError, IndexError):
            return {}
        return metadata if isinstance(metadata, dict) else {}


_head = msgspec.json.Decoder(Head | None)
_any = msgspec.json.Decoder()
_NOBODY = Head()


def parse(event: Event) -> Message:
    """Heads that cannot be read count as empty: what the host says is input from a stranger."""

    def head(index: int) -> Head:
        try:
            return _head.decode(event.parts[index]) or _NOBODY
        except (msgspec.DecodeError, IndexError):
            return _NOBODY

    return Message(event, head(0), head(1))


class Owner(Protocol):
    """The session of a kernel."""

    async def take(self, messages: Sequence[Message]) -> None:
        """Apply a batch, in order; acknowledging it to the host is the session's."""

    async def interrupt(self) -> None: ...

    async def restart(self) -> None: ...

    async def stop_kernel(self, why: str = "stopped") -> None: ...

    def fail(self, error: Exception) -> None:
        """Its events could not be applied: it is to close."""


UNTRACKED = frozenset(
    {"kernel_info_request", "comm_info_request", "debug_request", "interrupt_request", "shutdown_request"}
)


class LiveKernel:
    """A process and its current incarnation. `execution_state` as Jupyter's REST says it: starting, idle, busy, restarting, dead."""

    def __init__(self, process: ProcessId, incarnation: Incarnation, name: str, host: Host) -> None:
        self.process, self.incarnation, self.name, self.host = process, incarnation, name, host
        self.execution_state = "starting"
        self.last_activity = time.time()
        self.owner: Owner | None = None
        self.readers = Readers()
        """Raw Jupyter clients, those too that are away for a while."""
        self.prompts: dict[int, Head] = {}
        self.info: dict[str, Any] | None = None
        self.label = Label()
        self.idle_since = time.time()
        """When its last run ended or it was ready, as far as was seen from here; seconds since 1970."""
        self.joined = False
        """It was given to its session by its path: nothing else knew whose it is."""
        self.taken = 0
        self.foreign = Foreign(self)
        self.quiet: set[str] = set()
        """Requests of Octavo's own whose statuses say nothing of what a person runs."""
        self.followed = False
        self.gone = anyio.Event()
        self._ready = anyio.Event()

    async def take(self, events: Sequence[Event]) -> None:
        """Apply a batch of the host's events."""
        if not events or events[-1].incarnation != self.incarnation:
            self._take_old(events)
            return
        self.taken = events[-1].seq
        batch = [parse(event) for event in events]
        for message in batch:
            self._note(message)
            if message.head.msg_type in ("debug_event", "debug_reply"):
                self.foreign.heard(message)
        await self.foreign.go_on()
        if self.owner is not None:
            await self.owner.take(batch)
        else:
            self.host.ack(events[-1].incarnation, events[-1].seq)
        await self.readers.keep_pace()

    def _take_old(self, events: Sequence[Event]) -> None:
        """What an incarnation that was restarted still says is nobody's: its runs were accounted for at the restart."""
        if events:
            self.host.ack(events[-1].incarnation, events[-1].seq)

    @staticmethod
    def ended(event: Event) -> bool:
        return event.channel is Channel.LIFE and life(event).get("event") == "exited"

    def _note(self, message: Message) -> None:
        event, parent = message.event, message.parent
        match event.channel:
            case Channel.IOPUB:
                if message.head.msg_type == "status" and not self._is_quiet(message):
                    self.execution_state = str(message.content().get("execution_state", self.execution_state))
                    self.last_activity = event.at
                    if parent.msg_type == "execute_request":
                        self.idle_since = event.at
                self.readers.put(event.channel, event.parts, message.head.msg_type)
            case Channel.STDIN | Channel.SHELL | Channel.CONTROL:
                if event.channel is Channel.STDIN and message.head.msg_type == "input_request":
                    self.prompts[event.seq] = message.parent
                elif event.channel is Channel.SHELL and self.prompts:
                    self.prompts = {s: p for s, p in self.prompts.items() if p.msg_id != parent.msg_id}
                self.readers.put(event.channel, event.parts, message.head.msg_type, session=parent.session)
            case Channel.LIFE:
                self._life(message)
            case Channel.GAP | Channel.DEBUG:
                pass

    def _is_quiet(self, message: Message) -> bool:
        parent = message.parent
        if parent.msg_id in self.quiet:
            if message.content().get("execution_state") == "idle":
                self.quiet.discard(parent.msg_id)
            return True
        return parent.msg_type in UNTRACKED

    def _life(self, message: Message) -> None:
        said = life(message.event)
        match said.get("event"):
            case "ready":
                self._ready.set()
                self.idle_since = message.event.at
                self.info = said.get("kernel_info") or {}
                if self.execution_state in ("starting", "restarting"):
                    self.execution_state = "idle"
            case "exited":
                self.prompts.clear()
                self.execution_state = "dead"
                self.gone.set()
                self._ready.set()
                for client in self.readers.all:
                    client.state("dead")

    def renew(self, incarnation: Incarnation) -> None:
        """A new incarnation takes the place of the old one."""
        self.incarnation, self.execution_state, self.info = incarnation, "restarting", None
        self.gone, self._ready = anyio.Event(), anyio.Event()
        self.prompts.clear()
        self.quiet.clear()
        self.foreign.forget()
        for client in self.readers.all:
            client.state("restarting")

    async def answered(self) -> None:
        """Returns once the incarnation is ready, or has ended."""
        await self._ready.wait()

    def raw_prompts(self) -> set[int]:
        """Open prompts whose asker is a raw client that is still there: it answers them itself."""
        sessions = {client.session for client in self.readers.there}
        return {seq for seq, parent in self.prompts.items() if parent.session in sessions}

    async def send_raw(self, client: Reader, channel: Channel, parts: Sequence[bytes]) -> None:
        """Pass on what a raw client sends; what would change the process goes through its session."""
        head = parse(Event(self.incarnation, 0, 0.0, channel, tuple(parts))).head
        if channel is Channel.CONTROL and head.msg_type == "interrupt_request":
            await self.interrupt()
            client.deliver(channel, reply_to(parts, "interrupt_reply", {"status": "ok"}))
        elif channel is Channel.CONTROL and head.msg_type == "shutdown_request":
            restart = parse(Event(self.incarnation, 0, 0.0, channel, tuple(parts))).content().get("restart") is True
            client.deliver(channel, reply_to(parts, "shutdown_reply", {"status": "ok", "restart": restart}))
            await (self.restart() if restart else self.stop())
        elif channel is Channel.CONTROL and head.msg_type == "debug_request":
            await self.foreign.ask(client, parts, parse(Event(self.incarnation, 0, 0.0, channel, tuple(parts))))
        elif channel is Channel.STDIN:
            await self.answer_raw(client, parts)
        elif channel in (Channel.SHELL, Channel.CONTROL):
            self.last_activity = time.time()
            name: Literal["shell", "control"] = "shell" if channel is Channel.SHELL else "control"
            await self.host.send(self.incarnation, name, tuple(parts))

    async def answer_raw(self, client: Reader, parts: Sequence[bytes]) -> None:
        own = [seq for seq, parent in self.prompts.items() if parent.session == client.session]
        if own:
            await self.answer(own[0], tuple(parts))

    async def answer(self, prompt: int, parts: tuple[bytes, ...]) -> None:
        """Answer an open prompt by its event. Raises `Conflict` or `NotFound` when it is open no more."""
        await self.host.answer(self.incarnation, prompt, parts)
        self.prompts.pop(prompt, None)

    async def interrupt(self) -> None:
        if self.owner is not None:
            await self.owner.interrupt()
        else:
            await self.interrupt_process()

    async def interrupt_process(self) -> None:
        await self.host.interrupt(self.incarnation, wire.interrupt_request(new_request(), SESSION))

    async def restart(self) -> None:
        if self.owner is None:
            raise NotFound("This kernel has no session that could restart it.")
        await self.owner.restart()

    async def stop(self, why: str = "stopped") -> None:
        if self.owner is not None:
            await self.owner.stop_kernel(why)
        else:
            await self.stop_process(why)

    async def stop_process(self, why: str = "stopped") -> None:
        try:
            await self.host.stop(self.incarnation, reason=why, shutdown=wire.shutdown_request(new_request(), SESSION))
        except HostUnavailable:
            return


SESSION = "octavo"
"""The Jupyter session id of Octavo's own requests."""


def reply_to(parts: Sequence[bytes], kind: str, content: dict[str, Any]) -> tuple[bytes, ...]:
    """What a kernel would answer to a request that never reaches it."""
    head = wire.header(kind, new_request(), SESSION)
    return (wire.encode(head), parts[0], b"{}", wire.encode(content))


def life(event: Event) -> dict[str, Any]:
    """The JSON of a LIFE or GAP event; {} where it is none."""
    try:
        said = _any.decode(event.parts[0])
    except (msgspec.DecodeError, IndexError):
        return {}
    return said if isinstance(said, dict) else {}


def prompt_id(event: Event) -> PromptId:
    return PromptId(f"{event.incarnation}:{event.seq}")
