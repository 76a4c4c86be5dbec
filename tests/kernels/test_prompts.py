"""Prompts: part of the state, answered once, closed with their run."""

import anyio
import pytest
import reading
import scripted
from reading import is_kind, is_life, start, text_of

from octavo.errors import Conflict, NotFound, Stale
from octavo.kernels.connection import Host

pytestmark = pytest.mark.anyio


async def prompts(host: Host) -> list[int]:
    return (await host.processes())[0].prompts


async def test_a_prompt_is_open_until_its_first_answer_and_later_ones_are_told(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    request = await kernel.submit("input name?\nprint done")
    asked = await kernel.until(is_kind("input_request"))
    assert await prompts(host) == [asked.seq]
    await kernel.answer(asked, "bob")
    with pytest.raises(Conflict, match="answered"):
        await kernel.answer(asked, "eve")
    assert await prompts(host) == []
    await kernel.finish(request)
    assert text_of(kernel.events) == "got bob\ndone\n"
    with pytest.raises(Conflict, match="answered"):
        await kernel.answer(asked, "late")


async def test_an_interrupted_prompt_is_closed_and_a_late_answer_does_not_reach_the_next(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    request = await kernel.submit("input first?")
    first = await kernel.until(is_kind("input_request"))
    await host.interrupt(kernel.incarnation)
    await kernel.finish(request)
    request = await kernel.submit("input second?")
    second = await kernel.until(lambda event: is_kind("input_request")(event) and event.seq > first.seq)
    with pytest.raises(Conflict, match="closed"):
        await kernel.answer(first, "for the first")
    await kernel.answer(second, "for the second")
    await kernel.finish(request)
    assert text_of(kernel.events) == "got for the second\n"


async def test_prompts_end_with_their_incarnation_and_what_never_was_a_prompt_is_unknown(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    await kernel.submit("input name?")
    asked = await kernel.until(is_kind("input_request"))
    with pytest.raises(NotFound):
        await host.answer(kernel.incarnation, asked.seq + 1000, asked.parts)
    await host.stop(kernel.incarnation, grace=0)
    await kernel.until(is_life("exited"))
    assert await prompts(host) == []
    with pytest.raises(Stale):
        await kernel.answer(asked, "late")


async def test_a_new_reader_sees_the_open_prompt_and_can_answer_it(host: Host) -> None:
    kernel = await (await start(host, scripted.launch_spec(), acknowledging=False)).ready()
    await kernel.submit("getpass secret?")
    await kernel.until(is_kind("input_request"))
    await kernel.attachment.close()
    again = await reading.Kernel(host, kernel.incarnation).attach(0)
    asked = await again.until(is_kind("input_request"))
    assert await prompts(host) == [asked.seq]
    await again.answer(asked, "s3")
    with anyio.fail_after(10):
        await again.until(is_kind("execute_reply"))
