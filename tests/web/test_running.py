"""`/api/octavo/running`: what runs, whose it is, what it costs, and stopping what is idle."""

import pytest

pytestmark = pytest.mark.anyio


async def shown(http, folder):
    """The answer, and of its rows those of this test."""
    answer = (await http.get("api/octavo/running")).json()
    return answer, [row for row in answer["rows"] if row["path"].startswith(folder)]


async def test_a_notebooks_kernel_is_listed_with_what_it_costs(desk):
    async with desk.opened("print 1") as page, desk.server.http() as http:
        await page.run("a")
        assert await page.finished("a") == "ok"
        while True:  # a measurement of a moment ago may be from before this kernel
            answer, (row,) = await shown(http, desk.folder)
            if row["memory"]:
                break
        assert (row["owner"], row["path"], row["kind"], row["name"]) == ("notebook", desk.path, "kernel", "scripted")
        assert (row["state"], row["idle"], row["pages"], row["connections"]) == ("idle", True, 1, 0)
        assert row["memory"] > 1_000_000 and row["private"] > 0 and row["processes"] == 1
        assert 0 < row["since"] <= row["idle_since"]
        assert answer["machine"]["total"] > answer["machine"]["available"]
        assert answer["sum"] > row["memory"] + answer["web"]["memory"] + answer["host"]["memory"] - 1
        assert answer["measured"] is True


async def test_what_runs_and_what_waits_for_input_is_not_idle(desk):
    async with desk.opened("print on\nhang", "input name?") as page, desk.server.http() as http:
        await page.run("a")
        await page.until(lambda: page.text("a") == "on\n")
        _, (row,) = await shown(http, desk.folder)
        assert (row["state"], row["idle"], row["idle_since"]) == ("running", False, None)
        await page.ask("interrupt")
        assert await page.finished("a") == "interrupted"
        await page.run("b")
        await page.until(lambda: page.state["prompts"])
        _, (row,) = await shown(http, desk.folder)
        assert (row["state"], row["idle"]) == ("asking", False)


async def test_stopping_what_is_idle_leaves_alone_what_is_not(desk):
    async with desk.opened("print on\nhang", "print 1") as page, desk.server.http() as http:
        other = f"{desk.folder}/other.ipynb"
        desk.server.put(other, "print 2")
        async with desk.page(other) as idle:
            await page.run("a")
            await page.until(lambda: page.text("a") == "on\n")
            await idle.run("a")
            assert await idle.finished("a") == "ok"
            _, rows = await shown(http, desk.folder)
            stopped = await http.post(
                "api/octavo/running/stop-idle", json={"processes": [row["process"] for row in rows]}
            )
            assert stopped.json()["processes"] == [row["process"] for row in rows if row["path"] == other]
            await idle.until(lambda: idle.state["kernel"].get("why") == "stopped")
            assert page.run_state("a") == "running"


async def test_a_kernel_that_a_jupyter_client_started_is_said_to_be_its(desk):
    async with desk.server.http() as http:
        made = await http.post("api/kernels", json={"name": "scripted", "path": desk.folder})
        rows = (await http.get("api/octavo/running")).json()["rows"]
        row = next(row for row in rows if row["process"] == made.json()["id"])
        assert (row["owner"], row["path"], row["name"]) == ("client", desk.folder, "scripted")
        await http.delete(f"api/kernels/{row['process']}")


async def test_jupyters_own_view_stays_true(desk):
    async with desk.opened("print on\nhang") as page, desk.server.http() as http:
        await page.run("a")
        await page.until(lambda: page.text("a") == "on\n")

        async def mine():
            sessions = (await http.get("api/sessions")).json()
            return next(one["kernel"] for one in sessions if one["path"] == desk.path)

        busy = await mine()
        assert (busy["execution_state"], busy["connections"]) == ("busy", 0)
        await page.ask("interrupt")
        await page.until(lambda: page.state["kernel"]["state"] == "idle")
        idle = await mine()
        assert idle["execution_state"] == "idle"
        assert idle["last_activity"] > busy["last_activity"]


async def test_what_is_no_process_cannot_be_stopped(desk):
    async with desk.server.http() as http:
        assert (await http.delete("api/octavo/running/nobody")).status_code == 404
        assert (await http.post("api/octavo/running/stop-idle", json={"processes": []})).json() == {
            "processes": [],
            "freed": 0,
        }
