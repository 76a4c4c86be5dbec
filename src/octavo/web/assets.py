"""Built assets of the page: hashed names, served compressed as the build left them, cached for ever.

A name that is not on the list of files does not exist, so no path is ever made from a request.
"""

import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from octavo.errors import NotFound
from octavo.web.pages.document import Built

BUILT = Path(__file__).parent / "static" / "built"
FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}


class Assets:
    """The built page, read again when a new build has taken its place (`node frontend/build.mjs --watch`)."""

    def __init__(self, directory: Path = BUILT) -> None:
        self.directory = directory
        self._stamp = -1
        self._built = Built()
        self._names: Mapping[str, Path] = {}

    @property
    def built(self) -> Built:
        """The manifest; empty where the page was not built."""
        self._refresh()
        return self._built

    def find(self, name: str) -> Path | None:
        self._refresh()
        return self._names.get(name)

    def _refresh(self) -> None:
        path = self.directory / "manifest.json"
        try:
            stamp = path.stat().st_mtime_ns
            if stamp == self._stamp:
                return
            self._built = Built.of(msgspec.json.decode(path.read_bytes()))
        except FileNotFoundError:
            return
        self._stamp = stamp
        self._names = {
            found.relative_to(self.directory).as_posix(): found
            for found in self.directory.rglob("*")
            if found.is_file() and found.suffix not in (".br", ".gz") and found.name not in (".stamp", "manifest.json")
        }


def encodings(accepted: str) -> list[str]:
    """Of br and gzip, those that the client takes, the better first."""
    offers = {}
    for offer in accepted.lower().split(","):
        name, _, rest = offer.strip().partition(";")
        offers[name] = rest.replace(" ", "") not in ("q=0", "q=0.0")
    return [name for name in ("br", "gzip") if offers.get(name)]


def routes(assets: Assets) -> Sequence[BaseRoute]:
    endings = {"br": ".br", "gzip": ".gz"}

    async def asset(request: Request) -> Response:
        path = assets.find(request.path_params["name"])
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
