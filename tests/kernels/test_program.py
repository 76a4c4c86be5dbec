"""Programs of the host: what they write, how they end, and that they live as kernels do."""

import os
import signal
import sys
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from reading import Kernel, content_of, gaps_of, is_life
from test_death import gone

from octavo import ids
from octavo.errors import KernelUnavailable
from octavo.kernels.connection import Host
from octavo.kernels.events import Channel, Event, LaunchSpec
from octavo.settings import schema
from octavo.wire import messages

pytestmark = pytest.mark.anyio


async def run(host: Host, script: str, *, acknowledging: bool = True) -> Kernel:
    """Start a program that runs this Python code."""
    spec = LaunchSpec(argv=[sys.executable, "-I", "-S", "-u", "-c", script], env=dict(os.environ), cwd="/")
    program = Kernel(host, ids.new_incarnation(), acknowledging=acknowledging)
    await host.start(program.process, program.incarnation, spec, label="a program", kind="program")
    return await program.attach()


def said(events: list[Event]) -> bytes:
    return b"".join(event.parts[0] for event in events if event.channel == Channel.OUTPUT)


def has_said(program: Kernel, text: bytes) -> bool:
    return text in said(program.events)


async def until_said(program: Kernel, text: bytes) -> None:
    if not has_said(program, text):
        await program.until(lambda event: has_said(program, text))


async def test_what_it_writes_to_both_streams_comes_in_the_order_in_which_it_was_written(host: Host) -> None:
    program = await run(host, "import os\nfor n in range(2000): os.write(1 + n % 2, b'%d\\n' % n)")
    exited = content_of(await program.until(is_life("exited")))
    assert said(program.events) == b"".join(b"%d\n" % n for n in range(2000))
    assert (exited["code"], exited["signal"], exited["by_host"]) == (0, None, False)
    assert [event.seq for event in program.events] == list(range(1, len(program.events) + 1))


@pytest.mark.parametrize(
    ("script", "end"),
    [("raise SystemExit(7)", (7, None)), ("import os; os.kill(os.getpid(), 9)", (None, 9)), ("1/0", (1, None))],
)
async def test_its_end_is_told_by_code_or_signal(host: Host, script: str, end: tuple[int | None, int | None]) -> None:
    exited = content_of(await (await run(host, script)).until(is_life("exited")))
    assert (exited["code"], exited["signal"]) == end


async def test_bytes_pass_as_they_are(host: Host) -> None:
    wanted = bytes(range(256)) + "é—🙂".encode()[:-2] + b"\r\n\0"
    program = await run(host, f"import os; os.write(1, {wanted!r})")
    await program.until(is_life("exited"))
    assert said(program.events) == wanted


async def test_a_line_of_many_megabytes_comes_whole(host: Host) -> None:
    program = await run(host, "import sys\nsys.stdout.write('x' * 20_000_000 + 'end')")
    await program.until(is_life("exited"))
    assert said(program.events) == b"x" * 20_000_000 + b"end"
    assert gaps_of(program.events) == []


async def test_nothing_can_be_read_from_its_stdin(host: Host) -> None:
    program = await run(host, "import sys; print(repr(sys.stdin.read()))")
    await program.until(is_life("exited"))
    assert said(program.events) == b"''\n"


async def test_a_child_that_keeps_the_pipe_open_does_not_keep_the_program_alive(host: Host) -> None:
    script = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    os.write(1, b'child %d\\n' % os.getpid())\n"
        "    time.sleep(600)\n"
        "time.sleep(0.2)\n"
        "print('parent ends')\n"
    )
    program = await run(host, script)
    await program.until(is_life("exited"))
    assert b"parent ends" in said(program.events)
    child = int(said(program.events).split(b"child ")[1].split()[0])
    await gone(child)


async def test_a_program_that_closes_its_output_lives_on(host: Host) -> None:
    script = "import os, time\nprint('closes')\nos.close(1); os.close(2)\ntime.sleep(600)"
    program = await run(host, script)
    await until_said(program, b"closes")
    await host.stop(program.incarnation, grace=10)
    exited = content_of(await program.until(is_life("exited")))
    assert (exited["signal"], exited["by_host"], exited["reason"]) == (signal.SIGTERM, True, "stopped")


async def test_it_is_interrupted_signalled_and_stopped_by_force(host: Host) -> None:
    script = (
        "import signal, time\n"
        "signal.signal(signal.SIGINT, lambda *_: print('interrupted'))\n"
        "signal.signal(signal.SIGUSR1, lambda *_: print('signalled'))\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('no'))\n"
        "print('ready')\n"
        "while True: time.sleep(600)\n"
    )
    program = await run(host, script)
    await until_said(program, b"ready")
    await host.interrupt(program.incarnation)
    await until_said(program, b"interrupted")
    await host.signal(program.incarnation, signal.SIGUSR1)
    await until_said(program, b"signalled")
    await host.stop(program.incarnation, grace=0.3)
    exited = content_of(await program.until(is_life("exited")))
    assert exited["signal"] == signal.SIGKILL
    assert b"no" in said(program.events)


