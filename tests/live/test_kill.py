"""`kill -9` of the web process at random moments of a long run, while two pages type (issue 3, bar 4), and while it asks (issue 4)."""

import random
from collections import Counter

import anyio
import pytest
from served import LONG_RUN

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]

DONE = "hello Ada"


class Typist:
    """Types numbered words into its own cell and a common one, and now and then makes a cell. `promised`: what its page called saved."""

    def __init__(self, name, own, rng):
        self.name, self.own, self.rng = name, own, rng
        self.number = 0
        self.promised = set()
        self.typed = Counter()

    async def type(self, page):
        """Until the page's connection ends."""
        sent = {}
        while page.connected:
            self.number += 1
            word = f"{self.name}{self.number}é🙂"
            if self.rng.random() < 0.1:
                n = await page.insert(self.rng.randrange(1, len(page.order()) + 1), f" {word} ")
            else:
                cell = self.own if self.rng.random() < 0.6 else "d"
                n = await page.type(cell, f" {word} ", at=0 if self.rng.random() < 0.3 else None)
            sent[page.edits if isinstance(n, str) else n] = word
            self.typed[word] += 1
            await anyio.sleep(self.rng.random() * 0.02)
        self.promised |= {word for n, word in sent.items() if 0 < n <= page.saved}


def words(page):
    return Counter(word for cell in page.map for word in page.source(cell).split() if cell != "a")


async def play(desk, seed, kills):
    rng = random.Random(seed)
    typists = [Typist("x", "b", rng), Typist("y", "c", rng)]
    desk.put(LONG_RUN, "", "", "", kernel="python3")
    ran = 0
    killed = 0
    while killed < kills or ran == 0:
        async with desk.page() as page:
            await check(page, typists)
            if page.run_state("a") in ("", "ok"):
                await page.run("a")
                ran += 1
        killed += 1
        async with desk.page() as one, desk.page() as two, anyio.create_task_group() as tasks:
            for typist, page in zip(typists, (one, two), strict=True):
                tasks.start_soon(typist.type, page)
            await anyio.sleep(rng.random() * 1.5)
            assert "failed" not in {answer["type"] for answer in one.answers.values()}
            desk.server.kill()
        desk.server.restart()
        async with desk.page() as page:
            await check(page, typists)
            if page.run_state("a") == "running" and page.state["prompts"]:
                await finish(page)
    async with desk.page() as page:
        if page.run_state("a") == "running":
            await finish(page)
        await check(page, typists)
        await page.ask("save")
        assert len(page.order()) == len(desk.cells())
        assert [cell["id"] for cell in desk.cells()] == page.order()
        assert Counter(
            w for cell in desk.cells()[1:] for w in "".join(cell["source"]).split() if cell["id"] != "a"
        ) == words(page)
    return sum(len(typist.promised) for typist in typists)


async def check(page, typists):
    found = words(page)
    for typist in typists:
        missing = typist.promised - found.keys()
        assert not missing, f"{len(missing)} words lost that the page had called saved: {sorted(missing)[:5]}"
    assert max(found.values(), default=1) == 1, "something stands there twice"
    assert all(word in typist.typed for word in found for typist in typists if word.startswith(typist.name)), "torn"
    printed = page.text("a").split("hello")[0].split()
    assert printed == [str(n + 1) for n in range(len(printed))]


async def finish(page):
    """The run gets to its question, which is answered; all 600 lines are there."""
    await page.until(lambda: page.state["prompts"])
    assert page.text("a").split() == [str(n) for n in range(1, 601)]
    assert page.cells["a"]["outputs"][1]["data"]["image/png"]
    await page.ask("answer", prompt=page.state["prompts"][0]["id"], text="Ada")
    assert await page.finished("a") == "ok"
    assert page.cells["a"]["outputs"][2]["text"] == f"{DONE}\n"


async def test_killed_at_random_moments_nothing_is_lost_or_doubled(own_desk):
    promised = await play(own_desk, seed=4, kills=5)
    assert promised > 50


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
async def test_killed_twenty_times_nothing_is_lost_or_doubled(own_desk, seed):
    promised = await play(own_desk, seed=seed, kills=20)
    assert promised > 200


QUESTIONS = 10
COUNTING = f"""\
import time
got = []
for n in range(1, 6001):
    print(n)
    time.sleep(0.004)
    if n % {6000 // QUESTIONS} == 0:
        got.append(input(f"{{n}}? "))
"""


@pytest.mark.long
async def test_killed_thirty_times_in_a_run_that_prints_and_asks_every_line_is_there_once(own_desk):
    rng = random.Random(44)
    own_desk.put(COUNTING, "print(n, len(got), got == sorted(got))", kernel="python3")
    async with own_desk.page() as page:
        await page.run("a")
    kills = 0

    def kill():
        nonlocal kills
        own_desk.server.kill()
        own_desk.server.restart()
        kills += 1

    for question in range(QUESTIONS):
        for _ in range(2):  # while it prints, or already asks
            async with own_desk.page() as page:
                in_order(page.text("a"))
                await anyio.sleep(rng.random() * 0.8)
            kill()
        async with own_desk.page() as page:
            await page.until(lambda page=page: page.state["prompts"])
            if question % 2:
                kill()  # while input() waits
        async with own_desk.page() as page:
            await page.until(lambda page=page: page.state["prompts"])
            assert in_order(page.text("a")) == 6000 // QUESTIONS * (question + 1)
            await page.ask("answer", prompt=page.state["prompts"][0]["id"], text=str(question))
            if not question % 2 or question == QUESTIONS - 1:
                kill()  # the next output or, after the last answer, the reply is due
    async with own_desk.page() as page:
        assert await page.finished("a") == "ok"
        assert in_order(page.text("a")) == 6000
        await page.run("b")
        assert await page.finished("b") == "ok"
        assert page.text("b") == f"6000 {QUESTIONS} True\n"
    assert kills >= 30


def in_order(text):
    """How many lines there are: 1, 2, 3 … each once."""
    printed = [line.rpartition("? ")[2] for line in text.splitlines()]
    assert printed == [str(n + 1) for n in range(len(printed))]
    return len(printed)
