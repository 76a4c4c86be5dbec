"""Outputs as pages, journal and file have them: cleared and back, restored, kept with deleted cells, big ones, gaps between pages."""

import base64
import contextlib
import json
import os

import anyio
import pytest
from served import cell

from octavo.session.board import Board
from octavo.session.client import MAX_WAITING, Client, TooSlow

pytestmark = pytest.mark.anyio


def stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


async def test_a_cleared_output_comes_back_by_its_command(desk):
    async with desk.opened("print 1", "print 2") as page, desk.page() as other:
        await page.run("a", "b")
        await page.finished("b")
        clear = await page.command("clear", cells=["a"])
        await page.until(lambda: clear in page.answers)
        await other.until(lambda: other.cells["a"].get("cleared") == clear)
        assert other.cells["a"].get("outputs", []) == []
        assert "count" not in other.cells["a"] or other.cells["a"]["count"] is None
        assert page.text("b") == "2\n"
        await desk.file_is(lambda f: f["cells"][0]["outputs"] == [] and f["cells"][1]["outputs"])
        await page.ask("unclear", cleared=clear)
        await other.until(lambda: other.text("a") == "1\n")
        assert other.cells["a"]["count"] == 1
        await desk.file_is(lambda f: f["cells"][0]["outputs"])


async def test_clearing_all_clears_what_came_with_the_file_too(desk):
    async with desk.opened(cell("x", "a", outputs=[stream("old\n")], execution_count=3), "print 2") as page:
        assert page.text("a") == "old\n"
        assert page.cells["a"]["count"] == 3
        await page.run("b")
        await page.finished("b")
        clear = await page.command("clear")
        await page.until(lambda: clear in page.answers)
        await page.until(lambda: not page.cells["a"].get("outputs") and not page.cells["b"].get("outputs"))
        await page.ask("unclear", cleared=clear)
        await page.until(lambda: page.text("a") == "old\n" and page.text("b") == "2\n")
        assert page.cells["a"]["count"] == 3


async def test_a_running_cell_that_is_cleared_shows_what_comes_after(desk):
    async with desk.opened("print before\ninput ?\nprint after") as page:
        await page.run("a")
        await page.until(lambda: page.state["prompts"] and page.text("a"))
        await page.ask("clear", cells=["a"])
        await page.until(lambda: not page.text("a"))
        await page.ask("answer", prompt=page.state["prompts"][0]["id"], text="x")
        await page.finished("a")
        assert page.text("a") == "got x\nafter\n"
        file = await desk.file_is(lambda f: f["cells"][0]["outputs"])
        assert "".join(file["cells"][0]["outputs"][0]["text"]) == "got x\nafter\n"


async def test_results_are_there_after_the_web_process_died(own_desk):
    picture = {"image/png": base64.b64encode(bytes(60000)).decode(), "text/plain": "a picture"}
    sources = ("print 1\nresult 2", f"display {json.dumps(picture)}", "error E no", "clear\nprint after")
    async with own_desk.opened(*sources) as page:
        await page.run("a", "b", "d")
        await page.finished("d")
        await page.run("c")
        await page.finished("c")
        before = page.cells
    own_desk.server.kill()
    own_desk.server.restart()
    async with own_desk.page() as page:
        await page.until(lambda: page.cells == before)  # what was shown may not have been durable: then it comes again
        blob = page.cells["b"]["outputs"][0]["data"]["image/png"]
        async with own_desk.server.http() as http:
            found = await http.get(f"api/octavo/blobs/{blob['blob']}", params={"type": "image/png"})
    assert found.content == bytes(60000)
    file = await own_desk.file_is(lambda f: f["cells"][1]["outputs"])
    [output] = file["cells"][1]["outputs"]
    assert "".join(output["data"]["image/png"]).strip() == picture["image/png"]


async def test_a_display_is_updated_after_a_restart_of_the_web_process(own_desk):
    first, second = json.dumps({"text/plain": "first"}), json.dumps({"text/plain": "second"})
    async with own_desk.opened(f"display_id d {first}", f"update d {second}") as page:
        await page.run("a")
        await page.finished("a")
    own_desk.server.kill()
    own_desk.server.restart()
    async with own_desk.page() as page:
        await page.run("b")
        await page.finished("b")
        await page.until(lambda: page.cells["a"]["outputs"][0]["data"]["text/plain"] == "second")


async def test_a_deleted_cell_that_is_restored_has_its_results(desk):
    async with desk.opened("print 1", "print 2") as page:
        await page.run("a", "b")
        await page.finished("b")
        await page.delete("a")
        await desk.file_is(lambda f: len(f["cells"]) == 1)
        await page.put("a", deleted="null")
        file = await desk.file_is(lambda f: len(f["cells"]) == 2)
        assert file["cells"][0]["id"] == "a"
        assert "".join(file["cells"][0]["outputs"][0]["text"]) == "1\n"
        assert page.text("a") == "1\n"


