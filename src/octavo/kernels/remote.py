"""Kernels that run elsewhere: those of a gateway, and those of a provisioner. For the host each is a bridge (`kernels/bridge/`) started in its place.

Not here: HTTP and provisioners themselves; only a bridge's process speaks to them.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, cast
from urllib.parse import urlsplit

import msgspec

from octavo.kernels.specs import NAME, KernelSpec

PREFIX: Final = "gateway-"
"""Before a gateway's name of a kernel, so that it cannot be taken for one of this machine."""
TOKEN: Final = "JUPYTER_GATEWAY_AUTH_TOKEN"
"""The variable with the gateway's token, named as Jupyter names it."""
MODULE: Final = "octavo.kernels.bridge"
COMMAND: Final = ("-P", "-m", MODULE)
"""-P: nothing in the notebook's folder is taken for a module."""
LOCAL: Final = "local-provisioner"
FRESH: Final = 60.0
"""Seconds that a gateway's list counts."""
ASK_AGAIN: Final = 5.0
"""Seconds until a gateway that did not tell it is asked again."""
LISTING: Final = 15.0

Trouble = Literal["unreachable", "refused", "stranger"]


class Found(NamedTuple):
    """What a gateway has; `trouble`: why that is not known."""

    specs: Mapping[str, KernelSpec]
    trouble: Trouble | None = None


class _Listing(msgspec.Struct):
    kernelspecs: dict[str, dict[str, Any]] = {}
    problem: str = ""


class Gateway:
    """The gateway of the settings. Blocking: for threads."""

    def __init__(self, url: str, patience: int) -> None:
        self.url, self.patience = url.rstrip("/"), patience
        self._lock = threading.Lock()
        self._found: Found | None = None
        self._until = 0.0
        self._token = ""

    @property
    def place(self) -> str:
        """What the menu calls it."""
        return urlsplit(self.url).netloc

    def kernels(self, token: str) -> Found:
        """By name; asked of the gateway by a short-lived process, and remembered for a while."""
        with self._lock:
            if self._found is None or time.monotonic() > self._until or token != self._token:
                self._found = self._ask(token)
                self._until = time.monotonic() + (ASK_AGAIN if self._found.trouble else FRESH)
                self._token = token
            return self._found

    def _ask(self, token: str) -> Found:
        environment = {**os.environ, TOKEN: token}
        try:
            said = subprocess.run(
                [sys.executable, *COMMAND, "list", "--url", self.url],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LISTING,
                check=True,
                cwd="/",
            ).stdout
            listing = msgspec.json.decode(said, type=_Listing)
        except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
            return Found({}, "unreachable")
        if listing.problem:
            known = listing.problem in ("unreachable", "refused")
            return Found({}, cast(Trouble, listing.problem) if known else "stranger")
        specs = (self._spec(name, entry) for name, entry in listing.kernelspecs.items() if NAME.match(name))
        return Found({spec.name: spec for spec in specs if spec is not None})

    def _spec(self, name: str, entry: Mapping[str, Any]) -> KernelSpec | None:
        described = entry.get("spec")
        if not isinstance(described, dict):
            return None
        display, language = described.get("display_name"), described.get("language")
        options = ["--url", self.url, "--kernel", name, "--patience", str(self.patience), "-f", "{connection_file}"]
        return KernelSpec(
            name=f"{PREFIX}{name}".lower(),
            argv=[sys.executable, *COMMAND, "gateway", *options],
            display_name=f"{display if isinstance(display, str) else name} @ {self.place}",
            language=language if isinstance(language, str) else "",
            interrupt_mode="message",
            metadata={"gateway": self.url},
        )


def provisioner_of(spec: KernelSpec) -> str | None:
    """The provisioner that starts it, if that is not the plain one."""
    stanza = spec.metadata.get("kernel_provisioner")
    name = stanza.get("provisioner_name") if isinstance(stanza, dict) else None
    return name if isinstance(name, str) and name not in ("", LOCAL) and spec.resource_dir else None


def provisioned_argv(spec: KernelSpec) -> list[str]:
    return [sys.executable, *COMMAND, "provisioner", "--folder", str(spec.resource_dir), "-f", "{connection_file}"]


def is_bridge(argv: list[str]) -> bool:
    """Whether what is started is a bridge: then nothing of the kernel is on this machine, or not where its command line says."""
    return tuple(argv[1 : 1 + len(COMMAND)]) == COMMAND
