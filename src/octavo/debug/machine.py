"""A debug session's state as a pure function of state and event: what is illegal in a state is answered here and goes no further.

    off ──asked for──► arming ──attached, breakpoints set──► running ──a stop──► stopped ──go──► running
     ◄──failed, closed, its process ended──────────┴─────────────┴──────────────────┘

Each stop has a number that grows for ever; a command for another number does nothing. While arming or stopped no run is passed to the kernel.
"""

from dataclasses import dataclass, replace
from typing import Literal

from octavo.ids import Incarnation

Action = Literal["continue", "over", "into", "out", "line", "here", "jump"]


@dataclass(frozen=True, slots=True)
class Stop:
    """`seq`: of its event in the process's log. `hit`: the debugger's own numbers of the breakpoints."""

    number: int
    seq: int
    thread: int
    reason: str
    hit: tuple[int, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class State:
    """`wanted`: something is to be debugged in this incarnation. `pausing`: a person asked to pause and nothing has stopped yet. `quiet`: an
    interrupt took the breakpoints away until what runs has ended. `tries`: attempts to attach to this incarnation that failed."""

    phase: Literal["off", "arming", "running", "stopped"] = "off"
    incarnation: Incarnation | None = None
    connection: int | None = None
    stop: Stop | None = None
    number: int = 0
    pausing: bool = False
    quiet: bool = False
    why: str = ""
    tries: int = 0


MAX_TRIES = 3


# Events --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArmAsked:
    """Something is to be debugged. `person`: somebody asked just now, so an earlier failure does not count."""

    incarnation: Incarnation
    person: bool = False


@dataclass(frozen=True, slots=True)
class Listening:
    """The host listens for the debugger as this connection."""

    connection: int


@dataclass(frozen=True, slots=True)
class Attached:
    """It is attached, and knows the breakpoints."""

    connection: int


@dataclass(frozen=True, slots=True)
class Failed:
    incarnation: Incarnation
    why: str


@dataclass(frozen=True, slots=True)
class Closed:
    connection: int
    why: str


@dataclass(frozen=True, slots=True)
class Stopped:
    connection: int
    seq: int
    thread: int
    reason: str
    hit: tuple[int, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Continued:
    """The debugger says that it goes on."""

    connection: int


@dataclass(frozen=True, slots=True)
class GoAsked:
    number: int
    action: Action


@dataclass(frozen=True, slots=True)
class PauseAsked:
    """`busy`: something runs."""

    incarnation: Incarnation | None
    busy: bool


@dataclass(frozen=True, slots=True)
class InterruptAsked:
    """What runs is to end. `busy`: a run of ours is under way, whose end will be told."""

    busy: bool = True


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Nothing of ours runs any more."""


@dataclass(frozen=True, slots=True)
class OffAsked:
    pass


@dataclass(frozen=True, slots=True)
class Ended:
    """The incarnation has ended."""

    incarnation: Incarnation


@dataclass(frozen=True, slots=True)
class Returned:
    """After a start of the web process: what the host holds and the journal knows. `stop`: of the journal, if the host says it is still so."""

    incarnation: Incarnation
    connection: int
    stop: Stop | None


Event = (
    ArmAsked
    | Listening
    | Attached
    | Failed
    | Closed
    | Stopped
    | Continued
    | GoAsked
    | PauseAsked
    | InterruptAsked
    | RunEnded
    | OffAsked
    | Ended
    | Returned
)


# Effects -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arm:
    """Listen, let the kernel dial, set what is to be stopped at; answer `Attached` or `Failed`."""

    incarnation: Incarnation


@dataclass(frozen=True, slots=True)
class Look:
    """Make the picture of this stop."""

    stop: Stop


@dataclass(frozen=True, slots=True)
class Hide:
    """There is no picture any more. `soon`: unless another comes within a moment."""

    soon: bool


@dataclass(frozen=True, slots=True)
class Keep:
    """Journal the open stop (None: that there is none)."""

    stop: Stop | None


@dataclass(frozen=True, slots=True)
class Go:
    stop: Stop
    action: Action


@dataclass(frozen=True, slots=True)
class Pause:
    pass


@dataclass(frozen=True, slots=True)
class LetGo:
    """Take every breakpoint away, then let it go on; the interrupt follows."""

    stop: Stop


@dataclass(frozen=True, slots=True)
class Sync:
    """Let the debugger know the breakpoints (again)."""


@dataclass(frozen=True, slots=True)
class Release:
    """Runs may go to the kernel again."""


@dataclass(frozen=True, slots=True)
class Detach:
    incarnation: Incarnation
    connection: int | None


@dataclass(frozen=True, slots=True)
class Refuse:
    """code: stale or conflict."""

    code: Literal["stale", "conflict"]
    message: str


Effect = Arm | Look | Hide | Keep | Go | Pause | LetGo | Sync | Release | Detach | Refuse
Decision = tuple[State, list[Effect]]


def decide(state: State, event: Event) -> Decision:  # noqa: C901 - one line an event
    match event:
        case ArmAsked(incarnation, person):
            return _arm(state, incarnation, person=person)
        case Listening(connection):
            return (replace(state, connection=connection), []) if state.phase == "arming" else (state, [])
        case Attached(connection):
            return _attached(state) if state.phase == "arming" and state.connection == connection else (state, [])
        case Failed(incarnation, why):
            if state.incarnation != incarnation or state.phase == "off":
                return state, []
            return _off(replace(state, tries=state.tries + 1), why)
        case Closed(connection, why):
            if state.connection != connection or state.phase == "off":
                return state, []
            return _off(replace(state, tries=state.tries + (state.phase == "arming")), why)
        case Stopped():
            return _stopped(state, event)
        case Continued(connection):
            return _continued(state) if state.connection == connection else (state, [])
        case GoAsked(number, action):
            return _go(state, number, action)
        case PauseAsked():
            return _pause(state, event)
        case InterruptAsked(busy):
            return _interrupt(state, busy=busy)
        case RunEnded():
            state = replace(state, pausing=False)
            return (replace(state, quiet=False), [Sync()]) if state.quiet else (state, [])
        case OffAsked():
            return _off_asked(state)
        case Ended(incarnation):
            if state.incarnation != incarnation:
                return state, []
            state, effects = _off(state, "")
            return replace(state, incarnation=None, tries=0), effects
        case Returned():
            return _returned(state, event)


def _arm(state: State, incarnation: Incarnation, *, person: bool) -> Decision:
    if state.incarnation != incarnation:
        state, before = _off(state, "")
        state = replace(state, incarnation=incarnation, tries=0)
    else:
        before = []
    if state.phase != "off" or (state.tries >= MAX_TRIES and not person):
        return state, before
    state = replace(state, phase="arming", why="", connection=None, tries=0 if person else state.tries)
    return state, [*before, Arm(incarnation)]


def _attached(state: State) -> Decision:
    state = replace(state, phase="running", tries=0)
    effects: list[Effect] = [Pause()] if state.pausing else []
    return state, [*effects, Release()]


def _stopped(state: State, event: Stopped) -> Decision:
    if state.connection != event.connection or state.phase not in ("arming", "running", "stopped"):
        return state, []
    if state.quiet:  # an interrupt is under way: nothing may hold it up
        stop = Stop(state.number, event.seq, event.thread, event.reason, event.hit, event.at)
        return state, [LetGo(stop)]
    number = state.number + 1
    stop = Stop(number, event.seq, event.thread, event.reason, event.hit, event.at)
    state = replace(state, phase="stopped", stop=stop, number=number, pausing=False)
    return state, [Keep(stop), Look(stop)]


def _continued(state: State) -> Decision:
    if state.phase != "stopped":
        return state, []
    return replace(state, phase="running", stop=None), [Keep(None), Hide(soon=True), Release()]


def _go(state: State, number: int, action: Action) -> Decision:
    if state.phase != "stopped" or state.stop is None or state.stop.number != number:
        return state, [Refuse("stale", "That stop is over.")]
    stop = state.stop
    state = replace(state, phase="running", stop=None)
    return state, [Go(stop, action), Keep(None), Hide(soon=action != "continue"), Release()]


def _pause(state: State, event: PauseAsked) -> Decision:
    if state.phase == "stopped":
        return state, [Refuse("conflict", "It is stopped already.")]
    if not event.busy or event.incarnation is None:
        return state, [Refuse("conflict", "Nothing runs that could be paused.")]
    state, effects = _arm(state, event.incarnation, person=True)
    if state.pausing:
        return state, effects
    state = replace(state, pausing=True)
    return state, [*effects, Pause()] if state.phase == "running" else effects


def _interrupt(state: State, *, busy: bool) -> Decision:
    if state.phase in ("off", "arming"):
        return state, []
    stop = state.stop
    state = replace(state, phase="running", stop=None, quiet=busy, pausing=False)
    if stop is None:
        return state, []
    return state, [LetGo(stop), Keep(None), Hide(soon=False), Release()]


def _off_asked(state: State) -> Decision:
    if state.phase == "off" or state.incarnation is None:
        return state, []
    detach = Detach(state.incarnation, state.connection)  # what is stopped goes on by itself, once its debugger is gone
    state, effects = _off(state, "")
    return state, [detach, *effects]


def _off(state: State, why: str) -> Decision:
    if state.phase == "off":
        return replace(state, why=why) if why else state, []
    shown = state.stop is not None
    state = replace(state, phase="off", connection=None, stop=None, pausing=False, quiet=False, why=why)
    over: list[Effect] = [Keep(None), Hide(soon=False)] if shown else []
    return state, [*over, Release()]


def _returned(state: State, event: Returned) -> Decision:
    phase: Literal["running", "stopped"] = "stopped" if event.stop else "running"
    number = max(state.number, event.stop.number if event.stop else 0)
    state = State(
        phase=phase, incarnation=event.incarnation, connection=event.connection, stop=event.stop, number=number
    )
    look: list[Effect] = [Look(event.stop)] if event.stop else []
    return state, [Keep(event.stop), Sync(), *look]
