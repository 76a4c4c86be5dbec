"""Kernels as forks of warm images: keeps one image for each Python environment in use, asks it, and knows when it will not do.

    warming ──up──► warm ──packages change, or unused──► retired (its socket is closed: it ends by itself)
        └──────────────┴──error, silence, death──► failed (no other image of this environment for a while)

An image is never a requirement: whoever asks gets a process id, or the reason why the plain command line has to do. Nothing here blocks.
"""

import collections
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from octavo.kernels.host import protocol
from octavo.kernels.host.children import Children
from octavo.kernels.host.loop import Loop, Timer

WARM_WITHIN: Final = 60.0
ANSWER_WITHIN: Final = 15.0
"""Seconds. An answer takes milliseconds, or half a second while the image warms up further; a machine that swaps takes longer."""
UNUSED: Final = 600.0
"""Seconds that an image stays without a kernel."""
AGAIN: Final = 600.0
"""Seconds until an environment whose image failed is tried again."""
MOST: Final = 4
"""Images at a time; kernels of further environments start by the plain command line."""
OOM_SCORE: Final = "900"
"""An image is the first to go when memory is short: nothing is lost with it."""
TAIL: Final = 4000
MARK: Final = "image"
"""In the place of an incarnation in an image's OCTAVO_PROCESS."""
KEY_PREFIXES: Final = (
    *("PYTHON", "LD_", "MALLOC_", "GLIBC_", "LANG", "LC_", "XDG_", "JUPYTER_", "VIRTUAL_ENV", "CONDA_", "SSL_CERT_"),
    *("MPL", "MATPLOTLIB", "OMP_", "OPENBLAS_", "MKL_", "BLIS_", "NPY_", "NUMEXPR", "NUMBA_", "COVERAGE_"),
)
"""Variables that interpreter, C library or a library read when they start or are imported."""
KEY_NAMES: Final = ("HOME",)
LATE_NAMES: Final = ("PYTHONBREAKPOINT", "PYTHONSTARTUP", "PYTHONHISTORY", "PYTHON_HISTORY", "MPLBACKEND")
"""Named like these, but read when they are used."""
OTHER_NAMES: Final = ("PATH", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ")
"""What an image gets besides: nothing else, since its kernels can read what it was given, and they are not one another's business."""
NEVER_SHARED: Final = ("PYTHONHASHSEED", "PYTHONINSPECT", "PYTHONPROFILEIMPORTTIME")
"""Whoever sets these wants a process that starts from nothing."""


def key_environment(environment: dict[str, str]) -> dict[str, str]:
    """What two kernels must have in common to be forks of one image."""
    return {
        name: value
        for name, value in environment.items()
        if (name.startswith(KEY_PREFIXES) or name in KEY_NAMES) and name not in LATE_NAMES
    }


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
    ) -> None:
        self.request = {"argv": argv, "env": environment, "cwd": cwd, "parent": os.getpid()}
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
            self.gate.close()
            self.their_gate.close()
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
        self.state = "warming"
        self.users = 0
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
        own = {name: value for name, value in environment.items() if name in OTHER_NAMES}
        own |= key_environment(environment)
        own[protocol.PROCESS_VARIABLE] = f"{run_directory}:{MARK}"
        try:
            self._popen = subprocess.Popen(
                [*command, "--socket", str(theirs.fileno())],
                cwd="/",
                env=own,
                stdin=subprocess.DEVNULL,
                stdout=their_output,
                stderr=their_output,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
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

    @property
    def python(self) -> str:
        return self.command[self.command.index("--") + 1 if "--" in self.command else 0]

    def ask(self, fork: Fork) -> None:
        fork.image = self
        self.used = time.monotonic()
        self._queue.append(fork)
        self._loop.later(0, self._next)

    def _next(self) -> None:
        while self.state == "warm" and self._asked is None and self._queue:
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
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.end("it has ended")
            return
        message = json.loads(data)
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if "up" in message:
            self.state = "warm"
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


class Images:
    """All images of a host, by environment."""

    def __init__(self, loop: Loop, run_directory: str, children: Children) -> None:
        self._loop = loop
        self._run_directory = run_directory
        self._children = children
        self._images: dict[str, Image] = {}
        self._failed: dict[str, float] = {}  # until when no other is made
        self._timer: Timer | None = None

    def fork(self, command: list[str], fork: Fork) -> None:
        """Fork a kernel from the image that `command` starts; says how it went to `fork.done`, never before this returns."""
        key = json.dumps([command, sorted(key_environment(fork.environment).items())])
        try:
            image = self._images.get(key) or self._make(key, command, fork)
        except (OSError, ValueError) as problem:
            why = f"its image could not be started: {problem}"
            self._log(command, why)
            self._failed[key] = time.monotonic() + AGAIN
            self._loop.later(0, lambda: fork.settle(None, why))
            return
        if isinstance(image, str):
            why = image
            self._loop.later(0, lambda: fork.settle(None, why))
        else:
            image.ask(fork)

    def _make(self, key: str, command: list[str], fork: Fork) -> Image | str:
        """A new image, or why there will be none."""
        if any(name in fork.environment for name in NEVER_SHARED):
            return "its environment asks for a process of its own"
        if self._failed.get(key, 0) > time.monotonic():
            return "its image has failed"
        if len(self._images) >= MOST:
            unused = [image for image in self._images.values() if not image.users and image.state == "warm"]
            if not unused:
                return f"there are {MOST} images already"
            min(unused, key=lambda image: image.used).end("")
        if not self._children.adopt_orphans():
            return "this system does not let the host adopt what an image forks"

        def over(image: Image, why: str) -> None:
            self._over(key, image, why)

        image = Image(self._loop, self._run_directory, self._children, command, fork.environment, over)
        self._images[key] = image
        if self._timer is None:
            self._look()
        return image

    def _over(self, key: str, image: Image, why: str) -> None:
        if self._images.get(key) is image:
            del self._images[key]
        if why:
            said = image.tail()
            self._log(image.command, why + (f"\n{said}" if said else ""))
            self._failed[key] = time.monotonic() + AGAIN
        for fork in image.take_waiting():
            if why or fork.redirected:
                fork.settle(None, why or "its packages change")
            else:  # packages have changed: a new image will do, but one that is stale again at once will not
                fork.redirected = True
                self.fork(image.command, fork)

    def _look(self) -> None:
        """Retire what has been unused for long."""
        self._timer = None
        now = time.monotonic()
        for image in list(self._images.values()):
            if not image.users and image.state == "warm" and now - image.used >= UNUSED:
                image.end("")
        if self._images:
            self._timer = self._loop.later(UNUSED / 10, self._look)

    def _log(self, command: list[str], why: str) -> None:
        python = command[command.index("--") + 1 if "--" in command else 0]
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        print(f"{stamp} The image of {python} is not used: {why}. ", end="", file=sys.stderr)
        print("Its kernels start by their plain command line.", file=sys.stderr, flush=True)

    def rows(self) -> list[dict[str, object]]:
        return [
            {"python": image.python, "pid": image.pid, "state": image.state, "kernels": image.users}
            for image in self._images.values()
        ]

    def end(self) -> None:
        for image in list(self._images.values()):
            image.end("")


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        return  # a container may forbid it, and the process may have ended
