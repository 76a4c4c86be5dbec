"""Commands of a page, carried out: each is answered to that page alone, and its effect is seen by all."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from octavo.document.schema import CellText
from octavo.errors import Invalid, NotFound, OctavoError
from octavo.ids import CellId, CommandId, RunId
from octavo.journal import history
from octavo.notebook.model import source_hash
from octavo.session import installing, limiting, messages, state
from octavo.session.client import Client

if TYPE_CHECKING:
    from octavo.session.session import Session


async def command(session: "Session", client: Client, message: messages.FromPage) -> None:
    """Carry out a page's command; its answer goes to that page alone, its effect to all."""
    if isinstance(message, messages.Look):
        session.look(client, message.visible)
        return
    if client.gap:  # what it wants to run has not wholly come
        client.held.append(message)
        return
    try:
        if isinstance(message, installing.Command):
            await session.installing.command(client, message)
        elif isinstance(message, messages.DebugCommand):
            await _debug(session, client, message)
        else:
            await _carry_out(session, client, message)
    except OctavoError as error:
        client.tell(
            messages.Failed(
                id=getattr(message, "id", ""), code=error.code, message=error.message, hint=error.hint or ""
            )
        )
    if not isinstance(message, messages.RunCells):  # whose pages are told once the kernel has it
        session.clients.wake()


async def _carry_out(session: "Session", client: Client, message: messages.FromPage) -> None:
    now = session.shared.now()
    match message:
        case messages.RunCells():
            async with session.lock:
                _run_cells(session, client, message)
        case messages.Drop(id=command, runs=which):
            chosen = None if which is None else frozenset(map(RunId, which))
            async with session.lock:
                before = len(session.running.state.waiting)
                session.running.decide(state.DropAsked(chosen, now))
                _done(session, client, command, dropped=before - len(session.running.state.waiting))
        case messages.Interrupt(id=command):
            before = len(session.running.state.waiting)
            await session.running.interrupt()
            client.tell(messages.Done(id=command, dropped=before - len(session.running.state.waiting)))
        case messages.Restart(id=command, run=cells):
            async with session.lock:
                session.running.restart_and_run(CommandId(command), cells)
                _done(session, client, command)
        case messages.Shutdown(id=command) | messages.StopHost(id=command):
            everything = isinstance(message, messages.StopHost)
            await (session.shared.kernels.stop_host() if everything else session.running.stop_kernel())
            client.tell(messages.Done(id=command))
        case messages.ChooseKernel() | messages.ListKernels() | messages.KernelLimits():
            await _choose(session, client, message)
        case messages.Answer():
            await session.prompts.answer(message)
            client.tell(messages.Done(id=message.id))
        case messages.Clear(id=command, cells=which):
            await session.clear(CommandId(command), which)
            client.tell(messages.Done(id=command))
        case messages.Unclear(id=command, cleared=cleared):
            await session.unclear(CommandId(cleared))
            client.tell(messages.Done(id=command))
        case messages.Complete() | messages.Inspect() | messages.IsComplete():
            await session.helping.ask(client, message)
        case messages.Save(id=command):
            if session.filing is not None:
                await session.filing.save(checkpoint=True)
            client.tell(messages.Done(id=command))
        case messages.File():
            if session.filing is not None:
                await session.filing.resolve(message.action, message.path)
            client.tell(messages.Done(id=message.id))
        case messages.Hello():
            raise Invalid("A second hello.")


async def _debug(session: "Session", client: Client, message: messages.DebugCommand) -> None:
    async with session.lock:
        if isinstance(message, messages.DebugCell):
            session.debugging.debug_cell(message)
            _run_cells(session, client, messages.RunCells(id=message.id, cells=[message.cell], edit=message.edit))
        else:
            session.debugging.command(client, message)


async def _choose(
    session: "Session", client: Client, message: messages.ChooseKernel | messages.ListKernels | messages.KernelLimits
) -> None:
    choices = limits = None
    if isinstance(message, messages.KernelLimits):
        limits = await limiting.carry_out(session, message)
    elif isinstance(message, messages.ListKernels):
        choices = await session.running.list_kernels()
    else:
        await session.running.choose_kernel(message.name, start=message.start)
    client.tell(messages.Done(id=message.id, kernels=choices, limits=limits))


def _done(session: "Session", client: Client, command: str, *, dropped: int = 0) -> None:
    """Say that a command was carried out, once its rows are kept."""
    receipt = session.running.commit() or session.journal.put(())
    done = messages.Done(id=command, dropped=dropped)
    receipt.on_kept(lambda: session.running.afterwards(lambda: client.tell(done)))


def _run_cells(session: "Session", client: Client, message: messages.RunCells) -> None:
    if message.edit > client.edits.last:
        raise Invalid(f"This names edit {message.edit}; only {client.edits.last} have come.")
    if message.code is not None and len(message.cells) != 1:
        raise Invalid("A selection belongs to one cell.")
    wanted = runs_of(session, CommandId(message.id), message.cells, message.code)
    fresh = [run for run in wanted if run.id not in session.running.known_runs]
    session.running.ask(CommandId(message.id), fresh)
    if session.place.prompt:
        for run in fresh:
            number = session.journal.number()
            session.journal.put(history.add(session.language(), number, run.code, run.queued))
    _done(session, client, message.id)


def runs_of(session: "Session", command: CommandId, cells: Sequence[str], code: str | None = None) -> list[state.Run]:
    """Runs of those of these cells that are there and hold code."""
    made = []
    for n, name in enumerate(cells):
        try:
            cell = session.edits.document.cell(CellId(name))
        except NotFound:
            continue
        if cell.type != "code" or cell.deleted is not None:
            continue
        made.append(
            state.Run(
                id=RunId(command if len(cells) == 1 else f"{command}/{n}"),
                cell=cell.id,
                code=cell.source if code is None else code,
                hash=source_hash(cell.source),
                tolerant=is_tolerant(cell),
                queued=session.shared.now(),
            )
        )
    return made


def is_tolerant(cell: CellText) -> bool:
    """Is the cell tagged as one whose failure stops nothing?"""
    tags = cell.metadata.get("tags")
    return isinstance(tags, list) and "raises-exception" in tags
