"""`/api/contents` in full, over a store: what Jupyter's clients and Octavo's own page speak to files with.

An open notebook is never read or written behind its document's back: reading writes first what waits, and a save is an
outside change to it. Deleting goes to the bin (`Octavo-Bin` in the answer names it); checkpoints are kept in the profile.
"""

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from octavo.errors import Conflict, InvalidNotebook, NotFound, TooLarge
from octavo.files import bin, copying, naming, paths
from octavo.files.ports import Checkpoint
from octavo.files.store import PIECE, Saved, Stat
from octavo.notebook import codec
from octavo.web.jupyter import models, notebooks
from octavo.web.jupyter.filing import Filing
from octavo.web.jupyter.models import BadRequest, Model
from octavo.web.jupyter.uploads import Uploads

Handler = Callable[[Request], Awaitable[Response]]

MAX_INLINE = 32 * 1024**2
"""Largest file (but a notebook) that is put into JSON, in bytes; `/files/` has no such limit."""
MAX_COPY = 500 * 1024**2
"""Largest folder that is copied, in bytes, as in Jupyter."""
_TRIES = 100


class Contents:
    """The handlers; one instance a server."""

    def __init__(self, filing: Filing) -> None:
        self._filing, self._uploads = filing, Uploads(filing)
        self._store, self._documents, self._checkpoints = filing.store, filing.documents, filing.checkpoints
        self._base = filing.settings.server.base_url

    # Reading

    async def get(self, request: Request) -> Response:
        path = self._filing.path(request, reading=True)
        kind, wanted = request.query_params.get("type"), request.query_params.get("format")
        if wanted not in (None, "text", "base64"):
            raise BadRequest(f"Format {wanted!r} is invalid")
        with_content, with_hash = _flag(request, "content", "1"), _flag(request, "hash", "0")
        current = await self._documents.read_through(path, self._filing.who(request) if with_content else "")
        stat = await self._stat(path)
        if stat.kind == "directory":
            if kind not in (None, "directory"):
                raise BadRequest(f"{path} is a directory, not a file", reason="bad type")
            return await self._folder(stat, with_content)
        if kind == "directory":
            raise BadRequest(f"{path} is not a directory", reason="bad type")
        found = models.model(stat, "notebook" if kind == "notebook" else "file" if kind else None)
        if with_content:
            stat = await self._fill(found, stat, current, wanted)
        if with_hash:
            found.hash, found.hash_algorithm = await self._hash(path, current), "sha256"
        return await _answer(found, stat)

    async def _stat(self, path: str) -> Stat:
        try:
            return await self._store.stat(path)
        except NotFound as error:
            raise NotFound(f"file or directory '{path}' does not exist") from error

    async def _folder(self, stat: Stat, with_content: bool) -> Response:
        found = models.model(stat)
        if with_content:
            found.content, found.format = models.listing(await self._store.list(stat.path)), "json"
        return await _answer(found, stat)

    async def _fill(self, found: Model, stat: Stat, current: bytes | None, wanted: str | None) -> Stat:
        """Put the content into the model; returns the stat of those very bytes."""
        limit = self._filing.settings.documents.max_notebook if found.type == "notebook" else MAX_INLINE
        if current is None:
            content = await self._store.read(stat.path, limit=limit)
            current, stat = content.data, content.stat
            found.last_modified = models.timestamp(stat.modified_ns)
        found.size = len(current)
        if found.type == "notebook":
            try:
                found.content, found.format = await anyio.to_thread.run_sync(notebooks.to_json, current), "json"
            except InvalidNotebook as error:
                raise BadRequest(f"Unreadable Notebook: {stat.path} {error.message}") from error
        else:
            await anyio.to_thread.run_sync(models.add_text, found, current, wanted)
        return stat

    async def _hash(self, path: str, current: bytes | None) -> str:
        total = hashlib.sha256(current or b"")
        if current is None:
            async with self._store.open(path) as reading:
                async for piece in reading.chunks(0, reading.stat.size):
                    total.update(piece)
        return total.hexdigest()

    # Making

    async def post(self, request: Request) -> Response:
        folder = self._filing.path(request, reading=False)
        body = await self._body(request)
        await self._require_folder(folder)
        source = body.get("copy_from")
        if source:
            return await self._copy(self._filing.checked(_text(source, "copy_from")), folder)
        return await self._new(folder, body)

    async def _require_folder(self, folder: str) -> None:
        if (await self._stat(folder)).kind != "directory":
            raise BadRequest("Cannot POST to files, use PUT instead.")

    async def _new(self, folder: str, body: Mapping[str, Any]) -> Response:
        extension = _text(body.get("ext") or "", "ext")
        kind = body.get("type") or ("notebook" if extension == ".ipynb" else "file")
        if kind not in ("notebook", "file", "directory"):
            raise BadRequest(f"Unexpected model type: {kind!r}")

        async def make(path: str) -> Stat:
            if kind == "directory":
                return await self._store.make_directory(path)
            data = _empty_notebook() if kind == "notebook" else b""
            return (await self._store.write(path, data, if_version="absent")).stat

        return await self._made(await self._first_free(folder, naming.untitled(kind, extension), make))

    async def _copy(self, source: str, folder: str) -> Response:
        current = await self._documents.read_through(source)
        stat = await self._stat(source)

        async def make(path: str) -> Stat:
            if stat.kind == "directory":
                return await copying.copy_folder(self._store, source, path, limit=MAX_COPY)
            if current is not None:
                return (await self._store.write(path, current, if_version="absent")).stat
            return (await copying.copy_file(self._store, source, path)).stat

        try:
            return await self._made(await self._first_free(folder, naming.copies(paths.name_of(source)), make))
        except TooLarge as error:
            raise BadRequest(error.message) from error

    async def _first_free(self, folder: str, names: Iterator[str], make: Callable[[str], Awaitable[Stat]]) -> Stat:
        """Make something under the first name that nothing has, also if somebody takes names at the same time."""
        taken = {paths.name_of(entry.path) for entry in await self._store.list(folder)}
        for name in islice((name for name in names if name not in taken), _TRIES):
            try:
                return await make(self._filing.checked(paths.join(folder, name)))
            except Conflict:
                continue
        raise Conflict(f"No free name was found in {folder or 'the notebook folder'}.", hint="Try again.")

    async def _made(self, stat: Stat) -> Response:
        return await _answer(models.model(stat), stat, 201, {"Location": self._location(stat.path)})

    # Saving

    async def put(self, request: Request) -> Response:
        path = self._filing.path(request, reading=False)
        body = await self._body(request)
        if not body:
            await self._require_folder(path)
            return await self._new(path, {})
        if body.get("copy_from"):
            raise BadRequest("Cannot copy with PUT, only POST")
        kind = body.get("type")
        if not kind:
            raise BadRequest("No file type provided")
        if kind not in ("notebook", "file", "directory"):
            raise BadRequest(f"Unhandled contents type: {kind}")
        if kind == "directory":
            return await self._put_folder(path)
        if body.get("content") is None:
            raise BadRequest("No file content provided")
        if body.get("chunk"):
            return await self._put_chunk(path, body, self._filing.who(request))
        if kind == "notebook":
            saved = await self._put_notebook(path, body["content"], self._filing.who(request))
        else:
            saved = await self._filing.save(path, _bytes_of(body), self._filing.who(request))
        return await self._saved(saved, models.model(saved.stat, kind))

    async def _put_folder(self, path: str) -> Response:
        try:
            stat = await self._store.stat(path)
        except NotFound:
            saved = Saved(await self._store.make_directory(path), True)
        else:
            if stat.kind != "directory":
                raise BadRequest(f"Not a directory: {path}")
            saved = Saved(stat, False)
        return await self._saved(saved, models.model(saved.stat))

    async def _put_notebook(self, path: str, content: object, who: str) -> Saved:
        try:
            old = await self._filing.current(path, limit=self._filing.settings.documents.max_notebook)
        except (NotFound, TooLarge):
            old = None
        data = await anyio.to_thread.run_sync(notebooks.from_json, content, old)
        if data == old and not await self._documents.is_open(path):
            saved = Saved(await self._store.stat(path), False)
        else:
            if old is not None and notebooks.is_older_format(old):
                await self._checkpoints.add(path, old)  # the original, before it is written as nbformat 4
            saved = await self._filing.save(path, data, who)
        if not await self._checkpoints.list(path):
            await self._checkpoints.add(path, data)  # as in Jupyter, a notebook has one from its first save
        return saved

    async def _put_chunk(self, path: str, body: Mapping[str, Any], who: str) -> Response:
        if body["type"] != "file":
            raise BadRequest(f'File type "{body["type"]}" is not supported for large file transfer')
        if type(body["chunk"]) is not int:
            raise BadRequest("chunk must be a number")
        is_new = body["chunk"] == 1 and not await self._exists(path)
        took = await self._uploads.take(path, body["chunk"], _bytes_of(body), who)
        if isinstance(took, Saved):
            saved = Saved(took.stat, False)  # its creation was told at chunk 1
            return await self._saved(saved, models.model(saved.stat, "file"))
        found = models.uploading(path, took)
        return await _answer(found, None, 201 if is_new else 200, {"Location": self._location(path)})

    async def _exists(self, path: str) -> bool:
        try:
            await self._store.stat(path)
        except NotFound:
            return False
        return True

    async def _saved(self, saved: Saved, found: Model) -> Response:
        headers = {"Location": self._location(found.path)}
        return await _answer(found, saved.stat, 201 if saved.created else 200, headers)

    # Renaming and deleting

    async def patch(self, request: Request) -> Response:
        path = self._filing.path(request, reading=False)
        body = await self._body(request)
        if not body:
            raise BadRequest("JSON body missing")
        new = self._filing.checked(_text(body.get("path", path), "path"))
        stat = await self._store.stat(path) if new == path else await self._move(path, new)
        return await _answer(models.model(stat), stat, 200, {"Location": self._location(stat.path)})

    async def _move(self, path: str, new: str) -> Stat:
        if (
            await self._exists(new)
            and (await self._store.stat(new)).identity != (await self._store.stat(path)).identity
        ):
            raise Conflict(f"{new} exists already.", hint="Choose another name.")
        async with self._documents.moving(path, new):
            await self._checkpoints.move(path, new)
            try:
                return await self._store.move(path, new)
            except BaseException:
                await self._checkpoints.move(new, path)
                raise

    async def delete(self, request: Request) -> Response:
        path = self._filing.path(request, reading=False)
        if not path:
            raise BadRequest("Can't delete root")
        force = request.query_params.get("force") == "1"
        id = self._filing.bin.new_id()
        async with self._documents.deleting(path, id, force=force):
            await self._checkpoints.move(path, bin.path_of(id))
            try:
                await self._filing.bin.discard(path, id)
            except BaseException:
                await self._checkpoints.move(bin.path_of(id), path)
                raise
        return Response(status_code=204, headers={"Octavo-Bin": id})

    # Checkpoints and trust

    async def list_checkpoints(self, request: Request) -> Response:
        path = await self._file(request, reading=True)
        return _json([_checkpoint(one) for one in await self._checkpoints.list(path)])

    async def make_checkpoint(self, request: Request) -> Response:
        path = await self._file(request, reading=False)
        data = await self._filing.current(path, limit=self._filing.settings.documents.max_notebook)
        made = await self._checkpoints.add(path, data)
        return _json(_checkpoint(made), 201, {"Location": f"{self._location(path)}/checkpoints/{made.id}"})

    async def restore_checkpoint(self, request: Request) -> Response:
        path = await self._file(request, reading=False)
        data = await self._checkpoints.read(path, request.path_params["checkpoint"])
        await self._filing.save(path, data, self._filing.who(request))
        return Response(status_code=204)

    async def delete_checkpoint(self, request: Request) -> Response:
        path = await self._file(request, reading=False)
        await self._checkpoints.remove(path, request.path_params["checkpoint"])
        return Response(status_code=204)

    async def trust(self, request: Request) -> Response:
        """Trust is a mark on runs of ours, never on a file (DESIGN §3): the answer is for Jupyter's clients."""
        path = await self._file(request, reading=False)
        if not path.endswith(".ipynb"):
            raise BadRequest(f"{path} is not a notebook", reason="bad type")
        return Response(status_code=201)

    async def _file(self, request: Request, *, reading: bool) -> str:
        path = self._filing.path(request, reading=reading)
        if (await self._stat(path)).kind == "directory":
            raise BadRequest(f"{path} is a directory, not a file", reason="bad type")
        return path

    # What they share

    async def _body(self, request: Request) -> Mapping[str, Any]:
        """The JSON object in the body; its content type is ignored and an empty one is legal, as with Jupyter."""
        body, limit = bytearray(), self._filing.settings.server.max_body
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                raise TooLarge(
                    f"This request is larger than {limit} bytes.", hint="Upload it by PUT to /files/ instead."
                )
        if not body.strip():
            return {}
        data = bytes(body)
        del body
        decode = notebooks.decode
        value = await anyio.to_thread.run_sync(decode, data) if len(data) > PIECE else decode(data)
        if value is not None and not isinstance(value, dict):
            raise BadRequest("The body must be a JSON object")
        return value or {}

    def _location(self, path: str) -> str:
        return f"{self._base}api/contents/{models.quoted(path)}"


