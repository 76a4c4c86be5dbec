"""One incarnation of a program: a command line whose stdout and stderr are one pipe, and what it writes to it numbered events.

    ready ──process ends──► (the pipe is read to its end) ──► ended

It lives as a kernel does (id, incarnation, event log, bounds, reaping), but nothing is sent to it: its stdin is empty. Bytes pass as they are;
which characters and lines they make is the reader's business. A reader that is well but slow lets the program wait at its pipe.
"""

import signal
from collections.abc import Callable
from typing import Final, Literal

from octavo.kernels.host import memory
from octavo.kernels.host.children import Children
from octavo.kernels.host.forking import Images
from octavo.kernels.host.groups import Groups
from octavo.kernels.host.living import CUT_REST, Living
from octavo.kernels.host.loop import Loop
from octavo.kernels.host.process import Process
from octavo.kernels.host.protocol import OUTPUT, Refused

NO_MESSAGES: Final = "A program takes no messages. It can be interrupted, signalled and stopped."


class Program(Living):
    """`settled(program)` after every batch of events; `ended(program)` once, after its `exited` event."""

    def __init__(
        self,
        loop: Loop,
        run_directory: str,
        *,
        process: str,
        incarnation: str,
        label: str,
        spec: dict[str, object],
        children: Children,
        images: Images,
        groups: Groups,
        witness: memory.Witness,
        settled: Callable[["Program"], None],
        ended: Callable[["Program"], None],
    ) -> None:
        super().__init__(loop, process, incarnation, label, witness)
        self.kind = "program"
        self.state: Literal["ready", "ended"] = "ready"
        self.executing: frozenset[str] = frozenset()
        self.prompts: list[int] = []
        self._settled = settled
        self._ended = ended
        self._paused = False
        self.process = Process(
            loop,
            run_directory,
            incarnation,
            {**spec, "image": []},
            children=children,
            images=images,
            spare=None,
            groups=groups,
            started=self._process_started,
            ended=self._process_ended,
            said=self._said,
        )

    # What the reader asks for

    @property
    def busy(self) -> bool:
        """It does something as long as it runs."""
        return self.state != "ended"

    def has_passed_on(self, request: str) -> bool:
        return False

    def submit(self, request: str, parts: list[bytes]) -> bool:
        raise Refused("kind", NO_MESSAGES)

    def send(self, channel: int, parts: list[bytes]) -> None:
        raise Refused("kind", NO_MESSAGES)

    def answer(self, prompt: int, parts: list[bytes]) -> None:
        raise Refused("kind", NO_MESSAGES)

    def interrupt(self, parts: list[bytes]) -> None:
        """SIGINT to its group; the bulk that waits is cut."""
        self.process.signal(signal.SIGINT)
        self.log.shrink(CUT_REST, "cut")
        self.settle()

    def stop(self, reason: str, *, grace: float, parts: list[bytes] | None = None) -> None:
        """End it by SIGTERM, and after `grace` seconds by force."""
        if self.state == "ended":
            return
        self.by_host = True
        self.reason = self.reason or reason
        self._flow()
        self.process.signal(signal.SIGTERM if grace > 0 else signal.SIGKILL)
        if grace > 0:
            self._loop.later(grace, self._kill)

    def acknowledge(self, seq: int) -> None:
        self.log.ack(seq)
        if self.attachment is not None:
            self.attachment.acknowledge(seq)
        self._flow()

    # What happens to it

    def _said(self, data: bytes) -> None:
        self.log.append(OUTPUT, [data], bulk=True)
        self.settle()

    def settle(self) -> None:
        if self.attachment is not None:
            self.attachment.pump()
        self._flow()
        self._settled(self)

    @property
    def is_sheltered(self) -> bool:
        """Its reader is well, and so it waits instead of dropping: nothing of its log needs to give way."""
        return self.attachment is not None and not self.attachment.stalled and not self.by_host

    def _flow(self) -> None:
        waits = self.state != "ended" and self.is_sheltered and self._is_behind(self._paused)
        if waits != self._paused:
            self._paused = waits
            self.process.pause(waits)

    def _process_started(self, why: str) -> None:
        self._life("started", pid=self.process.pid)

    def _process_ended(self, code: int) -> None:
        self.state = "ended"
        self._exit(code)
        self._tell_exit(ready=True, log="")
        self._ended(self)
