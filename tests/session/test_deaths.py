"""A hundred deaths by memory: the server stays, and each time the page is told the cause."""

import time

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.kernel, pytest.mark.long, pytest.mark.timeout(900)]

DEATHS = 100
TAKE = (
    "print('alive', flush=True)\nkept = [bytearray(b'x' * 20_000_000) for _ in range(20)]\nimport time; time.sleep(60)"
)


async def test_a_hundred_deaths_by_memory_are_each_told_and_the_server_stays(desk):
    waits, runs, kernels = [], set(), set()
    async with desk.opened(TAKE, kernel="python3") as page:
        await page.ask("kernelLimits", memory="128MB")
        for _ in range(DEATHS):
            await page.run("a")
            await page.until(lambda: page.run_state("a") == "lost" and page.cells["a"]["run"]["id"] not in runs)
            run = page.cells["a"]["run"]
            runs.add(run["id"])
            kernels.add(run["started"])
            waits.append(time.time() - run["ended"])
            assert run["cause"]["code"] == "memory"
            assert run["cause"]["values"]["limit"] == 128_000_000
            assert page.text("a") == "alive\n"
    assert len(runs) == len(kernels) == DEATHS  # a death each, not one that was seen again
    print(f"told after at most {max(waits):.2f} s")
    assert max(waits) < 5
