"""The host's event loop: epoll and timers, nothing else. asyncio would cost 11 MB.

A callback that raises does not end the loop: `crashed` is told, and ends what the callback belongs to.
"""

import heapq
import select
import socket
import time
from collections.abc import Callable

Callback = Callable[[], None]
CHUNK = 131072


def come(connection: socket.socket) -> bytes | None:
    """What has come on a socket that does not block: empty at its end or after an error, None while there is nothing."""
    try:
        return connection.recv(CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""


class Timer:
    """One call that is due later; `cancel` takes it back."""

    __slots__ = ("callback", "due", "number")

    def __init__(self, due: float, number: int, callback: Callback) -> None:
        self.due = due
        self.number = number
        self.callback: Callback | None = callback

    def __lt__(self, other: "Timer") -> bool:
        return (self.due, self.number) < (other.due, other.number)

    def cancel(self) -> None:
        self.callback = None


class Loop:
    """Watches descriptors, keeps timers. One thread."""

    def __init__(self, crashed: Callable[[Callback, Exception], None]) -> None:
        self._crashed = crashed
        self._epoll = select.epoll()
        self._readers: dict[int, Callback] = {}
        self._writers: dict[int, Callback] = {}
        self._timers: list[Timer] = []
        self._count = 0
        self._running = False

    def read(self, descriptor: int, callback: Callback | None) -> None:
        """Call `callback` while `descriptor` is readable; None stops that."""
        self._watch(self._readers, descriptor, callback)

    def write(self, descriptor: int, callback: Callback | None) -> None:
        self._watch(self._writers, descriptor, callback)

    def _watch(self, watchers: dict[int, Callback], descriptor: int, callback: Callback | None) -> None:
        known = descriptor in self._readers or descriptor in self._writers
        if callback is not None:
            watchers[descriptor] = callback
        elif watchers.pop(descriptor, None) is None:
            return
        events = (select.EPOLLIN if descriptor in self._readers else 0) | (
            select.EPOLLOUT if descriptor in self._writers else 0
        )
        if not events:
            self._epoll.unregister(descriptor)
        elif known:
            self._epoll.modify(descriptor, events)
        else:
            self._epoll.register(descriptor, events)

    def later(self, seconds: float, callback: Callback) -> Timer:
        self._count += 1
        timer = Timer(time.monotonic() + seconds, self._count, callback)
        heapq.heappush(self._timers, timer)
        return timer

    def stop(self) -> None:
        self._running = False

    def run(self) -> None:
        self._running = True
        while self._running:
            # epoll takes at most 24 days.
            wait = -1.0 if not self._timers else min(max(0.0, self._timers[0].due - time.monotonic()), 86400.0)
            for descriptor, events in self._epoll.poll(wait):
                if events & ~select.EPOLLOUT and (reader := self._readers.get(descriptor)):
                    self._call(reader)
                if events & ~select.EPOLLIN and (writer := self._writers.get(descriptor)):
                    self._call(writer)
            now = time.monotonic()
            while self._timers and self._timers[0].due <= now:
                callback = heapq.heappop(self._timers).callback
                if callback is not None:
                    self._call(callback)

    def _call(self, callback: Callback) -> None:
        try:
            callback()
        except Exception as problem:  # noqa: BLE001 - the wall: one kernel or one client must not end all the others
            self._crashed(callback, problem)
