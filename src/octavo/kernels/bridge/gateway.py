"""A kernel on a gateway: started, interrupted and ended by REST, spoken to over the WebSocket of its channels."""

import json
import os
import secrets
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

import anyio
import anyio.to_thread
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from octavo.errors import Invalid
from octavo.kernels.bridge.ends import Lost
from octavo.kernels.bridge.http import Gateway, Gone, Refused, Unreachable
from octavo.kernels.bridge.sockets import Sockets, reply
from octavo.wire import messages, websocket
from octavo.wire.messages import Parts

FIRST_WAIT: Final = 0.2
LONGEST_WAIT: Final = 5.0
LARGEST: Final = 256 * 1024 * 1024
"""Bytes of one message."""
WAITING: Final = 1000
"""Messages of the host that wait while the gateway is away."""
STARTING: Final = 300.0
"""Seconds for the gateway to start a kernel: on a cluster it may wait for a place."""
ENDING: Final = 5.0
"""Seconds for the gateway to end a kernel."""
INTERRUPTING: Final = 10.0


class GatewayKernel:
    """`patience`: seconds that the gateway may be away before the kernel counts as lost."""

    def __init__(self, gateway: Gateway, name: str, sockets: Sockets, *, patience: float) -> None:
        self._gateway, self._name, self._sockets, self._patience = gateway, name, sockets, patience
        self._session = secrets.token_hex(
            16
        )  # the same whenever we come back, so that the gateway hands over what it kept
        self._id = ""
        self._outgoing, self._waiting = anyio.create_memory_object_stream[tuple[str, Parts]](WAITING)
        self._open: dict[str, Parts] = {}  # executes without a reply
        self._before: dict[str, list[str]] = {}  # by our own question: the executes that went before it

    async def run(self) -> None:
        await self._start()
        first = True
        while True:
            connection = await self._connect(first)
            first = False
            try:
                async with connection, anyio.create_task_group() as tasks:
                    tasks.start_soon(self._write, connection)
                    await self._read(connection)
                    tasks.cancel_scope.cancel()
            except* ConnectionClosed:
                pass  # the next turn says whether that matters
            await anyio.sleep(FIRST_WAIT)

    async def _start(self) -> None:
        body = {"name": self._name, "env": variables(os.environ)}
        try:
            model = await self._ask("POST", "/api/kernels", body, patience=STARTING)
        except Unreachable as error:
            raise Lost(unreachable(self._gateway, error)) from None
        except Gone:
            raise Lost(
                f"The gateway {self._gateway.url} has no kernels to start there. Correct kernels.gateway."
            ) from None
        self._id = str(model["id"])

    async def _connect(self, first: bool) -> ClientConnection:
        """The WebSocket, as soon as the gateway is there and still has the kernel."""
        url = f"{self._gateway.socket_url}/api/kernels/{self._id}/channels?session_id={self._session}"
        began, wait = time.monotonic(), FIRST_WAIT
        while True:
            try:
                if not first:
                    await self._ask("GET", self._path())
                return await connect(
                    url,
                    subprotocols=[Subprotocol(websocket.V1)],
                    additional_headers=self._gateway.headers,
                    user_agent_header=None,
                    compression=None,
                    max_size=LARGEST,
                    proxy=None,
                )
            except Gone:
                raise Lost(self._died("it does not know the kernel any more")) from None
            except InvalidStatus as error:
                if error.response.status_code in (401, 403):
                    raise Refused(
                        f"The gateway {self._gateway.url} refuses the token at the kernel's channels."
                    ) from None
                if error.response.status_code == 404:
                    raise Lost(self._died("it does not know the kernel any more")) from None
                why: Exception = error
            except (Unreachable, OSError, InvalidHandshake, TimeoutError) as error:
                why = error
            if time.monotonic() - began > self._patience:
                raise Lost(
                    f"The gateway {self._gateway.url} has not been reachable for {self._patience:g} seconds ({why}), "
                    "and with it the kernel is lost. See that the gateway runs, then restart the kernel."
                )
            await anyio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    # From the host --------------------------------------------------------------------------------------------------

    async def send(self, channel: str, parts: Parts) -> None:
        await self._outgoing.send((channel, parts))

    async def _write(self, connection: ClientConnection) -> None:
        # Answers come in order: with this one, whatever was asked before the connection broke has been answered, or never will be.
        if self._open:
            await self._put(connection, "shell", self._question(list(self._open)))
        while True:
            channel, parts = await self._waiting.receive()
            head = messages.peek(parts[0])
            if channel == "shell" and head.msg_type == "execute_request":
                self._open[head.msg_id] = parts
            await self._put(connection, channel, parts)

    async def _put(self, connection: ClientConnection, channel: str, parts: Parts) -> None:
        encode = websocket.encode_v1 if connection.subprotocol == websocket.V1 else websocket.encode_legacy
        await connection.send(encode(channel, parts))

    def _question(self, before: list[str]) -> Parts:
        message = secrets.token_hex(16)
        self._before[message] = before
        return messages.parts_of(messages.header("kernel_info_request", message, self._session), {}, {}, {})

    # From the kernel ------------------------------------------------------------------------------------------------

    async def _read(self, connection: ClientConnection) -> None:
        decode = websocket.decode_v1 if connection.subprotocol == websocket.V1 else websocket.decode_legacy
        async for frame in connection:
            try:
                framed = decode(frame)
            except Invalid:
                continue
            if framed.channel in websocket.CHANNELS:
                await self._take(framed.channel, framed.parts)

    async def _take(self, channel: str, parts: Parts) -> None:
        head, parent = messages.peek(parts[0]), messages.peek(parts[1])
        if channel == "iopub" and head.msg_type == "status":
            self._watch(parts)
        if parent.session == self._session:
            if channel == "shell" and parent.msg_id in self._before:
                await self._settle(self._before.pop(parent.msg_id))
            return
        if channel == "shell" and head.msg_type == "execute_reply":
            self._open.pop(parent.msg_id, None)
        await self._sockets.send(channel, parts)

    def _watch(self, parts: Parts) -> None:
        """A kernel that died and was started again has forgotten all: for us it has ended."""
        match _object(parts[3]).get("execution_state"):
            case "dead":
                raise Lost(self._died("it died there, and did not start again"))
            case "restarting" | "autorestarting":
                raise Lost(self._died("it died there, and its variables with it"))

    async def _settle(self, before: list[str]) -> None:
        """These were asked before an answer that has come: what has no reply by now lost it while the connection was broken."""
        for request in before:
            if (asked := self._open.pop(request, None)) is None:
                continue
            error = {
                "ename": "ConnectionLost",
                "evalue": "the connection to the gateway broke, and this cell's end was lost with it. The kernel lives: run the cell again.",
                "traceback": [],
            }
            error["traceback"] = [f"{error['ename']}: {error['evalue']}"]
            for channel, kind, content in (
                ("iopub", "error", error),
                ("shell", "execute_reply", {"status": "error", "execution_count": None, **error}),
                ("iopub", "status", {"execution_state": "idle"}),
            ):
                made = reply(asked, kind, content, message=secrets.token_hex(16), session=self._session)
                await self._sockets.send(channel, made)

    # By REST --------------------------------------------------------------------------------------------------------

    async def interrupt(self) -> None:
        try:
            await self._ask("POST", f"{self._path()}/interrupt", {}, patience=INTERRUPTING)
        except (Unreachable, Gone, Lost):
            return  # the reading side notices what is wrong, and says so
        # ipykernel asleep in `await` sees a signal only when a message wakes its loop.
        await self._outgoing.send(("shell", self._question([])))

    async def shutdown(self) -> None:
        if not self._id:
            return
        with anyio.move_on_after(ENDING):
            while True:
                try:
                    await self._ask("DELETE", self._path(), patience=ENDING)
                    await self._ask("GET", self._path(), patience=ENDING)
                except (Unreachable, Gone, Refused):
                    return
                except Lost:
                    pass  # it is just being started again by the gateway, which then cannot end it
                await anyio.sleep(FIRST_WAIT)

    def _path(self) -> str:
        return f"/api/kernels/{urllib.parse.quote(self._id)}"

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, patience: float = 60) -> Any:
        return await anyio.to_thread.run_sync(
            lambda: self._gateway.ask(method, path, body, patience=patience), abandon_on_cancel=True
        )

    def _died(self, how: str) -> str:
        return (
            f"The kernel on the gateway {self._gateway.url} has ended: {how}. "
            "Restart the kernel; the gateway's log may say why it died."
        )


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What of the environment goes along: by the gateways' own custom, only what is named KERNEL_."""
    return {name: value for name, value in environment.items() if name.startswith("KERNEL_")}


def unreachable(gateway: Gateway, error: Exception) -> str:
    return f"The gateway {gateway.url} is not reachable ({error}). See that it runs and that kernels.gateway is its address."


def _object(part: bytes) -> dict[str, Any]:
    try:
        found = json.loads(part)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
