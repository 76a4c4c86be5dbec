"""The pages: `/`, `/f/<folder>`, `/n/<path>`, `/running`. A page that cannot be shown says why, with its status."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from octavo.errors import Denied, InvalidNotebook, NotFound, OctavoError
from octavo.session.messages import PROTOCOL
from octavo.session.sessions import Sessions
from octavo.web.errors import status_of
from octavo.web.jupyter.filing import Filing
from octavo.web.pages import titles
from octavo.web.pages.document import app_page
from octavo.web.setting import Paper

RAW = 4 * titles.RAW_LIMIT


def routes(sessions: Sessions, filing: Filing, paper: Paper) -> Sequence[BaseRoute]:
    def said(request: Request, path: str, error: OctavoError) -> Response:
        setting = paper.of(request)
        match error:
            case NotFound():
                body = titles.missing_page(setting, path)
            case Denied():
                body = titles.denied_page(setting, path)
            case _:
                body = titles.broken_page(setting, error.message, error.hint or "")
        return paper.respond(request, body, status_of(error))

    async def files(request: Request) -> Response:
        path = request.path_params.get("path", "")
        try:
            stat = await filing.store.stat(path)
            if stat.kind != "directory":
                raise NotFound(f"{path} is not a folder.")
        except OctavoError as error:
            return said(request, path, error)
        title = PurePosixPath(path).name or "Octavo"
        return paper.respond(request, app_page(paper.of(request), "files", title))

    async def notebook(request: Request) -> Response:
        path = request.path_params["path"]
        try:
            await sessions.open(path)  # while the page loads, its notebook is read
        except InvalidNotebook as error:
            raw = (await filing.store.read(path)).data[:RAW].decode("utf-8", "replace")
            text = f"{error.message} {error.hint}" if error.hint else error.message
            body = titles.invalid_notebook_page(paper.of(request), path, text, raw)
            return paper.respond(request, body, status_of(error))
        except OctavoError as error:
            return said(request, path, error)
        title = PurePosixPath(path).name.removesuffix(".ipynb")
        return paper.respond(request, app_page(paper.of(request, protocol=PROTOCOL), "notebook", title))

    async def running(request: Request) -> Response:
        return paper.respond(request, app_page(paper.of(request), "running", "Running"))

    async def robots(request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    async def icon(request: Request) -> Response:
        return Response(status_code=204)  # every page carries its own

    return [
        Route("/", files, methods=["GET"]),
        Route("/f/{path:path}", files, methods=["GET"]),
        Route("/n/{path:path}", notebook, methods=["GET"]),
        Route("/running", running, methods=["GET"]),
        Route("/robots.txt", robots, methods=["GET"]),
        Route("/favicon.ico", icon, methods=["GET"]),
    ]
