"""Every process of the profile's kernel host, followed over lost connections and over the host's own death.

One task keeps the connection; one task a process reads its events (`kernel.LiveKernel`). If the host dies, its processes have ended with
it: each is told so, and a new host is started when it is next needed.
"""

import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import anyio
import anyio.abc
import anyio.to_thread
import msgspec

from octavo.errors import HostUnavailable, NotFound
from octavo.ids import Incarnation, ProcessId, new_incarnation
from octavo.kernels import launching, specs
from octavo.kernels.catalogue import Catalogue
from octavo.kernels.connection import Host
from octavo.kernels.events import Channel, Event, ProcessInfo
from octavo.session.costs import Watching
from octavo.session.installs import Installs
from octavo.session.kernel import Label, LiveKernel
from octavo.settings import schema

log = logging.getLogger("octavo.session.kernels")

STOPPING = 10.0
"""Seconds for kernels to end, where the host stays."""
RETRY = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to reach or start a host; the last one repeats."""


def label_of(info: ProcessInfo) -> Label:
    try:
        return msgspec.json.decode(info.label, type=Label)
    except msgspec.DecodeError:
        return Label()


Standing = Literal["", "external", "failed", "incompatible"]
"""Why kernels cannot be used: the host is a service that does not run, could not be started, or is of another release; "": they can."""
EXTERNAL = "The kernel host is not running. Here it is a service of its own (kernels.host = external): start that, or run octavo kernel-host."


class Kernels:
    """Open with `Kernels.open`; `host` is the connection of the moment."""

    def __init__(
        self,
        settings: schema.Kernels,
        run_directory: Path,
        build: str,
        tasks: anyio.abc.TaskGroup,
        catalogue: Catalogue,
    ) -> None:
        self.settings, self.run_directory, self.build, self.catalogue = settings, run_directory, build, catalogue
        self.live: dict[ProcessId, LiveKernel] = {}
        self.costs = Watching(lambda: self._host)
        self.why = "The kernel host is starting."
        self._tasks = tasks
        self._host: Host | None = None
        self._connected = anyio.Event()
        self._listed: dict[Incarnation, ProcessInfo] = {}
        self.standing: Standing = ""
        self.on_standing: Callable[[], None] = lambda: None
        self.installs = Installs(lambda: self._host, tasks)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: schema.Kernels, run_directory: Path, build: str, catalogue: Catalogue
    ) -> AsyncIterator["Kernels"]:
        async with anyio.create_task_group() as tasks:
            kernels = cls(settings, run_directory, build, tasks, catalogue)
            tasks.start_soon(kernels._keep_connected)
            tasks.start_soon(kernels.costs.run)
            yield kernels
            tasks.cancel_scope.cancel()

    async def host(self) -> Host:
        """The connection; waits for one that is being made. Raises `HostUnavailable` with the reason."""
        if self._host is None:
            with anyio.move_on_after(20):
                await self._connected.wait()
        if self._host is None:
            raise HostUnavailable(self.why, hint="Restart Octavo, or see its log.")
        return self._host

    async def listed(self) -> Mapping[Incarnation, ProcessInfo]:
        """What the host held when it was reached last. Nobody waits for a host that is known not to be there."""
        if self._host is None and self.standing:
            raise HostUnavailable(self.why)
        await self.host()
        return self._listed

    def was_answered(self, incarnation: Incarnation, prompt: int) -> bool:
        """Did the host, when it was reached last, have this event and no open prompt of it?"""
        info = self._listed.get(incarnation)
        return info is not None and prompt <= info.last and prompt not in info.prompts

    async def _keep_connected(self) -> None:
        tries = 0
        while True:
            try:
                own = self.settings.host == "own"
                async with Host.open(self.run_directory, self.settings, build=self.build, spawn=own) as host:
                    tries = 0
                    self._stand("incompatible" if host.state == "incompatible" else "", host.why)
                    self._listed = {Incarnation(p.incarnation): p for p in await host.processes()}
                    self._host = host
                    await self._resume(host)
                    self._connected.set()
                    await host.wait_lost()
                    self.why = host.why or "The connection to the kernel host was lost."
            except HostUnavailable as error:
                external = self.settings.host == "external" and error.message.startswith("No kernel host answers")
                self._stand("external" if external else "failed", EXTERNAL if external else error.message)
            self._host = None
            if self._connected.is_set():  # else somebody waits for it
                self._connected = anyio.Event()
            await anyio.sleep(RETRY[min(tries, len(RETRY) - 1)])
            tries += 1

    def _stand(self, standing: Standing, why: str) -> None:
        """Say it once, in the log and on the pages; it is tried again and again."""
        if (standing, why) == (self.standing, self.why):
            return
        if self.standing and not standing:
            log.info("kernel host: connected")
        elif why:
            log.warning("kernel host: %s", why)
        self.standing, self.why = standing, why
        self.on_standing()

    async def stop_host(self) -> None:
        """End the host and all that it runs; another is started, or waited for."""
        host = await self.host()
        await host.stop_all()

    async def _resume(self, host: Host) -> None:
        """Follow again what was followed; tell those that the host does not know any more that they have ended."""
        for live in list(self.live.values()):
            live.host = host
            if live.execution_state == "dead":
                continue
            if live.incarnation in self._listed:
                self._tasks.start_soon(self._follow, live, live.incarnation, live.taken)
            else:
                await live.take([gone_event(live.incarnation, live.taken)])
        for info in self._listed.values():
            if info.kind == "kernel" and ProcessId(info.process) not in self.live and info.state != "ended":
                label = label_of(info)
                live = LiveKernel(ProcessId(info.process), Incarnation(info.incarnation), label.spec, host)
                live.label = label
                live.execution_state = "busy" if info.busy else "idle" if info.state == "ready" else "starting"
                self.live[live.process] = live
        await self.installs.resume(host, self._listed.values())

    def follow(self, live: LiveKernel, incarnation: Incarnation, after: int) -> None:
        """Read the incarnation's events after `after` from now on."""
        live.taken = after
        self._tasks.start_soon(self._follow, live, incarnation, after)

    async def _follow(self, live: LiveKernel, incarnation: Incarnation, after: int) -> None:
        try:
            attachment = await live.host.attach(incarnation, after)
            async for batch in attachment:
                await live.take(batch)
                if batch[-1].channel is Channel.LIFE and LiveKernel.ended(batch[-1]):
                    return
        except HostUnavailable:
            return  # `_keep_connected` resumes from `live.taken`
        except NotFound:
            await live.take([gone_event(incarnation, after)])
        except Exception as error:  # the wall between one kernel's session and the others
            log.exception("the session of kernel %s failed", live.process)
            if live.owner is not None:
                live.owner.fail(error)

    async def adopt(self) -> None:
        """Follow those kernels that no session has taken, so that raw clients can use them."""
        for live in self.live.values():
            if live.owner is None and not live.followed:
                live.followed = True
                info = self._listed[live.incarnation]
                self.follow(live, live.incarnation, info.acked)

    async def start(
        self,
        process: ProcessId,
        incarnation: Incarnation,
        spec: specs.KernelSpec,
        *,
        cwd: Path,
        path: Path | None,
        label: Label,
        old: Incarnation | None = None,
        limits: tuple[int | None, float | None] | None = None,
    ) -> LiveKernel:
        """Start an incarnation (or restart `old` as it), idempotently. Raises `KernelUnavailable`, `HostUnavailable`.

        The caller sets the owner and calls `follow`.
        """
        host = await self.host()
        launch = launching.launch_spec(
            spec,
            cwd=cwd,
            environment=os.environ,
            settings=self.settings,
            document_path=str(path) if path is not None else None,
            variables=await anyio.to_thread.run_sync(self.catalogue.variables, spec.name),
        )
        if limits is not None:  # else those of the settings
            launch = msgspec.structs.replace(launch, memory=limits[0], cpu=limits[1])
        text = msgspec.json.encode(label).decode()
        if old is None:
            await host.start(process, incarnation, launch, label=text)
        else:
            await host.restart(process, old, incarnation, launch, label=text)
        live = self.live.get(process)
        if live is None:
            live = self.live[process] = LiveKernel(process, incarnation, spec.name, host)
        else:
            live.renew(incarnation)
        live.host, live.name, live.label = host, spec.name, label
        live.followed = True
        return live

    async def known(self, process: ProcessId, incarnation: Incarnation, name: str) -> LiveKernel:
        """The kernel that the host has, for the session that takes it; the session calls `follow`."""
        host = await self.host()
        live = self.live.get(process)
        if live is None:
            live = self.live[process] = LiveKernel(process, incarnation, name, host)
            live.execution_state = "idle"
        live.host, live.incarnation, live.followed = host, incarnation, True
        return live

    async def restart_unowned(self, live: LiveKernel, cwd: Path) -> None:
        """Restart a kernel that no session owns (a Jupyter client started it)."""
        spec = await self.startable(live.name, cwd)
        fresh = new_incarnation()
        await self.start(live.process, fresh, spec, cwd=cwd, path=None, label=live.label, old=live.incarnation)
        self.follow(live, fresh, 0)

    async def startable(self, name: str, folder: Path) -> specs.KernelSpec:
        """The kernelspec of that name for a notebook in `folder`. Raises `NotFound`, `KernelUnavailable`."""
        return await anyio.to_thread.run_sync(self.catalogue.startable, name, folder)

    def get(self, process: ProcessId) -> LiveKernel:
        live = self.live.get(process)
        if live is None or live.execution_state == "dead":
            raise NotFound(f"Kernel does not exist: {process}")
        return live

    def forget(self, process: ProcessId) -> None:
        live = self.live.pop(process, None)
        if live is not None:
            live.readers.close()

    async def stop_all(self) -> None:
        """End every process, and the host itself unless it is a service of its own."""
        if self._host is None:
            return
        if self.settings.host == "own":
            await self._host.stop_all()
            return
        alive = [live for live in self.live.values() if live.execution_state != "dead"]
        for live in alive:
            await live.stop_process()
        with anyio.move_on_after(STOPPING):
            for live in alive:
                await live.gone.wait()


def gone_event(incarnation: Incarnation, after: int) -> Event:
    """The end of a process of which its host cannot tell any more."""
    body = msgspec.json.encode({"event": "exited", "code": None, "signal": None, "by_host": False, "reason": "host"})
    return Event(incarnation, after + 1, 0.0, Channel.LIFE, (body,))
