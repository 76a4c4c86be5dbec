"""How an installation ends, from what its program said and how it exited. Pure."""

import json

import pytest

from octavo.ids import Incarnation, new_incarnation, new_process
from octavo.kernels.events import Channel, Event
from octavo.session.installing import expression, imported_of
from octavo.session.installs import Asked, Install

REFUSED = {"is": "refused", "why": "external", "folder": "/usr"}
CHANGED = {"name": "six", "before": "1", "after": "2", "modules": ["six"]}


def told(*events: tuple[Channel, bytes]) -> Install:
    incarnation = new_incarnation()
    install = Install(Asked(install="i", document=1, python="/x/python", names=["six"]), new_process(), incarnation)
    for seq, (channel, part) in enumerate(events, 1):
        install.take(Event(Incarnation(incarnation), seq, 5.0, channel, (part,)))
    return install


def own(**said: object) -> tuple[Channel, bytes]:
    return Channel.OUTPUT, b"\x1e" + json.dumps(said).encode() + b"\n"


def exited(**fields: object) -> tuple[Channel, bytes]:
    body = {"event": "exited", "code": None, "signal": None, "by_host": False, "oom": None, **fields}
    return Channel.LIFE, json.dumps(body).encode()


END = own(**{"is": "end", "code": 0, "packages": [CHANGED]})


@pytest.mark.parametrize(
    ("events", "state", "why"),
    [
        ([END, exited(code=0)], "done", ""),
        ([own(**REFUSED), exited(code=1)], "failed", "external"),
        ([exited(signal=9)], "failed", "memory"),
        ([exited(code=1, oom="said")], "failed", "memory"),
        ([END, exited(code=137)], "failed", "memory"),
        ([exited(signal=11)], "failed", "killed"),
        ([exited(signal=15, by_host=True)], "cancelled", ""),
        ([(Channel.OUTPUT, b"ERROR: No matching distribution found for six\n"), exited(code=1)], "failed", "missing"),
        ([(Channel.OUTPUT, b"no end"), exited(code=1)], "failed", "other"),
        ([(Channel.OUTPUT, b"goes on")], "running", ""),
    ],
)
def test_its_end_is_told_by_a_state_and_a_word(events: list[tuple[Channel, bytes]], state: str, why: str) -> None:
    install = told(*events)
    assert (install.state, install.why.word) == (state, why)


def test_an_interrupt_that_was_asked_for_is_no_failure() -> None:
    install = told()
    install.cancelled = True
    install.take(Event(install.incarnation, 1, 5.0, *exited_parts(code=1)))
    assert install.state == "cancelled"


def exited_parts(**fields: object) -> tuple[Channel, tuple[bytes]]:
    channel, part = exited(**fields)
    return channel, (part,)


def test_a_gap_is_seen_in_the_log_and_what_was_acknowledged_before_is_none() -> None:
    gap = {"first": 1, "last": 3, "messages": 3, "bytes": 99}
    assert told((Channel.GAP, json.dumps({**gap, "why": "reader"}).encode())).progress.lines == []
    assert "missing" in told((Channel.GAP, json.dumps({**gap, "why": "bound"}).encode())).progress.log()


def test_the_question_to_the_kernel_names_what_is_imported() -> None:
    answer = eval(expression(("json", "no_such_module", "os.path")))
    assert answer == "json os.path"
    content: dict[str, object] = {"user_expressions": {"imported": {"data": {"text/plain": repr(answer)}}}}
    assert imported_of(content) == {"json", "os.path"}


@pytest.mark.parametrize("content", [{}, {"user_expressions": None}, {"user_expressions": {"imported": {"data": 1}}}])
def test_an_answer_that_makes_no_sense_names_nothing(content: dict[str, object]) -> None:
    assert imported_of(content) == set()
