"""Start a kernel as a notebook would, through a host of its own, and see whether it answers. For `octavo kernels check`."""

import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec

from octavo.errors import KernelUnavailable, OctavoError
from octavo.ids import new_incarnation, new_process
from octavo.kernels import launching
from octavo.kernels.catalogue import Catalogue
from octavo.kernels.connection import Host
from octavo.kernels.events import Channel, LaunchSpec
from octavo.settings import schema

PATIENCE: Final = 60.0
PATIENCE_FIRST: Final = 20.0
"""Then it is tried over TCP: a kernel that knows no Unix sockets may well wait for ever."""
LAST_LINES: Final = 6


class Tried(msgspec.Struct, frozen=True):
    """`why` and `hint`: what happened, for one that did not answer. `says`: what the kernel calls itself."""

    name: str
    ok: bool
    seconds: float = 0.0
    says: str = ""
    why: str = ""
    hint: str = ""


@asynccontextmanager
async def own_host(settings: schema.Kernels, build: str) -> AsyncIterator[Host]:
    """A host that nobody else uses; it ends with us, however we end."""
    place = tempfile.mkdtemp(prefix="octavo-")
    ours, theirs = os.pipe()
    try:
        async with Host.open(Path(place), settings, build=build, spawn=True, lifeline=ours) as host:
            os.close(ours)
            ours = -1
            yield host
            await host.stop_all(grace=1)
    finally:
        for descriptor in (ours, theirs):
            if descriptor >= 0:
                os.close(descriptor)
        shutil.rmtree(place, ignore_errors=True)


async def try_kernel(
    host: Host, catalogue: Catalogue, name: str, settings: schema.Kernels, *, folder: Path, patience: float = PATIENCE
) -> Tried:
    began = time.monotonic()
    launch: LaunchSpec | None = None
    try:
        spec = await anyio.to_thread.run_sync(catalogue.startable, name, folder)
        launch = launching.launch_spec(
            spec, cwd=folder, environment=os.environ, settings=settings, variables=catalogue.variables(spec.name)
        )
        says = await _start(host, launch, min(patience, PATIENCE_FIRST) if not launch.nodrop else patience)
    except OctavoError as error:
        if isinstance(error, KernelUnavailable) and await _speaks_tcp(host, launch, patience):
            hint = f"Tell Octavo: octavo config set kernels.tcp {','.join([*settings.tcp, name])}"
            return Tried(name, False, time.monotonic() - began, why="It speaks TCP only.", hint=hint)
        return Tried(name, False, time.monotonic() - began, why=error.message, hint=error.hint or "")
    return Tried(name, True, time.monotonic() - began, says=says)


async def _speaks_tcp(host: Host, launch: LaunchSpec | None, patience: float) -> bool:
    if launch is None or launch.nodrop or launch.transport == "tcp":
        return False
    try:
        await _start(host, msgspec.structs.replace(launch, transport="tcp"), patience)
    except OctavoError:
        return False
    return True


async def _start(host: Host, launch: LaunchSpec, patience: float) -> str:
    """What the kernel says of itself once it is ready. Raises `KernelUnavailable`."""
    incarnation = new_incarnation()
    await host.start(new_process(), incarnation, launch, label="")
    attachment = await host.attach(incarnation, 0)
    with anyio.move_on_after(patience):
        async for batch in attachment:
            for event in batch:
                said: dict[str, Any] = msgspec.json.decode(event.parts[0]) if event.channel is Channel.LIFE else {}
                if said.get("event") == "ready":
                    await host.stop(incarnation, grace=1)
                    return _says(said.get("kernel_info"))
                if said.get("event") == "exited":
                    raise _exited(said)
            host.ack(incarnation, batch[-1].seq)
    await host.stop(incarnation, grace=0)
    raise KernelUnavailable(
        f"It did not answer within {patience:.0f} s.",
        hint="Start it by hand, as its kernel.json says, to see what it does.",
    )


def _exited(said: dict[str, Any]) -> KernelUnavailable:
    how = f"signal {said['signal']}" if said.get("signal") else f"code {said.get('code')}"
    lines = str(said.get("log") or "").strip().splitlines()[-LAST_LINES:]
    return KernelUnavailable(f"It ended at its start, with {how}.", hint="\n".join(lines) or None)


def _says(info: object) -> str:
    if not isinstance(info, dict):
        return ""
    language = info.get("language_info") if isinstance(info.get("language_info"), dict) else {}
    assert isinstance(language, dict)
    parts = [language.get("name"), language.get("version")]
    return " ".join(str(part) for part in parts if part)
