"""The kernel host as notebooks see it: a service of its own that comes late, one of another release, one that dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest
from served import Served

pytestmark = pytest.mark.anyio


@contextmanager
def kernel_host(server: Served, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`octavo kernel-host`, as a unit would run it."""
    command = [sys.executable, "-m", "octavo", "kernel-host", *options]
    with subprocess.Popen(command, env=server.environment, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as host:
        assert host.stderr is not None
        try:
            yield host
        finally:
            if host.poll() is None:
                host.send_signal(signal.SIGTERM)
            host.wait(30)


def said(host: subprocess.Popen[bytes]) -> str:
    assert host.stderr is not None
    return host.stderr.readline().decode()


async def test_with_an_external_host_notebooks_wait_for_it_say_so_and_then_work_without_a_restart():
    with Served.start(settings='[kernels]\nhost = "external"\n') as server:
        server.put("n.ipynb", "print 1", "count")
        async with server.page("n.ipynb") as page:
            await page.until(lambda: page.state["kernel"].get("host") == "external")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(page.run, "a")  # it is answered when the kernel has it
                await page.until(lambda: page.state["kernel"].get("state") == "starting")
                with kernel_host(server) as host:
                    assert "listens on" in said(host)
                    await page.until(lambda: page.run_state("a") == "ok")
                    assert not page.state["kernel"].get("host")
        assert host.returncode == 0
        log = server.log.read_text()
        assert "octavo kernel-host" in log
        assert log.count("is not running") <= 2


async def test_an_external_host_outlives_the_web_process_and_its_end_is_told():
    with Served.start(settings='[kernels]\nhost = "external"\non_exit = "keep"\n') as server:
        server.put("n.ipynb", "count", "print 1\nhang")
        with kernel_host(server):
            async with server.page("n.ipynb") as page:
                await page.run("a")
                assert await page.finished("a") == "ok"
            server.stop()
            server.restart()
            async with server.page("n.ipynb") as page:
                await page.run("a")
                await page.until(lambda: page.text("a") == "2\n")  # the same kernel
                await page.run("b")
                await page.until(lambda: page.text("b"))
        async with server.page("n.ipynb") as page:  # it was told to end
            assert await page.finished("b") == "lost"
            assert page.state["kernel"]["cause"]["code"] == "host"
            await page.until(lambda: page.state["kernel"].get("host") == "external")


def test_a_second_host_says_who_holds_the_first(tmp_path):
    with Served.start() as server:
        options = ("--kernels-run-directory", str(server.home / "r"))
        with kernel_host(server, *options) as first:
            assert "listens on" in said(first)
            with kernel_host(server, *options) as second:
                assert f"process {first.pid}" in said(second)
                second.wait(30)
            assert second.returncode == 1
            first.send_signal(signal.SIGINT)
            assert first.wait(30) == 0


def test_the_command_tells_what_it_does_and_refuses_an_unknown_user():
    with Served.start() as server:
        assert "SIGTERM" in server.command("kernel-host", "--help")
        with kernel_host(server, "--user", "nobody-of-that-name") as host:
            assert "no user nobody-of-that-name" in said(host)
            host.wait(30)
        assert host.returncode not in (0, None)


async def test_a_host_that_is_killed_takes_its_kernels_with_it_and_every_page_says_so(own_desk):
    async with own_desk.opened("print 1\nhang", "print 2") as page, own_desk.page() as other:
        await page.run("a", "b")
        await other.until(lambda: other.text("a"))
        os.kill(own_desk.server.host_pid(), signal.SIGKILL)
        for one in (page, other):
            assert await one.finished("a") == "lost"
            assert one.cells["a"]["run"]["why"] == "host"
            await one.until(lambda one=one: one.state["kernel"]["state"] == "dead")
            assert one.state["kernel"]["cause"]["code"] == "host"
            assert one.text("a") == "1\n"
        await other.run("b")
        assert await page.finished("b") == "ok"
        await anyio.lowlevel.checkpoint()


async def test_a_page_stops_the_host_with_all_that_it_runs_and_the_next_run_gets_another(own_desk):
    async with own_desk.opened("print 1\nhang", "print 2") as page:
        await page.run("a")
        await page.until(lambda: page.text("a"))
        old = own_desk.server.host_pid()
        assert (await page.ask("stopHost"))["type"] == "done"
        assert await page.finished("a") == "lost"
        await page.run("b")
        assert await page.finished("b") == "ok"
        assert own_desk.server.host_pid() != old
