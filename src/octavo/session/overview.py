"""Everything that runs: whose it is, in which state, since when, what it costs. For the page `/running`, for Files, and for whom to stop when idle.

A kernel belongs to its notebook or prompt, was started by a Jupyter client, or is a stray: nobody here knows it.
"""

from typing import TYPE_CHECKING, Literal

import msgspec

from octavo.errors import HostUnavailable
from octavo.ids import Incarnation, ProcessId
from octavo.kernels.events import ProcessInfo
from octavo.session.culling import Standing
from octavo.session.kernel import Label, LiveKernel
from octavo.session.kernels import label_of
from octavo.session.session import Session

if TYPE_CHECKING:
    from octavo.session.sessions import Sessions

Owner = Literal["notebook", "prompt", "client", "stray"]


class Row(msgspec.Struct, kw_only=True):
    """`name`: the kernelspec, or what a program calls itself; `path`: of the notebook, or where it was started. `joined`: given to its notebook
    by its path. state `running` is busy, `paused` by the debugger. `since`, `idle_since`: seconds since 1970, null where unknown. `pages`: open
    ones; `connections`: of Jupyter clients. `idle`: stopping it would interrupt nothing. Memory in bytes, `cpu` in percent of one processor."""

    process: ProcessId
    incarnation: Incarnation
    kind: str
    name: str
    owner: Owner
    state: Literal["starting", "idle", "running", "asking", "paused", "restarting"]
    path: str = ""
    prompt: str = ""
    joined: bool = False
    idle: bool = False
    since: float | None = None
    idle_since: float | None = None
    pages: int = 0
    connections: int = 0
    memory: int = 0
    private: int = 0
    swap: int = 0
    cpu: int = 0
    processes: int = 0
    memories: list[int] = []
    cpus: list[int] = []


async def rows(sessions: "Sessions") -> list[Row]:
    """All that runs, what is of the host alone last."""
    known = {kernel.incarnation for kernel in sessions.kernels.live.values()}
    found = [_kernel(sessions, kernel) for kernel in sessions.kernels.live.values() if kernel.execution_state != "dead"]
    try:
        listed = await (await sessions.kernels.host()).processes()
    except HostUnavailable:
        listed = []
    found += [_other(info) for info in listed if info.state != "ended" and info.incarnation not in known]
    for row in found:
        _add_cost(sessions, row)
    return found


def session_of(sessions: "Sessions", kernel: LiveKernel) -> Session | None:
    for live in sessions.live.values():
        if live.session.running.kernel is kernel and kernel.owner is live.session:
            return live.session
    return None


def standing(session: Session | None, kernel: LiveKernel) -> Standing:
    """What of a kernel decides whether it may be stopped."""
    state = session.running.state if session is not None else None
    busy = kernel.execution_state != "idle"
    asks = bool(kernel.prompts)
    if session is not None and state is not None:
        busy = busy or state.phase != "ready" or state.running is not None or bool(state.waiting)
        asks = asks or bool(session.board.prompts)
    return Standing(
        busy=busy,
        asks=asks,
        paused=session is not None and session.debugging.state.phase == "stopped",
        idle_since=kernel.idle_since,
        pages=len(session.clients.all) if session is not None else 0,
        connections=len(kernel.readers.there),
    )


def _kernel(sessions: "Sessions", kernel: LiveKernel) -> Row:
    session = session_of(sessions, kernel)
    now = standing(session, kernel)
    row = Row(
        process=kernel.process,
        incarnation=kernel.incarnation,
        kind="kernel",
        name=session.board.kernel.display if session is not None else kernel.name,
        owner="stray",
        state="running",
        idle=now.may_stop,
        idle_since=None if now.busy else now.idle_since,
        pages=now.pages,
        connections=now.connections,
        joined=kernel.joined,
    )
    if session is not None:
        row.owner = "notebook" if session.path else "prompt"
        row.path, row.prompt = session.path, session.place.prompt
    else:
        row.owner, row.path = _unowned(kernel.label), kernel.label.path
    if now.paused:
        row.state = "paused"
    elif now.asks:
        row.state = "asking"
    elif kernel.execution_state in ("starting", "restarting"):
        row.state = "restarting" if kernel.execution_state == "restarting" else "starting"
    elif not now.busy:
        row.state = "idle"
    return row


def _unowned(label: Label) -> Owner:
    """A kernel that a Jupyter client started names no document."""
    return "client" if label.spec and not label.document else "stray"


def _other(info: ProcessInfo) -> Row:
    label = label_of(info)
    return Row(
        process=ProcessId(info.process),
        incarnation=Incarnation(info.incarnation),
        kind=info.kind,
        name=label.spec or info.kind,
        owner="stray",
        state="running" if info.busy else "starting" if info.state == "starting" else "idle",
        path=label.path,
    )


def _add_cost(sessions: "Sessions", row: Row) -> None:
    spent = sessions.kernels.costs.spent.get(row.incarnation)
    if spent is None:
        return
    row.memory, row.private, row.swap = spent.now.memory, spent.now.private, spent.now.swap
    row.cpu, row.processes, row.since = spent.cpu, spent.now.processes, spent.now.since
    row.memories, row.cpus = spent.memories, spent.cpus
