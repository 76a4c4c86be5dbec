"""One socket to a kernel: connects until the kernel is there, speaks ZMTP, hands over messages."""

import collections
import socket
import time
from collections.abc import Callable
from typing import Final

from octavo.kernels.host.loop import Loop, Timer, come
from octavo.wire import zmtp

PATIENCE: Final = 0.05
BACKLOG: Final = 64 * 1024 * 1024
"""Bytes that may wait for a kernel that does not read; past it the client is told `busy`."""


class Channel:
    """`received(messages)` per read; `up()` once when the peer is ready; `closed()` once when it is gone for good."""

    def __init__(
        self,
        loop: Loop,
        address: str | tuple[str, int],
        connection: zmtp.Connection,
        *,
        received: Callable[[list[zmtp.Message]], None],
        up: Callable[[], None],
        closed: Callable[[], None],
    ) -> None:
        self.is_up = False
        self.is_closed = False
        self.paused = False
        self._loop = loop
        self._address = address
        self._zmtp = connection
        self._received = received
        self._up = up
        self._closed = closed
        self._socket: socket.socket | None = None
        self._out: collections.deque[bytes | memoryview] = collections.deque()
        self._out_size = 0
        self._began = time.monotonic()
        self._retry: Timer | None = loop.later(0, self._connect)

    def _connect(self) -> None:
        connection = self._dial()
        if connection is None:
            # A forked kernel takes 0.03 s to bind, another one 0.2 s; libzmq's own 100 ms would be felt at every start.
            passed = time.monotonic() - self._began
            self._retry = self._loop.later(0.002 if passed < 0.3 else 0.01 if passed < 3 else 0.1, self._connect)
            return
        self._retry = None
        self._socket = connection
        self._loop.read(connection.fileno(), self._read)
        self._write(self._zmtp.outgoing())

    def _dial(self) -> socket.socket | None:
        if isinstance(self._address, tuple):
            return _dial_loopback(self._address)
        # Between path and number libzmq's own way has a hyphen; kernels that write an address as for TCP bind one with a colon.
        for address in (self._address, ":".join(self._address.rsplit("-", 1))):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.setblocking(False)
            try:
                connection.connect(address)
            except OSError:
                connection.close()
            else:
                return connection
        return None

    def send(self, parts: list[bytes]) -> bool:
        """False where the kernel has stopped reading and too much waits for it already."""
        if not self.is_up or self._out_size > BACKLOG:
            return False
        self._write(zmtp.encode(parts))
        return True

    def _write(self, data: bytes) -> None:
        if data:
            self._out.append(data)
            self._out_size += len(data)
            if len(self._out) == 1:
                self._flush()

    def _flush(self) -> None:
        if self._socket is None:
            return
        descriptor = self._socket.fileno()
        while self._out:
            data = self._out[0]
            try:
                sent = self._socket.send(data)
            except BlockingIOError:
                self._loop.write(descriptor, self._flush)
                return
            except OSError:
                self._out.clear()  # the end of the connection is seen by reading
                self._out_size = 0
                break
            self._out_size -= sent
            if sent == len(data):
                self._out.popleft()
            else:
                self._out[0] = memoryview(data)[sent:]
        self._loop.write(descriptor, None)

    def pause(self, paused: bool) -> None:
        """Stop reading, so that a kernel which does not drop waits; or read on."""
        if paused != self.paused and self._socket is not None and not self.is_closed:
            self.paused = paused
            self._loop.read(self._socket.fileno(), None if paused else self._read)

    def _read(self) -> None:
        if self._socket is None:
            return
        data = come(self._socket)
        if data is None:
            return
        if not data:
            self.fail()
            return
        try:
            messages = self._zmtp.receive(data)
        except zmtp.ZmtpError:
            self.fail()
            return
        self._write(self._zmtp.outgoing())
        if not self.is_up and self._zmtp.ready:
            self.is_up = True
            self._up()
        if messages:
            self._received(messages)

    def fail(self) -> None:
        """It is of no more use: close it, and say so."""
        if not self.is_closed:
            self.close()
            self._closed()

    def close(self) -> None:
        self.is_closed = True
        self.is_up = False
        self._zmtp.close()
        if self._retry is not None:
            self._retry.cancel()
        if self._socket is not None:
            self._loop.read(self._socket.fileno(), None)
            self._loop.write(self._socket.fileno(), None)
            self._socket.close()
            self._socket = None


def _dial_loopback(address: tuple[str, int]) -> socket.socket | None:
    """Connected, or refused, at once: loopback has no wire. A port that nobody listens on may connect to itself."""
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.settimeout(PATIENCE)
        connection.connect(address)
        if connection.getsockname() == connection.getpeername():
            raise ConnectionRefusedError
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
    except OSError:
        connection.close()
        return None
    return connection
