"""`/api/kernels/ID/channels`: a stock Jupyter client's socket, in both framings (Jupyter Server's WebSocket protocol).

Frames pass without being decoded but for the header that names channel and session. What comes for a client that does not read is
bounded: past the bound the socket is closed with a code that makes clients reconnect.
"""

from collections import deque
from collections.abc import Sequence

import anyio
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from octavo.errors import Invalid, NotFound, OctavoError
from octavo.ids import ProcessId, new_request
from octavo.kernels.events import Channel
from octavo.session.kernel import LiveKernel
from octavo.session.sessions import Sessions
from octavo.web.live.watch import watch_login
from octavo.wire import messages as wire
from octavo.wire import websocket as framing

V1 = "v1.kernel.websocket.jupyter.org"

MAX_WAITING = 32 * 1024 * 1024
TRY_AGAIN = 4503
"""Close code; 1000 and 1001 would be final to JupyterLab."""

NAMES = {Channel.IOPUB: "iopub", Channel.SHELL: "shell", Channel.CONTROL: "control", Channel.STDIN: "stdin"}
CHANNELS = {name: channel for channel, name in NAMES.items()}


class Raw:
    """One socket; a `kernel.RawClient`."""

    def __init__(self, session: str, *, v1: bool) -> None:
        self.session, self.v1 = session, v1
        self._waiting: deque[bytes | str] = deque()
        self._size = 0
        self._wake = anyio.Event()

    def deliver(self, channel: Channel, parts: Sequence[bytes]) -> None:
        encode = framing.encode_v1 if self.v1 else framing.encode_legacy
        frame: str | bytes = encode(NAMES[channel], tuple(parts))
        self._size += len(frame)
        self._waiting.append(frame)
        self._wake.set()

    def state(self, value: str) -> None:
        header = {
            "msg_id": new_request(),
            "msg_type": "status",
            "session": "octavo",
            "username": "octavo",
            "version": "5.3",
        }
        self.deliver(Channel.IOPUB, wire.parts_of(header, {}, {}, {"execution_state": value}))

    async def pump(self, socket: WebSocket) -> None:
        while True:
            wake = self._wake = anyio.Event()
            while self._waiting:
                if self._size > MAX_WAITING:
                    await socket.close(TRY_AGAIN, "This client does not read what the kernel sends.")
                    return
                frame = self._waiting.popleft()
                self._size -= len(frame)
                await (socket.send_text(frame) if isinstance(frame, str) else socket.send_bytes(frame))
            await wake.wait()


async def _read(socket: WebSocket, raw: Raw, kernel: LiveKernel) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        data: bytes | str = message.get("bytes") or message.get("text") or b""
        try:
            name, parts = framing.decode_v1(data) if raw.v1 else framing.decode_legacy(data)
        except Invalid:
            await socket.close(1003, "That frame is not of Jupyter's protocol.")
            return
        channel = CHANNELS.get(name)
        if channel is None or channel is Channel.IOPUB:
            continue
        head = wire.peek(parts[0])
        if not head.msg_type or not head.msg_id:
            await socket.close(1003, "That message has no header.")
            return
        raw.session = head.session or raw.session
        try:
            await kernel.send_raw(raw, channel, parts)
        except OctavoError as error:
            await socket.close(TRY_AGAIN, error.message[:120])
            return


def routes(sessions: Sessions) -> Sequence[BaseRoute]:
    async def channels(socket: WebSocket) -> None:
        try:
            kernel = sessions.kernels.get(ProcessId(socket.path_params["kernel"]))
        except NotFound:
            await socket.close(4404)
            return
        v1 = V1 in socket.scope.get("subprotocols", [])
        raw = Raw(socket.query_params.get("session_id", ""), v1=v1)
        await socket.accept(V1 if v1 else None)
        for old in [c for c in kernel.raw if raw.session and c.session == raw.session]:
            kernel.raw.remove(old)
        kernel.raw.append(raw)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(raw.pump, socket)
                tasks.start_soon(watch_login, socket, tasks.cancel_scope)
                await _read(socket, raw, kernel)
                tasks.cancel_scope.cancel()
        except* (WebSocketDisconnect, RuntimeError):
            pass  # the client went away in mid-send
        finally:
            if raw in kernel.raw:
                kernel.raw.remove(raw)

    return [WebSocketRoute("/api/kernels/{kernel}/channels", channels)]
