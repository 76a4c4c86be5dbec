"""What a process's end says of memory: asked of the process, its group and the system, judged by `ending`."""

from octavo.kernels.host import costs, ending
from octavo.kernels.host.memory import Witness
from octavo.kernels.host.process import Process


def of_memory(
    process: Process, witness: Witness, *, code: int | None, signal: int | None, reason: str | None
) -> dict[str, object]:
    """Fields of `exited`: whether memory was the cause and by what that is known, its peak, its limit."""
    end = ending.Ending(
        code=code,
        signal=signal,
        reason=reason,
        said=process.tail(),
        peak=process.peak,
        limit=process.guard.limits.memory,
        machine=costs.read_machine().total,
        group_killed=process.guard.was_killed_by_group(),
        system_killed=witness.has_seen(),
    )
    return {"oom": ending.evidence_of_memory(end), "peak": end.peak or None, "limit": end.limit}
