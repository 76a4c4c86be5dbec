"""What kernels cost, measured by the host while somebody looks, and what of it a page is told.

Who looks says so (`look`, `leave`) or asks (`now`); without them nothing is measured. Which change is worth telling, and when memory counts as
short, are functions of what was and what is.
"""

import time
from collections.abc import Callable
from typing import Final

import anyio

from octavo.errors import HostUnavailable
from octavo.ids import Incarnation
from octavo.kernels.connection import Host
from octavo.kernels.costs import Costs, Machine, TreeCost
from octavo.session import messages

PACE: Final = 2.0
"""Seconds between measurements while somebody looks."""
FIRST: Final = 1.0
"""Seconds after the first measurement to the second: processor time takes two."""
FRESH: Final = 1.0
"""Seconds for which a measurement answers who asks."""
SAMPLES: Final = 60
PAUSE: Final = 10.0
"""Seconds without a measurement after which what was used meanwhile says nothing of now."""
MB: Final = 1_000_000

TIGHT: Final = (0.15, 0.20)
"""Of the machine's memory: below the first it is shown beside the kernel's own, until more than the second is available again."""
SHORT: Final = (0.10, 0.15)
"""The same for offering to stop idle kernels."""


def is_below(bounds: tuple[float, float], was: bool, machine: Machine) -> bool:
    """Is available memory low? Once it is, only clearly more of it counts as enough."""
    return machine.total > 0 and machine.available < machine.total * bounds[1 if was else 0]


class Spent:
    """One incarnation's cost, and of the last measurements its memory (MB) and processor time (percent of one)."""

    def __init__(self) -> None:
        self.now = TreeCost(0, 0, 0, 0.0, 0, 0.0)
        self.cpu = 0
        self.memories: list[int] = []
        self.cpus: list[int] = []
        self._at = 0.0

    def add(self, cost: TreeCost, at: float) -> None:
        if at <= self._at:
            return
        passed = at - self._at
        if self._at and passed <= PAUSE:
            self.cpu = max(0, round(100 * (cost.cpu - self.now.cpu) / passed))
        else:
            self.cpu = 0
        self.now, self._at = cost, at
        self.memories = [*self.memories[1 - SAMPLES :], round(cost.memory / MB)]
        self.cpus = [*self.cpus[1 - SAMPLES :], self.cpu]


def is_worth_telling(told: messages.Cost, now: messages.Cost) -> bool:
    """Would a reader notice: a megabyte and a fiftieth of the memory, five percent of a processor, or how the machine fares?"""
    grown = abs(now.memory - told.memory)
    if grown >= max(MB, told.memory // 50) or abs(now.cpu - told.cpu) >= 5 or (now.cpu == 0) != (told.cpu == 0):
        return True
    if (now.tight, now.short, now.total) != (told.tight, told.short, told.total):
        return True
    return now.tight and abs(now.available - told.available) >= max(MB, told.available // 50)


class Watching:
    """All that is measured. `spent`: by incarnation; `latest`: the last measurement, None before the first or where the host cannot."""

    def __init__(self, host: Callable[[], Host | None], clock: Callable[[], float] = time.monotonic) -> None:
        self.spent: dict[Incarnation, Spent] = {}
        self.latest: Costs | None = None
        self.tight = self.short = False
        self._host, self._clock = host, clock
        self._lookers: set[object] = set()
        self._listeners: list[Callable[[], None]] = []
        self._came = anyio.Event()
        self._measuring = anyio.Lock()
        self._at = float("-inf")

    def look(self, who: object) -> None:
        """From now on, until `leave`, somebody looks."""
        if who not in self._lookers:
            self._lookers.add(who)
            self._came.set()

    def leave(self, who: object) -> None:
        self._lookers.discard(who)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every measurement, until what is returned is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def run(self) -> None:
        """For ever: measure while somebody looks."""
        while True:
            if not self._lookers:
                self._came = anyio.Event()
                await self._came.wait()
            cold = self._clock() - self._at > PAUSE
            await self.now()
            for listener in list(self._listeners):
                listener()
            await anyio.sleep(FIRST if cold else PACE)

    async def now(self) -> Costs | None:
        """The newest measurement, made now unless one was a moment ago. None: there is no host, or it does not measure."""
        async with self._measuring:
            if self._clock() - self._at >= FRESH:
                await self._measure()
        return self.latest

    async def _measure(self) -> None:
        host = self._host()
        try:
            found = await host.costs() if host is not None and host.state == "connected" else None
        except HostUnavailable:
            found = None
        self._at, self.latest = self._clock(), found
        if found is None:
            self.spent, self.tight, self.short = {}, False, False
            return
        names = {Incarnation(name) for name in found.trees if ":" not in name}
        self.spent = {name: spent for name, spent in self.spent.items() if name in names}
        for name in names:
            self.spent.setdefault(name, Spent()).add(found.trees[name], found.at)
        self.tight = is_below(TIGHT, self.tight, found.machine)
        self.short = is_below(SHORT, self.short, found.machine)

    def shown(self, incarnation: Incarnation | None) -> messages.Cost:
        """For a page: what this kernel costs (None: there is none), and how the machine fares."""
        spent = self.spent.get(incarnation) if incarnation is not None else None
        machine = self.latest.machine if self.latest is not None else Machine(0, 0)
        return messages.Cost(
            memory=spent.now.memory if spent else 0,
            cpu=spent.cpu if spent else 0,
            memories=spent.memories if spent else [],
            total=machine.total,
            available=machine.available,
            tight=self.tight,
            short=self.short,
        )
