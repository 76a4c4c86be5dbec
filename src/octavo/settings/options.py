"""What a start of the server has besides settings: permissions given for this one start, and whom to tell that it listens."""

from collections.abc import Callable

import msgspec


def tell_nobody(port: int) -> None:
    """The default of `ServeOptions.listening`."""


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`listening(port)` is to be called once, from any thread, when the socket is bound and answers.

    `setup`: nothing but the login page answers until a password is set. The rules of `exposure` have been applied already.
    """

    setup: bool = False
    insecure: bool = False
    allow_root: bool = False
    listening: Callable[[int], None] = tell_nobody
