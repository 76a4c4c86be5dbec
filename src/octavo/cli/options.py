"""Options that several commands share: `--profile`, one flag for every setting, and what permits a start of the server."""

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from octavo.settings import profiles
from octavo.settings.environment import PROFILE
from octavo.settings.keys import Key, keys
from octavo.settings.load import Loaded, load
from octavo.settings.profiles import Profile

Function = TypeVar("Function", bound=Callable[..., Any])
Flag = bool | str | tuple[str, ...] | None


def profile_option(function: Function) -> Function:
    return click.option(
        "--profile", "profile_name", default=profiles.DEFAULT, envvar=PROFILE, metavar="NAME", help="Profile to use."
    )(function)


def profile_called(name: str) -> Profile:
    return profiles.find(profiles.home(os.environ), name)


def settings_of(profile: Profile, flags: Mapping[str, Flag] | None = None) -> Loaded:
    return load(file=profile.settings_file, environment=os.environ, flags=flag_texts(flags or {}))


def setting_flags(function: Function) -> Function:
    """A flag for every setting, made from the schema; each arrives as an argument of the flag's own name."""
    for key in reversed(keys().values()):
        function = click.option(*declaration(key), **form(key))(function)
    return function


def argument_of(key: Key) -> str:
    return f"{key.section}__{key.field}"


def declaration(key: Key) -> tuple[str, str]:
    names = f"{key.flag}/--no-{key.flag.removeprefix('--')}" if key.kind == "switch" else key.flag
    return names, argument_of(key)


def form(key: Key) -> dict[str, Any]:
    shared: dict[str, Any] = {"default": None, "help": f"{key.description} [{key.name}]"}
    match key.kind:
        case "switch":
            return shared
        case "list":
            return {**shared, "multiple": True, "metavar": "TEXT,…"}
        case "number":
            return {**shared, "metavar": "NUMBER"}
        case _:
            return {**shared, "metavar": "|".join(key.choices) or "TEXT"}


def flag_texts(flags: Mapping[str, Flag]) -> dict[str, str]:
    """The flags that were given, as text by key: what `load` takes."""
    texts: dict[str, str] = {}
    for name, key in keys().items():
        match flags.get(argument_of(key)):
            case None | ():
                continue
            case bool() as switch:
                texts[name] = str(switch)
            case str() as text:
                texts[name] = text
            case parts:
                texts[name] = ",".join(parts)
    return texts


def start_flags(function: Function) -> Function:
    """What permits a start that the rules of `settings.exposure` refuse otherwise."""
    for name, text in reversed(
        (
            ("--insecure", "Listen beyond this machine without TLS, in a network that you trust."),
            ("--setup", "Listen without a password: only a one-time link answers, and sets it."),
            ("--allow-root", "Let root listen beyond this machine."),
        )
    ):
        function = click.option(name, is_flag=True, help=text)(function)
    return function
