"""Opens the front with the certificate that the settings choose, and keeps it true: files are taken again when they change."""

import logging
import os
import socket
import ssl
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import anyio
import anyio.to_thread
import msgspec

from octavo.certs import policy
from octavo.certs.front import Front, Stamp, context_of
from octavo.certs.policy import Description
from octavo.certs.requests import Describe, Make, ask
from octavo.errors import Invalid, OctavoError
from octavo.settings import schema
from octavo.settings.options import TlsMode
from octavo.settings.profiles import Profile, make_private, write_privately

log = logging.getLogger("octavo.certs")

LOOK_SECONDS = 2.0
PROBES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of nobody: connecting a datagram socket to one sends nothing, and tells which address of ours would be used."""


class Pair(NamedTuple):
    certificate: Path
    key: Path


def front_of(
    mode: TlsMode, settings: schema.Settings, profile: Profile, *, now: Callable[[], float] = time.time
) -> Front | None:
    """Ready to listen; None: no TLS. Raises `Invalid` for files that cannot be served."""
    match mode:
        case "off":
            return None
        case "self-signed":
            return self_signed(settings, profile, now())
        case "files":
            pair = files_of(settings.tls)
            stamp = stamp_of(pair)
            context, description = taken(pair)
            complain(description, settings.tls, now())
            return Front(context, description, stamp)


def self_signed(settings: schema.Settings, profile: Profile, now: float) -> Front:
    """The one that was made before, where it still serves."""
    directory = profile.directory / "certs"
    directory.mkdir(mode=0o700, exist_ok=True)
    make_private(directory)
    pair, note = Pair(directory / "self-signed.pem", directory / "self-signed.key"), directory / "self-signed.json"
    wanted = policy.wanted(settings, machine=socket.gethostname(), own=own_addresses())
    description = noted(note, pair)
    if description is None or not policy.still_good(description, wanted, now):
        log.info("making a self-signed certificate for %s", ", ".join((*wanted.names, *wanted.addresses)))
        description = ask(Make(os.fspath(pair.certificate), os.fspath(pair.key), wanted))
        write_privately(note, msgspec.json.encode(description).decode())
    return Front(context_of(*pair), description)


def noted(note: Path, pair: Pair) -> Description | None:
    """What was written down about this very pair when it was made: reading it anew would take a process at every start."""
    try:
        description = msgspec.json.decode(note.read_bytes(), type=Description)
        pem = pair.certificate.read_text(encoding="ascii")
        context_of(*pair)
    except (OSError, ValueError, Invalid):
        return None
    digest = sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    return description if digest == description.fingerprint.replace(":", "").lower() else None


def own_addresses() -> list[str]:
    """Those that this machine is seen under from elsewhere, as far as it knows."""
    found = []
    for family, address in PROBES:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((address, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:  # no network of this kind
            continue
    return found


def files_of(tls: schema.Tls) -> Pair:
    if not tls.certificate:
        raise Invalid(
            "tls.mode is files, and no certificate is named.",
            hint="Give --tls-certificate FILE (the whole chain) and --tls-key FILE.",
        )
    certificate = Path(tls.certificate).expanduser().absolute()
    return Pair(certificate, Path(tls.key).expanduser().absolute() if tls.key else certificate)


def taken(pair: Pair) -> tuple[ssl.SSLContext, Description]:
    context = context_of(*pair)
    return context, ask(Describe(*map(os.fspath, pair)))


def complain(description: Description, tls: schema.Tls, now: float) -> None:
    for sentence in policy.complaints(description, tls.domains, now):
        log.warning("%s", sentence)


def stamp_of(pair: Pair) -> Stamp | None:
    """What changes when a file does, also through a link."""
    try:
        return tuple((status.st_ino, status.st_size, status.st_mtime_ns) for status in map(os.stat, pair))
    except OSError:
        return None


async def watch(
    front: Front, tls: schema.Tls, *, now: Callable[[], float] = time.time, every: float = LOOK_SECONDS
) -> None:
    """Take the files again when they have changed and then stood still for a moment. A pair that cannot be used is said once, and the one
    before it goes on."""
    pair = files_of(tls)
    done = seen = front.stamp
    day = now()
    while True:
        await anyio.sleep(every)
        if now() - day >= policy.DAY:
            day = now()
            complain(front.description, tls, day)
        stamp = await anyio.to_thread.run_sync(stamp_of, pair)
        changed, seen = stamp != seen, stamp
        if changed or stamp == done:
            continue
        done = stamp
        try:
            context, description = await anyio.to_thread.run_sync(taken, pair)
        except OctavoError as error:
            log.warning("%s The certificate before it is served on. %s", error.message, error.hint or "")
            continue
        if await anyio.to_thread.run_sync(stamp_of, pair) != stamp:
            done = None  # changed while it was read: looked at again
            continue
        if description.fingerprint != front.description.fingerprint:
            log.info(
                "the new certificate is served from now on, until %s",
                time.strftime("%Y-%m-%d", time.gmtime(description.ends)),
            )
        front.put(context, description)
        complain(description, tls, now())
