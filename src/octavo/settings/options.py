"""What a start of the server has besides settings: permissions given for this one start, and whom to tell that it listens."""

from collections.abc import Callable
from typing import Literal

import msgspec

TlsMode = Literal["off", "self-signed", "files"]
"""`tls.mode`, once `auto` has been decided."""


class Secured(msgspec.Struct, frozen=True):
    """The certificate that a start serves. `trusted`: browsers take it without asking."""

    fingerprint: str
    trusted: bool


def tell_nobody(port: int, secured: Secured | None) -> None:
    """The default of `ServeOptions.listening`."""


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`listening(port, secured)` is to be called once, from any thread, when the socket is bound and answers; `secured`: None without TLS.

    `setup`: nothing but the login page answers until a password is set. The rules of `exposure` have been applied already.
    """

    setup: bool = False
    insecure: bool = False
    allow_root: bool = False
    tls: TlsMode = "off"
    listening: Callable[[int, Secured | None], None] = tell_nobody
