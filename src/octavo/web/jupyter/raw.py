"""`/files/PATH`: a file's bytes, whole or one range of them, and the streamed upload.

What a file holds is a stranger's: it is served under a sandbox of its own, as the type its name says or plain text, and
shown by the browser only where nothing in that type can act. The responder is our own, since a framework's splits ranges
at the client's will and knows neither stores nor open documents.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple
from urllib.parse import quote

import anyio
import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from octavo.errors import Conflict, Denied, Invalid, NotFound
from octavo.files import paths
from octavo.files.store import PIECE, Reading, Saved, Stat, Version, Writing
from octavo.web.errors import json_error
from octavo.web.jupyter import mimes, models
from octavo.web.jupyter.filing import Filing
from octavo.web.jupyter.uploads import finish

SANDBOX = (
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_TAG = re.compile(r'(W/)?"([^"]*)"|\*')


class Part(NamedTuple):
    """Which bytes are sent."""

    status: Literal[200, 206, 304, 416]
    start: int = 0
    length: int = 0


class Memory:
    """The bytes of an open document, as a `store.Reading`."""

    def __init__(self, found: Stat, data: bytes) -> None:
        self._stat, self._data = msgspec.structs.replace(found, size=len(data)), data

    @property
    def stat(self) -> Stat:
        return self._stat

    async def chunks(self, start: int, length: int) -> AsyncIterator[bytes]:
        for at in range(start, start + length, PIECE):
            yield self._data[at : min(at + PIECE, start + length)]


def choose(stat: Stat, method: str, headers: Mapping[str, str]) -> Part:
    """Pure: what a GET or HEAD gets, by its conditions and its range. More than one range is answered by the whole."""
    if _is_known(stat, headers):
        return Part(304)
    whole = Part(200, 0, stat.size)
    asked = _RANGE.fullmatch(headers.get("range", "").strip().lower())
    if method != "GET" or asked is None or not _same_as_before(stat, headers.get("if-range")):
        return whole
    first, last = asked.groups()
    if not first and not last:
        return whole
    if not first:
        start, end = max(0, stat.size - int(last)), stat.size
    else:
        start, end = int(first), min(int(last) + 1, stat.size) if last else stat.size
        if last and int(last) < start:
            return whole
    if start >= stat.size or end <= start:
        return Part(416)
    return Part(206, start, end - start)


def _is_known(stat: Stat, headers: Mapping[str, str]) -> bool:
    tags = headers.get("if-none-match")
    if tags is not None:
        return any(match[0] == "*" or match[2] == stat.version for match in _TAG.finditer(tags))
    since = _seconds(headers.get("if-modified-since"))
    return since is not None and stat.modified_ns // 1_000_000_000 <= since


def _same_as_before(stat: Stat, condition: str | None) -> bool:
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == models.etag(stat)
    return _seconds(condition) == stat.modified_ns // 1_000_000_000


def _seconds(date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None


def headers_of(stat: Stat, part: Part, *, download: bool) -> dict[str, str]:
    kind, inert = mimes.served(stat.path)
    headers = {
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "ETag": models.etag(stat),
        "Last-Modified": models.http_date(stat.modified_ns),
    }
    if part.status == 304:
        return headers
    headers |= {"Content-Type": kind, "Content-Length": str(part.length)}
    if download or not inert:
        headers["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(paths.name_of(stat.path), safe='')}"
    if part.status == 206:
        headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{stat.size}"
    return headers


class FileResponse(Response):
    """A file or a part of it, a piece at a time. What is wrong with the path is raised before the first byte is sent."""

    def __init__(self, filing: Filing, path: str, request: Request) -> None:
        self._filing, self._path, self._request = filing, path, request
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._open() as reading:
            part = choose(reading.stat, scope["method"], self._request.headers)
            if part.status == 416:
                refusal = json_error(
                    416, "There is no such range.", headers={"Content-Range": f"bytes */{reading.stat.size}"}
                )
                await refusal(scope, receive, send)
                return
            headers = headers_of(reading.stat, part, download=bool(self._request.query_params.get("download")))
            raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": part.status, "headers": raw})
            if scope["method"] == "GET" and part.length:
                await self._send_body(reading, part, receive, send)
            else:
                await send({"type": "http.response.body", "body": b""})

    async def _send_body(self, reading: Reading, part: Part, receive: Receive, send: Send) -> None:
        async def stop_when_gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(stop_when_gone)
            async for piece in reading.chunks(part.start, part.length):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            group.cancel_scope.cancel()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Reading]:
        current = await self._filing.documents.read_through(self._path)
        if current is not None:
            yield Memory(await self._filing.store.stat(self._path), current)
            return
        stat = await self._filing.store.stat(self._path)
        if stat.kind == "directory":
            raise Denied(f"{self._path or 'The notebook folder'} is a folder.")
        async with self._filing.store.open(self._path) as reading:
            yield reading


async def upload(filing: Filing, request: Request) -> Response:
    """The body is the file. `If-Match: "<version>"` or `*`, and `If-None-Match: *`, are kept to the rename itself."""
    path = filing.path(request, reading=False)
    if not path:
        raise Invalid("The notebook folder itself is no file.")
    try:
        writing = await filing.store.begin(
            path,
            if_version=await _expected(filing, path, request.headers),
            limit=filing.settings.files.max_upload,
            size=_length(request.headers),
        )
        saved = await _receive(filing, path, writing, request)
    except Conflict as error:
        if "if-match" in request.headers or "if-none-match" in request.headers:
            return json_error(412, error.message, code=error.code, hint=error.hint)
        raise
    except ClientDisconnect:
        return json_error(400, "The upload was cut off.", hint="Send it again.")
    headers = {
        "ETag": models.etag(saved.stat),
        "Last-Modified": models.http_date(saved.stat.modified_ns),
        "Location": f"{filing.settings.server.base_url}files/{models.quoted(path)}",
    }
    body = msgspec.json.encode(models.model(saved.stat))
    return Response(body, 201 if saved.created else 200, headers, "application/json")


async def _receive(filing: Filing, path: str, writing: Writing, request: Request) -> Saved:
    waiting = bytearray()
    try:
        async for piece in request.stream():
            waiting += piece
            if len(waiting) >= PIECE:
                await writing.write(bytes(waiting))
                waiting.clear()
        if waiting:
            await writing.write(bytes(waiting))
    except BaseException:
        await writing.abandon()
        raise
    return await finish(filing, path, writing, filing.who(request))


async def _expected(filing: Filing, path: str, headers: Mapping[str, str]) -> Version | Literal["absent"] | None:
    """What must be at the path, by the request's conditions. Raises `Conflict` where that is plain already."""
    wanted, unwanted = headers.get("if-match"), headers.get("if-none-match")
    if wanted is None and unwanted is None:
        return None
    if unwanted is not None and unwanted.strip() == "*":
        return "absent"
    try:
        version = (await filing.store.stat(path)).version
    except NotFound:
        version = None
    if wanted is not None:
        tags = {match[0] if match[0] == "*" else match[2] for match in _TAG.finditer(wanted) if not match[1]}
        if version is None or not tags & {"*", version}:
            raise Conflict(f"{path} was changed meanwhile.", hint="Reload it, then upload again.")
        return None if "*" in tags else version
    if version is not None and any(match[2] == version for match in _TAG.finditer(unwanted or "")):
        raise Conflict(f"{path} is what you have already.")
    return None


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def routes(filing: Filing) -> Sequence[BaseRoute]:
    async def get(request: Request) -> Response:
        return FileResponse(filing, filing.path(request, reading=True), request)

    async def put(request: Request) -> Response:
        return await upload(filing, request)

    return [
        Route("/files/{path:path}", get, methods=["GET"]),
        Route("/files/{path:path}", put, methods=["PUT"]),
    ]
