"""A prompt: a document without a path. It survives what a notebook survives, becomes one when it is kept, and goes when it is closed."""

import itertools
import json

import anyio
import pytest

pytestmark = pytest.mark.anyio


numbers = itertools.count(1)


def free():
    """A name that no prompt has."""
    return f"t{next(numbers)}"


async def enter(page, source):
    """What the page does at Enter: the draft's text becomes an entry before the draft, and runs."""
    entry = await page.insert(len(page.order()) - 1, source)
    assert (await page.run(entry))["type"] == "done"
    return entry


@pytest.fixture(scope="module", autouse=True)
def none_left(shared_server):
    yield
    shared_server.close_prompts()


def texts(desk):
    """What the file's code cells show."""
    return ["".join(cell["outputs"][0]["text"]) for cell in desk.cells() if cell["outputs"]]


async def listed(server):
    async with server.http() as http:
        return {row["name"]: row for row in (await http.get("api/octavo/prompts")).json()}


async def history(server, language="script", **query):
    async with server.http() as http:
        found = (await http.get("api/octavo/history", params={"language": language, **query})).json()
    return [entry["source"] for entry in found]


async def test_a_prompt_opens_with_an_empty_draft_and_its_kernel_on_the_way(shared_server):
    server = shared_server
    async with server.prompt(free(), kernel="scripted") as page:
        assert page.welcome["path"] == ""
        assert [page.source(cell) for cell in page.order()] == [""]
        await page.until(lambda: page.state["kernel"]["state"] == "idle")
        assert page.state["kernel"]["name"] == "scripted"
        assert page.state["file"].get("state", "saved") == "saved"


async def test_what_was_run_and_what_was_being_written_is_there_for_the_next_tab(shared_server):
    server = shared_server
    name = free()
    async with server.prompt(name, kernel="scripted") as page:
        entry = await enter(page, "print one")
        await page.finished(entry)
        await page.type(page.order()[-1], "half a li")
        await page.until(lambda: page.kept >= page.edits)
    async with server.prompt(name) as page:
        assert [page.source(cell) for cell in page.order()] == ["print one", "half a li"]
        assert page.text(entry) == "one\n"
        assert page.state["kernel"]["state"] == "idle"


async def test_a_prompt_and_its_kernel_live_on_when_the_server_dies(own_desk):
    server = own_desk.server
    async with server.prompt("a", kernel="scripted") as page:
        await page.finished(await enter(page, "count"))
        running = await enter(page, "print begun\nsleep 1\nprint done")
        waiting = await enter(page, "count")
        await page.until(lambda: page.text(running) == "begun\n")
    server.kill()
    server.restart()
    async with server.prompt("a") as page:
        assert await page.finished(waiting) == "ok"
        assert page.text(running) == "begun\ndone\n"
        assert page.text(waiting) == "3\n"


async def test_input_at_a_prompt_is_asked_again_after_the_server_died(own_desk):
    server = own_desk.server
    async with server.prompt("a", kernel="scripted") as page:
        entry = await enter(page, "input Name?")
        await page.until(lambda: page.state["prompts"])
    server.kill()
    server.restart()
    async with server.prompt("a") as page:
        await page.until(lambda: page.state["prompts"])
        await page.ask("answer", prompt=page.state["prompts"][0]["id"], text="Ada")
        assert await page.finished(entry) == "ok"


async def test_the_server_opens_a_prompt_again_by_itself_when_its_kernel_still_runs(own_desk):
    server = own_desk.server
    async with server.prompt("a", kernel="scripted") as page:
        await page.finished(await enter(page, "count"))
    server.kill()
    server.restart()
    with anyio.fail_after(30):
        while True:
            if (await listed(server))["a"]["state"] == "idle":
                return
            await anyio.sleep(0.05)


async def test_kept_as_a_notebook_it_has_a_file_and_the_same_document_and_kernel(desk):
    server, name = desk.server, free()
    desk.file.parent.mkdir()
    async with server.prompt(name, kernel="scripted") as page:
        first = await enter(page, "count")
        await page.finished(first)
        await page.delete(page.order()[-1])
        answer = await page.ask("file", action="save-as", path=desk.path)
        assert answer["type"] == "done"
        await page.until(lambda: page.notices)
        assert page.notices[0]["values"] == {"path": desk.path}
        document = page.welcome["document"]
    assert texts(desk) == ["1\n"]
    assert server.read(desk.path)["metadata"]["kernelspec"]["name"] == "scripted"
    async with desk.page() as page:
        assert page.welcome["document"] == document
        second = await page.insert(1, "count")
        await page.run(second)
        await page.finished(second)
        assert page.text(second) == "2\n"
        await page.ask("save")
    assert texts(desk) == ["1\n", "2\n"]
    assert name not in await listed(server)
    async with server.prompt(name, kernel="scripted") as page:
        assert page.welcome["document"] != document
    desk.stop_kernels()


