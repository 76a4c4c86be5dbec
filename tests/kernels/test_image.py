"""Warm images: who is forked, who is not and why, and that nothing depends on it. What a fork is like: `test_image_equality`."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import msgspec
import pytest
from reading import Kernel, content_of, is_life, start, text_of

from octavo import ids
from octavo.kernels import launching, specs
from octavo.kernels.connection import Host
from octavo.kernels.events import ImageInfo, LaunchSpec
from octavo.kernels.host import forking, guarding, image
from octavo.kernels.host.children import Children
from octavo.kernels.host.image import Fork
from octavo.kernels.host.loop import Loop
from octavo.settings import schema

CORES = """
import ctypes, sys
print('numpy' in sys.modules, end=' ')
import numpy
paths = {line.split()[-1] for line in open('/proc/self/maps') if 'openblas' in line}
print(*[ctypes.CDLL(path).scipy_openblas_get_num_threads64_() for path in paths])
"""
LOSING = """
import json, os, socket, sys
host = socket.socket(fileno=int(sys.argv[-1]))
host.send(b'{"up": {}}')
while True:
    data, descriptors, _, _ = socket.recv_fds(host, 1 << 20, 2)
    if not data:
        break
    read, write = os.pipe()
    if os.fork() == 0:
        if pid := os.fork():
            os.write(write, str(pid).encode())
            os._exit(0)
        socket.socket(fileno=descriptors[1]).recv(1)
        os._exit(3)
    os.wait()
    for descriptor in descriptors:
        os.close(descriptor)
    host.send(json.dumps({"pid": int(os.read(read, 20))}).encode())
