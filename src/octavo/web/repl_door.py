"""The prompt's page: `/repl`, `/repl/<name>`; and the bare address, where that is to lead there (`pages.home`)."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from octavo.errors import OctavoError
from octavo.session.messages import PROTOCOL
from octavo.session.prompting import checked_name
from octavo.session.sessions import Sessions
from octavo.web.errors import status_of
from octavo.web.pages import titles
from octavo.web.pages.document import app_page
from octavo.web.setting import Paper

FIRST = "1"
"""The prompt at `/repl`."""


def routes(sessions: Sessions, paper: Paper) -> Sequence[BaseRoute]:
    async def prompt(request: Request) -> Response:
        name = request.path_params.get("name", FIRST)
        try:
            checked_name(name)
            if is_ours(request):  # while the page loads, its kernel starts
                await sessions.prompts.open(name, request.query_params.get("kernel", ""))
        except OctavoError as error:
            body = titles.broken_page(paper.of(request), error.message, error.hint or "")
            return paper.respond(request, body, status_of(error))
        return paper.respond(request, app_page(paper.of(request, protocol=PROTOCOL), "repl", f"Prompt {name}"))

    async def home(request: Request) -> Response:
        return RedirectResponse(paper.home, 302)

    return [
        Route("/repl", prompt, methods=["GET"]),
        Route("/repl/{name}", prompt, methods=["GET"]),
        *([Route("/", home, methods=["GET"])] if paper.home != paper.base_url else []),
    ]


def is_ours(request: Request) -> bool:
    """Did a person ask for this page here, or by its address? A link on another site starts nothing; the page's own socket will."""
    return request.headers.get("sec-fetch-site", "") in ("same-origin", "none")
