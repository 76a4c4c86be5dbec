"""Ways to run code on a kernel, each as lean as it can be: the kernel WebSocket, bare ZeroMQ. The page's is tests/live/page.py.

A run is over when its reply and its idle status have both come, whichever is the later.
"""

import json
import os
import queue
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import peers
from jupyter_client import BlockingKernelClient, KernelManager
from websockets.asyncio.client import ClientConnection, connect

clock = time.perf_counter
PATIENCE = 10.0
"""Seconds without a message after which a run counts as over: a server or a kernel has lost its end."""


class Channels:
    """`/api/kernels/ID/channels` in Jupyter's JSON framing, as stock clients speak it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket, self.session = socket, secrets.token_hex(16)
        self.heard = 0.0
        """When the last message of the run came."""

    @classmethod
    @asynccontextmanager
    async def open(cls, server: peers.Server, kernel: str) -> AsyncIterator["Channels"]:
        address = server.websocket(f"api/kernels/{kernel}/channels?session_id={secrets.token_hex(16)}")
        async with connect(
            address, additional_headers=dict(server.headers), max_size=None, proxy=None, compression=None
        ) as socket:
            yield cls(socket)

    async def run(self, code: str, text: list[str] | None = None, patience: float = PATIENCE) -> str:
        """Run it; what it printed goes to `text`. Returns the reply's status; empty when the end never came."""
        request = secrets.token_hex(16)
        await self.socket.send(json.dumps(self._execute(request, code)))
        status, idle = "", False
        while not (status and idle):
            with anyio.move_on_after(patience) as waiting:
                message = json.loads(await self.socket.recv())
            if waiting.cancelled_caught:
                return ""
            if message["parent_header"].get("msg_id") != request:
                continue
            self.heard = clock()
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "execute_reply":
                status = content["status"]
            elif kind == "status" and content["execution_state"] == "idle":
                idle = True
            elif kind == "stream" and text is not None:
                text.append(content["text"])
        return status

    async def kernel_info(self) -> None:
        """Ask, and wait for the reply."""
        request = secrets.token_hex(16)
        await self.socket.send(json.dumps(self._message(request, "kernel_info_request", {})))
        while True:
            message = json.loads(await self.socket.recv())
            if message["parent_header"].get("msg_id") == request and message["msg_type"] == "kernel_info_reply":
                return

    def _execute(self, request: str, code: str) -> dict[str, Any]:
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        return self._message(request, "execute_request", content)

    def _message(self, request: str, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        header = {
            "msg_id": request,
            "msg_type": kind,
            "session": self.session,
            "username": "",
            "date": "2026-01-01T00:00:00Z",
            "version": "5.3",
        }
        return {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "buffers": [],
            "channel": "shell",
        }


class Bare:
    """A stock kernel of the same environment as Octavo's, spoken to by jupyter_client with nothing between."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.heard = 0.0

    @classmethod
    @contextmanager
    def start(cls) -> Iterator["Bare"]:
        with peers.home() as home:
            manager = KernelManager(kernel_name="python3")
            manager.kernel_spec.argv[0] = sys.executable
            manager.connection_file = str(home / "kernel-bare.json")
            manager.start_kernel(env={**peers.environment(home), "PATH": os.environ["PATH"]}, cwd=home)
            client = manager.client()
            client.start_channels()
            client.wait_for_ready(timeout=60)
            try:
                yield cls(client)
            finally:
                client.stop_channels()
                manager.shutdown_kernel(now=True)

    def run(self, code: str, text: list[str] | None = None, patience: float = PATIENCE) -> bool:
        """Run it; False when its end never came (a stock kernel can lose it)."""
        request = self.client.execute(code, allow_stdin=False)
        idle = False
        while not idle:
            try:
                message = self.client.get_iopub_msg(timeout=patience)
            except queue.Empty:
                return False
            if message["parent_header"].get("msg_id") != request:
                continue
            self.heard = clock()
            if message["msg_type"] == "status":
                idle = message["content"]["execution_state"] == "idle"
            elif message["msg_type"] == "stream" and text is not None:
                text.append(message["content"]["text"])
        while self.client.get_shell_msg(timeout=60)["parent_header"].get("msg_id") != request:
            pass
        self.heard = clock()
        return True
