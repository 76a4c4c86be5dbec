"""The bridge at work: between the host's sockets and a kernel elsewhere, until one of them ends it."""

import os
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import anyio

from octavo.kernels.bridge.ends import Lost, Remote
from octavo.kernels.bridge.gateway import GatewayKernel
from octavo.kernels.bridge.http import Gateway
from octavo.kernels.bridge.sockets import Sockets, reply
from octavo.wire import messages

LOOK: Final = 1.0
"""Seconds between looks whether the host is still there."""
FAILED: Final = 1


def to_gateway(file: Path, gateway: Gateway, name: str, patience: float) -> int:
    return anyio.run(_bridge, file, lambda sockets: GatewayKernel(gateway, name, sockets, patience=patience))


def to_provisioner(file: Path, folder: Path) -> int:
    from octavo.kernels.bridge.provisioned import ProvisionedKernel  # noqa: PLC0415  (jupyter_client is 14 MB)

    return anyio.run(_bridge, file, lambda sockets: ProvisionedKernel(folder, sockets))


async def _bridge(file: Path, make: Callable[[Sockets], Remote]) -> int:
    """What to exit with. A kernel that was lost says why on stderr, where the host takes a kernel's last words from."""
    sockets = Sockets(file)
    remote, ended = make(sockets), anyio.Event()
    why: list[Exception] = []

    async def keep() -> None:
        try:
            await remote.run()
        except* Lost as group:
            why.append(_first(group))
        ended.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep)
        tasks.start_soon(_watch_host, ended)
        tasks.start_soon(_obey_signals, ended)
        tasks.start_soon(sockets.beat)
        tasks.start_soon(_pass_on, sockets, remote, "shell")
        tasks.start_soon(_pass_on, sockets, remote, "stdin")
        tasks.start_soon(_control, sockets, remote, ended)
        await ended.wait()
        tasks.cancel_scope.cancel()
    if why:
        sys.stderr.write(f"{why[0]}\n")
        sys.stderr.flush()
    await remote.shutdown()
    sockets.close()
    return FAILED if why else 0


async def _watch_host(ended: anyio.Event) -> None:
    """A host that was killed leaves nobody to serve: the kernel elsewhere must not go on for ever."""
    parent = os.getppid()
    while True:
        await anyio.sleep(LOOK)
        if os.getppid() != parent:
            ended.set()


async def _obey_signals(ended: anyio.Event) -> None:
    """SIGINT is nobody's: interrupts come as messages."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as received:
        async for one in received:
            if one == signal.SIGTERM:
                ended.set()


async def _pass_on(sockets: Sockets, remote: Remote, channel: str) -> None:
    while True:
        await remote.send(channel, await sockets.receive(channel))


async def _control(sockets: Sockets, remote: Remote, ended: anyio.Event) -> None:
    """Interrupts and the end go by the kernel's manager there, the rest to the kernel."""
    while True:
        request = await sockets.receive("control")
        match messages.peek(request[0]).msg_type:
            case "interrupt_request":
                await remote.interrupt()
                answered = "interrupt_reply"
            case "shutdown_request":
                ended.set()
                answered = "shutdown_reply"
            case _:
                await remote.send("control", request)
                continue
        made = reply(request, answered, {"status": "ok"}, message=secrets.token_hex(16), session="bridge")
        await sockets.send("control", made)


def _first(error: BaseException) -> Exception:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, Exception) else Lost(str(error))
