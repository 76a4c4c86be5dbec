"""`/api/kernels/ID/channels`: a stock Jupyter client's socket, in both framings (Jupyter Server's WebSocket protocol).

Frames pass without being decoded but for the header that names channel and session. What a client still has to read, and what it finds when
it comes back under the same `session_id`, is kept by `session/readers.py`.
"""

from collections.abc import Sequence

import anyio
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from octavo.errors import Invalid, NotFound, OctavoError
from octavo.ids import ProcessId
from octavo.kernels.events import Channel
from octavo.session.kernel import LiveKernel
from octavo.session.readers import Reader
from octavo.session.sessions import Sessions
from octavo.web.live.watch import watch_login
from octavo.wire import messages as wire
from octavo.wire import websocket as framing

V1 = "v1.kernel.websocket.jupyter.org"

TRY_AGAIN = 4503
"""Close code; 1000 and 1001 would be final to JupyterLab."""

NAMES = {Channel.IOPUB: "iopub", Channel.SHELL: "shell", Channel.CONTROL: "control", Channel.STDIN: "stdin"}
CHANNELS = {name: channel for channel, name in NAMES.items()}


async def _pump(socket: WebSocket, reader: Reader, connection: int, v1: bool) -> None:
    """Send what there is to read, until the client has a newer socket."""
    encode = framing.encode_v1 if v1 else framing.encode_legacy
    while True:
        wake = reader.wake = anyio.Event()
        while (held := reader.next()) is not None:
            frame: str | bytes = encode(NAMES[held.channel], held.parts)
            await (socket.send_text(frame) if isinstance(frame, str) else socket.send_bytes(frame))
            if reader.connection != connection:
                return
            reader.passed(held)
        await wake.wait()
        if reader.connection != connection:
            return


async def _read(socket: WebSocket, reader: Reader, kernel: LiveKernel, v1: bool) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        data: bytes | str = message.get("bytes") or message.get("text") or b""
        try:
            name, parts = framing.decode_v1(data) if v1 else framing.decode_legacy(data)
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
        reader.session = head.session or reader.session
        try:
            await kernel.send_raw(reader, channel, parts)
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
        await socket.accept(V1 if v1 else None)
        reader = kernel.readers.join(socket.query_params.get("session_id", ""))
        connection = reader.connection
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_pump, socket, reader, connection, v1)
                tasks.start_soon(watch_login, socket, tasks.cancel_scope)
                await _read(socket, reader, kernel, v1)
                tasks.cancel_scope.cancel()
        except* (WebSocketDisconnect, RuntimeError):
            pass  # the client went away in mid-send
        finally:
            kernel.readers.leave(reader, connection)

    return [WebSocketRoute("/api/kernels/{kernel}/channels", channels)]
