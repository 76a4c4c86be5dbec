"""Settings from where people write them: defaults < profile file < environment < flags. Each value remembers where it came from.

The environment is read here alone, and given in, so that a test owns it. Nothing is loaded twice: a room gets its section, frozen.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from octavo.errors import InvalidSetting, NotFound, StorageUnavailable
from octavo.settings import schema
from octavo.settings.environment import NAMES, PREFIX
from octavo.settings.keys import Value, find, keys, nearest, sections


class Loaded(NamedTuple):
    """`origins`: by key, "default" or the words that say where the value was written."""

    settings: schema.Settings
    origins: dict[str, str]


Layer = Mapping[str, tuple[Value, str]]
"""Values by key, each with its origin."""


def load(
    *, file: Path | None = None, environment: Mapping[str, str] | None = None, flags: Mapping[str, str] | None = None
) -> Loaded:
    """All layers, the later over the earlier. Raises `InvalidSetting`. A file that is not there has nothing to say."""
    layers: list[Layer] = []
    if file is not None:
        layers.append(file_layer(file))
    layers.append(environment_layer(environment or {}))
    layers.append(flag_layer(flags or {}))
    return build(layers)


def build(layers: list[Layer]) -> Loaded:
    values: dict[str, Value] = {name: key.default for name, key in keys().items()}
    origins = dict.fromkeys(values, "default")
    for layer in layers:
        for name, (value, origin) in layer.items():
            values[name], origins[name] = value, origin
    tree: dict[str, Any] = {
        section: struct(**{key.field: values[name] for name, key in keys().items() if key.section == section})
        for section, struct in sections().items()
    }
    return Loaded(schema.Settings(**tree), origins)


def value_of(settings: schema.Settings, name: str) -> Value:
    key = find(name)
    value: Value = getattr(getattr(settings, key.section), key.field)
    return value


def file_layer(file: Path) -> Layer:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise InvalidSetting(f"{file} is not UTF-8 text.", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise StorageUnavailable(f"{file} cannot be read: {error.strerror}.") from error
    return text_layer(text, str(file))


def text_layer(text: str, origin: str) -> Layer:
    """What the text of a settings file says."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidSetting(f"{origin} is not TOML: {error}.") from error
    layer: dict[str, tuple[Value, str]] = {}
    for section, fields in tree.items():
        if section not in sections():
            near = nearest(section, list(sections()))
            full = find_field(section)
            hint = f"Did you mean {full}?" if full else f"Did you mean [{near}]?" if near else None
            raise InvalidSetting(f"There is no section {section} ({origin}).", hint=hint)
        if not isinstance(fields, dict):
            raise InvalidSetting(f"{section} is a section, not a setting ({origin}).", hint=f"Write it as [{section}].")
        for field, value in fields.items():
            key = find(f"{section}.{field}", origin)
            layer[key.name] = key.checked(value, origin), origin
    return layer


def find_field(field: str) -> str | None:
    """The one key whose last part is `field`, for those who left the section out."""
    return next((name for name, key in keys().items() if key.field == field), None)


def environment_layer(environment: Mapping[str, str]) -> Layer:
    layer: dict[str, tuple[Value, str]] = {}
    by_name = {key.environment: key for key in keys().values()}
    squeezed = {name.replace("__", "_"): name for name in by_name}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name in NAMES:
            continue
        if name in by_name:
            origin = f"environment {name}"
            layer[by_name[name].name] = by_name[name].from_text(text, origin), origin
        elif "__" in name:
            near = nearest(name, list(by_name))
            raise InvalidSetting(
                f"{name} in the environment names no setting.",
                hint=f"Did you mean {near}?" if near else f"Unset {name}.",
            )
        elif name in squeezed:
            raise InvalidSetting(
                f"{name} in the environment names no setting.",
                hint=f"Section and setting are joined by two underscores: {squeezed[name]}.",
            )
    return layer


def flag_layer(flags: Mapping[str, str]) -> Layer:
    """`flags`: text by key, as a command line gives it."""
    layer: dict[str, tuple[Value, str]] = {}
    for name, text in flags.items():
        key = find(name)
        origin = f"flag {key.flag}"
        layer[name] = key.from_text(text, origin), origin
    return layer


def root_folder(files: schema.Files) -> Path:
    """The folder of the notebooks, absolute. Raises `NotFound` where there is none."""
    root = Path(files.root or ".").expanduser().absolute()
    if not root.is_dir():
        raise NotFound(f"There is no folder {root}.", hint="Make it, or name another: octavo serve DIR")
    return root