async def test_a_kept_prompt_stays_a_notebook_when_the_server_dies(own_desk):
    server = own_desk.server
    own_desk.file.parent.mkdir(exist_ok=True)
    async with server.prompt("a", kernel="scripted") as page:
        await page.finished(await enter(page, "count"))
        assert (await page.ask("file", action="save-as", path=own_desk.path))["type"] == "done"
    server.kill()
    server.restart()
    async with own_desk.page() as page:
        entry = page.order()[0]
        await page.run(entry)
        await page.until(lambda: page.text(entry) == "2\n")
        await page.ask("save")
    assert texts(own_desk)[0] == "2\n"


async def test_a_prompt_is_not_kept_over_a_file_that_is_there(desk):
    desk.put("print mine")
    async with desk.server.prompt(free(), kernel="scripted") as page:
        answer = await page.ask("file", action="save-as", path=desk.path)
        assert answer["code"] == "conflict"
    assert desk.cells()[0]["source"] == "print mine"


async def test_saving_a_prompt_is_saving_the_journal(shared_server):
    server = shared_server
    async with server.prompt(free(), kernel="scripted") as page:
        await page.finished(await enter(page, "count"))
        assert (await page.ask("save"))["type"] == "done"
        assert page.state["file"].get("state", "saved") == "saved"


async def test_cleared_entries_come_back_with_their_outputs(shared_server):
    server = shared_server
    name = free()
    async with server.prompt(name, kernel="scripted") as page:
        entry = await enter(page, "count")
        await page.finished(entry)
        await page.delete(entry)
        assert [page.source(cell) for cell in page.order()] == [""]
    async with server.prompt(name) as page:
        assert entry not in page.order()
        await page.put(entry, deleted="null")
        assert page.order()[0] == entry
        assert page.text(entry) == "1\n"
        again = await enter(page, "count")  # the kernel is the same
        await page.finished(again)
        assert page.text(again) == "2\n"


async def test_several_prompts_have_kernels_of_their_own_and_stand_in_one_list(shared_server):
    server = shared_server
    one, two = free(), free()
    async with server.prompt(one, kernel="scripted") as page, server.prompt(two, kernel="second") as other:
        for which in (page, other, page):
            entry = await enter(which, "count")
            await which.finished(entry)
        assert page.text(entry) == "2\n"
        rows = await listed(server)
        assert (rows[one]["kernel"], rows[two]["kernel"]) == ("scripted", "second")
        assert rows[one]["last"] == "count"
        assert rows[one]["state"] == "idle"


async def test_a_prompts_kernel_is_chosen_by_its_first_page_alone(shared_server):
    server = shared_server
    name = free()
    async with server.prompt(name, kernel="second") as page:
        assert page.state["kernel"]["name"] == "second"
    async with server.prompt(name, kernel="scripted") as page:
        assert page.state["kernel"]["name"] == "second"


async def test_a_closed_prompt_ends_its_kernel_and_can_be_opened_again_as_it_was(shared_server):
    server = shared_server
    name = free()
    async with server.prompt(name, kernel="scripted") as page:
        entry = await enter(page, "count")
        await page.finished(entry)
        process = page.state["kernel"]["process"]
        async with server.http() as http:
            assert (await http.delete(f"api/octavo/prompts/{name}")).status_code == 204
            assert process not in [kernel["id"] for kernel in (await http.get("api/kernels")).json()]
            with anyio.fail_after(20):
                while page.closed is None:
                    await page.changed()
            assert page.bye["code"] == "deleted"
            assert name not in await listed(server)
            assert (await http.post(f"api/octavo/prompts/{name}/reopen")).json() == {"name": name}
    async with server.prompt(name) as page:
        assert page.text(entry) == "1\n"


async def test_closing_what_is_not_there_says_so_and_what_was_closed_comes_back_beside_a_new_one(shared_server):
    server = shared_server
    async with server.http() as http:
        assert (await http.delete("api/octavo/prompts/none")).status_code == 404
        assert (await http.post("api/octavo/prompts/none/reopen")).status_code == 404
        name = free()
        async with server.prompt(name, kernel="scripted"):
            pass
        assert (await http.delete(f"api/octavo/prompts/{name}")).status_code == 204
        async with server.prompt(name, kernel="scripted"):
            assert (await http.post(f"api/octavo/prompts/{name}/reopen")).json() == {"name": f"{name}-2"}


