"""Close the lid: a run goes on without anybody, and the next screen has every line of it (the third bar of the spine)."""

import pytest
from served import LONG_RUN

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]


async def test_the_lid_is_closed_in_mid_run_and_another_screen_has_it_all(desk):
    async with desk.opened(LONG_RUN, kernel="python3") as page:
        await page.run("a")
        await page.until(lambda: page.text("a").count("\n") >= 200)
    async with desk.page() as page:
        await page.until(lambda: page.state["prompts"])
        assert page.text("a").split() == [str(n) for n in range(1, 601)]
        assert [o["outputType"] for o in page.cells["a"]["outputs"]] == ["stream", "display_data"]
        assert page.cells["a"]["outputs"][1]["data"]["image/png"]
        await page.ask("answer", prompt=page.state["prompts"][0]["id"], text="Ada")
        assert await page.finished("a") == "ok"
        assert page.cells["a"]["outputs"][2]["text"] == "hello Ada\n"
        await page.ask("save")
    [stream, picture, last] = desk.cells()[0]["outputs"]
    assert "".join(stream["text"]).split() == [str(n) for n in range(1, 601)]
    assert picture["data"]["image/png"]
    assert "".join(last["text"]) == "hello Ada\n"
