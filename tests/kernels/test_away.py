"""The web process is away while kernels print: within the disk's bounds nothing is lost, and a full disk stops nobody."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import msgspec
import pytest
import reading
import scripted
from reading import content_of, gaps_of, is_kind, is_status, kind_of, numbers_of, start

from octavo.kernels.connection import Host
from octavo.kernels.events import ProcessInfo
from octavo.settings import schema

pytestmark = pytest.mark.anyio


@pytest.fixture
def log_directory(tmp_path: Path) -> Path:
    return tmp_path / "kernel-log"


@asynccontextmanager
async def hosted(run: Path, lifeline: int, log_directory: Path, **options: int) -> AsyncIterator[Host]:
    settings = msgspec.structs.replace(schema.Kernels(), log_directory=str(log_directory), **options)
    async with Host.open(run, settings, build="test", spawn=True, lifeline=lifeline) as host:
        yield host


def rss(host: Host) -> int:
    return int(Path(f"/proc/{host.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def prompted(host: Host) -> ProcessInfo:
    with anyio.fail_after(120):
        while not (info := (await host.processes())[0]).prompts:
            await anyio.lowlevel.checkpoint()
    return info


async def come_back(host: Host, kernel: reading.Kernel) -> reading.Kernel:
    """Another reader, from what the first had; to the end of the run, whose prompt it answers."""
    again = await reading.Kernel(host, kernel.incarnation).attach(kernel.events[-1].seq)
    await again.answer(await again.until(is_kind("input_request")), "bob")
    await again.until(is_status("idle"))
    return again


async def away(host: Host, code: str) -> reading.Kernel:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    await kernel.attachment.close()
    await kernel.submit(code)
    return kernel


async def test_forty_megabytes_that_nobody_reads_wait_and_come_back_whole(
    run_directory: Path, lifeline: int, log_directory: Path
) -> None:
    async with hosted(run_directory, lifeline, log_directory) as host:
        kernel = await away(host, "flood 40000 1000\ninput done?")
        info = await prompted(host)
        assert info.disk > 30_000_000
        assert info.bytes <= 8 * 1024 * 1024
        again = await come_back(host, kernel)
        assert numbers_of(again.events) == list(range(40000))
        assert gaps_of(again.events) == []
        (info,) = await host.processes()
        assert (info.disk, list(log_directory.glob("*/*"))) == (0, [])


async def test_past_the_bound_of_the_disk_the_oldest_output_is_a_gap(
    run_directory: Path, lifeline: int, log_directory: Path
) -> None:
    options = {"log_memory": 256 * 1024, "log_disk_each": 3 * 1024 * 1024}
    async with hosted(run_directory, lifeline, log_directory, **options) as host:
        kernel = await away(host, "print first\nflood 6000 1000\ninput done?")
        info = await prompted(host)
        assert 1_000_000 < info.disk <= 3 * 1024 * 1024
        again = await come_back(host, kernel)
        (gap,) = gaps_of(again.events)
        numbers = numbers_of(again.events)
        assert gap["why"] == "bound"
        assert gap["messages"] - 1 + len(numbers) == 6000
        assert numbers == list(range(6000 - len(numbers), 6000))
        assert [kind_of(event) for event in again.events[:2]] == ["status", "execute_input"]


async def test_large_messages_wait_in_files_of_their_own(
    run_directory: Path, lifeline: int, log_directory: Path
) -> None:
    async with hosted(run_directory, lifeline, log_directory) as host:
        kernel = await away(host, "large 15000000\nlarge 15000000\nlarge 30000000\nlarge 3000000\ninput done?")
        info = await prompted(host)
        assert info.disk > 33_000_000
        assert info.bytes < 100_000
        assert rss(host) < 24_000_000
        again = await come_back(host, kernel)
        displays = [content_of(event) for event in again.events if kind_of(event) == "display_data"]
        assert [len(display["data"]["text/plain"]) for display in displays] == [15_000_000, 15_000_000, 3_000_000]
        (gap,) = gaps_of(again.events)
        assert (gap["why"], gap["msg_type"]) == ("size", "display_data")
        assert list(log_directory.glob("*/*")) == []


async def test_a_large_message_comes_through_its_file_while_it_is_read(
    run_directory: Path, lifeline: int, log_directory: Path
) -> None:
    async with hosted(run_directory, lifeline, log_directory) as host:
        kernel = await (await start(host, scripted.launch_spec())).ready()
        run = await kernel.run("print before\nlarge 12000000\nprint after")
        assert [kind_of(event) for event in run if kind_of(event) in ("stream", "display_data")] == [
            "stream",
            "display_data",
            "stream",
        ]
        assert len(content_of(next(filter(is_kind("display_data"), run)))["data"]["text/plain"]) == 12_000_000
        assert rss(host) < 24_000_000


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, or where none may be mounted a directory that cannot be made."""
    place = tmp_path / "tiny"
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        (place / "file").write_text("")
        yield place / "file" / "nowhere"
        return
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def test_a_full_disk_stops_nobody(run_directory: Path, lifeline: int, tiny_disk: Path) -> None:
    filler = tiny_disk / "filler"
    async with hosted(run_directory, lifeline, tiny_disk, log_memory=256 * 1024) as host:
        try:
            filler.write_bytes(b"x" * 2 * 1024 * 1024)
        except OSError:
            pass  # it is full now
        kernel = await away(host, "flood 5000 1000\nlarge 3000000\ninput done?")
        info = await prompted(host)
        assert info.bytes <= 256 * 1024 + 3_100_000
        again = await come_back(host, kernel)
        gaps = gaps_of(again.events)
        assert {gap["why"] for gap in gaps} <= {"bound", "disk"}
        displays = sum(kind_of(event) == "display_data" for event in again.events)
        assert sum(gap["messages"] for gap in gaps) + len(numbers_of(again.events)) + displays == 5001
        await again.run("print next")
        assert gaps


