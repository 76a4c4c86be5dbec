"""The kernel host against its budgets: memory, latency of `7`, 50,000 lines; beside a bare ZeroMQ client in the same run.

    python benchmarks/host.py [--runs N] [--kernels N]

Ratios count, absolute times do not. Needs pyzmq (the bare client) and ipykernel.
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
import zmq

from octavo import ids
from octavo.kernels import launching, specs
from octavo.kernels.connection import Attachment, Host
from octavo.kernels.events import Channel, LaunchSpec
from octavo.settings import schema
from octavo.wire import messages

LINES = 50_000
PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}


def memory(pid: int) -> tuple[float, float]:
    """RSS and PSS in MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    rss, pss = (int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)[1]) / 1024 for name in ("Rss", "Pss"))  # type: ignore[index]
    return rss, pss


class Bare:
    """pyzmq, one socket a channel, signing by hand: the least that a client can do."""

    def __init__(self, spec: LaunchSpec) -> None:
        self.folder = tempfile.mkdtemp(prefix="octavo-b-")
        connection = {"transport": "ipc", "ip": f"{self.folder}/s", "key": "k", "signature_scheme": "hmac-sha256"}
        connection |= {f"{channel}_port": port for channel, port in PORTS.items()}
        file = Path(self.folder, "c.json")
        file.write_text(json.dumps(connection))
        argv = [part.replace("{connection_file}", str(file)) for part in spec.argv]
        self.kernel = subprocess.Popen(
            argv, env=spec.env, cwd=spec.cwd, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        context: zmq.Context[Any] = zmq.Context()
        self.context = context
        self.iopub, self.shell = context.socket(zmq.SUB), context.socket(zmq.DEALER)
        self.iopub.subscribe(b"")
        self.poller = zmq.Poller()
        for socket, channel in ((self.iopub, "iopub"), (self.shell, "shell")):
            socket.rcvhwm = 0
            socket.connect(f"ipc://{self.folder}/s-{PORTS[channel]}")
            self.poller.register(socket, zmq.POLLIN)
        self.iopub.recv_multipart()  # subscribed
        self.run("pass")

    def run(self, code: str) -> str:
        request = ids.new_request()
        parts = messages.execute_request(request, "bare", code)
        signature = hmac.new(b"k", b"".join(parts), hashlib.sha256).hexdigest().encode()
        self.shell.send_multipart([b"<IDS|MSG>", signature, *parts])
        wanted, text = {"reply", "idle"}, []
        while wanted:
            for socket, _ in self.poller.poll():
                received = socket.recv_multipart()
                body = received[received.index(b"<IDS|MSG>") + 2 :]
                if messages.peek(body[1]).msg_id == request:
                    note(body, socket is self.shell, wanted, text)
        return "".join(text)

    def close(self) -> None:
        self.kernel.kill()
        self.kernel.wait()
        self.context.destroy(linger=0)
        shutil.rmtree(self.folder)


class Hosted:
    """The same through the host, acknowledging by bytes and when idle."""

    def __init__(self, host: Host, incarnation: ids.Incarnation, attachment: Attachment) -> None:
        self.host, self.incarnation, self.attachment = host, incarnation, attachment

    @classmethod
    async def start(cls, host: Host, spec: LaunchSpec) -> "Hosted":
        incarnation = ids.new_incarnation()
        await host.start(ids.new_process(), incarnation, spec, label="")
        hosted = cls(host, incarnation, await host.attach(incarnation, 0))
        await hosted.run("pass")
        return hosted

    async def run(self, code: str) -> str:
        request = ids.new_request()
        await self.host.submit(self.incarnation, request, messages.execute_request(request, "web", code))
        wanted, text, size = {"reply", "idle"}, [], 0
        while wanted:
            batch = await anext(self.attachment)
            for event in batch:
                if event.channel >= Channel.LIFE:
                    continue
                size += sum(map(len, event.parts))
                if messages.peek(event.parts[1]).msg_id == request:
                    note(event.parts, event.channel == Channel.SHELL, wanted, text)
            if size > 65536 or not wanted:
                self.host.ack(self.incarnation, batch[-1].seq)
                size = 0
        return "".join(text)


def note(parts: Any, shell: bool, wanted: set[str], text: list[str]) -> None:
    if shell:
        wanted.discard("reply")
        return
    kind = messages.peek(parts[0]).msg_type
    if kind == "stream":
        text.append(messages.decode(parts[3])["text"])
    elif kind == "status" and b'"idle"' in parts[3]:
        wanted.discard("idle")


def quantile(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]


def row(name: str, *values: str) -> None:
    print(f"{name:<44}" + "".join(f"{value:>14}" for value in values), flush=True)


async def measure(runs: int, kernels: int) -> None:
    settings = schema.Kernels()
    run_directory = Path(tempfile.mkdtemp(prefix="octavo-b-"))
    environment = {**os.environ, "IPYTHONDIR": str(run_directory / "ipython")}
    spec = launching.launch_spec(specs.own_python(), cwd="/tmp", environment=environment, settings=settings)
    read, write = os.pipe()
    bare = Bare(spec)
    try:
        async with Host.open(run_directory, settings, build="benchmark", spawn=True, lifeline=read) as host:
            row("host alone, RSS / PSS, MB", *(f"{value:.1f}" for value in memory(host.pid)))
            began = time.perf_counter()
            hosted = [await Hosted.start(host, spec)]
            row("start to first reply, s", f"{time.perf_counter() - began:.2f}")
            row("with 1 kernel", *(f"{value:.1f}" for value in memory(host.pid)))
            hosted += [await Hosted.start(host, spec) for _ in range(kernels - 1)]
            row(f"with {kernels} kernels", *(f"{value:.1f}" for value in memory(host.pid)))
            await latency(hosted[0], bare, runs)
            await lines(hosted[0], bare, "")
            await lines(hosted[0], bare, ", flush=True")
            row("host after that, RSS / PSS, MB", *(f"{value:.1f}" for value in memory(host.pid)))
    finally:
        os.close(write)
        os.close(read)
        bare.close()
        shutil.rmtree(run_directory, ignore_errors=True)


async def latency(hosted: Hosted, bare: Bare, runs: int) -> None:
    ours, theirs = [], []
    for number in range(runs + 30):
        began = time.perf_counter()
        await hosted.run("7")
        middle = time.perf_counter()
        bare.run("7")
        if number >= 30:
            ours.append(middle - began)
            theirs.append(time.perf_counter() - middle)
    row("`7` to reply and idle, ms", "host", "bare", "ratio")
    for name, share in (("  median", 0.5), ("  p99", 0.99)):
        mine, other = quantile(ours, share), quantile(theirs, share)
        row(name, f"{mine * 1e3:.2f}", f"{other * 1e3:.2f}", f"{mine / other:.2f}")


async def lines(hosted: Hosted, bare: Bare, how: str) -> None:
    ours, theirs, counts = [], [], []
    for _ in range(3):
        began = time.perf_counter()
        text = await hosted.run(f"for i in range({LINES}): print(i{how})")
        middle = time.perf_counter()
        bare.run(f"for i in range({LINES}): print(i{how})")
        ours.append(middle - began)
        theirs.append(time.perf_counter() - middle)
        counts.append(text.split() == [str(number) for number in range(LINES)])
    mine, other = statistics.median(ours), statistics.median(theirs)
    row(f"{LINES} lines{' flushed' if how else ''}, s", f"{mine:.2f}", f"{other:.2f}", f"{mine / other:.2f}")
    row("  complete and in order", f"{sum(counts)} of {len(counts)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--kernels", type=int, default=6)
    arguments = parser.parse_args()
    anyio.run(measure, arguments.runs, arguments.kernels, backend_options={"use_uvloop": True})
