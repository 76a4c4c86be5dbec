"""The keys of the settings tree, read off the schema: type, default and help of each, and what its text form means.

A value comes as text (environment, flag) or as a TOML value; both end in the same Python value, or in `InvalidSetting` that names
the key, the value and what is wanted.
"""

import difflib
import json
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Literal

import msgspec
from msgspec import inspect

from octavo.errors import InvalidSetting
from octavo.settings import checks, schema
from octavo.settings.environment import PREFIX

Value = str | int | bool | list[str]
Kind = Literal["text", "number", "switch", "list"]

SHORT_FLAGS: Mapping[str, str] = {"tls.mode": "--tls", "tls.domains": "--domain"}
WORDS: Mapping[str, bool] = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. `convert` takes a Python value to the one that the schema holds."""

    section: str
    field: str
    kind: Kind
    default: Value
    description: str
    wanted: str
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.section}.{self.field}"

    @property
    def environment(self) -> str:
        return f"{PREFIX}{self.section}__{self.field}".upper()

    @property
    def flag(self) -> str:
        """`--port` for `server.port`, `--log-level` for `log.level`; a few that are typed often have shorter ones."""
        if self.name in SHORT_FLAGS:
            return SHORT_FLAGS[self.name]
        words = self.field if self.section == "server" else f"{self.section}_{self.field}"
        return "--" + words.replace("_", "-")

    def from_text(self, text: str, origin: str) -> Value:
        """What environment and flags mean: lists are separated by commas, or written as JSON."""
        if not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text):
            raise self.refusal(text, origin)  # bytes that are no UTF-8
        match self.kind:
            case "text":
                return self.checked(text, origin)
            case "number":
                try:
                    return self.checked(int(text), origin)
                except ValueError:
                    raise self.refusal(text, origin) from None
            case "switch":
                word = text.strip().lower()
                if word not in WORDS:
                    raise self.refusal(text, origin)
                return self.checked(WORDS[word], origin)
            case "list":
                if not text.lstrip().startswith("["):
                    return self.checked([part.strip() for part in text.split(",") if part.strip()], origin)
                try:
                    return self.checked(json.loads(text), origin)
                except ValueError:
                    raise self.refusal(text, origin) from None

    def checked(self, value: object, origin: str) -> Value:
        """`value`, if it is of the key's type, in its range, and means something."""
        try:
            right: Value = msgspec.convert(value, type=field_type(self.section, self.field))
            check = checks.CHECKS.get(self.name)
            return check(right) if check is not None else right
        except (msgspec.ValidationError, checks.Wrong):
            raise self.refusal(value, origin) from None

    def refusal(self, value: object, origin: str) -> InvalidSetting:
        return InvalidSetting(
            f"{self.name} cannot be {shown(value)} ({origin}).",
            hint=f"{self.name} takes {self.wanted}. {self.description}",
        )


def shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "…"


@cache
def field_type(section: str, field: str) -> object:
    """The annotated type of a field, with its range."""
    struct = sections()[section]
    return msgspec.structs.fields(struct)[[f.name for f in msgspec.structs.fields(struct)].index(field)].type


@cache
def sections() -> dict[str, type[schema.Section]]:
    return {field.name: field.type for field in msgspec.structs.fields(schema.Settings)}


@cache
def keys() -> dict[str, Key]:
    """Every setting by name, in the schema's order."""
    made = [
        key_of(section, field) for section, struct in sections().items() for field in msgspec.structs.fields(struct)
    ]
    return {key.name: key for key in made}


def key_of(section: str, field: msgspec.structs.FieldInfo) -> Key:
    info = inspect.type_info(field.type)
    description = ""
    if isinstance(info, inspect.Metadata):
        description = str((info.extra_json_schema or {}).get("description", ""))
        info = info.type
    choices = choices_of(field.type) if isinstance(info, inspect.LiteralType) else ()
    kind, wanted = form_of(info, choices)
    name = f"{section}.{field.name}"
    default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return Key(
        section=section,
        field=field.name,
        kind=kind,
        default=default,
        description=description,
        wanted=checks.WANTED.get(name, wanted),
        choices=choices,
    )


def form_of(info: inspect.Type, choices: tuple[str, ...]) -> tuple[Kind, str]:
    match info:
        case inspect.BoolType():
            return "switch", "true or false"
        case inspect.IntType(ge=low, le=high):
            return "number", whole_number(low, high)
        case inspect.StrType():
            return "text", "a text"
        case inspect.LiteralType():
            return "text", "one of " + ", ".join(choices)
        case inspect.ListType(item_type=inspect.StrType()):
            return "list", "a list of texts"
    raise TypeError(f"a setting cannot have the type {info}")


def choices_of(annotated: object) -> tuple[str, ...]:
    """A literal's values in the order in which they are written (msgspec sorts them)."""
    return typing.get_args(typing.get_args(annotated)[0])


def whole_number(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"a whole number from {low} to {high}"
    if low is not None:
        return f"a whole number of {low} or more"
    return "a whole number"


def nearest(name: str, names: Sequence[str], *, key: Callable[[str], str] = str) -> str | None:
    """The one of `names` that a mistyped `name` most likely meant."""
    by = {key(one): one for one in names}
    found = difflib.get_close_matches(key(name), list(by), n=1, cutoff=0.5)
    return by[found[0]] if found else None


def find(name: str, origin: str = "") -> Key:
    """The key called `name`; raises `InvalidSetting` that names the nearest one."""
    if name in keys():
        return keys()[name]
    place = f" ({origin})" if origin else ""
    if name in sections():
        raise InvalidSetting(f"{name} is a section, not a setting{place}.", hint=f"A setting is called {name}.NAME.")
    near = nearest(name, list(keys()))
    hint = f"Did you mean {near}?" if near else "`octavo config show` lists every setting."
    raise InvalidSetting(f"There is no setting {name}{place}.", hint=hint)
