"""The side of the host: the five sockets of a connection file, bound as a kernel binds them; messages signed with its key."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, Final

import anyio
import zmq
import zmq.asyncio

from octavo.wire.messages import Parts, decode, encode, header, parts_of, peek

DELIMITER: Final = b"<IDS|MSG>"
SIGNED: Final = 4
LINGER: Final = 1000
"""Milliseconds for what was said last to reach the host."""
FULL: Final = 0.005
"""Seconds until a full socket is tried again: the host reads no more for a while, and we wait instead of dropping."""


class Sockets:
    """What the host connects to. There is one client, the host; a prompt goes to the identity that its shell has."""

    def __init__(self, connection_file: Path) -> None:
        info = json.loads(connection_file.read_text())
        self._key = str(info["key"]).encode()
        self._context = zmq.asyncio.Context()
        self._identity = b""
        self._publishing = anyio.Lock()
        self._shell = self._bind(info, "shell", zmq.ROUTER)
        self._control = self._bind(info, "control", zmq.ROUTER)
        self._stdin = self._bind(info, "stdin", zmq.ROUTER)
        self._heart = self._bind(info, "hb", zmq.REP)
        self._iopub: zmq.Socket[bytes] = zmq.Socket(self._context, zmq.PUB)
        self._iopub.setsockopt(zmq.XPUB_NODROP, 1)
        self._iopub.bind(_address(info, "iopub"))

    def _bind(self, info: dict[str, Any], channel: str, kind: int) -> zmq.asyncio.Socket:
        bound = self._context.socket(kind)
        bound.bind(_address(info, channel))
        return bound

    async def receive(self, channel: str) -> Parts:
        """The next message of the host on shell, control or stdin; what is not signed with the key is not heard."""
        source = {"shell": self._shell, "control": self._control, "stdin": self._stdin}[channel]
        while True:
            frames = await source.recv_multipart()
            if DELIMITER not in frames:
                continue
            start = frames.index(DELIMITER)
            parts = tuple(frames[start + 2 :])
            if len(parts) < SIGNED or not hmac.compare_digest(frames[start + 1], signature(self._key, parts)):
                continue
            self._identity = frames[0]
            return parts

    async def send(self, channel: str, parts: Parts) -> None:
        kind = peek(parts[0]).msg_type
        if kind == "kernel_info_reply":
            parts = without_debugger(parts)
        signed = [DELIMITER, signature(self._key, parts), *parts]
        if channel == "iopub":
            await self._publish([kind.encode(), *signed])
        elif self._identity:
            target = {"shell": self._shell, "control": self._control, "stdin": self._stdin}[channel]
            await target.send_multipart([self._identity, *signed])

    async def _publish(self, frames: list[bytes]) -> None:
        async with self._publishing:
            while True:
                try:
                    self._iopub.send_multipart(frames, zmq.NOBLOCK)
                    return
                except zmq.Again:
                    await anyio.sleep(FULL)

    async def beat(self) -> None:
        while True:
            await self._heart.send(await self._heart.recv())

    def close(self) -> None:
        self._iopub.close(linger=LINGER)  # the context does not know this one
        self._context.destroy(linger=LINGER)


def without_debugger(reply: Parts) -> Parts:
    """Octavo's debugger is dialled from inside the kernel, which cannot be done from elsewhere: it is not offered."""
    content = decode(reply[3])
    features = content.get("supported_features")
    if not isinstance(features, list) or "debugger" not in features:
        return reply
    content["supported_features"] = [feature for feature in features if feature != "debugger"]
    return (*reply[:3], encode(content), *reply[4:])


def _address(info: dict[str, Any], channel: str) -> str:
    between = "-" if info["transport"] == "ipc" else ":"
    return f"{info['transport']}://{info['ip']}{between}{info[f'{channel}_port']}"


def signature(key: bytes, parts: Parts) -> bytes:
    if not key:
        return b""
    return hmac.new(key, b"".join(parts[:SIGNED]), hashlib.sha256).hexdigest().encode()


def reply(request: Parts, kind: str, content: dict[str, Any], *, message: str, session: str) -> Parts:
    """An answer of the bridge's own, or what it publishes, in the request's name."""
    made = parts_of(header(kind, message, session), {}, {}, content)
    return (made[0], request[0], *made[2:])
