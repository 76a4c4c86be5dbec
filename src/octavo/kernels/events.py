"""One numbered event of a process's event log, as the web process reads it (`kernels/host/protocol.py`)."""

import enum
from typing import Literal

import msgspec

from octavo.ids import Incarnation
from octavo.kernels.host import protocol


class Channel(enum.IntEnum):
    IOPUB = protocol.IOPUB
    SHELL = protocol.SHELL
    CONTROL = protocol.CONTROL
    STDIN = protocol.STDIN
    LIFE = protocol.LIFE
    GAP = protocol.GAP
    OUTPUT = protocol.OUTPUT
    DEBUG = protocol.DEBUG


class Event(msgspec.Struct, frozen=True):
    """`parts`: for Jupyter channels header, parent_header, metadata, content (JSON bytes as the kernel wrote them), then buffers;
    for LIFE, DEBUG and GAP one JSON part, for OUTPUT one of bytes. `at`: seconds since 1970, when the host received it."""

    incarnation: Incarnation
    seq: int
    at: float
    channel: Channel
    parts: tuple[bytes, ...]


class LaunchSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How the host starts a process; the JSON of `start`'s spec."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    interrupt_mode: str = "signal"
    nodrop: bool = False
    transport: Literal["ipc", "tcp"] = "ipc"
    """tcp: over loopback, for a kernel that speaks nothing else."""
    image: list[str] = []
    """Command line of the warm image that it may be forked from; empty: none."""
    spare: bool = False
    """Keep one fork ready for the next start like this."""
    memory: int | None = None
    """Most bytes of memory; None: no limit of its own."""
    cpu: float | None = None
    """Most processors; None: no limit."""
    new_privileges: bool = False
    """May it gain rights by programs such as sudo?"""


class ProcessInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the host's `list`."""

    process: str
    incarnation: str
    kind: str
    label: str
    state: str
    pid: int | None = None
    first: int = 0
    last: int = 0
    acked: int = 0
    bytes: int = 0
    disk: int = 0
    prompts: list[int] = []
    debug: list[object] = []
    code: int | None = None
    signal: int | None = None
    by_host: bool = False
    reason: str | None = None
    busy: bool = False


class ImageInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One warm image of the host. `kernels`: how many run that it forked."""

    python: str
    pid: int
    state: str
    kernels: int
