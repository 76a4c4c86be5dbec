"""`octavo config show|get|set|path`: the settings of a profile, where each came from, and its file."""

import click

from octavo.cli.options import Flag, profile_called, profile_option, setting_flags, settings_of
from octavo.errors import StorageUnavailable
from octavo.settings.edit import rendered, set_key
from octavo.settings.keys import find, keys, sections
from octavo.settings.load import file_layer, value_of
from octavo.settings.profiles import write_privately


@click.group("config")
def command() -> None:
    """Show and change settings."""


@command.command("show")
@click.option("--origin", is_flag=True, help="Say of each value where it comes from.")
@profile_option
@setting_flags
def show(origin: bool, profile_name: str, **flags: Flag) -> None:
    """Every setting as it counts, as TOML. Flags are those of `octavo serve`."""
    loaded = settings_of(profile_called(profile_name), flags)
    for section in sections():
        click.echo(f"[{section}]")
        for name, key in keys().items():
            if key.section == section:
                line = f"{key.field} = {rendered(value_of(loaded.settings, name))}"
                click.echo(f"{line}  # {loaded.origins[name]}" if origin else line)
        click.echo()


@command.command("get")
@click.argument("key")
@profile_option
def get(key: str, profile_name: str) -> None:
    """One setting as it counts; a list one item a line."""
    value = value_of(settings_of(profile_called(profile_name)).settings, key)
    click.echo("\n".join(value) if isinstance(value, list) else value if isinstance(value, str) else rendered(value))


@command.command("set")
@click.argument("key")
@click.argument("value")
@profile_option
def set_(key: str, value: str, profile_name: str) -> None:
    """Write a setting to the profile's file; it counts from the next start. A list is separated by commas."""
    profile = profile_called(profile_name)
    file_layer(profile.settings_file)  # a file that is wrong already is not written to
    setting = find(key)
    with open(profile.settings_file, encoding="utf-8", newline="") as file:
        text = file.read()
    changed = set_key(text, setting, setting.from_text(value, "given to config set"))
    try:
        write_privately(profile.settings_file, changed)
    except OSError as error:
        raise StorageUnavailable(f"{profile.settings_file} cannot be written: {error.strerror}.") from error
    origin = settings_of(profile).origins[key]
    if origin != str(profile.settings_file):
        click.echo(f"Written, but {origin} wins over the file.", err=True)


@command.command("path")
@profile_option
def path(profile_name: str) -> None:
    """Where the profile's settings file is."""
    click.echo(profile_called(profile_name).settings_file)
