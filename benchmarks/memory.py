"""Memory of web process, kernel host and kernels: idle, with ten notebooks open, with one and with six kernels.

Resident (RSS) is what people see in their process lists; the proportional share (PSS) counts what processes share once, so only it may be
added up. Medians of several fresh starts.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import anyio
import httpx
import peers
from clients import Channels
from page import Page
from rows import JUPYTER, NOTEBOOK, OCTAVO, Row, median

SETTLE = 3.0
BOOKS, CELLS, SIZE = 10, 100, 30_000
Figures = dict[str, float]


def measure(options: Any) -> list[Row]:
    rounds = 1 if options.quick else 3
    found: dict[str, list[Figures]] = {OCTAVO: [], JUPYTER: [], NOTEBOOK: []}
    for _ in range(rounds):
        with prepared() as home, peers.octavo(home) as server:
            found[OCTAVO].append(anyio.run(of_octavo, server))
        with prepared() as home, peers.jupyter("server", home) as server:
            found[JUPYTER].append(anyio.run(of_jupyter, server, True))
        with prepared() as home, peers.jupyter("notebook", home) as server:
            found[NOTEBOOK].append(anyio.run(of_jupyter, server, False))

    def row(what: str, name: str, *, most: float | None = None, against: str = JUPYTER) -> Row:
        values = {who: median([f[name] for f in figures]) for who, figures in found.items() if name in figures[0]}
        return Row(what, "MB", values, against, most=most)

    return [
        row("web process, idle, RSS", "rss", most=48),
        row("web process and host, idle, PSS", "pss", most=54),
        row("kernel host, idle, RSS", "host", most=16),
        row("kernel host, six kernels, RSS", "host six", most=16),
        row("ten notebooks open, growth in PSS", "ten", most=10),
        row("all, with one kernel, PSS", "one", most=100),
        row("all, with six kernels, PSS", "six", most=190),
    ]


@contextlib.contextmanager
def prepared() -> Any:
    """A home with eleven notebooks: `small`, and `0` … `9` of a hundred cells."""
    with peers.home() as home:
        notes = home / "notes"
        (notes / "small.ipynb").write_bytes(peers.notebook(["7"] * 5))
        for n in range(BOOKS):
            (notes / f"{n}.ipynb").write_bytes(peers.notebook(peers.sources(CELLS, SIZE)))
        yield home


async def of_octavo(server: peers.Server) -> Figures:
    host, web = server.host(), server.process.pid
    async with httpx.AsyncClient(base_url=server.url, headers=server.headers, timeout=60, trust_env=False) as http:
        (await http.get("n/small.ipynb")).raise_for_status()
        async with Page.open(server.url, server.token, "small.ipynb"):
            pass
        await anyio.sleep(SETTLE)
        idle = {"rss": peers.memory(web)["Rss"], "host": peers.memory(host)["Rss"], "pss": share([web, host])}
        async with contextlib.AsyncExitStack() as pages:
            for n in range(BOOKS):
                await pages.enter_async_context(Page.open(server.url, server.token, f"{n}.ipynb"))
            await anyio.sleep(SETTLE)
            ten = share([web, host]) - idle["pss"]
        kernels = await with_kernels(server, http)
        return {**idle, "ten": ten, **kernels, "host six": peers.memory(host)["Rss"]}


async def of_jupyter(server: peers.Server, kernels: bool) -> Figures:
    web = server.process.pid
    async with httpx.AsyncClient(base_url=server.url, headers=server.headers, timeout=60, trust_env=False) as http:
        (await http.get("api/contents/small.ipynb")).raise_for_status()
        await anyio.sleep(SETTLE)
        idle = {"rss": peers.memory(web)["Rss"], "pss": share([web])}
        if not kernels:
            return idle
        for n in range(BOOKS):
            (await http.get(f"api/contents/{n}.ipynb")).raise_for_status()
        await anyio.sleep(SETTLE)
        ten = share([web]) - idle["pss"]
        return {**idle, "ten": ten, **await with_kernels(server, http)}


async def with_kernels(server: peers.Server, http: httpx.AsyncClient) -> Figures:
    """The notebooks that were opened before are open still: what they took is part of it."""
    figures = {}
    for new, name in ((1, "one"), (5, "six")):
        for _ in range(new):
            kernel = (await http.post("api/kernels", json={"name": "python3"})).json()["id"]
            async with Channels.open(server, kernel) as channels:
                await channels.run("import json\njson.dumps([1])")
        await anyio.sleep(SETTLE)
        figures[name] = share(server.everything())
    return figures


def share(pids: Sequence[int]) -> float:
    return sum(peers.memory(pid)["Pss"] for pid in pids)
