"""The queue, as a function of state and event."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.ids import CellId, Incarnation, ProcessId, RequestId, RunId
from octavo.session import state as s

P, I1, I2 = ProcessId("p"), Incarnation("i1"), Incarnation("i2")


def run(name: str, cell: str = "", **more: object) -> s.Run:
    return s.Run(id=RunId(name), cell=CellId(cell or f"cell-{name}"), code=name, hash=name, **more)  # type: ignore[arg-type]


def asked(*runs: s.Run) -> s.Asked:
    return s.Asked(runs, P, I1)


def play(state: s.State, *events: s.Event) -> tuple[s.State, list[s.Effect]]:
    effects: list[s.Effect] = []
    for event in events:
        state, more = s.decide(state, event)
        effects += more
    return state, effects


def ready() -> s.State:
    return s.State(phase="ready", process=P, incarnation=I1)


def running(name: str = "a", *waiting: s.Run, **more: object) -> s.State:
    state, _ = play(ready(), asked(run(name, **more), *waiting), s.Numbered(RequestId("r1"), 1.0))
    return state


def replied(status: str = "ok", request: str = "r1", **more: object) -> s.Replied:
    return s.Replied(RequestId(request), status, 2.0, RequestId("again"), **more)  # type: ignore[arg-type]


def idle(request: str = "r1") -> s.IdleSeen:
    return s.IdleSeen(RequestId(request), 3.0)


def states(effects: list[s.Effect]) -> dict[str, str]:
    return {e.run.id: e.run.state for e in effects if isinstance(e, s.Keep)}


def test_the_first_run_starts_the_kernel_and_waits_for_it() -> None:
    state, effects = play(s.State(), asked(run("a")))
    assert effects == [s.Keep(run("a")), s.StartKernel(P, I1)]
    state, effects = play(state, s.Started(I1))
    assert effects == [s.NeedRequest()]
    state, effects = play(state, s.Numbered(RequestId("r1"), 1.0))
    assert state.running is not None
    assert effects == [s.Keep(state.running), s.Submit(state.running)]


def test_one_run_at_a_time_goes_to_the_kernel() -> None:
    state = running("a", run("b"))
    _, effects = play(state, asked(run("c")))
    assert not [e for e in effects if isinstance(e, s.NeedRequest)]
    state, effects = play(state, replied(), idle())
    assert states(effects) == {"a": "ok"}
    assert isinstance(effects[-1], s.NeedRequest)


@pytest.mark.parametrize("order", [(replied(), idle()), (idle(), replied())])
def test_a_run_ends_with_both_reply_and_idle_in_either_order(order: tuple[s.Event, s.Event]) -> None:
    state, effects = play(running(), order[0])
    assert state.running is not None
    state, effects = play(state, order[1])
    assert state.running is None
    assert states(effects) == {"a": "ok"}


def test_without_its_idle_a_run_ends_after_the_grace_and_is_marked() -> None:
    state, effects = play(running(), replied())
    assert s.WaitForIdle(RequestId("r1")) in effects
    assert states(effects) == {"a": "running"}
    _, effects = play(state, s.IdleMissed(RequestId("r1"), 12.0))
    assert [e.run.why for e in effects if isinstance(e, s.Keep)] == ["no-idle"]


def test_an_interrupt_that_hits_the_kernels_own_code_ends_the_run_though_it_never_replies() -> None:
    state, effects = play(running("a", run("b")), s.InterruptAsked(1.0), idle())
    assert s.WaitForIdle(RequestId("r1")) in effects
    state, effects = play(state, s.IdleMissed(RequestId("r1"), 12.0))
    assert [(e.run.state, e.run.why) for e in effects if isinstance(e, s.Keep)] == [("interrupted", "no-reply")]
    state, effects = play(running(), idle(), s.InterruptAsked(1.0))
    assert s.WaitForIdle(RequestId("r1")) in effects
    assert play(running(), idle(), s.IdleMissed(RequestId("r1"), 12.0))[1] == []


@pytest.mark.parametrize("status", ["error", "abort", "weird"])
def test_anything_but_ok_drops_all_that_wait_and_says_how_many(status: str) -> None:
    state, effects = play(running("a", run("b"), run("c")), replied(status), idle())
    assert states(effects)["b"] == states(effects)["c"] == "dropped"
    assert [e.count for e in effects if isinstance(e, s.Dropped)] == [2]
    assert state.waiting == ()


def test_an_error_on_iopub_is_a_failure_though_the_reply_says_ok() -> None:
    _, effects = play(running("a", run("b")), s.ErrorSeen(RequestId("r1")), replied(), idle())
    assert states(effects) == {"a": "error", "b": "dropped"}
    _, effects = play(running("a", run("b")), replied(), s.ErrorSeen(RequestId("r1")), idle())
    assert states(effects) == {"a": "error", "b": "dropped"}


def test_a_tolerated_failure_drops_nothing() -> None:
    state, effects = play(running("a", run("b"), tolerant=True), replied("error"), idle())
    assert states(effects) == {"a": "error"}
    assert [r.id for r in state.waiting] == ["b"]


def test_an_interrupt_drops_what_waits_and_ends_the_running_one_as_interrupted() -> None:
    state, effects = play(running("a", run("b")), s.InterruptAsked(2.0))
    assert s.InterruptKernel(I1) in effects
    assert states(effects) == {"b": "dropped"}
    _, effects = play(state, replied("error"), idle())
    assert states(effects) == {"a": "interrupted"}


def test_an_aborted_run_goes_again_once_under_a_new_request() -> None:
    state, effects = play(running(), replied("aborted"))
    again = state.running
    assert again is not None
    assert again.request == "again"
    assert effects == [s.Keep(again), s.Submit(again)]
    _, effects = play(state, replied("aborted", "again"), idle("again"))
    assert states(effects) == {"a": "interrupted"}


def test_a_cell_waits_at_most_once_and_takes_the_newer_source() -> None:
    state, effects = play(running("a", run("b", "x"), run("c")), asked(run("d", "x")))
    assert [r.id for r in state.waiting] == ["d", "c"]
    assert states(effects) == {"b": "dropped", "d": "queued"}


def test_asking_twice_runs_once() -> None:
    state, effects = play(running("a", run("b")), asked(run("a"), run("b")))
    assert effects == []
    assert len(state.waiting) == 1


def test_when_its_incarnation_ends_the_running_cell_is_lost_and_the_others_dropped() -> None:
    state, effects = play(running("a", run("b")), s.Exited(I1, "signal-9", 5.0))
    assert states(effects) == {"a": "lost", "b": "dropped"}
    assert state.phase == "dead"
    state, effects = play(state, s.Asked((run("c"),), P, I2))
    assert s.StartKernel(P, I2) in effects


def test_restart_and_run_all_belongs_to_the_new_incarnation() -> None:
    state, effects = play(running("a", run("b")), s.RestartAsked(I2, (run("c"), run("d")), P, 4.0))
    assert states(effects) == {"a": "lost", "b": "dropped", "c": "queued", "d": "queued"}
    assert effects[-1] == s.RestartKernel(P, I1, I2)
    state, effects = play(state, s.Exited(I1, "signal-15", 5.0), replied())
    assert effects == []
    state, effects = play(state, s.Started(I2))
    assert effects == [s.NeedRequest()]


def test_a_kernel_that_does_not_start_drops_what_waited_and_says_why() -> None:
    state, effects = play(s.State(), asked(run("a")), s.StartFailed(I1, "no such program"))
    assert states(effects)["a"] == "dropped"
    assert (state.phase, state.why) == ("unavailable", "no such program")


def test_a_deleted_cell_loses_its_waiting_run_and_not_its_running_one() -> None:
    state = running("a", run("b"))
    assert state.running is not None
    after, effects = play(state, s.CellGone(state.running.cell, 2.0), s.CellGone(CellId("cell-b"), 2.0))
    assert states(effects) == {"b": "dropped"}
    assert after.running == state.running


def test_recovery_submits_what_was_under_way_under_its_own_request() -> None:
    under_way = replace(run("a"), state="running", request=RequestId("r1"), incarnation=I1)
    state, effects = s.recover(s.Recovered(P, I1, None, "alive", under_way, (run("b"),)), 9.0)
    assert effects == [s.Submit(under_way)]
    assert [r.id for r in state.waiting] == ["b"]


def test_recovery_repeats_a_start_or_restart_that_nobody_confirmed() -> None:
    _, effects = s.recover(s.Recovered(P, I1, None, "asked", None, (run("b"),)), 9.0)
    assert effects == [s.StartKernel(P, I1)]
    _, effects = s.recover(s.Recovered(P, I2, I1, "asked", None, (run("b"),)), 9.0)
    assert effects == [s.RestartKernel(P, I1, I2)]


def test_recovery_without_the_incarnation_loses_its_run_and_reruns_nothing() -> None:
    under_way = replace(run("a"), state="running", request=RequestId("r1"), incarnation=I1)
    state, effects = s.recover(s.Recovered(P, I1, None, "ended", under_way, (run("b"),)), 9.0)
    assert states(effects) == {"a": "lost", "b": "dropped"}
    assert state.running is None
    assert state.waiting == ()


def test_what_is_asked_while_the_kernel_stops_runs_in_the_next_one() -> None:
    state, effects = play(running("a", run("b")), s.StopAsked(2.0))
    assert states(effects) == {"a": "lost", "b": "dropped"}
    assert effects[-1] == s.StopKernel(I1)
    state, effects = play(state, s.Asked((run("c"),), P, I2))
    assert effects == [s.Keep(run("c")), s.RestartKernel(P, I1, I2)]
    state, effects = play(state, s.Exited(I1, "stopped", 3.0), s.Started(I2))
    assert effects == [s.NeedRequest()]


def test_a_kernel_that_was_stopped_before_it_had_started_runs_nothing() -> None:
    state, _ = play(s.State(), asked(run("a")), s.StopAsked(1.0), s.Started(I1))
    assert (state.phase, state.waiting) == ("dead", ())


events = st.one_of(
    st.builds(asked, st.builds(run, st.sampled_from("abcd"), st.sampled_from("xyz"))),
    st.sampled_from(
        [
            s.Started(I1),
            s.Started(I2),
            s.Exited(I1, "x", 1.0),
            s.Exited(I2, "x", 1.0),
            s.StartFailed(I1, "x"),
            s.Numbered(RequestId("r1"), 1.0),
            s.Numbered(RequestId("r2"), 1.0),
            replied(),
            replied("error"),
            replied("aborted"),
            replied("ok", "r2"),
            idle(),
            idle("r2"),
            idle("again"),
            s.IdleMissed(RequestId("r1"), 9.0),
            s.ErrorSeen(RequestId("r1")),
            s.DropAsked(None, 1.0),
            s.InterruptAsked(1.0),
            s.StopAsked(1.0),
            s.RestartAsked(I2, (run("e"),), P, 1.0),
        ]
    ),
)


@given(st.lists(events, max_size=30))
def test_whatever_happens_every_run_ends_once_and_none_runs_beside_another(happened: list[s.Event]) -> None:
    state = s.State()
    told: dict[str, str] = {}
    for event in happened:
        state, effects = s.decide(state, event)
        for effect in effects:
            if isinstance(effect, s.Keep):
                told[effect.run.id] = effect.run.state
        open_runs = {r.id: r.state for r in (*state.waiting, *([state.running] if state.running else []))}
        assert {i for i, what in told.items() if what in ("queued", "running")} == set(open_runs)
        assert len({r.cell for r in state.waiting}) == len(state.waiting)
        if state.running is not None:
            assert state.phase == "ready"


def test_recovery_of_a_run_whose_reply_was_applied_waits_for_its_idle_alone() -> None:
    decided = replace(run("a"), state="running", request=RequestId("r1"), incarnation=I1, decided="error")
    state, effects = s.recover(s.Recovered(P, I1, None, "alive", decided, (run("b"),)), 9.0)
    assert effects == [s.WaitForIdle(RequestId("r1"))]
    _, effects = play(state, idle())
    assert states(effects) == {"a": "error", "b": "dropped"}


def test_an_interrupt_before_the_kernel_began_the_run_is_said_again_when_it_begins() -> None:
    state, _ = play(running(), s.InterruptAsked(2.0))
    _, effects = play(state, s.CountSeen(RequestId("r1"), 1))
    assert s.InterruptBegun(RequestId("r1")) in effects
