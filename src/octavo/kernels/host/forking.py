"""Kernels as forks of warm images: keeps one image for each Python environment in use, and knows when it will not do.

An image is never a requirement: whoever asks gets a process id, or the reason why the plain command line has to do; the host's log says it.
The first kernel of an environment waits for the image too: that takes as long as a plain start, and every kernel shares its pages.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Final

from octavo.kernels.host.children import Children
from octavo.kernels.host.image import Fork, Image
from octavo.kernels.host.loop import Loop, Timer

UNUSED: Final = 600.0
"""Seconds that an image stays without a kernel."""
AGAIN: Final = 60.0
"""Seconds until an environment whose image failed is tried again."""
PRELOAD: Final = "--preload"
MOST: Final = 4
"""Images at a time; kernels of further environments start by the plain command line."""
KEY_PREFIXES: Final = (
    *("PYTHON", "LD_", "MALLOC_", "GLIBC_", "LANG", "LC_", "XDG_", "JUPYTER_", "VIRTUAL_ENV", "CONDA_", "SSL_CERT_"),
    *("MPL", "MATPLOTLIB", "OMP_", "OPENBLAS_", "MKL_", "BLIS_", "NPY_", "NUMEXPR", "NUMBA_", "COVERAGE_"),
)
"""Variables that interpreter, C library or a library read when they start or are imported."""
KEY_NAMES: Final = ("HOME",)
LATE_NAMES: Final = ("PYTHONBREAKPOINT", "PYTHONSTARTUP", "PYTHONHISTORY", "PYTHON_HISTORY")
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


def own_environment(environment: dict[str, str]) -> dict[str, str]:
    """What an image is started with."""
    return {
        **{name: value for name, value in environment.items() if name in OTHER_NAMES},
        **key_environment(environment),
    }


class Images:
    """All images of a host, by environment."""

    def __init__(self, loop: Loop, run_directory: str, children: Children) -> None:
        self._loop = loop
        self._run_directory = run_directory
        self._children = children
        self._images: dict[str, Image] = {}
        self._failed: dict[str, tuple[float, str]] = {}  # until when no other is made, and why
        self._bare: set[str] = set()  # what these were to preload does them no good
        self._timer: Timer | None = None
        self.over: Callable[[Image], None] = lambda image: None
        """Called when an image forks no more."""

    def fork(self, command: list[str], fork: Fork) -> None:
        """Fork a kernel from the image that `command` starts; `fork` is told how it went, never before this returns."""
        key = json.dumps([command, sorted(key_environment(fork.environment).items())])
        image = self._images.get(key)
        why = ""
        if image is None:
            why = self._reason_against(key, fork)
            if not why:
                try:
                    image = self._make(key, command, fork)
                except OSError as problem:
                    why = f"it could not be started: {problem}"
                    self._fail(key, command, why)
        if image is not None:
            image.ask(fork)
        else:
            self._loop.later(0, lambda: fork.settle(None, why))

    def _reason_against(self, key: str, fork: Fork) -> str:
        """Why there will be no new image, if there is a reason."""
        asking = [name for name in NEVER_SHARED if name in fork.environment]
        if asking:
            return f"{asking[0]} asks for a process of its own"
        until, why = self._failed.get(key, (0.0, ""))
        if until > time.monotonic():
            return why
        if len(self._images) >= MOST:
            unused = [image for image in self._images.values() if not image.users and image.state == "warm"]
            if not unused:
                return f"{MOST} images are in use already"
            min(unused, key=lambda image: image.used).end("")
        if not self._children.adopt_orphans():
            return "this system does not let the host adopt what an image forks"
        return ""

    def _make(self, key: str, command: list[str], fork: Fork) -> Image:
        def over(image: Image, why: str) -> None:
            self._over(key, command, image, why)

        used = command[: command.index(PRELOAD)] if key in self._bare else command
        environment = own_environment(fork.environment)
        image = self._images[key] = Image(self._loop, self._run_directory, self._children, used, environment, over)
        if self._timer is None:
            self._timer = self._loop.later(UNUSED / 10, self._look)
        return image

    def _over(self, key: str, command: list[str], image: Image, why: str) -> None:
        """It forks no more. Those that wait get another if it was only retired."""
        if self._images.get(key) is image:
            del self._images[key]
        self.over(image)
        if why:
            if PRELOAD in image.command:
                self._bare.add(key)
                self._log(command, f"{why}. Nothing is preloaded from now on.", image.tail())
            else:
                self._fail(key, command, why, image.tail())
        for fork in image.take_waiting():
            if why or fork.redirected:
                fork.settle(None, why or "its packages keep changing")
            else:
                fork.redirected = True
                self.fork(command, fork)

    def _fail(self, key: str, command: list[str], why: str, said: str = "") -> None:
        self._failed[key] = (time.monotonic() + AGAIN, why)
        self._log(command, f"{why}. Kernels start by the plain command line.", said)

    def _log(self, command: list[str], text: str, said: str) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        print(f"{stamp} The warm image of {command[0]}: {text}", file=sys.stderr)
        if said:
            print(said, file=sys.stderr)
        sys.stderr.flush()

    def _look(self) -> None:
        """Retire what has been unused for long."""
        self._timer = None
        now = time.monotonic()
        for image in list(self._images.values()):
            if not image.users and image.state == "warm" and now - image.used >= UNUSED:
                image.end("")
        if self._images:
            self._timer = self._loop.later(UNUSED / 10, self._look)

    def rows(self) -> list[dict[str, object]]:
        return [
            {"python": image.command[0], "pid": image.pid, "state": image.state, "kernels": image.users}
            for image in self._images.values()
        ]

    def end(self) -> None:
        for image in list(self._images.values()):
            image.end("")
