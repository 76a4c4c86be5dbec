"""Looking without stopping: errors that are over, and the namespace."""

import pytest
from debugged import Debugged, lines

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]

FAILS = """\
def inner(rows, key):
    first = rows[0]
    return first[key]

def outer():
    rows = [{"a": 1}, {"b": 2}]
    try:
        inner(rows, "z")
    except KeyError as problem:
        raise ValueError("no z") from problem

outer()
"""


NAMES = """\
import numpy as np, pandas as pd
n = 7
text = 'x' * 5000
rows = list(range(300))
frame = pd.DataFrame({'a': range(120), 'b': 'q'})
grid = np.zeros((400, 50))
def f(): pass
"""


async def test_an_error_that_happened_before_is_inspected_also_while_another_cell_runs(desk):
    spin = "import time\nwhile True:\n    time.sleep(0.01)"
    async with desk.opened(FAILS, "1 / 0", spin, kernel="python3") as page:
        debugged = Debugged(page)
        await page.run("a")
        assert await page.finished("a") == "error"
        run = page.cells["a"]["run"]["id"]
        picture = (await debugged.done("debugError", run=run))["picture"]
        assert picture["kind"] == "error"
        assert picture["raised"]["type"] == "ValueError"
        assert lines(picture) == [("outer", "a", 10), ("<module>", "a", 12)]
        assert [one["how"] for one in picture["threads"]] == ["raised", "cause"]
        await page.run("b")
        assert await page.finished("b") == "error"
        await page.run("c")
        await page.until(lambda: page.run_state("c") == "running")
        cause = (await debugged.done("debugFrames", stop=picture["number"], thread=2))["picture"]
        assert cause["raised"]["type"] == "KeyError"
        assert lines(cause)[0] == ("inner", "a", 3)
        frame = cause["frames"][0]["id"]
        value = await debugged.evaluate("[r for r in rows if key not in r]", frame=frame, stop=picture["number"])
        assert value["value"] == "[{'a': 1}, {'b': 2}]"
        other = (await debugged.done("debugError", run=page.cells["b"]["run"]["id"]))["picture"]
        assert other["raised"]["type"] == "ZeroDivisionError"
        await debugged.done("debugLeave", stop=picture["number"])
        answer = await page.ask("debugView", stop=picture["number"], frame=frame)
        assert answer["type"] == "failed"
        await page.ask("interrupt")
        await page.finished("c")
        again = (await debugged.done("debugError", run=run))["picture"]
        assert again["raised"]["type"] == "ValueError"


async def test_the_namespace_is_listed_expanded_and_its_tables_paged(desk):
    code = NAMES
    async with desk.opened(code, kernel="python3") as page:
        debugged = Debugged(page)
        assert (await page.ask("debugNames"))["code"] == "kernel-unavailable"
        await page.run("a")
        assert await page.finished("a") == "ok"
        names = (await debugged.done("debugNames"))["names"]
        found = {one["name"]: one for one in names["names"]}
        assert set(found) == {"n", "text", "rows", "frame", "grid", "f", "np", "pd"}
        assert names["total"] == 8
        assert len(found["text"]["value"]["value"]) < 300
        assert found["grid"]["value"]["shape"] == "400 × 50 float64"
        assert found["grid"]["bytes"] == 160_000
        assert found["frame"]["table"] is True
        assert found["f"]["about"] == "function"
        children = (await debugged.done("debugExpand", stop=0, ref=found["rows"]["value"]["ref"], start=250))[
            "children"
        ]
        assert children["total"] == 300
        assert len(children["variables"]) == 50
        table = (await debugged.done("debugTable", name="frame", start=100, count=50))["table"]
        assert (table["rows"], table["columns"], table["head"]) == (120, 2, ["a", "b"])
        assert table["cells"][0] == ["100", "q"]
        assert len(table["cells"]) == 20
        table = (await debugged.done("debugTable", name="grid", start=0, count=2, columns=3))["table"]
        assert table["cells"] == [["0.0"] * 3] * 2
        few = (await debugged.done("debugNames", filter="ro"))["names"]
        assert [one["name"] for one in few["names"]] == ["rows"]
        assert debugged.state.get("phase", "off") == "off"
