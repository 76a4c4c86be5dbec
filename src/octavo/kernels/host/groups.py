"""Control groups, version 2: one for each process, with its limits, where somebody lets us.

    delegated   the group that the host is in was given to us: it goes to a leaf of it, and so does each process
    scope       a service manager makes a scope for a process that has limits (over `busctl`)
    none        the host's own watch has to do (`watching`), and nothing bounds the processor

Which it is is decided once, by `decide`, which is pure; the reasons are told by `octavo doctor kernels`.
"""

import os
import subprocess
from typing import Final, Literal, NamedTuple

from octavo.kernels.host.memory import read

SYSTEMD: Final = "/run/systemd/system"
"""Is there where systemd is the service manager (sd_booted)."""
DELEGATED: Final = ("user.delegate", "trusted.delegate")
PERIOD: Final = 100_000
"""Microseconds in which a share of the processor is counted."""
HIGH: Final = 0.95
"""Share of the limit from which the system takes memory back before it kills."""
OWN: Final = "octavo-host"
PREFIX: Final = "octavo-"


class Limits(NamedTuple):
    """`memory`: bytes; `cpu`: processors. None: no limit."""

    memory: int | None = None
    cpu: float | None = None


class Surroundings(NamedTuple):
    """What is asked before deciding. `group`: the directory of the host's own group, empty where there is no version 2."""

    group: str
    controllers: frozenset[str]
    is_writable: bool
    is_delegated: bool
    others: int
    has_systemd: bool
    bus: str


class Plan(NamedTuple):
    """`why`: a word for what stands in the way of a better one."""

    kind: Literal["delegated", "scope", "none"]
    why: Literal["", "no-version-2", "no-memory", "not-delegated", "shared", "no-bus"]


def decide(found: Surroundings) -> Plan:
    why: Literal["", "no-version-2", "no-memory", "not-delegated", "shared", "no-bus"] = ""
    if not found.group:
        why = "no-version-2"
    elif "memory" not in found.controllers:
        why = "no-memory"
    elif not found.is_writable or (found.has_systemd and not found.is_delegated):
        why = "not-delegated"
    elif found.others:
        why = "shared"
    else:
        return Plan("delegated", "")
    if not found.has_systemd or why in ("no-version-2", "no-memory"):
        return Plan("none", why)
    return Plan("scope", why) if found.bus else Plan("none", "no-bus")


def look(ours: frozenset[int] = frozenset()) -> Surroundings:
    """`ours`: processes that may stand in the host's own group beside it."""
    group = own_group(read("/proc/self/cgroup"), read("/proc/self/mounts"))
    if group and not is_delegated(group) and is_delegated(os.path.dirname(group)):
        group = os.path.dirname(group)  # a unit with DelegateSubgroup=
    processes = {int(word) for word in read(f"{group}/cgroup.procs").split() if word.isdigit()} if group else set()
    return Surroundings(
        group=group,
        controllers=frozenset(read(f"{group}/cgroup.controllers").split()) if group else frozenset(),
        is_writable=bool(group)
        and all(os.access(f"{group}{name}", os.W_OK) for name in ("", "/cgroup.procs", "/cgroup.subtree_control")),
        is_delegated=bool(group) and is_delegated(group),
        others=len(processes - ours - {os.getpid()}),
        has_systemd=os.path.isdir(SYSTEMD),
        bus=_bus(),
    )


def own_group(membership: str, mounts: str) -> str:
    """The directory of the version 2 group that `membership` (/proc/self/cgroup) names; empty if there is none."""
    mounted = next((line.split()[1] for line in mounts.splitlines() if line.split()[2:3] == ["cgroup2"]), "")
    path = next((line[3:] for line in membership.splitlines() if line.startswith("0::")), "")
    return f"{mounted}{path.rstrip('/')}" if mounted and path else ""


def is_delegated(group: str) -> bool:
    """systemd marks a group that it leaves to us."""
    for name in DELEGATED:
        try:
            if os.getxattr(group, name) == b"1":
                return True
        except OSError:
            continue
    return False


def _bus() -> str:
    """How `busctl` reaches the manager that may make scopes for us."""
    if not any(os.access(f"{folder}/busctl", os.X_OK) for folder in ("/usr/bin", "/bin")):
        return ""
    user = os.geteuid()
    if user == 0:
        return "--system" if os.path.exists("/run/dbus/system_bus_socket") else ""
    return "--user" if os.path.exists(f"/run/user/{user}/bus") else ""


