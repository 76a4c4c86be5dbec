"""Whose death the host waits for. It is the parent of what its images fork, and so of everything that its kernels leave behind.

Whoever started a process keeps its id in `known` and waits for it; what is nobody's is reaped here.
"""

import ctypes
import os
from typing import Final

PR_SET_CHILD_SUBREAPER: Final = 36


class Children:
    """One per host."""

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.expected = 0
        """Forks whose ids are not known yet: until they are, nobody's child may be one of them."""
        self._is_reaper = False

    def adopt_orphans(self) -> bool:
        """From now on be the parent of every descendant whose own parent ends. False where the system does not do that."""
        if not self._is_reaper:
            self._is_reaper = ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        return self._is_reaper

    def forget(self, process: int) -> None:
        """It has been waited for."""
        self.known.discard(process)
        self.reap()

    def reap(self) -> None:
        """Wait for the ended that are nobody's. One that is somebody's is waited for by its owner, who then calls `forget`."""
        while self._is_reaper and not self.expected:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in self.known:
                return
            os.waitpid(ended.si_pid, os.WNOHANG)
