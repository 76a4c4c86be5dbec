"""`octavo profile list|create|show|delete`."""

import os

import click

from octavo.access.access import Access
from octavo.cli.options import profile_called, profile_option, settings_of
from octavo.settings import profiles
from octavo.settings.profiles import Profile


@click.group("profile")
def command() -> None:
    """List, create, show and delete profiles."""


@command.command("list")
def list_() -> None:
    """Every profile, and where it is served now."""
    home = profiles.home(os.environ)
    for name in profiles.names(home):
        click.echo(f"{name:20} {running(profiles.at(home, name))}".rstrip())


@command.command("create")
@click.argument("name")
def create(name: str) -> None:
    """Make a profile; its settings begin as a copy of the default profile's."""
    profile = profiles.create(profiles.home(os.environ), name)
    click.echo(f"Made {profile.directory}\nServe it: octavo serve --profile {name}")


@command.command("show")
@click.argument("name", required=False)
@profile_option
def show(name: str | None, profile_name: str) -> None:
    """Where a profile is, and its state."""
    profile = profile_called(name or profile_name)
    settings = settings_of(profile).settings
    with Access.open(profile.directory, settings.access) as access:
        password, tokens = access.has_password(), len(access.tokens())
    for label, text in (
        ("name", profile.name),
        ("directory", profile.directory),
        ("settings", profile.settings_file),
        ("sockets", profiles.run_directory(profile, settings.kernels.run_directory)),
        ("served", running(profile) or "no"),
        ("password", "set" if password else "not set"),
        ("tokens", tokens),
    ):
        click.echo(f"{label:10} {text}")


@command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, yes: bool) -> None:
    """Delete a profile: its settings, logins, kept results and bin. The notebooks stay."""
    home = profiles.home(os.environ)
    profile = profiles.find(home, name)
    run = profiles.run_directory(profile, settings_of(profile).settings.kernels.run_directory)
    if not yes:
        click.confirm(f"Delete {profile.directory}, with results that are kept only there?", abort=True, err=True)
    profiles.delete(home, name, run=run)
    click.echo(f"Deleted {profile.directory}")


def running(profile: Profile) -> str:
    holder = profiles.holder(profile)
    return "" if holder is None else f"{holder.address or 'starting'} (process {holder.pid})"
