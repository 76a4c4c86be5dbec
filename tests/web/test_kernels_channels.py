"""Stock Jupyter clients on `/api/kernels/ID/channels`, with a page on the same kernel and without."""

import json
from contextlib import asynccontextmanager, suppress

import anyio
import pytest
from jupyter import JupyterSocket
from websockets.exceptions import ConnectionClosed, InvalidStatus

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[True, False], ids=["v1", "legacy"])
def v1(request):
    return request.param


async def started(desk, kernel="scripted"):
    async with desk.server.http() as http:
        made = await http.post("api/sessions", json={"path": desk.path, "type": "notebook", "kernel": {"name": kernel}})
        assert made.status_code == 201, made.text
        return made.json()["kernel"]["id"]


@asynccontextmanager
async def raw(desk, kernel, **more):
    async with JupyterSocket.open(desk.server.url, desk.server.token, kernel, **({"v1": True} | more)) as socket:
        yield socket


async def test_a_client_runs_code_and_sees_its_output(desk, v1):
    desk.put("print 1")
    async with raw(desk, await started(desk), v1=v1) as client:
        reply = await client.execute("print hello\nresult 7")
        assert reply["content"]["status"] == "ok"
        assert reply["channel"] == "shell"
        assert client.text() == "hello\n"
        kinds = [message["header"]["msg_type"] for message in client.messages if message["channel"] == "iopub"]
        assert [k for k in kinds if k not in ("status", "iopub_welcome")] == [
            "execute_input",
            "stream",
            "execute_result",
        ]


async def test_kernel_info_is_answered(desk, v1):
    desk.put("print 1")
    async with raw(desk, await started(desk), v1=v1) as client:
        asked = await client.send("shell", "kernel_info_request", {})
        reply = await client.until("kernel_info_reply", asked)
        assert reply["content"]["implementation"] == "scripted"


async def test_iopub_goes_to_all_and_replies_to_who_asked(desk, v1):
    desk.put("print 1")
    kernel = await started(desk)
    async with raw(desk, kernel, v1=v1) as one, raw(desk, kernel) as two:
        asked = await one.send("shell", "execute_request", {"code": "print both"})
        await one.until("execute_reply", asked)
        await two.until("stream", asked)
        await two.execute("print end")
        assert all(m["channel"] == "iopub" for m in two.messages if m["parent_header"].get("msg_id") == asked)


async def test_a_client_is_asked_and_answers_for_itself(desk, v1):
    async with desk.opened("print 1") as page:
        async with raw(desk, await started(desk), v1=v1) as client:
            asked = await client.send("shell", "execute_request", {"code": "input Name?", "allow_stdin": True})
            question = await client.until("input_request", asked)
            assert question["channel"] == "stdin"
            assert page.state["prompts"] == []
            await client.send("stdin", "input_reply", {"value": "Ada", "status": "ok"}, parent=question["header"])
            await client.until("execute_reply", asked)
            assert client.text(asked) == "got Ada\n" or await client.until("stream", asked)


async def test_what_a_page_runs_is_seen_by_clients_and_the_other_way_it_moves_no_cell(desk):
    async with desk.opened("print from the page") as page:
        async with raw(desk, await started(desk)) as client:
            await page.run("a")
            message = await client.until("stream")
            assert message["content"]["text"] == "from the page\n"
            await page.finished("a")
            await client.execute("print from the client")
        assert page.text("a") == "from the page\n"


async def test_a_failure_of_a_client_sweeps_our_run_which_goes_again_by_itself(desk):
    async with desk.opened("count", "count") as page:
        await page.run("a")
        await page.finished("a")
        async with raw(desk, await started(desk)) as client:
            asked = await client.send(
                "shell", "execute_request", {"code": "sleep 0.5\nerror E no", "stop_on_error": True}
            )
            await client.until("status", asked, execution_state="busy")
            await page.run("b")
            assert await page.finished("b") == "ok"
        assert page.text("b") == "3\n"  # 2 was the client's


async def test_interrupt_by_the_control_channel_of_a_kernel_with_a_page_goes_through_its_session(desk, v1):
    async with desk.opened("print begun\nhang", "print 2") as page:
        async with raw(desk, await started(desk), v1=v1) as client:
            await page.run("a", "b")
            await page.until(lambda: page.text("a"))
            asked = await client.send("control", "interrupt_request", {})
            reply = await client.until("interrupt_reply", asked)
            assert reply["content"]["status"] == "ok"
            assert await page.finished("a") == "interrupted"
            assert page.state["queue"] == []


