"""The kernel that comes with the install, under our launcher."""

import os
import re
from pathlib import Path

import anyio
import pytest
from reading import Kernel, content_of, gaps_of, is_kind, is_life, kind_of, numbers_of, start, text_of

from octavo.kernels import launcher, launching, specs
from octavo.kernels.connection import Host
from octavo.kernels.events import LaunchSpec
from octavo.settings import schema

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]


def ipykernel(cwd: Path | str = "/tmp", **environment: str) -> LaunchSpec:
    server = {**os.environ, "IPYTHONDIR": "/nonexistent", **environment}
    server.pop("DISPLAY", None)
    return launching.launch_spec(specs.own_python(), cwd=cwd, environment=server, settings=schema.Kernels())


@pytest.fixture
async def kernel(host: Host, tmp_path: Path) -> Kernel:
    return await (await start(host, ipykernel(tmp_path, IPYTHONDIR=str(tmp_path / "ipython")))).ready()


async def test_fifty_thousand_lines_arrive_whole_and_in_order(kernel: Kernel) -> None:
    run = await kernel.run("for i in range(50000): print(i)")
    assert numbers_of(run) == list(range(50000))
    run = await kernel.run("for i in range(10000): print(i, flush=True)")
    assert numbers_of(run) == list(range(10000))
    assert gaps_of(kernel.events) == []


async def test_a_reader_that_stops_for_a_while_loses_nothing(kernel: Kernel) -> None:
    request = await kernel.submit("for i in range(8000): print(i, 'x' * 200, flush=True)")
    await anyio.sleep(2)  # it reads nothing meanwhile: what stock Jupyter loses lines by
    assert numbers_of(await kernel.finish(request)) == list(range(8000))


async def test_output_without_flush_is_sent_on_in_pieces(kernel: Kernel) -> None:
    run = await kernel.run("for i in range(40000): print(i, 'x' * 90)")
    sizes = [len(content_of(event)["text"]) for event in run if kind_of(event) == "stream"]
    assert numbers_of(run) == list(range(40000))
    assert max(sizes) < 3 * launcher.FLUSH_AT


async def test_an_interrupt_of_a_flood_is_felt_though_its_reader_is_slow(kernel: Kernel) -> None:
    kernel.acknowledging = False
    request = await kernel.submit("i = 0\nwhile True: i += 1; print(i, 'x' * 900, flush=True)")
    with anyio.fail_after(30):
        while (await kernel.host.processes())[0].bytes < 1_200_000:
            await anyio.lowlevel.checkpoint()
    await kernel.host.interrupt(kernel.incarnation)
    kernel.acknowledging = True
    run = await kernel.finish(request)
    assert next(content_of(event) for event in run if kind_of(event) == "error")["ename"] == "KeyboardInterrupt"
    assert {gap["why"] for gap in gaps_of(kernel.events)} <= {"cut"}
    assert text_of(await kernel.run("print('on')")) == "on\n"


async def test_an_interrupt_wakes_a_cell_that_awaits(kernel: Kernel) -> None:
    request = await kernel.submit("import asyncio\nawait asyncio.sleep(600)")
    await kernel.until(is_kind("execute_input"))
    await anyio.sleep(0.3)
    await kernel.host.interrupt(kernel.incarnation)
    with anyio.fail_after(20):
        await kernel.finish(request)


async def test_input_is_asked_and_answered(kernel: Kernel) -> None:
    request = await kernel.submit("import getpass\nprint(input('name? ') + getpass.getpass())")
    for value in ("a", "b"):
        await kernel.answer(await kernel.until(is_kind("input_request")), value)
    assert text_of(await kernel.finish(request)) == "ab\n"


async def test_matplotlib_shows_inline_without_configuration_and_display(host: Host, tmp_path: Path) -> None:
    kernel = await (await start(host, ipykernel(MPLBACKEND="TkAgg", MPLCONFIGDIR=str(tmp_path)))).ready()
    run = await kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    shown = [content_of(event)["data"] for event in run if kind_of(event) == "display_data"]
    assert ["image/png" in data for data in shown] == [True]


async def test_printed_text_is_not_kept_by_ipython(kernel: Kernel) -> None:
    await kernel.run("print('x' * 1000)")
    run = await kernel.run("print(len(getattr(get_ipython().history_manager, 'outputs', {})))")
    assert text_of(run) == "0\n"


async def test_the_kernel_sees_neither_our_folder_nor_our_packages_path(kernel: Kernel) -> None:
    run = await kernel.run(
        "import sys, __main__\nprint([p for p in sys.path if p.endswith('kernels')], hasattr(__main__, 'memory'))"
    )
    assert text_of(run) == "[] False\n"


async def test_a_cell_that_ends_the_process_is_told_by_its_code(kernel: Kernel) -> None:
    # Half a second for ZeroMQ's own thread: what it holds dies with the process, in a stock kernel too.
    await kernel.submit("print('bye', flush=True)\nimport os, time; time.sleep(0.5); os._exit(5)")
    exited = content_of(await kernel.until(is_life("exited")))
    assert (exited["code"], text_of(kernel.events)) == (5, "bye\n")


def test_jedi_is_off_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    from ipykernel import kernelapp

    given: list[object] = []
    monkeypatch.setattr(kernelapp.IPKernelApp, "launch_instance", lambda **options: given.append(options.get("config")))
    for name in ("wait_instead_of_dropping", "flush_large_buffers", "forget_printed_text"):
        monkeypatch.setattr(launcher, name, lambda _: None)
    for size in (1 << 29, 1 << 31):
        monkeypatch.setattr(launcher, "memory", lambda size=size: size)
        launcher.main()
    assert given == [{"IPCompleter": {"use_jedi": False}}, None]


def test_a_launcher_that_finds_something_else_than_it_knows_still_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    from ipykernel import iostream, kernelapp
    from IPython.core.interactiveshell import InteractiveShell

    launched: list[bool] = []
    monkeypatch.setattr(kernelapp.IPKernelApp, "launch_instance", lambda **options: launched.append(True))
    monkeypatch.delattr(kernelapp.IPKernelApp, "init_iopub")
    monkeypatch.delattr(iostream.OutStream, "_schedule_flush")
    monkeypatch.delattr(InteractiveShell, "_tee", raising=False)
    launcher.main()
    assert launched == [True]


def test_memory_is_what_the_machine_or_container_has() -> None:
    (total,) = re.findall(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    assert 0 < launcher.memory() <= int(total) * 1024
