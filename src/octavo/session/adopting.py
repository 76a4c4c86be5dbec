"""Kernels that the host has and the journal does not know (an older copy of it was put back): given to the notebook at their path.

What such a kernel put out meanwhile belongs to runs that nobody remembers; the notebook begins where the host's log does. One whose path leads to
no notebook, or to one that has a kernel, stays a stray: it stands on `/running`, where it can be stopped.
"""

import logging
from typing import TYPE_CHECKING

from octavo.errors import OctavoError
from octavo.journal import runs
from octavo.kernels.events import ProcessInfo
from octavo.session import state
from octavo.session.kernel import LiveKernel
from octavo.session.session import Session

if TYPE_CHECKING:
    from octavo.session.sessions import Sessions

log = logging.getLogger("octavo.session")


async def adopt(sessions: "Sessions") -> None:
    """Find each kernel without a session the one at its path."""
    try:
        listed = await sessions.kernels.listed()
    except OctavoError:
        return
    for kernel in list(sessions.kernels.live.values()):
        info, label = listed.get(kernel.incarnation), kernel.label
        if kernel.owner is not None or info is None or info.kind != "kernel" or not label.document or not label.path:
            continue
        try:
            await join(await sessions.open(label.path), kernel, info)
        except OctavoError as error:
            log.warning("the kernel of %s belongs to nobody: %s", label.path, error.message)


async def join(session: Session, kernel: LiveKernel, info: ProcessInfo) -> None:
    """Make the kernel this session's, unless it has one."""
    running, incarnation = session.running, kernel.incarnation
    async with session.lock:
        running.decide(state.Joined(kernel.process, incarnation))
        if running.state.incarnation != incarnation:
            return
        running.statements += runs.start(
            runs.ProcessRow(
                incarnation=incarnation,
                process=kernel.process,
                document=session.row.id,
                kernel=kernel.label.spec,
                state="ready" if info.state == "ready" else "wanted",
                made=session.shared.now(),
                applied=info.acked,
            )
        )
        running.kernel_name = kernel.label.spec or running.kernel_name
        kernel.joined = kernel.followed = True
        running.attach(kernel, incarnation, info.acked)
        running.commit()
    log.info("the kernel of %s was joined by its path", session.path)