async def test_files_that_a_killed_host_left_are_removed_by_the_next(
    run_directory: Path, lifeline: int, log_directory: Path
) -> None:
    async with hosted(run_directory, lifeline, log_directory) as host:
        await away(host, "flood 20000 1000\ninput done?")
        await prompted(host)
        assert list(log_directory.glob("*/*"))
        os.kill(host.pid, 9)
        with anyio.fail_after(20):
            while is_alive(host.pid):
                await anyio.lowlevel.checkpoint()
    async with hosted(run_directory, lifeline, log_directory) as host:
        assert list(log_directory.glob("*/*")) == []


async def test_a_host_that_ends_leaves_nothing(run_directory: Path, lifeline: int, log_directory: Path) -> None:
    async with hosted(run_directory, lifeline, log_directory) as host:
        await away(host, "flood 20000 1000\ninput done?")
        await prompted(host)
        await host.stop_all(grace=0)
        with anyio.fail_after(20):
            while list(log_directory.iterdir()):
                await anyio.lowlevel.checkpoint()


@pytest.mark.long
async def test_half_a_gigabyte_on_disk_costs_no_memory(run_directory: Path, lifeline: int, log_directory: Path) -> None:
    async with hosted(run_directory, lifeline, log_directory) as host:
        kernels = [await away(host, "flood 70000 1000\ninput done?") for _ in range(8)]
        with anyio.fail_after(280):
            while not all(info.prompts for info in await host.processes()):
                await anyio.lowlevel.checkpoint()
        infos = await host.processes()
        print(f"{sum(info.disk for info in infos) / 1e6:.0f} MB on disk, host {rss(host) / 1e6:.1f} MB RSS")
        assert sum(info.disk for info in infos) > 300_000_000
        assert sum(info.disk for info in infos) <= 512 * 1024 * 1024
        assert rss(host) < 24_000_000
        again = await come_back(host, kernels[0])
        assert numbers_of(again.events)[-1] == 69999
