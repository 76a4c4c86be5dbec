"""The composition root: opens the rooms, then the doors; leaving closes them in reverse. It does nothing else."""

import ipaddress
import logging
import secrets
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
import uvicorn
from starlette.types import ASGIApp

from octavo import __version__
from octavo.access.access import Access
from octavo.certs.front import Front
from octavo.certs.opening import front_of, watch
from octavo.errors import Unavailable
from octavo.files.bin import Bin
from octavo.files.local import LocalStore
from octavo.ids import new_generation
from octavo.journal.journal import Journal
from octavo.kernels.catalogue import Catalogue
from octavo.session.kernels import Kernels
from octavo.session.session import Shared
from octavo.session.sessions import Sessions
from octavo.settings import machine
from octavo.settings.load import root_folder
from octavo.settings.options import Secured, ServeOptions
from octavo.settings.profiles import Profile, kernels_of, run_directory
from octavo.settings.schema import Settings
from octavo.web import app
from octavo.web.api.bin import tend as tend_bin
from octavo.web.filekeeping import JournalBin, JournalCheckpoints
from octavo.web.jupyter.filing import Filing

log = logging.getLogger("octavo.server")

MAX_SOCKET_MESSAGE = 64 * 1024 * 1024
PING_SECONDS = 20


def serve(settings: Settings, profile: Profile, options: ServeOptions) -> None:
    """Run the web process until it is told to end. Raises `Unavailable` when the address is taken."""
    machine.be_not_dumpable()
    front = front_of(options.tls, settings, profile)
    listener = listen(settings)
    with listener:
        anyio.run(_serve, settings, profile, options, listener, front, backend_options={"use_uvloop": True})


def listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.server.ip else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.server.ip, settings.server.port))
    except OSError as error:
        listener.close()
        raise Unavailable(
            f"Octavo cannot listen on {settings.server.ip} port {settings.server.port}: {error.strerror}.",
            hint="Choose another with --port, or 0 for a free one.",
        ) from error
    return listener


async def _serve(
    settings: Settings, profile: Profile, options: ServeOptions, listener: socket.socket, front: Front | None
) -> None:
    async with rooms(settings, profile, options, front) as opened, anyio.create_task_group() as tasks:
        if options.tls == "files" and front is not None:
            tasks.start_soon(watch, front, settings.tls)
        keep = settings.kernels.on_exit == "keep"
        secured = Secured(front.description.fingerprint, front.description.trusted) if front else None
        server = Server(app.build(opened), lambda: options.listening(listener.getsockname()[1], secured), front)
        with server.signals(keep) as kept:
            await server.serve(sockets=[listener])
        if not kept():
            await stop_kernels(opened.sessions)
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def rooms(
    settings: Settings, profile: Profile, options: ServeOptions, front: Front | None = None
) -> AsyncIterator[app.Rooms]:
    """Open every room, in the order in which they need each other."""
    root = root_folder(settings.files)
    store = LocalStore(root, settings.files, refused=[profile.directory])
    run = run_directory(profile, settings.kernels.run_directory)
    build = f"{__version__}-{secrets.token_hex(4)}"
    try:
        with Access.open(profile.directory, settings.access) as access:
            async with (
                Journal.open(profile.directory) as journal,
                Kernels.open(
                    kernels_of(settings, profile), run, build, Catalogue.of(settings.kernels, profile.directory, root)
                ) as kernels,
            ):
                shared = Shared(journal, kernels, settings, new_generation(), build)
                async with Sessions.open_all(shared, store, root) as sessions, anyio.create_task_group() as tasks:
                    place = profile.directory / "bin"
                    bin = Bin(store, place, JournalBin(journal, store, place), days=settings.files.bin_days)
                    filing = Filing(
                        store=store,
                        bin=bin,
                        checkpoints=JournalCheckpoints(journal, store, place, shared.now),
                        documents=sessions,
                        settings=settings,
                        who=app.who_asks,
                    )
                    tasks.start_soon(access.tend)
                    tasks.start_soon(tend_bin, filing)
                    yield app.Rooms(
                        settings=settings,
                        profile=profile.name,
                        access=access,
                        sessions=sessions,
                        filing=filing,
                        trusted=[ipaddress.ip_network(text, strict=False) for text in settings.server.trusted_proxies],
                        setup=options.setup,
                        hsts=front.hsts if front else lambda: False,
                    )
                    tasks.cancel_scope.cancel()
    finally:
        store.close()


async def stop_kernels(sessions: Sessions) -> None:
    """End what runs, and the host; said on the terminal, since it can take a moment."""
    names = [kernel.name for kernel in sessions.kernels.live.values() if kernel.execution_state != "dead"]
    if names:
        log.info("stopping %d kernel(s); Ctrl-C again to end at once", len(names))
    await sessions.kernels.stop_all()


class Config(uvicorn.Config):
    """uvicorn's, with a TLS context of our own in place of one made from files."""

    front: Front | None = None

    def load(self) -> None:
        super().load()
        self.ssl = self.front.listener if self.front else None


class Server(uvicorn.Server):
    """uvicorn with our limits, our TLS and our signals."""

    def __init__(self, application: ASGIApp, listening: Callable[[], None], front: Front | None = None) -> None:
        config = Config(
            application,
            http="httptools",
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            ws_max_size=MAX_SOCKET_MESSAGE,
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=PING_SECONDS,
            ws_per_message_deflate=True,
            timeout_graceful_shutdown=3,
            h11_max_incomplete_event_size=64 * 1024,
        )
        config.front = front
        super().__init__(config)
        self._listening = listening
        self._told = 0
        logging.getLogger("uvicorn").setLevel(logging.WARNING)  # its own lines name queries

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        threading.Thread(target=self._listening, name="announce", daemon=True).start()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours are handled by `signals`."""
        yield

    @contextmanager
    def signals(self, keep: bool) -> Iterator[Callable[[], bool]]:
        """Ctrl-C and SIGTERM end the server, and its kernels unless they are to be kept; SIGHUP keeps them; a second one is immediate."""
        kept = keep

        def handle(number: int, frame: object) -> None:
            nonlocal kept
            kept = keep or number == signal.SIGHUP
            self._told += 1
            self.should_exit = True
            if self._told > 1:
                self.force_exit = True

        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield lambda: kept
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
