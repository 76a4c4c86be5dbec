"""ZMTP 3.0, the client half: DEALER and SUB with the NULL mechanism (rfc.zeromq.org/spec/23). Sans-I/O.

Bytes go in, messages come out; whoever owns the socket moves the bytes. Standard library alone, because the kernel host
lives on it: libzmq would cost the host 6 to 15 MB, hide its queues, and hold an oversized message whole.

Not here: servers, encryption, the later SUBSCRIBE and PING commands (we say 3.0, and a peer then never sends them).
"""

import struct
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, Protocol

SocketType = Literal["DEALER", "SUB"]

MORE: Final = 1
LONG: Final = 2
COMMAND: Final = 4

GREETING_SIZE: Final = 64
GREETING: Final = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
SUBSCRIBE_TO_ALL: Final = b"\x00\x01\x01"
"""One short frame: the byte 1 (subscribe) and an empty topic."""
MAX_COMMAND: Final = 65536
LONG_HEADER: Final = struct.Struct(">BQ")


class ZmtpError(ValueError):
    """The peer does not speak ZMTP 3 with NULL; its connection is of no use."""


class Spool(Protocol):
    """Where a large message flows to as it arrives."""

    def write(self, data: bytes) -> None: ...

    def drop(self) -> None: ...


class Message(NamedTuple):
    """One message. `skipped`: bytes that flowed past because it is over the limit; `parts` are then those that came before.

    `spool`: it has the rest of a large message, parts of these `lengths`; `parts` are those that came before.
    """

    parts: list[bytes]
    skipped: int
    spool: Spool | None = None
    lengths: tuple[int, ...] = ()


def encode(parts: list[bytes] | tuple[bytes, ...]) -> bytes:
    """One message of `parts`, as the peer wants it."""
    frames: list[bytes] = []
    last = len(parts) - 1
    for number, part in enumerate(parts):
        more = MORE if number < last else 0
        frames.append(bytes((more, len(part))) if len(part) < 256 else LONG_HEADER.pack(LONG | more, len(part)))
        frames.append(part)
    return b"".join(frames)


def _ready_command(socket_type: SocketType, identity: bytes) -> bytes:
    properties = [(b"Socket-Type", socket_type.encode())]
    if socket_type == "DEALER":
        properties.append((b"Identity", identity))
    body = b"\x05READY" + b"".join(bytes((len(k),)) + k + struct.pack(">I", len(v)) + v for k, v in properties)
    return LONG_HEADER.pack(LONG | COMMAND, len(body)) + body if len(body) > 255 else bytes((COMMAND, len(body))) + body


