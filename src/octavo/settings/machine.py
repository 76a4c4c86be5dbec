"""What the machine has, read once at the start: memory that this process may use. Linux alone."""

import ctypes
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
LARGE_BLOCK = 1 << 20
PR_SET_DUMPABLE = 4
M_MMAP_THRESHOLD = -3


def memory_limit(*, proc: Path = Path("/proc"), cgroups: Path = CGROUPS) -> int:
    """Bytes: the machine's memory, or the smallest limit of the control groups around this process."""
    limits = [machine_memory(proc)]
    for line in read(proc / "self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:  # version 2
            top, name = cgroups, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = cgroups / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = top / path.lstrip("/")
        # In a container the path is often that of the outside; then only the top is there to be seen.
        for directory in (group, *group.parents):
            text = read(directory / name).strip()
            if text.isdigit():
                limits.append(int(text))
            if directory == top:
                break
    return min(limits)


def machine_memory(proc: Path) -> int:
    for line in read(proc / "meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return 1 << 40


def read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def return_large_blocks() -> None:
    """Let freed blocks over 1 MB go back to the system at once.

    glibc raises its threshold to the largest block freed so far: the 19 MB of one password check would stay for ever, once a thread.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none, and no such habit
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def be_not_dumpable() -> None:
    """Other processes of this user, kernels too, cannot read this one's memory or descriptors; what it starts is as any other."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
