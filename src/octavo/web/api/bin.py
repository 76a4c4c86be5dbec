"""`/api/octavo/bin`: what was deleted, put back or gone for good."""

import logging
from collections.abc import Sequence

import anyio
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from octavo.errors import OctavoError
from octavo.files import bin
from octavo.files.ports import Binned
from octavo.web.jupyter import models
from octavo.web.jupyter.filing import Filing

log = logging.getLogger(__name__)

PURGE_EVERY = 3600.0


class Entry(msgspec.Struct):
    id: str
    name: str
    path: str
    type: str
    size: int
    deleted: str


class Restored(msgspec.Struct):
    """Where it is now: under another name where its own was taken."""

    path: str


def entry(row: Binned) -> Entry:
    name = row.path.rpartition("/")[2]
    kind = "directory" if row.folder else "notebook" if name.endswith(".ipynb") else "file"
    return Entry(row.id, name, row.path, kind, row.size, models.timestamp(round(row.at * 1_000_000) * 1000))


def routes(filing: Filing) -> Sequence[BaseRoute]:
    async def everything(request: Request) -> Response:
        return _json([entry(row) for row in await filing.bin.list()])

    async def restore(request: Request) -> Response:
        id = request.path_params["id"]
        path = await filing.bin.restore(id)
        await filing.checkpoints.move(bin.path_of(id), path)
        await filing.documents.restored(id, path)
        return _json(Restored(path))

    async def remove(request: Request) -> Response:
        id = request.path_params["id"]
        await filing.bin.remove(id)
        await forget(filing, id)
        return Response(status_code=204)

    return [
        Route("/api/octavo/bin", everything, methods=["GET"]),
        Route("/api/octavo/bin/{id}/restore", restore, methods=["POST"]),
        Route("/api/octavo/bin/{id}", remove, methods=["DELETE"]),
    ]


async def forget(filing: Filing, id: str) -> None:
    """What was kept for something that is gone for good goes too."""
    await filing.checkpoints.forget(bin.path_of(id))
    await filing.documents.purged(id)


async def tend(filing: Filing) -> None:
    """For ever: empty the bin of what is too old or too much, now and every hour."""
    while True:
        try:
            for id in await filing.bin.purge():
                await forget(filing, id)
        except OctavoError as error:
            log.warning("The bin could not be emptied of what is too old: %s", error.message)
        await anyio.sleep(PURGE_EVERY)


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), 200, None, "application/json")
