"""`octavo token create|list|revoke`: API tokens for programs; with or without a running server."""

import time

import click

from octavo.access.access import Access
from octavo.cli.options import profile_called, profile_option, settings_of


def access_of(profile_name: str) -> Access:
    profile = profile_called(profile_name)
    return Access.open(profile.directory, settings_of(profile).settings.access)


@click.group("token")
def command() -> None:
    """Create, list and revoke API tokens."""


@command.command("create")
@click.argument("name")
@profile_option
def create(name: str, profile_name: str) -> None:
    """Make a token. Its text is the last line, and is never shown again."""
    with access_of(profile_name) as access:
        text = access.create_token(name)
    click.echo(f"Token {name}. Send it as `Authorization: token …`; whoever has it can do what you can.", err=True)
    click.echo(text)


@command.command("list")
@profile_option
def list_(profile_name: str) -> None:
    """Every token by name, when it was made and last used."""
    with access_of(profile_name) as access:
        for token in access.tokens():
            used = f"used {day(token.used)}" if token.used is not None else "not used yet"
            click.echo(f"{token.name:24} made {day(token.created)}   {used}")


@command.command("revoke")
@click.argument("name")
@profile_option
def revoke(name: str, profile_name: str) -> None:
    """End a token; what is connected with it is cut off within 2 seconds."""
    with access_of(profile_name) as access:
        access.revoke_token(name)
    click.echo(f"Token {name} is revoked.")


def day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds))
