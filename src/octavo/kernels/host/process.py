"""One operating-system process: started in a session of its own, watched, signalled, and cleaned up after.

It is forked from a warm image where its spec names one (`forking`), else started by its command line; it is there once `started` was called.
It ends with the host (parent-death signal), is the first to go when memory is short, and takes its children along.
What it writes to its own stdout and stderr is read all the time, and the last lines are kept for "why did it die".
"""

import os
import signal
import subprocess
from collections.abc import Callable
from typing import Final

from octavo.kernels.host import leftovers, protocol
from octavo.kernels.host.children import Children
from octavo.kernels.host.forking import Images
from octavo.kernels.host.groups import Groups
from octavo.kernels.host.guarding import Guard
from octavo.kernels.host.image import Fork
from octavo.kernels.host.loop import Loop
from octavo.kernels.host.programs import find_program, with_parent_death_signal
from octavo.kernels.host.protocol import Refused
from octavo.kernels.host.spares import Spare

TAIL: Final = 8000
"""Bytes of what a process wrote to its own stdout and stderr that are told with its end."""


class Process:
    """`started(why)` once: why is the reason where it could not be forked from its image, else empty. Not called before this returns.

    `ended(code)` once, after all that is left of it was killed; code is negative for a signal.
    """

    def __init__(
        self,
        loop: Loop,
        run_directory: str,
        incarnation: str,
        spec: dict[str, object],
        *,
        children: Children,
        images: Images,
        spare: Spare | None,
        groups: Groups,
        started: Callable[[str], None],
        ended: Callable[[int], None],
        said: Callable[[bytes], None] | None = None,
    ) -> None:
        """`spec`: argv, env, cwd and perhaps image, checked by the caller. `said`: told every byte of its output."""
        self.pid = 0
        self.is_forked = False
        self.was_spare = spare is not None
        self.peak = 0
        """Bytes of memory that it had at most, known once it has ended."""
        self.guard = Guard(incarnation, spec, groups)
        self._loop = loop
        self._run_directory = run_directory
        self._incarnation = incarnation
        self._children = children
        self._started = started
        self._ended = ended
        self._said = said
        self._tail = b""
        self._is_over = False
        self._output = -1
        self._theirs = -1
        self._popen: subprocess.Popen[bytes] | None = None
        self._fork: Fork | None = None
        self._environment: dict[str, str] = dict(spec["env"])  # type: ignore[call-overload]
        self._environment[protocol.PROCESS_VARIABLE] = f"{run_directory}:{incarnation}"
        self._environment["JPY_PARENT_PID"] = str(os.getpid())
        self._argv: list[str] = list(spec["argv"])  # type: ignore[call-overload]
        self._cwd = str(spec["cwd"])
        if not os.path.isdir(self._cwd):
            raise Refused(
                "start",
                f"The folder {self._cwd} is not there. Make it, or move the notebook.",
                cause="no-folder",
                values={"folder": self._cwd},
            )
        self._argv[0] = find_program(self._argv[0], self._environment.get("PATH", os.defpath), self._cwd)
        self.guard.make()
        if spare is not None:
            self._take(spare)
            loop.read(self._output, self._read_output)
            return
        self._output, self._theirs = os.pipe()
        os.set_blocking(self._output, False)
        image: list[str] = list(spec.get("image") or [])  # type: ignore[call-overload]
        if image:
            image[0] = self._argv[0]
            self._fork = Fork(
                self._argv,
                self._environment,
                self._cwd,
                self._theirs,
                prepare=self._prepare,
                done=self._forked,
                new_privileges=self.guard.new_privileges,
            )
            images.fork(image, self._fork)
        else:
            self._run()
            loop.later(0, lambda: started(""))
        loop.read(self._output, self._read_output)

    def _take(self, spare: Spare) -> None:
        """It has started already, and waits to be told whose process it is."""
        self._output = spare.output
        self._fork = spare.fork
        self.is_forked = True
        self.pid = spare.pid
        self._prepare(self.pid)
        self._watch()
        spare.take(self._argv, self._environment)
        self._loop.later(0, lambda: self._started(""))

    def _forked(self, process: int | None, why: str) -> None:
        if process is not None:
            self.is_forked = True
            self.pid = process
            os.close(self._theirs)
            self._watch()
        else:
            try:
                self._run()
            except Refused as problem:
                self._is_over = True
                self._tail += str(problem).encode()
                self._close_output()
                self.guard.end()
                self._ended(127)
                return
        self._started(why)

    def _run(self) -> None:
        """By its command line."""
        try:
            self._popen = subprocess.Popen(
                with_parent_death_signal(self._argv),
                cwd=self._cwd,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=self._theirs,
                stderr=self._theirs,
                start_new_session=True,
                preexec_fn=self.guard.before_exec,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as problem:
            if self._fork is None:
                os.close(self._output)
                self.guard.end()
            raise Refused(
                "start",
                f"{self._argv[0]} could not be started: {problem}",
                cause="not-started",
                values={"program": self._argv[0], "said": str(problem)},
            ) from problem
        finally:
            os.close(self._theirs)
        self.pid = self._popen.pid
        self._children.known.add(self.pid)
        self._prepare(self.pid)
        self._watch()

    def _prepare(self, process: int) -> None:
        self.guard.prepare(process)
        asked = self.guard.scope(process)
        if asked is not None:
            self._wait_for(asked)

    def _wait_for(self, asked: "subprocess.Popen[bytes]") -> None:
        """The service manager's answer is of no use, but its messenger has to be waited for."""
        self._children.known.add(asked.pid)
        descriptor = os.pidfd_open(asked.pid)

        def answered() -> None:
            self._loop.read(descriptor, None)
            os.close(descriptor)
            asked.wait()
            self._children.forget(asked.pid)
            self.guard.found_group(self.pid)

        self._loop.read(descriptor, answered)

    def _watch(self) -> None:
        self._descriptor = os.pidfd_open(self.pid)
        self._loop.read(self._descriptor, self._exited)

    def signal(self, number: int, *, group: bool = True) -> None:
        if self._is_over:
            return
        if not self.pid:
            self._give_up(number)
            return
        try:
            if group:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # it ended just now, or runs as somebody else

    def _give_up(self, number: int) -> None:
        """It was to be forked, and is to end before it is there."""
        if number in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT) and self._fork is not None:
            self._is_over = True
            self._fork.cancel()
            os.close(self._theirs)
            self._close_output()
            self.guard.end()
            self._loop.later(0, lambda: self._ended(-number))

    def tail(self) -> str:
        return self._tail[-TAIL:].decode("utf-8", "replace")

    def pause(self, waits: bool) -> None:
        """Do not read its output for now: it waits once its pipe is full."""
        if not self._is_over:
            self._loop.read(self._output, None if waits else self._read_output)

    def _read_output(self) -> None:
        self._take_output()

    def _take_output(self) -> bool:
        """Read once what stands in the pipe. False: there is nothing."""
        try:
            data = os.read(self._output, 65536)
        except BlockingIOError:
            return False
        if not data:
            self._loop.read(self._output, None)
            return False
        self._tail = (self._tail + data)[-4 * TAIL :]
        if self._said is not None:
            self._said(data)
        return True

    def _exited(self) -> None:
        self._loop.read(self._descriptor, None)
        os.close(self._descriptor)
        try:
            os.killpg(
                self.pid, signal.SIGKILL
            )  # before the wait: until then the group's number cannot be somebody else's
        except (ProcessLookupError, PermissionError):
            pass
        self._is_over = True
        code = self._wait()
        self._children.forget(self.pid)
        if self.is_forked and self._fork is not None and self._fork.image is not None:
            self._fork.image.release()
        leftovers.end(self._run_directory, self._incarnation)
        self._loop.read(self._output, None)
        for _ in range(64):  # what still stands in the pipe; an escaped child may hold it open, so not until its end
            if not self._take_output():
                break
        self._close_output()
        self._ended(code)
        self.guard.end()

    def _wait(self) -> int:
        _, status, usage = os.wait4(self.pid, 0)
        self.peak = max(self.peak, usage.ru_maxrss * 1024, self.guard.peak())
        code = os.waitstatus_to_exitcode(status)
        if self._popen is not None:
            self._popen.returncode = code
        return code

    def _close_output(self) -> None:
        self._loop.read(self._output, None)
        os.close(self._output)
