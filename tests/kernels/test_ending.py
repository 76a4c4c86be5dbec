"""What counts as a death for want of memory, and how sure that is."""

import signal

import pytest

from octavo.kernels.host.ending import Ending, evidence_of_memory

GIGABYTE = 1024**3


def end(**known: object) -> Ending:
    nothing: dict[str, object] = {
        "code": None, "signal": None, "reason": None, "said": "", "peak": 0, "limit": None, "machine": 16 * GIGABYTE,
        "group_killed": False, "system_killed": False,
    }  # fmt: skip
    return Ending(**{**nothing, **known})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "evidence"),
    [
        ({"signal": signal.SIGKILL, "reason": "memory"}, "watch"),
        ({"signal": signal.SIGKILL, "group_killed": True}, "group"),
        ({"signal": signal.SIGKILL, "system_killed": True}, "system"),
        ({"signal": signal.SIGKILL, "peak": 15 * GIGABYTE}, "size"),
        ({"signal": signal.SIGKILL, "peak": GIGABYTE, "limit": GIGABYTE}, "size"),
        ({"signal": signal.SIGABRT, "said": "terminate called after throwing an instance of 'std::bad_alloc'"}, "said"),
        ({"code": 1, "said": "Traceback\nMemoryError\n"}, "said"),
    ],
)
def test_memory_is_the_cause_where_something_says_so(known: dict[str, object], evidence: str) -> None:
    assert evidence_of_memory(end(**known)) == evidence


@pytest.mark.parametrize(
    "known",
    [
        {"signal": signal.SIGKILL, "peak": GIGABYTE},
        {"signal": signal.SIGSEGV, "system_killed": True},
        {"signal": signal.SIGKILL, "reason": "stopped", "system_killed": True, "group_killed": True},
        {"code": 0, "said": "MemoryError"},
        {"code": 1, "said": "MemoryError" + "\n.".ljust(5000, ".")},
        {"code": 3},
    ],
)
def test_memory_is_not_the_cause_where_nothing_or_something_else_says_so(known: dict[str, object]) -> None:
    assert evidence_of_memory(end(**known)) is None
