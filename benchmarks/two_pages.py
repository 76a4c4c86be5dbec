"""How soon one page has what another did: a letter typed, a cursor moved, a cell run with its output (issue 3, bar 5: within 200 ms).

Two pages without a browser on one notebook of a real server, over loopback; by itself: .venv/bin/python benchmarks/two_pages.py
"""

import sys
import time
from pathlib import Path
from typing import Any

import anyio

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests" / "live")]

from rows import OCTAVO, Row, median, percentile  # noqa: E402
from served import Desk, Served  # noqa: E402

from octavo.document.frames import FrameKind, encode  # noqa: E402
from octavo.document.vector import varint  # noqa: E402

PAUSE = 0.03
WITHIN = 200.0


def measure(options: Any) -> list[Row]:
    with Served.start() as server:
        return anyio.run(_measure, Desk(server, "two"), 30 if options.quick else 200)


async def _measure(desk: Desk, rounds: int) -> list[Row]:
    times: dict[str, list[float]] = {"a letter": [], "a cursor": [], "a run's output": []}
    async with desk.opened("", "print x") as one, desk.page() as two:

        async def letter(n: int) -> None:
            await one.type("a", "x")
            await two.until(lambda: len(two.source("a")) > n)

        async def cursor(n: int) -> None:
            state = f'{{"at":{n}}}'.encode()
            body = bytes([1]) + varint(one.client) + varint(n + 1) + varint(len(state)) + state
            assert one.socket is not None
            await one.socket.send(encode(FrameKind.AWARENESS, body, client=one.client))
            await two.until(lambda: two.awareness and state in two.awareness[-1])

        async def run(n: int) -> None:
            name = await one.command("runCells", cells=["b"], edit=one.edits)
            await two.until(lambda: two.cells.get("b", {}).get("run", {}).get("id") == name and two.text("b") == "x\n")

        await run(0)
        for n in range(rounds):
            for what, do in zip(times, (letter, cursor, run), strict=True):
                began = time.perf_counter()
                await do(n)
                times[what].append((time.perf_counter() - began) * 1000)
                await anyio.sleep(PAUSE)
    rows = []
    for what, values in times.items():
        rows.append(Row(f"{what} of the other page, median", "ms", {OCTAVO: median(values)}))
        rows.append(Row(f"{what} of the other page, p99", "ms", {OCTAVO: percentile(values, 0.99)}, most=WITHIN))
    return rows


if __name__ == "__main__":
    from table import Options, text

    print(text(measure(Options(quick="--quick" in sys.argv, more=False))))
