"""The debug session's state: what may follow what. Pure."""

import random

import pytest

from octavo.debug import machine
from octavo.debug.machine import State, decide
from octavo.ids import Incarnation

ONE, TWO = Incarnation("1" * 16), Incarnation("2" * 16)


def run(state, *events):
    effects = []
    for event in events:
        state, more = decide(state, event)
        effects += more
    return state, effects


def attached():
    state, _ = run(State(), machine.ArmAsked(ONE), machine.Listening(1), machine.Attached(1))
    return state


def stopped(number=1):
    state, _ = run(attached(), machine.Stopped(1, 7, 1, "breakpoint", (3,), 0.0))
    assert state.stop.number == number
    return state


def kinds(effects):
    return [type(effect).__name__ for effect in effects]


def test_it_is_armed_once_however_often_it_is_asked():
    state, effects = run(State(), machine.ArmAsked(ONE), machine.ArmAsked(ONE), machine.ArmAsked(ONE, person=True))
    assert kinds(effects) == ["Arm"]
    assert state.phase == "arming"


def test_what_never_comes_is_not_tried_for_ever_unless_a_person_asks():
    state = State()
    for _ in range(10):
        state, _ = run(state, machine.ArmAsked(ONE), machine.Failed(ONE, "no"))
    assert (state.phase, state.why, state.tries) == ("off", "no", machine.MAX_TRIES)
    assert run(state, machine.ArmAsked(ONE))[1] == []
    assert kinds(run(state, machine.ArmAsked(ONE, person=True))[1]) == ["Arm"]
    assert kinds(run(state, machine.ArmAsked(TWO))[1]) == ["Arm"]


def test_a_doubled_continue_does_nothing():
    state, effects = run(stopped(), machine.GoAsked(1, "continue"))
    assert kinds(effects) == ["Go", "Keep", "Hide", "Release"]
    state, effects = run(state, machine.GoAsked(1, "continue"))
    assert [effect.code for effect in effects] == ["stale"]


def test_an_interrupt_while_stopped_lets_go_and_nothing_stops_until_the_run_has_ended():
    state, effects = run(stopped(), machine.InterruptAsked())
    assert kinds(effects) == ["LetGo", "Keep", "Hide", "Release"]
    state, effects = run(state, machine.Stopped(1, 9, 1, "breakpoint", (), 0.0))
    assert kinds(effects) == ["LetGo"]
    state, effects = run(state, machine.RunEnded())
    assert kinds(effects) == ["Sync"]
    assert run(state, machine.Stopped(1, 10, 1, "breakpoint", (), 0.0))[0].phase == "stopped"


def test_a_pause_that_is_asked_before_the_debugger_is_there_comes_when_it_is():
    state, effects = run(State(), machine.PauseAsked(ONE, busy=True), machine.Listening(4))
    assert kinds(effects) == ["Arm"]
    _, effects = run(state, machine.Attached(4))
    assert kinds(effects) == ["Pause", "Release"]
    assert run(State(), machine.PauseAsked(ONE, busy=False))[1][0].code == "conflict"


def test_what_ends_takes_its_stop_with_it():
    for event in (machine.Ended(ONE), machine.Closed(1, "gone"), machine.OffAsked()):
        state, effects = run(stopped(), event)
        assert (state.phase, state.stop, state.connection) == ("off", None, None)
        assert machine.Keep(None) in effects
        assert machine.Release() in effects


def test_after_a_return_the_same_stop_is_looked_at_under_its_number():
    stop = machine.Stop(41, 7, 1, "step")
    state, effects = run(State(), machine.Returned(ONE, 3, stop))
    assert (state.phase, state.number) == ("stopped", 41)
    assert kinds(effects) == ["Keep", "Sync", "Look"]
    assert run(state, machine.Stopped(3, 8, 1, "step", (), 0.0))[0].number == 42


def any_event(rng, state, seq):
    number = state.number - rng.choice((0, 0, 0, 1, -1))
    incarnation = rng.choice((ONE, ONE, TWO))
    connection = rng.choice((state.connection or 1, state.connection or 1, 1, 2))
    return rng.choice(
        [
            machine.ArmAsked(incarnation, rng.random() < 0.3),
            machine.Listening(rng.choice((1, 2))),
            machine.Attached(connection),
            machine.Attached(connection),
            machine.Failed(incarnation, "failed"),
            machine.Closed(connection, "closed"),
            machine.Stopped(connection, seq, rng.choice((1, 2)), "breakpoint", (), 0.0),
            machine.Stopped(connection, seq, 1, "step", (), 0.0),
            machine.Continued(connection),
            machine.GoAsked(number, rng.choice(("continue", "over", "into", "out", "line", "here"))),
            machine.PauseAsked(rng.choice((ONE, None)), rng.random() < 0.5),
            machine.InterruptAsked(),
            machine.RunEnded(),
            machine.OffAsked(),
            machine.Ended(incarnation),
        ]
    )


@pytest.mark.parametrize("seed", range(20))
def test_random_commands_leave_no_state_that_cannot_be(seed):
    """1,000 in all, seeded."""
    rng, state, kept, highest = random.Random(seed), State(), None, 0
    for seq in range(1, 51):
        before = state
        event = any_event(rng, state, seq)
        state, effects = decide(state, event)
        assert (state.phase == "stopped") == (state.stop is not None)
        assert state.phase != "off" or state.connection is None
        assert state.phase not in ("running", "stopped") or state.connection is not None
        assert state.number >= highest
        highest = state.number
        for effect in effects:
            match effect:
                case machine.Refuse():
                    assert state == before or isinstance(event, machine.PauseAsked)
                    assert len(effects) == 1
                case machine.Go(stop) | machine.LetGo(stop):
                    assert before.phase == "stopped" or before.quiet
                case machine.Keep(stop):
                    kept = stop
                case machine.Look(stop):
                    assert stop == state.stop
        assert kept == state.stop
        if before.phase in ("arming", "stopped") and state.phase not in ("arming", "stopped"):
            assert machine.Release() in effects  # the queue never stays held
