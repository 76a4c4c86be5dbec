"""The host's own watch over memory: it warns, and ends at the limit what no control group holds back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from reading import Kernel, content_of, is_life, start
from test_guarding import python_spec

from octavo.kernels.connection import Host
from octavo.kernels.host import memory, watching

pytestmark = pytest.mark.anyio

MB = 10**6


def test_the_nearer_to_its_limit_the_sooner_it_is_looked_at() -> None:
    pauses = [watching.pause(used * MB, 1000 * MB, 0.001) for used in (0, 500, 900, 1000, 2000)]
    assert pauses == sorted(pauses, reverse=True)
    assert pauses[-1] == watching.LEAST
    assert watching.pause(0, 100_000 * MB, 0.0) == watching.MOST
    assert watching.pause(1000 * MB, 1000 * MB, 0.04) == pytest.approx(0.8)  # a look that costs much is rarer


def test_a_family_is_all_that_still_descends_from_a_process() -> None:
    inner = (
        "import subprocess, sys; subprocess.run([sys.executable, '-I', '-S', '-c', 'print(1, flush=True); input()'])"
    )
    parent = subprocess.Popen([sys.executable, "-I", "-S", "-c", inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    parent.stdout.readline()
    found = memory.family(parent.pid)
    assert found[0] == parent.pid
    assert len(found) == 2
    assert 0 < memory.share(found) <= memory.resident(found)
    parent.communicate()
    assert memory.resident([parent.pid]) == 0


def test_a_kill_by_the_system_is_remembered_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([7, 7, 8, 8])
    monkeypatch.setattr(memory, "count", lambda file, word: next(counts))
    witness = memory.Witness.__new__(memory.Witness)
    witness._counters, witness._counts, witness._rose = [("a", "oom_kill")], [], float("-inf")
    assert [witness.has_seen() for _ in range(4)] == [False, False, True, True]
    witness.look(False)  # nothing lives that could be killed: what is counted meanwhile is nobody's
    counts = iter([9, 9])
    witness._rose = float("-inf")
    assert [witness.has_seen() for _ in range(2)] == [False, False]


def test_all_groups_that_count_kills_are_asked() -> None:
    found = memory.counters(open("/proc/self/cgroup").read())
    assert found[0] == ("/proc/vmstat", "oom_kill")
    assert all(os.path.exists(file) for file, _ in found)


@pytest.mark.kernel
@pytest.mark.parametrize("images", [False, True], ids=["plain", "fork"])
async def test_a_kernel_is_warned_of_and_then_ended_at_its_limit(host: Host, images: bool) -> None:
    kernel = await (await start(host, python_spec(images=images, memory=200 * MB))).ready()
    await kernel.run("kept = bytearray(b'x' * 140_000_000)")
    warned = content_of(await kernel.until(is_life("memory")))
    assert (warned["high"], warned["limit"]) == (True, 200 * MB)
    assert 160 * MB <= warned["used"] < 200 * MB
    await kernel.submit("more = bytearray(b'x' * 100_000_000)\nimport time; time.sleep(60)")
    exited = content_of(await kernel.until(is_life("exited")))
    assert (exited["oom"], exited["reason"], exited["by_host"]) == ("watch", "memory", True)
    assert exited["limit"] == 200 * MB <= exited["peak"]


@pytest.mark.kernel
async def test_a_warning_ends_when_memory_is_given_back(host: Host) -> None:
    kernel = await (await start(host, python_spec(images=False, memory=200 * MB))).ready()
    await kernel.run("kept = bytearray(b'x' * 140_000_000)")
    assert content_of(await kernel.until(is_life("memory")))["high"]
    await kernel.run("del kept")
    assert not content_of(await kernel.until(is_life("memory")))["high"]


@pytest.mark.kernel
async def test_what_a_kernel_starts_counts_to_its_limit(host: Host) -> None:
    kernel = await (await start(host, python_spec(images=False, memory=200 * MB))).ready()
    child = "kept = bytearray(b'x' * 220_000_000); import time; time.sleep(60)"
    await kernel.submit(f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {child!r}])")
    assert content_of(await kernel.until(is_life("exited")))["oom"] == "watch"


GROUP = "/sys/fs/cgroup/memory/octavo-test"


@pytest.fixture
def small_group():
    """A control group of version 1 with 150 MB, where this machine lets us make one: its killer is the system's."""
    try:
        os.mkdir(GROUP)
        with open(f"{GROUP}/memory.limit_in_bytes", "w") as file:
            file.write("150000000")
    except OSError:
        yield None
        return
    yield GROUP
    os.rmdir(GROUP)


@pytest.mark.kernel
async def test_a_kill_by_the_system_is_told_as_what_it_likely_is(host: Host, small_group: str | None) -> None:
    kernel: Kernel = await (await start(host, python_spec(images=False))).ready()
    (info,) = await host.processes()
    if small_group is not None:
        Path(small_group, "cgroup.procs").write_text(str(info.pid))
        await kernel.submit("kept = [bytearray(b'x' * 10_000_000) for _ in range(40)]")
    else:  # the same end, without the system's counter
        os.kill(info.pid or 0, 9)
    exited = content_of(await kernel.until(is_life("exited")))
    assert (exited["signal"], exited["by_host"]) == (9, False)
    assert exited["oom"] == ("system" if small_group is not None else None)
    assert exited["peak"] > 30 * MB
