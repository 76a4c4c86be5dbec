"""Whole results: blobs by hash, the full text of a long stream, and the frame document of an output that has script.

Only inert types are served from here, to a login, under a policy that lets nothing run; script runs in `/frame/…` alone, whose own answer
carries the sandbox.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from octavo.errors import NotFound
from octavo.ids import BlobHash, DocumentId, RunId
from octavo.journal import blobs, outputs
from octavo.notebook.large import internalise, is_reference
from octavo.notebook.output import Output
from octavo.session.sessions import Sessions
from octavo.web.assets import Assets
from octavo.web.pages import frame

INERT = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/bmp",
        "image/avif",
        "image/svg+xml",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "video/mp4",
        "video/webm",
        "video/ogg",
        "text/plain",
        "text/markdown",
        "text/latex",
        "application/json",
    }
)
"""Types served as what they are; all others go out as plain text, which nothing interprets."""

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"
)


def blob_type(mime: str, forms: dict[str, str]) -> str:
    """The type that a blob is served as: one of an output that names it, if it is inert."""
    if mime not in forms:
        raise NotFound("There is no such picture.")
    if mime in INERT:
        return f"{mime}; charset=utf-8" if mime.startswith("text/") else mime
    return "text/plain; charset=utf-8"


def frame_script(assets: Assets) -> str:
    """The text of the built script that stands in every output frame."""
    path = assets.find(assets.built.frame or "")
    return path.read_text() if path is not None else ""


def routes(sessions: Sessions, assets: Assets) -> Sequence[BaseRoute]:
    journal = sessions.shared.journal

    async def blob(request: Request) -> Response:
        await journal.kept_all()  # a result is shown before it is kept
        found = await blobs.find(journal, BlobHash(request.path_params["hash"]))
        if found is None:
            raise NotFound("There is no such picture.")
        kind = blob_type(request.query_params.get("type", ""), found.forms)
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Security-Policy": POLICY}
        if found.path is not None:
            return FileResponse(found.path, headers=headers, media_type=kind)
        return Response(found.data, headers=headers, media_type=kind)

    async def output_of(request: Request) -> tuple[DocumentId, RunId, int, Output]:
        """By its run; or by `cell:<id>`, which is how a page names outputs that came with the file and are no run's."""
        document = DocumentId(request.path_params["document"])
        name, index = request.path_params["run"], request.path_params["index"]
        live = sessions.live.get(document)
        for cell, shown in live.session.board.cells.items() if live is not None else ():
            if name in (shown.outputs.key, f"cell:{cell}") and index < len(shown.outputs):
                return document, RunId(shown.outputs.key), index, shown.outputs.output(index)
        raise NotFound("There is no such output any more.")

    async def whole_text(request: Request) -> Response:
        document, run, index, _ = await output_of(request)
        await journal.kept_all()
        text = await journal.read(lambda db: outputs.whole_text(db, document, run, index))
        if text is None:
            raise NotFound("There is no such text any more.")
        return PlainTextResponse(text, headers={"Content-Security-Policy": POLICY})

    async def frame_document(request: Request) -> Response:
        _, _, _, output = await output_of(request)
        mime = request.query_params.get("mime", "text/html")
        value = output.data.get(mime)
        if value is not None and is_reference(value):
            digest = BlobHash(value["blob"])
            await journal.kept_all()
            held = await blobs.read(journal, [digest])
            value = internalise(value, lambda wanted: held.get(wanted, b""))
        if not isinstance(value, str):
            raise NotFound("This output has no such part.")
        dark = request.query_params.get("theme") == "dark"
        body = frame.frame_page(value, mime, theme="dark" if dark else "light", script=frame_script(assets))
        headers = {"Content-Security-Policy": frame.POLICY, "Cross-Origin-Opener-Policy": "unsafe-none"}
        return Response(body, headers=headers, media_type="text/html; charset=utf-8")

    return [
        Route("/api/octavo/blobs/{hash}", blob, methods=["GET"]),
        Route("/api/octavo/outputs/{document:int}/{run:path}/{index:int}", whole_text, methods=["GET"]),
        Route("/frame/{document:int}/{run:path}/{index:int}", frame_document, methods=["GET"]),
    ]
