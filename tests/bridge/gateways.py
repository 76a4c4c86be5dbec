"""A real Jupyter Kernel Gateway on loopback, which `scripts/gateway.py` installs."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.abc

INSTALLED = Path(__file__).parents[2] / ".cache" / "gateway" / "venv" / "bin"
TOKEN = "a token of the tests"


class Gateway:
    """One that is started and ended at will, always at the same port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "gateway.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {**os.environ, "KG_AUTH_TOKEN": TOKEN, "JUPYTER_PLATFORM_DIRS": "1", "HOME": str(self.log.parent)}
        options = ["--KernelGatewayApp.ip=127.0.0.1", f"--KernelGatewayApp.port={self.port}"]
        options += ["--KernelGatewayApp.port_retries=0", "--JupyterWebsocketPersonality.list_kernels=True"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [INSTALLED / "python", INSTALLED / "jupyter-kernelgateway", *options],
                env=environment,
                cwd=self.log.parent,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            self.ask("/api/kernelspecs")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def ask(self, path: str, method: str = "GET") -> bytes:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"token {TOKEN}"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Cable:
    """Stands between bridge and gateway, and can be cut. `deaf`: what the gateway says is lost."""

    def __init__(self, port: int, tasks: anyio.abc.TaskGroup) -> None:
        self.port, self.deaf = 0, False
        self._tasks = tasks
        self._to = port
        self._scopes: list[anyio.CancelScope] = []
        self._near: list[anyio.abc.SocketStream] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int) -> AsyncIterator["Cable"]:
        async with anyio.create_task_group() as tasks:
            cable = cls(port, tasks)
            listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
            cable.port = listener.extra(anyio.abc.SocketAttribute.local_port)
            tasks.start_soon(listener.serve, cable._carry)
            yield cable
            tasks.cancel_scope.cancel()

    def as_gateway(self, folder: Path) -> Gateway:
        gateway = Gateway(folder)
        gateway.port, gateway.url = self.port, f"http://127.0.0.1:{self.port}"
        return gateway

    def cut(self) -> None:
        for scope in self._scopes:
            scope.cancel()

    async def _carry(self, near: anyio.abc.SocketStream) -> None:
        async with near, await anyio.connect_tcp("127.0.0.1", self._to) as far, anyio.create_task_group() as tasks:
            self._scopes.append(tasks.cancel_scope)
            self._near.append(near)
            tasks.start_soon(self._one_way, near, far, tasks.cancel_scope)
            await self._one_way(far, near, tasks.cancel_scope)

    async def _one_way(
        self, source: anyio.abc.SocketStream, target: anyio.abc.SocketStream, scope: anyio.CancelScope
    ) -> None:
        try:
            async for data in source:
                if not (self.deaf and target in self._near):
                    await target.send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        scope.cancel()
