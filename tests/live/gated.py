"""The whole application behind its gate, in this process and asked as a server asks it (ASGI): every header as the test says it.

async with Gated.open(password=True) as gated:
    answer = await gated.ask("GET", "/api/kernels")
    outcome = await gated.dial("/api/octavo/live/a.ipynb")      # "accepted", or the code that it was closed with
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import anyio

from octavo import server
from octavo.errors import OctavoError
from octavo.settings.options import ServeOptions
from octavo.settings.profiles import Profile
from octavo.settings.schema import Files, Kernels, Log, Server, Settings
from octavo.web import app

PASSWORD = "tides at noon"
HOST = "127.0.0.1:8888"

Head = Mapping[str, str | list[str] | None]


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def cookies(self) -> dict[str, str]:
        pairs = (value.split(";")[0].partition("=") for value in self.all("set-cookie"))
        return {name: value for name, _, value in pairs}


class Gated:
    def __init__(self, rooms: app.Rooms, root: Path) -> None:
        self.rooms, self.root = rooms, root
        self.app: Any = app.build(rooms)
        self.base = rooms.settings.server.base_url

    @classmethod
    @asynccontextmanager
    async def open(cls, *, password: bool = True, setup: bool = False, **of_server: Any) -> AsyncIterator["Gated"]:
        home = Path(tempfile.mkdtemp(prefix="octavo-gate-"))
        root, profile = home / "notes", Profile("default", home / "default")
        root.mkdir()
        profile.directory.mkdir(mode=0o700)
        settings = Settings(
            server=Server(**of_server),
            files=Files(root=str(root)),
            kernels=Kernels(orphan_after=5),  # its host ends by itself if this process cannot end it
            log=Log(),
        )
        try:
            async with server.rooms(settings, profile, ServeOptions(setup=setup)) as rooms:
                if password:
                    await rooms.access.set_password(PASSWORD)
                yield cls(rooms, root)
                with suppress(OctavoError):
                    await rooms.sessions.kernels.host()
                    await rooms.sessions.kernels.stop_all()
        finally:
            shutil.rmtree(home, ignore_errors=True)
            assert os.path.isdir("/tmp")

    def scope(self, kind: str, path: str, head: Head, peer: str, secure: bool) -> dict[str, Any]:
        path, _, query = path.partition("?")
        headers: list[tuple[bytes, bytes]] = []
        for name, value in ({"host": HOST} | dict(head)).items():
            values = value if isinstance(value, list) else [] if value is None else [value]
            headers += [(name.lower().encode(), one.encode("latin-1")) for one in values]
        schemes = {"http": ("http", "https"), "websocket": ("ws", "wss")}
        return {
            "type": kind,
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": schemes[kind][secure],
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
            "client": (peer, 50000),
            "server": ("127.0.0.1", 8888),
            "state": {},
        }

    async def ask(
        self,
        method: str,
        path: str,
        head: Head | None = None,
        *,
        body: bytes = b"",
        peer: str = "127.0.0.1",
        secure: bool = False,
    ) -> Answer:
        scope = self.scope("http", path, head or {}, peer, secure) | {"method": method}
        came: list[dict[str, Any]] = []
        asked = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return asked.pop(0) if asked else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            came.append(message)

        with anyio.fail_after(30):
            await self.app(scope, receive, send)
        start = next(message for message in came if message["type"] == "http.response.start")
        headers = [(name.decode().lower(), value.decode("latin-1")) for name, value in start["headers"]]
        return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in came))

    async def dial(
        self, path: str, head: Head | None = None, *, peer: str = "127.0.0.1", secure: bool = False
    ) -> str | int:
        """What becomes of a handshake: `accepted`, or the close code."""
        scope = self.scope("websocket", path, head or {}, peer, secure) | {"subprotocols": []}
        outcome: list[str | int] = []
        asked = [{"type": "websocket.connect"}]

        async def receive() -> dict[str, Any]:
            return asked.pop(0) if asked else {"type": "websocket.disconnect", "code": 1000}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "websocket.accept":
                outcome.append("accepted")
            elif message["type"] == "websocket.close":
                outcome.append(message.get("code", 1000))
            elif message["type"] == "websocket.http.response.start":
                outcome.append(message["status"])

        with anyio.fail_after(30):
            await self.app(scope, receive, send)
        return outcome[0]

    async def log_in(
        self, *, secure: bool = False, head: Head | None = None, peer: str = "127.0.0.1"
    ) -> dict[str, str]:
        """The cookies of a browser that has logged in."""
        form = await self.ask("GET", f"{self.base}login", head, secure=secure, peer=peer)
        cookies = form.cookies()
        body = f"password={PASSWORD.replace(' ', '+')}&_xsrf={cookies['_xsrf']}".encode()
        sent = {"cookie": cookie_header(cookies), "origin": f"{'https' if secure else 'http'}://{HOST}"}
        answer = await self.ask(
            "POST", f"{self.base}login", {**(head or {}), **sent}, body=body, secure=secure, peer=peer
        )
        assert answer.status == 302, answer
        return cookies | answer.cookies()


def cookie_header(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
