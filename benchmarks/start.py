"""From the start of the process to its first answer, and from asking for a kernel to what it says; alternating, medians."""

from typing import Any

import anyio
import httpx
import peers
from clients import Channels, clock
from rows import JUPYTER, NOTEBOOK, OCTAVO, Row, median


def measure(options: Any) -> list[Row]:
    rounds = 3 if options.quick else 7
    starts: dict[str, list[float]] = {OCTAVO: [], JUPYTER: [], NOTEBOOK: []}
    ready: dict[str, list[float]] = {OCTAVO: [], JUPYTER: []}
    with peers.home() as ours, peers.home() as theirs:
        for turn in range(rounds + 1):
            with peers.octavo(ours) as server:
                took = server.seconds, kernel_ready(server) if turn % 2 else None
            keep(turn, starts[OCTAVO], ready[OCTAVO], *took)
            with peers.jupyter("server", theirs) as server:
                took = server.seconds, kernel_ready(server) if turn % 2 else None
            keep(turn, starts[JUPYTER], ready[JUPYTER], *took)
            with peers.jupyter("notebook", theirs) as server:
                keep(turn, starts[NOTEBOOK], [], server.seconds, None)
    return [
        Row("start to first answer", "s", {k: median(v) for k, v in starts.items()}, JUPYTER, most_ratio=1 / 3),
        Row("new kernel by REST, asked to answering", "s", {k: median(v) for k, v in ready.items()}, JUPYTER),
    ]


def keep(turn: int, starts: list[float], ready: list[float], seconds: float, kernel: float | None) -> None:
    """The first turn fills the file cache and does not count."""
    if turn:
        starts.append(seconds)
    if kernel is not None:
        ready.append(kernel)


def kernel_ready(server: peers.Server) -> float:
    async def once() -> float:
        async with httpx.AsyncClient(base_url=server.url, headers=server.headers, timeout=60, trust_env=False) as http:
            began = clock()
            kernel = (await http.post("api/kernels", json={"name": "python3"})).json()["id"]
            async with Channels.open(server, kernel) as channels:
                await channels.run("7")
                return clock() - began

    return anyio.run(once)
