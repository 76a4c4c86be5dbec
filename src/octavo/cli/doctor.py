"""`octavo doctor`: says in plain words what holds on this machine and what does not. Exits 1 where something that a setting asks for is missing."""

import click
import msgspec

from octavo.cli.options import profile_called, profile_option, settings_of


@click.group("doctor")
def command() -> None:
    """Say what holds on this machine, and what does not."""


@command.command("kernels")
@profile_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def kernels(profile_name: str, as_json: bool) -> None:
    """Which protections of kernels hold."""
    from octavo.kernels import protections

    found = protections.look(settings_of(profile_called(profile_name)).settings.kernels)
    bad = any(one.matters and one.state == "missing" for one in found)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode({"good": not bad, "protections": found})).decode())
    else:
        for one in found:
            click.echo(f"{one.state:8} {one.name:16} {one.sentence}")
    click.get_current_context().exit(int(bad))
