"""The file beneath a live notebook: names, outside changes, what happens when it goes away, may not be written, or is saved by an API."""

import json
import os

import anyio
import pytest
from served import jupyter_bytes, notebook

pytestmark = pytest.mark.anyio


def sources(page):
    return [page.source(cell) for cell in page.order()]


def file_state(page):
    return page.state["file"].get("state", "saved")


async def saved(page):
    await page.until(lambda: file_state(page) == "saved")


async def test_an_edit_is_in_the_file_a_moment_later(desk):
    async with desk.opened("print 1") as page:
        await page.type("a", "2")
        await desk.file_is(lambda f: "".join(f["cells"][0]["source"]) == "print 12", 5)
        await saved(page)


async def test_ctrl_s_writes_at_once_and_keeps_a_checkpoint(desk):
    async with desk.opened("print 1") as page:
        await page.type("a", "2")
        answer = await page.ask("save")
        assert answer["type"] == "done"
        assert "".join(desk.cells()[0]["source"]) == "print 12"
        async with desk.server.http() as http:
            found = (await http.get(f"api/contents/{desk.path}/checkpoints")).json()
    assert len(found) == 1


async def test_two_names_of_one_file_are_one_notebook(desk):
    desk.put("print 1")
    (desk.file.parent / "other.ipynb").symlink_to("n.ipynb")
    os.link(desk.file, desk.file.parent / "hard.ipynb")
    async with desk.page() as one, desk.page(f"{desk.folder}/other.ipynb") as two:
        await one.type("a", " and 2")
        await two.until(lambda: two.source("a") == "print 1 and 2")
        assert one.welcome["document"] == two.welcome["document"]
        async with desk.page(f"{desk.folder}/hard.ipynb") as three:
            assert three.welcome["document"] == one.welcome["document"]


async def test_renaming_an_open_notebook_takes_kernel_results_and_page_along(desk):
    new = f"{desk.folder}/new name.ipynb"
    async with desk.opened("count") as page:
        await page.run("a")
        await page.finished("a")
        async with desk.server.http() as http:
            answer = await http.patch(f"api/contents/{desk.path}", json={"path": new})
            assert answer.status_code == 200, answer.text
            [session] = [s for s in (await http.get("api/sessions")).json() if s["path"] == new]
        await page.until(lambda: any(notice["code"] == "moved" for notice in page.notices))
        await page.type("a", "\nprint x")
        await page.run("a")
        await page.finished("a")
        await page.until(lambda: page.text("a") == "2\nx\n")
        async with desk.page(new) as again:
            assert again.welcome["document"] == page.welcome["document"]
        await page.ask("save")
    assert not desk.file.exists()
    assert "".join(json.loads((desk.server.root / new).read_bytes())["cells"][0]["source"]) == "count\nprint x"
    assert session["kernel"]["id"] == page.state["kernel"]["process"]


async def test_renaming_the_folder_of_an_open_notebook_takes_it_along(desk):
    new = f"{desk.folder}/deep2/n.ipynb"
    desk.path = f"{desk.folder}/deep/n.ipynb"
    async with desk.opened("print 1") as page:
        async with desk.server.http() as http:
            answer = await http.patch(f"api/contents/{desk.folder}/deep", json={"path": f"{desk.folder}/deep2"})
            assert answer.status_code == 200, answer.text
        await page.type("a", "2")
        await page.ask("save")
    assert "".join(json.loads((desk.server.root / new).read_bytes())["cells"][0]["source"]) == "print 12"
    assert not desk.file.exists()


async def test_deleting_asks_when_a_kernel_runs_and_forced_ends_it(desk):
    async with desk.opened("print 1") as page:
        await page.run("a")
        await page.finished("a")
        async with desk.server.http() as http:
            refused = await http.delete(f"api/contents/{desk.path}")
            assert refused.status_code == 409
            assert "n.ipynb" in refused.json()["message"]
            assert desk.file.exists()
            deleted = await http.delete(f"api/contents/{desk.path}", params={"force": "1"})
            assert deleted.status_code == 204
            await page.until(lambda: page.bye)
            assert page.bye["code"] == "deleted"
            assert not desk.file.exists()
            assert [s for s in (await http.get("api/sessions")).json() if s["path"] == desk.path] == []


async def test_a_deleted_notebook_that_is_restored_has_its_results_and_its_cells_bin(desk):
    async with desk.opened("print 1", "print 2") as page:
        await page.run("a")
        await page.finished("a")
        await page.delete("b")
        await page.ask("save")
        await page.ask("shutdown")
        await page.until(lambda: page.state["kernel"]["state"] == "dead")
        document = page.welcome["document"]
    async with desk.server.http() as http:
        deleted = await http.delete(f"api/contents/{desk.path}", params={"force": "1"})
        id = deleted.headers["octavo-bin"]
        missing = await http.get(f"api/contents/{desk.path}")
        assert missing.status_code == 404
        restored = await http.post(f"api/octavo/bin/{id}/restore")
        assert restored.json()["path"] == desk.path
    async with desk.page() as page:
        assert page.welcome["document"] == document
        assert page.text("a") == "1\n"
        assert page.cells["a"]["run"]["state"] == "ok"
        assert "b" in page.map and page.order() == ["a"]


