"""What kind of certificate, for which names, and when another is due. Pure.

auto:  loopback, a trusted proxy or --insecure ─► off · a certificate file is named ─► files · else ─► self-signed
"""

import ipaddress
from collections.abc import Iterable

import msgspec

from octavo.settings import schema
from octavo.settings.exposure import is_loopback
from octavo.settings.options import TlsMode

DAY = 24 * 3600
LIFE = 825 * DAY
"""Of a self-signed certificate: some systems take no longer one, even where its owner has trusted it by hand."""
RENEW = 30 * DAY
SOON = 14 * DAY
"""Files that end sooner than this are warned of: whatever renews them has not."""


class Wanted(msgspec.Struct, frozen=True):
    """What a certificate has to be good for."""

    names: tuple[str, ...]
    addresses: tuple[str, ...]


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate says. Times in seconds since 1970. `trusted`: by the authorities that this system knows, through its whole chain."""

    fingerprint: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    begins: float
    ends: float
    issuer: str
    trusted: bool


def chosen(settings: schema.Settings, *, insecure: bool) -> TlsMode:
    """`tls.mode`, with `auto` decided."""
    server, tls = settings.server, settings.tls
    if tls.mode != "auto":
        return tls.mode
    if tls.certificate:
        return "files"
    if insecure or server.trusted_proxies or is_loopback(server.ip):
        return "off"
    return "self-signed"


def wanted(settings: schema.Settings, *, machine: str, own: Iterable[str]) -> Wanted:
    """Names and addresses under which people may come. `own`: the machine's addresses, used where it listens on all of them."""
    server = settings.server
    names, addresses = ["localhost"], ["127.0.0.1", "::1"]
    listened = [] if server.ip == "localhost" else [server.ip]
    if listened and ipaddress.ip_address(server.ip).is_unspecified:
        listened = list(own)
    for text in (*settings.tls.domains, *server.hosts, machine, *listened):
        try:
            addresses.append(str(ipaddress.ip_address(text)))
        except ValueError:
            names.append(text.rstrip(".").lower())
    return Wanted(tuple(dict.fromkeys(filter(is_name, names))), tuple(dict.fromkeys(addresses)))


def is_name(text: str) -> bool:
    """A certificate takes plain letters only, and not every machine's name is one."""
    return (
        bool(text)
        and len(text) <= 253
        and all(letter.isascii() and (letter.isalnum() or letter in "-.") for letter in text)
    )


def still_good(made: Description, wanted: Wanted, now: float) -> bool:
    """May the self-signed one be kept? It stays as long as it can: people have compared its fingerprint."""
    covers = set(wanted.names) <= set(made.names) and set(wanted.addresses) <= set(made.addresses)
    return covers and made.begins <= now < made.ends - RENEW


def complaints(given: Description, domains: Iterable[str], now: float) -> list[str]:
    """What is to be said about a certificate from files."""
    said = []
    if now >= given.ends:
        said.append(
            "The certificate has ended: browsers refuse it. Renew it; the new files are taken without a restart."
        )
    elif given.ends - now < min(SOON, (given.ends - given.begins) / 3):
        said.append(
            f"The certificate ends in {max(1, round((given.ends - now) / DAY))} day(s). Renew it; no restart is needed."
        )
    missing = [name for name in domains if not covered(name, given)]
    if missing:
        said.append(f"The certificate is not for {', '.join(missing)}: browsers refuse it there.")
    return said


def covered(name: str, given: Description) -> bool:
    name = name.rstrip(".").lower()
    wildcard = f"*.{name.partition('.')[2]}"
    return name in given.names or name in given.addresses or wildcard in given.names
