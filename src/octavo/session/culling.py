"""Stopping kernels in which nothing has run for long (`kernels.cull_after`; off by default), and those that a person calls idle.

Idle begins when the last run ends. Never stopped by itself: a kernel that runs, has something to run, waits for input, or is paused by the
debugger; nor, unless `kernels.cull_connected`, one that a page or a Jupyter client is connected to. What is decided is pure; `Culling` asks the
host once more before it acts, since a raw client may have given the kernel something this moment.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio

from octavo.errors import OctavoError
from octavo.ids import ProcessId
from octavo.settings import schema

if TYPE_CHECKING:
    from octavo.session.sessions import Sessions

log = logging.getLogger("octavo.session")

LOOK: Final = 60.0
"""Seconds between looks at most: what a kernel that is due does meanwhile is seen then."""
IDLE: Final = "idle"
"""Why a culled kernel ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What of a kernel decides. `idle_since`: when its last run ended, or it was ready; seconds since 1970."""

    busy: bool
    asks: bool
    paused: bool
    idle_since: float
    pages: int = 0
    connections: int = 0

    @property
    def may_stop(self) -> bool:
        """Would stopping it interrupt nothing?"""
        return not (self.busy or self.asks or self.paused)


def due_in(standing: Standing, now: float, after: float, *, even_connected: bool) -> float | None:
    """Seconds until it is to be stopped; None: not while it stands so."""
    if after <= 0 or not standing.may_stop:
        return None
    if not even_connected and (standing.pages or standing.connections):
        return None
    return max(0.0, standing.idle_since + after - now)


class Culling:
    """`run` is a task of the sessions."""

    def __init__(self, sessions: "Sessions", settings: schema.Kernels, now: Callable[[], float]) -> None:
        self._sessions, self._settings, self._now = sessions, settings, now

    async def run(self) -> None:
        """For ever; returns at once where culling is off."""
        after = float(self._settings.cull_after)
        while after > 0:
            due = self._due(after)
            await self.stop([process for process, left in due.items() if left <= 0], why=IDLE)
            soonest = min((left for left in due.values() if left > 0), default=LOOK)
            await anyio.sleep(min(max(soonest, 0.05), LOOK, after))

    def _due(self, after: float) -> dict[ProcessId, float]:
        found = {}
        for kernel, standing in self._sessions.standings():
            left = due_in(standing, self._now(), after, even_connected=self._settings.cull_connected)
            if left is not None:
                found[kernel.process] = left
        return found

    async def stop(self, which: Sequence[ProcessId], *, why: str) -> list[ProcessId]:
        """Stop those of these that are idle, also by the host's word. Which were."""
        if not which:
            return []
        try:
            host = await self._sessions.kernels.host()
            listed = {info.incarnation: info for info in await host.processes()}
        except OctavoError:
            return []
        stopped = []
        for kernel, standing in self._sessions.standings():
            info = listed.get(kernel.incarnation)
            if kernel.process in which and standing.may_stop and info is not None and not (info.busy or info.prompts):
                log.info("kernel %s of %s is stopped: %s", kernel.name, kernel.label.path or "no notebook", why)
                await kernel.stop(why)
                stopped.append(kernel.process)
        return stopped
