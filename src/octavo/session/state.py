"""The queue of a live notebook, as a pure function of state and event (DESIGN §3, Runs).

    asked ─► queued ─► running ─► ok | error | interrupted          (its reply decides, its idle ends it)
               │          └─────► lost (its incarnation ended)
               └────────────────► dropped (a failure, a person, a deleted cell, the incarnation's end)

`decide` answers what must now happen as effects; `session.py` performs them and knows nothing else. An event that no longer
applies (a late reply, an unknown run) is ordinary and changes nothing. Ids are chosen by the caller: nothing here is random.
"""

from dataclasses import dataclass, replace
from typing import Literal

from octavo.ids import CellId, Incarnation, ProcessId, RequestId, RunId

RunState = Literal["queued", "running", "ok", "error", "interrupted", "dropped", "lost"]
Phase = Literal["none", "starting", "ready", "dead", "unavailable"]

IDLE_GRACE = 10.0
"""Seconds after its reply at which a run ends without its idle status, marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a cell. `hash`: source_hash of the cell's source, `code`: what is sent (all of it, or a selection).
    `tolerant`: its cell is tagged raises-exception, so its failure drops nothing."""

    id: RunId
    cell: CellId
    code: str
    hash: str
    tolerant: bool = False
    state: RunState = "queued"
    request: RequestId | None = None
    incarnation: Incarnation | None = None
    count: int | None = None
    queued: float = 0.0
    started: float | None = None
    ended: float | None = None
    why: str = ""
    again: bool = False
    decided: str = ""
    """The state that its reply chose, while its idle is waited for."""


@dataclass(frozen=True, slots=True)
class State:
    """`verdict`: what the running run's reply said, once it is there; `idle`: was its idle status seen; `failed`: was an error seen on iopub.
    `stopping`: a person interrupted the running run. `ending`: the incarnation was told to stop and has not ended yet."""

    phase: Phase = "none"
    why: str = ""
    process: ProcessId | None = None
    incarnation: Incarnation | None = None
    waiting: tuple[Run, ...] = ()
    running: Run | None = None
    verdict: RunState | Literal["aborted"] | None = None
    idle: bool = False
    failed: bool = False
    stopping: bool = False
    ending: bool = False


# Events --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """A person asks for runs, in this order. `process`, `incarnation`: fresh ids, used only if a kernel must be started."""

    runs: tuple[Run, ...]
    process: ProcessId
    incarnation: Incarnation


@dataclass(frozen=True, slots=True)
class StartAsked:
    """A person wants the kernel, and nothing run yet."""

    process: ProcessId
    incarnation: Incarnation


@dataclass(frozen=True, slots=True)
class Started:
    """The host has started the incarnation (or says that it runs)."""

    incarnation: Incarnation


@dataclass(frozen=True, slots=True)
class StartFailed:
    incarnation: Incarnation
    why: str


@dataclass(frozen=True, slots=True)
class Exited:
    incarnation: Incarnation
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class Submit:
    """Effect: pass the run to the kernel (journal it first)."""

    run: Run


@dataclass(frozen=True, slots=True)
class Replied:
    """The execute_reply of `request`: `status` as the kernel said it, `interrupted` where its error was an interrupt."""

    request: RequestId
    status: str
    at: float
    again: RequestId
    """A fresh request id, used only if the run must be sent again."""
    interrupted: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class ErrorSeen:
    """An `error` on iopub under `request`."""

    request: RequestId


@dataclass(frozen=True, slots=True)
class CountSeen:
    request: RequestId
    count: int


@dataclass(frozen=True, slots=True)
class IdleSeen:
    request: RequestId
    at: float


@dataclass(frozen=True, slots=True)
class IdleMissed:
    """`IDLE_GRACE` seconds have passed since the reply of `request`, or since it was idle without one after an interrupt."""

    request: RequestId
    at: float


@dataclass(frozen=True, slots=True)
class DropAsked:
    """Take waiting runs out: these, or all (None)."""

    runs: frozenset[RunId] | None
    at: float


@dataclass(frozen=True, slots=True)
class CellGone:
    """The cell was deleted or is no longer code."""

    cell: CellId
    at: float


@dataclass(frozen=True, slots=True)
class InterruptAsked:
    at: float


