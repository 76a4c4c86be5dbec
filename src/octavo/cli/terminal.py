"""What is said to and asked of the person at the terminal when the server starts."""

import os
import sys
import threading
import webbrowser

import anyio
import click

from octavo.access.access import LINK_FILE, Access
from octavo.cli import errors
from octavo.errors import Invalid
from octavo.settings import schema
from octavo.settings.addresses import address_of, link_of
from octavo.settings.options import Secured
from octavo.settings.profiles import Profile, WebLock, write_privately


def is_there() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def choose_password(access: Access, question: str) -> None:
    """Ask twice, unseen, until it is one that will do."""
    while True:
        password: str = click.prompt(question, hide_input=True, confirmation_prompt="The same again", err=True)
        try:
            anyio.run(access.set_password, password)
        except Invalid as error:
            errors.say(error)
        else:
            return


def announce(
    settings: schema.Settings, profile: Profile, lock: WebLock, port: int, secured: Secured | None = None
) -> None:
    """Say where the server is and how to log in; called when it listens."""
    address = address_of(settings, port, tls=secured is not None)
    lock.describe(address)
    click.echo(f"Octavo is at {address}")
    if secured is not None and not secured.trusted:
        click.echo(
            f"Browsers will warn of its certificate. Go on only if they show this SHA-256 fingerprint:\n  {secured.fingerprint}"
        )
    with Access.open(profile.directory, settings.access) as access:
        if access.has_password():
            click.echo(f"Log in with the password of profile {profile.name}. (Forgotten? octavo password)")
            page = address
        else:
            page = link_of(address, access.make_link())
            offer(page, profile)
    if settings.server.open and is_there() and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start()


def offer(link: str, profile: Profile) -> None:
    """The one-time link goes to a person's eyes or to a file of the owner's, never into a log."""
    if sys.stdout.isatty():
        click.echo(f"Choose a password with this link. It works once, for 15 minutes:\n  {link}")
        return
    file = profile.directory / LINK_FILE
    write_privately(file, link + "\n")
    click.echo(f"No password is set. A link to choose one, good once and for 15 minutes, is in {file}")
