"""What Jupyter clients of one kernel still have to read: each from its own position, which is kept for a while after its socket is gone.

A position has the name of the client's Jupyter session: whoever comes back under it gets what came meanwhile, in order, once. What is handed
to a socket counts as read. Messages are shared by all that still have to read them. While clients are there, the kernel goes no faster than
they read; for one that is away (or reads too slowly) only so much is kept: past that the oldest bulk gives way, which the log tells.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Final

import anyio

from octavo.ids import new_request
from octavo.kernels.events import Channel
from octavo.wire import messages as wire

log = logging.getLogger("octavo.session.readers")

KEPT_SECONDS: Final = 600.0
MOST_EACH: Final = 8 * 1024 * 1024
MOST_ALL: Final = 16 * 1024 * 1024
"""Bytes kept for clients that are away: of one kernel, of all."""
AHEAD: Final = 1024 * 1024
"""Bytes that a client may be behind before its kernel waits for it."""
PATIENCE: Final = 5.0
"""Seconds that a kernel waits for a client after each of its batches; longer, and nobody waits until the client has caught up."""
OVERHEAD: Final = 512
"""What a message costs beside its bytes."""
BULK: Final = frozenset(("stream", "display_data", "update_display_data", "execute_result", "comm_msg"))


class Room:
    """What is kept over all kernels."""

    def __init__(self, most: int = MOST_ALL) -> None:
        self.most, self.used = most, 0


ROOM: Final = Room()


class Held:
    """A message that somebody still has to read."""

    __slots__ = ("bulk", "channel", "holders", "parts", "size")

    def __init__(self, channel: Channel, parts: Sequence[bytes], bulk: bool) -> None:
        self.channel, self.parts, self.bulk = channel, tuple(parts), bulk
        self.size = sum(map(len, self.parts)) + OVERHEAD
        self.holders = 0


class Reader:
    """One client. `session`: its Jupyter session id, as its own messages name it; `place`: the id that its position is kept under, or ""."""

    def __init__(self, readers: "Readers", place: str) -> None:
        self.place = self.session = place
        self.connection = 0
        """Counts its sockets: one whose number has passed is not its newest."""
        self.is_there = True
        self.is_slow = False
        self.wake = anyio.Event()
        self.waiting: deque[Held] = deque()
        self.size = 0
        self.lost = self.lost_bytes = 0
        self.expiry: asyncio.TimerHandle | None = None
        self._readers = readers

    def next(self) -> Held | None:
        return self.waiting[0] if self.waiting else None

    def passed(self, held: Held) -> None:
        """It was handed to the socket."""
        if self.waiting and self.waiting[0] is held:
            self._readers.release(self, self.waiting.popleft())
        if self.is_slow and self.size <= AHEAD:
            self.is_slow = False
            self._readers.tell_lost(self)
        self._readers.read()

    def deliver(self, channel: Channel, parts: Sequence[bytes]) -> None:
        """Something for this client alone."""
        if self in self._readers.all:  # else nobody would ever read it
            self._readers.hold([self], Held(channel, parts, bulk=False))

    def state(self, value: str) -> None:
        """Tell a synthetic status (restarting, dead)."""
        head = wire.header("status", new_request(), "octavo")
        self.deliver(Channel.IOPUB, wire.parts_of(head, {}, {}, {"execution_state": value}))


class Readers:
    """Of one kernel, over its restarts."""

    def __init__(self, *, each: int = MOST_EACH, room: Room = ROOM, kept: float = KEPT_SECONDS) -> None:
        self.all: list[Reader] = []
        self._each, self._room, self._kept = each, room, kept
        self._used = 0
        self._is_closed = False
        self._read = anyio.Event()

    @property
    def there(self) -> list[Reader]:
        """Those that are connected."""
        return [reader for reader in self.all if reader.is_there]

    def join(self, place: str) -> Reader:
        """A socket came: its client reads on from where it was, if it was here."""
        reader = next((known for known in self.all if place and known.place == place), None)
        if reader is None:
            reader = Reader(self, place)
            self.all.append(reader)
        if reader.expiry is not None:
            reader.expiry.cancel()
            reader.expiry = None
        reader.connection += 1
        reader.is_there, reader.is_slow = True, False
        reader.wake.set()  # an older socket of its sees that it is not the newest
        reader.wake = anyio.Event()
        self.tell_lost(reader)
        return reader

    def leave(self, reader: Reader, connection: int) -> None:
        """A socket has gone; its client's position is kept, if the client has a name and no newer socket."""
        if reader.connection != connection:
            return
        reader.is_there = False
        if reader.place and not self._is_closed:
            reader.expiry = asyncio.get_running_loop().call_later(self._kept, self._forget, reader)
            self._trim(reader)
        else:
            self._forget(reader)
        self.read()

    def close(self) -> None:
        """The kernel is gone for good: what those have to read that are away, nobody reads any more."""
        self._is_closed = True
        for reader in [reader for reader in self.all if not reader.is_there]:
            self._forget(reader)

    def put(self, channel: Channel, parts: Sequence[bytes], kind: str, *, session: str | None = None) -> None:
        """A message of the kernel: for all, or for the client of one Jupyter session."""
        readers = [reader for reader in self.all if session is None or (session and reader.session == session)]
        if readers:
            self.hold(readers, Held(channel, parts, kind in BULK))

    def hold(self, readers: Sequence[Reader], held: Held) -> None:
        held.holders = len(readers)
        self._used += held.size
        self._room.used += held.size
        for reader in readers:
            reader.waiting.append(held)
            reader.size += held.size
            reader.wake.set()
            self._trim(reader)

    def release(self, reader: Reader, held: Held) -> None:
        reader.size -= held.size
        held.holders -= 1
        if not held.holders:
            self._used -= held.size
            self._room.used -= held.size

    async def keep_pace(self) -> None:
        """Returns once no client that is there and reads is far behind."""
        with anyio.move_on_after(PATIENCE) as waiting:
            while any(reader.size > AHEAD for reader in self.there if not reader.is_slow):
                self._read = anyio.Event()
                await self._read.wait()
        if waiting.cancelled_caught:
            for reader in self.there:
                reader.is_slow = reader.size > AHEAD

    def read(self) -> None:
        """Somebody has read something, or has gone."""
        self._read.set()

    def _bound(self) -> int:
        return min(self._each, max(0, self._room.most - (self._room.used - self._used)))

    def _trim(self, reader: Reader) -> None:
        bound = self._bound()
        if (reader.is_there and not reader.is_slow) or reader.size <= bound:
            return
        kept: deque[Held] = deque()
        for bulk in (True, False):  # then what is no bulk, if that alone is too much
            kept.clear()
            for held in reader.waiting:
                if reader.size > bound * 3 // 4 and (held.bulk or not bulk):
                    reader.lost += 1
                    reader.lost_bytes += held.size - OVERHEAD
                    self.release(reader, held)
                else:
                    kept.append(held)
            reader.waiting, kept = kept, deque()
            if reader.size <= bound:
                return

    def tell_lost(self, reader: Reader) -> None:
        if reader.lost:
            log.warning(
                "a Jupyter client came back too late for %d messages (%d bytes): they are skipped",
                reader.lost,
                reader.lost_bytes,
            )
            reader.lost = reader.lost_bytes = 0

    def _forget(self, reader: Reader) -> None:
        for held in reader.waiting:
            self.release(reader, held)
        reader.waiting.clear()
        if reader.expiry is not None:
            reader.expiry.cancel()
        if reader in self.all:
            self.all.remove(reader)