@dataclass(frozen=True, slots=True)
class RestartAsked:
    """`to`: the new incarnation; `runs`: what to run in it. `process`: used only if there was no kernel."""

    to: Incarnation
    runs: tuple[Run, ...]
    process: ProcessId
    at: float


@dataclass(frozen=True, slots=True)
class StopAsked:
    """`why`: a word for what the page says then."""

    at: float
    why: str = "stopped"


@dataclass(frozen=True, slots=True)
class Joined:
    """A kernel that the host has, and that nobody else knows, becomes this session's."""

    process: ProcessId
    incarnation: Incarnation


@dataclass(frozen=True, slots=True)
class Numbered:
    """Give the run this request id and start it: the answer to `NeedRequest`."""

    request: RequestId
    at: float


Event = (
    Asked
    | StartAsked
    | Started
    | StartFailed
    | Exited
    | Replied
    | ErrorSeen
    | CountSeen
    | IdleSeen
    | IdleMissed
    | DropAsked
    | CellGone
    | InterruptAsked
    | RestartAsked
    | StopAsked
    | Joined
    | Numbered
)


# Effects -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keep:
    """The run's row changed: journal it and show it."""

    run: Run


@dataclass(frozen=True, slots=True)
class NeedRequest:
    """The next run may go: answer with `Numbered`."""


@dataclass(frozen=True, slots=True)
class StartKernel:
    process: ProcessId
    incarnation: Incarnation


@dataclass(frozen=True, slots=True)
class RestartKernel:
    process: ProcessId
    old: Incarnation
    new: Incarnation


@dataclass(frozen=True, slots=True)
class StopKernel:
    incarnation: Incarnation
    why: str = "stopped"


@dataclass(frozen=True, slots=True)
class InterruptKernel:
    incarnation: Incarnation


@dataclass(frozen=True, slots=True)
class InterruptBegun:
    """The kernel has just begun a run that is to stop: interrupt it, and once more if that came too early to be felt."""

    request: RequestId


@dataclass(frozen=True, slots=True)
class WaitForIdle:
    """Tell `IdleMissed` after `IDLE_GRACE` unless the run ends before."""

    request: RequestId


@dataclass(frozen=True, slots=True)
class Dropped:
    """So many runs did not run, because of the run that failed (None: for another reason)."""

    count: int
    because: Run | None


Effect = (
    Keep
    | NeedRequest
    | StartKernel
    | RestartKernel
    | StopKernel
    | InterruptKernel
    | InterruptBegun
    | Submit
    | WaitForIdle
    | Dropped
)
Decision = tuple[State, list[Effect]]


def decide(state: State, event: Event) -> Decision:
    """The next state, and what must now happen."""
    match event:
        case Asked():
            return _asked(state, event)
        case StartAsked():
            return _start_kernel(state, event.process, event.incarnation) if _needs_kernel(state) else (state, [])
        case Started(incarnation):
            if incarnation != state.incarnation or state.ending:
                return state, []
            return _next(replace(state, phase="ready", why=""))
        case StartFailed(incarnation, why):
            if incarnation != state.incarnation:
                return state, []
            return _ended(state, "unavailable", why, None)
        case Exited(incarnation, why, at):
            # The end of an incarnation that a restart has already replaced was accounted for when the restart was asked.
            return _ended(state, "dead", why, at) if incarnation == state.incarnation else (state, [])
        case Replied() | ErrorSeen() | CountSeen() | IdleSeen() | IdleMissed():
            return _about_running(state, event)
        case DropAsked(runs, at):
            gone = tuple(r for r in state.waiting if runs is None or r.id in runs)
            return _drop(state, gone, at, "", None)
        case CellGone(cell, at):
            return _drop(state, tuple(r for r in state.waiting if r.cell == cell), at, "cell", None)
        case InterruptAsked(at):
            return _interrupt(state, at)
        case RestartAsked():
            return _restart(state, event)
        case StopAsked():
            return _stop(state, event)
        case Joined():
            return _join(state, event)
        case Numbered(request, at):
            return _start_head(state, request, at)