async def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_else(desk):
    async with desk.opened("print 1", "sleep 0.3\nprint 2") as page:
        await page.run("a", "b")
        await page.finished("a")
        held = page
    async with desk.page() as other:
        await other.finished("b")
        async with desk.page() as back:
            assert back.cells == other.cells
    assert held.text("a") == "1\n"


async def test_a_page_of_this_generation_is_told_only_what_changed(desk):
    async with desk.opened("print 1", "print 2") as other:
        async with desk.page(reconnects=True) as page:
            await page.run("a")
            await page.finished("a")
            generation = page.welcome["generation"]
            await page.socket.close()
            await other.run("b")
            await other.finished("b")
            await page.until(lambda: page.connections == 2 and page.text("b") == "2\n")
            assert page.welcome["generation"] == generation
            assert page.text("a") == "1\n"


async def test_growing_text_is_sent_as_it_grows(desk):
    async with desk.opened("flood 200\nsleep 0.2\nflood 200\nsleep 0.2\nprint end") as page:
        sizes = []

        def lines():
            sizes.append(page.text("a").count("\n"))
            return page.run_state("a") == "ok"

        await page.run("a")
        await page.until(lines)
        assert sizes == sorted(sizes)
        assert any(0 < size < 401 for size in sizes)
        assert page.text("a").count("\n") == 401


async def test_a_text_over_a_megabyte_is_whole_on_the_server_and_cut_in_the_file(desk):
    async with desk.opened("flood 12000 100") as page:
        await page.run("a")
        await page.finished("a")
        [shown] = page.cells["a"]["outputs"]
        assert shown["omitted"]["lines"] > 0
        document, run = page.welcome["document"], page.cells["a"]["run"]["id"]
        async with desk.server.http() as http:
            whole = await http.get(f"api/octavo/outputs/{document}/{run}/0")
        assert len(whole.text.splitlines()) == 12000
        file = await desk.file_is(lambda f: f["cells"][0]["outputs"], 30)
        text = "".join(file["cells"][0]["outputs"][0]["text"])
        assert len(text) < 1_100_000
        assert text.startswith(whole.text[:100])


async def test_a_client_that_does_not_read_slows_nobody(desk):
    from websockets.asyncio.client import connect

    desk.put("flood 8000 200")
    url = desk.server.url.replace("http", "ws", 1) + f"api/octavo/live/{desk.path}"
    headers = {"Authorization": f"token {desk.server.token}"}
    async with connect(url, additional_headers=headers, max_queue=1, proxy=None, close_timeout=0.1) as stuck:
        await stuck.send(json.dumps({"type": "hello", "protocol": 1, "client": "stuck"}))
        stuck.transport.pause_reading()
        async with desk.page() as page:
            await page.run("a")
            assert await page.finished("a") == "ok"
            stored = page.cells["a"]["outputs"][0]
            assert stored["tail"].splitlines()[-1].startswith("7999")
        stuck.transport.abort()


async def test_a_client_that_never_reads_is_let_go(desk):
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    desk.put("print 1")
    url = desk.server.url.replace("http", "ws", 1) + f"api/octavo/live/{desk.path}"
    headers = {"Authorization": f"token {desk.server.token}"}
    async with desk.page() as page:
        async with connect(url, additional_headers=headers, max_queue=1, proxy=None, close_timeout=0.1) as stuck:
            await stuck.send(json.dumps({"type": "hello", "protocol": 1, "client": "stuck"}))
            await stuck.recv()
            stuck.transport.pause_reading()
            for _ in range(50):  # more than the bound and what the sockets between hold
                await page.write("a", base64.b85encode(os.urandom(400_000)).decode())
            await page.write("a", "print 2")
            await page.run("a")
            await page.finished("a")
            assert page.text("a") == "2\n"
            stuck.transport.resume_reading()
            with anyio.fail_after(30), contextlib.suppress(ConnectionClosed):
                while True:
                    await stuck.recv()


async def test_a_send_that_never_ends_is_given_up_when_too_much_waits():
    client = Client("stuck", Board())
    client.put(b"g" * 2 * MAX_WAITING)  # the greeting does not count
    client.ready = True

    async def never(frame):
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:

        async def pump():
            with pytest.raises(TooSlow):
                await client.pump(never, lambda: 0.0)
            tasks.cancel_scope.cancel()

        tasks.start_soon(pump)
        await anyio.wait_all_tasks_blocked()
        client.put(b"x" * MAX_WAITING)
        await anyio.wait_all_tasks_blocked()
        assert not tasks.cancel_scope.cancel_called
        client.put(b"x")
        with anyio.fail_after(10):
            await anyio.sleep_forever()


async def test_late_output_is_counted_when_its_run_is_not_the_newest(desk):
    async with desk.opened("late 0.3 ghost", "print x") as page:
        await page.run("a")
        await page.finished("a")
        await page.run("a", "b")
        await page.finished("b")
        await anyio.sleep(0.8)
        assert page.text("a") == "ghost\n"
