"""The web application: every route of Octavo in one list, behind the one gate.

Order matters where paths overlap: the first match wins. Whether a route is public is not said here but in `security.PUBLIC`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from octavo.access.access import Access
from octavo.errors import OctavoError
from octavo.session.sessions import Sessions
from octavo.settings import schema
from octavo.web import assets, errors, login, pages_door, repl_door
from octavo.web.api import bin, logins, prompts, results, running
from octavo.web.jupyter import channels, contents, kernels, raw, status
from octavo.web.jupyter import sessions as jupyter_sessions
from octavo.web.jupyter.filing import Filing
from octavo.web.live import socket
from octavo.web.security import Gate, Network
from octavo.web.setting import Paper


@dataclass(frozen=True, kw_only=True, slots=True)
class Rooms:
    """What the doors open onto."""

    settings: schema.Settings
    profile: str
    access: Access
    sessions: Sessions
    filing: Filing
    trusted: Sequence[Network] = ()
    setup: bool = False
    hsts: Callable[[], bool] = lambda: False


def routes(rooms: Rooms) -> list[BaseRoute]:
    """Every route there is."""
    base, default = rooms.settings.server.base_url, rooms.settings.kernels.default
    built = assets.Assets()
    paper = Paper(built, rooms.profile, base, rooms.settings.pages)
    return [
        *assets.routes(built),
        *login.routes(rooms.access, paper),
        *socket.routes(rooms.sessions),
        *results.routes(rooms.sessions, built),
        *bin.routes(rooms.filing),
        *running.routes(rooms.sessions),
        *prompts.routes(rooms.sessions),
        *logins.routes(rooms.access),
        *status.routes(rooms.sessions),
        *kernels.routes(rooms.sessions, default=default, base_url=base),
        *channels.routes(rooms.sessions),
        *jupyter_sessions.routes(rooms.sessions, default=default, base_url=base),
        *contents.routes(rooms.filing),
        *raw.routes(rooms.filing),
        *repl_door.routes(rooms.sessions, paper),
        *pages_door.routes(rooms.sessions, rooms.filing, paper),
    ]


def build(rooms: Rooms) -> ASGIApp:
    server, tls = rooms.settings.server, rooms.settings.tls
    app = Starlette(
        routes=routes(rooms),
        exception_handlers={
            OctavoError: errors.on_octavo_error,
            HTTPException: errors.on_http_exception,
            Exception: errors.on_unknown_error,
        },
    )
    app.router.redirect_slashes = False
    return Gate(
        app,
        rooms.access,
        profile=rooms.profile,
        base_url=server.base_url,
        hosts=[*server.hosts, *tls.domains, server.ip],
        trusted=rooms.trusted,
        secret=rooms.access.key("xsrf"),
        setup=rooms.setup,
        hsts=rooms.hsts,
    )


def who_asks(request: Request) -> str:
    """Whose save this is: a login's or a token's name."""
    visitor = request.state.visitor
    if visitor.token is not None:
        return f"token:{visitor.token.name}"
    return f"login:{visitor.login.id}" if visitor.login is not None else ""
