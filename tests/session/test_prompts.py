"""`input()` and `getpass`: a question is part of the state, shown to all, answered once."""

import pytest

pytestmark = pytest.mark.anyio


async def asked(page):
    await page.until(lambda: page.state["prompts"])
    return page.state["prompts"][0]


async def test_a_question_is_shown_and_answered(desk):
    async with desk.opened("input Name?") as page:
        await page.run("a")
        prompt = await asked(page)
        assert prompt["prompt"].strip() == "Name?"
        assert prompt["cell"] == "a"
        assert not prompt.get("password", False)
        answer = await page.ask("answer", prompt=prompt["id"], text="Ada")
        assert answer["type"] == "done"
        assert await page.finished("a") == "ok"
        assert page.text("a") == "got Ada\n"
        await page.until(lambda: not page.state["prompts"])


async def test_a_password_is_asked_for_as_one_and_its_answer_stands_nowhere(desk):
    secret = "hunter2-canary"
    async with desk.opened("getpass Word?\nclear\nprint done") as page:
        await page.run("a")
        prompt = await asked(page)
        assert prompt["password"] is True
        await page.ask("answer", prompt=prompt["id"], text=secret)
        await page.finished("a")
        await page.ask("save")
    assert "got hunter2" not in desk.file.read_text()
    desk.server.secrets.append(secret)
    assert secret not in desk.server.log.read_text()


async def test_of_two_answers_the_first_wins(desk):
    async with desk.opened("input ?\ninput again?") as one, desk.page() as two:
        await one.run("a")
        first = await asked(one)
        assert (await asked(two))["id"] == first["id"]
        mine = await one.ask("answer", prompt=first["id"], text="one")
        theirs = await two.ask("answer", prompt=first["id"], text="two")
        assert mine["type"] == "done"
        assert (theirs["type"], theirs["code"]) == ("failed", "conflict")
        await one.until(lambda: one.state["prompts"] and one.state["prompts"][0]["id"] != first["id"])
        await one.ask("answer", prompt=one.state["prompts"][0]["id"], text="three")
        await two.finished("a")
        assert two.text("a") == "got one\ngot three\n"


async def test_the_same_answer_sent_again_is_taken_for_what_it_is(desk):
    async with desk.opened("input ?") as page:
        await page.run("a")
        prompt = await asked(page)
        command = {"type": "answer", "id": "once", "prompt": prompt["id"], "text": "x"}
        await page.send(command)
        await page.until(lambda: "once" in page.answers)
        page.answers.clear()
        await page.send(command)
        await page.until(lambda: "once" in page.answers)
        assert page.answers["once"]["type"] == "done"


async def test_a_page_that_comes_later_is_asked_too(desk):
    async with desk.opened("input ?") as page:
        await page.run("a")
        prompt = await asked(page)
    async with desk.page() as page:
        assert page.state["prompts"] == [prompt]
        await page.ask("answer", prompt=prompt["id"], text="late")
        await page.finished("a")
        assert page.text("a") == "got late\n"


async def test_an_interrupt_closes_the_question(desk):
    async with desk.opened("input ?", "input other?") as page:
        await page.run("a")
        old = await asked(page)
        await page.ask("interrupt")
        await page.finished("a")
        await page.until(lambda: not page.state["prompts"])
        answer = await page.ask("answer", prompt=old["id"], text="late")
        assert answer["code"] == "conflict"
        await page.run("b")
        new = await asked(page)
        await page.ask("answer", prompt=new["id"], text="mine")
        await page.finished("b")
        assert page.text("b") == "got mine\n"


async def test_the_end_of_the_kernel_closes_the_question(desk):
    async with desk.opened("input ?") as page:
        await page.run("a")
        old = await asked(page)
        await page.ask("shutdown")
        await page.until(lambda: not page.state["prompts"])
        assert await page.finished("a") == "lost"
        assert (await page.ask("answer", prompt=old["id"], text="late"))["code"] == "conflict"


async def test_a_question_survives_the_death_of_the_web_process(own_desk):
    async with own_desk.opened("print 1\ninput Name?\nprint 2") as page:
        await page.run("a")
        prompt = await asked(page)
    own_desk.server.kill()
    own_desk.server.restart()
    async with own_desk.page() as page:
        assert page.state["prompts"] == [prompt]
        assert page.run_state("a") == "running"
        await page.ask("answer", prompt=prompt["id"], text="Ada")
        assert await page.finished("a") == "ok"
        assert page.text("a") == "1\ngot Ada\n2\n"


async def test_a_question_asked_while_the_web_process_is_dead_is_there_when_it_returns(own_desk):
    async with own_desk.opened("sleep 0.5\ninput Name?") as page:
        await page.run("a")
        await page.until(lambda: page.run_state("a") == "running")
    own_desk.server.kill()
    own_desk.server.restart()
    async with own_desk.page() as page:
        prompt = await asked(page)
        await page.ask("answer", prompt=prompt["id"], text="Ada")
        assert await page.finished("a") == "ok"
        assert page.text("a") == "got Ada\n"
