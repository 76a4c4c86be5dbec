"""A stock Jupyter client's socket, written from Jupyter Server's protocol and not from ours: both framings of `/api/kernels/ID/channels`."""

import json
import secrets
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import anyio
from websockets.asyncio.client import ClientConnection, connect

V1 = "v1.kernel.websocket.jupyter.org"


class JupyterSocket:
    """`messages`: all that came, as dicts with `channel`."""

    def __init__(self, socket: ClientConnection, session: str, v1: bool) -> None:
        self.socket, self.session, self.v1 = socket, session, v1
        self.messages: list[dict[str, Any]] = []

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, token: str, kernel: str, *, v1: bool, session: str = "", in_url: bool = False
    ) -> AsyncIterator["JupyterSocket"]:
        session = session or secrets.token_hex(8)
        address = f"{url.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?session_id={session}"
        headers = {} if in_url else {"Authorization": f"token {token}"}
        async with connect(
            f"{address}&token={token}" if in_url else address,
            additional_headers=headers,
            subprotocols=[V1] if v1 else None,  # type: ignore[list-item]
            max_size=None,
            proxy=None,
        ) as socket:
            assert (socket.subprotocol == V1) == v1
            yield cls(socket, session, v1)

    def request(self, kind: str, content: dict[str, Any], parent: dict[str, Any] | None = None) -> dict[str, Any]:
        header = {
            "msg_id": secrets.token_hex(16),
            "msg_type": kind,
            "session": self.session,
            "username": "me",
            "date": "2026-01-01T00:00:00.000000Z",
            "version": "5.3",
        }
        return {"header": header, "parent_header": parent or {}, "metadata": {}, "content": content}

    async def send(self, channel: str, kind: str, content: dict[str, Any], parent: dict[str, Any] | None = None) -> str:
        """The id of the message."""
        message = self.request(kind, content, parent)
        if self.v1:
            parts = [channel.encode()]
            parts += [json.dumps(message[part]).encode() for part in ("header", "parent_header", "metadata", "content")]
            offsets, at = [], 8 * (len(parts) + 2)
            for part in parts:
                offsets.append(at)
                at += len(part)
            offsets.append(at)
            await self.socket.send(struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts))
        else:
            await self.socket.send(json.dumps({**message, "channel": channel, "buffers": []}))
        return str(message["header"]["msg_id"])

    def decode(self, frame: str | bytes) -> dict[str, Any]:
        if isinstance(frame, str):
            assert not self.v1
            found: dict[str, Any] = json.loads(frame)
            return found
        if not self.v1:
            (count,) = struct.unpack_from(">I", frame)
            offsets = [*struct.unpack_from(f">{count}I", frame, 4), len(frame)]
            found = json.loads(frame[offsets[0] : offsets[1]])
            return {**found, "buffers": [frame[a:b] for a, b in pairwise(offsets[1:])]}
        (count,) = struct.unpack_from("<Q", frame)
        offsets = list(struct.unpack_from(f"<{count}Q", frame, 8))
        parts = [frame[a:b] for a, b in pairwise(offsets)]
        names = ("header", "parent_header", "metadata", "content")
        decoded = {name: json.loads(part) for name, part in zip(names, parts[1:], strict=False)}
        return {**decoded, "channel": parts[0].decode(), "buffers": parts[5:]}

    async def until(self, kind: str, parent: str | None = None, seconds: float = 30, **content: Any) -> dict[str, Any]:
        """The next message of this type (under this parent, with this content)."""
        with anyio.fail_after(seconds):
            while True:
                message = self.decode(await self.socket.recv())
                self.messages.append(message)
                ours = parent is None or message["parent_header"].get("msg_id") == parent
                if message["header"]["msg_type"] == kind and ours and content.items() <= message["content"].items():
                    return message

    async def execute(self, code: str, **more: Any) -> dict[str, Any]:
        """Run code to its idle; its reply."""
        asked = await self.send(
            "shell", "execute_request", {"code": code, "silent": False, "store_history": True, **more}
        )
        await self.until("status", asked, execution_state="idle")
        if not any(self._is_reply(message, asked) for message in self.messages):
            await self.until("execute_reply", asked)
        return next(message for message in self.messages if self._is_reply(message, asked))

    @staticmethod
    def _is_reply(message: dict[str, Any], asked: str) -> bool:
        return message["header"]["msg_type"] == "execute_reply" and message["parent_header"].get("msg_id") == asked

    def text(self, asked: str | None = None) -> str:
        """What was printed, all or under one request."""
        return "".join(
            message["content"]["text"]
            for message in self.messages
            if message["header"]["msg_type"] == "stream" and asked in (None, message["parent_header"].get("msg_id"))
        )
