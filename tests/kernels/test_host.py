"""Starting, listing, submitting, restarting and stopping through a real host, with a scripted kernel."""

import os
import shutil
import signal
import stat
from pathlib import Path

import anyio
import pytest
import reading
import scripted
from reading import content_of, is_kind, is_life, kind_of, start, text_of

from octavo import ids
from octavo.errors import Conflict, HostUnavailable, Invalid, KernelUnavailable, NotFound, Stale
from octavo.kernels.connection import Host
from octavo.kernels.events import Channel, LaunchSpec
from octavo.kernels.host import protocol
from octavo.settings import schema
from octavo.wire import messages

pytestmark = pytest.mark.anyio


async def test_a_kernel_starts_runs_and_every_message_is_a_numbered_event(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    run = await kernel.run("print hello\nresult 7")
    assert [kind_of(event) for event in run if event.channel == Channel.IOPUB] == [
        "status",
        "execute_input",
        "stream",
        "execute_result",
        "status",
    ]
    assert text_of(run) == "hello\n"
    assert [event.seq for event in kernel.events] == list(range(1, len(kernel.events) + 1))
    assert content_of(kernel.events[0]) == {"event": "started", "pid": (await host.processes())[0].pid}


async def test_ready_carries_the_kernel_info_and_the_hosts_own_questions_are_no_events(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec("--info-after", "2"))).ready()
    await kernel.run("print x")
    ready = next(event for event in kernel.events if is_life("ready")(event))
    assert content_of(ready)["kernel_info"]["implementation"] == "scripted"
    kinds = {channel: [kind_of(event) for event in kernel.events if event.channel == channel] for channel in Channel}
    assert kinds[Channel.IOPUB] == ["iopub_welcome", "status", "execute_input", "stream", "status"]
    assert kinds[Channel.SHELL] == ["execute_reply"]


@pytest.mark.parametrize("options", [("--no-welcome",), ("--slow", "0.3"), ("--info-after", "2", "--no-welcome")])
async def test_what_is_submitted_before_the_kernel_is_ready_runs_in_order_once_it_is(
    host: Host, options: tuple[str, ...]
) -> None:
    kernel = await start(host, scripted.launch_spec(*options))
    first = await kernel.submit("print one")
    second = await kernel.submit("print two")
    run = await kernel.finish(second)
    assert text_of(kernel.events) == "one\ntwo\n"
    assert [kind_of(event) for event in run].count("status") == 2
    assert first != second


