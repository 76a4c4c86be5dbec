"""`/api`, `/api/status`, `/api/me`: what a client asks before anything else."""

import time
from collections.abc import Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from octavo import __version__
from octavo.errors import Invalid
from octavo.session.sessions import Sessions
from octavo.web.jupyter.kernels import json, timestamp

ME = {"username": "owner", "name": "Owner", "display_name": "Owner", "initials": "O", "avatar_url": None, "color": None}
"""Octavo has one owner."""


def routes(sessions: Sessions) -> Sequence[BaseRoute]:
    started = time.time()

    async def version(request: Request) -> Response:
        return json({"version": __version__})

    async def status(request: Request) -> Response:
        live = [k for k in sessions.kernels.live.values() if k.execution_state != "dead"]
        return json(
            {
                "started": timestamp(started),
                "last_activity": timestamp(max((k.last_activity for k in live), default=started)),
                "kernels": len(live),
                "connections": sum(len(k.readers.there) for k in live),
            }
        )

    async def me(request: Request) -> Response:
        asked: Mapping[str, Sequence[str]] = {}
        if text := request.query_params.get("permissions"):
            try:
                asked = msgspec.json.decode(text, type=dict[str, list[str]])
            except msgspec.DecodeError as error:
                raise Invalid('permissions should be a JSON dict of {"resource": ["action"]}') from error
        granted = {resource: list(actions) for resource, actions in asked.items()}
        return json({"identity": ME, "permissions": {**granted, "updatable_fields": []}})

    return [
        Route("/api", version, methods=["GET"]),
        Route("/api/status", status, methods=["GET"]),
        Route("/api/me", me, methods=["GET"]),
    ]