# Outside changes -------------------------------------------------------------------------------------------------------


def outside(desk, *cells, **more):
    """What git checkout or an editor does: the file is another one."""
    temporary = desk.file.with_suffix(".tmp")
    temporary.write_bytes(jupyter_bytes(notebook(*cells) | more))
    os.replace(temporary, desk.file)


async def test_what_was_changed_in_the_file_alone_is_taken(desk):
    async with desk.opened("print 1", "print 2") as page:
        outside(desk, "print changed", "print 2", "print 3")
        await page.until(lambda: sources(page) == ["print changed", "print 2", "print 3"])
        assert page.order() == ["a", "b", "c"]
        await page.until(lambda: page.notices)


async def test_what_was_changed_on_both_sides_stays_and_the_files_text_stands_below(desk):
    async with desk.opened("print 1", "print 2") as page:
        await page.type("a", " mine")
        outside(desk, "print 1 theirs", "print 2")
        await page.until(lambda: len(page.order()) == 3)
        assert sources(page) == ["print 1 mine", "print 1 theirs", "print 2"]
        await saved(page)
        written = [json.loads(desk.file.read_bytes())["cells"][n]["source"] for n in range(3)]
        assert ["".join(source) for source in written] == ["print 1 mine", "print 1 theirs", "print 2"]


async def test_a_file_written_in_two_halves_is_taken_when_it_is_whole(desk):
    async with desk.opened("print 1") as page:
        data = jupyter_bytes(notebook("print 1", "print new"))
        desk.file.write_bytes(data[:100])
        await anyio.sleep(1.3)  # longer than the look at the file takes to come
        assert sources(page) == ["print 1"]
        assert file_state(page) == "saved"
        desk.file.write_bytes(data)
        await page.until(lambda: sources(page) == ["print 1", "print new"])


async def test_conflict_markers_hold_the_file_until_somebody_decides(desk):
    async with desk.opened("print 1") as page:
        marked = b"<<<<<<< HEAD\n" + desk.file.read_bytes() + b"=======\n>>>>>>> theirs\n"
        desk.file.write_bytes(marked)
        await page.until(lambda: file_state(page) == "held")
        assert "conflict" in page.state["file"]["why"].lower() or "merge" in page.state["file"]["why"].lower()
        await page.type("a", "2")
        assert (await page.ask("save"))["type"] == "failed"
        assert desk.file.read_bytes() == marked
        answer = await page.ask("file", action="overwrite")
        assert answer["type"] == "done", answer
        await saved(page)
        assert "".join(desk.cells()[0]["source"]) == "print 12"


async def test_a_held_file_that_becomes_whole_again_is_taken(desk):
    async with desk.opened("print 1") as page:
        desk.file.write_bytes(b"{ half")
        await page.until(lambda: file_state(page) == "held")
        outside(desk, "print 1", "print 2")
        await page.until(lambda: sources(page) == ["print 1", "print 2"])
        await saved(page)


async def test_a_file_that_is_removed_and_made_anew_is_a_change_like_any_other(desk):
    async with desk.opened("print 1") as page:
        desk.file.unlink()
        desk.file.write_bytes(jupyter_bytes(notebook("print 1", "print 2")))
        await page.until(lambda: sources(page) == ["print 1", "print 2"])
        await saved(page)


async def test_a_file_that_goes_away_leaves_a_detached_notebook_that_can_be_put_back(desk):
    async with desk.opened("print 1") as page:
        desk.file.unlink()
        await page.until(lambda: file_state(page) == "detached")
        await page.type("a", "2")
        await page.run("a")
        await page.finished("a")
        assert not desk.file.exists()
        assert (await page.ask("save"))["type"] == "failed"
        answer = await page.ask("file", action="put-back")
        assert answer["type"] == "done", answer
        await saved(page)
        assert "".join(desk.cells()[0]["source"]) == "print 12"
        await page.type("a", "3")
        await desk.file_is(lambda f: "".join(f["cells"][0]["source"]) == "print 123")


async def test_a_detached_notebook_can_be_saved_under_another_name(desk):
    new = f"{desk.folder}/other.ipynb"
    async with desk.opened("print 1") as page:
        desk.file.unlink()
        await page.until(lambda: file_state(page) == "detached")
        (desk.file.parent / "taken.ipynb").write_bytes(b"{}")
        refused = await page.ask("file", action="save-as", path=f"{desk.folder}/taken.ipynb")
        assert refused["type"] == "failed"
        assert refused["code"] == "conflict"
        answer = await page.ask("file", action="save-as", path=new)
        assert answer["type"] == "done", answer
        await saved(page)
        async with desk.page(new) as again:
            assert again.welcome["document"] == page.welcome["document"]
    assert not desk.file.exists()


