"""Which protections of kernels hold on this machine, in plain words; for `octavo doctor kernels`. Looks, and changes nothing."""

import os
from typing import Literal

import msgspec

from octavo.kernels.host import groups, memory
from octavo.settings import schema

GROUPS_WHY = {
    "no-version-2": "this system has no control groups of version 2",
    "no-memory": "control groups of version 2 do not count memory here",
    "not-delegated": "no control group was left to Octavo",
    "shared": "other programs are in the control group that Octavo is in",
    "no-bus": "no control group was left to Octavo, and no service manager can be asked for one",
}


class Protection(msgspec.Struct, frozen=True):
    """`state`: holds, partly, or missing. `matters`: a setting asks for it, so that missing it is an error."""

    name: str
    state: Literal["holds", "partly", "missing"]
    sentence: str
    matters: bool = False


def look(settings: schema.Kernels) -> list[Protection]:
    plan = groups.decide(groups.look())
    return [*limits(settings, plan), killer(), *program(settings), *secrets()]


def limits(settings: schema.Kernels, plan: groups.Plan) -> list[Protection]:
    why = GROUPS_WHY.get(plan.why, "")
    if plan.kind == "delegated":
        group = Protection(
            "control groups", "holds", "Each kernel gets a control group of its own, which holds its limits."
        )
    elif plan.kind == "scope":
        group = Protection("control groups", "holds", "A kernel with limits gets a scope of the service manager.")
    else:
        group = Protection("control groups", "missing", f"Kernels have none of their own: {why}.")
    held = plan.kind != "none"
    most = settings.memory_limit or "no limit is set"
    by = "the system holds it" if held else "the host looks and ends what passes it; a burst can pass it for a moment"
    memory_limit = Protection("memory limit", "holds" if held else "partly", f"kernels.memory_limit ({most}): {by}.")
    share = settings.cpu_limit or "no limit is set"
    by = "the system holds it" if held else "nothing holds it here"
    cpu_limit = Protection(
        "processor limit",
        "holds" if held else "missing",
        f"kernels.cpu_limit ({share}): {by}.",
        bool(settings.cpu_limit),
    )
    return [group, memory_limit, cpu_limit]


def killer() -> Protection:
    own = memory.read("/proc/self/oom_score_adj").strip()
    if own.lstrip("-").isdigit() and int(own) < 1000:
        return Protection("out of memory", "holds", "When memory runs out, kernels go before the server.")
    return Protection("out of memory", "missing", "When memory runs out, the server may go before kernels.", True)


def program(settings: schema.Kernels) -> list[Protection]:
    privileges = (
        Protection("privileges", "missing", "kernels.new_privileges lets kernels gain rights by programs such as sudo.")
        if settings.new_privileges
        else Protection("privileges", "holds", "Kernels cannot gain rights by programs such as sudo.")
    )
    return [
        privileges,
        Protection("core dumps", "holds", "A kernel that crashes leaves no core dump on the disk."),
        Protection("environment", "holds", "Kernels get no variables of Octavo's, and no descriptor of its host."),
        Protection("system calls", "missing", "No filter of system calls (seccomp) is put round kernels."),
    ]


def secrets() -> list[Protection]:
    if os.geteuid() == 0:
        sentence = "Octavo runs as root: a kernel can read and change all of this machine."
    else:
        sentence = "Kernels run as the server's own user: they can read its files, and end it."
    return [
        Protection("separate user", "missing", sentence),
        Protection(
            "host's memory", "holds", "Other programs of the same user cannot read what the kernel host has in memory."
        ),
    ]
