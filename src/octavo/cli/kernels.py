"""`octavo kernels list|add|remove|check|env`: which kernels there are, and that they work."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from octavo.cli import kernel_variables
from octavo.cli.options import profile_called, profile_option, settings_of
from octavo.errors import Invalid, KernelUnavailable
from octavo.kernels import adding, environments, specs
from octavo.kernels.catalogue import Catalogue, Choice, by_language
from octavo.kernels.specs import KernelSpec
from octavo.settings.load import root_folder
from octavo.settings.profiles import Profile

if TYPE_CHECKING:
    from octavo.kernels.trying import Tried

INSTALLER = Path(__file__).parents[1] / "kernels" / "packages" / "installer.py"


@click.group("kernels")
def command() -> None:
    """See, add, remove and try kernels, and keep variables for them."""


command.add_command(kernel_variables.command)


def catalogue_of(profile: Profile) -> Catalogue:
    settings = settings_of(profile).settings
    return Catalogue.of(settings.kernels, profile.directory, root_folder(settings.files))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@profile_option
def list_(as_json: bool, profile_name: str) -> None:
    """Every kernel that a notebook can choose, what runs it, and why some cannot start."""
    profile = profile_called(profile_name)
    choices = [one for group in by_language(catalogue_of(profile).choices(), "python").values() for one in group]
    if as_json:
        click.echo(msgspec.json.encode({"kernels": [row(one) for one in choices]}).decode())
        return
    width = max(len(one.name) for one in choices)
    for one in choices:
        detail = f"not usable: {one.problem.sentence}" if one.problem else f"{one.version}  {one.program}".strip()
        click.echo(f"{one.name:{width}}  {one.display_name}  ({one.source})")
        click.echo(f"{'':{width}}  {detail}")


def row(one: Choice) -> dict[str, object]:
    return {
        "name": one.name,
        "display_name": one.display_name,
        "language": one.language,
        "source": one.source,
        "folder": one.spec.resource_dir if one.spec else None,
        "program": one.program,
        "version": one.version,
        "problem": one.problem.reason if one.problem else None,
        "why": one.problem.sentence if one.problem else None,
    }


@command.command("add")
@click.argument("environment", metavar="PATH_OR_ENV")
@click.option("--name", help="Name of the kernel; else that of the folder.")
@click.option("--display-name", default="", help="What the menu calls it.")
@click.option(
    "--env", "variables", multiple=True, metavar="K=V", help="A variable for it; no secrets: octavo kernels env"
)
@click.option("--install-ipykernel", is_flag=True, help="Install ipykernel into the environment, if it has none.")
@click.option("--user", is_flag=True, help="Into your own Jupyter folder, for other programs too.")
@click.option("--replace", is_flag=True, help="Over a kernel of that name.")
@click.option("--dry-run", is_flag=True, help="Show what would be written; write and install nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@profile_option
def add(
    environment: str,
    name: str | None,
    display_name: str,
    variables: Sequence[str],
    install_ipykernel: bool,
    user: bool,
    replace: bool,
    dry_run: bool,
    as_json: bool,
    profile_name: str,
) -> None:
    """Make a kernel of a virtual environment: its folder, its bin/python, or the name of one of conda's."""
    profile = profile_called(profile_name)
    folder = adding.environment_named(environment, os.environ)
    key = adding.checked_name(name if name is not None else adding.name_of(folder))
    spec = adding.spec_for(folder, key, display_name, pairs(variables))
    lacking = not environments.has_package(folder, "ipykernel")
    if lacking and not install_ipykernel:
        raise KernelUnavailable(
            f"The environment {folder} has no ipykernel, which a Python kernel needs.",
            hint="To install it there, run this again with --install-ipykernel.",
        )
    kernels = place(profile, user)
    path = kernels / key / "kernel.json"
    if dry_run:
        told = {"file": str(path), "kernel": msgspec.json.decode(adding.as_json(spec)), "installs_ipykernel": lacking}
        click.echo(msgspec.json.encode(told).decode() if as_json else text_of(told, spec))
        return
    if lacking:
        install(Path(spec.argv[0]))
    path = adding.write(kernels, spec, replace=replace)
    if as_json:
        click.echo(msgspec.json.encode({"name": key, "file": str(path), "installed_ipykernel": lacking}).decode())
    else:
        click.echo(f"Kernel {key} ({spec.display_name}) is in {path}.\nTry it: octavo kernels check {key}")


def text_of(told: Mapping[str, object], spec: KernelSpec) -> str:
    first = "ipykernel would be installed. " if told["installs_ipykernel"] else ""
    return f"{first}This would be written to {told['file']}:\n{adding.as_json(spec).decode()}".rstrip()


def pairs(variables: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in variables:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise Invalid(f"--env {text}: this is not NAME=VALUE.")
        found[key] = value
    return found


def place(profile: Profile, user: bool) -> Path:
    return (specs.user_folder(os.environ) if user else profile.directory) / "kernels"


def install(python: Path) -> None:
    """By the environment's own pip or uv; what it says goes to stderr."""
    with subprocess.Popen(
        [python, "-I", "-u", INSTALLER, "--", "ipykernel"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if not line.startswith("\x1e"):
                click.echo(line, nl=False, err=True)
    if running.returncode:
        raise KernelUnavailable(
            f"ipykernel could not be installed into the environment of {python}.",
            hint=f"See above. By hand: {python} -m pip install ipykernel",
        )


@command.command("remove")
@click.argument("name")
@click.option("--user", is_flag=True, help="From your own Jupyter folder.")
@profile_option
def remove(name: str, user: bool, profile_name: str) -> None:
    """Remove a kernel that was added. Its environment stays."""
    profile = profile_called(profile_name)
    folder = adding.remove(name, place(profile, user), catalogue_of(profile).specs())
    click.echo(f"Kernel {name} is removed; it was in {folder}.")


@command.command("check")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds that each may take to answer.")
@profile_option
def check(name: str | None, as_json: bool, timeout: float, profile_name: str) -> None:
    """Start a kernel, or each of them, and say what happened."""
    import anyio

    from octavo import __version__
    from octavo.kernels import trying

    profile = profile_called(profile_name)
    settings, catalogue = settings_of(profile).settings.kernels, catalogue_of(profile)
    names = [catalogue.find(name).name] if name is not None else [one.name for one in catalogue.choices()]
    folder = catalogue.root or Path.cwd()

    async def try_all() -> list[trying.Tried]:
        tried = []
        async with trying.own_host(settings, __version__) as host:
            for one in names:
                found = await trying.try_kernel(host, catalogue, one, settings, folder=folder, patience=timeout)
                tried.append(found)
                if not as_json:
                    say(found, max(map(len, names)))
        return tried

    tried = anyio.run(try_all)
    if as_json:
        click.echo(msgspec.json.encode({"kernels": tried}).decode())
    bad = [one.name for one in tried if not one.ok]
    if bad:
        click.get_current_context().exit(5)


def say(tried: "Tried", width: int) -> None:
    if tried.ok:
        click.echo(f"ok       {tried.name:{width}}  {tried.says}, answered after {tried.seconds:.1f} s")
        return
    click.echo(f"not ok   {tried.name:{width}}  {tried.why}")
    for line in tried.hint.splitlines():
        click.echo(f"{'':{width + 11}}{line}")
    sys.stdout.flush()
