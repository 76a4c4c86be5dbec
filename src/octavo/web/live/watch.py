"""A socket lives no longer than the login behind it: looked at every 2 seconds (DESIGN §3, Live socket)."""

import anyio
from starlette.websockets import WebSocket

from octavo.errors import StorageUnavailable

LOGGED_OUT = 4401
CHECK_SECONDS = 1.0
"""Half of the 2 s within which sockets must end after a password change."""


async def watch_login(socket: WebSocket, scope: anyio.CancelScope) -> None:
    """Close the socket and cancel `scope` once the visitor may no longer be here."""
    visitor, access = socket.state.visitor, socket.state.gate.access
    who = visitor.token or visitor.login
    while True:
        await anyio.sleep(CHECK_SECONDS)
        try:
            known = access.still_valid(who)
        except StorageUnavailable:
            continue  # nobody can say now; a full disk throws nobody out
        if not known:
            await socket.close(LOGGED_OUT, "logged-out")
            scope.cancel()
            return