def routes(filing: Filing) -> Sequence[BaseRoute]:
    """Order matters: what ends in `/checkpoints` or `/trust` is never a file's own path for these methods."""
    door = Contents(filing)

    async def redirect(request: Request) -> Response:
        path, query = request.path_params.get("path", ""), request.url.query
        target = f"{filing.settings.server.base_url}api/contents" + (f"/{models.quoted(path)}" if path else "")
        return RedirectResponse(f"{target}?{query}" if query else target, 302)

    def tidy(handler: Handler) -> Handler:
        """A path with a trailing or doubled slash is asked for again without, as in Jupyter."""

        async def handle(request: Request) -> Response:
            path = request.path_params.get("path", "")
            clean = "/".join(part for part in path.split("/") if part)
            if clean == path or not clean:
                return await handler(request)
            request.path_params["path"] = clean
            return await redirect(request)

        return handle

    files = "/api/contents/{path:path}"
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    both = [
        Route(path, handler, methods=[method])
        for path, handler, method in (
            (f"{files}/checkpoints", door.list_checkpoints, "GET"),
            (f"{files}/checkpoints", door.make_checkpoint, "POST"),
            (f"{files}/checkpoints/{{checkpoint}}", door.restore_checkpoint, "POST"),
            (f"{files}/checkpoints/{{checkpoint}}", door.delete_checkpoint, "DELETE"),
            (f"{files}/trust", door.trust, "POST"),
        )
    ]
    for path in ("/api/contents", files):
        both += [
            Route(path, tidy(door.get), methods=["GET"]),
            Route(path, tidy(door.post), methods=["POST"]),
            Route(path, tidy(door.put), methods=["PUT"]),
            Route(path, door.patch, methods=["PATCH"]),
            Route(path, door.delete, methods=["DELETE"]),
        ]
    return [
        *both,
        Route("/api/notebooks", redirect, methods=every),
        Route("/api/notebooks/{path:path}", redirect, methods=every),
    ]


