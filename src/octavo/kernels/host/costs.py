"""What process trees cost: their memory, their processor time; and how much memory the machine has left.

Measured when somebody asks, never otherwise. One pass over /proc finds who belongs to whom: a process belongs to the root whose session it is
in, or whose descendant it is or was. Memory is the proportional share (PSS: pages that n processes share count as a n-th in each, so that the
parts add up and a warm image's pages are counted once); it is read again when a process has grown or shrunk, or after a while, and in between
follows the resident size. However large the processes are, measuring takes at most a hundredth of one processor: whoever asks sooner gets the
last answer again.
"""

import os
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

PAGE: Final = os.sysconf("SC_PAGE_SIZE")
TICK: Final = os.sysconf("SC_CLK_TCK")
SHARE: Final = 100
"""One measurement in so many times what it took."""
LEAST: Final = 0.5
"""Seconds between two measurements at least."""
READ_AGAIN: Final = 10.0
"""Seconds after which memory is read anew though the resident size stayed: pages that a fork copies do not show in it."""
GROWN: Final = 1024 * 1024
NO_LIMIT: Final = 1 << 60
CGROUPS: Final = "/sys/fs/cgroup"


class Stat(NamedTuple):
    """What one line of /proc/PID/stat says. `cpu`: seconds, with those of its children that it has waited for."""

    parent: int
    session: int
    cpu: float
    start: int
    resident: int


class Memory(NamedTuple):
    """Bytes. `private`: what ending this process alone gives back."""

    share: int
    private: int
    swap: int


class Known(NamedTuple):
    """What was read of a process, when, at which resident size, and how long that took."""

    start: int
    root: str
    memory: Memory
    resident: int
    at: float
    took: float


class Machine(NamedTuple):
    """Bytes. Where a control group has a tighter limit than the machine, these are the group's."""

    total: int
    available: int
    swap: int
    swap_free: int
    limited: bool


def read_stat(process: int | str) -> Stat | None:
    data = _read(f"/proc/{process}/stat", 1024)
    fields = data[data.rfind(b")") + 2 :].split(None, 22)
    if len(fields) < 22:
        return None
    return Stat(
        parent=int(fields[1]),
        session=int(fields[3]),
        cpu=sum(map(int, fields[11:15])) / TICK,
        start=int(fields[19]),
        resident=int(fields[21]) * PAGE,
    )


def read_memory(process: int | str) -> Memory | None:
    """None: it has ended. Where the system does not say its share (another user's process), all that it does not share with a file."""
    sizes = dict(_sizes(_read(f"/proc/{process}/smaps_rollup", 4096)))
    if "Pss" in sizes:
        private = sizes.get("Private_Clean", 0) + sizes.get("Private_Dirty", 0)
        return Memory(sizes["Pss"], private, sizes.get("SwapPss", 0))
    pages = _read(f"/proc/{process}/statm", 256).split()
    if len(pages) < 3:
        return None
    own = (int(pages[1]) - int(pages[2])) * PAGE
    return Memory(own, own, 0)


def read_machine() -> Machine:
    sizes = dict(_sizes(_read("/proc/meminfo", 8192)))
    total, available = sizes.get("MemTotal", 0), sizes.get("MemAvailable", 0)
    limited = False
    for limit, left in _limits(_read("/proc/self/cgroup", 8192).decode("utf-8", "replace")):
        if limit < total:
            total, limited = limit, True
        available = min(available, left)
    return Machine(total, max(0, available), sizes.get("SwapTotal", 0), sizes.get("SwapFree", 0), limited)


def _limits(membership: str) -> list[tuple[int, int]]:
    """Of each control group that limits this process's memory: the limit, and what is left of it (its cached files can be given back)."""
    found = []
    for line in membership.splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "memory":
            root, limit, used, cached = (
                f"{CGROUPS}/memory",
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file",
            )
        elif not controllers:
            root, limit, used, cached = CGROUPS, "memory.max", "memory.current", "inactive_file"
        else:
            continue
        for folder in _folders(root, path):
            most = _number(_read(f"{folder}/{limit}", 64))
            if most is None or most >= NO_LIMIT:
                continue
            rest = most - (_number(_read(f"{folder}/{used}", 64)) or 0)
            for name, value in _pairs(_read(f"{folder}/memory.stat", 16384)):
                if name == cached:
                    rest += value
            found.append((most, rest))
    return found


def _folders(root: str, path: str) -> list[str]:
    """From a group up to the root; in a container its own group is often mounted as the root."""
    parts = [part for part in path.split("/") if part and part != ".."]
    return ["/".join([root, *parts[:length]]) for length in range(len(parts), -1, -1)]