async def test_a_detached_notebook_can_be_discarded(desk):
    async with desk.opened("print 1") as page:
        desk.file.unlink()
        await page.until(lambda: file_state(page) == "detached")
        await page.command("file", action="discard")
        await page.until(lambda: page.bye)
    assert not desk.file.exists()
    async with desk.opened("print later") as page:
        assert sources(page) == ["print later"]


async def test_a_later_file_at_the_path_of_a_detached_notebook_is_another_document(desk):
    async with desk.opened("print 1") as page:
        desk.file.unlink()
        await page.until(lambda: file_state(page) == "detached")
        old = page.welcome["document"]
        desk.put("print other")
        async with desk.page() as other:
            assert other.welcome["document"] != old
            assert sources(other) == ["print other"]
        await anyio.sleep(1.2)
        assert sources(page) == ["print 1"]


async def test_a_read_only_file_is_edited_here_and_not_there(desk, monkeypatch):
    if os.geteuid() == 0:
        pytest.importorskip("octavo")  # root may write everything: the flag is shown, and nothing is written
    desk.put("print 1")
    before = desk.file.read_bytes()
    desk.file.chmod(0o444)
    async with desk.page() as page:
        await page.type("a", "2")
        await page.run("a")
        assert await page.finished("a") == "ok"
        if page.state["file"].get("readOnly"):
            await page.until(lambda: file_state(page) == "held")
            assert page.state["file"]["why"] == "read-only"
            assert desk.file.read_bytes() == before
    async with desk.page() as page:
        assert sources(page) == ["print 12"]


async def test_a_change_made_while_nobody_had_it_open_is_taken_at_the_next_opening(own_desk):
    async with own_desk.opened("print 1", "print 2") as page:
        await page.type("b", " mine")
        await page.ask("save")
    own_desk.server.stop()
    outside(own_desk, "print 1 theirs", "print 2 mine", "print 3")
    own_desk.server.restart()
    async with own_desk.page() as page:
        await page.until(lambda: sources(page) == ["print 1 theirs", "print 2 mine", "print 3"])


async def test_outputs_that_the_file_changed_are_taken_where_no_run_of_ours_is_newer(desk):
    from served import cell

    stream = {"output_type": "stream", "name": "stdout", "text": ["theirs\n"]}
    async with desk.opened("print 1", "print 2") as page:
        outside(desk, cell("print 1", "a", outputs=[stream], execution_count=9), "print 2")
        await page.until(lambda: page.text("a") == "theirs\n")
        assert page.cells["a"]["count"] == 9
        assert not page.cells["a"]["outputs"][0].get("own")
        await page.run("a")
        await page.finished("a")
        assert page.text("a") == "1\n"


# Saves by the API ------------------------------------------------------------------------------------------------------


async def test_reading_by_the_api_has_what_was_typed_a_moment_ago(desk):
    async with desk.opened("print 1") as page:
        await page.type("a", "2")
        await page.until(lambda: page.kept == page.edits)
        async with desk.server.http() as http:
            found = (await http.get(f"api/contents/{desk.path}")).json()
            raw = (await http.get(f"files/{desk.path}")).json()
        assert found["content"]["cells"][0]["source"] == "print 12"
        assert "".join(raw["cells"][0]["source"]) == "print 12"


async def test_a_save_by_the_api_is_merged_into_the_open_notebook(desk):
    async with desk.opened("print 1", "print 2") as page:
        async with desk.server.http() as http:
            served = (await http.get(f"api/contents/{desk.path}")).json()
            await page.type("b", " mine")
            await page.until(lambda: page.kept == page.edits)
            served["content"]["cells"][0]["source"] = "print theirs"
            body = {"type": "notebook", "format": "json", "content": served["content"]}
            answer = await http.put(f"api/contents/{desk.path}", json=body)
            assert answer.status_code == 200, answer.text
        await page.until(lambda: "print theirs" in sources(page))
        assert "print 2 mine" in sources(page)
        await saved(page)
        texts = ["".join(c["source"]) for c in desk.cells()]
        assert texts == sources(page)


async def test_restoring_a_checkpoint_of_an_open_notebook_is_merged_too(desk):
    async with desk.opened("print 1") as page:
        await page.ask("save")
        await page.type("a", "2")
        await page.ask("save")
        async with desk.server.http() as http:
            found = (await http.get(f"api/contents/{desk.path}/checkpoints")).json()
            oldest = found[0]["id"]
            answer = await http.post(f"api/contents/{desk.path}/checkpoints/{oldest}")
            assert answer.status_code == 204, answer.text
        await page.until(lambda: "print 1" in sources(page))


async def test_a_raw_upload_over_an_open_notebook_is_merged(desk):
    async with desk.opened("print 1") as page:
        async with desk.server.http() as http:
            data = jupyter_bytes(notebook("print 1", "print uploaded"))
            answer = await http.put(f"files/{desk.path}", content=data)
            assert answer.status_code in (200, 201, 204), answer.text
        await page.until(lambda: sources(page) == ["print 1", "print uploaded"])
