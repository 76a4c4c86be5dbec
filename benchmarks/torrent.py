"""200 MB of output from one kernel, printed or shown, with a page on it: the web process's memory, and typing in another notebook meanwhile.

    .venv/bin/python benchmarks/torrent.py [--megabytes 200] [--only lines|chunks|displays|pictures]

Issue 4: the web process takes at most 25 MB more than idle at its peak (VmHWM), and a letter is on the other page within 100 ms (p95).
Each kind on a server of its own; a program of its own. It exits 0 whatever it finds.
"""

import argparse
import sys
import time
from pathlib import Path

import anyio

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests" / "live")]

from page import Page  # noqa: E402
from rows import OCTAVO, Row, percentile  # noqa: E402
from served import Desk, Served  # noqa: E402

KINDS = {
    "lines": "for n in range({mb} * 10_000):\n    print(str(n).rjust(99, 'x'))",
    "chunks": "for n in range({mb}):\n    print('x' * 1_000_000)",
    "displays": "from IPython.display import HTML, display\nfor n in range({mb}):\n    display(HTML(f'<p>{{n}}' + 'x' * 1_000_000))",
    "pictures": (
        "import os, base64\nfrom IPython.display import display\nfor n in range({mb}):\n"
        "    display({{'image/png': base64.b64encode(os.urandom(750_000)).decode()}}, raw=True)"
    ),
}
MORE = 25.0
WITHIN = 100.0
PAUSE = 0.03
WARM = 30


def resident(pid: int, name: str = "VmRSS") -> float:
    """MB; `VmHWM` is the most that it ever was. To be read of any process, also of one that is not dumpable."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 1024


def measure(kind: str, megabytes: int) -> list[Row]:
    with Served.start() as server:
        return anyio.run(_measure, server, kind, megabytes)


async def _measure(server: Served, kind: str, megabytes: int) -> list[Row]:
    flooding, typing = Desk(server, "flooding"), Desk(server, "typing")
    flooding.put("7", KINDS[kind].format(mb=megabytes), kernel="python3")
    typing.put("")
    assert server.process is not None
    web, host = server.process.pid, server.host_pid()
    async with flooding.page() as flooded, typing.page() as one, typing.page() as two:
        await flooded.run("a")
        await flooded.finished("a")
        for _ in range(WARM):
            await letter(one, two)
        idle = resident(web)
        began = time.perf_counter()
        await flooded.run("b")
        letters: list[float] = []
        async with anyio.create_task_group() as tasks:

            async def finished() -> None:
                await flooded.finished("b", 600)
                tasks.cancel_scope.cancel()

            tasks.start_soon(finished)
            while True:
                letters.append(await letter(one, two))
                await anyio.sleep(PAUSE)
        seconds = time.perf_counter() - began
        await flooded.ask("save")
        saved = time.perf_counter() - began - seconds
        assert flooded.run_state("b") == "ok", flooded.cells["b"]
    what = f"{megabytes} MB of {kind}"
    return [
        Row(f"{what}, whole run", "s", {OCTAVO: seconds}),
        Row(f"{what}, until the file has it", "s", {OCTAVO: saved}),
        Row(
            f"{what}, web process over idle ({idle:.0f} MB), peak",
            "MB",
            {OCTAVO: resident(web, "VmHWM") - idle},
            most=MORE,
        ),
        Row(f"{what}, web process over idle, afterwards", "MB", {OCTAVO: resident(web) - idle}, most=MORE),
        Row(f"{what}, kernel host, peak", "MB", {OCTAVO: resident(host, "VmHWM")}),
        Row(
            f"{what}, a letter on another notebook's other page, p95 of {len(letters)}",
            "ms",
            {OCTAVO: percentile(letters, 0.95)},
            most=WITHIN,
        ),
        Row(f"{what}, the slowest letter", "ms", {OCTAVO: max(letters)}),
    ]


async def letter(one: Page, two: Page) -> float:
    """Milliseconds until the other page has it."""
    long = len(two.source("a"))
    began = time.perf_counter()
    await one.type("a", "x")
    await two.until(lambda: len(two.source("a")) > long)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    from table import text

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--only", choices=list(KINDS), action="append")
    options = parser.parse_args()
    for name in options.only or KINDS:
        print(text(measure(name, options.megabytes)), flush=True)
