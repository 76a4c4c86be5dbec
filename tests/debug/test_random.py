"""Random debugger commands in every state, as fast as the socket takes them: afterwards the kernel answers, interrupts and restarts."""

import random

import pytest
from debugged import Debugged

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]

PROGRAMS = [
    "def f(n):\n    if n:\n        return f(n - 1)\n    return n\nfor i in range(20):\n    f(3)\nprint('end')",
    "import threading\ndef work():\n    for n in range(50):\n        x = n\nt = threading.Thread(target=work)\nt.start()\nt.join()",
    "import asyncio\nasync def co(n):\n    await asyncio.sleep(0)\n    return n\nfor i in range(5):\n    x = await co(i)",
    "def g():\n    for n in range(10):\n        yield n\ntry:\n    for n in g():\n        m = 1 / (n - 5)\nexcept ZeroDivisionError:\n"
    "    pass\nraise ValueError(n)",
    "import time\nrows = list(range(1000))\nfor n in range(30):\n    time.sleep(0.001)\n    breakpoint() if n == 7 else None",
]


def any_command(rng, debugged, names):
    cell = rng.choice(names)
    stop = debugged.picture.get("number", 0) - rng.choice((0, 0, 0, 0, 1))
    frames = debugged.picture.get("frames") or [{"id": 1}]
    frame = rng.choice(frames)["id"]
    place = {"cell": cell, "line": rng.randint(1, 6)}
    return rng.choice(
        [
            (
                "debugBreakpoint",
                {
                    "breakpoint": {
                        "id": f"b{rng.randint(0, 4)}",
                        "at": place,
                        "condition": rng.choice(("", "", "n > 3", "(")),
                    }
                },
            ),
            ("debugRemove", {"breakpoints": [f"b{rng.randint(0, 4)}"]}),
            (
                "debugFilters",
                {"exceptions": rng.choice(("never", "uncaught", "raised")), "justMyCode": rng.random() < 0.8},
            ),
            (
                "debugWatches",
                {"watches": rng.sample(["n", "1 / 0", "f", "rows", "x +"], 2), "stop": stop, "frame": frame},
            ),
            ("debugCell", {"cell": cell, "byLine": rng.random() < 0.5}),
            ("runCells", {"cells": [cell]}),
            ("runCells", {"cells": [cell]}),
            *[
                ("debugGo", {"stop": stop, "action": action, "frame": frame})
                for action in ("continue", "continue", "over", "into", "out", "line", "end")
            ],
            ("debugGo", {"stop": stop, "action": rng.choice(("here", "jump")), "to": place}),
            ("debugPause", {}),
            ("debugTargets", {"stop": stop, "frame": frame}),
            ("debugFrames", {"stop": stop, "thread": rng.randint(1, 4)}),
            ("debugView", {"stop": stop, "frame": frame}),
            ("debugExpand", {"stop": stop, "ref": rng.randint(0, 9)}),
            ("debugSet", {"stop": stop, "frame": frame, "ref": 1, "key": "n", "expression": rng.choice(("3", "n +"))}),
            (
                "debugEvaluate",
                {"stop": stop, "frame": frame, "code": rng.choice(("n", "1 / 0", "q = 1", "print(1)", "("))},
            ),
            ("debugComplete", {"stop": stop, "frame": frame, "code": "ro", "cursor": 2}),
            ("debugSource", {"stop": stop, "frame": frame}),
            ("debugError", {"run": rng.choice([*debugged.page.answers, "none"])}),
            ("debugLeave", {"stop": stop}),
            ("debugOff", {}),
            ("debugNames", {}),
            ("debugTable", {"name": "rows"}),
            ("interrupt", {}),
        ]
    )


async def play(desk, seed, count):
    rng = random.Random(seed)
    async with desk.opened(*PROGRAMS, "print(6 * 7)", kernel="python3") as page:
        debugged, names = Debugged(page), ["a", "b", "c", "d", "e"]
        asked = []
        for n in range(count):
            kind, fields = any_command(rng, debugged, names)
            name = await page.command(kind, **fields)
            asked.append((name, kind))
            if rng.random() < 0.6:
                await page.until(lambda name=name: name in page.answers, 60)
            if n % 200 == 199:
                await settle(page, debugged)
        await settle(page, debugged)
        await page.until(lambda: all(name in page.answers for name, _ in asked), 60)
        for name, kind in asked:
            assert page.answers[name].get("code") not in ("error", "host-unavailable"), (kind, page.answers[name])
        await page.ask("restart")
        await answers(page)
        assert debugged.picture == {}


async def settle(page, debugged):
    """Whatever was done: what runs can be ended, and then a cell runs."""
    await page.ask("debugRemove")
    await page.ask("debugFilters", exceptions="never", justMyCode=True, functions=[])
    for _ in range(5):
        await page.ask("interrupt")
        try:
            await page.until(lambda: not page.state["queue"], 10)
            break
        except TimeoutError:
            continue
    assert not page.state["queue"], (page.state["queue"], debugged.state, debugged.picture)
    await answers(page)


async def answers(page):
    run = (await page.run("f"))["id"]
    await page.until(
        lambda: (
            page.cells.get("f", {}).get("run", {}).get("id") == run and page.run_state("f") not in ("queued", "running")
        )
    )
    assert page.run_state("f") == "ok", (page.cells["f"], page.state["kernel"])
    assert page.text("f") == "42\n"


async def test_random_commands_leave_a_kernel_that_answers(desk):
    await play(desk, seed=3, count=200)


@pytest.mark.long(minutes=15)
@pytest.mark.parametrize("seed", range(20))
async def test_many_random_commands_leave_a_kernel_that_answers(desk, seed):
    await play(desk, seed=seed, count=1000)
