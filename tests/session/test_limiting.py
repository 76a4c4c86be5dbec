"""Limits of a notebook's kernel: the page asks, the next start has them, and what comes near one is told."""

import pytest

pytestmark = pytest.mark.anyio


async def test_a_notebook_has_limits_of_its_own_which_hold_from_the_next_start(desk):
    async with desk.opened("print 1") as page:
        assert "memory" not in (await page.ask("kernelLimits"))["limits"]
        answer = await page.ask("kernelLimits", memory="512 MB", cpu="1.5")
        assert (answer["limits"]["memory"], answer["limits"]["cpu"]) == ("512 MB", "1.5")
        answer = await page.ask("kernelLimits", cpu="")
        assert answer["limits"]["memory"] == "512 MB"
        assert "cpu" not in answer["limits"]
        await page.run("a")
        assert await page.finished("a") == "ok"


async def test_a_limit_that_means_nothing_is_refused_with_what_is_wanted(desk):
    async with desk.opened("print 1") as page:
        answer = await page.ask("kernelLimits", memory="much")
        assert answer["type"] == "failed"
        assert "512MB" in answer["hint"]
        assert "memory" not in (await page.ask("kernelLimits"))["limits"]


@pytest.mark.kernel
async def test_memory_is_warned_of_then_ends_the_kernel_and_the_page_knows_why(desk):
    take = "kept = globals().get('kept', []) + [bytearray(b'x' * 60_000_000)]"
    cells = ["print('before', flush=True)\n" + take, take, take + "\n" + take + "\nimport time; time.sleep(60)"]
    async with desk.opened(*cells, kernel="python3") as page:
        await page.ask("kernelLimits", memory="160MB")
        await page.run("a", "b")
        assert await page.finished("b") == "ok"
        await page.until(lambda: page.state["kernel"].get("pressing"))
        assert page.state["kernel"]["pressing"]["values"]["limit"] == 160_000_000
        await page.run("c")
        assert await page.finished("c") == "lost"
        cause = page.cells["c"]["run"]["cause"]
        assert (cause["code"], cause["values"]["evidence"], cause["values"]["cell"]) == ("memory", "watch", "c")
        assert page.text("a") == "before\n"
        await page.until(lambda: page.state["kernel"]["state"] == "dead")
        assert page.state["kernel"].get("pressing") is None
