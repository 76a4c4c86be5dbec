"""A page without a browser: the live socket's protocol over a real socket, with a pycrdt document. For journeys, kill loops and benchmarks.

async with Page.open(url, token, "a.ipynb") as page:
    await page.run("print(7)")
    await page.until(lambda: page.text() == "7\\n")
"""

import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote

import anyio
import anyio.abc
from pycrdt import Doc, Map, Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from octavo.document.frames import FrameKind, decode, encode
from octavo.document.positions import between
from octavo.document.schema import read_row
from octavo.document.vector import clock_of


class Page:
    """`cells`: results by cell id, as a browser would hold them. `doc`: the notebook's text."""

    def __init__(self, url: str, token: str, path: str) -> None:
        self.url, self.token, self.path = url, token, path
        self.live = f"live/{quote(path)}"
        self.client = 1 + secrets.randbelow(2**31)
        self.doc: Doc[Any] = Doc(client_id=self.client)
        self.map = self.doc.get("cells", type=Map)
        self.welcome: dict[str, Any] = {}
        self.cells: dict[str, dict[str, Any]] = {}
        self.state: dict[str, Any] = {}
        self.position: int | None = None
        self.answers: dict[str, dict[str, Any]] = {}
        self.notices: list[dict[str, Any]] = []
        self.console: list[str] = []
        self.bye: dict[str, Any] | None = None
        self.awareness: list[bytes] = []
        self.kept = self.saved = self.edits = 0
        self.connected = False
        self.synced = False
        self.closed: tuple[int, str] | None = None
        self.connections = 0
        self.socket: ClientConnection | None = None
        self._told: Callable[[], None] | None = None
        self._news = anyio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, token: str, path: str, *, live: str = "", reconnects: bool = False
    ) -> AsyncIterator["Page"]:
        """`live`: the socket's address below `api/octavo/`, where it is not the path's. `reconnects`: like a browser's tab, it comes back for
        ever, with what it holds."""
        page = cls(url, token, path)
        page.live = live or page.live
        async with anyio.create_task_group() as tasks:
            await tasks.start(page._stay, reconnects)
            try:
                yield page
            finally:
                with anyio.move_on_after(1, shield=True):
                    if page.socket is not None:
                        await page.socket.close()
            tasks.cancel_scope.cancel()

    async def _stay(self, reconnects: bool, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        address = f"{self.url.replace('http', 'ws', 1)}api/octavo/{self.live}"
        headers = {"Authorization": f"token {self.token}"}
        self._told = task_status.started
        while True:
            try:
                async with connect(address, additional_headers=headers, max_size=None, proxy=None) as socket:
                    await self._converse(socket)
                    if not reconnects:
                        self.closed = (socket.close_code or 0, socket.close_reason or "")
            except (OSError, InvalidHandshake, InvalidMessage):
                if not reconnects:
                    raise
            finally:
                self.connected = self.synced = False
                self._wake()
            if not reconnects:
                if self._told is not None:  # it was closed before it had anything to show
                    task_status.started()
                return
            await anyio.sleep(0.02)

    async def _converse(self, socket: ClientConnection) -> None:
        """One connection, until it closes."""
        self.socket, self.edits, self.kept, self.saved = socket, 0, 0, 0
        hello: dict[str, Any] = {"type": "hello", "protocol": 1, "client": str(self.client)}
        if self.position is not None:
            hello |= {k: self.welcome[k] for k in ("epoch", "generation")} | {"position": self.position}
        self.connected, self.connections = True, self.connections + 1
        with suppress(ConnectionClosed):  # what was said before it closed is read all the same
            await self.send(hello)
            await socket.send(encode(FrameKind.STEP_ONE, self.doc.get_state()))
        try:
            async for frame in socket:
                await (self._binary(frame) if isinstance(frame, bytes) else self._text(json.loads(frame)))
                if self.synced and self.state and self._told is not None:
                    self._told()
                    self._told = None
                self._wake()
        except ConnectionClosed:
            pass

    def _wake(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        assert self.socket is not None
        await self.socket.send(json.dumps(message))

    async def _binary(self, data: bytes) -> None:
        kind = FrameKind(data[0])
        body = data[13:] if kind is not FrameKind.UPDATE else decode(data[:1] + b"\0\0\0\1" + data[5:]).body
        match kind:
            case FrameKind.STEP_ONE:
                await self._edit(FrameKind.STEP_TWO, self.doc.get_update(body))
            case FrameKind.STEP_TWO | FrameKind.UPDATE:
                self.doc.apply_update(body)
                self.synced = self.synced or kind is FrameKind.STEP_TWO
            case FrameKind.AWARENESS:
                self.awareness.append(body)

    async def _edit(self, kind: FrameKind, update: bytes) -> int:
        """Send an edit. 0: nobody is there; it goes with the next connection's sync."""
        if not self.connected:
            return 0
        self.edits += 1
        assert self.socket is not None
        clock = clock_of(self.doc.get_state(), self.client)
        try:
            await self.socket.send(encode(kind, update, n=self.edits, client=self.client, clock=clock))
        except ConnectionClosed:
            return 0
        return self.edits

    async def _text(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "welcome":
                if self.welcome and self.welcome["epoch"] != message["epoch"]:
                    raise AssertionError("another epoch")
                self.welcome = message
            case "state":
                self.state = {"prompts": [], "queue": [], **message}
                self.cells = self.state.pop("cells", {})
                self.position = message["position"]
            case "change":
                self.position = message["position"]
                for key in ("kernel", "file", "queue", "prompts", "trouble", "install", "cost", "debug", "picture"):
                    if key in message:
                        self.state[key] = message[key]
                for change in message.get("cells", []):
                    self._cell(change)
            case "kept":
                self.kept = message["n"]
            case "saved":
                self.saved = message["n"]
            case "done" | "failed":
                self.answers[message["id"]] = message
            case "notice":
                self.notices.append(message)
            case "debugSaid":
                self.console += [line["text"] for line in message["lines"]]
            case "bye":
                self.bye = message

    def _cell(self, change: dict[str, Any]) -> None:
        if "results" in change:
            self.cells[change["cell"]] = change["results"]
            return
        cell = self.cells[change["cell"]]
        for key in ("run", "count"):
            if key in change:
                cell[key] = change[key]
        outputs = cell.setdefault("outputs", [])
        for op in change.get("ops", []):
            match op["op"]:
                case "set":
                    outputs[op["index"] : op["index"] + 1] = [op["output"]]
                case "truncate":
                    del outputs[op["index"] :]
                case "line":
                    output = outputs[op["index"]]
                    key = "tail" if output.get("omitted") else "text"
                    text = output.get(key, "")
                    text = text[: text.rfind("\n") + 1] + op.get("text", "")
                    for _ in range(op.get("dropped", 0)):
                        text = text[text.index("\n") + 1 :]
                    output[key] = text
                    if "omitted" in op:
                        output["omitted"] = op["omitted"]

    # What a person does -----------------------------------------------------------------------------------------------

    def order(self) -> list[str]:
        rows = {cell: read_row(values) for cell, values in (self.map.to_py() or {}).items()}
        shown = [cell for cell, row in rows.items() if row.deleted is None]
        return sorted(shown, key=lambda cell: (rows[cell].position, cell))

    def source(self, cell: str) -> str:
        return str(self.map[cell]["source"])

    async def type(self, cell: str, text: str, at: int | None = None) -> int:
        """Insert text (at the end), send it, and say which edit it was."""
        source: Text = self.map[cell]["source"]
        before = self.doc.get_state()
        place = len(source) if at is None else len(str(source)[:at].encode())
        source.insert(place, text)
        return await self._edit(FrameKind.UPDATE, self.doc.get_update(before))

    async def change(self, make: Callable[[], None]) -> int:
        """Any change of the document, as one edit."""
        before = self.doc.get_state()
        with self.doc.transaction():
            make()
        return await self._edit(FrameKind.UPDATE, self.doc.get_update(before))

    async def write(self, cell: str, text: str) -> int:
        """Replace the source."""
        source: Text = self.map[cell]["source"]

        def replace() -> None:
            del source[0 : len(source)]
            source.insert(0, text)

        return await self.change(replace)

    async def insert(self, at: int, source: str, name: str = "") -> str:
        """A new cell at this place of the order."""
        name = name or secrets.token_hex(8)
        await self.change(lambda: self._make(name, source, self.position_at(at)))
        return name

    def _make(self, name: str, source: str, position: str) -> None:
        self.map[name] = Map({"type": "code", "source": Text(source), "position": position})

    def position_at(self, at: int, but: str = "") -> str:
        """A position between the cells that stand there."""
        order = [cell for cell in self.order() if cell != but]
        keys = [self.map[cell]["position"] for cell in order]
        low, high = keys[at - 1] if at > 0 else "", keys[at] if at < len(keys) else None
        if high is not None and low >= high:  # two at one place: their ids decide
            high = next((key for key in keys[at:] if key > low), None)
        return between(low, high) + str(secrets.randbelow(9000) + 1000).rstrip("0") + "V"

    async def move(self, cell: str, to: int) -> int:
        return await self.put(cell, position=self.position_at(to, but=cell))

    async def delete(self, cell: str) -> int:
        """Into the cells' bin."""
        return await self.change(lambda: self.map[cell].update({"deleted": json.dumps({"by": "me", "at": 1})}))

    async def put(self, cell: str, **values: str) -> int:
        """Set keys of a cell as they stand in the document."""
        return await self.change(lambda: self.map[cell].update(values))

    async def command(self, kind: str, **fields: Any) -> str:
        name = secrets.token_hex(6)
        await self.send({"type": kind, "id": name, **fields})
        return name

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """A command, and its answer."""
        name = await self.command(kind, **fields)
        await self.until(lambda: name in self.answers)
        return self.answers[name]

    async def run(self, *cells: str) -> dict[str, Any]:
        return await self.ask("runCells", cells=list(cells), edit=self.edits)

    def text(self, cell: str) -> str:
        """The cell's stream text as the page shows it."""
        found = self.cells.get(cell, {}).get("outputs", [])
        return "".join(o.get("text", "") + o.get("tail", "") for o in found if o["outputType"] == "stream")

    def run_state(self, cell: str) -> str:
        return str(self.cells.get(cell, {}).get("run", {}).get("state", ""))

    async def until(self, condition: Callable[[], Any], seconds: float = 60) -> None:
        news = self._news
        with anyio.fail_after(seconds):
            while not condition():
                if self.closed is not None:
                    raise AssertionError(f"the socket was closed: {self.closed}, {self.bye}")
                await news.wait()
                news = self._news

    async def changed(self) -> None:
        """Wait for whatever comes next."""
        await self._news.wait()

    async def finished(self, cell: str, seconds: float = 60) -> str:
        await self.until(lambda: self.run_state(cell) in ("ok", "error", "interrupted", "lost", "dropped"), seconds)
        return self.run_state(cell)
