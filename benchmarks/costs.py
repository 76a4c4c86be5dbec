"""What it costs to look at what kernels cost: the host's processor time while every kernel is measured, and its memory.

    python benchmarks/costs.py [--kernels N] [--seconds N]

Budget: at most 1 % of a processor for ten kernels, the host at most 16 MB RSS. Needs ipykernel.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import anyio

from octavo import ids
from octavo.kernels import launching, specs
from octavo.kernels.connection import Host
from octavo.kernels.host import costs
from octavo.settings import schema

EVERY = 1.0
"""Seconds between questions: twice as often as a page asks."""


async def main(kernels: int, seconds: float) -> None:
    read, write = os.pipe()
    settings = schema.Kernels()
    with tempfile.TemporaryDirectory(prefix="octavo-b-") as name:
        spec = launching.launch_spec(
            specs.find_spec("python3"),
            cwd=Path(name),
            environment=os.environ,
            settings=settings,
            document_path=None,
        )
        async with Host.open(Path(name), settings, build="benchmark", spawn=True, lifeline=read) as host:
            for _ in range(kernels):
                await host.start(ids.new_process(), ids.new_incarnation(), spec, label="")
            with anyio.fail_after(120):
                while any(info.state != "ready" for info in await host.processes()):  # noqa: ASYNC110 - nobody tells it
                    await anyio.sleep(0.2)
            used, began = cpu(host.pid), time.monotonic()
            while time.monotonic() - began < seconds:
                await host.costs()
                await anyio.sleep(EVERY)
            share = 100 * (cpu(host.pid) - used) / (time.monotonic() - began)
            stat = costs.read_stat(host.pid)
            assert stat is not None
            print(f"{kernels} kernels, measured every {EVERY:.0f} s: {share:.2f} % of a processor")
            print(f"the host: {stat.resident / 1e6:.1f} MB RSS")
            await host.stop_all()
    os.close(write)


def cpu(process: int) -> float:
    stat = costs.read_stat(process)
    return stat.cpu if stat is not None else 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    anyio.run(main, options.kernels, options.seconds)
