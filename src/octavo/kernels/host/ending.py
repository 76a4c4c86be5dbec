"""Why a process ended for want of memory, as far as it can be known. Pure.

group     its own control group counted the kill: certain
watch     the host ended it at its limit: certain
system    it was killed, and the system killed something for want of memory just then: likely
said      it ended by itself, and its last words say that there was no memory: likely
size      it was killed by nobody we know, at its limit or nearly all of the machine: likely
"""

import re
import signal
from typing import Final, Literal, NamedTuple

Evidence = Literal["group", "watch", "system", "said", "size"]

SAID: Final = re.compile(r"\bMemoryError\b|std::bad_alloc|[Cc]annot allocate memory|[Oo]ut of memory|ENOMEM")
LAST_LINES: Final = 2000
"""Characters at the end of what it said that count as its last words."""
NEARLY: Final = 0.9


class Ending(NamedTuple):
    """What is known of an end. `peak`: bytes that it had at most; `limit`: that it was allowed, None: no limit."""

    code: int | None
    signal: int | None
    reason: str | None
    said: str
    peak: int
    limit: int | None
    machine: int
    group_killed: bool
    system_killed: bool


def evidence_of_memory(end: Ending) -> Evidence | None:
    """What speaks for memory as the cause, the strongest first; None if nothing does."""
    if end.reason == "memory":
        return "watch"
    if end.reason is not None:
        return None
    if end.group_killed:
        return "group"
    if end.signal == signal.SIGKILL:
        if end.system_killed:
            return "system"
        ceiling = min(end.limit or end.machine, end.machine)
        if ceiling and end.peak >= NEARLY * ceiling:
            return "size"
    ended_badly = end.signal == signal.SIGABRT or (end.code is not None and end.code != 0)
    if ended_badly and SAID.search(end.said[-LAST_LINES:]):
        return "said"
    return None
