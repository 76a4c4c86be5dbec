"""Ends everything that a test's server left, when the test ends or is killed: `python sweep.py HOME` waits for the end of its stdin.

What belongs to a home is known by its environment: OCTAVO_HOME beneath it (the web process), OCTAVO_PROCESS beneath it (kernels), or by its
command line (the kernel host, which has neither).
"""

import os
import signal
import sys
import time


def belongs(pid: str, home: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            environment = file.read().split(b"\0")
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read().split(b"\0")
    except OSError:
        return False
    ours = any(entry.startswith((b"OCTAVO_HOME=" + home, b"OCTAVO_PROCESS=" + home)) for entry in environment)
    return ours or any(part.startswith(home) for part in command if part.endswith(b"/run"))


def sweep(home: str) -> int:
    """How many there were."""
    found = 0
    for _ in range(100):
        left = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid()]
        left = [pid for pid in left if belongs(str(pid), os.fsencode(home))]
        if not left:
            break
        found += len(left)
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
    return found


if __name__ == "__main__":
    sys.stdin.read()
    sweep(sys.argv[1])
