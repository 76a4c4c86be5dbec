"""How long `7` takes, from the request to its reply, its result and idle: by the page's own path, by the kernel WebSocket, by bare ZeroMQ.

One run of each in turn, about 30 ms apart, so that whatever else the machine does meets all of them alike. By the page's path the cell's
text is on the server already (as when one presses Shift-Enter a second time); the run is journaled before it is submitted.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import peers
from clients import Bare, Channels, clock
from page import Page
from rows import BARE, JUPYTER, OCTAVO, Row, median, percentile

PAUSE = 0.03


def measure(options: Any) -> list[Row]:
    return anyio.run(_measure, 60 if options.quick else 400)


async def _measure(runs: int) -> list[Row]:
    with peers.home() as ours, peers.home() as theirs, Bare.start() as bare:
        (ours / "notes" / "a.ipynb").write_bytes(peers.notebook(["7"]))
        with peers.octavo(ours) as octavo, peers.jupyter("server", theirs) as jupyter:
            async with (
                Page.open(octavo.url, octavo.token, "a.ipynb") as page,
                Channels.open(octavo, await new_kernel(octavo)) as our_channels,
                Channels.open(jupyter, await new_kernel(jupyter)) as their_channels,
            ):
                cell = page.order()[0]

                async def by_page() -> None:
                    name = await page.command("runCells", cells=[cell], edit=page.edits)
                    await page.until(
                        lambda: page.cells.get(cell, {}).get("run", {}).get("id") == name and done(page, cell)
                    )

                async def by_zeromq() -> None:
                    bare.run("7")

                ways: dict[str, Callable[[], Awaitable[object]]] = {
                    BARE: by_zeromq,
                    "page": by_page,
                    "channels": lambda: our_channels.run("7"),
                    JUPYTER: lambda: their_channels.run("7"),
                }
                times = await alternate(ways, runs)
    at = {name: [median(values), percentile(values, 0.99)] for name, values in times.items()}
    rows = []
    for n, (figure, most) in enumerate([("median", 1.2), ("p99", 2.0)]):
        others = {JUPYTER: at[JUPYTER][n], BARE: at[BARE][n]}
        for way, name in (("page", "by the page's path"), ("channels", "by the kernel WebSocket")):
            rows.append(Row(f"`7`, {name}, {figure}", "ms", {OCTAVO: at[way][n], **others}, BARE, most_ratio=most))
    return rows


async def new_kernel(server: peers.Server) -> str:
    async with httpx.AsyncClient(base_url=server.url, headers=server.headers, timeout=60, trust_env=False) as http:
        return str((await http.post("api/kernels", json={"name": "python3"})).json()["id"])


def done(page: Page, cell: str) -> bool:
    return page.run_state(cell) == "ok" and bool(page.cells[cell].get("outputs"))


async def alternate(ways: dict[str, Callable[[], Awaitable[object]]], runs: int) -> dict[str, list[float]]:
    """Milliseconds by way. The first twenty of each warm the kernels up."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(runs + 20):
        random.shuffle(names)
        for name in names:
            await anyio.sleep(PAUSE)
            began = clock()
            await ways[name]()
            if turn >= 20:
                times[name].append((clock() - began) * 1e3)
    return times
