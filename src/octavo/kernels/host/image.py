"""One warm image as the host sees it: a process that is asked for forks, one at a time, and the forks that are asked for.

    warming ──up──► up ──warm──► warm ──packages change, or unused──► retired (its socket is closed: it ends by itself)
       └─────────────┴────────────┴──error, silence, death──► failed

What is said on the socket stands in `kernels/image/serving.py`. Which image there is for whom: `forking`. Nothing here blocks.
"""

import collections
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any, Final, Literal

from octavo.kernels.host import guarding, protocol
from octavo.kernels.host.children import Children
from octavo.kernels.host.loop import Loop, Timer, come
from octavo.kernels.host.programs import with_parent_death_signal

WARM_WITHIN: Final = 60.0
ANSWER_WITHIN: Final = 15.0
"""Seconds. An answer takes milliseconds, or half a second while the image warms up further; a machine that swaps takes longer."""
OOM_SCORE: Final = "900"
"""An image is the first to go when memory is short: nothing is lost with it."""
TAIL: Final = 4000
MARK: Final = "image"
"""In the place of an incarnation in an image's OCTAVO_PROCESS."""


class Fork:
    """One kernel that is asked for: `prepare(pid)` before it may go on, then `done(pid, "")`, or `done(None, why)`."""

    def __init__(
        self,
        argv: list[str],
        environment: dict[str, str],
        cwd: str,
        output: int,
        *,
        prepare: Callable[[int], None],
        done: Callable[[int | None, str], None],
        is_spare: bool = False,
        new_privileges: bool = False,
    ) -> None:
        self.request = {
            "argv": argv,
            "env": environment,
            "cwd": cwd,
            "parent": os.getpid(),
            "spare": is_spare,
            "new_privileges": new_privileges,
        }
        self.is_spare = is_spare
        self.environment = environment
        self.output = os.dup(output)
        self.gate, self.their_gate = socket.socketpair()
        self.prepare = prepare
        self.done = done
        self.image: Image | None = None
        self.redirected = False
        self.is_settled = False
        self.is_cancelled = False
        self.is_let_go = False

    def settle(self, process: int | None, why: str) -> None:
        """Once; closes what was held for it."""
        if not self.is_settled:
            self.is_settled = True
            os.close(self.output)
            self.their_gate.close()
            if process is None or not self.is_spare:
                self.gate.close()
            if not self.is_cancelled:
                self.done(process, why)

    def cancel(self) -> None:
        """Nobody wants it any more, and `done` will not be called: its gate stays closed, or whoever let it go ends it."""
        self.is_cancelled = True
        if not self.is_let_go:
            self.settle(None, "")


