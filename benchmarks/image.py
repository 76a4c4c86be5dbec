"""Kernels from a warm image, beside jupyter_server's: how soon one is ready, what each costs, whether fifty at once all come.

Ready: from POST /api/kernels to the first reply of kernel_info over the kernel's WebSocket, the client's connect included. The servers take
turns; the first kernel of each start is not counted among the warm ones.
"""

from typing import Any

import anyio
import httpx
import peers
from clients import Channels, clock
from rows import JUPYTER, OCTAVO, Row, median

FIFTY = 50
SETTLE = 2.0
SPARE = "Octavo, spare"
Figures = dict[str, list[float]]


def measure(options: Any) -> list[Row]:
    rounds, each = (2, 4) if options.quick else (4, 8)
    first: Figures = {OCTAVO: [], JUPYTER: []}
    warm: Figures = {OCTAVO: [], JUPYTER: [], SPARE: []}
    again: Figures = {OCTAVO: [], JUPYTER: [], SPARE: []}
    memory: Figures = {"further": [], "one": [], "six": []}
    with peers.home() as ours, peers.home() as theirs, peers.home() as spared:
        for _ in range(rounds):
            with (
                peers.octavo(ours) as octavo,
                peers.jupyter("server", theirs) as jupyter,
                peers.octavo(spared, OCTAVO_KERNELS__SPARE="true") as with_spare,
            ):
                anyio.run(turns, {OCTAVO: octavo, JUPYTER: jupyter, SPARE: with_spare}, each, first, warm, again)
            with peers.octavo(ours) as octavo:
                anyio.run(shares, octavo, memory)
        with peers.octavo(ours) as octavo:
            fifty = [anyio.run(at_once, octavo) for _ in range(1 if options.quick else 20)]
    return [
        Row("first kernel of an environment, ready", "s", medians(first), JUPYTER),
        Row("kernel ready, from POST to kernel_info", "s", without(medians(warm)), JUPYTER, most_ratio=1 / 6),
        Row("the same with a spare fork", "s", swapped(medians(warm)), JUPYTER, most_ratio=1 / 10),
        Row("restart, from POST to kernel_info", "s", without(medians(again)), JUPYTER, most_ratio=1 / 6),
        Row("the same with a spare fork", "s", swapped(medians(again)), JUPYTER, most_ratio=1 / 10),
        Row("further Python kernel, private memory", "MB", {OCTAVO: median(memory["further"])}, most=18),
        Row("web, host, image and one kernel, PSS", "MB", {OCTAVO: median(memory["one"])}, most=100),
        Row("the same with six kernels", "MB", {OCTAVO: median(memory["six"])}, most=190),
        Row("fifty kernels at once: fewest that came", "", {OCTAVO: min(came for came, _ in fifty)}, least=50),
        Row("fifty kernels at once: until all answer", "s", {OCTAVO: median([seconds for _, seconds in fifty])}),
    ]


def medians(figures: Figures) -> dict[str, float]:
    return {name: median(values) for name, values in figures.items() if values}


def without(values: dict[str, float]) -> dict[str, float]:
    return {OCTAVO: values[OCTAVO], JUPYTER: values[JUPYTER]}


def swapped(values: dict[str, float]) -> dict[str, float]:
    """The figure with a spare in Octavo's place."""
    return {OCTAVO: values[SPARE], JUPYTER: values[JUPYTER]}


async def turns(servers: dict[str, peers.Server], each: int, first: Figures, warm: Figures, again: Figures) -> None:
    for turn in range(each + 1):
        for name, server in servers.items():
            async with httpx.AsyncClient(
                base_url=server.url, headers=server.headers, timeout=60, trust_env=False
            ) as http:
                await http.get("api/kernels")  # the connection is there
                began = clock()
                kernel = (await http.post("api/kernels", json={"name": "python3"})).json()["id"]
                await answered(server, kernel)
                seconds = clock() - began
                if turn:
                    warm[name].append(seconds)
                elif name in first:
                    first[name].append(seconds)
                await anyio.sleep(
                    SETTLE
                )  # a spare is made meanwhile, and whatever a start leaves to be done later is done
                began = clock()
                await http.post(f"api/kernels/{kernel}/restart")
                await answered(server, kernel)
                if turn:
                    again[name].append(clock() - began)
                await http.delete(f"api/kernels/{kernel}")
                await anyio.sleep(SETTLE)


async def answered(server: peers.Server, kernel: str) -> None:
    async with Channels.open(server, kernel) as channels:
        await channels.kernel_info()


async def shares(server: peers.Server, memory: Figures) -> None:
    """Of web process, host, image and kernels, each kernel having run a cell."""
    async with httpx.AsyncClient(base_url=server.url, headers=server.headers, timeout=60, trust_env=False) as http:
        for count in range(1, 7):
            kernel = (await http.post("api/kernels", json={"name": "python3"})).json()["id"]
            async with Channels.open(server, kernel) as channels:
                await channels.run("import json\njson.dumps([1])")
            await anyio.sleep(SETTLE)
            if count in (1, 6):
                pss = sum(peers.memory(pid)["Pss"] for pid in server.everything())
                memory["one" if count == 1 else "six"].append(pss)
        kernels = [pid for pid in server.everything() if "launcher.py" in peers.command_of(pid)]
        private = [peers.memory(pid) for pid in kernels[1:]]
        memory["further"] += [found["Private_Clean"] + found["Private_Dirty"] for found in private]


async def at_once(server: peers.Server) -> tuple[int, float]:
    """Fifty kernels asked for in one moment: how many answered, and when the last did."""
    came: list[str] = []

    async def one() -> None:
        kernel = (await http.post("api/kernels", json={"name": "python3"})).json()["id"]
        with anyio.move_on_after(120):
            await answered(server, kernel)
            came.append(kernel)

    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(
        base_url=server.url, headers=server.headers, timeout=120, trust_env=False, limits=limits
    ) as http:
        began = clock()
        async with anyio.create_task_group() as tasks:
            for _ in range(FIFTY):
                tasks.start_soon(one)
        seconds = clock() - began
        for kernel in came:
            await http.delete(f"api/kernels/{kernel}")
    return len(came), seconds