def _asked(state: State, event: Asked) -> Decision:
    known = {r.id for r in state.waiting} | ({state.running.id} if state.running else set())
    waiting, effects = list(state.waiting), list[Effect]()
    for run in event.runs:
        if run.id in known:
            continue
        known.add(run.id)
        place = next((i for i, r in enumerate(waiting) if r.cell == run.cell), None)
        if place is None:
            waiting.append(run)
        else:  # a cell waits at most once: the newer source takes its place
            effects.append(Keep(replace(waiting[place], state="dropped", why="replaced", ended=run.queued)))
            waiting[place] = run
        effects.append(Keep(run))
    state = replace(state, waiting=tuple(waiting))
    if not waiting:
        return state, effects
    state, more = _start_kernel(state, event.process, event.incarnation) if _needs_kernel(state) else _next(state)
    return state, effects + more


def _needs_kernel(state: State) -> bool:
    return state.phase in ("none", "dead", "unavailable")


def _start_kernel(state: State, process: ProcessId, incarnation: Incarnation) -> Decision:
    process, old = state.process or process, state.incarnation if state.ending else None
    state = replace(state, phase="starting", why="", process=process, incarnation=incarnation, ending=False)
    if old is None:
        return state, [StartKernel(process, incarnation)]
    return state, [RestartKernel(process, old, incarnation)]


def _next(state: State) -> Decision:
    if state.phase == "ready" and state.running is None and state.waiting:
        return state, [NeedRequest()]
    return state, []


def _start_head(state: State, request: RequestId, at: float) -> Decision:
    if state.phase != "ready" or state.running is not None or not state.waiting:
        return state, []
    head, *rest = state.waiting
    run = replace(head, state="running", request=request, incarnation=state.incarnation, started=at)
    state = replace(state, waiting=tuple(rest), running=run, verdict=None, idle=False, failed=False, stopping=False)
    return state, [Keep(run), Submit(run)]


def _about_running(state: State, event: Replied | ErrorSeen | CountSeen | IdleSeen | IdleMissed) -> Decision:
    run = state.running
    if run is None or run.request != event.request:
        return state, []
    match event:
        case ErrorSeen():
            return replace(state, failed=True), []
        case CountSeen(_, count):
            run = replace(run, count=count)
            state = replace(state, running=run)
            # Where it was to stop before its kernel had begun it, that is said again now.
            return state, [Keep(run), InterruptBegun(event.request)] if state.stopping else [Keep(run)]
        case IdleSeen(_, at):
            state = replace(state, idle=True)
            if state.verdict:
                return _finish(state, at, "")
            # An interrupt may hit the kernel's own code: then it is idle, and never replies.
            return state, [WaitForIdle(event.request)] if state.stopping else []
        case IdleMissed(_, at):
            if state.verdict:
                return _finish(state, at, "no-idle")
            if state.idle and state.stopping:
                return _finish(replace(state, verdict="interrupted"), at, "no-reply")
            return state, []
        case Replied():
            return _replied(state, run, event)


def _replied(state: State, run: Run, event: Replied) -> Decision:
    if state.verdict is not None:
        return state, []
    if event.status == "aborted" and not state.stopping and not run.again:
        # A raw client's failure swept ours away: nothing ran, so it goes again, once, under a new request id.
        run = replace(run, request=event.again, again=True, started=event.at)
        return replace(state, running=run, idle=False, failed=False), [Keep(run), Submit(run)]
    if event.status == "ok" and not state.failed:
        verdict: RunState = "ok"
    elif event.interrupted or state.stopping or event.status in ("abort", "aborted"):
        verdict = "interrupted"
    else:
        verdict = "error"
    if event.count is not None:
        run = replace(run, count=event.count)
    run = replace(run, decided=verdict)
    state = replace(state, verdict=verdict, running=run)
    if state.idle:
        return _finish(state, event.at, "")
    return state, [Keep(run), WaitForIdle(event.request)]


def _verdict(decided: str) -> RunState:
    return "ok" if decided == "ok" else "interrupted" if decided == "interrupted" else "error"


def _finish(state: State, at: float, mark: str) -> Decision:
    assert state.running is not None
    assert state.verdict is not None and state.verdict != "aborted"
    verdict: RunState = state.verdict
    if verdict == "ok" and state.failed:
        verdict = "error"  # some kernels reply ok to what they reported as an error
    run = replace(state.running, state=verdict, ended=at, why=mark, decided="")
    state = replace(state, running=None, verdict=None, idle=False, failed=False, stopping=False)
    effects: list[Effect] = [Keep(run)]
    if verdict != "ok" and not (run.tolerant and verdict == "error"):
        state, more = _drop(state, state.waiting, at, "failed", run)
        return state, effects + more
    state, more = _next(state)
    return state, effects + more