async def test_shutdown_by_the_control_channel_is_explained_on_the_page(desk, v1):
    async with desk.opened("print begun\nhang") as page:
        async with raw(desk, await started(desk), v1=v1) as client:
            await page.run("a")
            await page.until(lambda: page.text("a"))
            asked = await client.send("control", "shutdown_request", {"restart": False})
            await client.until("shutdown_reply", asked)
            await client.until("status", execution_state="dead")
            assert await page.finished("a") == "lost"
            assert page.cells["a"]["run"]["why"] == "stopped"


async def test_restart_by_the_control_channel_keeps_the_clients_socket(desk, v1):
    async with desk.opened("count") as page:
        async with raw(desk, await started(desk), v1=v1) as client:
            await client.execute("count")
            asked = await client.send("control", "shutdown_request", {"restart": True})
            await client.until("shutdown_reply", asked)
            await client.until("status", execution_state="restarting")
            await page.until(lambda: page.state["kernel"]["state"] == "idle")
            await client.execute("count")
            assert client.text() == "1\n1\n"


async def test_large_buffers_and_long_output_pass_whole(desk, v1):
    desk.put("print 1")
    async with raw(desk, await started(desk), v1=v1) as client:
        await client.execute("flood 2000 50\nlarge 2000000")
        numbers = [line for line in client.text().splitlines() if line]
        assert len(numbers) == 2000


async def test_an_empty_or_broken_frame_closes_only_its_own_socket(desk, v1):
    desk.put("print 1")
    kernel = await started(desk)
    async with raw(desk, kernel) as other:
        for frame in (
            b"",
            b"\xff" * 40,
            b"\x00" * 8,
            "",
            "{",
            "[]",
            '{"channel": "shell"}',
            json.dumps({"header": {}}),
        ):
            async with raw(desk, kernel, v1=v1) as client:
                await client.socket.send(frame)
                with suppress(ConnectionClosed), anyio.move_on_after(0.5):
                    async for _ in client.socket:
                        pass
        reply = await other.execute("print alive")
        assert reply["content"]["status"] == "ok"


async def test_the_same_client_coming_back_takes_the_place_of_its_old_socket(desk):
    desk.put("print 1")
    kernel = await started(desk)
    async with raw(desk, kernel, session="same") as old, raw(desk, kernel, session="same") as new:
        await new.execute("print once")
        assert new.text() == "once\n"
        async with desk.server.http() as http:
            assert (await http.get(f"api/kernels/{kernel}")).json()["connections"] == 1
        assert old.messages == []


def numbers(client):
    return [int(line) for line in client.text().splitlines()]


@pytest.mark.parametrize(
    ("kernel", "code"),
    [
        ("scripted", "\n".join(["sleep 0.5", *(f"print {n}" for n in range(1, 201))])),
        pytest.param(
            "python3",
            "import time\ntime.sleep(0.5)\nfor n in range(1, 201):\n    print(n, flush=True)",
            marks=pytest.mark.kernel,
        ),
    ],
)
async def test_a_client_that_comes_back_gets_what_came_meanwhile_in_order_and_once(desk, v1, kernel, code):
    desk.put("print 1", kernel=kernel)
    kernel = await started(desk, kernel)
    async with raw(desk, kernel, v1=v1, session="lid") as client:
        asked = await client.send("shell", "execute_request", {"code": code})
        await client.until("status", asked, execution_state="busy")
        before = list(client.messages)
    async with raw(desk, kernel, session="other") as other:
        await other.execute("print(0)" if "import" in code else "print 0")  # after the run of the one that is away
    async with raw(desk, kernel, v1=v1, session="lid") as client:
        client.messages += before
        if not any(m["header"]["msg_type"] == "execute_reply" for m in client.messages):
            await client.until("execute_reply", asked)
        while client.text()[-3:] != "\n0\n":
            await client.until("stream")
        assert numbers(client) == [*range(1, 201), 0]
        ids = [message["header"]["msg_id"] for message in client.messages]
        assert len(ids) == len(set(ids))
    async with raw(desk, kernel, v1=v1, session="lid") as client:  # nothing comes a second time
        await client.execute("print(1)" if "import" in code else "print 1")
        assert numbers(client) == [1]


