"""Ending every login, from the page."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from octavo.access.access import Access


def routes(access: Access) -> Sequence[BaseRoute]:
    async def everywhere(request: Request) -> Response:
        await access.logout_everywhere(source=request.state.visitor.address)
        return Response(status_code=204)

    return [Route("/api/octavo/logout-everywhere", everywhere, methods=["POST"])]