class Connection:
    """One connection to a bound peer, from its greeting on.

    Send `outgoing()` after making it and after each `receive`. Once `ready`, `encode`d messages may follow.
    A message of more than `limit` bytes or `max_parts` parts is never held: what is over flows past and is counted.
    One of more than `large` bytes flows into the `spool` that is given for the parts before, where one is given.
    """

    def __init__(
        self,
        socket_type: SocketType,
        *,
        identity: bytes = b"",
        limit: int = 1 << 62,
        max_parts: int = 255,
        large: int = 1 << 62,
        spool: Callable[[list[bytes]], Spool | None] = lambda parts: None,
    ) -> None:
        self.ready = False
        self._socket_type: SocketType = socket_type
        self._identity = identity
        self._limit = limit
        self._max_parts = max_parts
        self._greeted = False
        self._outgoing = GREETING
        self._chunks: list[bytes] = []  # an unfinished frame, joined once all of it is there
        self._held = 0
        self._need = 0
        self._pass = 0  # bytes of an oversized frame that still have to flow past
        self._parts: list[bytes] = []
        self._size = 0
        self._skipped = 0
        self._large = large
        self._open_spool = spool
        self._spool: Spool | None = None
        self._lengths: list[int] = []
        self._flow = 0  # bytes of a frame that still have to flow into the spool
        self._is_last = False

    def outgoing(self) -> bytes:
        """What the handshake wants sent now; each byte is given once."""
        data, self._outgoing = self._outgoing, b""
        return data

    def receive(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. Raises ZmtpError."""
        if self._pass:
            passing = min(self._pass, len(data))
            self._pass -= passing
            data = data[passing:]
        messages: list[Message] = []
        if self._flow:
            data = self._into_spool(data, messages)
        if self._chunks:
            self._chunks.append(data)
            self._held += len(data)
            if self._held < self._need:
                return []
            data = b"".join(self._chunks)
            self._chunks = []
        start = 0
        if not self._greeted:
            if len(data) < GREETING_SIZE:
                self._keep(data, GREETING_SIZE)
                return []
            self._greet(data[:GREETING_SIZE])
            start = GREETING_SIZE
        self._frames(data, start, messages)
        return messages

    def _keep(self, data: bytes, need: int) -> None:
        if data:
            self._chunks, self._held, self._need = [data], len(data), need

    def _greet(self, greeting: bytes) -> None:
        if greeting[0] != 0xFF or greeting[9] != 0x7F:
            raise ZmtpError("the peer does not speak ZMTP")
        if greeting[10] < 3 or greeting[12:32].rstrip(b"\0") != b"NULL":
            raise ZmtpError(
                f"the peer wants ZMTP {greeting[10]} with {greeting[12:32].rstrip(bytes(1))!r}, not 3 with NULL"
            )
        self._greeted = True
        self._outgoing += _ready_command(self._socket_type, self._identity)

    def _frames(self, data: bytes, start: int, messages: list[Message]) -> None:
        end = len(data)
        while end - start >= 2:
            flags = data[start]
            if flags > 7:
                raise ZmtpError(f"a frame with unknown flags {flags}")
            if flags & LONG:
                if end - start < 9:
                    break
                size, body = int.from_bytes(data[start + 1 : start + 9], "big"), start + 9
            else:
                size, body = data[start + 1], start + 2
            after = body + size
            if flags & COMMAND:
                if size > MAX_COMMAND:
                    raise ZmtpError("a command that is too long")
                if after > end:
                    self._keep(data[start:], after - start)
                    return
                self._command(data[body:after])
            elif self._skipped or self._size + size > self._limit or len(self._parts) == self._max_parts:
                self._skipped += max(size, 1)  # an empty part too many counts as well
                self._pass = max(0, after - end)
                after = min(after, end)
                self._drop_spool()
                if not flags & MORE:
                    self._finish(messages)
            elif self._flows(size):
                self._lengths.append(size)
                self._size += size
                self._flow, self._is_last = size, not flags & MORE
                self._into_spool(data[body:after], messages)
                after = min(after, end)
            elif after > end:
                self._keep(data[start:], after - start)
                return
            else:
                self._parts.append(data[body:after])
                self._size += size
                if not flags & MORE:
                    self._finish(messages)
            start = after
        self._keep(data[start:], 9 if end - start >= 2 else 2)

    def _flows(self, size: int) -> bool:
        if self._spool is None and self._size + size > self._large:
            self._spool = self._open_spool(self._parts)
        return self._spool is not None

    def _into_spool(self, data: bytes, messages: list[Message]) -> bytes:
        """Let what belongs to the frame flow; returns the rest."""
        assert self._spool is not None
        flowing = min(self._flow, len(data))
        self._spool.write(data[:flowing])
        self._flow -= flowing
        if not self._flow and self._is_last:
            self._finish(messages)
        return data[flowing:]

    def _drop_spool(self) -> None:
        if self._spool is not None:
            self._skipped += sum(self._lengths)
            self._spool.drop()
            self._spool, self._lengths = None, []

    def close(self) -> None:
        """Nothing more comes: what has come of a message is of no use."""
        self._drop_spool()

    def _finish(self, messages: list[Message]) -> None:
        messages.append(Message(self._parts, self._skipped, self._spool, tuple(self._lengths)))
        self._parts, self._size, self._skipped = [], 0, 0
        self._spool, self._lengths = None, []

    def _command(self, body: bytes) -> None:
        if body.startswith(b"\x05READY"):
            self.ready = True
            if self._socket_type == "SUB":
                self._outgoing += SUBSCRIBE_TO_ALL
        elif body.startswith(b"\x05ERROR"):
            raise ZmtpError(f"the peer refused: {body[7:].decode('utf-8', 'replace')}")
