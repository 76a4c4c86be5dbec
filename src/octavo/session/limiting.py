"""The limits that a notebook's kernel starts with: the notebook's own where it has any, else the profile's."""

from typing import TYPE_CHECKING

from octavo.errors import Invalid
from octavo.journal import limits as journal
from octavo.journal.limits import LimitsRow
from octavo.session import messages
from octavo.settings import limits

if TYPE_CHECKING:
    from octavo.session.session import Session

NONE = "none"
"""For a notebook that has no limit though the profile has one."""


async def of(session: "Session") -> tuple[int | None, float | None]:
    """Bytes and processors for the next start; None: no limit."""
    own = await session.journal.read(lambda db: journal.of(db, session.row.id))
    settings = session.shared.settings.kernels
    return (
        limits.memory(_chosen(own.memory, settings.memory_limit)),
        limits.cpu(_chosen(own.cpu, settings.cpu_limit)),
    )


def _chosen(own: str, general: str) -> str:
    return "" if own == NONE else own or general


async def carry_out(session: "Session", message: messages.KernelLimits) -> messages.Limits:
    """Take what the command gives (None: leave it), and say what holds from the next start on."""
    own = await session.journal.read(lambda db: journal.of(db, session.row.id))
    wanted = LimitsRow(
        own.memory if message.memory is None else checked(message.memory, memory=True),
        own.cpu if message.cpu is None else checked(message.cpu, memory=False),
    )
    if wanted != own:
        await session.journal.put([journal.put(session.row.id, wanted)]).kept()
    settings = session.shared.settings.kernels
    return messages.Limits(
        memory=wanted.memory, cpu=wanted.cpu, general_memory=settings.memory_limit, general_cpu=settings.cpu_limit
    )


def checked(text: str, *, memory: bool) -> str:
    """As it is kept; raises `Invalid` that says what is wanted."""
    text = text.strip()
    if text.lower() == NONE:
        return NONE
    try:
        limits.memory(text) if memory else limits.cpu(text)
    except ValueError as problem:
        wanted = limits.MEMORY_WANTED if memory else limits.CPU_WANTED
        raise Invalid(f"{problem}.", hint=f"It takes {wanted}, or none.") from problem
    return text
