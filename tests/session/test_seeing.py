"""A page that can be seen is told what its kernel costs."""

import pytest

pytestmark = pytest.mark.anyio


def cost(page):
    return page.state.get("cost") or {}


async def test_a_page_that_is_looked_at_is_told_what_its_kernel_costs(desk):
    async with desk.opened("print 1") as page:
        await page.run("a")
        await page.until(lambda: page.run_state("a") == "ok")
        assert not cost(page).get("memory")
        await page.send({"type": "look", "visible": True})
        await page.until(lambda: cost(page).get("memory", 0) > 1_000_000)
        assert cost(page)["total"] > cost(page)["available"] > 0
        assert cost(page)["memories"]


async def test_when_the_kernel_is_gone_its_cost_is_too(desk):
    async with desk.opened("print 1") as page:
        await page.send({"type": "look", "visible": True})
        await page.run("a")
        await page.until(lambda: cost(page).get("memory", 0) > 1_000_000)
        await page.ask("shutdown")
        await page.until(lambda: not cost(page).get("memory"))
