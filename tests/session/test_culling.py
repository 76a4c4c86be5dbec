"""When an idle kernel is stopped, and what of that a page is told; kernels that nobody knew are found their notebook."""

import sqlite3

import anyio
import pytest
from served import Desk, Served

from octavo.ids import Incarnation, ProcessId
from octavo.session import state
from octavo.session.culling import Standing, due_in

pytestmark = pytest.mark.anyio


def standing(**what):
    return Standing(**{"busy": False, "asks": False, "paused": False, "idle_since": 1000.0, **what})


@pytest.mark.parametrize(
    ("what", "now", "expected"),
    [
        ({}, 1000.0, 60.0),
        ({}, 1045.0, 15.0),
        ({}, 1060.0, 0.0),
        ({}, 5000.0, 0.0),
        ({"busy": True}, 5000.0, None),
        ({"asks": True}, 5000.0, None),
        ({"paused": True}, 5000.0, None),
        ({"pages": 1}, 5000.0, None),
        ({"connections": 1}, 5000.0, None),
    ],
)
def test_a_kernel_is_due_so_long_after_its_last_run_and_never_while_it_is_in_use(what, now, expected):
    assert due_in(standing(**what), now, 60, even_connected=False) == expected


def test_culling_is_off_unless_it_is_asked_for():
    assert due_in(standing(), 1e9, 0, even_connected=True) is None


def test_who_is_connected_counts_only_where_it_is_to_count():
    assert due_in(standing(pages=2, connections=1), 1060.0, 60, even_connected=True) == 0.0
    assert due_in(standing(busy=True), 1060.0, 60, even_connected=True) is None


RUNNING = state.State(phase="ready", process=ProcessId("p"), incarnation=Incarnation("a"))


def test_why_a_kernel_was_stopped_goes_to_the_page_and_to_the_host():
    after, effects = state.decide(RUNNING, state.StopAsked(1.0, "idle"))
    assert (after.phase, after.why) == ("dead", "idle")
    assert effects == [state.StopKernel(Incarnation("a"), "idle")]


def test_a_kernel_is_joined_only_where_there_is_none():
    joined = state.Joined(ProcessId("p2"), Incarnation("b"))
    assert state.decide(RUNNING, joined) == (RUNNING, [])
    after, effects = state.decide(state.State(), joined)
    assert (after.phase, after.process, after.incarnation, effects) == ("ready", "p2", "b", [])
    stopping, _ = state.decide(RUNNING, state.StopAsked(1.0))
    assert state.decide(stopping, joined) == (stopping, [])


def a_desk(server: Served, name: str) -> Desk:
    return Desk(server, name)


def kernel(page):
    return page.state["kernel"]


async def test_idle_kernels_are_stopped_those_that_run_or_ask_are_not_and_the_page_says_so():
    with Served.start(settings="[kernels]\ncull_after = 1\ncull_connected = true\n") as server:
        idle, asking, running = (a_desk(server, name) for name in ("idle", "asking", "running"))
        async with (
            asking.opened("input name?") as asked,
            running.opened("print on\nhang") as busy,
            idle.opened("print 1", "count") as page,
        ):
            await asked.run("a")
            await asked.until(lambda: asked.state["prompts"])
            await busy.run("a")
            await busy.until(lambda: busy.text("a") == "on\n")
            await page.run("a")
            await page.until(lambda: (kernel(page).get("cause") or {}).get("code") == "idle")
            assert kernel(page)["state"] == "dead"
            assert page.text("a") == "1\n"
            assert (asked.state["prompts"] != [], asked.run_state("a"), busy.run_state("a")) == (
                True,
                "running",
                "running",
            )
            await page.run("b")
            assert await page.finished("b") == "ok"
            assert page.text("b") == "1\n"


async def test_a_kernel_that_was_stopped_while_nobody_looked_is_explained_to_who_comes_later():
    with Served.start(settings="[kernels]\ncull_after = 1\n") as server:
        left, stays = a_desk(server, "left"), a_desk(server, "stays")
        async with stays.opened("print 1") as page:
            await page.run("a")
            async with left.opened("print 1") as other:
                await other.run("a")
                assert await other.finished("a") == "ok"
            async with server.http() as http:
                with anyio.fail_after(60):
                    while len((await http.get("api/kernels")).json()) > 1:  # noqa: ASYNC110 - nobody tells it
                        await anyio.sleep(0.1)
            assert kernel(page)["state"] == "idle"
        server.kill()
        server.restart()
        async with left.page() as back:
            await back.until(lambda: (kernel(back).get("cause") or {}).get("code") == "idle")
            assert back.text("a") == "1\n"


def forget_processes(server: Served) -> None:
    """As if an older copy of the journal had been put back."""
    profile = server.home / "octavo" / "default"
    with sqlite3.connect(next(profile.glob("journal*.db"))) as db:
        db.execute("DELETE FROM process")
        db.execute("DELETE FROM applied")
    db.close()


async def test_a_kernel_that_the_journal_does_not_know_is_given_to_the_notebook_at_its_path(server):
    desk = a_desk(server, "known")
    async with desk.opened("count", "count") as page:
        await page.run("a")
        assert await page.finished("a") == "ok"
    server.kill()
    forget_processes(server)
    server.restart()
    async with desk.page() as page, server.http() as http:
        await page.until(lambda: kernel(page).get("state") == "idle")
        await page.run("b")
        assert await page.finished("b") == "ok"
        assert page.text("b") == "2\n"
        (row,) = (await http.get("api/octavo/running")).json()["rows"]
        assert (row["owner"], row["path"], row["joined"]) == ("notebook", "known/n.ipynb", True)


async def test_one_whose_path_leads_nowhere_is_a_stray_and_can_be_stopped(server):
    desk = a_desk(server, "lost")
    async with desk.opened("count") as page:
        await page.run("a")
        assert await page.finished("a") == "ok"
    server.kill()
    forget_processes(server)
    desk.file.unlink()
    with sqlite3.connect(next((server.home / "octavo" / "default").glob("journal*.db"))) as db:
        db.execute("DELETE FROM document")
    db.close()
    server.restart()
    async with server.http() as http:
        with anyio.fail_after(60):
            while not (rows := (await http.get("api/octavo/running")).json()["rows"]):  # noqa: ASYNC110 - nobody tells it
                await anyio.sleep(0.1)
        assert [(row["owner"], row["path"]) for row in rows] == [("stray", "lost/n.ipynb")]
        assert (await http.delete(f"api/kernels/{rows[0]['process']}")).status_code == 204
        assert (await http.get("api/octavo/running")).json()["rows"] == []
