"""Breakpoints, stops, steps and values over the live socket, with a real ipykernel."""

import pytest
from debugged import Debugged, lines

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]

ADD = """\
def add(n):
    total = 0
    for i in range(n):
        total += i
    return total

result = add(3)
print(result)
"""


async def test_a_breakpoint_stops_steps_and_shows_values(desk):
    async with desk.opened(ADD, kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.breakpoint("b1", "a", 4)
        await page.run("a")
        picture = await debugged.stopped()
        assert picture["reason"] == "breakpoint"
        assert picture["breakpoints"] == ["b1"]
        assert lines(picture) == [("add", "a", 4), ("<module>", "a", 7)]
        assert debugged.locals() == {"n": "3", "total": "0", "i": "0"}
        assert ("total", "0") in [(one["name"], one["value"]) for one in picture["view"]["inline"] if one["line"] == 4]
        picture = await debugged.go("over")
        assert lines(picture)[0] == ("add", "a", 3)
        picture = await debugged.go("over")
        picture = await debugged.go("over")
        assert lines(picture)[0] == ("add", "a", 3)
        assert debugged.locals()["total"] == "1"
        assert [one["name"] for one in picture["view"]["scopes"][0]["variables"] if one.get("changed")] == ["total"]
        await debugged.remove("b1")
        await debugged.go("continue", wait=False)
        assert await page.finished("a") == "ok"
        assert page.text("a") == "3\n"
        assert page.state["picture"] == {}


async def test_steps_go_into_out_to_a_call_to_a_line_and_jump(desk):
    code = "def a(x):\n    return x + 1\n\ndef b(x):\n    y = x * 2\n    return y\n\nr = b(a(1))\ns = r + 1\nt = s\nprint(r, t)\n"
    async with desk.opened(code, kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.breakpoint("b1", "a", 8)
        await page.run("a")
        await debugged.stopped()
        shown = await debugged.done("debugTargets", stop=debugged.number, frame=debugged.top()["id"])
        target = next(one for one in shown["targets"]["targets"] if one["label"].startswith("b("))
        picture = await debugged.go("into", target=target["id"])
        assert lines(picture)[0] == ("b", "a", 5)
        picture = await debugged.go("over")
        assert debugged.locals() == {"x": "2", "y": "4"}
        picture = await debugged.go("out")
        assert lines(picture)[0][:2] == ("<module>", "a")
        picture = await debugged.go("here", to={"cell": "a", "line": 10})
        assert lines(picture)[0] == ("<module>", "a", 10)
        await debugged.go("continue", wait=False)
        assert await page.finished("a") == "ok"
        assert page.text("a") == "4 5\n"


async def test_it_goes_on_from_another_line_within_its_function(desk):
    async with desk.opened(
        "def f():\n    a = 1\n    a = 2\n    a = 3\n    return a\nprint(f())", kernel="python3"
    ) as page:
        debugged = Debugged(page)
        await debugged.breakpoint("b1", "a", 3)
        await page.run("a")
        await debugged.stopped()
        picture = await debugged.go("jump", to={"cell": "a", "line": 5})
        assert lines(picture)[0] == ("f", "a", 5)
        answer = await page.ask("debugGo", stop=debugged.number, action="jump", to={"cell": "a", "line": 6})
        assert answer["type"] == "failed"
        await debugged.go("continue", wait=False)
        await page.finished("a")
        assert page.text("a") == "1\n"


async def test_conditions_hit_counts_and_log_points(desk):
    code = "for i in range(20):\n    x = i\n    y = i\n    z = i\nprint(i)"
    async with desk.opened(code, kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.breakpoint("c", "a", 2, condition="i == 7")
        await debugged.breakpoint("h", "a", 3, hit="12")
        await debugged.breakpoint("l", "a", 4, log="i is {i}", condition="i < 3")
        await debugged.breakpoint("bad", "a", 4, condition="i ==")
        await debugged.breakpoint("off", "a", 2, enabled=False)
        assert debugged.breakpoints()["bad"]["state"] == "problem"
        assert debugged.breakpoints()["bad"]["why"]
        await page.run("a")
        picture = await debugged.stopped()
        assert picture["breakpoints"] == ["c"]
        assert debugged.locals()["i"] == "7"
        picture = await debugged.go("continue")
        assert picture["breakpoints"] == ["h"]
        assert debugged.locals()["i"] == "11"
        await debugged.go("continue", wait=False)
        assert await page.finished("a") == "ok"
        await page.until(lambda: len(page.console) >= 3)
        assert page.console == ["i is 0", "i is 1", "i is 2"]


async def test_a_number_that_is_over_does_nothing(desk):
    async with desk.opened("a = 1\nb = 2\nc = 3\nd = 4\nprint(d)", kernel="python3") as page:
        debugged = Debugged(page)
        assert await debugged.refused("debugGo", stop=1, action="continue") == "stale"
        await debugged.breakpoint("b1", "a", 1)
        await page.run("a")
        await debugged.stopped()
        one, two = [await page.command("debugGo", stop=debugged.number, action="over") for _ in range(2)]
        await page.until(lambda: one in page.answers and two in page.answers)
        assert [page.answers[one]["type"], page.answers[two]["type"]] == ["done", "failed"]
        assert page.answers[two]["code"] == "stale"
        picture = await debugged.stopped()
        assert lines(picture)[0] == ("<module>", "a", 2)
        assert await debugged.refused("debugPause") == "conflict"
        await debugged.remove("b1")
        await debugged.go("continue", wait=False)
        await page.finished("a")


async def test_errors_that_nobody_catches_stop_where_they_are_raised(desk):
    code = "def lo(n):\n    return 1 / n\n\ndef hi():\n    try:\n        lo(0)\n    except ZeroDivisionError:\n        pass\n    lo(0)\n\nhi()"
    async with desk.opened(code, kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.done("debugFilters", exceptions="uncaught", justMyCode=True, functions=[])
        await page.run("a")
        picture = await debugged.stopped()
        assert picture["reason"] == "exception"
        assert picture["raised"]["type"] == "ZeroDivisionError"
        assert lines(picture)[0] == ("lo", "a", 2)
        assert lines(picture)[1] == ("hi", "a", 9)
        await debugged.go("continue", wait=False)
        assert await page.finished("a") == "error"
        await debugged.done("debugFilters", exceptions="never", justMyCode=True, functions=["lo"])
        await page.run("a")
        picture = await debugged.stopped()
        assert lines(picture)[0][0] == "lo"
        await debugged.done("debugFilters", exceptions="never", justMyCode=True, functions=[])
        await debugged.go("continue", wait=False)
        assert await page.finished("a") == "error"


async def test_values_are_evaluated_set_watched_completed_and_paged(desk):
    code = "def f(data, name):\n    count = len(data)\n    return count\n\nprint(f(list(range(1000)), 'x'))"
    async with desk.opened(code, kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.done("debugWatches", watches=["count * 2", "nothing", "len(data)"])
        await debugged.breakpoint("b1", "a", 3)
        await page.run("a")
        picture = await debugged.stopped()
        watches = picture["view"]["watches"]
        assert watches[0]["value"]["value"] == "2000"
        assert watches[1]["value"]["error"] is True
        assert "NameError" in watches[1]["value"]["value"]
        data = next(one for one in picture["view"]["scopes"][0]["variables"] if one["name"] == "data")
        assert data["value"]["size"] == 1000
        shown = await debugged.done("debugExpand", stop=debugged.number, ref=data["value"]["ref"], start=900, count=50)
        assert [one["value"]["value"] for one in shown["children"]["variables"]] == [str(n) for n in range(900, 950)]
        assert shown["children"]["total"] == 1000
        assert (await debugged.evaluate("[n * count for n in data[:3]]"))["value"] == "[0, 1000, 2000]"
        assert (await debugged.evaluate("1 / 0"))["error"] is True
        await debugged.evaluate("count = 41")
        await page.until(lambda: debugged.locals()["count"] == "41")
        scope = debugged.picture["view"]["scopes"][0]
        fields = {"stop": debugged.number, "frame": debugged.top()["id"], "ref": scope["ref"]}
        shown = await debugged.done("debugSet", **fields, key="count", expression="count + 1")
        assert shown["evaluated"]["value"]["value"] == "42"
        await page.until(lambda: debugged.locals()["count"] == "42")
        shown = await debugged.done(
            "debugComplete", stop=debugged.number, frame=debugged.top()["id"], code="1 + cou", cursor=7
        )
        assert shown["candidates"] == {"matches": ["count"], "start": 4, "end": 7}
        await debugged.go("continue", wait=False)
        assert await page.finished("a") == "ok"
        assert page.text("a") == "42\n"


async def test_the_queue_waits_while_a_cell_is_stopped_and_functions_of_other_cells_stop_too(desk):
    async with desk.opened(
        "def f(n):\n    m = n\n    return m", "print(f(1))", "print('after')", kernel="python3"
    ) as page:
        debugged = Debugged(page)
        await page.run("a")
        await page.finished("a")
        await debugged.breakpoint("b1", "a", 2)  # in code that ran before the debugger came
        await page.run("b", "c")
        picture = await debugged.stopped()
        assert lines(picture) == [("f", "a", 2), ("<module>", "b", 1)]
        assert page.run_state("c") in ("", "queued")
        await debugged.go("continue", wait=False)
        await page.finished("c")
        assert page.text("b") == "1\n"


async def test_an_older_version_of_a_function_stops_where_its_lines_are_now(desk):
    async with desk.opened("def f(n):\n    m = n\n    return m", "print(f(1))", kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.breakpoint("b1", "a", 3)
        await page.run("a")
        await page.finished("a")
        await page.type("a", "# new\n\n", at=0)
        await page.until(lambda: debugged.breakpoints()["b1"]["at"]["line"] == 5)
        await page.run("b")
        picture = await debugged.stopped()
        assert lines(picture)[0] == ("f", "a", 5)
        assert picture["frames"][0]["old"] is True
        await debugged.go("continue", wait=False)
        await page.finished("b")


async def test_bodies_of_magics_stop(desk):
    cells = [
        "%%time\nx = 1\ny = 2\n",
        "%%capture\nx = 1\ny = 2\n",
        "\n\n# é\nx = 1\ny = 2\n",
        "%%prun -q\nx = 1\ny = 2\n",
    ]
    async with desk.opened(*cells, kernel="python3") as page:
        debugged = Debugged(page)
        for cell, line in (("a", 3), ("b", 3), ("c", 5), ("d", 3)):
            await debugged.breakpoint(f"in-{cell}", cell, line)
            await page.run(cell)
            picture = await debugged.stopped()
            assert lines(picture)[0][1:] == (cell, line)
            await debugged.go("continue", wait=False)
            assert await page.finished(cell) == "ok"


async def test_a_breakpoint_in_a_module_beside_the_notebook_stops(desk):
    (desk.server.root / desk.folder).mkdir(exist_ok=True)
    (desk.server.root / desk.folder / "tides.py").write_text("def high(n):\n    m = n + 1\n    return m\n")
    async with desk.opened("import tides\nprint(tides.high(1))", kernel="python3") as page:
        debugged = Debugged(page)
        await debugged.breakpoint("b1", "", 3, at={"path": "tides.py", "line": 3})
        await debugged.breakpoint("b2", "", 3, at={"path": "nowhere.py", "line": 3})
        assert debugged.breakpoints()["b2"]["state"] == "problem"
        await page.run("a")
        picture = await debugged.stopped()
        assert lines(picture) == [("high", "tides.py", 3), ("<module>", "a", 2)]
        await debugged.go("continue", wait=False)
        await page.finished("a")