async def test_what_was_run_is_found_at_every_prompt_of_that_language_the_newest_first(own_desk):
    server = own_desk.server
    async with server.prompt("a", kernel="scripted") as page, server.prompt("b", kernel="second") as other:
        for which, source in ((page, "print tides"), (other, "print 100%"), (page, "print tides"), (other, "count")):
            await which.finished(await enter(which, source))
    server.kill()
    server.restart()
    assert await history(server) == ["count", "print tides", "print 100%"]
    assert await history(server, q="TIDES pri") == ["print tides"]
    assert await history(server, q="0%") == ["print 100%"]
    assert await history(server, language="python") == []
    async with server.http() as http:
        newest = (await http.get("api/octavo/history", params={"language": "script", "most": "1"})).json()[0]
        assert await history(server, before=str(newest["number"])) == ["print tides", "print 100%"]
        assert (await http.get("api/octavo/history", params={"before": "x"})).status_code == 400
        assert (await http.delete("api/octavo/history")).status_code == 204
    assert await history(server) == []


async def test_cells_of_notebooks_are_no_history(desk):
    async with desk.opened("print never") as page:
        await page.run("a")
        await page.finished("a")
    assert "print never" not in await history(desk.server)


async def test_a_prompt_is_a_console_among_jupyters_sessions(shared_server):
    server = shared_server
    name = free()
    async with server.prompt(name, kernel="scripted") as page, server.http() as http:
        await page.until(lambda: page.state["kernel"]["state"] == "idle")
        found = next(s for s in (await http.get("api/sessions")).json() if s["path"] == f"repl/{name}")
        assert (found["type"], found["name"], found["kernel"]["name"]) == ("console", name, "scripted")
        changed = await http.patch(f"api/sessions/{found['id']}", json={"kernel": {"name": "second"}})
        assert changed.json()["kernel"]["name"] == "second"
        await page.until(lambda: page.state["kernel"]["name"] == "second")


async def test_a_name_that_is_none_is_refused(shared_server):
    server = shared_server
    async with server.prompt("%20%0A" + "x" * 70) as page:
        with anyio.fail_after(20):
            while page.closed is None:
                await page.changed()
        assert page.bye["code"] == "invalid"


async def test_the_kernel_says_whether_code_is_complete(own_desk):
    async with own_desk.server.prompt("a", kernel="python3") as page:
        await page.until(lambda: page.state["kernel"]["state"] == "idle")
        assert (await page.ask("isComplete", code="if x:"))["data"] == {"status": "incomplete", "indent": "    "}
        assert (await page.ask("isComplete", code="x = 1"))["data"]["status"] == "complete"


@pytest.mark.kernel
async def test_documentation_magics_and_the_next_input_are_shown_in_place(own_desk):
    (own_desk.server.root / "loaded.py").write_text("tide = 3\n")
    async with own_desk.server.prompt("a") as page:
        entry = await enter(page, "len?")
        await page.finished(entry)
        text = json.dumps(page.cells[entry]["outputs"])
        assert "Return the number of items" in text
        entry = await enter(page, "!echo salt")
        await page.finished(entry)
        assert "salt" in page.text(entry)
        await page.finished(await enter(page, "%load loaded.py"))
        await page.until(lambda: "tide = 3" in page.source(page.order()[-1]))


async def test_after_the_server_and_its_kernels_were_stopped_a_prompt_is_as_it_was_with_a_new_kernel(own_desk):
    server = own_desk.server
    async with server.prompt("a", kernel="scripted") as page:
        entry = await enter(page, "count")
        await page.finished(entry)
    server.stop()
    server.restart()
    async with server.prompt("a") as page:
        assert page.text(entry) == "1\n"
        await page.until(lambda: page.state["kernel"]["state"] == "idle")
        await page.finished(await enter(page, "count"))


async def test_a_kernel_that_was_stopped_starts_again_for_who_comes_one_that_died_says_so_first(own_desk):
    server = own_desk.server
    async with server.prompt("a", kernel="scripted") as page:
        await page.finished(await enter(page, "count"))
        await page.ask("shutdown")
        await page.until(lambda: page.state["kernel"]["state"] == "dead")
    async with server.prompt("a") as page:
        await page.until(lambda: page.state["kernel"]["state"] == "idle")
        await page.ask("runCells", cells=[await page.insert(0, "die 3")], edit=page.edits)
        await page.until(lambda: page.state["kernel"]["state"] == "dead")
    async with server.prompt("a") as page:
        assert page.state["kernel"]["state"] == "dead"
        await page.finished(await enter(page, "count"))
        assert page.state["kernel"]["state"] == "idle"
