"""One incarnation of a kernel: its process, its four channels, its event log, and what must be known to serve it well.

    starting ──first iopub message and kernel_info reply──► ready ──process ends──► (channels read to their end) ──► ended

The host reads types and, where it must, parent ids; contents pass undecoded. What it knows: which executes are unanswered,
which prompts are open, which request ids were passed on.
"""

import functools
import json
import os
import re
import signal
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from octavo.kernels.host import memory, protocol
from octavo.kernels.host.channel import Channel
from octavo.kernels.host.children import Children
from octavo.kernels.host.connection_file import ConnectionFile
from octavo.kernels.host.debugging import Debuggers
from octavo.kernels.host.forking import Images
from octavo.kernels.host.groups import Groups
from octavo.kernels.host.living import CUT_REST, Living
from octavo.kernels.host.loop import Loop, Timer
from octavo.kernels.host.process import Process
from octavo.kernels.host.protocol import CONTROL, DEBUG, IOPUB, SHELL, STDIN, Refused
from octavo.kernels.host.shelf import Spool
from octavo.kernels.host.spares import Spares
from octavo.wire import zmtp

DELIMITER: Final = b"<IDS|MSG>"
MESSAGE_TYPE: Final = re.compile(rb'"msg_type"\s*:\s*"([^"\\]*)"')  # four times faster than reading the JSON
BULK: Final = frozenset(
    (b"stream", b"display_data", b"update_display_data", b"execute_result", b"comm_msg", b"debug_event")
)
ASK_EVERY: Final = 0.5
DRAIN: Final = 0.25
"""Seconds for the channels to be read to their end once the process is gone."""
BROKEN: Final = 10
"""Seconds that a process may live on after it closed a channel."""
LARGE: Final = 1024 * 1024
"""A message over this flows into a file of the log as it arrives."""
HELD_MESSAGES: Final = 1000
HELD_BYTES: Final = 64 * 1024 * 1024
LAST_CALL: Final = 1.0
"""Seconds between SIGTERM and SIGKILL, once the grace for a clean shutdown is over."""


class Prompt(NamedTuple):
    """`over`: the seq of its run's reply; once that is acknowledged, nobody asks about the prompt again."""

    state: Literal["open", "answered", "closed"]
    parent: str
    over: int | None = None