"""
"""An image whose forks end before they are kernels."""

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]


def python(cwd: Path | str = "/tmp", *, preload: tuple[str, ...] = (), **environment: str) -> LaunchSpec:
    settings = schema.Kernels(preload=list(preload))
    server = {**os.environ, "IPYTHONDIR": "/nonexistent", **environment}
    return launching.launch_spec(specs.own_python(), cwd=cwd, environment=server, settings=settings)


def packages(folder: Path, **modules: str) -> str:
    """A folder for PYTHONPATH that counts as one where packages are installed."""
    path = folder / "more-packages"
    path.mkdir(exist_ok=True)
    for name, text in modules.items():
        (path / f"{name}.py").write_text(text)
    return str(path)


async def ready(host: Host, spec: LaunchSpec) -> Kernel:
    return await (await start(host, spec)).ready()


async def warm(host: Host) -> ImageInfo:
    """The one image, once it has done its second step."""
    with anyio.fail_after(60):
        while True:
            (found,) = await host.images()
            if found.state == "warm":
                return found
            await anyio.sleep(0.02)


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(60):
        while not true():  # noqa: ASYNC110 - what another process does is no event here
            await anyio.sleep(0.02)


def was_forked(kernel: Kernel) -> bool:
    return bool(content_of(kernel.events[0]).get("image"))


def why_plain(kernel: Kernel) -> str:
    return str(content_of(kernel.events[0])["plain"])


def pid_of(kernel: Kernel) -> int:
    return int(content_of(kernel.events[0])["pid"])


async def test_every_kernel_of_an_environment_is_forked_from_one_image(host: Host) -> None:
    first = await ready(host, python())
    one = await warm(host)
    second = await ready(host, python())
    assert (was_forked(first), was_forked(second)) == (True, True)
    assert one.kernels == 1
    assert await host.images() == [ImageInfo(python=sys.executable, pid=one.pid, state="warm", kernels=2)]
    for kernel in (first, second):
        fields = Path(f"/proc/{pid_of(kernel)}/stat").read_text().rpartition(")")[2].split()
        assert int(fields[1]) == host.pid  # the parent
        assert int(fields[3]) == pid_of(kernel)  # the session
        assert Path(f"/proc/{pid_of(kernel)}/oom_score_adj").read_text().strip() == str(guarding.oom_score())
        environment = Path(f"/proc/{pid_of(kernel)}/environ").read_bytes().split(b"\0")
        assert any(entry.endswith(kernel.incarnation.encode()) for entry in environment)
    assert Path(f"/proc/{one.pid}/oom_score_adj").read_text().strip() == image.OOM_SCORE


async def test_a_restart_is_a_fork_too(host: Host) -> None:
    kernel = await ready(host, python())
    renewed = ids.new_incarnation()
    await host.restart(kernel.process, kernel.incarnation, renewed, python(), label="", grace=1)
    again = await (await Kernel(host, renewed).attach()).ready()
    assert was_forked(again) and pid_of(again) != pid_of(kernel)
    assert text_of(await again.run("print('on')")) == "on\n"


async def test_the_plain_command_line_does_where_images_are_off(host: Host) -> None:
    settings = schema.Kernels(images=False)
    spec = launching.launch_spec(specs.own_python(), cwd="/tmp", environment=os.environ, settings=settings)
    kernel = await ready(host, spec)
    assert content_of(kernel.events[0]) == {"event": "started", "pid": pid_of(kernel)}
    assert await host.images() == []


async def test_an_image_that_cannot_start_leaves_it_to_the_plain_command_line_and_says_so(
    host: Host, run_directory: Path
) -> None:
    spec = python()
    broken = msgspec.structs.replace(spec, image=[spec.argv[0], "/not/there.py"])
    kernel = await ready(host, broken)
    assert not was_forked(kernel)
    assert "it has ended" in why_plain(kernel)
    log = (run_directory / "host.log").read_text()
    assert "Kernels start by the plain command line" in log and "/not/there.py" in log
    assert "it has ended" in why_plain(await ready(host, broken))  # not tried again at once


async def test_an_image_with_a_second_thread_is_not_used_but_one_without_what_started_it_is(
    host: Host, run_directory: Path, tmp_path: Path
) -> None:
    path = packages(
        tmp_path,
        threaded="import threading, time\nthreading.Thread(target=time.sleep, args=(999,), daemon=True).start()\n",
    )
    spec = python(preload=("threaded",), PYTHONPATH=path)
    await ready(host, spec)
    said = "threaded, which it preloaded, has started a thread"
    await until(lambda: said in (run_directory / "host.log").read_text())
    kernel = await ready(host, spec)
    assert was_forked(kernel)
    assert text_of(await kernel.run("import sys; print('threaded' in sys.modules)")) == "False\n"


async def test_a_thread_of_every_start_leaves_it_to_the_plain_command_line(host: Host, tmp_path: Path) -> None:
    text = "import threading, time\nthreading.Thread(target=time.sleep, args=(999,), daemon=True).start()\n"
    kernel = await ready(host, python(PYTHONPATH=packages(tmp_path, sitecustomize=text)))
    assert why_plain(kernel) == "a module that it loaded has started a thread"


async def test_what_is_preloaded_is_there_and_uses_all_cores(host: Host) -> None:
    spec = python(preload=("numpy",), OMP_NUM_THREADS="", OPENBLAS_NUM_THREADS="")
    await ready(host, spec)
    await warm(host)
    kernel = await ready(host, spec)
    run = await kernel.run(CORES)
    assert text_of(run) == f"True {len(os.sched_getaffinity(0))}\n"


async def test_an_image_whose_packages_changed_is_replaced(host: Host, tmp_path: Path) -> None:
    path = packages(tmp_path)
    spec = python(PYTHONPATH=path)
    first = await ready(host, spec)
    one = await warm(host)
    packages(tmp_path, new_one="VALUE = 1\n")
    second = await ready(host, spec)
    other = await warm(host)
    assert was_forked(second) and other.pid != one.pid
    assert text_of(await second.run("import new_one; print(new_one.VALUE)")) == "1\n"
    assert text_of(await first.run("print('on')")) == "on\n"


async def test_kernels_live_on_without_their_image_and_the_next_starts_plainly(host: Host) -> None:
    first = await ready(host, python())
    os.kill((await warm(host)).pid, signal.SIGKILL)
    assert text_of(await first.run("print('on')")) == "on\n"
    second = await ready(host, python())
    assert not was_forked(second)
    assert "it has ended" in why_plain(second)
    await host.stop(first.incarnation, grace=0)
    exited = content_of(await first.until(is_life("exited")))
    assert (exited["signal"], exited["by_host"]) == (signal.SIGKILL, True)


async def test_other_environments_have_other_images_and_what_matters_not_at_the_start_shares_one(host: Host) -> None:
    await ready(host, python(NOTEBOOK="a", MPLBACKEND="Agg"))
    await ready(host, python(NOTEBOOK="b"))
    assert len(await host.images()) == 1
    await ready(host, python(LANG="C.UTF-8", LC_ALL="C.UTF-8", PYTHONOPTIMIZE="1"))
    assert len(await host.images()) == 2
    kernel = await ready(host, python(PYTHONHASHSEED="1"))
    assert why_plain(kernel) == "PYTHONHASHSEED asks for a process of its own"


async def test_an_image_is_not_told_what_only_a_kernel_is_to_know(host: Host) -> None:
    await ready(host, python(MY_PASSWORD="of the first"))
    environment = Path(f"/proc/{(await warm(host)).pid}/environ").read_text()
    assert "MY_PASSWORD" not in environment and "JPY_" not in environment
    second = await ready(host, python())
    assert text_of(await second.run("import os; print('MY_PASSWORD' in os.environ)")) == "False\n"


async def test_a_kernel_that_is_stopped_before_it_was_forked_ends_at_once(host: Host) -> None:
    kernel = await start(host, python())
    await host.stop(kernel.incarnation, grace=0)
    exited = content_of(await kernel.until(is_life("exited")))
    assert (exited["signal"], exited["reason"]) == (signal.SIGKILL, "stopped")
    assert was_forked(await ready(host, python()))


async def test_a_fork_that_is_lost_is_started_plainly_and_a_second_one_ends_its_image(
    host: Host, tmp_path: Path
) -> None:
    (tmp_path / "losing.py").write_text(LOSING)
    spec = python()
    losing = msgspec.structs.replace(spec, image=[spec.argv[0], str(tmp_path / "losing.py")])
    for left in (1, 0):
        kernel = await ready(host, losing)
        assert why_plain(kernel) == "a fork did not get to be a kernel"
        assert len(await host.images()) == left


async def test_what_kernels_leave_behind_is_reaped(host: Host) -> None:
    kernel = await ready(host, python())
    run = await kernel.run(
        "import subprocess, sys\n"
        "print(subprocess.run(['sh', '-c', 'sleep 0.1 & echo $!'], capture_output=True, text=True).stdout)"
    )
    orphan = int(text_of(run))
    await until(lambda: not Path(f"/proc/{orphan}").exists())


async def test_the_end_of_the_host_is_the_end_of_image_and_forks(host: Host) -> None:
    kernel = await ready(host, python())
    watched = [os.pidfd_open(pid) for pid in (pid_of(kernel), (await warm(host)).pid)]
    os.kill(host.pid, signal.SIGKILL)
    for descriptor in watched:
        with anyio.fail_after(20):
            await anyio.wait_readable(descriptor)
        os.close(descriptor)


@pytest.mark.long
async def test_fifty_kernels_at_once_all_start_twenty_times(host: Host) -> None:
    for _ in range(20):
        started: list[Kernel] = []

        async def one(started: list[Kernel] = started) -> None:
            started.append(await ready(host, python()))

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(one)
        assert [was_forked(kernel) for kernel in started] == [True] * 50
        async with anyio.create_task_group() as tasks:
            for kernel in started:
                tasks.start_soon(ended, kernel)


async def ended(kernel: Kernel) -> None:
    await kernel.host.stop(kernel.incarnation, grace=0)
    await kernel.until(is_life("exited"))


def test_an_image_goes_when_it_was_unused_for_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(forking, "UNUSED", 0.2)
    monkeypatch.setattr(Children, "adopt_orphans", lambda self: True)
    crashed: list[Exception] = []
    loop = Loop(lambda callback, problem: crashed.append(problem))
    images = forking.Images(loop, str(tmp_path), Children())
    spec = python()
    output = os.open(os.devnull, os.O_WRONLY)
    fork = Fork(spec.argv, spec.env, "/", output, prepare=lambda pid: None, done=lambda pid, why: None)
    images.fork(spec.image, fork)
    fork.cancel()
    os.close(output)
    (row,) = images.rows()
    descriptor = os.pidfd_open(int(str(row["pid"])))

    def gone() -> None:
        loop.read(descriptor, None)
        loop.later(0.1, loop.stop)

    loop.read(descriptor, gone)
    loop.later(60, loop.stop)
    loop.run()
    os.close(descriptor)
    assert (images.rows(), crashed) == ([], [])
