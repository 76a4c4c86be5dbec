"""Set one key in the text of a settings file and leave every other byte alone: comments, order, spelling. Pure.

There is no TOML writer in the standard library, and one that writes a tree back would drop comments. So the text is cut into
statements, with `tomllib` itself as the judge of where each one ends, and the result is read back to prove that nothing else changed.
"""

import json
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from octavo.errors import Invalid
from octavo.settings.keys import Key, Value


class Statement(NamedTuple):
    """Lines `start` to `end` (exclusive) of a file: a table's header, or a key and its value. `path`: from the root."""

    start: int
    end: int
    path: tuple[str, ...]
    is_header: bool


def set_key(text: str, key: Key, value: Value) -> str:
    """`text` with `key` set to `value`. Raises `Invalid` where the file is written in a way that this cannot edit."""
    wanted = tomllib.loads(text)
    section = wanted.setdefault(key.section, {})
    if isinstance(section, dict):
        section[key.field] = value
    changed = write_key(text, key, rendered(value))
    try:
        proven = tomllib.loads(changed) == wanted
    except tomllib.TOMLDecodeError:
        proven = False
    if not proven:
        raise Invalid(f"{key.name} stands in the file in a way that Octavo cannot edit.", hint="Edit the file by hand.")
    return changed


def write_key(text: str, key: Key, value: str) -> str:
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if text.count("\r\n") > text.count("\n") / 2 else "\n"
    found = list(statements(lines))
    place = (key.section, key.field)
    for statement in found:
        if statement.path == place and not statement.is_header:
            lines[statement.start : statement.end] = [replaced("".join(lines[statement.start : statement.end]), value)]
            return "".join(lines)
    after = next(
        (s for s in reversed(found) if s.path[:1] == (key.section,) and (s.is_header or len(s.path) > 1)), None
    )
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    if after is None:
        blank = [newline] if lines and lines[-1].strip() else []
        lines += [*blank, f"[{key.section}]{newline}", f"{key.field} = {value}{newline}"]
    else:
        name = key.field if under_header(found, after, key.section) else key.name
        lines.insert(after.end, f"{name} = {value}{newline}")
    return "".join(lines)


def under_header(found: list[Statement], last: Statement, section: str) -> bool:
    """Does `[section]` govern the line after `last`? If not, its keys are written dotted at the top."""
    headers = [s for s in found if s.is_header and s.start <= last.start]
    return bool(headers) and headers[-1].path == (section,)


def statements(lines: list[str]) -> Iterator[Statement]:
    table: tuple[str, ...] = ()
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if not line or line.startswith("#"):
            at += 1
            continue
        end = at + 1
        while (tree := parsed("".join(lines[at:end]))) is None and end < len(lines):
            end += 1
        if line.startswith("["):
            table = path_of(tree or {})
            yield Statement(at, end, table, True)
        else:
            name, _, _ = cut_key("".join(lines[at:end]))
            yield Statement(at, end, table + path_of(parsed(f"{name}=0") or {}), False)
        at = end


def parsed(text: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def path_of(tree: dict[str, object]) -> tuple[str, ...]:
    path: tuple[str, ...] = ()
    node: object = tree
    while isinstance(node, dict) and len(node) == 1:
        name, node = next(iter(node.items()))
        path += (name,)
    return path


def cut_key(statement: str) -> tuple[str, str, str]:
    """A statement's key, the `=` with its blanks, and the rest."""
    at = -1
    while (at := statement.find("=", at + 1)) >= 0:
        if parsed(statement[:at] + "=0") is not None:
            rest = statement[at + 1 :]
            blank = rest[: len(rest) - len(rest.lstrip(" \t"))]
            return statement[:at], "=" + blank, rest[len(blank) :]
    return statement, "", ""


def replaced(statement: str, value: str) -> str:
    """The statement with another value; a comment behind it stays."""
    name, equals, old = cut_key(statement)
    last = len(old.rstrip("\r\n"))
    at = -1
    while (at := old.find("#", at + 1)) >= 0:
        if parsed("x=" + old[:at]) is not None:
            last = len(old[:at].rstrip())
            break
    return name + equals + value + old[last:]


def rendered(value: Value) -> str:
    """A value as TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return "[" + ", ".join(rendered(item) for item in value) + "]"
