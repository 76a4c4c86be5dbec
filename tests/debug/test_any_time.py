"""Debugging that was not prepared: a busy kernel, `breakpoint()`, interrupts, restarts, and the death of the web process."""

import pytest
from debugged import Debugged, lines

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]

SPIN = "import time\nn = 0\nwhile n < 2000:\n    n += 1\n    time.sleep(0.01)\nprint('done', n)"


async def test_a_busy_kernel_that_was_never_debugged_is_paused(desk):
    async with desk.opened(SPIN, kernel="python3") as page:
        debugged = Debugged(page)
        assert await debugged.refused("debugPause") == "conflict"
        await page.run("a")
        await page.until(lambda: page.cells.get("a", {}).get("run", {}).get("count"))
        await debugged.done("debugPause")
        picture = await debugged.stopped()
        assert picture["reason"] == "pause"
        assert debugged.top()["at"]["cell"] == "a"
        await debugged.evaluate("n = 1999")
        await debugged.go("continue", wait=False)
        assert await page.finished("a") == "ok"
        assert page.text("a") == "done 2000\n"


async def test_an_interrupt_while_stopped_ends_the_cell_and_the_next_run_stops_again(desk):
    async with desk.opened(SPIN, "x = 1\ny = 2\nprint(y)", kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.breakpoint("b1", "a", 4)
        await debugged.breakpoint("b2", "b", 2)
        await page.run("a")
        await debugged.stopped()
        await page.ask("interrupt")
        assert await page.finished("a") == "interrupted"
        await page.until(lambda: not debugged.picture)
        for cell in ("b", "a"):
            await page.run(cell)
            picture = await debugged.stopped()
            assert lines(picture)[0][1] == cell
            if cell == "b":
                await debugged.go("continue", wait=False)
                assert await page.finished("b") == "ok"
        await debugged.done("debugGo", stop=debugged.number, action="end")
        assert await page.finished("a") == "interrupted"


async def test_breakpoint_in_code_opens_the_debugger(desk):
    code = "def f(n):\n    m = n * 2\n    breakpoint()\n    return m\n\nprint(f(3))"
    async with desk.opened(code, kernel="python3") as page:
        debugged = Debugged(page)
        for _ in range(2):
            await page.run("a")
            picture = await debugged.stopped()
            assert lines(picture)[0][:2] == ("f", "a")
            assert debugged.locals() == {"n": "3", "m": "6"}
            await debugged.go("continue", wait=False)
            assert await page.finished("a") == "ok"
        assert page.text("a") == "6\n"


async def test_a_cell_is_debugged_and_run_by_line(desk):
    code = "# first\ndef f(n):\n    return n + 1\n\na = f(1)\nb = f(a)\nprint(b)"
    async with desk.opened(code, kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.done("debugCell", cell="a", edit=page.edits, byLine=True)
        picture = await debugged.stopped()
        seen = [lines(picture)[0][2]]
        while page.run_state("a") == "running" and len(seen) < 20:
            before = debugged.number
            await debugged.done("debugGo", stop=debugged.number, action="line")
            await page.until(
                lambda before=before: debugged.picture.get("number", 0) > before or page.run_state("a") == "ok"
            )
            if page.run_state("a") != "ok":
                seen.append(lines(await debugged.stopped())[0][2])
        assert seen[0] == 2
        assert {3, 5, 6, 7} <= set(seen)
        assert await page.finished("a") == "ok"
        assert page.text("a") == "3\n"
        assert debugged.state.get("stepping", "") == ""


async def test_breakpoints_survive_restart_and_stop_the_first_run_after_it(desk):
    async with desk.opened("x = 1\ny = 2\nprint(y)", "print('b')", kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.breakpoint("b1", "a", 2)
        await page.run("a")
        await debugged.stopped()
        await page.ask("restart", run=["a", "b"])
        await page.until(lambda: not debugged.picture)
        picture = await debugged.stopped()
        assert lines(picture) == [("<module>", "a", 2)]
        await debugged.go("continue", wait=False)
        await page.finished("b")
        assert page.text("b") == "b\n"


async def test_a_stop_outlives_the_web_process(own_desk):
    server = own_desk.server
    own_desk.put("def f(n):\n    m = n + 1\n    return m\n\nprint(f(1))", kernel="python3")
    async with own_desk.page() as page:
        debugged = Debugged(page)
        await debugged.breakpoint("b1", "a", 3)
        await page.run("a")
        await debugged.stopped()
    server.kill()
    server.restart()
    async with own_desk.page() as page:
        debugged = Debugged(page)
        picture = await debugged.stopped()
        assert lines(picture) == [("f", "a", 3), ("<module>", "a", 5)]
        assert debugged.locals() == {"n": "1", "m": "2"}
        assert debugged.breakpoints()["b1"]["at"] == {"cell": "a", "line": 3}
        picture = await debugged.go("out")
        assert lines(picture)[0][:2] == ("<module>", "a")
        await debugged.go("continue", wait=False)
        assert await page.finished("a") == "ok"
        await page.run("a")
        await debugged.stopped()
        await debugged.go("continue", wait=False)
        assert await page.finished("a") == "ok"


async def test_breakpoints_move_with_text_splits_and_reload(desk):
    async with desk.opened("a = 1\nb = 2\nc = 3\nd = 4", kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.breakpoint("b1", "a", 1)
        await debugged.breakpoint("b3", "a", 3)
        await page.type("a", "# new\n", at=0)
        await page.until(lambda: debugged.breakpoints()["b3"]["at"]["line"] == 4)
        assert debugged.breakpoints()["b1"]["at"]["line"] == 2

        def split():
            source = page.map["a"]["source"]
            text = str(source)
            place = text.index("b = 2")
            tail = text[place:]
            del source[place - 1 : len(source)]
            page._make("tail", tail, page.position_at(1))
            page.map["tail"]["split"] = '{"from": "a"}'

        await page.change(split)
        await page.until(lambda: debugged.breakpoints()["b3"]["at"] == {"cell": "tail", "line": 2})
        assert debugged.breakpoints()["b3"]["text"] == "c = 3"
        assert debugged.breakpoints()["b1"]["at"] == {"cell": "a", "line": 2}
    async with desk.page() as page:
        assert Debugged(page).breakpoints()["b3"]["at"] == {"cell": "tail", "line": 2}
