"""How kernels die, what is said of it, and what they leave behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
import scripted
from reading import content_of, is_life, numbers_of, start, text_of

from octavo.kernels.connection import Host
from octavo.kernels.events import LaunchSpec
from octavo.kernels.host import guarding, leftovers, process, protocol
from octavo.settings import schema

pytestmark = pytest.mark.anyio


async def gone(pid: int) -> None:
    """Wait until a process has ended, whether or not its parent has noticed."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with anyio.fail_after(20):
        await anyio.wait_readable(descriptor)
    os.close(descriptor)


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("die 3", (3, None)),
        ("kill 9", (None, 9)),
        ("kill 11", (None, 11)),
        ("half", (1, None)),
        ("kill 15", (None, 15)),
    ],
)
async def test_a_death_is_told_by_code_or_signal(host: Host, code: str, end: tuple[int | None, int | None]) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    await kernel.submit(f"print last words\n{code}")
    exited = content_of(await kernel.until(is_life("exited")))
    assert (exited["code"], exited["signal"]) == end
    assert (exited["by_host"], exited["reason"]) == (False, None)
    assert text_of(kernel.events) == "last words\n"


async def test_what_was_sent_before_a_death_is_read_to_its_end(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    await kernel.submit("flood 3000\nkill 9")
    await kernel.until(is_life("exited"))
    assert numbers_of(kernel.events) == list(range(3000))


async def test_a_kernel_that_dies_at_its_start_leaves_its_own_words(host: Host) -> None:
    kernel = await start(host, scripted.launch_spec("--dies", "7"))
    exited = content_of(await kernel.until(is_life("exited")))
    assert exited["code"] == 7
    assert "dies as it was told" in exited["log"]


async def test_a_kernel_that_floods_its_own_stderr_is_read_on_and_only_the_end_is_kept(host: Host) -> None:
    script = "import sys\nfor n in range(200000): print('line', n, file=sys.stderr)"
    spec = LaunchSpec(argv=[sys.executable, "-I", "-S", "-c", script], env=dict(os.environ), cwd="/")
    exited = content_of(await (await start(host, spec)).until(is_life("exited")))
    assert exited["log"].endswith("line 199999\n")
    assert len(exited["log"]) <= process.TAIL


async def test_a_kernel_that_is_suspended_is_ended_by_force(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    (info,) = await host.processes()
    assert info.pid
    os.kill(info.pid, signal.SIGSTOP)  # SIGTERM waits for what is suspended
    with anyio.fail_after(20):
        while b"State:\tT" not in Path(f"/proc/{info.pid}/status").read_bytes():
            await anyio.lowlevel.checkpoint()
    await host.stop(kernel.incarnation, grace=0.1)
    exited = content_of(await kernel.until(is_life("exited")))
    assert exited["signal"] == signal.SIGKILL


async def test_what_a_kernel_started_ends_with_it_wherever_it_went(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    child = int(text_of(await kernel.run("fork 1000")))
    await kernel.submit("kill 9")
    await kernel.until(is_life("exited"))
    await gone(child)


async def test_kernels_end_with_a_killed_host_and_the_next_host_ends_the_rest(
    run_directory: Path, lifeline: int
) -> None:
    settings = schema.Kernels()
    async with Host.open(run_directory, settings, build="test", spawn=True, lifeline=lifeline) as host:
        kernel = await (await start(host, scripted.launch_spec())).ready()
        child = int(text_of(await kernel.run("fork 1000")))
        (info,) = await host.processes()
        assert info.pid
        os.kill(host.pid, signal.SIGKILL)
        await host.wait_lost()
        await gone(info.pid)
    assert leftovers.find(str(run_directory)) == [child]
    assert any(path.is_dir() for path in run_directory.iterdir())
    async with Host.open(run_directory, settings, build="test", spawn=True, lifeline=lifeline) as host:
        await gone(child)
        assert await host.processes() == []
        assert not any(path.is_dir() for path in run_directory.iterdir())


def test_leftovers_are_those_of_one_run_directory_and_incarnation() -> None:
    marks = ["/run/a:1111", "/run/a:2222", "/run/ab:1111"]
    sleepers = [
        subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE, env={protocol.PROCESS_VARIABLE: mark}
        )
        for mark in marks
    ]
    first, second, third = (sleeper.pid for sleeper in sleepers)
    try:
        assert sorted(leftovers.find("/run/a")) == sorted([first, second])
        assert leftovers.find("/run/a", "2222") == [second]
        assert leftovers.end("/run/a", "1111", wait=5) >= 1
        assert leftovers.find("/run/a") == [second]
        assert leftovers.find("/run/ab") == [third]
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()
            assert sleeper.stdin
            sleeper.stdin.close()


async def test_kernels_are_the_first_to_go_when_memory_is_short(host: Host) -> None:
    await start(host, scripted.launch_spec())
    (info,) = await host.processes()
    assert Path(f"/proc/{info.pid}/oom_score_adj").read_text().strip() == str(guarding.oom_score())


async def test_the_environment_names_the_process_and_its_parent(host: Host, run_directory: Path) -> None:
    kernel = await (
        await start(host, scripted.launch_spec())
    ).ready()  # in the middle of an exec there is none to be read
    (info,) = await host.processes()
    environment = Path(f"/proc/{info.pid}/environ").read_bytes().split(b"\0")
    assert f"OCTAVO_PROCESS={run_directory}:{kernel.incarnation}".encode() in environment
    assert f"JPY_PARENT_PID={host.pid}".encode() in environment
