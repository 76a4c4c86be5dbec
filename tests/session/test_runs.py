"""What a page asks to run, and what becomes of it: over a real server, host and scripted kernel."""

import re

import anyio
import pytest
from served import cell

pytestmark = pytest.mark.anyio


def numbers(text):
    """Of a flood's lines: each its number, padded with something else."""
    return [int(re.match("[0-9]+", line)[0]) for line in text.splitlines()]


def states(page, *cells):
    return [page.run_state(cell) for cell in cells]


async def test_a_run_shows_its_output_and_its_count(desk):
    async with desk.opened("print 7") as page:
        answer = await page.run("a")
        assert answer["type"] == "done"
        assert await page.finished("a") == "ok"
        assert page.text("a") == "7\n"
        assert page.cells["a"]["count"] == 1


async def test_cells_run_one_after_the_other_in_the_order_asked(desk):
    async with desk.opened("count", "count", "count") as page:
        await page.run("b", "c", "a")
        await page.finished("a")
        assert [page.text(cell) for cell in "bca"] == ["1\n", "2\n", "3\n"]


async def test_a_failure_drops_what_waits_and_says_how_many(desk):
    async with desk.opened("error E no", "print 1", "print 2") as page:
        await page.run("a", "b", "c")
        await page.until(lambda: page.notices)
        assert await page.finished("a") == "error"
        assert page.notices[0]["code"] == "dropped"
        assert page.notices[0]["values"]["count"] == 2
        assert page.notices[0]["values"]["cell"] == "a"
        assert page.state["queue"] == []
        await page.run("b")
        assert await page.finished("b") == "ok"


async def test_the_failure_of_a_cell_tagged_raises_exception_drops_nothing(desk):
    tolerant = cell("error E no", "a", metadata={"tags": ["raises-exception"]})
    async with desk.opened(tolerant, "print 1") as page:
        await page.run("a", "b")
        assert await page.finished("b") == "ok"
        assert page.run_state("a") == "error"
        assert page.notices == []


async def test_a_reply_before_the_output_ends_the_run_only_at_idle(desk):
    async with desk.opened("reply\nsleep 0.2\nprint late but mine", "print 2") as page:
        await page.run("a", "b")
        assert await page.finished("b") == "ok"
        assert states(page, "a", "b") == ["ok", "ok"]
        assert page.text("a") == "late but mine\n"


async def test_output_after_the_end_goes_to_the_cell_while_the_run_is_its_newest(desk):
    async with desk.opened("print 1\nlate 0.3 2") as page:
        await page.run("a")
        await page.finished("a")
        await page.until(lambda: page.text("a") == "1\n2\n")


async def test_output_for_an_older_run_does_not_reach_the_newer_one(desk):
    async with desk.opened("late 0.4 old", "sleep 0.8") as page:
        await page.run("a")
        await page.finished("a")
        await page.write("a", "print new")
        await page.run("a", "b")
        await page.finished("b")
        assert page.text("a") == "new\n"
        [file] = (await desk.file_is(lambda f: f["cells"][0]["outputs"]))["cells"][0]["outputs"]
        assert "".join(file["text"]) == "new\n"


async def test_what_one_cell_of_two_prints_late_goes_to_its_own(desk):
    async with desk.opened("late 0.2 of a", "sleep 0.5\nprint of b") as page:
        await page.run("a", "b")
        await page.finished("b")
        assert page.text("a") == "of a\n"
        assert page.text("b") == "of b\n"


async def test_a_flood_comes_whole_and_in_order(desk):
    async with desk.opened("flood 5000 20") as page:
        await page.run("a")
        assert await page.finished("a") == "ok"
        [shown] = page.cells["a"]["outputs"]
        assert numbers(shown.get("tail") or shown["text"])[-1] == 4999
        file = await desk.file_is(lambda f: f["cells"][0]["execution_count"])
        [output] = file["cells"][0]["outputs"]
        assert numbers("".join(output["text"])) == list(range(5000))


async def test_an_interrupt_stops_the_run_and_drops_what_waits(desk):
    async with desk.opened("print begun\nhang", "print 2", "print 3") as page:
        await page.run("a", "b", "c")
        await page.until(lambda: page.text("a") == "begun\n")
        answer = await page.ask("interrupt")
        assert answer["dropped"] == 2
        assert await page.finished("a") == "interrupted"
        await page.run("b")
        assert await page.finished("b") == "ok"


async def test_one_waiting_run_can_be_taken_out(desk):
    async with desk.opened("print begun\nsleep 0.5", "print 2", "print 3") as page:
        await page.run("a")
        await page.run("b")
        await page.run("c")
        await page.until(lambda: any(run["cell"] == "b" for run in page.state["queue"]))
        [wanted] = [run["id"] for run in page.state["queue"] if run["cell"] == "b"]
        answer = await page.ask("drop", runs=[wanted])
        assert answer["dropped"] == 1
        assert await page.finished("c") == "ok"
        assert page.text("b") == ""


async def test_a_cell_that_waits_already_is_replaced_by_its_newer_text(desk):
    async with desk.opened("print begun\nsleep 0.5", "print old") as page:
        await page.run("a", "b")
        await page.write("b", "print new")
        await page.run("b")
        await page.finished("a")
        assert await page.finished("b") == "ok"
        await page.until(lambda: page.state["queue"] == [])
        assert page.text("b") == "new\n"