async def test_a_prompt_that_came_while_its_client_was_away_is_answered_by_it(desk):
    desk.put("print 1")
    kernel = await started(desk)
    async with raw(desk, kernel, session="lid") as client:
        asked = await client.send("shell", "execute_request", {"code": "sleep 0.3\ninput Name?", "allow_stdin": True})
        await client.until("status", asked, execution_state="busy")
    async with raw(desk, kernel, session="lid") as client:
        question = await client.until("input_request", asked)
        await client.send("stdin", "input_reply", {"value": "Ada", "status": "ok"}, parent=question["header"])
        await client.until("execute_reply", asked)


async def test_a_flood_past_what_is_kept_is_skipped_with_a_word_in_the_log(desk):
    desk.put("print 1")
    kernel = await started(desk)
    async with raw(desk, kernel, session="flooded") as client:
        asked = await client.send("shell", "execute_request", {"code": "sleep 0.3\nflood 6000 2000"})
        await client.until("status", asked, execution_state="busy")
    async with raw(desk, kernel) as other:
        await other.execute("print end")
    async with raw(desk, kernel, session="flooded") as client:
        await client.until("execute_reply", asked)
        while "end\n" not in client.text()[-10:]:
            await client.until("stream")
        assert 1_000_000 < len(client.text()) < 9_000_000
    assert "came back too late" in desk.server.log.read_text()


async def test_a_token_in_the_url_opens_a_websocket_and_nothing_else(desk):
    desk.put("print 1")
    kernel = await started(desk)
    async with raw(desk, kernel, in_url=True) as client:
        await client.execute("print 1")
    async with desk.server.http() as http:
        del http.headers["Authorization"]
        answer = await http.get(f"api/kernels?token={desk.server.token}")
        assert answer.status_code == 403
    assert desk.server.token not in desk.server.log.read_text()


async def test_an_unknown_kernel_is_refused_at_the_handshake(desk):
    with pytest.raises(InvalidStatus):
        async with raw(desk, "00000000-0000-0000-0000-000000000000"):
            pass


async def test_a_kernel_without_a_notebook_serves_its_clients(desk):
    async with desk.server.http() as http:
        made = await http.post("api/kernels", json={"name": "scripted"})
        assert made.status_code == 201
        kernel = made.json()["id"]
        async with raw(desk, kernel) as client:
            await client.execute("count")
            assert client.text() == "1\n"
            assert (await http.post(f"api/kernels/{kernel}/restart")).json()["execution_state"] in (
                "idle",
                "starting",
                "busy",
            )
            await client.execute("count")
            assert client.text() == "1\n1\n"
            asked = await client.send("shell", "execute_request", {"code": "print begun\nhang"})
            await client.until("stream", asked)
            assert (await http.post(f"api/kernels/{kernel}/interrupt")).status_code == 204
            reply = await client.until("execute_reply", asked)
            assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert (await http.delete(f"api/kernels/{kernel}")).status_code == 204
        assert (await http.get(f"api/kernels/{kernel}")).status_code == 404


async def test_a_prompt_whose_client_is_gone_is_shown_on_the_page(desk):
    async with desk.opened("print 1") as page:
        async with raw(desk, await started(desk)) as client:
            asked = await client.send(
                "shell", "execute_request", {"code": "sleep 0.3\ninput Name?", "allow_stdin": True}
            )
            await client.until("status", asked, execution_state="busy")
        await page.until(lambda: page.state["prompts"])
        answer = await page.ask("answer", prompt=page.state["prompts"][0]["id"], text="from the page")
        assert answer["type"] == "done"


async def test_a_client_survives_the_web_process_and_finds_its_kernel_again(own_desk):
    own_desk.put("count")
    kernel = await started(own_desk)
    async with raw(own_desk, kernel) as client:
        await client.execute("count")
    own_desk.server.kill()
    own_desk.server.restart()
    with anyio.fail_after(20):
        while True:
            async with own_desk.server.http() as http:
                if (await http.get(f"api/kernels/{kernel}")).status_code == 200:
                    break
            await anyio.sleep(0.05)
    async with raw(own_desk, kernel) as client:
        await client.execute("count")
        assert client.text() == "2\n"
