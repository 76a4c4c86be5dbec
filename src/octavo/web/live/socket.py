"""`/api/octavo/live/<path>`: one socket a document. Reads frames, hands them to the session, pumps what the session has for this tab.

Close codes: 4400 not our protocol, 4401 logged out, 4404 no such notebook, 4408 too slow, 4409 see the Bye before it, 1012 the server goes.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import anyio
import msgspec
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from octavo.document import frames
from octavo.errors import Invalid, OctavoError
from octavo.session import commands, messages
from octavo.session.client import Client, TooSlow
from octavo.session.session import Session
from octavo.session.sessions import Sessions
from octavo.web.live.watch import watch_login

log = logging.getLogger("octavo.web.live")

NOT_OURS, NO_NOTEBOOK, TOO_SLOW, GOODBYE = 4400, 4404, 4408, 4409
HELLO_SECONDS = 20
FAREWELL_SECONDS = 1

_decoder = msgspec.json.Decoder(messages.FromPage)


def routes(sessions: Sessions) -> Sequence[BaseRoute]:
    async def notebook(socket: WebSocket) -> None:
        await live(socket, lambda: sessions.open(socket.path_params["path"]))

    async def prompt(socket: WebSocket) -> None:
        kernel = socket.query_params.get("kernel", "")
        await live(socket, lambda: sessions.prompts.open(socket.path_params["name"], kernel))

    async def live(socket: WebSocket, opened: Callable[[], Awaitable[Session]]) -> None:
        await socket.accept()
        try:
            session = await opened()
        except OctavoError as error:
            await _say(socket, messages.Bye(code=error.code, message=error.message))
            await socket.close(NO_NOTEBOOK, error.code)
            return
        try:
            await _serve(socket, session)
        except* (WebSocketDisconnect, RuntimeError, anyio.BrokenResourceError):
            pass  # gone in mid-send

    return [
        WebSocketRoute("/api/octavo/live/{path:path}", notebook),
        WebSocketRoute("/api/octavo/prompts/{name}/live", prompt),
    ]


async def _say(socket: WebSocket, message: messages.ToPage) -> None:
    await socket.send_text(msgspec.json.encode(message).decode())


async def _serve(socket: WebSocket, session: Session) -> None:
    hello = None
    with anyio.move_on_after(HELLO_SECONDS):
        hello = await _hello(socket)
    if hello is None or hello.protocol != messages.PROTOCOL:
        await socket.close(NOT_OURS, "protocol")
        return
    with session.clients.joined(hello) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_pump, socket, client, tasks.cancel_scope)
            tasks.start_soon(watch_login, socket, tasks.cancel_scope)
            await _read(socket, session, client)
            tasks.cancel_scope.cancel()


async def _hello(socket: WebSocket) -> messages.Hello | None:
    frame = await socket.receive()
    try:
        message = _decoder.decode(frame.get("text") or "")
    except msgspec.DecodeError:
        return None
    return message if isinstance(message, messages.Hello) else None


async def _pump(socket: WebSocket, client: Client, scope: anyio.CancelScope) -> None:
    async def send(frame: bytes | str) -> None:
        await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_text(frame))

    try:
        code = await client.pump(send, time.monotonic)
        await socket.close(GOODBYE, code)
    except TooSlow:
        with anyio.move_on_after(FAREWELL_SECONDS):  # it does not read that either
            await socket.close(TOO_SLOW, "too-slow")
    scope.cancel()


async def _read(socket: WebSocket, session: Session, client: Client) -> None:
    """Until the socket closes, or the client sends what does not fit."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        data, text = message.get("bytes"), message.get("text")
        try:
            if data is not None:
                await session.edits.receive(client, frames.decode(data))
            else:
                command = _decoder.decode(text or "")
                if isinstance(command, messages.Hello):
                    raise Invalid("A second hello.")
                await commands.command(session, client, command)
        except (msgspec.DecodeError, Invalid) as error:
            log.warning("a client of %s sent what does not fit: %s", session.path, error)
            client.leave("refused", str(error))
            await anyio.sleep_forever()