def _drop(state: State, gone: tuple[Run, ...], at: float | None, why: str, because: Run | None) -> Decision:
    if not gone:
        return state, []
    ids = {r.id for r in gone}
    state = replace(state, waiting=tuple(r for r in state.waiting if r.id not in ids))
    effects: list[Effect] = [Keep(replace(r, state="dropped", why=why, ended=at)) for r in gone]
    return state, [*effects, Dropped(len(gone), because)]


def _ended(state: State, phase: Phase, why: str, at: float | None) -> Decision:
    effects: list[Effect] = []
    if state.running is not None:
        effects.append(Keep(replace(state.running, state="lost", why=why, ended=at)))
    state = replace(state, phase=phase, why=why, running=None, verdict=None, idle=False, failed=False, stopping=False)
    state = replace(state, ending=False)
    state, more = _drop(state, state.waiting, at, "stopped" if why == "stopped" else "kernel", None)
    return state, effects + more


def _interrupt(state: State, at: float) -> Decision:
    if state.incarnation is None or state.phase not in ("ready", "starting"):
        return state, []
    state, effects = _drop(state, state.waiting, at, "interrupted", state.running)
    run = state.running
    if run is not None:
        state = replace(state, stopping=True)
        if state.idle and run.request is not None and state.verdict is None:
            effects = [*effects, WaitForIdle(run.request)]
    return state, [*effects, InterruptKernel(state.incarnation)] if state.incarnation else effects


def _stop(state: State, event: StopAsked) -> Decision:
    if state.incarnation is None or _needs_kernel(state):
        return state, []
    # For the queue it has ended: what is asked from now on runs in the next one.
    stopped, effects = _ended(state, "dead", event.why, event.at)
    return replace(stopped, ending=True), [*effects, StopKernel(state.incarnation, event.why)]


def _join(state: State, event: Joined) -> Decision:
    if not _needs_kernel(state) or state.ending:
        return state, []
    return _next(replace(state, phase="ready", why="", process=event.process, incarnation=event.incarnation))


def _restart(state: State, event: RestartAsked) -> Decision:
    old = state.incarnation if state.phase in ("ready", "starting") or state.ending else None
    state, effects = _ended(state, "starting", "restarted", event.at)
    process = state.process or event.process
    state = replace(state, phase="starting", why="", process=process, incarnation=event.to, waiting=event.runs)
    effects += [Keep(run) for run in event.runs]
    if old is None:
        return state, [*effects, StartKernel(process, event.to)]
    return state, [*effects, RestartKernel(process, old, event.to)]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the journal holds of a session at the start of the web process. `standing`: of the incarnation, `asked` when its start was
    journaled and nobody knows whether the host heard of it, `alive` or `ended`; `old`: the incarnation that it was to replace."""

    process: ProcessId | None = None
    incarnation: Incarnation | None = None
    old: Incarnation | None = None
    standing: Literal["asked", "alive", "ended"] = "ended"
    running: Run | None = None
    waiting: tuple[Run, ...] = ()


def recover(found: Recovered, at: float) -> Decision:
    """The state to go on from. What was under way is asked again under its own ids: the host does it once.

    Where the incarnation has ended with nobody left to say how, its run is lost and those that wait are dropped.
    """
    state = State(process=found.process, incarnation=found.incarnation, waiting=found.waiting, running=found.running)
    if found.process is None or found.incarnation is None:
        state, effects = _ended(state, "none", "host", at)
        return replace(state, why=""), effects
    if found.standing == "ended":
        return _ended(state, "dead", "host", at)
    if found.standing == "asked":
        state = replace(state, phase="starting")
        if found.old is not None:
            return state, [RestartKernel(found.process, found.old, found.incarnation)]
        return state, [StartKernel(found.process, found.incarnation)]
    state = replace(state, phase="ready")
    if found.running is not None and found.running.request is not None:
        if found.running.decided:  # its reply was applied, and its id may be forgotten: only its idle is missing
            verdict = _verdict(found.running.decided)
            return replace(state, verdict=verdict), [WaitForIdle(found.running.request)]
        return state, [Submit(found.running)]
    return _next(state)