async def test_it_goes_on_while_the_reader_is_away_and_is_found_again(run_directory: Path, lifeline: int) -> None:
    script = "import sys, time\nfor n in range(400):\n    print(n)\n    time.sleep(0.002)"
    async with Host.open(run_directory, schema.Kernels(), build="a", spawn=True, lifeline=lifeline) as first:
        program = await run(first, script)
        await until_said(program, b"10\n")
        taken = program.events[-1].seq
    async with Host.open(run_directory, schema.Kernels(), build="a", spawn=False) as second:
        (info,) = await second.processes()
        assert (info.kind, info.label, info.incarnation) == ("program", "a program", program.incarnation)
        program.host = second
        await program.attach(after=taken)
        await program.until(is_life("exited"))
    assert said(program.events) == b"".join(b"%d\n" % n for n in range(400))


async def test_past_the_bound_the_oldest_output_gives_way_to_a_gap(run_directory: Path, lifeline: int) -> None:
    settings = schema.Kernels(log_memory=1024 * 1024, log_disk=0)
    script = "import sys\nfor n in range(400_000): sys.stdout.write('%d\\n' % n)\nopen(sys.argv[1], 'w').close()"
    done = run_directory / "done"
    os.mkfifo(done)
    async with Host.open(run_directory, settings, build="a", spawn=True, lifeline=lifeline) as first:
        spec = LaunchSpec(argv=[sys.executable, "-I", "-S", "-c", script, str(done)], env=dict(os.environ), cwd="/")
        incarnation = ids.new_incarnation()
        await first.start(ids.new_process(), incarnation, spec, label="", kind="program")
    await anyio.to_thread.run_sync(done.read_bytes)  # until it has written all
    async with Host.open(run_directory, settings, build="a", spawn=False) as second:
        program = await Kernel(second, incarnation).attach()
        await program.until(is_life("exited"))
    assert said(program.events).endswith(b"399998\n399999\n")
    assert gaps_of(program.events)
    assert all(gap["why"] == "bound" for gap in gaps_of(program.events))
    assert len(said(program.events)) < 1.5 * 1024 * 1024


async def test_past_the_memory_s_bound_it_waits_on_disk(run_directory: Path, lifeline: int) -> None:
    settings = schema.Kernels(log_memory=1024 * 1024, log_directory=str(run_directory / "log"))
    script = "import sys\nfor n in range(400_000): sys.stdout.write('%d\\n' % n)\nopen(sys.argv[1], 'w').close()"
    done = run_directory / "done"
    os.mkfifo(done)
    async with Host.open(run_directory, settings, build="a", spawn=True, lifeline=lifeline) as first:
        argv = [sys.executable, "-I", "-S", "-c", script, str(done)]
        incarnation = ids.new_incarnation()
        spec = LaunchSpec(argv=argv, env=dict(os.environ), cwd="/")
        await first.start(ids.new_process(), incarnation, spec, label="", kind="program")
    await anyio.to_thread.run_sync(done.read_bytes)
    async with Host.open(run_directory, settings, build="a", spawn=False) as second:
        program = await Kernel(second, incarnation).attach()
        await program.until(is_life("exited"))
    assert said(program.events) == b"".join(b"%d\n" % n for n in range(400_000))


async def test_a_slow_reader_makes_it_wait_and_nothing_is_dropped(host: Host) -> None:
    program = await run(host, "import sys\nfor n in range(400_000): sys.stdout.write('%d\\n' % n)", acknowledging=False)
    await until_said(program, b"\n1000\n")
    (info,) = await host.processes()
    assert info.state == "ready"
    program.acknowledging = True
    host.ack(program.incarnation, program.events[-1].seq)
    await program.until(is_life("exited"))
    assert said(program.events) == b"".join(b"%d\n" % n for n in range(400_000))


async def test_it_takes_no_messages(host: Host) -> None:
    program = await run(host, "import time; time.sleep(600)")
    request = ids.new_request()
    with pytest.raises(KernelUnavailable, match="takes no messages"):
        await host.submit(program.incarnation, request, messages.execute_request(request, "test", "1"))
    with pytest.raises(KernelUnavailable, match="takes no messages"):
        await host.send(program.incarnation, "shell", messages.kernel_info_request(request, "test"))
    await host.stop(program.incarnation, grace=0)


async def test_one_that_is_not_there_is_refused_by_its_name(host: Host) -> None:
    spec = LaunchSpec(argv=["no-such-program"], env=dict(os.environ), cwd="/")
    with pytest.raises(KernelUnavailable, match="no-such-program"):
        await host.start(ids.new_process(), ids.new_incarnation(), spec, label="", kind="program")


async def test_one_whose_end_is_acknowledged_is_forgotten(host: Host) -> None:
    program = await run(host, "print(1)")
    await program.until(is_life("exited"))
    await host.processes()  # answered in order, after the acknowledgement
    assert await host.processes() == []
