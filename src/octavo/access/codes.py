"""Secrets that Octavo makes: one-time codes, login cookies, API tokens, device cookies. Only their hashes are kept.

All are random and long, so a plain SHA-256 is enough: there is nothing to guess. Passwords are another matter (`passwords`).
"""

import hmac
import secrets
from hashlib import sha256

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 letters and digits of which no two look alike: 5 bits each."""
CODE_LETTERS = 16
TOKEN_PREFIX = "octavo_"
"""By it the logs, and scanners for leaked secrets, know a token (`settings.logs`)."""


def new_code() -> str:
    """80 random bits: `K7QF-2MXA-…`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))
    return "-".join(letters[at : at + 4] for at in range(0, CODE_LETTERS, 4))


def code_letters(typed: str) -> str:
    """What somebody typed, without what stands between the letters."""
    return "".join(letter for letter in typed[:200].upper() if letter in ALPHABET)


def new_cookie() -> str:
    return secrets.token_urlsafe(32)


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_hex(24)


def fingerprint(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(left: str, right: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def derived(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, purpose.encode(), sha256).digest()


def signed_device(key: bytes, device: str) -> str:
    return f"{device}.{hmac.new(key, device.encode(), sha256).hexdigest()}"


def device_of(key: bytes, cookie: str | None) -> str | None:
    """The device's id, if we signed it."""
    device, dot, _ = (cookie or "").partition(".")
    if not dot or not device.isascii() or not device.isalnum() or cookie is None or not cookie.isascii():
        return None
    return device if same(signed_device(key, device), cookie) else None
