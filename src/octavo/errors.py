"""Every error that Octavo raises on purpose.

    OctavoError                     code, message, hint
    ├── NotFound                    no such file, document, kernel, kernelspec, run …
    ├── Conflict                    the world changed meanwhile: version, name taken, locked profile
    │   └── Stale                   an id of an ended incarnation
    ├── Denied                      may not: hidden file, path outside, not logged in
    │   └── Throttled               too many tries; carries the seconds to wait
    ├── Invalid                     what came in is not what it must be
    │   ├── InvalidNotebook         not a notebook, or one that this release cannot read
    │   ├── InvalidSetting          unknown key, wrong type, out of range
    │   └── TooLarge                over a named limit
    └── Unavailable                 cannot now, may later
        ├── HostUnavailable         no kernel host, or one of another version
        ├── KernelUnavailable       the kernel did not start, died, or is not there
        └── StorageUnavailable      disk full, read-only, input/output error

`code` is stable and goes to clients; `hint` says what to do. HTTP status lives in `web/errors.py` alone, exit codes in
`cli/`. Foreign exceptions are translated at the wall of the room that meets them, `from exc`.
"""

from collections.abc import Mapping
from typing import ClassVar


class OctavoError(Exception):
    """Base of all; its text is one sentence that a user can read."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NotFound(OctavoError):
    code = "not-found"


class Conflict(OctavoError):
    code = "conflict"


class Stale(Conflict):
    """The incarnation that was meant has ended. `was`: had the request been passed on? None if unknown."""

    code = "stale"

    def __init__(self, message: str, *, was: bool | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.was = was


class Denied(OctavoError):
    code = "denied"


class Throttled(Denied):
    """`retry_after`: seconds until the next try is heard."""

    code = "throttled"

    def __init__(self, message: str, *, retry_after: float, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Invalid(OctavoError):
    code = "invalid"


class InvalidNotebook(Invalid):
    code = "invalid-notebook"


class InvalidSetting(Invalid):
    code = "invalid-setting"


class TooLarge(Invalid):
    code = "too-large"


class Unavailable(OctavoError):
    code = "unavailable"


class HostUnavailable(Unavailable):
    code = "host-unavailable"


class KernelUnavailable(Unavailable):
    """`cause`: a word for why it could not be started, with its `values`, for those who make sentences of their own."""

    code = "kernel-unavailable"

    def __init__(
        self, message: str, *, hint: str | None = None, cause: str = "", values: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.cause = cause
        self.values = values or {}


class StorageUnavailable(Unavailable):
    code = "storage-unavailable"
