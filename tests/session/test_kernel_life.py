"""Kernels that start, fail to, are interrupted, restarted, die, or lose their host: what the page is told and what becomes of the runs."""

import anyio
import pytest

pytestmark = pytest.mark.anyio


def kernel(page):
    return page.state["kernel"].get("state", "none")


async def test_a_kernel_that_cannot_be_started_says_why_and_the_cell_does_not_hang(desk):
    async with desk.opened("print 1", "print 2", kernel="broken") as page:
        await page.run("a", "b")
        await page.until(lambda: kernel(page) == "unavailable")
        cause = page.state["kernel"]["cause"]
        assert (cause["code"], cause["values"]["reason"]) == ("broken", "program")
        assert cause["values"]["what"] == "/nowhere/kernel"
        await page.until(lambda: not page.state["queue"])


async def test_a_kernel_that_dies_at_its_start_says_why(desk):
    async with desk.opened("print 1", kernel="dying") as page:
        await page.run("a")
        await page.until(lambda: kernel(page) in ("dead", "unavailable"))
        cause = page.state["kernel"]["cause"]
        assert (cause["code"], cause["values"]["code"]) == ("start", 3)
        assert "dies as it was told" in cause["values"]["said"]
        await page.until(lambda: not page.state["queue"])


async def test_a_kernelspec_that_is_not_here_is_named(desk):
    async with desk.opened("print 1", kernel="nowhere") as page:
        await page.run("a")
        await page.until(lambda: kernel(page) == "unavailable")
        assert page.state["kernel"]["cause"]["code"] == "no-kernel"
        assert page.state["kernel"]["cause"]["values"]["name"] == "nowhere"
        answer = await page.ask("chooseKernel", name="scripted", start=True)
        assert answer["type"] == "done"
        await page.run("a")
        assert await page.finished("a") == "ok"
    file = await desk.file_is(lambda f: f["metadata"]["kernelspec"]["name"] == "scripted")
    assert file["metadata"]["kernelspec"]["display_name"] == "Scripted"


async def test_a_dead_kernel_is_explained_its_run_lost_and_the_next_run_starts_another(desk):
    async with desk.opened("print 1\nkill 9", "print 2", "count") as page:
        await page.run("a", "b")
        assert await page.finished("a") == "lost"
        assert page.cells["a"]["run"]["why"] == "signal-9"
        assert page.text("a") == "1\n"
        await page.until(lambda: kernel(page) == "dead")
        assert page.state["kernel"]["why"] == "signal-9"
        cause = page.state["kernel"]["cause"]
        assert (cause["code"], cause["values"]["name"], cause["values"]["cell"]) == ("signal", "SIGKILL", "a")
        assert page.cells["a"]["run"]["cause"]["values"]["signal"] == 9
        assert page.state["queue"] == []
        await page.run("c")
        assert await page.finished("c") == "ok"
        assert page.text("c") == "1\n"


async def test_a_kernel_that_exits_says_its_code(desk):
    async with desk.opened("die 7") as page:
        await page.run("a")
        assert await page.finished("a") == "lost"
        assert page.cells["a"]["run"]["why"] == "exit-7"


async def test_death_in_the_middle_of_a_message_loses_only_that_message(desk):
    async with desk.opened("print whole\nhalf") as page:
        await page.run("a")
        assert await page.finished("a") == "lost"
        assert page.text("a") == "whole\n"


async def test_a_restart_runs_what_it_was_given_in_the_new_kernel(desk):
    async with desk.opened("count", "count", "print 9\nhang") as page:
        await page.run("a", "b", "c")
        await page.until(lambda: page.text("c") == "9\n")
        answer = await page.ask("restart", run=["b", "a"])
        assert answer["type"] == "done"
        await page.until(lambda: page.run_state("a") == "ok" and page.text("a") == "2\n")
        assert page.text("b") == "1\n"
        assert page.run_state("c") == "lost"
        assert page.cells["c"]["run"]["why"] == "restarted"


async def test_restarts_while_output_pours_lose_no_event_and_end_no_session(desk):
    async with desk.opened("flood 400\nsleep 0.05\nflood 400\nhang", "count") as page:
        for _ in range(8):
            await page.run("a")
            await page.until(lambda: page.text("a"))
            await page.ask("restart", run=["b"])
            await page.until(lambda: page.run_state("b") == "ok")
            assert page.text("b") == "1\n"
            assert page.run_state("a") == "lost"


