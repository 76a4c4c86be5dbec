"""What memory a process and its children take, and whether the system has killed something for want of it. Reads /proc alone.

RSS is quick to read and counts shared pages for every process that shares them; PSS is the honest one, and costs a walk over all pages.
"""

import os
import time
from typing import Final

PAGE: Final = os.sysconf("SC_PAGE_SIZE")
RECENT: Final = 6.0
"""Seconds for which a kill by the system may be what a process has just died of."""
GROUPS: Final = "/sys/fs/cgroup"


def read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def resident(process: int) -> int:
    """RSS in bytes; 0 where the process has ended."""
    fields = read(f"/proc/{process}/statm").split()
    return int(fields[1]) * PAGE if len(fields) > 1 else 0


def proportional(process: int) -> int:
    """PSS in bytes, RSS where it cannot be read."""
    for line in read(f"/proc/{process}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return resident(process)


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


def machine() -> int:
    """Bytes of memory that the machine has."""
    for line in read("/proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return 0


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
