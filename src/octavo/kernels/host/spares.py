"""One fork that waits ready: a kernel that has started but for its loop, for the next start that is like the last one.

    asked for ──forked──► starting ──all but its loop──► parked ──taken by a kernel──► (that kernel's process)
                                                           └──packages change, image gone, another wanted──► ended

It saves 40 ms and costs 15 MB, and its startup files run before anybody asked: so it is off unless a setting wants it. Folder, command line and
environment must be the last start's, but for what is told when it is taken: which process and notebook it is for.
"""

import json
import os
import signal
from typing import Final

from octavo.kernels.host import protocol
from octavo.kernels.host.children import Children
from octavo.kernels.host.connection_file import ConnectionFile
from octavo.kernels.host.forking import Images
from octavo.kernels.host.image import Fork, Image
from octavo.kernels.host.loop import Loop
from octavo.kernels.host.programs import find_program
from octavo.kernels.host.protocol import Refused

AFTER: Final = 1.0
"""Seconds after a start: the kernel that was started goes first."""
TOLD_LATE: Final = ("JPY_SESSION_NAME", protocol.PROCESS_VARIABLE, "JPY_PARENT_PID")
PLACE: Final = "{connection_file}"
MARK: Final = "spare"
TAIL: Final = 4000


def key_of(spec: dict[str, object]) -> str:
    """What two starts must have in common for one's spare to serve the other."""
    environment: dict[str, str] = dict(spec["env"])  # type: ignore[call-overload]
    told = sorted((name, value) for name, value in environment.items() if name not in TOLD_LATE)
    return json.dumps([spec["image"], spec["argv"], spec["cwd"], spec.get("new_privileges"), told])


class Spare:
    """A parked fork. Whoever takes it has its connection file, its output and its process from then on."""

    def __init__(
        self, loop: Loop, run_directory: str, images: Images, children: Children, spec: dict[str, object]
    ) -> None:
        self.key = key_of(spec)
        self.pid = 0
        self.is_parked = False
        self.is_over = False
        self._loop = loop
        self._children = children
        self._folders: dict[str, int] = {}
        given: dict[str, str] = dict(spec["env"])  # type: ignore[call-overload]
        environment = {name: value for name, value in given.items() if name not in TOLD_LATE}
        environment[protocol.PROCESS_VARIABLE] = f"{run_directory}:{MARK}"
        environment["JPY_PARENT_PID"] = str(os.getpid())
        argv: list[str] = list(spec["argv"])  # type: ignore[call-overload]
        program = find_program(argv[0], environment.get("PATH", os.defpath), str(spec["cwd"]))
        self.file = ConnectionFile(run_directory, MARK, "")
        argv = [program, *(part.replace(PLACE, self.file.path) for part in argv[1:])]
        self.output, theirs = os.pipe()
        os.set_blocking(self.output, False)
        self.fork = Fork(
            argv,
            environment,
            str(spec["cwd"]),
            theirs,
            prepare=lambda process: None,
            done=self._forked,
            is_spare=True,
            new_privileges=bool(spec.get("new_privileges")),
        )
        os.close(theirs)
        image: list[str] = list(spec["image"])  # type: ignore[call-overload]
        images.fork([program, *image[1:]], self.fork)

    @property
    def image(self) -> Image | None:
        return self.fork.image

    def _forked(self, process: int | None, why: str) -> None:
        if process is None or self.fork.image is None:
            self._close()
            return
        self.pid = process
        self.fork.image.users -= 1  # an image is not in use by its spare alone
        self._folders = {folder: _changed(folder) for folder in self.fork.image.folders}
        self._loop.read(self.fork.gate.fileno(), self._parked)

    def _parked(self) -> None:
        try:
            said = self.fork.gate.recv(1)
        except OSError:
            said = b""
        if said and not self.is_parked:
            self.is_parked = True
        else:
            self.end()

    def is_fresh(self) -> bool:
        return all(_changed(folder) == before for folder, before in self._folders.items())

    def take(self, argv: list[str], environment: dict[str, str]) -> None:
        """Let it go on as the process that `argv` and `environment` name."""
        self.is_over = True
        self._loop.read(self.fork.gate.fileno(), None)
        if self.fork.image is not None:
            self.fork.image.users += 1
        self.fork.gate.setblocking(True)
        self.fork.gate.sendall(json.dumps({"argv": argv, "env": environment}).encode() + b"\n")
        self.fork.gate.close()

    def end(self) -> None:
        if self.is_over:
            return
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)  # not waited for yet: the number is still its own
            self._children.forget(self.pid)
            self._loop.read(self.fork.gate.fileno(), None)
            self.fork.gate.close()
        else:
            self.fork.cancel()
        self._close()

    def _close(self) -> None:
        self.is_over = True
        os.close(self.output)
        self.file.remove()


class Spares:
    """At most one spare at a time."""

    def __init__(self, loop: Loop, run_directory: str, images: Images, children: Children) -> None:
        self._loop = loop
        self._run_directory = run_directory
        self._images = images
        self._children = children
        self._spare: Spare | None = None
        self._wanted: dict[str, object] = {}
        images.over = self._image_over

    @property
    def pid(self) -> int:
        """Of the spare that waits; 0 where none does."""
        return 0 if self._spare is None or self._spare.is_over else self._spare.pid

    def take(self, spec: dict[str, object]) -> Spare | None:
        """The spare, if it serves this start; one like it is made for the next."""
        if not spec.get("spare") or not spec.get("image"):
            return None
        spare = self._spare
        self.want(spec)
        if spare is None or spare.is_over or not spare.is_parked or spare.key != key_of(spec):
            return None
        self._spare = None
        if spare.is_fresh():
            return spare
        spare.end()
        return None

    def want(self, spec: dict[str, object]) -> None:
        self._wanted = spec
        self._loop.later(AFTER, lambda: self._make(spec))

    def _make(self, spec: dict[str, object]) -> None:
        if spec is not self._wanted:
            return  # there was a later start
        if self._spare is not None and not self._spare.is_over:
            if self._spare.key == key_of(spec):
                return
            self._spare.end()
        try:
            self._spare = Spare(self._loop, self._run_directory, self._images, self._children, spec)
        except Refused:
            self._spare = None  # its program has gone; the next start will say so

    def _image_over(self, image: Image) -> None:
        if self._spare is not None and self._spare.image is image:
            self._spare.end()

    def end(self) -> None:
        self._wanted = {}
        if self._spare is not None:
            self._spare.end()


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
