"""`/api/sessions`: Jupyter's session joins a path to a kernel. Ours is derived: a notebook's from its live session, others are kept here.

The word is Jupyter's and stands in this file alone; everywhere else a session is a live notebook.
"""

import uuid
from collections.abc import Sequence
from pathlib import PurePosixPath

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from octavo.errors import Invalid, NotFound
from octavo.ids import ProcessId
from octavo.session.kernel import LiveKernel
from octavo.session.session import Place
from octavo.session.sessions import Sessions
from octavo.web.errors import json_error
from octavo.web.jupyter.kernels import KernelModel, body_of, json, model


class Record(msgspec.Struct):
    """One of Jupyter's sessions."""

    id: str
    path: str
    name: str
    type: str
    process: ProcessId


class KernelWish(msgspec.Struct):
    name: str | None = None
    id: str | None = None


class Wish(msgspec.Struct):
    """Body of POST and PATCH. `notebook`: the form of old clients."""

    path: str | None = None
    name: str | None = None
    type: str | None = None
    kernel: KernelWish | None = None
    notebook: dict[str, str] | None = None


class SessionModel(msgspec.Struct, omit_defaults=True):
    id: str
    path: str
    name: str
    type: str
    kernel: KernelModel
    notebook: dict[str, str] | None = None


def id_of(process: ProcessId) -> str:
    """The id of the session that a live notebook has: the same as long as its kernel's id."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"octavo:{process}"))


def record_of(place: Place, process: ProcessId) -> Record:
    """A notebook's, or a prompt's: to Jupyter that is a console."""
    if place.prompt:
        return Record(id_of(process), f"repl/{place.prompt}", place.prompt, "console", process)
    return Record(id_of(process), place.path, PurePosixPath(place.path).name, "notebook", process)


class JupyterSessions:
    def __init__(self, sessions: Sessions, default: str, base_url: str) -> None:
        self.sessions, self.default, self.base_url = sessions, default, base_url
        self.records: dict[str, Record] = {}

    def all(self) -> list[Record]:
        """Live notebooks with a kernel, then what Jupyter's clients registered; those of ended kernels are gone."""
        alive = {p for p, k in self.sessions.kernels.live.items() if k.execution_state != "dead"}
        self.records = {i: r for i, r in self.records.items() if r.process in alive}
        found = {id_of(p): record_of(place, p) for place, p in self.sessions.with_kernels()}
        owned = {r.process for r in found.values()}
        return [*found.values(), *(r for r in self.records.values() if r.process not in owned)]

    def model(self, record: Record) -> SessionModel:
        kernel = model(self.sessions.kernels.get(record.process))
        notebook = {"path": record.path, "name": record.name} if record.type == "notebook" else None
        return SessionModel(record.id, record.path, record.name, record.type, kernel, notebook)

    def find(self, session: str) -> Record:
        for record in self.all():
            if record.id == session:
                return record
        raise NotFound(f"Session not found: session_id='{session}'")

    async def list(self, request: Request) -> Response:
        return json([self.model(record) for record in self.all()])

    async def one(self, request: Request) -> Response:
        return json(self.model(self.find(request.path_params["session"])))

    async def create(self, request: Request) -> Response:
        wish = await body_of(request, Wish, Wish())
        if wish.notebook is not None and wish.path is None:
            wish.path, wish.type = wish.notebook.get("path"), "notebook"
        if wish.path is None:
            raise Invalid("Missing field in JSON data: path")
        if wish.type is None:
            raise Invalid("Missing field in JSON data: type")
        record = next((r for r in self.all() if r.path == wish.path), None)
        if record is None:
            kernel = await self.kernel_for(wish.path, wish.type, wish.kernel or KernelWish())
            record = next((r for r in self.all() if r.process == kernel.process), None)
            if record is None:
                name = wish.name or PurePosixPath(wish.path).name
                record = Record(str(uuid.uuid4()), wish.path, name, wish.type, kernel.process)
                self.records[record.id] = record
        return json(self.model(record), 201, {"Location": f"{self.base_url}api/sessions/{record.id}"})

    async def kernel_for(self, path: str, kind: str, wish: KernelWish) -> LiveKernel:
        if wish.id is not None and ProcessId(wish.id) in self.sessions.kernels.live:
            return self.sessions.kernels.get(ProcessId(wish.id))
        process = ProcessId(wish.id) if wish.id else None
        if kind == "notebook":
            return await self.sessions.start_notebook_kernel(path, wish.name, process)
        return await self.sessions.start_kernel(wish.name or self.default, path=path, process=process)

    async def change(self, request: Request) -> Response:
        record = self.find(request.path_params["session"])
        wish = await body_of(request, Wish, Wish())
        if wish.kernel is not None and wish.kernel.id is not None:
            if ProcessId(wish.kernel.id) not in self.sessions.kernels.live:
                return json_error(400, f"No such kernel: {wish.kernel.id}")
            record.process = ProcessId(wish.kernel.id)
        elif wish.kernel is not None and wish.kernel.name is not None:
            old = self.sessions.kernels.get(record.process)
            if old.owner is not None:
                kernel = await self.sessions.change_kernel(old, wish.kernel.name)
            else:
                kernel = await self.sessions.start_kernel(wish.kernel.name, path=record.path, process=None)
                await self.sessions.stop_kernel(old)
            record.process = kernel.process
        record.path = wish.path if wish.path is not None else record.path
        record.name = wish.name if wish.name is not None else record.name
        record.type = wish.type if wish.type is not None else record.type
        if self.sessions.kernels.get(record.process).owner is None:
            self.records[record.id] = record
        return json(self.model(record))

    async def delete(self, request: Request) -> Response:
        record = self.find(request.path_params["session"])
        self.records.pop(record.id, None)
        await self.sessions.stop_kernel(self.sessions.kernels.get(record.process))
        return Response(status_code=204)


def routes(sessions: Sessions, *, default: str, base_url: str) -> Sequence[BaseRoute]:
    door = JupyterSessions(sessions, default, base_url)
    return [
        Route("/api/sessions", door.list, methods=["GET"]),
        Route("/api/sessions", door.create, methods=["POST"]),
        Route("/api/sessions/{session}", door.one, methods=["GET"]),
        Route("/api/sessions/{session}", door.change, methods=["PATCH"]),
        Route("/api/sessions/{session}", door.delete, methods=["DELETE"]),
    ]
