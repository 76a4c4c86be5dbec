"""The host's own watch over memory: warns before a limit, and ends at it what no control group holds back.

The nearer a process is to its limit, the sooner it is looked at again: even one that takes 2 GB a second is seen before it has taken much more.
RSS is looked at first; only near the limit PSS is, which is what counts, and costs more to read the more there is.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

from octavo.kernels.host import memory
from octavo.kernels.host.kernel import Kernel
from octavo.kernels.host.loop import Loop
from octavo.kernels.host.memory import Witness
from octavo.kernels.host.program import Program

WARN: Final = 0.8
CALM: Final = 0.7
"""Shares of the limit at which a warning begins and ends."""
RATE: Final = 2e9
"""Bytes a second that a process may come to take."""
LEAST: Final = 0.05
MOST: Final = 1.0
"""Seconds between two looks."""
COST: Final = 20
"""A look takes at most one part in so many of the time."""


def pause(used: int, limit: int, took: float) -> float:
    """Seconds until the next look at a process that takes `used` of `limit`. Pure."""
    return min(MOST, max(LEAST, (limit - used) / RATE, took * COST))


class Watch:
    """`kernels`: those that the host has, ended ones too."""

    def __init__(self, loop: Loop, witness: Witness, kernels: Callable[[], Iterable[Kernel | Program]]) -> None:
        self._loop = loop
        self._witness = witness
        self._kernels = kernels
        self._warned: set[str] = set()
        self._looked = float("-inf")
        loop.later(MOST, self._look)

    def _look(self) -> None:
        living = [kernel for kernel in self._kernels() if kernel.state != "ended" and kernel.process.pid]
        now = time.monotonic()
        if now - self._looked >= MOST:
            self._looked = now
            self._witness.look(bool(living))
        self._warned &= {kernel.incarnation for kernel in living}
        wait = MOST
        for kernel in living:
            if isinstance(kernel, Kernel) and kernel.process.guard.limits.memory is not None:
                wait = min(wait, self._measure(kernel, kernel.process.guard.limits.memory))
        self._loop.later(wait, self._look)

    def _measure(self, kernel: Kernel, limit: int) -> float:
        began = time.monotonic()
        processes = memory.family(kernel.process.pid)
        used = memory.resident(processes)
        if used >= CALM * limit:
            used = memory.share(processes)
        kernel.process.peak = max(kernel.process.peak, used)
        if used >= limit and not kernel.process.guard.is_enforced(kernel.process.pid):
            kernel.stop("memory", grace=0)
        elif used >= WARN * limit and kernel.incarnation not in self._warned:
            self._warned.add(kernel.incarnation)
            kernel.tell_memory(used, limit, high=True)
        elif used < CALM * limit and kernel.incarnation in self._warned:
            self._warned.discard(kernel.incarnation)
            kernel.tell_memory(used, limit, high=False)
        return pause(used, limit, time.monotonic() - began)
