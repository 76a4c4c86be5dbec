"""`/api`, `/api/status`, `/api/me`, kernelspecs, kernels and sessions, in the shapes that Jupyter's clients read."""

import re
import uuid

import anyio
import pytest

pytestmark = pytest.mark.anyio

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
KERNEL = {"id", "name", "last_activity", "execution_state", "connections"}


async def test_the_server_says_what_it_is(desk):
    async with desk.server.http() as http:
        assert set((await http.get("api")).json()) == {"version"}
        status = (await http.get("api/status")).json()
        assert set(status) == {"started", "last_activity", "kernels", "connections"}
        assert STAMP.fullmatch(status["started"]) and STAMP.fullmatch(status["last_activity"])
        me = (await http.get("api/me", params={"permissions": '{"contents": ["read"]}'})).json()
        assert me["permissions"]["contents"] == ["read"]
        assert {"username", "name", "display_name", "initials", "avatar_url", "color"} <= set(me["identity"])
        assert (await http.get("api/me", params={"permissions": "nonsense"})).status_code == 400


async def test_kernelspecs_are_listed_and_their_files_served(desk):
    async with desk.server.http() as http:
        found = (await http.get("api/kernelspecs")).json()
        assert found["default"] == "python3"
        spec = found["kernelspecs"]["scripted"]
        assert spec["name"] == "scripted"
        assert {"argv", "env", "display_name", "language", "interrupt_mode", "metadata"} <= set(spec["spec"])
        one = await http.get("api/kernelspecs/scripted")
        assert one.json() == spec
        assert (await http.get("api/kernelspecs/nowhere")).status_code == 404
        for name in ("kernel.json/../../x", "..%2fkernel.json", ".hidden"):
            assert (await http.get(f"kernelspecs/scripted/{name}")).status_code in (404, 400)


async def test_a_kernel_is_started_listed_and_ended(desk):
    async with desk.server.http() as http:
        made = await http.post("api/kernels", json={"name": "scripted", "path": desk.folder})
        assert made.status_code == 201
        kernel = made.json()
        assert set(kernel) == KERNEL
        assert made.headers["location"] == f"/api/kernels/{kernel['id']}"
        assert STAMP.fullmatch(kernel["last_activity"])
        assert kernel["id"] in [k["id"] for k in (await http.get("api/kernels")).json()]
        assert (await http.get(f"api/kernels/{kernel['id']}")).json()["name"] == "scripted"
        assert (await http.delete(f"api/kernels/{kernel['id']}")).status_code == 204
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/interrupt"), ("POST", "/restart")):
            assert (await http.request(method, f"api/kernels/{kernel['id']}{path}")).status_code == 404


async def test_a_kernel_that_cannot_start_is_an_answer_with_the_reason(desk):
    async with desk.server.http() as http:
        for name, status in (("broken", 503), ("nowhere", 404)):
            answer = await http.post("api/kernels", json={"name": name})
            assert answer.status_code == status
            assert answer.json()["message"]
        assert (await http.post("api/kernels", content=b"{nonsense")).status_code == 400


async def test_a_session_of_a_notebook_is_the_live_notebooks(desk):
    async with desk.opened("count") as page, desk.server.http() as http:
        made = await http.post(
            "api/sessions", json={"path": desk.path, "name": "", "type": "notebook", "kernel": {"name": "scripted"}}
        )
        assert made.status_code == 201
        session = made.json()
        assert set(session) >= {"id", "path", "name", "type", "kernel"}
        assert set(session["kernel"]) == KERNEL
        assert session["path"] == desk.path
        await page.until(lambda: page.state["kernel"].get("process") == session["kernel"]["id"])
        again = await http.post(
            "api/sessions", json={"path": desk.path, "type": "notebook", "kernel": {"name": "scripted"}}
        )
        assert again.json()["id"] == session["id"]
        assert (await http.get(f"api/sessions/{session['id']}")).json()["kernel"]["id"] == session["kernel"]["id"]
        await page.run("a")
        await page.finished("a")
        assert (await http.delete(f"api/sessions/{session['id']}")).status_code == 204
        await page.until(lambda: page.state["kernel"]["state"] == "dead")
        assert (await http.get(f"api/sessions/{session['id']}")).status_code == 404