class Groups:
    """All groups of a host. `plan` is made when the first process comes: by then it is known who else is ours."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self._top = ""
        self._bus = ""

    def settle(self, ours: frozenset[int]) -> Plan:
        if self.plan is None:
            found = look(ours)
            self.plan, self._top, self._bus = decide(found), found.group, found.bus
            if self.plan.kind == "delegated" and not open_top(self._top):
                self.plan = Plan("none", "not-delegated")
        return self.plan

    def make(self, incarnation: str, limits: Limits) -> str:
        """A leaf for a process that is about to start: its directory; empty where there is none."""
        if self.plan is None or self.plan.kind != "delegated":
            return ""
        return make_leaf(self._top, f"{PREFIX}{incarnation}", limits)

    def scope(self, process: int, incarnation: str, limits: Limits) -> "subprocess.Popen[bytes] | None":
        """Ask the service manager to put a running process with limits into a scope. The caller waits for what this starts."""
        if self.plan is None or self.plan.kind != "scope" or limits == Limits():
            return None
        environment = {"PATH": os.defpath, "XDG_RUNTIME_DIR": f"/run/user/{os.geteuid()}"}
        call = scope_call(self._bus, process, incarnation, limits)
        null = subprocess.DEVNULL
        try:
            return subprocess.Popen(call, env=environment, stdin=null, stdout=null, stderr=null)
        except OSError:
            return None


def open_top(top: str) -> bool:
    """Give a delegated group leaves: what is in it goes to one of its own first, since a group with leaves holds no processes."""
    try:
        for name in os.listdir(top):
            if name.startswith(PREFIX):
                remove(f"{top}/{name}")  # what an earlier host left, if it is empty
        os.makedirs(f"{top}/{OWN}", exist_ok=True)
        for process in read(f"{top}/cgroup.procs").split():
            _write(f"{top}/{OWN}/cgroup.procs", process)
        available = read(f"{top}/cgroup.controllers").split()
        _write(f"{top}/cgroup.subtree_control", " ".join(f"+{name}" for name in ("memory", "cpu") if name in available))
    except OSError:
        return False
    return True


def make_leaf(top: str, name: str, limits: Limits) -> str:
    leaf = f"{top}/{name}"
    try:
        os.makedirs(leaf, exist_ok=True)
        for file, value in leaf_files(limits).items():
            if os.path.exists(f"{leaf}/{file}"):
                _write(f"{leaf}/{file}", value)
    except OSError:
        return ""
    return leaf


def leaf_files(limits: Limits) -> dict[str, str]:
    files = {}
    if limits.memory is not None:
        files["memory.max"] = str(limits.memory)
        files["memory.high"] = str(int(limits.memory * HIGH))
        files["memory.swap.max"] = "0"  # else a limit would only mean that the machine begins to swap
    if limits.cpu is not None:
        files["cpu.max"] = f"{int(limits.cpu * PERIOD)} {PERIOD}"
    return files


def scope_call(bus: str, process: int, incarnation: str, limits: Limits) -> list[str]:
    """The command line that has systemd make a scope with limits round a running process."""
    properties = [["PIDs", "au", "1", str(process)], ["CollectMode", "s", "inactive-or-failed"]]
    if limits.memory is not None:
        properties += [
            ["MemoryMax", "t", str(limits.memory)],
            ["MemoryHigh", "t", str(int(limits.memory * HIGH))],
            ["MemorySwapMax", "t", "0"],
        ]
    if limits.cpu is not None:
        properties.append(["CPUQuotaPerSecUSec", "t", str(int(limits.cpu * 1_000_000))])
    manager = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"]
    call = ["busctl", bus, "call", *manager, "StartTransientUnit", "ssa(sv)a(sa(sv))"]
    unit = [f"{PREFIX}{incarnation}.scope", "fail", str(len(properties))]
    return [*call, *unit, *[word for one in properties for word in one], "0"]


def enter(leaf: str, process: int) -> bool:
    """`process` 0: the one that calls."""
    try:
        _write(f"{leaf}/cgroup.procs", str(process))
    except OSError:
        return False
    return True


def holds(group: str, process: int, most: int) -> bool:
    """Is the process in the group, and does that have a limit of at most so many bytes?"""
    if not group or str(process) not in read(f"{group}/cgroup.procs").split():
        return False
    limit = read(f"{group}/memory.max").strip()
    return limit.isdigit() and int(limit) <= most


def remove(leaf: str) -> None:
    """Once all in it has ended; what is still ending keeps it a moment longer, and the next host removes it."""
    if leaf:
        try:
            os.rmdir(leaf)
        except OSError:
            return


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
