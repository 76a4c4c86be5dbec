"""What a real IPython kernel does through the whole server."""

import anyio
import pytest
from served import cell

pytestmark = [pytest.mark.anyio, pytest.mark.kernel]


async def test_printing_results_errors_and_counts(desk):
    async with desk.opened("print('a')\n6 * 7", "1 / 0", "print('never')", kernel="python3") as page:
        await page.run("a", "b", "c")
        assert await page.finished("b") == "error"
        await page.until(lambda: page.notices)
        assert page.notices[0]["values"]["count"] == 1
        stream, result = page.cells["a"]["outputs"]
        assert stream["text"] == "a\n"
        assert result["data"]["text/plain"] == "42"
        assert (page.cells["a"]["count"], page.cells["b"]["count"]) == (1, 2)
        assert page.cells["b"]["outputs"][0]["ename"] == "ZeroDivisionError"
        file = await desk.file_is(lambda f: f["cells"][1]["outputs"])
        assert file["metadata"]["language_info"]["name"] == "python"


async def test_raises_exception_stops_nothing(desk):
    tolerant = cell("1 / 0", "a", metadata={"tags": ["raises-exception"]})
    async with desk.opened(tolerant, "print('after')", kernel="python3") as page:
        await page.run("a", "b")
        assert await page.finished("b") == "ok"
        assert page.run_state("a") == "error"


async def test_an_interrupt_is_felt_and_the_kernel_keeps_its_memory(desk):
    sources = ("x = 1\nimport time\nprint('begun', flush=True)\ntime.sleep(60)", "print(x)")
    async with desk.opened(*sources, kernel="python3") as page:
        await page.run("a", "b")
        await page.until(lambda: "begun" in page.text("a"))
        await page.ask("interrupt")
        assert await page.finished("a", 10) == "interrupted"
        await page.run("b")
        await page.finished("b")
        assert page.text("b") == "1\n"


async def test_ten_thousand_lines_come_whole(desk):
    async with desk.opened("for n in range(10_000): print(n)", kernel="python3") as page:
        await page.run("a")
        assert await page.finished("a") == "ok"
        [shown] = page.cells["a"]["outputs"]
        assert (shown.get("tail") or shown["text"]).split()[-1] == "9999"
        file = await desk.file_is(lambda f: f["cells"][0]["outputs"])
        [output] = file["cells"][0]["outputs"]
        assert "".join(output["text"]).split() == [str(n) for n in range(10_000)]


async def test_input_and_getpass(desk):
    source = "import getpass\nprint(input('Name? '), len(getpass.getpass('Word? ')))"
    async with desk.opened(source, kernel="python3") as page:
        await page.run("a")
        await page.until(lambda: page.state["prompts"])
        assert page.state["prompts"][0]["prompt"] == "Name? "
        await page.ask("answer", prompt=page.state["prompts"][0]["id"], text="Ada")
        await page.until(lambda: page.state["prompts"] and page.state["prompts"][0].get("password"))
        assert page.state["prompts"][0]["prompt"] == "Word? "
        await page.ask("answer", prompt=page.state["prompts"][0]["id"], text="12345")
        await page.finished("a")
        assert page.text("a").strip().endswith("Ada 5")


async def test_clear_output_carriage_returns_and_displays(desk):
    clear = "from IPython.display import clear_output, display\nfor n in range(3):\n    clear_output(wait=True)\n    print(n)"
    sources = (
        clear,
        "for n in range(5): print(f'\\r{n}', end='')",
        "handle = display('one', display_id=True)",
        "handle.update('two')",
    )
    async with desk.opened(*sources, kernel="python3") as page:
        await page.run("a", "b", "c", "d")
        await page.finished("d")
        assert page.text("a") == "2\n"
        assert page.text("b").strip("\r") == "4"
        await page.until(lambda: page.cells["c"]["outputs"][0]["data"]["text/plain"] == "'two'")


async def test_completion_and_documentation(desk):
    async with desk.opened("number = 1", kernel="python3") as page:
        await page.run("a")
        await page.finished("a")
        completed = await page.ask("complete", code="x = '🙂'; numb", cursor=13)
        assert "number" in completed["data"]["matches"]
        assert completed["data"]["end"] == 13
        inspected = await page.ask("inspect", code="len", cursor=3)
        assert "Return the number of items" in str(inspected["data"]["data"])


async def test_a_plot_is_shown_inline_without_configuration(desk):
    async with desk.opened("import matplotlib.pyplot as plt\nplt.plot([1, 2]);", kernel="python3") as page:
        await page.run("a")
        assert await page.finished("a", 120) == "ok"
        assert any("image/png" in output.get("data", {}) for output in page.cells["a"]["outputs"])


async def test_output_of_a_thread_after_the_end_reaches_its_cell(desk):
    source = "import threading, time\ndef late():\n    time.sleep(0.3)\n    print('late')\nthreading.Thread(target=late).start()"
    async with desk.opened(source, kernel="python3") as page:
        await page.run("a")
        await page.finished("a")
        await page.until(lambda: page.text("a") == "late\n")


async def test_a_run_goes_on_over_the_death_of_the_web_process(own_desk):
    source = "import time\nfor n in range(30):\n    print(n, flush=True)\n    time.sleep(0.1)"
    async with own_desk.opened(source, kernel="python3") as page:
        await page.run("a")
        await page.until(lambda: page.text("a").count("\n") > 3)
        own_desk.server.kill()
    await anyio.sleep(0.5)
    own_desk.server.restart()
    async with own_desk.page() as page:
        assert await page.finished("a") == "ok"
        assert page.text("a").split() == [str(n) for n in range(30)]
    file = await own_desk.file_is(lambda f: f["cells"][0]["execution_count"] and "29" in str(f["cells"][0]["outputs"]))
    assert "".join(file["cells"][0]["outputs"][0]["text"]).split() == [str(n) for n in range(30)]
