"""Passwords: which are refused, and their hash (argon2id, fitted to the machine's memory).

No composition rules: they make worse passwords. A password has a shortest length and must not be one that everybody tries first.
"""

import unicodedata
from typing import NamedTuple

import argon2

from octavo.access.common import is_common
from octavo.access.refusals import BadPassword

LONGEST = 1024
SMALL_MACHINE = 300 * 1024**2


class Cost(NamedTuple):
    """Of equal strength by OWASP's list; the second one takes longer and needs half the memory."""

    kibibytes: int
    passes: int


def cost_for(memory: int) -> Cost:
    return Cost(9 * 1024, 4) if memory <= SMALL_MACHINE else Cost(19 * 1024, 2)


def hasher(cost: Cost) -> argon2.PasswordHasher:
    return argon2.PasswordHasher(time_cost=cost.passes, memory_cost=cost.kibibytes, parallelism=1)


def normal(password: str) -> str:
    """The same letters give the same password, whatever keyboard or input method typed them."""
    return unicodedata.normalize("NFKC", password)


def hashed(with_: argon2.PasswordHasher, password: str) -> str:
    return with_.hash(normal(password).encode("utf-8", "surrogatepass"))


def is_right(with_: argon2.PasswordHasher, hash_: str, password: str) -> bool:
    try:
        return with_.verify(hash_, normal(password).encode("utf-8", "surrogatepass"))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def check_new(password: str, shortest: int) -> None:
    """Raises `BadPassword` where the password is one that would be guessed."""
    if len(password) > LONGEST:
        raise BadPassword("long", LONGEST)
    if len(password) < shortest:
        raise BadPassword("short", shortest)
    if is_common(normal(password)):
        raise BadPassword("common")
