"""A kernel that a provisioner of jupyter_client starts: found by its entry point, in this process alone, and spoken to over its own sockets."""

import json
import os
import traceback
from pathlib import Path
from typing import Final, cast

import anyio
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from octavo.kernels.bridge.ends import Lost
from octavo.kernels.bridge.sockets import DELIMITER, SIGNED, Sockets, signature
from octavo.wire.messages import Parts

LOOK: Final = 0.5
"""Seconds between looks whether the kernel lives."""
ENDING: Final = 5.0


class ProvisionedKernel:
    """`folder`: that of its kernelspec."""

    def __init__(self, folder: Path, sockets: Sockets) -> None:
        self._sockets = sockets
        stanza = json.loads((folder / "kernel.json").read_text())["metadata"]["kernel_provisioner"]
        self._provisioner = str(stanza["provisioner_name"])
        specs = KernelSpecManager(kernel_dirs=[os.fspath(folder.parent)], ensure_native_kernel=False)
        # Asynchronous all through: provisioners' methods are coroutines.
        self._manager = AsyncKernelManager(kernel_name=folder.name, kernel_spec_manager=specs)
        self._key = b""
        self._channels: dict[str, zmq.asyncio.Socket] = {}
        self._ready = anyio.Event()

    async def run(self) -> None:
        if self._provisioner not in KernelProvisionerFactory.instance().get_provisioner_entries():
            raise Lost(
                f"There is no kernel provisioner {self._provisioner} in Octavo's environment. "
                "Install the package that has it there, or choose another kernel."
            )
        try:
            await self._manager.start_kernel(env=dict(os.environ), cwd=os.getcwd())
        except Exception as error:  # noqa: BLE001  (a provisioner is a stranger: whatever it raises is the reason)
            raise Lost(self._failed(error)) from None
        manager = self._manager
        self._key = manager.session.key
        identity = os.urandom(16).hex().encode()  # stdin's must be shell's
        connected = {
            "shell": manager.connect_shell(identity=identity),
            "stdin": manager.connect_stdin(identity=identity),
            "control": manager.connect_control(identity=identity),
            "iopub": manager.connect_iopub(),
        }
        self._channels = {channel: cast(zmq.asyncio.Socket, socket) for channel, socket in connected.items()}
        self._ready.set()
        async with anyio.create_task_group() as tasks:
            for channel in self._channels:
                tasks.start_soon(self._read, channel)
            while True:
                await anyio.sleep(LOOK)
                if not await manager.is_alive():
                    break
            tasks.cancel_scope.cancel()
        code = await manager.provisioner.poll() if manager.provisioner is not None else None
        raise Lost(
            f"The kernel that provisioner {self._provisioner} started has ended there (code {code}). Restart the kernel."
        )

    def _failed(self, error: Exception) -> str:
        last = traceback.format_exception_only(error)[-1].strip()
        return (
            f"Provisioner {self._provisioner} could not start the kernel: {last}. "
            "See that its package is installed in Octavo's own environment, and that its kernelspec is right."
        )

    async def _read(self, channel: str) -> None:
        while True:
            frames = await self._channels[channel].recv_multipart()
            if DELIMITER not in frames:
                continue
            start = frames.index(DELIMITER)
            parts = tuple(frames[start + 2 :])
            if len(parts) >= SIGNED and frames[start + 1] == signature(self._key, parts):
                await self._sockets.send(channel, parts)

    async def send(self, channel: str, parts: Parts) -> None:
        await self._ready.wait()
        await self._channels[channel].send_multipart([DELIMITER, signature(self._key, parts), *parts])

    async def interrupt(self) -> None:
        if self._ready.is_set():
            await self._manager.interrupt_kernel()

    async def shutdown(self) -> None:
        if self._manager.has_kernel:
            with anyio.move_on_after(ENDING):
                await self._manager.shutdown_kernel(now=False)
        for socket in self._channels.values():
            socket.close(linger=0)