def _flag(request: Request, name: str, default: str) -> bool:
    text = request.query_params.get(name, default)
    if text not in ("0", "1"):
        raise BadRequest(f"{name.capitalize()} {text!r} is invalid")
    return text == "1"


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a string")
    return value


def _bytes_of(body: Mapping[str, Any]) -> bytes:
    content = body.get("content")
    match body.get("format"):
        case "text" if isinstance(content, str):
            return content.encode()
        case "base64" if isinstance(content, str):
            try:
                return base64.b64decode(content)
            except (binascii.Error, ValueError) as error:
                raise BadRequest(f"The content is no base64: {error}") from error
        case "text" | "base64":
            raise BadRequest("The content must be a string")
        case _:
            raise BadRequest("Must specify format of file contents as 'text' or 'base64'")


def _empty_notebook() -> bytes:
    new = codec.empty()
    return codec.write(new.notebook, new.frame)


def _checkpoint(one: Checkpoint) -> dict[str, str]:
    return {"id": one.id, "last_modified": models.timestamp(round(one.at * 1_000_000) * 1000)}


def _json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), status, headers, "application/json")


async def _answer(
    found: Model, stat: Stat | None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A model, with when it was changed and which version it is."""
    all_headers = dict(headers or {})
    if stat is not None:
        all_headers |= {"Last-Modified": models.http_date(stat.modified_ns), "ETag": models.etag(stat)}
    is_large = found.content is not None and (found.size or 0) > PIECE
    body = await anyio.to_thread.run_sync(msgspec.json.encode, found) if is_large else msgspec.json.encode(found)
    return Response(body, status, all_headers, "application/json")
