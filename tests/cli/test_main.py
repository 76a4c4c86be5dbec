import subprocess
import sys

import click
import pytest

from octavo import __version__
from octavo.cli.main import COMMANDS
from octavo.cli.main import octavo as top

HELP = """
import sys
from octavo.cli.main import run
assert run(["--help"]) == 0
loaded = {name.split(".")[0] for name in sys.modules} & {"msgspec", "sqlite3", "asyncio", "anyio", "platformdirs", "argon2"}
sys.exit(f"--help loads {loaded}" if loaded else 0)
"""


def test_help_loads_no_command():
    ran = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert all(name in ran.stdout for name in COMMANDS)


def test_the_version_is_the_package_s(octavo):
    assert octavo("--version").out == f"octavo {__version__}\n"


def test_it_runs_as_a_module():
    ran = subprocess.run([sys.executable, "-m", "octavo", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == f"octavo {__version__}\n"


def commands():
    context = click.Context(top)
    for name in top.list_commands(context):
        command = top.get_command(context, name)
        assert command is not None
        yield from leaves(name, command)


def leaves(name, command):
    if not isinstance(command, click.Group):
        yield name, command
        return
    for sub, one in command.commands.items():
        yield from leaves(f"{name} {sub}", one)


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_says_what_it_does_and_takes_a_profile(name, command):
    assert command.help
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--profile" in options or name in {"profile list", "profile create", "profile delete"}


def test_the_list_of_commands_says_the_same_as_their_own_help():
    context = click.Context(top)
    for name in COMMANDS:
        command = top.get_command(context, name)
        assert command is not None
        assert command.name == name
