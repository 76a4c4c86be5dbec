"""Installations as programs of the kernel host: started, followed over lost connections, found again after a restart of this process.

Each is known by its document and its environment (the Python that it installs for); an environment has one at a time. What it says is
acknowledged to the host only when its end was seen or is ten minutes old, so that a web process that comes back has all of it.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final, Literal

import anyio
import anyio.abc
import msgspec

from octavo.errors import Conflict, HostUnavailable, NotFound
from octavo.ids import DocumentId, Incarnation, ProcessId, new_incarnation, new_process
from octavo.kernels import packages
from octavo.kernels.connection import Host
from octavo.kernels.events import Channel, Event, LaunchSpec, ProcessInfo
from octavo.kernels.packages.progress import Progress, Reason, explain
from octavo.session.kernel import life

INSTALLER: Final = Path(packages.__file__).with_name("installer.py")
KIND: Final = "program"
KEPT: Final = 600.0
"""Seconds that the host keeps what an ended one said, unless somebody has put it away."""
HELD: Final = 512 * 1024
"""Bytes that may wait unacknowledged: half of what the host sends ahead."""
KILLED: Final = 9
"""The signal that nobody but the system sends, when memory has run out; 128 more where it met what the installer started."""
PATIENCE: Final = 5.0
"""Seconds between asking it to end and asking again, harder."""


class Asked(msgspec.Struct, omit_defaults=True):
    """What was asked for; the host keeps it as the program's label."""

    install: str
    document: int
    python: str
    names: list[str]
    cell: str = ""
    at: float = 0


class Install:
    """One installation. `taken`: seq of the last event read. `why`: why it failed, in a word."""

    def __init__(self, asked: Asked, process: ProcessId, incarnation: Incarnation) -> None:
        self.asked, self.process, self.incarnation = asked, process, incarnation
        self.progress = Progress()
        self.state: Literal["running", "done", "failed", "cancelled"] = "running"
        self.why = Reason("")
        self.cancelled = False
        self.ended_at: float | None = None
        self.taken = 0
        self.held = 0
        self.version = 0

    def take(self, event: Event) -> None:
        self.taken = event.seq
        self.version += 1
        match event.channel:
            case Channel.OUTPUT:
                self.held += len(event.parts[0])
                self.progress.feed(event.parts[0])
            case Channel.GAP:
                said = life(event)
                if said.get("why") != "reader":  # what was acknowledged before this process was there is no loss
                    self.progress.gap(_number(said.get("messages")), _number(said.get("bytes")))
            case Channel.LIFE:
                said = life(event)
                if said.get("event") == "exited":
                    self._ended(said, event.at)

    def _ended(self, said: dict[str, object], at: float) -> None:
        self.progress.finish()
        self.ended_at = at or time.time()
        refused = self.progress.refused
        if refused:
            self._fail(Reason(f"{refused.get('why')}", str(refused.get("folder", ""))))
        elif self.progress.ended and said.get("code") == 0:
            self.state = "done"
        elif self.cancelled or said.get("by_host") is True:
            self.state = "cancelled"
        elif said.get("oom") or said.get("signal") == KILLED or said.get("code") == 128 + KILLED:
            self._fail(Reason("memory"))
        elif isinstance(said.get("signal"), int):
            self._fail(Reason("killed"))
        else:
            self._fail(explain(self.progress.lines))

    def _fail(self, why: Reason) -> None:
        self.state, self.why = "failed", why

    def lose(self) -> None:
        """Its host does not know it any more."""
        if self.state == "running":
            self.progress.finish()
            self.version += 1
            self.ended_at = time.time()
            self._fail(Reason("lost"))


Listener = Callable[[Install], Awaitable[None]]