async def test_deleting_a_cell_drops_its_waiting_run_and_lets_its_running_one_go_on(desk):
    async with desk.opened("sleep 0.5\nprint done", "print 2", "count") as page:
        await page.run("a", "b", "c")
        await page.until(lambda: page.run_state("a") == "running")
        await page.delete("b")
        await page.delete("a")
        assert await page.finished("c") == "ok"
        assert page.text("c") == "2\n"
        assert page.text("a") == "done\n"
        assert page.text("b") == ""


async def test_a_cell_that_becomes_text_loses_its_waiting_run(desk):
    async with desk.opened("sleep 0.5", "print 2", "count") as page:
        await page.run("a", "b", "c")
        await page.put("b", type="markdown")
        await page.finished("c")
        assert page.text("c") == "2\n"


async def test_a_run_has_the_text_of_the_edit_that_it_names(desk):
    async with desk.opened("print old") as page:
        await page.write("a", "print new")
        await page.run("a")
        await page.write("a", "print newest")
        await page.finished("a")
        assert page.text("a") == "new\n"


async def test_a_run_before_its_edit_is_refused(desk):
    async with desk.opened("print old") as page:
        answer = await page.ask("runCells", cells=["a"], edit=page.edits + 1)
        assert answer["type"] == "failed"
        assert answer["code"] == "invalid"


async def test_a_run_behind_a_gap_waits_until_the_missing_text_has_come(desk):
    from octavo.document.frames import FrameKind, encode
    from octavo.document.vector import clock_of

    async with desk.opened("print old") as page:
        source = page.map["a"]["source"]
        before = page.doc.get_state()
        source.insert(len(source), " and")
        middle = page.doc.get_state()
        source.insert(len(source), " new")
        late = page.doc.get_update(middle)
        assert page.doc.get_update(before) != late
        page.edits += 1
        clock = clock_of(page.doc.get_state(), page.client)
        await page.socket.send(encode(FrameKind.UPDATE, late, n=page.edits, client=page.client, clock=clock))
        await page.run("a")  # the server asks for what is missing by a step 1, which the page answers
        await page.finished("a")
        assert page.text("a") == "old and new\n"


async def test_a_selection_runs_in_place_of_the_cell(desk):
    async with desk.opened("print all") as page:
        await page.ask("runCells", cells=["a"], edit=page.edits, code="print a part")
        await page.finished("a")
        assert page.text("a") == "a part\n"


async def test_text_cells_and_unknown_cells_do_not_run(desk):
    async with desk.opened(cell("# Title", "a", kind="markdown"), "print 1") as page:
        answer = await page.run("a", "nowhere", "b")
        assert answer["type"] == "done"
        await page.finished("b")
        assert list(page.cells) == ["b"]


async def test_the_same_command_twice_runs_once(desk):
    async with desk.opened("count") as page:
        command = {"type": "runCells", "id": "same", "cells": ["a"], "edit": 0}
        await page.send(command)
        await page.send(command)
        await page.finished("a")
        await page.run("a")
        await page.until(lambda: page.text("a") == "2\n")


async def test_completion_waits_for_the_kernel_to_be_idle(desk):
    async with desk.opened("sleep 0.4\nprint done") as page:
        await page.run("a")
        await page.until(lambda: page.run_state("a") == "running" and page.state["kernel"]["state"] == "busy")
        first = await page.command("complete", code="x", cursor=1)
        second = await page.command("complete", code="xy", cursor=2)
        await page.until(lambda: first in page.answers)
        assert page.answers[first]["data"]["matches"] == []  # the newer one took its place
        assert second not in page.answers
        await page.until(lambda: second in page.answers)
        assert page.answers[second]["data"]["matches"] == ["scripted"]
        assert page.run_state("a") == "ok"


async def test_a_completion_without_a_kernel_is_empty_at_once(desk):
    async with desk.opened("") as page:
        answer = await page.ask("complete", code="x", cursor=1)
        assert answer["data"]["matches"] == []
        assert page.state["kernel"].get("state", "none") == "none"


async def test_output_while_nobody_watches_is_there_for_the_next_page(desk):
    async with desk.opened("print 1\nsleep 0.3\nprint 2\nsleep 0.3\nprint 3") as page:
        await page.run("a")
        await page.until(lambda: page.text("a"))
    await anyio.sleep(0.2)
    async with desk.page() as page:
        await page.finished("a")
        assert page.text("a") == "1\n2\n3\n"


async def test_two_pages_see_the_same_run(desk):
    async with desk.opened("print 1\nsleep 0.2\nprint 2") as one, desk.page() as two:
        await one.run("a")
        assert await two.finished("a") == "ok"
        await one.finished("a")
        assert one.cells == two.cells


async def test_a_kernel_that_never_says_idle_ends_its_runs_all_the_same(desk):
    async with desk.opened("print 1\nnoidle", "print 2") as page:
        await page.run("a", "b")
        assert await page.finished("b", 30) == "ok"
        assert page.cells["a"]["run"]["why"] == "no-idle"


async def test_a_run_that_the_kernel_aborts_twice_is_given_up(desk):
    async with desk.opened("reply aborted\nprint 1") as page:
        await page.run("a")
        await page.finished("a")
        assert page.run_state("a") == "interrupted"
