"""`octavo login-link`: a one-time link, for a first password, a forgotten one, or another device."""

import click

from octavo.access.access import Access
from octavo.certs.policy import chosen
from octavo.cli.options import profile_called, profile_option, settings_of
from octavo.settings.addresses import address_of, link_of
from octavo.settings.profiles import holder


@click.command("login-link")
@profile_option
def command(profile_name: str) -> None:
    """Make a one-time link; an earlier one ends. The link is the last line."""
    profile = profile_called(profile_name)
    settings = settings_of(profile).settings
    running = holder(profile)
    with Access.open(profile.directory, settings.access) as access:
        code = access.make_link()
    if running is None or not running.address:
        click.echo(f"Octavo does not serve profile {profile.name} now. Start it within 15 minutes, and open:", err=True)
    else:
        click.echo(
            "It works once, for 15 minutes. Where it opens without its end, type the code into the field.", err=True
        )
    address = (running and running.address) or address_of(
        settings, settings.server.port, tls=chosen(settings, insecure=False) != "off"
    )
    click.echo(link_of(address, code))
