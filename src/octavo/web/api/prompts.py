"""`/api/octavo/prompts`: the list of prompts, closing and opening again; `/api/octavo/history`: what was run at them.

Opening one is its socket's (`web/live/socket.py`), keeping one as a notebook a command on it (`File`).
"""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from octavo.errors import Invalid
from octavo.journal import history
from octavo.session.sessions import Sessions

MOST_WORDS = 12


def routes(sessions: Sessions) -> Sequence[BaseRoute]:
    journal = sessions.shared.journal

    async def everything(request: Request) -> Response:
        return _json(await sessions.prompts.list())

    async def close(request: Request) -> Response:
        await sessions.prompts.close(request.path_params["name"])
        return Response(status_code=204)

    async def reopen(request: Request) -> Response:
        return _json({"name": await sessions.prompts.reopen(request.path_params["name"])})

    async def find(request: Request) -> Response:
        """`language`; `q`: words that must all occur; `before`: a number, for what is older."""
        query = request.query_params
        words = query.get("q", "").split()[:MOST_WORDS]
        before, most = _number(query.get("before")), _number(query.get("most")) or history.PAGE
        language = query.get("language", "python")
        return _json(await journal.read(lambda db: history.find(db, language, words, before=before, most=max(1, most))))

    async def forget(request: Request) -> Response:
        await journal.put([history.forget_all()]).kept()
        return Response(status_code=204)

    return [
        Route("/api/octavo/prompts", everything, methods=["GET"]),
        Route("/api/octavo/prompts/{name}", close, methods=["DELETE"]),
        Route("/api/octavo/prompts/{name}/reopen", reopen, methods=["POST"]),
        Route("/api/octavo/history", find, methods=["GET"]),
        Route("/api/octavo/history", forget, methods=["DELETE"]),
    ]


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Invalid(f"{text!r} is not a number.")
    return int(text)


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), 200, None, "application/json")
