"""How long the debugger takes, at the server: from the page's command over the live socket to the whole new picture, and beside it the
stock route (control channel, as JupyterLab asks: step, stack, scopes, variables).

    python benchmarks/debugger.py [--steps N]

Budget: one step to the page's new picture at most 20 ms (p90), with 20 watches at most 25 ms; attaching to a busy kernel 500 ms. Needs ipykernel.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
from jupyter_client.manager import AsyncKernelManager

sys.path[:0] = [str(Path(__file__).parent.parent / "tests" / folder) for folder in ("live", "kernels", "debug")]

from debugged import Debugged  # noqa: E402
from served import Served  # noqa: E402

CODE = "def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n        u = t * 2\n    return t\n\nf(10_000)"
SPIN = "n = 0\nwhile n < 10 ** 9:\n    n += 1"


def row(name: str, seconds: list[float], budget: float | None = None) -> None:
    values = sorted(1000 * one for one in seconds)
    at = values[min(len(values) - 1, int(0.9 * len(values)))]
    says = "" if budget is None else f"   budget {budget:g}  {'kept' if at <= budget else 'MISSED'}"
    print(f"{name:52} median {statistics.median(values):8.1f} ms   p90 {at:8.1f} ms{says}")


async def timed(act: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await act()
    return time.perf_counter() - began


async def ours(steps: int) -> None:
    with Served.start() as server:
        for name, cells in (("a", [CODE]), ("b", [SPIN])):
            server.put(f"{name}.ipynb", *cells, kernel="python3")
        async with server.page("a.ipynb") as page:
            debugged = Debugged(page)
            await page.run("a")
            await page.finished("a")
            before = memory(server)
            began = time.perf_counter()
            await debugged.breakpoint("b1", "a", 5)
            await page.until(lambda: debugged.state.get("phase") == "running")
            row("attach to an idle kernel", [time.perf_counter() - began])
            print(
                f"{'memory that it costs the kernel':52} {(memory(server) - before) / 1e6:8.1f} MB RSS, with debugpy's import"
            )
            began = time.perf_counter()
            await page.run("a")
            await debugged.stopped()
            row("run to the picture of its first stop", [time.perf_counter() - began])
            await debugged.remove("b1")
            row("one step to the new picture", [await timed(lambda: debugged.go("over")) for _ in range(steps)], 20)
            await debugged.done("debugWatches", watches=[f"t + {n}" for n in range(20)])
            row("the same with 20 watches", [await timed(lambda: debugged.go("over")) for _ in range(steps)], 25)
            row("evaluate", [await timed(lambda: debugged.evaluate("t * 2", hover=True)) for _ in range(steps)])
            await page.ask("interrupt")
            await page.finished("a")
        async with server.page("b.ipynb") as page:
            debugged = Debugged(page)
            await page.run("a")
            await page.until(lambda: page.cells.get("a", {}).get("run", {}).get("count"))
            began = time.perf_counter()
            await debugged.done("debugPause")
            await debugged.stopped()
            row("pause a busy kernel that was never attached", [time.perf_counter() - began], 500)
            await page.ask("interrupt")
            await page.finished("a")


def memory(server: Any) -> int:
    """Resident bytes of the server's kernels."""
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"launcher.py" in command and str(server.home).encode() in command:
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError):
            continue
    return total


class Stock:
    """The control channel, as a stock client uses it."""

    def __init__(self, client: Any) -> None:
        self.client, self.seq = client, 0

    async def ask(self, command: str, **arguments: object) -> dict[str, Any]:
        self.seq += 1
        content = {"type": "request", "seq": self.seq, "command": command, "arguments": arguments}
        message = self.client.session.msg("debug_request", content)
        self.client.control_channel.send(message)
        while True:
            reply = await self.client.get_control_msg(timeout=30)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return dict(reply["content"])

    async def stopped(self) -> int:
        while True:
            message = await self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "debug_event" and message["content"].get("event") == "stopped":
                return int(message["content"]["body"]["threadId"])

    async def picture(self, thread: int) -> None:
        frames = (await self.ask("stackTrace", threadId=thread))["body"]["stackFrames"]
        scopes = (await self.ask("scopes", frameId=frames[0]["id"]))["body"]["scopes"]
        await self.ask("variables", variablesReference=scopes[0]["variablesReference"])


async def stock(steps: int) -> None:
    manager = AsyncKernelManager(kernel_name="python3")
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    kernel = Stock(client)
    try:
        began = time.perf_counter()
        await kernel.ask(
            "initialize", clientID="b", adapterID="", pathFormat="path", linesStartAt1=True, columnsStartAt1=True
        )
        await kernel.ask("attach")
        row("stock: attach to an idle kernel", [time.perf_counter() - began])
        path = (await kernel.ask("dumpCell", code=CODE))["body"]["sourcePath"]
        await kernel.ask("setBreakpoints", source={"path": path}, breakpoints=[{"line": 5}], sourceModified=False)
        client.execute(CODE)
        thread = await kernel.stopped()
        await kernel.ask("setBreakpoints", source={"path": path}, breakpoints=[], sourceModified=False)

        async def step() -> None:
            await kernel.ask("next", threadId=thread)
            await kernel.stopped()
            await kernel.picture(thread)

        row("stock: one step to the new picture", [await timed(step) for _ in range(max(5, steps // 10))])
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    anyio.run(ours, options.steps)
    anyio.run(stock, options.steps)
