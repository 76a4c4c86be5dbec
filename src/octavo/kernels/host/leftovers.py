"""Ends what processes of ours left behind, wherever it went: it still has OCTAVO_PROCESS in its environment.

A process group is not enough: what calls setsid leaves it. Only a child with an emptied environment escapes both.
"""

import os
import select
import signal
import time

from octavo.kernels.host import protocol


def find(run_directory: str, incarnation: str | None = None) -> list[int]:
    """Processes that this run directory's hosts started (for `incarnation` alone, if given). Never this process."""
    mark = f"{protocol.PROCESS_VARIABLE}={run_directory}:{incarnation or ''}".encode()
    whole = incarnation is not None
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                environment = file.read()
        except OSError:
            continue  # it ended meanwhile, or is not ours to look at
        if _has(environment, mark, whole):
            found.append(int(name))
    return found


def _has(environment: bytes, mark: bytes, whole: bool) -> bool:
    if mark not in environment:  # the usual case, without taking it apart
        return False
    return any(entry == mark if whole else entry.startswith(mark) for entry in environment.split(b"\0"))


def end(run_directory: str, incarnation: str | None = None, *, wait: float = 0) -> int:
    """Kill them, again until none is found (one may be forking right now). With `wait`, until they are gone. How many."""
    ended = 0
    deadline = time.monotonic() + wait
    for _ in range(20):
        found = find(run_directory, incarnation)
        if not found:
            break
        for process in found:
            ended += 1
            _kill(process, max(0.0, deadline - time.monotonic()))
    return ended


def _kill(process: int, wait: float) -> None:
    try:
        descriptor = os.pidfd_open(process)
    except OSError:
        return
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        if wait:
            select.select([descriptor], [], [], wait)
    except OSError:
        return
    finally:
        os.close(descriptor)