class Meter:
    """`measure` is asked again and again; what it must remember in between is here."""

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}
        self._cpu: dict[str, tuple[float, float]] = {}  # by root: the last sum, and what ended without being in it
        self._last: dict[str, object] = {}
        self._not_before = 0.0

    def measure(self, roots: Mapping[str, int]) -> dict[str, object]:
        """`trees`: by the name of each root what it and all below it cost; `own`: what this process does; `machine`; and `at`, seconds since 1970."""
        began, clock = time.process_time(), time.monotonic()
        if clock < self._not_before and self._last:
            return self._last
        stats = _all_stats()
        members = self._members(stats, roots)
        booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        trees: dict[str, object] = {}
        for name, process in roots.items():
            if process in stats:
                trees[name] = self._tree(name, members[name], stats, booted + stats[process].start / TICK, clock)
        self._known = {
            process: known for process, known in self._known.items() if process in stats and known.root in trees
        }
        self._cpu = {name: cpu for name, cpu in self._cpu.items() if name in trees}
        own, stat = read_memory("self"), stats.get(os.getpid())
        self._last = {
            "at": time.time(),
            "trees": trees,
            "own": {"memory": own.share if own else 0, "cpu": stat.cpu if stat else 0.0},
            "machine": read_machine()._asdict(),
        }
        self._not_before = clock + max(LEAST, SHARE * (time.process_time() - began))
        return self._last

    def _members(self, stats: dict[int, Stat], roots: Mapping[str, int]) -> dict[str, list[int]]:
        names = {process: name for name, process in roots.items()}
        members: dict[str, list[int]] = {name: [] for name in roots}
        for process, stat in stats.items():
            name = self._root_of(process, stat, stats, names)
            if name is not None:
                members[name].append(process)
        return members

    def _root_of(self, process: int, stat: Stat, stats: dict[int, Stat], names: Mapping[int, str]) -> str | None:
        if process in names:
            return names[process]
        if stat.session in names:
            return names[stat.session]
        known = self._known.get(process)
        if known is not None and known.start == stat.start:  # its parents may have ended meanwhile
            return known.root if known.root in names.values() else None
        above, steps = stat.parent, 0
        while above > 1 and above in stats and steps < 64:
            if above in names:
                return names[above]
            above, steps = stats[above].parent, steps + 1
        return None

    def _tree(
        self, name: str, members: list[int], stats: dict[int, Stat], since: float, clock: float
    ) -> dict[str, object]:
        share = private = swap = 0
        cpu = 0.0
        for process in members:
            memory = self._memory(process, stats[process], name, clock)
            share, private, swap = share + memory.share, private + memory.private, swap + memory.swap
            cpu += stats[process].cpu
        last, gone = self._cpu.get(name, (0.0, 0.0))
        if cpu < last:  # one of them ended, and none of the others had waited for it
            gone += last - cpu
        self._cpu[name] = (cpu, gone)
        return {
            "memory": share, "private": private, "swap": swap,
            "cpu": round(cpu + gone, 2), "processes": len(members), "since": round(since, 2),
        }  # fmt: skip

    def _memory(self, process: int, stat: Stat, root: str, clock: float) -> Memory:
        known = self._known.get(process)
        if known is not None and known.start == stat.start:
            grown, age = stat.resident - known.resident, clock - known.at
            is_other = abs(grown) > max(GROWN, known.memory.share // 50) or age > READ_AGAIN
            if not is_other or age < 2 * SHARE * known.took:
                share, private, swap = known.memory
                return Memory(max(0, share + grown), max(0, private + grown), swap)
        began = time.process_time()
        memory = read_memory(process) or Memory(0, 0, 0)
        self._known[process] = Known(stat.start, root, memory, stat.resident, clock, time.process_time() - began)
        return memory


def _all_stats() -> dict[int, Stat]:
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = read_stat(name)
            if stat is not None:
                found[int(name)] = stat
    return found


def _read(path: str, most: int) -> bytes:
    """The file's first bytes; empty where it cannot be read, or its process has ended."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, most)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _sizes(data: bytes) -> list[tuple[str, int]]:
    """Lines like `Pss:  300 kB`, in bytes."""
    lines = (line.split() for line in data.splitlines())
    return [(words[0][:-1].decode(), int(words[1]) * 1024) for words in lines if len(words) == 3 and words[2] == b"kB"]


def _pairs(data: bytes) -> list[tuple[str, int]]:
    lines = (line.split() for line in data.splitlines())
    return [(words[0].decode(), int(words[1])) for words in lines if len(words) == 2 and words[1].isdigit()]


def _number(data: bytes) -> int | None:
    text = data.strip()
    return int(text) if text.isdigit() else None
