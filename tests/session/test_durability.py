"""`kill -9` of the web process at chosen moments: what was promised happens once, what was shown comes back."""

import os
import signal
import time

import anyio
import pytest

pytestmark = pytest.mark.anyio


async def test_a_run_that_was_promised_runs_once_though_the_host_could_not_be_told(own_desk):
    server = own_desk.server
    async with own_desk.opened("count") as page:
        await page.run("a")
        await page.finished("a")
        os.kill(server.host_pid(), signal.SIGSTOP)  # it hears nothing: the request stands in the journal alone
        try:
            answer = await page.run("a")
            assert answer["type"] == "done"
            server.kill()
        finally:
            os.kill(server.host_pid(), signal.SIGCONT)
    server.restart()
    async with own_desk.page() as page:
        await page.until(lambda: page.text("a") == "2\n" and page.run_state("a") == "ok")


async def test_runs_that_wait_go_on_in_their_order_after_the_web_process_died(own_desk):
    async with own_desk.opened("print begun\nsleep 1", "count", "count", "count") as page:
        await page.run("a", "d", "c", "b")
        await page.until(lambda: page.text("a"))
    own_desk.server.kill()
    own_desk.server.restart()
    async with own_desk.page() as page:
        await page.finished("b")
        assert [page.text(cell) for cell in "dcb"] == ["2\n", "3\n", "4\n"]
        assert page.text("a") == "begun\n"


async def test_a_run_that_starts_the_kernel_survives_before_the_host_has_heard_of_it(own_desk):
    server = own_desk.server
    async with own_desk.opened("count", "count") as page:
        os.kill(server.host_pid(), signal.SIGSTOP)
        try:
            await page.run("a", "b")
            server.kill()
        finally:
            os.kill(server.host_pid(), signal.SIGCONT)
    server.restart()
    async with own_desk.page() as page:
        assert await page.finished("b") == "ok"
        assert [page.text(cell) for cell in "ab"] == ["1\n", "2\n"]
        async with server.http() as http:
            assert len((await http.get("api/kernels")).json()) == 1


async def test_restart_and_run_all_is_one_command_that_survives(own_desk):
    server = own_desk.server
    async with own_desk.opened("count", "count") as page:
        await page.run("a", "b")
        await page.finished("b")
        old = page.state["kernel"]["process"]
        os.kill(server.host_pid(), signal.SIGSTOP)
        try:
            answer = await page.ask("restart", run=["b", "a"])
            assert answer["type"] == "done"
            server.kill()
        finally:
            os.kill(server.host_pid(), signal.SIGCONT)
    server.restart()
    async with own_desk.page() as page:
        await page.until(lambda: page.text("a") == "2\n" and page.run_state("a") == "ok")
        assert page.text("b") == "1\n"  # a new kernel, and each once
        assert page.state["kernel"]["process"] == old


async def test_what_was_called_kept_is_there_and_its_client_brings_the_rest(own_desk):
    async with own_desk.opened("") as other, own_desk.page(reconnects=True) as page:
        for n in range(50):
            await page.type("a", f"{n} ")
            if n % 10 == 0:
                await anyio.sleep(0.005)
        await page.until(lambda: page.kept >= page.edits // 2)
        kept = page.kept - 1  # edit 1 was the answer to the server's step 1
        own_desk.server.kill()
        assert other.connected or True
        own_desk.server.restart()
        await page.until(lambda: page.connections == 2 and page.synced)
        async with own_desk.page() as third:
            words = third.source("a").split()
            assert words[:kept] == [str(n) for n in range(kept)]
            await third.until(lambda: third.source("a").split() == [str(n) for n in range(50)])


async def test_ctrl_c_saves_what_was_typed_and_tells_pages_to_come_back(own_desk):
    server = own_desk.server
    async with own_desk.opened("print 1") as page:
        await page.type("a", "2")
        await page.until(lambda: page.kept == page.edits)
        began = time.monotonic()
        await anyio.to_thread.run_sync(server.stop)
        assert time.monotonic() - began < 10
        assert page.closed[0] == 1012  # the server goes, and comes again
    assert "".join(own_desk.cells()[0]["source"]) == "print 12"


async def test_a_hangup_keeps_the_kernels_and_the_next_start_finds_them(own_desk):
    server = own_desk.server
    async with own_desk.opened("count") as page:
        await page.run("a")
        await page.finished("a")
    await anyio.to_thread.run_sync(server.stop, signal.SIGHUP)
    server.restart()
    async with own_desk.page() as page:
        assert page.state["kernel"]["state"] == "idle"
        await page.run("a")
        await page.until(lambda: page.text("a") == "2\n")


async def test_a_page_without_anybody_there_keeps_no_run_commands(own_desk):
    async with own_desk.opened("count") as _, own_desk.page(reconnects=True) as page:
        await page.run("a")
        await page.finished("a")
        own_desk.server.kill()
        await page.type("a", "\nprint offline")
        own_desk.server.restart()
        await page.until(lambda: page.connections == 2 and page.synced)
        await page.until(lambda: page.kept == page.edits)
        assert page.text("a") == "1\n"
        await page.run("a")
        await page.until(lambda: page.text("a") == "2\noffline\n")
