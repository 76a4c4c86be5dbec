"""Two pages on one notebook: they see each other, and end the same whatever they do to the same cells (issue 3, bar 5)."""

import random
from collections import Counter

import anyio
import pytest

from octavo.document.frames import FrameKind, encode
from octavo.document.vector import clocks, varint

pytestmark = pytest.mark.anyio

TEXTS = ["x = 1", "# 中文注释", "print('🙂👩‍👩‍👧')", "a\nb\nc", "é\u0301", "𝒳 = 2", ""]


async def quiet(*pages):
    """Until every page's edits have reached the server and what it relayed has reached all."""
    for page in pages:
        await page.until(lambda page=page: page.kept == page.edits)
    with anyio.fail_after(20):
        while len({frozenset(clocks(page.doc.get_state()).items()) for page in pages}) > 1:  # noqa: ASYNC110
            await anyio.sleep(0.002)


def whole(page):
    return {
        cell: {key: str(value) for key, value in page.map[cell].items() if key != "source"}
        | {"source": page.source(cell)}
        for cell in page.map
    }


async def test_each_sees_what_the_other_writes(desk):
    async with desk.opened("print 1") as one, desk.page() as two:
        await one.type("a", " from one")
        await two.until(lambda: two.source("a") == "print 1 from one")
        await two.type("a", "two ", at=0)
        await one.until(lambda: one.source("a") == "two print 1 from one")


async def test_each_sees_where_the_other_is(desk):
    async with desk.opened("print 1") as one, desk.page() as two:
        state = b'{"user":"one"}'
        body = bytes([1]) + varint(one.client) + varint(1) + varint(len(state)) + state
        await one.socket.send(encode(FrameKind.AWARENESS, body, client=one.client))
        await two.until(lambda: two.awareness)
        assert state in two.awareness[-1]
        async with desk.page() as three:  # who comes later is told too
            await three.until(lambda: any(state in said for said in three.awareness))


async def test_who_leaves_is_taken_off_the_others_screens(desk):
    async with desk.opened("print 1") as one:
        async with desk.page() as two:
            state = b'{"user":"two"}'
            body = bytes([1]) + varint(two.client) + varint(1) + varint(len(state)) + state
            await two.socket.send(encode(FrameKind.AWARENESS, body, client=two.client))
            await one.until(lambda: one.awareness)
            told = len(one.awareness)
        await one.until(lambda: len(one.awareness) > told)
        assert b"null" in one.awareness[-1]


async def random_round(rng, page):
    """One thing that a person does with a cell, also with one that the other is deleting."""
    cells = list(page.map)
    order = page.order()
    cell = rng.choice(cells)
    match rng.randrange(8):
        case 0 if len(order) > 1:
            await page.delete(rng.choice(order))
        case 1:
            await page.put(cell, deleted="null")
        case 2 | 3 if order:
            await page.move(rng.choice(order), rng.randrange(len(order)))
        case 4 if len(cells) < 60:
            name = await page.insert(rng.randrange(len(order) + 1), rng.choice(TEXTS))
            return [(name, "made")]
        case _:
            word = f"⟨{rng.getrandbits(40):x}{rng.choice('é中🙂')}⟩"
            text = page.source(cell)
            # never inside another word, so that each is found again whole
            at = rng.choice([0, len(text)])
            await page.type(cell, word, at=at)
            return [(cell, word)]
    return []


async def play(desk, seed, rounds):
    rng = random.Random(seed)
    desk.put(*TEXTS)
    typed = []
    async with desk.page() as one, desk.page() as two, desk.page() as witness:
        for _ in range(rounds):
            for page in (one, two):
                for _ in range(rng.randrange(1, 4)):
                    typed += await random_round(rng, page)
            if rng.random() < 0.3:
                await quiet(one, two, witness)
        await quiet(one, two, witness)
        assert whole(one) == whole(two) == whole(witness)
        assert one.order() == two.order() == witness.order()
        assert len(set(one.order())) == len(one.order())
        for cell, word in typed:
            if word != "made":
                assert one.source(cell).count(word) == 1
            assert cell in one.map
        made = Counter(word for _, word in typed if word != "made")
        assert max(made.values(), default=1) == 1
        await one.ask("save")
        file = desk.cells()
        assert [cell["id"] for cell in file] == one.order()
        assert ["".join(cell["source"]) for cell in file] == [one.source(cell) for cell in one.order()]
    async with desk.page() as later:
        assert whole(later) == whole(one)


async def test_both_move_and_delete_the_same_cells_and_end_the_same(desk):
    for seed in range(3):
        await play(desk, seed, 30)
        desk.path = f"{desk.folder}/{seed}.ipynb"


@pytest.mark.long
async def test_five_hundred_rounds_of_both_moving_and_deleting_end_the_same(desk):
    for seed in range(3, 8):
        await play(desk, seed, 500)
        desk.path = f"{desk.folder}/{seed}.ipynb"


async def test_a_run_by_one_is_seen_by_the_other_from_its_queue_to_its_end(desk):
    async with desk.opened("input ?", "print 2") as one, desk.page() as two:
        await one.run("a", "b")
        await two.until(lambda: two.run_state("a") == "running")
        await two.until(lambda: two.state["prompts"] and any(r["cell"] == "b" for r in two.state["queue"]))
        await two.ask("answer", prompt=two.state["prompts"][0]["id"], text="x")
        assert await two.finished("b") == "ok"
        await one.finished("b")
        assert one.cells == two.cells


async def test_an_edit_that_does_not_fit_costs_its_page_the_connection_and_the_others_nothing(desk):
    async with desk.opened("print 1") as one:
        async with desk.page() as two:
            await two.change(lambda: two.doc.get("nonsense", type=type(two.map)).update({"a": "b"}))
            with anyio.fail_after(10):
                while two.closed is None:
                    await two.changed()
            assert two.bye["code"] == "refused"
        await one.type("a", "2")
        await one.until(lambda: one.kept == one.edits)
        assert "nonsense" not in one.doc
    async with desk.page() as later:
        assert later.source("a") == "print 12"
        await later.run("a")
        assert await later.finished("a") == "ok"
