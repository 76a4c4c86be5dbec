"""`octavo check`: would `octavo serve` with these flags work? Looks at everything and names each thing that is wrong."""

import os
import socket
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import click

from octavo.access.access import Access
from octavo.certs.opening import files_of, taken
from octavo.certs.policy import chosen, complaints
from octavo.cli import errors
from octavo.cli.options import Flag, profile_called, profile_option, setting_flags, settings_of, start_flags
from octavo.errors import Denied, OctavoError, Unavailable
from octavo.kernels.catalogue import Catalogue
from octavo.settings import schema
from octavo.settings.exposure import Refuse, decide
from octavo.settings.load import root_folder
from octavo.settings.profiles import Profile, holder


@click.command("check")
@click.argument("directory", metavar="[DIR]", required=False)
@profile_option
@start_flags
@setting_flags
def command(
    directory: str | None, profile_name: str, insecure: bool, setup: bool, allow_root: bool, **flags: Flag
) -> None:
    """Check settings, folder, port, kernels and access without serving."""
    if directory is not None:
        flags["files__root"] = directory
    profile = profile_called(profile_name)
    settings = settings_of(profile, flags).settings
    click.echo(f"ok       settings   {profile.settings_file}")
    looks: list[tuple[str, Callable[[], str]]] = [
        ("folder", partial(folder, settings)),
        ("address", partial(address, profile, settings)),
        ("kernel", partial(kernel, profile, settings)),
        ("tls", partial(tls, settings, insecure=insecure)),
        ("access", partial(exposure, profile, settings, insecure=insecure, setup=setup, allow_root=allow_root)),
    ]
    codes = [look(name, function) for name, function in looks]
    click.get_current_context().exit(next((code for code in codes if code), 0))


def look(name: str, function: Callable[[], str]) -> int:
    try:
        click.echo(f"ok       {name:10} {function()}")
    except OctavoError as error:
        click.echo(f"not ok   {name:10} {error.message}")
        if error.hint:
            click.echo(f"{'':20}{error.hint}")
        return errors.exit_code(error)
    return 0


def folder(settings: schema.Settings) -> str:
    root = root_folder(settings.files)
    if not os.access(root, os.R_OK | os.X_OK):
        raise Denied(f"{root} cannot be read.", hint="Serve as a user that may, or another folder.")
    return f"{root}" if os.access(root, os.W_OK) else f"{root} (notebooks can be run, but not saved there)"


def address(profile: Profile, settings: schema.Settings) -> str:
    """The port must be free, unless it is this profile's own server that has it."""
    ip, port = settings.server.ip, settings.server.port
    running = holder(profile)
    try:
        with socket.create_server((ip, port), family=socket.AF_INET6 if ":" in ip else socket.AF_INET):
            pass
    except OSError as error:
        if running is not None and port == port_of(running.address):
            return f"{running.address} (served now, by process {running.pid})"
        raise Unavailable(
            f"{ip} port {port} cannot be listened on: {error.strerror}.", hint="Name another: --port N"
        ) from error
    return f"{ip} port {port or '(a free one)'}"


def port_of(address: str) -> int | None:
    parts = urlsplit(address)
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def kernel(profile: Profile, settings: schema.Settings) -> str:
    spec = Catalogue.of(settings.kernels, profile.directory, root_folder(settings.files)).startable(
        settings.kernels.default
    )
    return f"{spec.name} ({spec.display_name})"


def tls(settings: schema.Settings, *, insecure: bool) -> str:
    """A pair of files must be one that can be served; what is wrong with it otherwise is said."""
    mode = chosen(settings, insecure=insecure)
    if mode != "files":
        return mode
    _, description = taken(files_of(settings.tls))
    until = time.strftime("%Y-%m-%d", time.gmtime(description.ends))
    said = complaints(description, settings.tls.domains, time.time())
    return " ".join([f"{settings.tls.certificate}, until {until}.", *said])


def exposure(profile: Profile, settings: schema.Settings, *, insecure: bool, setup: bool, allow_root: bool) -> str:
    with Access.open(profile.directory, settings.access) as access:
        has_password = access.has_password()
    verdict = decide(
        ip=settings.server.ip,
        tls=chosen(settings, insecure=insecure) != "off",
        behind_proxy=bool(settings.server.trusted_proxies),
        insecure=insecure,
        has_password=has_password,
        setup=setup,
        root=os.geteuid() == 0,
        allow_root=allow_root,
    )
    if isinstance(verdict, Refuse):
        raise Denied(verdict.sentence, hint=verdict.hint)
    notes = (
        list(verdict.warnings)
        if has_password
        else ["no password yet: the start asks for one, or makes a one-time link", *verdict.warnings]
    )
    return "\n".join([notes[0], *(f"{'':20}{note}" for note in notes[1:])]) if notes else "a password is set"