class Kernel(Living):
    """`settled(kernel)` after every batch of events; `ended(kernel)` once, after its `exited` event."""

    def __init__(
        self,
        loop: Loop,
        run_directory: str,
        *,
        process: str,
        incarnation: str,
        label: str,
        spec: dict[str, object],
        max_message: int,
        children: Children,
        images: Images,
        spares: Spares,
        witness: memory.Witness,
        groups: Groups,
        settled: Callable[["Kernel"], None],
        ended: Callable[["Kernel"], None],
    ) -> None:
        super().__init__(loop, process, incarnation, label, witness)
        self.kind = "kernel"
        self.nodrop = bool(spec.get("nodrop"))
        self.state: Literal["starting", "ready", "ended"] = "starting"
        self.executing: set[str] = set()
        self.busy = False
        self._settled = settled
        self._ended = ended
        self._signals = spec.get("interrupt_mode") != "message"
        self._requests: dict[str, int | None] = {}  # passed on: the seq of its reply, once there is one
        self._prompts: dict[int, Prompt] = {}
        self._held: list[tuple[int, list[bytes]]] = []
        self._cut: set[str] = set()  # runs that were interrupted and have not gone idle
        self._session = os.urandom(12).hex()
        self._heard = False
        self._info: object = None
        self._exiting = False
        self._timer: Timer | None = None

        spare = spares.take(spec)
        if spare is not None:
            self._file = spare.file
            self._file.rename(process)
        else:
            self._file = ConnectionFile(
                run_directory, process, str(spec.get("name", "")), tcp=spec.get("transport") == "tcp"
            )
        try:
            argv = [str(part).replace("{connection_file}", self._file.path) for part in spec["argv"]]  # type: ignore[attr-defined]
            self.process = Process(
                loop,
                run_directory,
                incarnation,
                {**spec, "argv": argv},
                children=children,
                images=images,
                spare=spare,
                groups=groups,
                started=self._process_started,
                ended=self._process_ended,
            )
        except Refused:
            self._file.remove()
            raise
        self.debuggers = Debuggers(loop, self._file.directory, self._debugged)
        identity = (
            os.urandom(8).hex().encode()
        )  # stdin's must be shell's: a kernel sends its prompts to the asker's identity
        self._channels = {
            number: Channel(
                loop,
                self._file.address(name),
                zmtp.Connection(
                    "SUB" if number == IOPUB else "DEALER",
                    identity=identity,
                    limit=max_message,
                    large=LARGE,
                    spool=self._spool,
                    max_parts=protocol.MAX_PARTS,
                ),
                received=functools.partial(self._received, number),
                up=self._channel_up,
                closed=self._channel_closed,
            )
            for name, number in protocol.CHANNELS.items()
        }

    # What the reader asks for

    @property
    def prompts(self) -> list[int]:
        return [seq for seq, prompt in self._prompts.items() if prompt.state == "open"]

    def has_passed_on(self, request: str) -> bool:
        return request in self._requests

    def submit(self, request: str, parts: list[bytes]) -> bool:
        """Pass an execute on, once. False: it had been."""
        if request in self._requests:
            return False
        self.send(SHELL, parts)
        self._requests[request] = None
        return True

    def send(self, channel: int, parts: list[bytes]) -> None:
        found = MESSAGE_TYPE.search(parts[0]) if channel == SHELL else None
        if found and found[1] == b"execute_request":
            self.executing.add(str(_object(parts[0]).get("msg_id", "")))
        if self.state == "starting":
            if (
                len(self._held) >= HELD_MESSAGES
                or sum(len(part) for _, held in self._held for part in held) > HELD_BYTES
            ):
                raise Refused("busy", "Too much waits for the kernel to start. Try again when it has.")
            self._held.append((channel, parts))
        else:
            self._pass_on(channel, parts)

    def _pass_on(self, channel: int, parts: list[bytes]) -> None:
        if not self._channels[channel].send([DELIMITER, self._file.sign(parts), *parts]):
            raise Refused("busy", "The kernel has stopped reading. Interrupt or restart it.")

    def answer(self, prompt: int, parts: list[bytes]) -> None:
        known = self._prompts.get(prompt)
        if known is None:
            raise Refused("unknown", "There is no such prompt.")
        if known.state != "open":
            raise Refused(known.state, f"The prompt is {known.state} already.")
        self._pass_on(STDIN, parts)
        self._prompts[prompt] = known._replace(state="answered")

    def interrupt(self, parts: list[bytes]) -> None:
        """Interrupt what runs, and cut the bulk that waits, so that Stop is felt at once."""
        if self.state == "starting":
            raise Refused("starting", "The kernel is still starting. Wait, or stop it.")
        self._cut = set(self.executing)
        if self._signals:
            self.process.signal(signal.SIGINT)
            # ipykernel asleep in `await` sees the signal only when a message wakes its loop.
            self._loop.later(0.02, self._ask)
        elif parts:
            self._pass_on(CONTROL, parts)
        self.log.shrink(CUT_REST, "cut")
        self.settle()

    def stop(self, reason: str, *, grace: float, parts: list[bytes] | None = None) -> None:
        """End it: by a shutdown_request in `parts`, else SIGTERM; after `grace` seconds by force."""
        if self.state == "ended" or self._exiting:
            return
        self.by_host = True
        self.reason = self.reason or reason
        self._flow()
        if grace <= 0:
            self.process.signal(signal.SIGKILL)
            return
        asked = False
        if parts and self.state == "ready":
            asked = self._channels[CONTROL].send([DELIMITER, self._file.sign(parts), *parts])
        if asked:
            self._loop.later(grace, self._terminate)
        else:
            self.process.signal(signal.SIGTERM)
            self._loop.later(grace, self._kill)

    def _terminate(self) -> None:
        if self.state != "ended":
            self.process.signal(signal.SIGTERM)
            self._loop.later(LAST_CALL, self._kill)

    def acknowledge(self, seq: int) -> None:
        self.log.ack(seq)
        for request in [request for request, reply in self._requests.items() if reply is not None and reply <= seq]:
            del self._requests[request]
        for number in [
            number for number, prompt in self._prompts.items() if prompt.over is not None and prompt.over <= seq
        ]:
            del self._prompts[number]
        if self.attachment is not None:
            self.attachment.acknowledge(seq)
        self._flow()

    # What the kernel says

    def _channel_up(self) -> None:
        if all(channel.is_up for channel in self._channels.values()) and self._timer is None:
            self._keep_asking()

    def _keep_asking(self) -> None:
        """A subscription is in force later than it is connected: ask until something has come through it."""
        if self.state == "starting" and not self._exiting:
            self._ask()
            self._timer = self._loop.later(ASK_EVERY, self._keep_asking)

    def _ask(self) -> None:
        header = {
            "msg_id": os.urandom(16).hex(),
            "session": self._session,
            "username": "octavo",
            "date": "1970-01-01T00:00:00Z",
            "msg_type": "kernel_info_request",
            "version": "5.3",
        }
        parts = [json.dumps(header).encode(), b"{}", b"{}", b"{}"]
        self._channels[SHELL].send([DELIMITER, self._file.sign(parts), *parts])

    def _received(self, channel: int, messages: list[zmtp.Message]) -> None:
        for message in messages:
            self._message(channel, message)
        self.settle()

    def _message(self, channel: int, message: zmtp.Message) -> None:
        try:
            start = message.parts.index(DELIMITER) + 2
            body = message.parts[start:]
        except ValueError:
            start, body = 0, []
        if (
            body
            and len(body) >= 4
            and not message.skipped
            and not self._file.vouches_for(message.parts[start - 1], body)
        ):
            return  # somebody else's, who took the port
        if channel == IOPUB and not self._heard:
            self._heard = True
            self._perhaps_ready()
        found = MESSAGE_TYPE.search(body[0]) if body else None
        kind = found[1] if found else b""
        if message.skipped:
            size = message.skipped + sum(len(part) for part in message.parts)
            seq = self.log.append_gap(size, kind.decode("utf-8", "replace"), _object(body[1]) if len(body) > 1 else {})
        elif message.spool is not None:
            seq = self._spooled(channel, message, body, kind)
        elif len(body) < 4:
            return  # no Jupyter message
        elif kind in (b"status", b"kernel_info_reply") and self._session.encode() in body[1]:
            self._own(kind, body)
            return
        else:
            seq = self.log.append(channel, body, bulk=channel == IOPUB and kind in BULK)
        if channel == IOPUB:
            if kind == b"status" and len(body) >= 4:
                self._status(body)
        elif len(body) > 1:
            self._other(channel, kind, str(_object(body[1]).get("msg_id", "")), seq)

    def _spool(self, parts: list[bytes]) -> Spool | None:
        """For a large message, of which these parts have come."""
        return self.log.spool(parts[parts.index(DELIMITER) + 2 :]) if DELIMITER in parts else None

    def _spooled(self, channel: int, message: zmtp.Message, body: list[bytes], kind: bytes) -> int:
        """A large message is in its file: it is one event like another, if the disk has taken all of it."""
        lengths = [*map(len, body), *message.lengths]
        bulk = channel == IOPUB and kind in BULK
        if not isinstance(message.spool, Spool) or not self.log.append_spool(
            channel, lengths, message.spool, bulk=bulk
        ):
            parent = _object(body[1]) if len(body) > 1 else {}
            self.log.append_gap(sum(lengths), kind.decode("utf-8", "replace"), parent, "disk")
        return self.log.seq

    def _own(self, kind: bytes, body: list[bytes]) -> None:
        """What answers the host's own questions is no event."""
        if kind == b"kernel_info_reply" and self._info is None:
            self._info = _object(body[3])
            self._perhaps_ready()

    def _perhaps_ready(self) -> None:
        if self.state != "starting" or not self._heard or self._info is None:
            return
        self.state = "ready"
        if self._timer is not None:
            self._timer.cancel()
        self._life("ready", kernel_info=self._info)
        held, self._held = self._held, []
        for channel, parts in held:
            self._pass_on(channel, parts)

    def _status(self, body: list[bytes]) -> None:
        self.busy = b'"busy"' in body[3]
        if self._cut:
            parent = str(_object(body[1]).get("msg_id", ""))
            if self.busy and parent not in self._cut:
                self._cut.clear()  # the next run has begun: its idle was lost
            elif not self.busy:
                self._cut.discard(parent)

    def _other(self, channel: int, kind: bytes, parent: str, seq: int) -> None:
        if channel == STDIN and kind == b"input_request":
            self._prompts[seq] = Prompt("open", parent)
        elif channel == SHELL and kind == b"execute_reply":
            self.executing.discard(parent)
            if parent in self._requests:
                self._requests[parent] = seq
            for number, prompt in self._prompts.items():
                if prompt.parent == parent and prompt.over is None:
                    # Interrupted: a late answer must not reach the next prompt.
                    state = "closed" if prompt.state == "open" else prompt.state
                    self._prompts[number] = prompt._replace(state=state, over=seq)

    def settle(self) -> None:
        if self.attachment is not None:
            self.attachment.pump()
        if self._cut and self.log.waiting > CUT_REST:
            self.log.shrink(CUT_REST, "cut")
        self._flow()
        self._settled(self)

    @property
    def is_sheltered(self) -> bool:
        """Its reader is well and it waits instead of dropping: nothing of its log needs to give way."""
        return (
            self.nodrop
            and self.attachment is not None
            and not self.attachment.stalled
            and not self._cut
            and not self.by_host
        )

    def _flow(self) -> None:
        """A reader that is well but slow: stop reading, so that the kernel waits instead of us dropping."""
        iopub = self._channels[IOPUB]
        iopub.pause(self.is_sheltered and not self._exiting and self._is_behind(iopub.paused))

    def _debugged(self, message: dict[str, object], bulk: bool) -> None:
        self.log.append(DEBUG, [json.dumps(message).encode()], bulk=bulk)
        self.settle()

    # Its end

    def _channel_closed(self) -> None:
        if self._exiting:
            if all(channel.is_closed for channel in self._channels.values()):
                self._finish()
        elif self.state != "ended":
            self._loop.later(BROKEN, self._abandon)

    def _abandon(self) -> None:
        self.stop("silent", grace=0)

    def _process_started(self, why: str) -> None:
        how: dict[str, object] = {}
        if self.process.is_forked:
            how["image"] = True
        if self.process.was_spare:
            how["spare"] = True
        if why:
            how["plain"] = why
        self._life("started", pid=self.process.pid, **how)

    def _process_ended(self, code: int) -> None:
        self._exiting = True
        self._exit(code)
        self._flow()
        for channel in self._channels.values():
            if not channel.is_up:
                channel.close()
        if all(channel.is_closed for channel in self._channels.values()):
            self._finish()
        else:
            self._loop.later(DRAIN, self._finish)

    def _finish(self) -> None:
        if self.state == "ended":
            return
        for channel in self._channels.values():
            channel.close()
        was_ready = self.state == "ready"
        self.state = "ended"
        self.busy = False
        self.executing.clear()
        for _, parts in self._held:  # these were taken over, but never passed on
            self._requests.pop(str(_object(parts[0]).get("msg_id", "")), None)
        self._held.clear()
        self._prompts.clear()
        self.debuggers.end()
        self._file.remove()
        self._tell_exit(ready=was_ready, log=self.process.tail())
        self._ended(self)

    def tell_memory(self, used: int, limit: int, *, high: bool) -> None:
        """It comes near its limit, or is well below it again."""
        self._life("memory", used=used, limit=limit, high=high)


def _object(data: bytes) -> dict[str, object]:
    """A JSON object; `{}` for anything else (xeus sends null as a parent header)."""
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