class Image:
    """One image's process. `over(image, why)` once: why is empty when it was retired."""

    def __init__(
        self,
        loop: Loop,
        run_directory: str,
        children: Children,
        command: list[str],
        environment: dict[str, str],
        over: Callable[["Image", str], None],
    ) -> None:
        self.command = command
        self.state: Literal["warming", "up", "warm", "retired", "failed"] = "warming"
        self.users = 0
        self.folders: list[str] = []
        """Where its packages are installed."""
        self.used = time.monotonic()
        self._loop = loop
        self._children = children
        self._over = over
        self._queue: collections.deque[Fork] = collections.deque()
        self._asked: Fork | None = None
        self._lost_before = False
        self._tail = b""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._output, their_output = os.pipe()
        environment = {**environment, protocol.PROCESS_VARIABLE: f"{run_directory}:{MARK}"}
        try:
            self._popen = subprocess.Popen(
                with_parent_death_signal([*command, "--socket", str(theirs.fileno())]),
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=their_output,
                stderr=their_output,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                preexec_fn=_before_exec,
            )
        except OSError:
            self._socket.close()
            os.close(self._output)
            raise
        finally:
            theirs.close()
            os.close(their_output)
        self.pid = self._popen.pid
        children.known.add(self.pid)
        _write(f"/proc/{self.pid}/oom_score_adj", OOM_SCORE)
        self._descriptor = os.pidfd_open(self.pid)
        self._socket.setblocking(False)
        os.set_blocking(self._output, False)
        loop.read(self._descriptor, self._ended)
        loop.read(self._output, self._read_output)
        loop.read(self._socket.fileno(), self._read)
        self._patience: Timer | None = loop.later(WARM_WITHIN, self._too_late)

    def ask(self, fork: Fork) -> None:
        fork.image = self
        self.used = time.monotonic()
        self._queue.append(fork)
        self._loop.later(0, self._next)

    def _next(self) -> None:
        while self.state in ("up", "warm") and self._asked is None and self._queue:
            fork = self._queue.popleft()
            if fork.is_settled:
                continue
            try:
                socket.send_fds(
                    self._socket, [json.dumps(fork.request).encode()], [fork.output, fork.their_gate.fileno()]
                )
            except OSError as problem:  # larger than a packet can be, or the image has gone, which is seen elsewhere
                fork.settle(None, f"the image could not be asked: {problem.strerror}")
                continue
            self._asked = fork
            self._children.expected += 1
            self._patience = self._loop.later(ANSWER_WITHIN, self._too_late)

    def _read(self) -> None:
        data = come(self._socket)
        if data is None:
            return
        if not data:
            self.end("it has ended")
            return
        message = json.loads(data)
        if "warm" in message:  # it says so by itself, and may have been asked meanwhile
            self.state = "warm"
            self.folders = [str(folder) for folder in message["warm"].get("folders", [])]
            return
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if "up" in message:
            self.state = "up"
        elif "unfit" in message:
            self.end(str(message["unfit"]))
        else:
            self._answered(message)
        self._next()

    def _answered(self, message: dict[str, Any]) -> None:
        fork, self._asked = self._asked, None
        if fork is None:
            return
        self._children.expected -= 1
        if "pid" in message:
            self._adopt(fork, int(message["pid"]))
        elif "cold" in message:
            self._queue.appendleft(fork)
            self.end("")
        else:
            fork.settle(None, str(message.get("error")))
        self._children.reap()

    def _adopt(self, fork: Fork, process: int) -> None:
        """It waits at its gate: prepare all around it, then let it go on, and hear whether it gets to be a kernel."""
        fork.their_gate.close()  # its end is seen only once nobody else holds the other side
        if fork.is_settled:
            return
        self._children.known.add(process)
        try:
            fork.prepare(process)
            fork.gate.send(b"G")
            fork.is_let_go = True
        except OSError as problem:
            self._lost(fork, process, f"a fork could not be made ready: {problem.strerror}")
            return
        fork.gate.setblocking(False)
        self._loop.read(fork.gate.fileno(), lambda: self._at_gate(fork, process))

    def _at_gate(self, fork: Fork, process: int) -> None:
        try:
            said = fork.gate.recv(1)
        except OSError:
            said = b""
        self._loop.read(fork.gate.fileno(), None)
        if said and not fork.is_cancelled:
            self.users += 1
            self._lost_before = False
            fork.settle(process, "")
        else:
            self._lost(fork, process, "a fork did not get to be a kernel")

    def _lost(self, fork: Fork, process: int, why: str) -> None:
        """It may be that kernel's own matter, such as a folder it may not enter; a second time it is the image's."""
        os.kill(process, signal.SIGKILL)  # not waited for yet: the number is still its own
        self._children.forget(process)
        fork.settle(None, why)
        if self._lost_before and not fork.is_cancelled:
            self.end(why)
        self._lost_before = True

    def release(self) -> None:
        """One of its kernels has ended."""
        self.users -= 1
        self.used = time.monotonic()

    def end(self, why: str) -> None:
        """Fork no more: retired, or failed with a reason. What waits here is passed back by `over`."""
        if self.state in ("retired", "failed"):
            return
        self.state = "failed" if why else "retired"
        if self._patience is not None:
            self._patience.cancel()
        self._loop.read(self._socket.fileno(), None)
        self._socket.close()
        if self._asked is not None:
            self._queue.appendleft(self._asked)
        if why:
            self._popen.kill()
        self._over(self, why)

    def take_waiting(self) -> list[Fork]:
        waiting = [fork for fork in self._queue if not fork.is_settled]
        self._queue.clear()
        return waiting

    def _too_late(self) -> None:
        self._patience = None
        self.end("it did not answer in time")

    def _read_output(self) -> None:
        try:
            data = os.read(self._output, 65536)
        except BlockingIOError:
            return
        if not data:
            self._loop.read(self._output, None)
        self._tail = (self._tail + data)[-TAIL:]

    def tail(self) -> str:
        return self._tail.decode("utf-8", "replace").strip()

    def _ended(self) -> None:
        self._loop.read(self._descriptor, None)
        os.close(self._descriptor)
        code = self._popen.wait()
        self._read_output()
        self._loop.read(self._output, None)
        os.close(self._output)
        if self._asked is not None:  # its kernel, if there is one, finds its gate closed
            self._children.expected -= 1
            self._asked = None
        self.end(f"it has ended ({code})")
        self._children.forget(self.pid)


def _before_exec() -> None:
    guarding.be_dumpable()


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        return  # a container may forbid it, and the process may have ended
