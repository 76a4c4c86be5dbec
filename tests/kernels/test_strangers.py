"""Both ends of the host's socket take the other for a stranger: what cannot be understood ends the connection, nothing else."""

import asyncio
import json
import socket
import struct
from pathlib import Path

import anyio
import pytest
import scripted
from reading import start, text_of

from octavo.errors import HostUnavailable
from octavo.ids import Incarnation
from octavo.kernels.connection import Host
from octavo.kernels.host import protocol
from octavo.kernels.host.log import record
from octavo.settings import schema

pytestmark = pytest.mark.anyio


def frame(kind: int, body: bytes) -> bytes:
    return protocol.FRAME.pack(len(body) + 1, kind) + body


def said(**message: object) -> bytes:
    return frame(protocol.JSON, json.dumps(message).encode())


NUMBERED = struct.pack("<I", 1)
GARBAGE = {
    "too long": protocol.FRAME.pack(protocol.MAX_FRAME + 1, protocol.JSON),
    "empty": protocol.FRAME.pack(0, 0),
    "no JSON": frame(protocol.JSON, b"{"),
    "no object": frame(protocol.JSON, b"[1]"),
    "unknown kind": frame(9, b"x"),
    "short events": frame(protocol.EVENTS, b"\1"),
    "lengths": frame(protocol.EVENTS, NUMBERED + record(1, 0, [b"abc"])[:-1]),
    "unknown channel": frame(protocol.EVENTS, NUMBERED + record(1, 77, [b"abc"])),
    "out of order": frame(protocol.EVENTS, NUMBERED + record(2, 0, [b"abc"])),
    "no parts": frame(protocol.EVENTS, NUMBERED + record(1, 0, [])),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
async def test_a_host_that_sends_garbage_is_left(run_directory: Path, garbage: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (
            said(id=1, ok=True, version=1, pid=1, host="h", build="b"),
            said(id=2, ok=True, attachment=1, first=1, last=0, acked=0),
        ):
            await reader.readexactly(1)
            await reader.read(65536)
            writer.write(answer)
        writer.write(garbage)
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(serve, run_directory / protocol.SOCKET_NAME)
    async with server, Host.open(run_directory, schema.Kernels(), build="test", spawn=False) as host:
        attachment = await host.attach(Incarnation("0" * 16), 0)
        with pytest.raises(HostUnavailable, match="cannot be understood"), anyio.fail_after(10):
            await anext(attachment)
        with pytest.raises(HostUnavailable):
            await host.processes()


async def test_a_list_that_makes_no_sense_is_told(run_directory: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (
            said(id=1, ok=True, version=1, pid=1, host="h", build="b"),
            said(id=2, ok=True, processes=[{"process": 7}]),
        ):
            await reader.readexactly(1)
            await reader.read(65536)
            writer.write(answer)
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(serve, run_directory / protocol.SOCKET_NAME)
    async with server, Host.open(run_directory, schema.Kernels(), build="test", spawn=False) as host:
        with pytest.raises(HostUnavailable, match="cannot be understood: Expected `str`"):
            await host.processes()


@pytest.mark.parametrize(
    "garbage",
    [
        GARBAGE["too long"],
        GARBAGE["empty"],
        GARBAGE["no JSON"],
        GARBAGE["no object"],
        GARBAGE["unknown kind"],
        frame(protocol.RAW, struct.pack("<IBI", 2, 1, 99) + b"{}"),
        frame(protocol.RAW, b"\0"),
    ],
)
async def test_a_client_that_sends_garbage_is_hung_up_on_and_harms_nobody(
    host: Host, run_directory: Path, garbage: bytes
) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(run_directory / protocol.SOCKET_NAME))
        client.sendall(garbage)
        assert client.recv(1) == b""
    assert text_of(await kernel.run("print on")) == "on\n"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"op": "attach", "incarnation": "x", "after": 0}, "hello"),
        ({"op": "dance"}, "op"),
        ({"op": None}, "op"),
        ({"op": "hello", "versions": [99]}, "version"),
        ({"op": "hello"}, "bad"),
        ({"op": "stop", "incarnation": 7}, "bad"),
        ({"op": "stop", "incarnation": "x", "grace": 1}, "unknown"),
    ],
)
async def test_a_request_that_is_wrong_is_answered_with_the_reason(
    host: Host, run_directory: Path, message: dict[str, object], error: str
) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(run_directory / protocol.SOCKET_NAME))
        client.sendall(said(id=5, **message))
        length, _ = protocol.FRAME.unpack(client.recv(protocol.FRAME.size))
        answer = json.loads(client.recv(length))
    assert (answer["id"], answer["error"]) == (5, error)
    assert answer["message"]
    assert host.state == "connected"