async def test_a_session_says_what_is_missing(desk):
    async with desk.server.http() as http:
        assert (await http.post("api/sessions", json={"type": "notebook"})).status_code == 400
        assert (await http.post("api/sessions", json={"path": "x.ipynb"})).status_code == 400
        missing = await http.post("api/sessions", json={"path": f"{desk.folder}/nowhere.ipynb", "type": "notebook"})
        assert missing.status_code == 404
        assert (await http.patch(f"api/sessions/{uuid.uuid4()}", json={})).status_code == 404


async def test_the_old_form_of_a_session_is_understood(desk):
    desk.put("count")
    async with desk.server.http() as http:
        made = await http.post("api/sessions", json={"notebook": {"path": desk.path}, "kernel": {"name": "scripted"}})
        assert made.status_code == 201
        assert made.json()["notebook"]["path"] == desk.path


async def test_a_session_changes_its_kernel(desk):
    async with desk.opened("count") as page, desk.server.http() as http:
        made = (
            await http.post(
                "api/sessions", json={"path": desk.path, "type": "notebook", "kernel": {"name": "scripted"}}
            )
        ).json()
        changed = await http.patch(f"api/sessions/{made['id']}", json={"kernel": {"name": "second"}})
        assert changed.status_code == 200, changed.text
        assert changed.json()["kernel"]["name"] == "second"
        await page.until(lambda: page.state["kernel"]["name"] == "second")
        await page.run("a")
        assert await page.finished("a") == "ok"


async def test_a_console_has_a_session_of_its_own(desk):
    async with desk.server.http() as http:
        path = f"{desk.folder}/console-1"
        made = await http.post(
            "api/sessions", json={"path": path, "name": "one", "type": "console", "kernel": {"name": "scripted"}}
        )
        assert made.status_code == 201
        session = made.json()
        renamed = await http.patch(f"api/sessions/{session['id']}", json={"name": "two", "path": f"{path}b"})
        assert (renamed.json()["name"], renamed.json()["path"]) == ("two", f"{path}b")
        assert (await http.delete(f"api/sessions/{session['id']}")).status_code == 204


async def test_a_console_joins_a_notebooks_kernel(desk):
    async with desk.opened("count") as page, desk.server.http() as http:
        await page.run("a")
        await page.finished("a")
        kernel = page.state["kernel"]["process"]
        made = await http.post(
            "api/sessions", json={"path": f"{desk.folder}/c", "type": "console", "kernel": {"id": kernel}}
        )
        assert made.json()["kernel"]["id"] == kernel


async def test_interrupt_and_restart_by_rest_go_through_the_session(desk):
    async with desk.opened("print begun\nhang", "count") as page, desk.server.http() as http:
        await page.run("a", "b")
        await page.until(lambda: page.text("a"))
        kernel = page.state["kernel"]["process"]
        assert (await http.post(f"api/kernels/{kernel}/interrupt")).status_code == 204
        assert await page.finished("a") == "interrupted"
        await page.run("b")
        await page.finished("b")
        restarted = await http.post(f"api/kernels/{kernel}/restart")
        assert restarted.status_code == 200
        assert restarted.json()["id"] == kernel
        await page.run("b")
        await page.until(lambda: page.text("b") == "1\n" and page.run_state("b") == "ok")


async def test_deleting_a_kernel_with_a_page_is_explained_there(desk):
    async with desk.opened("print begun\nhang") as page, desk.server.http() as http:
        await page.run("a")
        await page.until(lambda: page.text("a"))
        assert (await http.delete(f"api/kernels/{page.state['kernel']['process']}")).status_code == 204
        assert await page.finished("a") == "lost"
        assert page.state["kernel"]["why"] == "stopped"


async def test_the_state_of_a_kernel_follows_what_it_does(desk):
    async with desk.opened("input ?") as page, desk.server.http() as http:
        await page.run("a")
        await page.until(lambda: page.state["prompts"])
        kernel = page.state["kernel"]["process"]
        assert (await http.get(f"api/kernels/{kernel}")).json()["execution_state"] == "busy"
        await page.ask("answer", prompt=page.state["prompts"][0]["id"], text="x")
        await page.finished("a")
        with anyio.fail_after(5):
            while (await http.get(f"api/kernels/{kernel}")).json()["execution_state"] != "idle":  # noqa: ASYNC110
                await anyio.sleep(0.01)
