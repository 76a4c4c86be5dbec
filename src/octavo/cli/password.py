"""`octavo password`: never on the command line and never from the environment, where others could read it."""

import sys

import anyio
import click

from octavo.access.access import Access
from octavo.cli import terminal
from octavo.cli.options import profile_called, profile_option, settings_of
from octavo.errors import Invalid


@click.command("password")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read it from the first line of standard input.")
@profile_option
def command(from_stdin: bool, profile_name: str) -> None:
    """Set or change the password. Every login ends at once, also on a running server."""
    profile = profile_called(profile_name)
    with Access.open(profile.directory, settings_of(profile).settings.access) as access:
        if from_stdin:
            anyio.run(access.set_password, sys.stdin.readline().rstrip("\r\n"))
        elif sys.stdin.isatty():
            terminal.choose_password(access, f"New password of profile {profile.name}")
        else:
            raise Invalid("There is no terminal to ask at.", hint="For scripts: octavo password --stdin")
        tokens = len(access.tokens())
    click.echo("The password is set; every login has ended.")
    if tokens:
        click.echo(f"API tokens stay valid: {tokens}. (octavo token list)")
