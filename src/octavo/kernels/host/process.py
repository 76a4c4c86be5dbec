"""One operating-system process: started in a session of its own, watched, signalled, and cleaned up after.

It ends with the host (parent-death signal), is the first to go when memory is short, and takes its children along.
What it writes to its own stdout and stderr is read all the time, and the last lines are kept for "why did it die".
"""

import os
import signal
import subprocess
from collections.abc import Callable
from typing import Final

from octavo.kernels.host import leftovers, protocol
from octavo.kernels.host.loop import Loop
from octavo.kernels.host.protocol import Refused

TAIL: Final = 4000
OOM_SCORE: Final = "500"
"""When memory runs out a kernel is to go, not the host or the web process."""
SETPRIV: Final = next((path for path in ("/usr/bin/setpriv", "/bin/setpriv") if os.access(path, os.X_OK)), None)


def find_program(name: str, path: str, cwd: str) -> str:
    """Where `name` is, on `path`. Looked up here because setpriv, which runs it, would only exit with 127."""
    folders = [""] if "/" in name else path.split(":")
    for folder in folders:
        candidate = os.path.join(cwd, folder, name)
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate if "/" not in name else name
    raise Refused("start", f"There is no program {name}. Install what the kernel needs, or correct its kernelspec.")


class Process:
    """A started process. `ended(code)` is called once, after all that is left of it was killed; code is negative for a signal."""

    def __init__(
        self, loop: Loop, run_directory: str, incarnation: str, spec: dict[str, object], ended: Callable[[int], None]
    ) -> None:
        """`spec`: argv, env and cwd, checked by the caller."""
        self._loop = loop
        self._run_directory = run_directory
        self._incarnation = incarnation
        self._ended = ended
        self._tail = b""
        environment: dict[str, str] = dict(spec["env"])  # type: ignore[call-overload]
        environment[protocol.PROCESS_VARIABLE] = f"{run_directory}:{incarnation}"
        environment["JPY_PARENT_PID"] = str(os.getpid())
        argv: list[str] = list(spec["argv"])  # type: ignore[call-overload]
        cwd = str(spec["cwd"])
        if not os.path.isdir(cwd):
            raise Refused("start", f"The folder {cwd} is not there. Make it, or move the notebook.")
        argv[0] = find_program(argv[0], environment.get("PATH", os.defpath), cwd)
        if SETPRIV:
            argv = [SETPRIV, "--pdeathsig", "KILL", "--", *argv]
        self._output, theirs = os.pipe()
        os.set_blocking(self._output, False)
        try:
            self._popen = subprocess.Popen(
                argv,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            )
        except (OSError, ValueError) as problem:
            os.close(self._output)
            raise Refused(
                "start", f"{argv[-1] if SETPRIV is None else argv[4]} could not be started: {problem}"
            ) from problem
        finally:
            os.close(theirs)
        self.pid = self._popen.pid
        _write(f"/proc/{self.pid}/oom_score_adj", OOM_SCORE)
        self._descriptor = os.pidfd_open(self.pid)
        loop.read(self._descriptor, self._exited)
        loop.read(self._output, self._read_output)

    def signal(self, number: int, *, group: bool = True) -> None:
        if self._popen.returncode is not None:
            return
        try:
            if group:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # it ended just now, or runs as somebody else

    def tail(self) -> str:
        return self._tail[-TAIL:].decode("utf-8", "replace")

    def _read_output(self) -> None:
        try:
            data = os.read(self._output, 65536)
        except BlockingIOError:
            return
        if not data:
            self._loop.read(self._output, None)
        self._tail = (self._tail + data)[-4 * TAIL :]

    def _exited(self) -> None:
        self._loop.read(self._descriptor, None)
        os.close(self._descriptor)
        try:
            os.killpg(
                self.pid, signal.SIGKILL
            )  # before the wait: until then the group's number cannot be somebody else's
        except (ProcessLookupError, PermissionError):
            pass
        code = self._popen.wait()
        leftovers.end(self._run_directory, self._incarnation)
        self._loop.read(self._output, None)
        for _ in range(64):  # what still stands in the pipe; an escaped child may hold it open, so not until its end
            before = self._tail
            self._read_output()
            if self._tail == before:
                break
        os.close(self._output)
        self._ended(code)


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        return  # a container may forbid it, and the process may have ended
