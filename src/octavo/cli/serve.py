"""`octavo serve [DIR]`: in the foreground, this process is the web process."""

import logging
import os
import sys
from functools import partial

import click

from octavo.access.access import Access
from octavo.certs.policy import chosen
from octavo.cli import terminal
from octavo.cli.options import Flag, profile_called, profile_option, setting_flags, settings_of, start_flags
from octavo.errors import Denied
from octavo.settings import schema
from octavo.settings.exposure import Refuse, decide
from octavo.settings.load import root_folder
from octavo.settings.logs import logging_to
from octavo.settings.options import ServeOptions, TlsMode
from octavo.settings.profiles import Profile, WebLock

log = logging.getLogger("octavo.cli")


@click.command("serve")
@click.argument("directory", metavar="[DIR]", required=False)
@profile_option
@start_flags
@setting_flags
def command(
    directory: str | None, profile_name: str, insecure: bool, setup: bool, allow_root: bool, **flags: Flag
) -> None:
    """Serve the notebooks in DIR (or files.root, or the working directory) until Ctrl-C."""
    if directory is not None:
        flags["files__root"] = directory
    profile = profile_called(profile_name)
    settings = settings_of(profile, flags).settings
    root_folder(settings.files)
    with WebLock.take(profile) as lock, logging_to(profile.log_directory, settings.log, sys.stderr):
        tls = chosen(settings, insecure=insecure)
        setup = let_start(profile, settings, tls, insecure=insecure, setup=setup, allow_root=allow_root)
        options = ServeOptions(
            setup=setup,
            insecure=insecure,
            allow_root=allow_root,
            tls=tls,
            listening=partial(terminal.announce, settings, profile, lock),
        )
        from octavo.server import serve  # here, so that `--help` and a refused start do not load everything

        serve(settings, profile, options)


def let_start(
    profile: Profile, settings: schema.Settings, tls: TlsMode, *, insecure: bool, setup: bool, allow_root: bool
) -> bool:
    """Apply the rules; ask for a first password where somebody is there to answer. Returns whether only setup may be seen."""
    with Access.open(profile.directory, settings.access) as access:
        asks = not access.has_password() and not setup and terminal.is_there()
        verdict = decide(
            ip=settings.server.ip,
            tls=tls != "off",
            behind_proxy=bool(settings.server.trusted_proxies),
            insecure=insecure,
            has_password=access.has_password() or asks,
            setup=setup,
            root=os.geteuid() == 0,
            allow_root=allow_root,
        )
        if isinstance(verdict, Refuse):
            raise Denied(verdict.sentence, hint=verdict.hint)
        for warning in verdict.warnings:
            log.warning("%s", warning)
        if asks:
            click.echo(f"Profile {profile.name} has no password yet.", err=True)
            terminal.choose_password(access, "Choose one")
        return verdict.setup_only
