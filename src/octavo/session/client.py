"""One connected tab of a session: what it was sent, what waits for it, and how fast.

The first change after 50 quiet milliseconds goes out at once, then at most 20 a second, coalesced from this client's own position; what a
run's beginning or end changed waits for nothing (docs/decisions/0006). Edits
of others and answers to commands wait in a bounded queue; a client that does not read loses its connection, not the others' time.
"""

from collections import deque
from collections.abc import Awaitable, Callable

import anyio
import msgspec

from octavo.document.peers import Numbering
from octavo.ids import CellId
from octavo.session import messages
from octavo.session.board import Board, Known
from octavo.session.waiting import woken

PACE = 0.05
MAX_WAITING = 8 * 1024 * 1024
"""Bytes of frames that may wait for one client before it is let go; the document and results that it is greeted with do not count."""

_encoder = msgspec.json.Encoder()


class TooSlow(Exception):
    """The client does not read what it is sent."""


class Client:
    """Made by `Session.join`; `pump` runs in the connection's own task and is the only writer of its socket."""

    def __init__(self, tab: str, board: Board) -> None:
        self.tab, self.board = tab, board
        self.position = 0
        self.known: dict[CellId, Known] = {}
        self.ready = False
        self.edits = Numbering()
        self.gap = False
        """Something before an edit of this page is missing; commands wait in `held` until it has come."""
        self.held: deque[messages.FromPage] = deque()
        self._told_kept = self._told_saved = 0
        self._waiting: deque[bytes | str] = deque()
        self._size = 0
        self._greeting = 0
        """Bytes that waited when the greeting was complete, less what was sent since."""
        self._too_slow = anyio.CancelScope()
        self._wake = anyio.Event()
        self._bye: messages.Bye | None = None

    def keep(self, n: int) -> None:
        """Edits of this page up to `n` survive a crash."""
        if self.edits.keep(n):
            self.wake()

    def save(self, n: int) -> None:
        """Edits of this page up to `n` survive power loss."""
        if self.edits.save(n):
            self.wake()

    def wake(self) -> None:
        self._wake.set()

    def put(self, frame: bytes) -> None:
        """Queue a binary frame."""
        self._push(frame)

    def tell(self, message: messages.ToPage) -> None:
        """Queue a text frame."""
        self._push(_encoder.encode(message).decode())

    def _push(self, frame: bytes | str) -> None:
        self._size += len(frame)
        self._waiting.append(frame)
        if not self.ready:
            self._greeting = self._size
        elif self._size > MAX_WAITING + self._greeting:
            self._too_slow.cancel()  # it may be stuck in a send that never ends
        self._wake.set()

    def leave(self, code: str, message: str = "", path: str = "") -> None:
        """Say goodbye and end the connection."""
        self._bye = messages.Bye(code=code, message=message, path=path)
        self._wake.set()

    async def pump(self, send: Callable[[bytes | str], Awaitable[None]], clock: Callable[[], float]) -> str:
        """Send until somebody says goodbye; its code is answered. Raises `TooSlow`."""
        with self._too_slow:
            return await self._pump(send, clock)
        self._waiting.clear()
        raise TooSlow

    async def _pump(self, send: Callable[[bytes | str], Awaitable[None]], clock: Callable[[], float]) -> str:
        last = -PACE
        while True:
            wake = self._wake = anyio.Event()  # made before looking, so that nothing that comes meanwhile is missed
            while self._waiting:
                frame = self._waiting.popleft()
                self._size -= len(frame)
                self._greeting = max(0, self._greeting - len(frame))
                await send(frame)
            if self._bye is not None:
                await send(_encoder.encode(self._bye).decode())
                return self._bye.code
            pause = None
            if self.ready:
                await self._tell_edits(send)
                pause = last + PACE - clock() if self.position < self.board.position else None
                if self.position < self.board.urgent:
                    pause = 0.0
                if pause is not None and pause <= 0:
                    last = clock()
                    await self._tell_change(send)
                    continue
            await woken(wake, pause)

    async def _tell_change(self, send: Callable[[bytes | str], Awaitable[None]]) -> None:
        change = self.board.change(self.position, self.known)
        if change is not None:
            self.position = change.position
            await send(_encoder.encode(change).decode())

    async def _tell_edits(self, send: Callable[[bytes | str], Awaitable[None]]) -> None:
        if self.edits.kept > self._told_kept:
            self._told_kept = self.edits.kept
            await send(_encoder.encode(messages.Kept(n=self._told_kept)).decode())
        if self.edits.saved > self._told_saved:
            self._told_saved = self.edits.saved
            await send(_encoder.encode(messages.Saved(n=self._told_saved)).decode())
