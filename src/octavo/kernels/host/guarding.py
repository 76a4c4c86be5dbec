"""What is made ready around a process before its program runs (the order counts):

    session and group of its own · control group · score for the out-of-memory killer · no core dumps · no new privileges · end with the host

For a plain start the child does it between fork and exec (`before_exec`); for a fork of a warm image the host does it while the fork waits at
its gate (`prepare`), and the fork itself what nobody can do for it (`image/child.py`). A step that the system does not allow is left out:
`octavo doctor kernels` says which.
"""

import ctypes
import resource
import subprocess
from typing import Final

from octavo.kernels.host import groups, memory
from octavo.kernels.host.groups import Groups, Limits
from octavo.kernels.host.memory import read

LIBC: Final = ctypes.CDLL(None, use_errno=True)
PR_SET_DUMPABLE: Final = 4
PR_SET_NO_NEW_PRIVS: Final = 38
OOM_SCORE: Final = 500
"""When memory runs out a process is to go, not the host or the web process."""
OOM_STEP: Final = 100
"""So much over the host, where that has a high score itself."""


class Guard:
    """Of one process. `spec`: its limits and whether it may gain privileges, checked by the caller."""

    def __init__(self, incarnation: str, spec: dict[str, object], own: Groups) -> None:
        most, share = spec.get("memory"), spec.get("cpu")
        self.limits = Limits(
            int(most) if isinstance(most, int | float) else None,
            float(share) if isinstance(share, int | float) else None,
        )
        self.new_privileges = bool(spec.get("new_privileges"))
        self.leaf = ""
        self._incarnation = incarnation
        self._groups = own
        self._group = ""  # where it is while it lives: to be asked once it has ended

    def make(self) -> None:
        """Once it is sure to be started."""
        self.leaf = self._group = self._groups.make(self._incarnation, self.limits)

    def before_exec(self) -> None:
        """Between fork and exec: nothing here may raise, and little may be called."""
        be_dumpable()
        if self.leaf:
            groups.enter(self.leaf, 0)
        _put("/proc/self/oom_score_adj", str(oom_score()))
        _no_core(0)
        if not self.new_privileges:
            LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    def prepare(self, process: int) -> None:
        """Of a fork, or once more of a process that runs."""
        if self.leaf:
            groups.enter(self.leaf, process)
        _put(f"/proc/{process}/oom_score_adj", str(oom_score()))
        _no_core(process)

    def was_killed_by_group(self) -> bool:
        """Did its own control group count a kill for want of memory?"""
        return bool(self._group) and bool(memory.count(f"{self._group}/memory.events", "oom_kill"))

    def peak(self) -> int:
        """Bytes, as its control group counted; 0 if none did."""
        text = read(f"{self._group}/memory.peak") if self._group else ""
        return int(text) if text.strip().isdigit() else 0

    def is_enforced(self, process: int) -> bool:
        """Does the system itself see to the limit of memory? Asked of the group as it is: a limit may not have been taken, nor the process."""
        return self.limits.memory is not None and groups.holds(self._group, process, self.limits.memory)

    def scope(self, process: int) -> "subprocess.Popen[bytes] | None":
        """Ask for a scope, if that is how it is done here."""
        return self._groups.scope(process, self._incarnation, self.limits)

    def found_group(self, process: int) -> None:
        """It may be in a scope by now."""
        group = groups.own_group(read(f"/proc/{process}/cgroup"), read("/proc/self/mounts"))
        if group.endswith(f"{groups.PREFIX}{self._incarnation}.scope"):
            self._group = group

    def end(self) -> None:
        groups.remove(self.leaf)


def oom_score() -> int:
    own = read("/proc/self/oom_score_adj").strip()
    least = int(own) + OOM_STEP if own.lstrip("-").isdigit() else OOM_SCORE
    return min(1000, max(OOM_SCORE, least))


def be_dumpable() -> None:
    """The host is not, and as long as its child is not, the child's files in /proc are root's."""
    LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def be_not_dumpable() -> None:
    """Nobody else of the same user can read this process's memory, environment or descriptors; what it starts can be looked at again."""
    LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _no_core(process: int) -> None:
    """A core dump of a kernel would fill a small disk."""
    try:
        hard = resource.prlimit(process, resource.RLIMIT_CORE)[1]
        resource.prlimit(process, resource.RLIMIT_CORE, (0, hard))
    except (OSError, ValueError):
        return


def _put(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        return  # a container may forbid it, and the process may have ended