async def test_a_request_is_passed_on_once_however_often_it_is_asked(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    request = ids.new_request()
    parts = messages.execute_request(request, "test", "count")
    answers = [await host.submit(kernel.incarnation, request, parts) for _ in range(3)]
    await kernel.finish(request)
    answers.append(await host.submit(kernel.incarnation, request, parts))
    assert answers == [True, False, False, False]
    assert text_of(await kernel.run("count")) == "2\n"


async def test_starting_and_restarting_twice_is_done_once(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    await host.start(kernel.process, kernel.incarnation, scripted.launch_spec(), label="other")
    new = ids.new_incarnation()
    for _ in range(2):
        await host.restart(kernel.process, kernel.incarnation, new, scripted.launch_spec(), label="new")
    running = [info for info in await host.processes() if info.state != "ended"]
    assert [(info.process, info.incarnation, info.label) for info in running] == [(kernel.process, new, "new")]
    exited = await kernel.until(is_life("exited"))
    assert content_of(exited)["by_host"]
    assert content_of(exited)["reason"] == "restarted"


async def test_a_second_incarnation_of_a_running_process_is_refused(host: Host) -> None:
    kernel = await start(host, scripted.launch_spec())
    with pytest.raises(Conflict, match="runs already"):
        await host.start(kernel.process, ids.new_incarnation(), scripted.launch_spec(), label="")


async def test_an_ended_incarnation_is_stale_and_says_what_had_been_passed_on(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    passed_on = await kernel.submit("die 3")
    await kernel.until(is_life("exited"))
    for request, was in ((passed_on, True), (ids.new_request(), False)):
        with pytest.raises(Stale) as refused:
            await host.submit(kernel.incarnation, request, messages.execute_request(request, "test", "x"))
        assert refused.value.was is was
    with pytest.raises(Stale) as refused:
        await host.submit(ids.new_incarnation(), passed_on, messages.execute_request(passed_on, "test", "x"))
    assert refused.value.was is None


async def test_what_waits_for_a_kernel_that_never_starts_had_not_been_passed_on(host: Host) -> None:
    kernel = await start(host, scripted.launch_spec("--mute"), acknowledging=False)
    request = await kernel.submit("print x")
    with pytest.raises(Conflict, match="still starting"):
        await host.interrupt(kernel.incarnation)
    await host.stop(kernel.incarnation, grace=0)
    await kernel.until(is_life("exited"))
    with pytest.raises(Stale) as refused:
        await host.submit(kernel.incarnation, request, messages.execute_request(request, "test", "x"))
    assert refused.value.was is False


async def test_an_ended_log_stays_until_its_last_event_is_acknowledged(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    await host.stop(kernel.incarnation)
    await kernel.until(is_life("exited"))
    assert [info.state for info in await host.processes()] == ["ended"]
    again = await reading.Kernel(host, kernel.incarnation, acknowledging=False).attach()
    await again.until(is_life("exited"))
    assert again.events == kernel.events
    host.ack(kernel.incarnation, kernel.events[-1].seq)
    assert await host.processes() == []
    with pytest.raises(NotFound):
        await host.attach(kernel.incarnation, 0)


async def test_attaching_below_what_is_held_begins_with_a_gap_and_above_it_is_refused(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    await kernel.run("print x")
    (info,) = await host.processes()
    assert info.first == info.acked + 1
    again = await reading.Kernel(host, kernel.incarnation).attach()
    await again.run("print y")
    assert content_of(again.events[0]) == {
        "first": 1,
        "last": info.acked,
        "messages": info.acked,
        "bytes": 0,
        "why": "reader",
    }
    assert [event.seq for event in again.events] == list(range(info.acked, again.events[-1].seq + 1))
    with pytest.raises(Conflict, match="does not exist yet"):
        await host.attach(kernel.incarnation, again.events[-1].seq + 1)


@pytest.mark.parametrize("options", [(), ("--stubborn",)])
async def test_stopping_asks_first_and_ends_it_by_force_when_the_grace_is_over(
    host: Host, options: tuple[str, ...]
) -> None:
    kernel = await (await start(host, scripted.launch_spec(*options))).ready()
    parts = messages.shutdown_request(ids.new_request(), "test")
    await host.stop(kernel.incarnation, grace=0.2, shutdown=parts)
    await kernel.until(is_life("exited"))
    exited = content_of(kernel.events[-1])
    assert exited["by_host"]
    assert exited["reason"] == "stopped"
    assert (exited["code"], exited["signal"]) == ((None, signal.SIGKILL) if options else (0, None))
    assert any(map(is_kind("shutdown_reply"), kernel.events)) is not bool(options)


@pytest.mark.parametrize("mode", ["signal", "message"])
async def test_an_interrupt_reaches_a_kernel_by_the_way_that_it_wants(host: Host, mode: str) -> None:
    kernel = await (await start(host, scripted.launch_spec(interrupt_mode=mode))).ready()
    request = await kernel.submit("hang")
    await kernel.until(is_kind("execute_input"))
    await host.interrupt(kernel.incarnation, messages.interrupt_request(ids.new_request(), "test"))
    run = await kernel.finish(request)
    assert content_of(next(event for event in run if kind_of(event) == "error"))["ename"] == "KeyboardInterrupt"


async def test_raw_messages_go_to_shell_and_control(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec())).ready()
    await host.send(kernel.incarnation, "shell", messages.complete_request(ids.new_request(), "raw", "scr", 3))
    await host.send(kernel.incarnation, "control", messages.kernel_info_request(ids.new_request(), "raw"))
    replies: set[str] = set()
    while replies != {"complete_reply", "kernel_info_reply"}:
        for event in await kernel.read():
            if event.channel in (Channel.SHELL, Channel.CONTROL):
                replies.add(kind_of(event))
                assert messages.peek(event.parts[1]).session == "raw"


@pytest.mark.parametrize(
    ("argv", "cwd", "reason"),
    [
        (["/nowhere/python"], "/", "no program /nowhere/python"),
        (["no-such-kernel"], "/", "no program"),
        (["true"], "/nowhere", "/nowhere is not there"),
    ],
)
async def test_a_kernel_that_cannot_be_started_says_why_and_leaves_nothing(
    host: Host, run_directory: Path, argv: list[str], cwd: str, reason: str
) -> None:
    spec = LaunchSpec(argv=argv, env={"PATH": "/usr/bin:/bin"}, cwd=cwd)
    with pytest.raises(KernelUnavailable, match=reason):
        await host.start(ids.new_process(), ids.new_incarnation(), spec, label="")
    assert await host.processes() == []
    assert [path.name for path in run_directory.iterdir() if path.is_dir()] == []


async def test_a_request_that_makes_no_sense_is_refused_and_harms_nobody(host: Host) -> None:
    with pytest.raises(Invalid):
        await host.start(ids.ProcessId("a/b"), ids.new_incarnation(), scripted.launch_spec(), label="")
    with pytest.raises(Invalid):
        await host.start(ids.new_process(), ids.Incarnation("ABC"), scripted.launch_spec(), label="")
    with pytest.raises(Invalid):
        await host.start(ids.new_process(), ids.new_incarnation(), LaunchSpec(argv=["a\0b"], env={}, cwd="/"), label="")
    assert await host.processes() == []


async def test_the_newest_connection_is_the_reader_and_the_older_is_told_that_it_is_fenced(
    host: Host, run_directory: Path
) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    async with Host.open(run_directory, schema.Kernels(), build="other", spawn=False) as newer:
        await host.wait_lost()
        assert host.state == "lost"
        assert "taken" in host.why
        with pytest.raises(HostUnavailable, match="taken"):
            await host.processes()
        with pytest.raises(HostUnavailable, match="taken"):
            await kernel.until(is_life("exited"))
        again = await reading.Kernel(newer, kernel.incarnation).attach()
        assert text_of(await again.run("print on")) == "on\n"
        assert again.events[: len(kernel.events)] == kernel.events


async def test_a_host_of_another_version_can_be_listed_and_stopped_but_not_used(
    run_directory: Path, lifeline: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Host.open(run_directory, schema.Kernels(), build="old", spawn=True, lifeline=lifeline) as older:
        kernel = await start(older, scripted.launch_spec())
    monkeypatch.setattr(protocol, "VERSION", 99)
    async with Host.open(run_directory, schema.Kernels(), build="new", spawn=True) as host:
        assert host.state == "incompatible"
        assert [info.incarnation for info in await host.processes()] == [kernel.incarnation]
        with pytest.raises(HostUnavailable, match="another version"):
            await host.attach(kernel.incarnation, 0)
        await host.stop_all()
        assert host.state == "lost"


async def test_stopping_all_ends_every_process_and_the_host(host: Host) -> None:
    kernels = [await start(host, scripted.launch_spec()) for _ in range(2)]
    pids = [info.pid for info in await host.processes()]
    watched = [os.pidfd_open(pid) for pid in pids if pid] + [os.pidfd_open(host.pid)]
    await host.stop_all()
    assert "ended" in host.why
    for descriptor in watched:
        await gone(descriptor)
    assert len(watched) == 3
    assert [kernel.incarnation for kernel in kernels]


async def test_without_a_host_and_without_leave_to_start_one_it_says_so(run_directory: Path) -> None:
    with pytest.raises(HostUnavailable, match="No kernel host answers"):
        async with Host.open(run_directory, schema.Kernels(), build="test", spawn=False):
            raise AssertionError("there is no host")


async def test_a_second_host_is_refused_and_told_who_holds_the_directory(host: Host, run_directory: Path) -> None:
    os.unlink(run_directory / protocol.SOCKET_NAME)
    with pytest.raises(HostUnavailable, match=rf"held|holds .* already: process {host.pid}, it listens on"):
        async with Host.open(run_directory, schema.Kernels(), build="test", spawn=True):
            raise AssertionError("the first one still holds the lock")


async def test_only_its_owner_can_reach_the_socket(host: Host, run_directory: Path) -> None:
    assert stat.S_IMODE(run_directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((run_directory / protocol.SOCKET_NAME).stat().st_mode) == 0o600
    assert host.state == "connected"


async def test_a_host_that_is_left_alone_ends_itself_but_not_while_something_runs(
    run_directory: Path, lifeline: int
) -> None:
    settings = schema.Kernels(orphan_after=0)
    async with Host.open(run_directory, settings, build="test", spawn=True, lifeline=lifeline) as host:
        kernel = await (await start(host, scripted.launch_spec())).ready()
        await kernel.submit("sleep 2.5\nprint done")
        descriptor = os.pidfd_open(host.pid)
    with anyio.move_on_after(1.5) as waited:
        await anyio.wait_readable(descriptor)
    assert waited.cancelled_caught
    await gone(descriptor)


async def test_a_host_whose_directory_was_removed_ends_when_its_reader_leaves(
    run_directory: Path, lifeline: int
) -> None:
    async with Host.open(run_directory, schema.Kernels(), build="test", spawn=True, lifeline=lifeline) as host:
        kernel = await (await start(host, scripted.launch_spec())).ready()
        shutil.rmtree(run_directory)
        assert text_of(await kernel.run("print still here")) == "still here\n"
        await kernel.submit("hang")
        descriptor = os.pidfd_open(host.pid)
    await gone(descriptor)


async def test_the_lifeline_ends_the_host_and_its_kernels(run_directory: Path) -> None:
    read, write = os.pipe()
    async with Host.open(run_directory, schema.Kernels(), build="test", spawn=True, lifeline=read) as host:
        await start(host, scripted.launch_spec("--stubborn"))
        (info,) = await host.processes()
        assert info.pid
        descriptor = os.pidfd_open(info.pid)
        os.close(write)
        await host.wait_lost()
    os.close(read)
    await gone(descriptor)


async def gone(descriptor: int) -> None:
    """Wait until the process of a pidfd has ended."""
    with anyio.fail_after(20):
        await anyio.wait_readable(descriptor)
    os.close(descriptor)


async def test_the_next_host_waits_for_one_that_is_ending(host: Host, run_directory: Path, lifeline: int) -> None:
    await start(host, scripted.launch_spec("--stubborn"))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: host.stop_all(grace=1))
        while await anyio.to_thread.run_sync(lambda: "ending" not in (run_directory / protocol.LOCK_NAME).read_text()):
            pass
        async with Host.open(run_directory, schema.Kernels(), build="test", spawn=True, lifeline=lifeline) as after:
            assert after.id != host.id
            assert await after.processes() == []
