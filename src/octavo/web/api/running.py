"""`/api/octavo/running`: everything that runs and what it costs, for the page and for Files; stopping what is idle, and what is no kernel.

Kernels are stopped, restarted and interrupted by Jupyter's routes.
"""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from octavo.errors import NotFound, OctavoError
from octavo.ids import Incarnation, ProcessId
from octavo.kernels.costs import Costs, Machine, OwnCost, TreeCost, own_cost
from octavo.session import overview
from octavo.session.sessions import Sessions
from octavo.web.jupyter.kernels import body_of, json


class Image(msgspec.Struct):
    """A warm image: its share of memory, and how many kernels are forked from it."""

    python: str
    kernels: int
    memory: int


class Running(msgspec.Struct):
    """`measured` false: the host does not say what things cost. `sum`: memory of all that is listed, each page of it counted once."""

    rows: list[overview.Row]
    measured: bool
    machine: Machine | None
    tight: bool
    short: bool
    web: OwnCost
    host: OwnCost | None
    images: list[Image]
    spare: TreeCost | None
    sum: int
    at: float | None


class Which(msgspec.Struct):
    """Processes that a person was shown as idle; those that are no longer are left alone."""

    processes: list[str]


class Stopped(msgspec.Struct):
    processes: list[str]
    freed: int


async def everything(sessions: Sessions) -> Running:
    watching = sessions.kernels.costs
    costs = await watching.now()
    rows = await overview.rows(sessions)
    images = await _images(sessions, costs)
    web, host, spare = own_cost(), costs.own if costs else None, costs.of_spare if costs else None
    together = sum(row.memory for row in rows) + sum(image.memory for image in images) + web.memory
    together += (host.memory if host else 0) + (spare.memory if spare else 0)
    return Running(
        rows=rows,
        measured=costs is not None,
        machine=costs.machine if costs else None,
        tight=watching.tight,
        short=watching.short,
        web=web,
        host=host,
        images=images,
        spare=spare,
        sum=together,
        at=costs.at if costs else None,
    )


async def _images(sessions: Sessions, costs: Costs | None) -> list[Image]:
    if costs is None:
        return []
    try:
        found = await (await sessions.kernels.host()).images()
    except OctavoError:
        return []
    trees = [(image, costs.of_image(image.pid)) for image in found]
    return [Image(image.python, image.kernels, cost.memory) for image, cost in trees if cost is not None]


def routes(sessions: Sessions) -> Sequence[BaseRoute]:
    async def show(request: Request) -> Response:
        return json(await everything(sessions))

    async def stop_idle(request: Request) -> Response:
        which = await body_of(request, Which)
        before = sessions.kernels.costs.spent
        incarnations = {kernel.process: kernel.incarnation for kernel in sessions.kernels.live.values()}
        stopped = await sessions.culling.stop([ProcessId(p) for p in which.processes], why="stopped")
        freed = sum(before[incarnations[p]].now.private for p in stopped if incarnations[p] in before)
        return json(Stopped(list(stopped), freed))

    async def stop_one(request: Request) -> Response:
        """What is no kernel: a program, a terminal."""
        host = await sessions.kernels.host()
        for info in await host.processes():
            if info.process == request.path_params["process"] and info.kind != "kernel" and info.state != "ended":
                await host.stop(Incarnation(info.incarnation))
                return Response(status_code=204)
        raise NotFound("It has ended.")

    return [
        Route("/api/octavo/running", show, methods=["GET"]),
        Route("/api/octavo/running/stop-idle", stop_idle, methods=["POST"]),
        Route("/api/octavo/running/{process}", stop_one, methods=["DELETE"]),
    ]
