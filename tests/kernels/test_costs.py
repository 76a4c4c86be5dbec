"""What processes cost: the arithmetic on processes of our own, then the host's answer about real kernels."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
import scripted
from reading import Kernel, start

from octavo.errors import HostUnavailable
from octavo.kernels import launching, specs
from octavo.kernels.connection import Host
from octavo.kernels.costs import Costs, own_cost
from octavo.kernels.host import costs
from octavo.settings import schema

pytestmark = pytest.mark.anyio

MB = 1_000_000


@contextmanager
def talking(code: str) -> Iterator[subprocess.Popen[str]]:
    """A process in a session of its own, that runs `code` and then reads lines: `code` says when it is there."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin and process.stdout
    try:
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def tell(process: subprocess.Popen[str], line: str = "") -> str:
    assert process.stdin and process.stdout
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline()


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> costs.Meter:
    monkeypatch.setattr(costs, "LEAST", 0.0)
    monkeypatch.setattr(costs, "SHARE", 0)
    return costs.Meter()


def tree(meter: costs.Meter, process: int) -> dict[str, float]:
    return meter.measure({"it": process})["trees"]["it"]  # type: ignore[index,no-any-return]


def test_what_a_process_allocates_shows_and_what_it_gives_back_too(meter: costs.Meter) -> None:
    code = "print(flush=True)\nwhile True: x = b'x' * int(input()); print(flush=True)"
    with talking(code) as process:
        before = tree(meter, process.pid)["memory"]
        tell(process, str(60 * MB))
        assert tree(meter, process.pid)["memory"] - before == pytest.approx(60 * MB, abs=5 * MB)
        assert tree(meter, process.pid)["private"] > 55 * MB
        tell(process, "0")
        assert tree(meter, process.pid)["memory"] - before < 10 * MB


GRANDCHILD = "import os, time; x = b'x' * 30_000_000; print(os.getpid(), flush=True); time.sleep(600)"
CHILD = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {GRANDCHILD!r}], start_new_session=True)
time.sleep(600)
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}])
input()
child.kill()
child.wait()
print(flush=True)
input()
"""


def test_children_count_also_in_a_session_of_their_own_and_when_their_parent_has_gone(meter: costs.Meter) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        assert process.stdout and process.stdin
        grandchild = int(process.stdout.readline())
        try:
            with_all = tree(meter, process.pid)
            assert (with_all["processes"], with_all["memory"] > 35 * MB) == (3, True)
            tell(process)
            orphaned = tree(meter, process.pid)
            assert (orphaned["processes"], orphaned["memory"] > 35 * MB) == (2, True)
        finally:
            os.kill(grandchild, signal.SIGKILL)
            process.kill()


def test_processor_time_is_of_the_group_and_never_falls(meter: costs.Meter) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    code = (
        f"import subprocess, sys\nprint(flush=True)\n"
        f"while input() is not None: subprocess.run([sys.executable, '-c', {burn!r}]); print(flush=True)"
    )
    with talking(code) as process:
        seen = [tree(meter, process.pid)["cpu"]]
        for _ in range(2):
            tell(process)
            seen.append(tree(meter, process.pid)["cpu"])
    assert seen[1] - seen[0] >= 0.25
    assert seen[2] - seen[1] >= 0.25


def test_who_asks_at_once_again_gets_the_last_answer_again() -> None:
    meter = costs.Meter()
    first = meter.measure({"me": os.getpid()})
    assert meter.measure({"me": os.getpid()}) is first


def test_what_has_ended_is_not_in_the_answer(meter: costs.Meter) -> None:
    with talking("print(flush=True); input()") as process:
        assert "it" in meter.measure({"it": process.pid})["trees"]  # type: ignore[operator]
    assert meter.measure({"it": process.pid})["trees"] == {}


def test_a_line_of_proc_is_read_whatever_the_program_is_called(meter: costs.Meter, tmp_path: Path) -> None:
    odd = tmp_path / "a) R 1 (b c"
    odd.symlink_to(sys.executable)
    process = subprocess.Popen([odd, "-c", "print(flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout and process.stdin
        process.stdout.readline()
        stat = costs.read_stat(process.pid)
        assert stat is not None
        assert stat.parent == os.getpid()
        process.stdin.close()


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        (
            "0::/user.slice/octavo.service\n",
            {
                "user.slice/octavo.service/memory.max": "200000000\n",
                "user.slice/octavo.service/memory.current": "150000000\n",
                "user.slice/octavo.service/memory.stat": "anon 5\ninactive_file 30000000\n",
                "user.slice/memory.max": "max\n",
            },
            [(200000000, 80000000)],
        ),
        (
            "4:memory:/docker/1\n1:cpu:/\n",
            {
                "memory/memory.limit_in_bytes": "300000000\n",
                "memory/memory.usage_in_bytes": "100000000\n",
                "memory/memory.stat": "total_inactive_file 0\n",
            },
            [(300000000, 200000000)],
        ),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, []),
        ("", {}, []),
    ],
)
def test_a_control_groups_limit_counts(
    membership: str,
    files: dict[str, str],
    expected: list[tuple[int, int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(costs, "CGROUPS", str(tmp_path))
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert costs._limits(membership) == expected


def test_the_machine_has_less_left_than_it_has() -> None:
    machine = costs.read_machine()
    assert 0 < machine.available <= machine.total


def test_this_process_knows_what_it_costs_itself() -> None:
    own = own_cost()
    assert own.memory > MB
    assert own.cpu > 0


async def measured(host: Host, kernel: Kernel, *, above: int) -> Costs:
    """Ask until the kernel's memory is above that: a measurement is kept for a moment."""
    with anyio.fail_after(60):
        while True:
            found = await host.costs()
            assert found is not None
            cost = found.of(kernel.incarnation)
            if cost is not None and cost.memory > above:
                return found
            await anyio.sleep(0.2)


async def test_the_host_says_what_a_kernel_costs_and_whether_it_is_busy(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    found = await measured(host, kernel, above=MB)
    assert found.machine.total > found.machine.available > 0
    assert found.own.memory > MB
    assert [info.busy for info in await host.processes()] == [False]


@pytest.mark.kernel
async def test_a_kernel_that_allocates_100_mb_shows_it_and_its_image_is_named_once(host: Host, tmp_path: Path) -> None:
    spec = launching.launch_spec(
        specs.find_spec("python3"), cwd=tmp_path, environment=os.environ, settings=schema.Kernels(), document_path=None
    )
    kernel, other = [await (await start(host, spec)).ready() for _ in range(2)]
    before = (await measured(host, kernel, above=MB)).trees[kernel.incarnation].memory
    await kernel.run("x = bytearray(100_000_000)")
    found = await measured(host, kernel, above=before + 90 * MB)
    cost, beside = found.trees[kernel.incarnation], found.trees[other.incarnation]
    assert cost.memory - before == pytest.approx(100 * MB, abs=8 * MB)
    assert beside.memory < 60 * MB
    images = await host.images()
    assert [(found.of_image(image.pid) is not None, image.kernels) for image in images] == [(True, 2)]


async def test_a_host_from_before_says_that_it_does_not_measure(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answers(message: dict[str, object]) -> dict[str, object]:
        return {"error": "op", "message": "This host knows no request 'costs'."}

    monkeypatch.setattr(host, "_ask", answers)
    assert await host.costs() is None


async def test_what_cannot_be_understood_is_refused(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answers(message: dict[str, object]) -> dict[str, object]:
        return {"ok": True, "at": "now", "trees": []}

    monkeypatch.setattr(host, "_ask", answers)
    with pytest.raises(HostUnavailable):
        await host.costs()
