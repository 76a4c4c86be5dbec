"""`octavo kernels env set|list|remove`: variables and secrets for kernels, kept in the profile and never in a notebook."""

import sys

import click
import msgspec

from octavo.cli.options import profile_called, profile_option
from octavo.errors import Invalid
from octavo.kernels import variables

MASK = "••••••"


def kernel_option(function: click.decorators.FC) -> click.decorators.FC:
    return click.option("--kernel", metavar="NAME", help="For this kernel alone; else for all.")(function)


@click.group("env")
def command() -> None:
    """Keep environment variables and secrets for kernels. They count from a kernel's next start."""


@command.command("set")
@click.argument("name")
@kernel_option
@profile_option
def set_(name: str, kernel: str | None, profile_name: str) -> None:
    """Keep a variable. Its value is asked for, or is the whole of standard input; never an argument, which others could read."""
    profile = profile_called(profile_name)
    if sys.stdin.isatty():
        value = click.prompt(f"Value of {name}", hide_input=True, prompt_suffix=" (it is not shown): ")
    else:
        value = sys.stdin.read()
        value = value[:-1] if value.endswith("\n") else value
    if not value:
        raise Invalid(f"No value for {name} was given.", hint=f"For scripts: octavo kernels env set {name} < FILE")
    variables.put(profile.directory, name, value, kernel)
    click.echo(f"{name} is kept for {f'kernel {kernel}' if kernel else 'all kernels'}. It counts from the next start.")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@profile_option
def list_(as_json: bool, profile_name: str) -> None:
    """Which variables are kept, and for which kernel; never their values."""
    kept = variables.load(profile_called(profile_name).directory)
    rows = [(name, "") for name in sorted(kept.all)]
    rows += [(name, kernel) for kernel, values in sorted(kept.kernels.items()) for name in sorted(values)]
    if as_json:
        told = [{"name": name, "kernel": kernel or None} for name, kernel in rows]
        click.echo(msgspec.json.encode({"variables": told}).decode())
        return
    width = max((len(name) for name, _ in rows), default=0)
    for name, kernel in rows:
        click.echo(f"{name:{width}}  {MASK}  {f'kernel {kernel}' if kernel else 'all kernels'}")


@command.command("remove")
@click.argument("name")
@kernel_option
@profile_option
def remove(name: str, kernel: str | None, profile_name: str) -> None:
    """Forget a variable."""
    variables.remove(profile_called(profile_name).directory, name, kernel)
    click.echo(f"{name} is forgotten.")
