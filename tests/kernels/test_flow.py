"""What happens to output by what the reader does: nothing is lost with a reader that is well, and memory is bounded without one."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
import reading
import scripted
from reading import content_of, gaps_of, is_kind, is_life, is_status, kind_of, numbers_of, start, text_of

from octavo.kernels.connection import Host
from octavo.kernels.events import Channel, Event
from octavo.settings import schema

pytestmark = pytest.mark.anyio

SMALL = schema.Kernels(log_memory=256 * 1024, max_message=128 * 1024)


@pytest.fixture
async def small_host(run_directory: Path, lifeline: int) -> AsyncIterator[Host]:
    """A host with little memory for its logs."""
    async with Host.open(run_directory, SMALL, build="test", spawn=True, lifeline=lifeline) as host:
        yield host


def covered(events: list[Event], after: int = 0) -> bool:
    """Whether events and gaps follow each other without a hole."""
    for event in events:
        first = content_of(event)["first"] if event.channel == Channel.GAP else event.seq
        if first != after + 1:
            return False
        after = event.seq
    return True


async def held(host: Host) -> int:
    return sum(info.bytes for info in await host.processes())


async def test_a_flood_arrives_whole_and_in_order(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    run = await kernel.run("flood 20000")
    assert numbers_of(run) == list(range(20000))
    assert covered(kernel.events)


async def test_a_slow_reader_makes_the_kernel_wait_and_loses_nothing(small_host: Host) -> None:
    kernel = await (await start(small_host, scripted.launch_spec())).ready()
    await kernel.submit('flood 3000 3000\ndisplay "end"')
    most = 0
    while not any(map(is_kind("display_data"), kernel.events)):
        await kernel.read()
        most = max(most, await held(small_host))
    assert numbers_of(kernel.events) == list(range(3000))
    assert gaps_of(kernel.events) == []
    assert most < 3 * 1024 * 1024


async def test_without_a_reader_the_log_keeps_its_bound_and_all_that_is_not_bulk(
    small_host: Host, run_directory: Path
) -> None:
    kernel = await (await start(small_host, scripted.launch_spec())).ready()
    await kernel.attachment.close()
    await kernel.submit("flood 5000 200\ninput name?\nerror Bad luck")
    with anyio.fail_after(60):
        while not (info := (await small_host.processes())[0]).prompts:
            assert info.bytes <= 2 * SMALL.log_memory
            await anyio.lowlevel.checkpoint()
    assert info.bytes <= SMALL.log_memory
    position = kernel.events[-1].seq
    again = await reading.Kernel(small_host, kernel.incarnation).attach(position)
    asked = await again.until(is_kind("input_request"))
    assert info.prompts == [asked.seq]
    await again.answer(asked, "bob")
    await again.until(is_status("idle"))
    assert covered(again.events, position)
    numbers = numbers_of(again.events)
    gaps = gaps_of(again.events)
    assert sum(gap["messages"] for gap in gaps) + len(numbers) == 5000
    assert {gap["why"] for gap in gaps} == {"bound"}
    assert numbers[-1] == 4999
    assert [kind_of(event) for event in again.events if kind_of(event) not in ("", "stream")][:2] == [
        "status",
        "execute_input",
    ]
    assert any(map(is_kind("error"), again.events))


async def test_a_kernel_that_drops_is_read_on_however_slow_the_reader(small_host: Host) -> None:
    kernel = await (await start(small_host, scripted.launch_spec(nodrop=False), acknowledging=False)).ready()
    await kernel.submit("flood 4000 1000")
    with anyio.fail_after(60):
        while (info := (await small_host.processes())[0]).last < 4000:
            await anyio.lowlevel.checkpoint()
    assert info.bytes < SMALL.log_memory + 1_200_000  # the bound, and what is under way
    kernel.acknowledging = True
    small_host.ack(kernel.incarnation, kernel.events[-1].seq)
    await kernel.until(is_kind("execute_reply"))
    assert covered(kernel.events)
    assert gaps_of(kernel.events)


async def test_an_interrupt_cuts_the_output_that_waits(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    request = await kernel.submit("flood 100000 1000\nprint never")
    with anyio.fail_after(30):
        while (await host.processes())[0].bytes < 1_200_000:  # the window is full, the kernel waits
            await kernel.read() if kernel.attachment.position < 100 else await anyio.lowlevel.checkpoint()
    await host.interrupt(kernel.incarnation)
    kernel.acknowledging = True
    run = await kernel.finish(request)
    assert any(map(is_kind("error"), run))
    assert {gap["why"] for gap in gaps_of(kernel.events)} == {"cut"}
    assert covered(kernel.events)
    assert text_of(await kernel.run("print next")) == "next\n"
    assert numbers_of(await kernel.run("flood 3000 1000")) == list(range(3000))


async def test_a_message_over_the_limit_becomes_a_gap_with_its_type_and_parent(small_host: Host) -> None:
    kernel = await (await start(small_host, scripted.launch_spec())).ready()
    request = await kernel.submit("print before\nlarge 5000000\nprint after")
    await kernel.finish(request)
    (gap,) = gaps_of(kernel.events)
    assert (gap["why"], gap["msg_type"], gap["parent"]["msg_id"], gap["messages"]) == (
        "size",
        "display_data",
        request,
        1,
    )
    assert gap["bytes"] > 5_000_000
    assert text_of(kernel.events) == "before\nafter\n"


async def test_a_large_message_under_the_limit_arrives_whole_through_any_window(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    run = await kernel.run("large 12000000\nprint after")
    assert len(content_of(next(filter(is_kind("display_data"), run)))["data"]["text/plain"]) == 12_000_000
    assert gaps_of(kernel.events) == []


async def test_a_kernel_that_says_more_than_can_be_kept_is_ended_with_the_reason(small_host: Host) -> None:
    kernel = await (await start(small_host, scripted.launch_spec())).ready()
    await kernel.attachment.close()
    padding = "x" * 1000
    lines = [f'message iopub execute_input {{"code": "{padding}", "execution_count": 1}}' for _ in range(1000)]
    await kernel.submit("\n".join(lines))
    with anyio.fail_after(30):
        while (await small_host.processes())[0].state != "ended":
            await anyio.lowlevel.checkpoint()
    again = await reading.Kernel(small_host, kernel.incarnation).attach(kernel.events[-1].seq)
    await again.until(is_life("exited"))
    exited = content_of(again.events[-1])
    assert exited["by_host"]
    assert exited["reason"] == "flood"
    assert covered(again.events, kernel.events[-1].seq)


async def test_one_flooding_kernel_does_not_cost_a_quiet_one_its_output(small_host: Host) -> None:
    quiet = await (await start(small_host, scripted.launch_spec())).ready()
    loud = await (await start(small_host, scripted.launch_spec())).ready()
    for kernel in (quiet, loud):
        await kernel.attachment.close()
    await quiet.submit("flood 20 1000")
    await loud.submit("flood 5000 1000\ninput done?")
    with anyio.fail_after(60):
        while not any(info.prompts for info in await small_host.processes()):
            await anyio.lowlevel.checkpoint()
    assert await held(small_host) <= SMALL.log_memory
    again = await reading.Kernel(small_host, quiet.incarnation).attach(quiet.events[-1].seq)
    await again.until(is_kind("execute_reply"))
    assert gaps_of(again.events) == []
    assert numbers_of(again.events) == list(range(20))


@pytest.mark.long
async def test_a_reader_that_acknowledges_nothing_for_ten_seconds_counts_as_away(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    began = time.monotonic()
    await kernel.submit("flood 30000 1000\ninput done?")
    with anyio.fail_after(60):
        while not (info := (await host.processes())[0]).prompts:
            await anyio.lowlevel.checkpoint()
    assert time.monotonic() - began > 9
    assert info.bytes < 10 * 1024 * 1024
    rss = int(Path(f"/proc/{host.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    assert rss < 40 * 1024 * 1024
