"""The fork that waits ready: taken by a start like the last one, by no other, and then a kernel like any."""

import os
from pathlib import Path
from typing import Any

import anyio
import pytest
from reading import Kernel, content_of, start, text_of

from octavo.kernels import launcher, launching, specs
from octavo.kernels.connection import Host
from octavo.kernels.events import LaunchSpec
from octavo.settings import schema

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]


def python(cwd: Path, document: str | None = None, **environment: str) -> LaunchSpec:
    return launching.launch_spec(
        specs.own_python(),
        cwd=cwd,
        environment={**os.environ, "IPYTHONDIR": str(cwd / "ipython"), **environment},
        settings=schema.Kernels(spare=True),
        document_path=document,
    )


async def ready(host: Host, spec: LaunchSpec) -> Kernel:
    return await (await start(host, spec)).ready()


async def parked(run_directory: Path) -> int:
    """The process id of the spare, once it has done all but its loop: then it has bound all its sockets."""
    with anyio.fail_after(60):
        while not (found := [path.parent for path in run_directory.glob("*/kernel-spare.json")]) or not (  # noqa: ASYNC110
            (found[0] / "s-5").exists() and sleeping(found[0])
        ):
            await anyio.sleep(0.05)
    return pid_at(found[0])


def pid_at(folder: Path) -> int:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder) in path.read_text():
                return int(path.parent.name)
        except OSError:
            continue
    return 0


def sleeping(folder: Path) -> bool:
    """It waits in a read of its gate."""
    pid = pid_at(folder)
    return bool(pid) and "unix_stream" in Path(f"/proc/{pid}/wchan").read_text()


def started(kernel: Kernel) -> dict[str, Any]:
    return content_of(kernel.events[0])


SEEN = """
import os, sys
from ipykernel import get_connection_file
from ipykernel.kernelapp import IPKernelApp
print(os.getcwd(), os.environ.get('JPY_SESSION_NAME'), globals().get('__session__'), os.environ['OCTAVO_PROCESS'])
print(get_connection_file() == sys.argv[2] == IPKernelApp.instance().connection_file, os.path.basename(sys.argv[2]))
print(open('/proc/self/cmdline').read().split('\\0')[-2] == sys.argv[2])
"""


async def test_a_start_like_the_last_one_takes_the_spare_and_is_the_kernel_it_asked_for(
    host: Host, run_directory: Path, tmp_path: Path
) -> None:
    first = await ready(host, python(tmp_path, "a.ipynb"))
    spare = await parked(run_directory)
    second = await ready(host, python(tmp_path, "b.ipynb"))
    assert "spare" not in started(first)
    assert started(second) == {"event": "started", "pid": spare, "image": True, "spare": True}
    assert text_of(await second.run(SEEN)).splitlines() == [
        f"{tmp_path} b.ipynb b.ipynb {run_directory}:{second.incarnation}",
        f"True kernel-{second.process}.json",
        "True",
    ]
    assert await parked(run_directory) not in (0, spare)  # the next one
    assert [image.kernels for image in await host.images()] == [2]


async def test_another_folder_or_environment_is_not_served_by_it(
    host: Host, run_directory: Path, tmp_path: Path
) -> None:
    await ready(host, python(tmp_path))
    await parked(run_directory)
    other = await ready(host, python(tmp_path, FOO="bar"))
    assert "spare" not in started(other)
    assert text_of(await other.run("import os; print(os.environ['FOO'])")) == "bar\n"


async def test_a_spare_goes_with_its_host_and_leaves_nothing(host: Host, run_directory: Path, tmp_path: Path) -> None:
    await ready(host, python(tmp_path))
    descriptor = os.pidfd_open(await parked(run_directory))
    await host.stop_all(grace=0)
    with anyio.fail_after(20):
        await anyio.wait_readable(descriptor)
    os.close(descriptor)
    assert list(run_directory.glob("*/kernel-*.json")) == []


def test_there_is_none_where_memory_is_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for size, wanted in ((1 << 29, False), (1 << 31, True)):
        monkeypatch.setattr(launcher, "memory", lambda size=size: size)
        assert python(tmp_path).spare is wanted
