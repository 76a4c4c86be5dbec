"""What of the measurements a page is told: history, what is worth telling, when memory counts as short; and who makes the host measure."""

import itertools
from collections.abc import Callable
from typing import cast

import anyio
import pytest

from octavo.ids import Incarnation
from octavo.kernels.connection import Host
from octavo.kernels.costs import Costs, Machine, OwnCost, TreeCost
from octavo.session import costs as module
from octavo.session import messages
from octavo.session.costs import SAMPLES, SHORT, Spent, Watching, is_below, is_worth_telling

pytestmark = pytest.mark.anyio

MB = 1_000_000


def tree(memory: int = 50, cpu: float = 0.0) -> TreeCost:
    return TreeCost(memory * MB, memory * MB, 0, cpu, 1, 0.0)


def machine(available: int, total: int = 1000) -> Machine:
    return Machine(total * MB, available * MB)


def test_processor_time_is_percent_of_one_processor_between_two_measurements() -> None:
    spent = Spent()
    spent.add(tree(cpu=10.0), 100.0)
    assert spent.cpu == 0
    spent.add(tree(cpu=11.0), 102.0)
    assert spent.cpu == 50
    spent.add(tree(cpu=14.0), 104.0)
    assert spent.cpus == [0, 50, 150]


def test_the_same_measurement_counts_once() -> None:
    spent = Spent()
    for _ in range(3):
        spent.add(tree(), 100.0)
    assert spent.memories == [50]


def test_after_a_pause_what_was_used_meanwhile_is_not_what_is_used_now() -> None:
    spent = Spent()
    spent.add(tree(cpu=0.0), 100.0)
    spent.add(tree(cpu=3000.0), 4000.0)
    assert spent.cpu == 0


def test_the_history_is_bounded() -> None:
    spent = Spent()
    for at in range(200):
        spent.add(tree(memory=at), float(at))
    assert (len(spent.memories), len(spent.cpus)) == (SAMPLES, SAMPLES)
    assert spent.memories[-1] == 199


def test_memory_counts_as_short_until_clearly_more_is_left() -> None:
    seen = []
    was = False
    for available in (300, 120, 99, 105, 149, 151, 105):
        was = is_below(SHORT, was, machine(available))
        seen.append(was)
    assert seen == [False, False, True, True, True, False, False]


def test_a_machine_that_says_nothing_is_not_short() -> None:
    assert not is_below(SHORT, True, Machine(0, 0))


COST = messages.Cost(memory=200 * MB, cpu=20, total=1000 * MB, available=500 * MB)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (COST, False),
        (messages.Cost(memory=203 * MB, cpu=22, total=1000 * MB, available=400 * MB), False),
        (messages.Cost(memory=205 * MB, cpu=20, total=1000 * MB, available=500 * MB), True),
        (messages.Cost(memory=200 * MB, cpu=26, total=1000 * MB, available=500 * MB), True),
        (messages.Cost(memory=200 * MB, cpu=20, total=1000 * MB, available=140 * MB, tight=True), True),
        (messages.Cost(), True),
    ],
)
def test_only_what_a_reader_would_notice_is_told(now: messages.Cost, expected: bool) -> None:
    assert is_worth_telling(COST, now) is expected


def test_what_is_left_is_told_as_it_falls_where_little_is_left() -> None:
    told = messages.Cost(memory=MB, total=1000 * MB, available=100 * MB, tight=True)
    assert is_worth_telling(told, messages.Cost(memory=MB, total=1000 * MB, available=95 * MB, tight=True))


class Answering:
    """A host's `costs`, answered from a list; the last one again and again."""

    state = "connected"

    def __init__(self, *answers: Costs | None) -> None:
        self.answers, self.asked = list(answers), 0

    async def costs(self) -> Costs | None:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def measurement(at: float, memory: int = 50, available: int = 500) -> Costs:
    return Costs(at, {"a": tree(memory), "image:7": tree(20)}, OwnCost(9 * MB, 0.1), machine(available))


def watching(host: Answering, clock: Callable[[], float] = lambda: 0.0) -> Watching:
    return Watching(lambda: cast(Host, host), clock)


async def test_nothing_is_measured_until_somebody_looks() -> None:
    host, heard = Answering(measurement(1.0)), anyio.Event()
    costs = watching(host)
    stop = costs.listen(heard.set)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(costs.run)
        await anyio.wait_all_tasks_blocked()
        assert host.asked == 0
        costs.look("a page")
        with anyio.fail_after(20):
            await heard.wait()
        tasks.cancel_scope.cancel()
    stop()
    assert costs.shown(Incarnation("a")).memory == 50 * MB
    assert costs.shown(None).memory == 0


async def test_once_nobody_looks_any_more_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST", 0)
    monkeypatch.setattr(module, "PACE", 0)
    moments = itertools.count(0.0, 10.0)
    host = Answering(measurement(1.0))
    costs = watching(host, lambda: next(moments))
    costs.listen(lambda: costs.leave("a page") if host.asked == 3 else None)
    costs.look("a page")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(costs.run)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert host.asked == 3


async def test_who_asks_at_once_again_is_answered_from_the_last_measurement() -> None:
    host = Answering(measurement(1.0))
    costs = watching(host)
    assert await costs.now() is await costs.now()
    assert host.asked == 1


async def test_what_has_ended_is_forgotten_and_a_host_that_does_not_measure_shows_nothing() -> None:
    moments = iter([0.0, 0.0, 10.0, 10.0, 20.0, 20.0])
    gone = Costs(2.0, {}, OwnCost(0, 0.0), machine(50))
    costs = watching(Answering(measurement(1.0), gone, None), lambda: next(moments))
    await costs.now()
    assert list(costs.spent) == ["a"]
    await costs.now()
    assert (costs.spent, costs.short, costs.tight) == ({}, True, True)
    await costs.now()
    assert (costs.latest, costs.short, costs.shown(Incarnation("a"))) == (None, False, messages.Cost())
