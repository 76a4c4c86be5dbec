"""50,000 printed lines: how many arrive, in which order, and how long it takes beside bare ZeroMQ. Flushed one by one, and as Python likes.

Octavo's page shows head and tail of a long text; the whole of it is fetched, as "show all" does, and is what is counted.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import anyio
import httpx
import peers
from clients import Bare, Channels, clock
from latency import new_kernel
from page import Page
from rows import BARE, JUPYTER, OCTAVO, Row, median

LINES = 50_000
CODES = {
    "flushed": f"for i in range({LINES}): print('line', i, flush=True)",
    "unflushed": f"for i in range({LINES}): print('line', i)",
}
EXPECTED = [f"line {n}" for n in range(LINES)]


class Flood(NamedTuple):
    seconds: float
    delivered: float
    in_order: bool


def measure(options: Any) -> list[Row]:
    rounds = 1 if options.quick else 3
    rows = []
    for name, code in CODES.items():
        found: dict[str, list[Flood]] = {BARE: [], "page": [], "channels": [], JUPYTER: []}
        for _ in range(rounds):
            with Bare.start() as bare:
                bare.run("7")
                text: list[str] = []
                began = clock()
                bare.run(code, text)
                found[BARE].append(judged(bare.heard - began, "".join(text)))
            with peers.home() as home, peers.octavo(home) as server:
                (home / "notes" / "a.ipynb").write_bytes(peers.notebook([code, "7"]))
                found["page"].append(anyio.run(by_page, server))
                found["channels"].append(anyio.run(by_channels, server, code))
            with peers.home() as home, peers.jupyter("server", home) as server:
                found[JUPYTER].append(anyio.run(by_channels, server, code))
        rows += rows_of(name, found)
    return rows


def rows_of(name: str, found: dict[str, list[Flood]]) -> list[Row]:
    seconds = {way: median([flood.seconds for flood in floods]) for way, floods in found.items()}
    share = {way: min(flood.delivered for flood in floods) for way, floods in found.items()}
    rows = []
    for way, path in (("page", "by the page's path"), ("channels", "by the kernel WebSocket")):
        what = f"{LINES:,} lines {name}, {path}"
        others = {JUPYTER: seconds[JUPYTER], BARE: seconds[BARE]}
        rows.append(Row(f"{what}, time", "s", {OCTAVO: seconds[way], **others}, BARE, most_ratio=1.5))
        whole = share[way] if all(flood.in_order for flood in found[way]) else 0.0
        others = {JUPYTER: share[JUPYTER], BARE: share[BARE]}
        rows.append(Row(f"{what}, delivered in order", "%", {OCTAVO: whole, **others}, least=100))
    return rows


def judged(seconds: float, text: str) -> Flood:
    lines = [line for line in text.splitlines() if line.startswith("line ")]
    return Flood(seconds, 100 * len(set(lines) & set(EXPECTED)) / LINES, in_order(lines))


def in_order(lines: Sequence[str]) -> bool:
    numbers = [int(line[5:]) for line in lines if line[5:].isdigit()]
    return numbers == sorted(set(numbers))


async def by_page(server: peers.Server) -> Flood:
    async with Page.open(server.url, server.token, "a.ipynb") as page:
        flood, warm = page.order()
        await page.run(warm)
        await page.finished(warm)
        began = clock()
        await page.run(flood)
        await page.finished(flood, 300)
        seconds = clock() - began
        run = page.cells[flood]["run"]["id"]
        async with httpx.AsyncClient(base_url=server.url, headers=server.headers, timeout=60, trust_env=False) as http:
            text = (await http.get(f"api/octavo/outputs/{page.welcome['document']}/{run}/0")).text
        return judged(seconds, text)


async def by_channels(server: peers.Server, code: str) -> Flood:
    async with Channels.open(server, await new_kernel(server)) as channels:
        await channels.run("7")
        text: list[str] = []
        began = clock()
        await channels.run(code, text)
        return judged(channels.heard - began, "".join(text))
