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
