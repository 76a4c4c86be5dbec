"""Built assets of the page: hashed names, served compressed as the build left them, cached for ever.

The list of files is read once; a name that is not on it does not exist, so no path is ever made from a request.
"""

import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from octavo.errors import NotFound

BUILT = Path(__file__).parent / "static" / "built"
FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}


def manifest(directory: Path = BUILT) -> dict[str, object]:
    """The build's manifest; {} where the page was not built."""
    try:
        found: dict[str, object] = msgspec.json.decode((directory / "manifest.json").read_bytes())
    except FileNotFoundError:
        return {}
    return found


def encodings(accepted: str) -> list[str]:
    """Of br and gzip, those that the client takes, the better first."""
    offers = {}
    for offer in accepted.lower().split(","):
        name, _, rest = offer.strip().partition(";")
        offers[name] = rest.replace(" ", "") not in ("q=0", "q=0.0")
    return [name for name in ("br", "gzip") if offers.get(name)]


def routes(directory: Path = BUILT) -> Sequence[BaseRoute]:
    names: Mapping[str, Path] = {
        path.relative_to(directory).as_posix(): path
        for path in (directory.rglob("*") if directory.is_dir() else ())
        if path.is_file() and path.suffix not in (".br", ".gz") and path.name != ".stamp"
    }
    endings = {"br": ".br", "gzip": ".gz"}

    async def asset(request: Request) -> Response:
        path = names.get(request.path_params["name"])
        if path is None:
            raise NotFound("There is no such asset.")
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
        for encoding in encodings(request.headers.get("accept-encoding", "")):
            packed = path.with_name(path.name + endings[encoding])
            if packed.exists():
                return FileResponse(packed, headers={**headers, "Content-Encoding": encoding}, media_type=kind)
        return FileResponse(path, headers=headers, media_type=kind)

    return [Route("/static/built/{name:path}", asset, methods=["GET"])]
