"""Who gives way when logs grow: memory first goes to the shelf, the shelf's oldest bulk becomes gaps, and without a shelf memory's does."""

from collections.abc import Sequence
from typing import Final, Protocol

from octavo.kernels.host.log import Log
from octavo.kernels.host.reader import Attachment
from octavo.kernels.host.shelf import Shelf

SOON: Final = 1024 * 1024
"""Bytes in memory of all logs past which the shelf is used, where there is one; memory's own bound is for where there is none."""
STEP: Final = 262144
"""Bytes in memory of a log that goes on on the shelf; more follows what is there."""


class Bounded(Protocol):
    """What the bounds ask of a process."""

    log: Log

    @property
    def attachment(self) -> Attachment | None: ...


class Bounds:
    """`memory` for all logs together; on disk `each` a log, and what the shelf allows for all."""

    def __init__(self, memory: int, shelf: Shelf, each: int) -> None:
        self.memory = memory
        self.shelf = shelf
        self._each = each

    def keep(self, logs: Sequence[Log], waiting: Sequence[Bounded]) -> None:
        """`logs`: all that may stand on the shelf. `waiting`: those whose reader is not well. The fullest gives way first."""
        for one in waiting:
            if one.log.shelved and (one.log.unsent > STEP or one.log.shelved > self._each):
                self._shelve(one.log, logs)
        held = sum(one.log.bytes for one in waiting)
        soon = min(self.memory, SOON)
        for one in sorted(waiting, key=lambda one: one.log.unsent, reverse=True) if held > soon else ():
            before = one.log.bytes
            self._shelve(one.log, logs)
            held -= before - one.log.bytes
            if held <= soon * 3 // 4:  # so that this is done now and then, not at every message
                break
        excess = held - self.memory
        if excess <= 0:
            return
        excess += self.memory // 4
        for one in sorted(waiting, key=lambda one: one.log.waiting, reverse=True):
            before = one.log.bytes
            reads = one.attachment is not None and not one.attachment.stalled
            one.log.shrink(max(0, one.log.waiting - excess), "bound", spare_newest=reads)
            excess -= before - one.log.bytes
            if excess <= 0:
                return

    def _shelve(self, log: Log, logs: Sequence[Log]) -> None:
        if self._make_room(log, logs):
            log.shelve()

    def _make_room(self, log: Log, logs: Sequence[Log]) -> bool:
        """Whether what the log has in memory may go to the shelf; older bulk there gives way for it."""
        size = log.unsent
        if size > self._each or self.shelf.room() is None:
            return False
        while log.shelved + size > self._each:
            if not log.drop("bound"):
                return False
        while (room := self.shelf.room()) is not None and room < size:
            fullest = sorted(logs, key=lambda other: other.shelved, reverse=True)
            if not any(other.shelved and other.drop("bound") for other in fullest):
                return False
        return room is not None