async def test_a_restart_drops_what_waited(desk):
    async with desk.opened("print 1\nhang", "count") as page:
        await page.run("a", "b")
        await page.until(lambda: page.text("a"))
        await page.ask("restart")
        await page.until(lambda: kernel(page) == "idle")
        assert page.state["queue"] == []
        assert page.text("b") == ""


async def test_a_stubborn_kernel_is_ended_all_the_same(desk):
    async with desk.opened("print 1", kernel="stubborn") as page:
        await page.run("a")
        await page.finished("a")
        await page.ask("shutdown")
        await page.until(lambda: kernel(page) == "dead")
        assert page.state["kernel"]["why"] == "stopped"
        await page.run("a")  # it has not ended yet: the next one starts as soon as it has
        assert await page.finished("a") == "ok"
        await page.until(lambda: kernel(page) == "idle")


async def test_an_interrupt_before_anything_runs_does_no_harm(desk):
    async with desk.opened("print 1") as page:
        assert (await page.ask("interrupt"))["type"] == "done"
        await page.run("a")
        assert await page.finished("a") == "ok"


async def test_an_interrupt_while_the_kernel_starts_takes_out_what_waits(desk):
    async with desk.opened("print 1", "print 2", kernel="mute") as page:
        await page.run("a", "b")
        await page.until(lambda: page.run_state("a") == "running")
        answer = await page.ask("interrupt")
        assert answer["dropped"] == 1
        await page.ask("shutdown")
        assert await page.finished("a") == "lost"
        assert page.cells["a"]["run"]["why"] == "stopped"


async def test_choosing_another_kernel_stops_the_old_one(desk):
    async with desk.opened("print 1") as page:
        await page.run("a")
        await page.finished("a")
        old = page.state["kernel"]["process"]
        answer = await page.ask("chooseKernel", name="second", start=True)
        assert answer["type"] == "done", answer
        await page.until(lambda: page.state["kernel"]["name"] == "second" and kernel(page) == "idle")
        async with desk.server.http() as http:
            running = [k["name"] for k in (await http.get("api/kernels")).json() if k["id"] == old]
        assert running in ([], ["second"])
        await page.run("a")
        assert await page.finished("a") == "ok"


async def test_when_the_host_dies_runs_are_lost_with_a_reason_and_the_next_one_works(own_desk):
    async with own_desk.opened("print 1\nhang", "print 2", "count") as page:
        await page.run("a", "b")
        await page.until(lambda: page.text("a"))
        own_desk.server.kill_host()
        assert await page.finished("a") == "lost"
        assert page.cells["a"]["run"]["why"] == "host"
        await page.until(lambda: not page.state["queue"])
        await page.run("c")
        assert await page.finished("c") == "ok"
        assert page.text("c") == "1\n"


async def test_when_host_and_web_process_die_together_the_run_is_lost_with_a_reason(own_desk):
    async with own_desk.opened("print 1\nhang", "count") as page:
        await page.run("a", "b")
        await page.until(lambda: page.text("a"))
        edit = await page.type("b", "")  # once a later edit is saved, so is the output before it
        await page.until(lambda: page.saved >= edit)
    own_desk.server.kill()
    own_desk.server.kill_host()
    own_desk.server.restart()
    async with own_desk.page() as page:
        assert page.text("a") == "1\n"
        assert await page.finished("a") == "lost"
        assert page.cells["a"]["run"]["why"] == "host"
        assert page.state["queue"] == []
        await page.run("b")
        assert await page.finished("b") == "ok"
        assert page.text("b") == "1\n"


async def test_ctrl_c_ends_kernels_and_host(own_desk):
    server = own_desk.server
    async with own_desk.opened("print 1") as page:
        await page.run("a")
        await page.finished("a")
        host = server.host_pid()
    server.stop()
    from sweep import belongs

    with anyio.fail_after(10):
        while belongs(str(host), str(server.home).encode()):  # noqa: ASYNC110
            await anyio.sleep(0.02)


@pytest.mark.kernel
async def test_an_interrupt_while_a_real_kernel_starts_stops_the_run_when_it_begins(own_desk):
    async with own_desk.opened("import time; time.sleep(60)", kernel="python3") as page:
        await page.run("a")
        await page.until(lambda: page.run_state("a") == "running")
        await page.ask("interrupt")
        assert await page.finished("a", 30) == "interrupted"