class Installs:
    """All of a profile. A session listens to its document's."""

    def __init__(self, host: Callable[[], Host | None], tasks: anyio.abc.TaskGroup) -> None:
        self._host, self._tasks = host, tasks
        self._by_document: dict[int, Install] = {}
        self._listeners: dict[int, Listener] = {}

    def of(self, document: DocumentId) -> Install | None:
        """The document's newest, running or ended."""
        return self._by_document.get(document)

    def listen(self, document: DocumentId, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever something is new; answers how to end that."""
        self._listeners[document] = listener

        def end() -> None:
            if self._listeners.get(document) is listener:
                del self._listeners[document]

        return end

    def running(self, python: str) -> Install | None:
        """What is being installed into this environment."""
        found = (one for one in self._by_document.values() if one.asked.python == python and one.state == "running")
        return next(found, None)

    async def start(self, host: Host, asked: Asked, launch: LaunchSpec) -> Install:
        """Start it, once for each command id. Raises `Conflict` while another runs there, `KernelUnavailable`, `HostUnavailable`."""
        known = self._by_document.get(asked.document)
        if known is not None and known.asked.install == asked.install:
            return known
        busy = self.running(asked.python)
        if busy is not None or (known is not None and known.state == "running"):
            raise Conflict("Something else is being installed into this environment.")
        if known is not None:
            self._put_away(known)
        install = Install(asked, new_process(), new_incarnation())
        self._by_document[asked.document] = install  # before the host is asked: nobody else may begin meanwhile
        try:
            label = msgspec.json.encode(asked).decode()
            await host.start(install.process, install.incarnation, launch, label=label, kind=KIND)
        except BaseException:
            del self._by_document[asked.document]
            raise
        await self._tell(install)
        self._tasks.start_soon(self._follow, install, host)
        return install

    async def cancel(self, install: Install) -> None:
        """Ask it to end: by an interrupt, so that pip can tidy up, and then harder. Its end comes as an event."""
        if install.state != "running" or install.cancelled:
            return
        install.cancelled = True
        host = self._host()
        if host is None:
            raise HostUnavailable("The kernel host cannot be reached just now.", hint="Try again in a moment.")
        await host.interrupt(install.incarnation)
        self._tasks.start_soon(self._insist, install)

    async def _insist(self, install: Install) -> None:
        await anyio.sleep(PATIENCE)
        host = self._host()
        if install.state == "running" and host is not None:
            try:
                await host.stop(install.incarnation, grace=PATIENCE)
            except (HostUnavailable, NotFound):
                return

    def dismiss(self, install: Install) -> None:
        """Somebody has seen how it ended."""
        if install.state != "running" and self._by_document.get(install.asked.document) is install:
            del self._by_document[install.asked.document]
            self._put_away(install)

    def _put_away(self, install: Install) -> None:
        """The host may forget it."""
        host = self._host()
        if host is not None:
            host.ack(install.incarnation, install.taken)

    # Following -------------------------------------------------------------------------------------------------------

    async def resume(self, host: Host, listed: Iterable[ProcessInfo]) -> None:
        """The host is there again, perhaps after this process was not."""
        programs = {info.incarnation: info for info in listed if info.kind == KIND}
        for install in list(self._by_document.values()):
            if install.incarnation in programs:
                if install.state == "running":
                    self._tasks.start_soon(self._follow, install, host)
            else:
                install.lose()
                await self._tell(install)
        known = {install.incarnation for install in self._by_document.values()}
        for incarnation, info in programs.items():
            asked = _asked(info)
            if incarnation in known or asked is None:
                continue
            before = self._by_document.get(asked.document)
            if before is not None and (before.state == "running" or before.asked.at >= asked.at):
                host.ack(Incarnation(incarnation), info.last)
                continue
            install = Install(asked, ProcessId(info.process), Incarnation(incarnation))
            self._by_document[asked.document] = install
            await self._tell(install)
            self._tasks.start_soon(self._follow, install, host)

    async def _follow(self, install: Install, host: Host) -> None:
        try:
            attachment = await host.attach(install.incarnation, install.taken)
            async for batch in attachment:
                for event in batch:
                    install.take(event)
                if install.held > HELD:
                    host.ack(install.incarnation, install.taken)
                    install.held = 0
                await self._tell(install)
        except HostUnavailable:
            return  # `resume` goes on from `taken`
        except NotFound:
            install.lose()
            await self._tell(install)
            return
        await anyio.sleep(KEPT)
        self._put_away(install)

    async def _tell(self, install: Install) -> None:
        listener = self._listeners.get(install.asked.document)
        if listener is not None:
            await listener(install)


def _asked(info: ProcessInfo) -> Asked | None:
    """None where a program is something else than an installation."""
    try:
        return msgspec.json.decode(info.label, type=Asked)
    except msgspec.DecodeError:
        return None


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
