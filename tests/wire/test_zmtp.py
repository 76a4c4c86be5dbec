"""Our ZMTP against libzmq, and against bytes that libzmq would never send."""

import os
import socket
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.wire import zmtp

OPEN: list[socket.socket] = []


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="o") as name:
        yield Path(name)
    while OPEN:
        OPEN.pop().close()


Bind = Callable[[int], "zmq.Socket[bytes]"]


@pytest.fixture
def bind(folder: Path) -> Iterator[Bind]:
    """Makes a socket of libzmq that is bound to `<folder>/s`."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    made: list[zmq.Socket[bytes]] = []

    def make(kind: int) -> zmq.Socket[bytes]:
        made.append(context.socket(kind))
        made[-1].bind(f"ipc://{folder}/s")
        return made[-1]

    yield make
    for socket_ in made:
        socket_.close(linger=0)
    context.term()


class Client:
    """A blocking socket around the sans-I/O connection."""

    def __init__(self, path: Path, connection: zmtp.Connection) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        OPEN.append(self.socket)
        self.socket.settimeout(5)
        self.socket.connect(os.fspath(path))
        self.zmtp = connection
        self.messages: list[zmtp.Message] = []
        self.socket.sendall(connection.outgoing())
        while not connection.ready:
            self.read()

    def read(self, size: int = 65536) -> None:
        data = self.socket.recv(size)
        assert data
        self.messages += self.zmtp.receive(data)
        if out := self.zmtp.outgoing():
            self.socket.sendall(out)

    def receive(self, size: int = 65536) -> zmtp.Message:
        while not self.messages:
            self.read(size)
        return self.messages.pop(0)


def test_a_dealer_talks_with_a_router_of_libzmq(folder: Path, bind: Bind) -> None:
    router = bind(zmq.ROUTER)
    client = Client(folder / "s", zmtp.Connection("DEALER", identity=b"me"))
    sent = [b"", b"x" * 255, b"y" * 256, b"z" * 300_000]
    client.socket.sendall(zmtp.encode(sent))
    assert router.recv_multipart() == [b"me", *sent]
    router.send_multipart([b"me", b"a", b"", b"b" * 300_000])
    router.send_multipart([b"me", b"next"])
    assert client.receive() == zmtp.Message([b"a", b"", b"b" * 300_000], 0)
    assert client.receive() == zmtp.Message([b"next"], 0)


def test_a_subscriber_gets_everything_that_a_publisher_of_libzmq_sends(folder: Path, bind: Bind) -> None:
    publisher = bind(zmq.XPUB)
    client = Client(folder / "s", zmtp.Connection("SUB"))
    assert publisher.recv() == b"\x01"  # subscribed to all
    for number in range(500):
        publisher.send_multipart([b"topic", b"%d" % number])
    assert [client.receive().parts[1] for _ in range(500)] == [b"%d" % number for number in range(500)]


def test_a_message_over_the_limit_flows_past_and_the_next_one_arrives(folder: Path, bind: Bind) -> None:
    router = bind(zmq.ROUTER)
    client = Client(folder / "s", zmtp.Connection("DEALER", identity=b"me", limit=100_000))
    client.socket.sendall(zmtp.encode([b"hello"]))
    assert router.recv_multipart() == [b"me", b"hello"]  # a router drops what is for a peer that it does not know yet
    router.send_multipart([b"me", b"header", b"x" * 50_000, b"y" * 5_000_000, b"tail"])
    router.send_multipart([b"me", b"last", b"z" * 2_000_000])
    router.send_multipart([b"me", b"small"])
    assert client.receive() == zmtp.Message([b"header", b"x" * 50_000], 5_000_004)
    assert client.receive() == zmtp.Message([b"last"], 2_000_000)
    assert client.receive() == zmtp.Message([b"small"], 0)


def test_parts_past_the_limit_are_counted_and_not_held() -> None:
    connection = greeted(max_parts=3)
    (message,) = connection.receive(zmtp.encode([b"a", b"b", b"c", b"d", b"", b"e"]))
    assert message == zmtp.Message([b"a", b"b", b"c"], 3)


parts = st.lists(st.binary(max_size=40) | st.integers(250, 700).map(bytes), min_size=1, max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    messages=st.lists(parts, max_size=6),
    cuts=st.lists(st.integers(1, 90), max_size=40),
    limit=st.sampled_from([10, 300, 10_000]),
)
def test_messages_come_out_the_same_however_the_stream_is_cut(
    messages: list[list[bytes]], cuts: list[int], limit: int
) -> None:
    stream = peer_opening() + b"".join(zmtp.encode(message) for message in messages)
    whole = zmtp.Connection("SUB", limit=limit).receive(stream)
    connection, received, position = zmtp.Connection("SUB", limit=limit), [], 0
    for cut in [*cuts, len(stream)]:
        received += connection.receive(stream[position : position + cut])
        position += cut
    assert received == whole
    assert connection.ready
    for message, sent in zip(received, messages, strict=True):
        kept = sum(map(len, message.parts))
        assert kept <= limit
        assert message.parts == sent[: len(message.parts)]
        if not message.skipped:
            assert message.parts == sent


@pytest.mark.parametrize(
    ("opening", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n" + b" " * 64, "does not speak"),
        (b"\xff" + bytes(8) + b"\x7f\x02\x00" + b"NULL" + bytes(48), "not 3 with NULL"),
        (b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE" + bytes(47), "CURVE"),
        (zmtp.GREETING + b"\x04\x0a\x05ERROR\x03no!", "no!"),
        (zmtp.GREETING + b"\x20\x01x", "unknown flags"),
        (zmtp.GREETING + b"\x06" + struct.pack(">Q", 1 << 40), "too long"),
    ],
)
def test_a_peer_that_speaks_something_else_is_refused_with_a_reason(opening: bytes, reason: str) -> None:
    with pytest.raises(zmtp.ZmtpError, match=reason):
        zmtp.Connection("DEALER").receive(opening)


def peer_opening() -> bytes:
    ready = b"\x05READY\x0bSocket-Type\x00\x00\x00\x03PUB"
    return zmtp.GREETING + bytes((zmtp.COMMAND, len(ready))) + ready


def greeted(*, max_parts: int = 255) -> zmtp.Connection:
    connection = zmtp.Connection("DEALER", max_parts=max_parts)
    assert connection.receive(peer_opening()) == []
    return connection
