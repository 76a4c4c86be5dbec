"""`octavo kernel-host`: this process becomes the kernel host, in the foreground, for a service of its own.

Its program replaces this one: nothing of the command line stays in memory.
"""

import os
import pwd
from collections.abc import Sequence

import click

from octavo import __version__
from octavo.cli.options import Flag, profile_called, profile_option, setting_flags, settings_of
from octavo.errors import Invalid
from octavo.settings.profiles import kernels_of, run_directory

NEVER = 100 * 365 * 24 * 3600
"""Seconds. Whoever keeps the service says when it ends."""


@click.command("kernel-host")
@profile_option
@click.option("--user", "users", multiple=True, metavar="NAME", help="Another user whose web process may connect.")
@setting_flags
def command(profile_name: str, users: Sequence[str], **flags: Flag) -> None:
    """Run a profile's kernel host until SIGTERM or Ctrl-C; kernels end with it.

    What it says goes to stderr. Exit code 0: it was told to end; 1: it cannot run, and says why.
    Set kernels.host to external, so that `octavo serve` waits for it and never starts one.
    """
    from octavo.kernels.connection import host_command  # here, so that `--help` does not load it

    profile = profile_called(profile_name)
    settings = settings_of(profile, flags).settings
    program = host_command(
        run_directory(profile, settings.kernels.run_directory), kernels_of(settings, profile), build=__version__
    )
    for name in users:
        program += ["--allow-user", str(_number(name))]
    program += ["--orphan-after", str(NEVER), "--foreground"]
    os.execv(program[0], program)


def _number(name: str) -> int:
    try:
        return int(name) if name.isdigit() else pwd.getpwnam(name).pw_uid
    except KeyError:
        raise Invalid(f"There is no user {name}.") from None
