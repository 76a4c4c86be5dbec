"""A connection from the web process, and what it is sent of a log: in order, under a window of unacknowledged bytes."""

import collections
import itertools
import json
import socket
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, cast

from octavo.kernels.host import protocol
from octavo.kernels.host.log import Log, gap_record
from octavo.kernels.host.loop import Loop, come
from octavo.kernels.host.shelf import Piece

BATCH: Final = 65536
IN_SOCKET: Final = 262144
"""Bytes that may wait in the connection; more stays in the logs, where it can still give way."""
PATIENCE: Final = 10.0
"""Seconds without an acknowledgement, while one is due, after which a reader counts as away."""
MAX_ANSWERS: Final = 16 * 1024 * 1024

Request = dict[str, object]


class Attached(Protocol):
    """What an attachment needs of a kernel."""

    log: Log

    def settle(self) -> None: ...


class Attachment:
    """One log, read from a position on. `stalled`: nothing was acknowledged for too long."""

    def __init__(self, loop: Loop, connection: "Connection", number: int, kernel: Attached, after: int) -> None:
        self.number = number
        self.position = after
        self.stalled = False
        self._loop = loop
        self._connection = connection
        self._kernel = kernel
        self._flight: collections.deque[tuple[int, int]] = collections.deque()
        self._flight_size = 0
        self._since = 0.0
        self._watching = False
        log = kernel.log
        if after < log.acked:
            self._send([gap_record(after + 1, log.acked, log.acked - after, 0, "reader")], log.acked)

    def pump(self) -> None:
        log = self._kernel.log
        while self._flight_size < protocol.WINDOW and self._connection.backlog < IN_SOCKET and self.position < log.seq:
            records, _, position = log.take(self.position, min(BATCH, protocol.WINDOW - self._flight_size))
            if not records:
                break
            self._send(records, position)

    def _send(self, records: Sequence[bytes | Piece], position: int) -> None:
        self.position = position
        size = sum(len(blob) for blob in records)
        if not self._flight:
            self._since = time.monotonic()
        self._flight.append((position, size))
        self._flight_size += size
        if not self._watching:
            self._watching = True
            self._loop.later(PATIENCE, self._check)
        self._connection.events(self.number, records, size)

    def acknowledge(self, seq: int) -> None:
        while self._flight and self._flight[0][0] <= seq:
            self._flight_size -= self._flight.popleft()[1]
        self._since = time.monotonic()
        self.stalled = False
        self.pump()

    def _check(self) -> None:
        left = self._since + PATIENCE - time.monotonic()
        if not self._flight:
            self._watching = False
        elif left > 0:
            self._loop.later(left, self._check)
        else:
            self._watching = False
            self.stalled = True
            self._kernel.settle()


class Connection:
    """Frames in and out. `request` answers, or raises Refused, or returns None where there is no answer (yet)."""

    def __init__(
        self,
        loop: Loop,
        connection: socket.socket,
        request: Callable[["Connection", Request, list[bytes]], Request | None],
        gone: Callable[["Connection"], None],
    ) -> None:
        self.is_reader = False
        self.attachments: dict[str, Attachment] = {}
        """By incarnation."""
        self.backlog = 0
        self.is_closed = False
        self._loop = loop
        self._socket = connection
        self._request = request
        self._gone = gone
        self._in = bytearray()
        self._out: collections.deque[bytes | memoryview | Piece] = collections.deque()
        connection.setblocking(False)
        loop.read(connection.fileno(), self._read)

    def send(self, message: Request) -> None:
        body = json.dumps(message).encode()
        self._write([protocol.FRAME.pack(len(body) + 1, protocol.JSON), body])
        if self.backlog > MAX_ANSWERS + IN_SOCKET + protocol.MAX_FRAME:  # it asks and never reads
            self.close()

    def events(self, attachment: int, records: Sequence[bytes | Piece], size: int) -> None:
        self._write([protocol.FRAME.pack(size + 5, protocol.EVENTS) + struct.pack("<I", attachment), *records])

    def _write(self, buffers: Sequence[bytes | Piece]) -> None:
        if self.is_closed:
            _close_pieces(buffers)
            return
        idle = not self._out
        self._out.extend(buffers)
        self.backlog += sum(len(buffer) for buffer in buffers)
        if idle:
            self._flush()

    def _flush(self) -> None:
        while self._out:
            first = self._out[0]
            try:
                if isinstance(first, Piece):
                    self.backlog -= first.send(self._socket)
                    if not first:
                        self._out.popleft()
                        first.close()
                    continue
                # Parts of what waits, without joining them: a record stands in memory once, here and in its log.
                some = itertools.takewhile(lambda part: not isinstance(part, Piece), itertools.islice(self._out, 64))
                sent = self._socket.sendmsg(cast(Iterable[bytes], some))
            except BlockingIOError:
                self._loop.write(self._socket.fileno(), self._resume)
                return
            except OSError:
                self.close()
                return
            self.backlog -= sent
            while sent:
                part = cast(bytes, self._out[0])
                if sent < len(part):
                    self._out[0] = memoryview(part)[sent:]
                    break
                sent -= len(part)
                self._out.popleft()
        self._loop.write(self._socket.fileno(), None)

    def _resume(self) -> None:
        self._flush()
        for attachment in list(self.attachments.values()):
            attachment.pump()

    def _read(self) -> None:
        data = come(self._socket)
        if data is None:
            return
        if not data:
            self.close()
            return
        self._in += data
        start, end = 0, len(self._in)
        while end - start >= protocol.FRAME.size and not self.is_closed:
            length, kind = protocol.FRAME.unpack_from(self._in, start)
            if not 1 <= length <= protocol.MAX_FRAME:
                self.close()
                return
            if end - start < 4 + length:
                break
            self._frame(kind, bytes(self._in[start + 5 : start + 4 + length]))
            start += 4 + length
        del self._in[:start]

    def _frame(self, kind: int, body: bytes) -> None:
        try:
            message, parts = _split(kind, body)
        except (ValueError, struct.error):
            self.close()
            return
        answer: Request | None
        try:
            answer = self._request(self, message, parts)
        except protocol.Refused as refused:
            answer = {"error": refused.word, "message": str(refused), **refused.fields}
        except (KeyError, TypeError, ValueError) as problem:
            answer = {"error": "bad", "message": f"A request that the host does not understand: {problem!r}"}
        if answer is not None:
            self.send({"id": message.get("id"), **answer})

    def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self._loop.read(self._socket.fileno(), None)
        self._loop.write(self._socket.fileno(), None)
        self._socket.close()
        _close_pieces(self._out)
        self._out.clear()
        self._gone(self)


def _close_pieces(buffers: Iterable[bytes | memoryview | Piece]) -> None:
    for buffer in buffers:
        if isinstance(buffer, Piece):
            buffer.close()


def _split(kind: int, body: bytes) -> tuple[Request, list[bytes]]:
    parts: list[bytes] = []
    if kind == protocol.RAW:
        size, count = struct.unpack_from("<IB", body)
        lengths = struct.unpack_from(f"<{count}I", body, 5)
        start = 5 + 4 * count
        if start + size + sum(lengths) != len(body):
            raise ValueError("lengths do not add up")
        text, position = body[start : start + size], start + size
        for length in lengths:
            parts.append(body[position : position + length])
            position += length
    elif kind == protocol.JSON:
        text = body
    else:
        raise ValueError("unknown kind of frame")
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message, parts
