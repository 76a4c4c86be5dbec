"""What memory a process and its children take right now, and whether the system has killed something for want of it.

What is shown of costs is measured by `costs`, now and then; this is for whoever must not be late.
"""

import os
import time
from typing import Final

from octavo.kernels.host import costs

RECENT: Final = 6.0
"""Seconds for which a kill by the system may be what a process has just died of."""
GROUPS: Final = "/sys/fs/cgroup"


def read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def family(process: int) -> list[int]:
    """The process and all that it started and that still are its descendants."""
    found = [process]
    for one in found:
        try:
            threads = os.listdir(f"/proc/{one}/task")
        except OSError:
            continue
        for thread in threads:
            found += [int(child) for child in read(f"/proc/{one}/task/{thread}/children").split()]
    return found


def resident(processes: list[int]) -> int:
    """RSS in bytes of all together: quick to read, and too much where they share pages."""
    stats = [costs.read_stat(process) for process in processes]
    return sum(stat.resident for stat in stats if stat is not None)


def share(processes: list[int]) -> int:
    """PSS in bytes of all together: what they take, with a part of what they share. A walk over all their pages."""
    memories = [costs.read_memory(process) for process in processes]
    return sum(memory.share + memory.swap for memory in memories if memory is not None)


def counters(mine: str) -> list[tuple[str, str]]:
    """Files that count kills for want of memory, and the word before the number: the machine's, and of the groups around this process.

    `mine`: what /proc/self/cgroup says.
    """
    found = [("/proc/vmstat", "oom_kill")]
    for line in mine.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found += [(f"{top}{path.rstrip('/')}/memory.events", "oom_kill") for top in (GROUPS, f"{GROUPS}/unified")]
        elif "memory" in controllers.split(","):
            found.append((f"{GROUPS}/memory{path.rstrip('/')}/memory.oom_control", "oom_kill"))
    return [(file, word) for file, word in found if count(file, word) is not None]


def count(file: str, word: str) -> int | None:
    for line in read(file).splitlines():
        name, _, value = line.partition(" ")
        if name == word and value.strip().isdigit():
            return int(value)
    return None


class Witness:
    """Notices when the system kills for want of memory. It cannot tell whom: that is why what it says is only likely."""

    def __init__(self) -> None:
        self._counters = counters(read("/proc/self/cgroup"))
        self._counts: list[int] = []
        """Empty while nothing can be killed."""
        self._rose = float("-inf")

    def _read(self) -> list[int]:
        return [count(file, word) or 0 for file, word in self._counters]

    def look(self, is_needed: bool = True) -> None:
        """Call it every second or so, so that an old kill is not taken for a new one. `is_needed`: there is something that may be killed."""
        if not is_needed:
            self._counts = []
            return
        counts = self._read()
        if self._counts and counts != self._counts:
            self._rose = time.monotonic()
        self._counts = counts

    def has_seen(self) -> bool:
        """Has something been killed just now?"""
        self.look()
        return time.monotonic() - self._rose < RECENT
