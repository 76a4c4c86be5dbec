"""What every incarnation has, whatever kind of process it is: who it is, its event log and who reads that, how it ended.

Not here: what is said to it and what it says (`kernel`, `program`).
"""

import json
import signal
from typing import Final

from octavo.kernels.host import evidence, memory
from octavo.kernels.host.log import Log
from octavo.kernels.host.loop import Loop
from octavo.kernels.host.process import Process
from octavo.kernels.host.protocol import LIFE
from octavo.kernels.host.reader import Attachment

PAUSE: Final = 262144
RESUME: Final = 65536
CUT_REST: Final = 65536
"""Bytes of the newest output that an interrupt leaves."""


class Living:
    """`reason`: why the host ended it, in a word; None if it did not. `code` and `signal`: how its process ended."""

    state: str
    process: Process

    def __init__(self, loop: Loop, process: str, incarnation: str, label: str, witness: memory.Witness) -> None:
        self.id = process
        self.incarnation = incarnation
        self.label = label
        self.log = Log()
        self.attachment: Attachment | None = None
        self.by_host = False
        self.reason: str | None = None
        self.code: int | None = None
        self.signal: int | None = None
        self._loop = loop
        self._witness = witness

    def settle(self) -> None:
        """After something was appended: send what may be sent, then see who has to wait or give way."""
        raise NotImplementedError

    def _is_behind(self, paused: bool) -> bool:
        """So much is unsent to its reader that it is to wait, or to wait on."""
        return self.attachment is not None and self.log.has_unsent(
            self.attachment.position, RESUME if paused else PAUSE
        )

    def _kill(self) -> None:
        if self.state != "ended":
            self.process.signal(signal.SIGKILL)

    def _exit(self, code: int) -> None:
        """Its process has ended, by a signal if `code` is negative."""
        self.code, self.signal = (code, None) if code >= 0 else (None, -code)

    def _tell_exit(self, *, ready: bool, log: str) -> None:
        why = evidence.of_memory(self.process, self._witness, code=self.code, signal=self.signal, reason=self.reason)
        self._life(
            "exited",
            code=self.code,
            signal=self.signal,
            by_host=self.by_host,
            reason=self.reason,
            ready=ready,
            log=log,
            **why,
        )

    def _life(self, event: str, **fields: object) -> None:
        self.log.append(LIFE, [json.dumps({"event": event, **fields}).encode()])
        self.settle()
