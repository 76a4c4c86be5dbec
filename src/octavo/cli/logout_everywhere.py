"""`octavo logout-everywhere`."""

import anyio
import click

from octavo.access.access import Access
from octavo.cli.options import profile_called, profile_option, settings_of


@click.command("logout-everywhere")
@profile_option
def command(profile_name: str) -> None:
    """End every login, also on a running server. API tokens stay valid."""
    profile = profile_called(profile_name)
    with Access.open(profile.directory, settings_of(profile).settings.access) as access:
        anyio.run(access.logout_everywhere)
    click.echo("Every login has ended.")
