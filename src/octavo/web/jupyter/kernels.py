"""`/api/kernels`, `/api/kernelspecs`, `/kernelspecs/NAME/FILE`: Jupyter's words for what the sessions own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import quote

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from octavo.errors import Invalid, NotFound
from octavo.ids import ProcessId
from octavo.kernels import specs
from octavo.session.kernel import LiveKernel
from octavo.session.sessions import Sessions
from octavo.web.errors import json_error

T = TypeVar("T")

LOGOS = {"logo-64x64": "logo-64x64.png", "logo-32x32": "logo-32x32.png", "logo-svg": "logo-svg.svg"}


class KernelModel(msgspec.Struct):
    id: str
    name: str
    last_activity: str
    execution_state: str
    connections: int


class NewKernel(msgspec.Struct):
    name: str | None = None
    path: str | None = None
    kernel_id: str | None = None


def timestamp(seconds: float) -> str:
    """Jupyter's form, with microseconds and a literal Z: some clients parse nothing else."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def model(kernel: LiveKernel) -> KernelModel:
    return KernelModel(
        id=kernel.process,
        name=kernel.name,
        last_activity=timestamp(kernel.last_activity),
        execution_state=kernel.execution_state,
        connections=len(kernel.readers.there),
    )


def json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), status, headers, "application/json")


async def body_of(request: Request, kind: type[T], default: T | None = None) -> T:
    """The JSON body as `kind`; an empty body is `default`, as Jupyter's clients send it. Raises `Invalid`."""
    body = await request.body()
    if not body and default is not None:
        return default
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Invalid(f"Invalid JSON in body of request: {error}") from error


def resource_path(spec: specs.KernelSpec, name: str) -> Path | None:
    """A file of the kernelspec's own folder; its name is no path."""
    if spec.resource_dir is None or PurePosixPath(name).name != name or name.startswith("."):
        return None
    path = Path(spec.resource_dir) / name
    return path if path.is_file() else None


def spec_model(spec: specs.KernelSpec, base_url: str) -> dict[str, object]:
    resources = {}
    for key, file in LOGOS.items():
        if resource_path(spec, file) is not None:
            resources[key] = f"{base_url}kernelspecs/{quote(spec.name)}/{file}"
    return {
        "name": spec.name,
        "spec": {
            "argv": spec.argv,
            "env": spec.env,
            "display_name": spec.display_name,
            "language": spec.language,
            "interrupt_mode": spec.interrupt_mode,
            "metadata": spec.metadata,
        },
        "resources": resources,
    }


def routes(sessions: Sessions, *, default: str, base_url: str) -> Sequence[BaseRoute]:
    kernels = sessions.kernels

    async def list_kernels(request: Request) -> Response:
        return json([model(k) for k in kernels.live.values() if k.execution_state != "dead"])

    async def create(request: Request) -> Response:
        wanted = await body_of(request, NewKernel, NewKernel())
        kernel = await sessions.start_kernel(
            wanted.name or default,
            path=wanted.path,
            process=ProcessId(wanted.kernel_id) if wanted.kernel_id else None,
        )
        return json(model(kernel), 201, {"Location": f"{base_url}api/kernels/{kernel.process}"})

    def named(request: Request) -> LiveKernel:
        return kernels.get(ProcessId(request.path_params["kernel"]))

    async def one(request: Request) -> Response:
        return json(model(named(request)))

    async def delete(request: Request) -> Response:
        await sessions.stop_kernel(named(request))
        return Response(status_code=204)

    async def interrupt(request: Request) -> Response:
        await named(request).interrupt()
        return Response(status_code=204)

    async def restart(request: Request) -> Response:
        kernel = named(request)
        await sessions.restart_kernel(kernel)
        return json(model(kernel))

    async def list_specs(request: Request) -> Response:
        found = await anyio.to_thread.run_sync(kernels.catalogue.specs)
        return json({"default": default, "kernelspecs": {n: spec_model(s, base_url) for n, s in found.items()}})

    async def one_spec(request: Request) -> Response:
        name = request.path_params["name"]
        found = await anyio.to_thread.run_sync(kernels.catalogue.specs)
        for key, spec in found.items():
            if key.lower() == name.lower():
                return json(spec_model(spec, base_url))
        return json_error(404, f"Kernel spec {name} not found")

    async def resource(request: Request) -> Response:
        spec = await anyio.to_thread.run_sync(kernels.catalogue.find, request.path_params["name"])
        path = resource_path(spec, request.path_params["file"])
        if path is None:
            raise NotFound(f"The kernelspec {spec.name} has no such file.")
        return FileResponse(path)

    return [
        Route("/api/kernels", list_kernels, methods=["GET"]),
        Route("/api/kernels", create, methods=["POST"]),
        Route("/api/kernels/{kernel}", one, methods=["GET"]),
        Route("/api/kernels/{kernel}", delete, methods=["DELETE"]),
        Route("/api/kernels/{kernel}/interrupt", interrupt, methods=["POST"]),
        Route("/api/kernels/{kernel}/restart", restart, methods=["POST"]),
        Route("/api/kernelspecs", list_specs, methods=["GET"]),
        Route("/api/kernelspecs/{name}", one_spec, methods=["GET"]),
        Route("/kernelspecs/{name}/{file}", resource, methods=["GET"]),
    ]
