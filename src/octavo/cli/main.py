"""The command `octavo`: which commands there are, and the way out of each. A command's file is imported when it is called, not before."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import click

from octavo import __version__
from octavo.cli import errors
from octavo.errors import OctavoError


class Entry(NamedTuple):
    """Where a command is (`module`, whose `command` it is), and its line in the help."""

    module: str
    help: str


COMMANDS: Mapping[str, Entry] = {
    "serve": Entry("octavo.cli.serve", "Serve a folder of notebooks."),
    "kernel-host": Entry("octavo.cli.kernel_host", "Run the kernel host in the foreground, for a service of its own."),
    "check": Entry("octavo.cli.check", "Say whether `serve` would work, without serving."),
    "kernels": Entry("octavo.cli.kernels", "See, add, remove and try kernels; keep variables for them."),
    "doctor": Entry("octavo.cli.doctor", "Say which protections hold on this machine."),
    "config": Entry("octavo.cli.config", "Show and change settings."),
    "profile": Entry("octavo.cli.profile", "List, create, show and delete profiles."),
    "password": Entry("octavo.cli.password", "Set or change the password."),
    "login-link": Entry("octavo.cli.login_link", "Make a one-time link to log in with."),
    "logout-everywhere": Entry("octavo.cli.logout_everywhere", "End every login."),
    "token": Entry("octavo.cli.token", "Create, list and revoke API tokens."),
}


class Commands(click.Group):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = importlib.import_module(entry.module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


@click.command("octavo", cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="octavo %(version)s")
def octavo() -> None:
    """Your own notebook on the public web, on the smallest server you can rent."""


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    try:
        code = octavo.main(list(arguments), prog_name="octavo", standalone_mode=False)
    except OctavoError as error:
        errors.say(error)
        return errors.exit_code(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo(err=True)
        return errors.ABORTED
    return code if isinstance(code, int) else 0


def main() -> None:
    sys.exit(run(sys.argv[1:]))
