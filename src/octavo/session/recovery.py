"""After a start of the web process: go on from what the journal holds and the host still has."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from octavo.errors import HostUnavailable
from octavo.ids import CellId, CommandId, Incarnation
from octavo.journal import runs
from octavo.session import causes, commands, records, state
from octavo.session.culling import IDLE

if TYPE_CHECKING:
    from octavo.session.session import Session


async def recover(session: "Session") -> None:
    """Results, queue, prompts, and the kernel if the host still has it."""
    running, now = session.running, session.shared.now()
    found = await session.load_results()
    queue = sorted((row for row in found.runs if row.state in ("queued", "running")), key=lambda row: row.place)
    running.places = max((row.place for row in queue), default=0)
    for row in queue:
        running.known_runs.add(row.id)
        running.commands[row.id] = CommandId(row.command)
    for old in found.processes[1:]:  # what it restarted from; its runs were accounted for then
        running.statements += runs.end(old.incarnation, "restarted", now)
    newest = found.processes[0] if found.processes else None
    standing = await _standing(session, newest)
    _know_requests(session, newest, queue)
    running.state, effects = state.recover(_recovered(session, newest, standing, queue), now)
    if newest is None:
        await _remember_culling(session)
    if newest is not None and standing == "alive":
        await _reattach(session, newest, found.prompts)
    elif newest is not None and standing == "ended":
        running.statements += runs.end(newest.incarnation, "host", now)
    for effect in effects:
        if isinstance(effect, state.StartKernel | state.RestartKernel | state.Submit):
            running.todo.append(effect)  # it was journaled before the crash
        else:
            running.take_effects([effect])
    await session.debugging.recover()
    running.commit()
    running.show_queue()
    session.show_kernel()


async def _remember_culling(session: "Session") -> None:
    """That its kernel was stopped while nobody looked is said to who comes later."""
    why = await session.journal.read(lambda db: runs.last_end(db, session.row.id))
    if causes.word(why) == IDLE:
        session.running.state = replace(session.running.state, phase="dead", why=why)


def _is_tolerant(session: "Session", cell: CellId) -> bool:
    document = session.edits.document
    return cell in document and commands.is_tolerant(document.cell(cell))


def _recovered(
    session: "Session",
    newest: runs.ProcessRow | None,
    standing: Literal["asked", "alive", "ended"],
    queue: Sequence[runs.RunRow],
) -> state.Recovered:
    found = [records.run_of(row, tolerant=_is_tolerant(session, row.cell)) for row in queue]
    return state.Recovered(
        process=newest.process if newest else None,
        incarnation=newest.incarnation if newest else None,
        old=Incarnation(newest.spec.decode()) if newest is not None and newest.spec else None,
        standing=standing,
        running=next((run for run in found if run.state == "running"), None),
        waiting=tuple(run for run in found if run.state == "queued"),
    )


async def _standing(session: "Session", row: runs.ProcessRow | None) -> Literal["asked", "alive", "ended"]:
    """An ended incarnation whose log the host still holds counts as alive: its `exited` comes."""
    if row is None:
        return "ended"
    try:
        listed = await session.shared.kernels.listed()
    except HostUnavailable:
        return "ended"
    if row.incarnation in listed:
        return "alive"
    return "asked" if row.state == "wanted" and row.applied == 0 else "ended"


def _know_requests(session: "Session", newest: runs.ProcessRow | None, queue: Sequence[runs.RunRow]) -> None:
    """Late output of the incarnation still finds its cell."""
    requests = session.running.requests
    for shown in session.board.cells.values():
        run = shown.run
        if newest is not None and run is not None and run.request is not None and run.incarnation == newest.incarnation:
            requests[run.request] = (run.id, run.cell)
    for row in queue:
        if row.state == "running" and row.request is not None:
            requests[row.request] = (row.id, row.cell)


async def _reattach(session: "Session", row: runs.ProcessRow, prompts: Sequence[runs.PromptRow]) -> None:
    live = await session.shared.kernels.known(row.process, row.incarnation, row.kernel)
    live.info = live.info or (msgspec.json.decode(row.info, type=dict[str, Any] | None) if row.info else None)
    session.running.kernel_name = row.kernel or session.running.kernel_name
    session.running.attach(live, row.incarnation, row.applied)
    for prompt in prompts:
        if prompt.incarnation == row.incarnation and not prompt.answered:
            session.prompts.restore(prompt)
