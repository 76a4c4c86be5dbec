"""What may stand in a document, and how it is read (DESIGN §3, *Document*). Twin of `frontend/src/model/schema.ts`.

    cells    id -> {type, source: Text, position, deleted, split, metadata.K, attachments.K}
    meta     K -> value
    octavo   schema: number, written by the server alone
    text     of text documents; nothing writes it yet

`type` and `position` are plain strings, `source` is a Text; every other value is JSON in a string (`deleted`: a `Mark` or
null, `split`: `{"from": id}` or null). A key can be absent, so every reader has a default. Pure: no Y types in or out.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from octavo.document.positions import DEFAULT_POSITION, is_position
from octavo.ids import CellId

SCHEMA = 1
CELLS, META, OCTAVO, TEXT = "cells", "meta", "octavo", "text"
ROOTS = frozenset({CELLS, META, OCTAVO, TEXT})
TYPE, SOURCE, POSITION, DELETED, SPLIT = "type", "source", "position", "deleted", "split"
METADATA, ATTACHMENTS = "metadata.", "attachments."
DEFAULT_TYPE = "code"

MAX_UPDATE = 32 * 1024 * 1024
"""Bytes of one update by a client."""
MAX_NAME = 1024
"""Characters of a key of metadata, attachments or `meta`."""
MAX_MARK = 4096
"""Characters of `deleted` and `split`."""

_CELL_ID = re.compile("[a-zA-Z0-9_-]{1,64}")


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a cell is hidden. `by`: "new" (being made, not shown yet), "undo" (its making was undone), else who deleted it. `at`: seconds since
    1970. `into`: the cell that took its text in a merge. `client`: the Yjs client that is making it."""

    by: str = ""
    at: float = 0
    into: CellId | None = None
    client: int | None = None

    @property
    def is_new(self) -> bool:
        return self.by == "new"


class CellText(msgspec.Struct, frozen=True):
    """What people typed of one cell. `split`: the cell whose tail it was."""

    id: CellId
    type: str
    source: str
    metadata: dict[str, Any]
    attachments: dict[str, Any]
    deleted: Mark | None
    split: CellId | None


class Row(msgspec.Struct, frozen=True):
    """What the order needs to know of a cell, kept in Python for every cell."""

    type: str = DEFAULT_TYPE
    position: str = DEFAULT_POSITION
    deleted: str | None = None
    """The mark's JSON; None for a visible cell."""


def read_row(values: Mapping[str, object]) -> Row:
    kind, position, deleted = values.get(TYPE), values.get(POSITION), values.get(DELETED)
    return Row(
        kind if isinstance(kind, str) and kind else DEFAULT_TYPE,
        position if isinstance(position, str) and is_position(position) else DEFAULT_POSITION,
        deleted if isinstance(deleted, str) and read_mark(deleted) else None,
    )


def read_cell(cell: CellId, values: Mapping[str, object]) -> CellText:
    """A cell from the plain values of its map."""
    row = read_row(values)
    source = values.get(SOURCE)
    split = _json(values.get(SPLIT))
    origin = split.get("from") if isinstance(split, dict) else None
    return CellText(
        cell,
        row.type,
        source if isinstance(source, str) else "",
        read_values(values, METADATA),
        read_values(values, ATTACHMENTS),
        read_mark(row.deleted),
        CellId(origin) if isinstance(origin, str) else None,
    )


def read_mark(text: str | None) -> Mark | None:
    """None for a visible cell. Anything but a JSON object marks nothing."""
    value = _json(text)
    if not isinstance(value, dict):
        return None
    try:
        return msgspec.convert(value, Mark)
    except msgspec.ValidationError:
        return Mark(by=str(value.get("by", ""))[:MAX_NAME])


def read_values(values: Mapping[str, object], prefix: str = "") -> dict[str, Any]:
    """The JSON values under a prefix, by the rest of their key, sorted. One that is no JSON is left out."""
    found: dict[str, Any] = {}
    for key in sorted(values):
        text = values[key]
        if key.startswith(prefix) and isinstance(text, str):
            try:
                found[key.removeprefix(prefix)] = json.loads(text)
            except (ValueError, RecursionError):
                continue
    return found


def write_json(value: object) -> str:
    """One JSON text for one value, so that an unchanged value is no edit. ASCII: a lone surrogate has no UTF-8."""
    return json.dumps(value, separators=(",", ":"))


def write_mark(mark: Mark | None) -> str:
    return write_json(None if mark is None else msgspec.to_builtins(mark))


def is_cell_id(cell: object) -> bool:
    return isinstance(cell, str) and _CELL_ID.fullmatch(cell) is not None


def misfit_of_value(key: str, value: object) -> str:
    """Why a client may not write `value` at `key` of a cell; empty if it may. `source` is made with its cell and never set."""
    if not isinstance(value, str):
        return f"{key[:80]!r} holds no string"
    match key:
        case "type":
            return "" if 0 < len(value) <= 64 else "the type is empty or too long"
        case "position":
            return "" if len(value) <= MAX_NAME else "the position is too long"
        case "deleted" | "split":
            known = len(value) <= MAX_MARK and is_json(value) and isinstance(_json(value), dict | None)
            return "" if known else f"{key!r} is neither null nor a small object"
    if not key.startswith((METADATA, ATTACHMENTS)) or len(key) > MAX_NAME:
        return f"a cell has no key {key[:80]!r}"
    return "" if is_json(value) else f"{key[:80]!r} holds no JSON"


def misfit_of_meta(key: str, value: object) -> str:
    """Why a client may not write `value` at `key` of the notebook's metadata; empty if it may."""
    if len(key) > MAX_NAME:
        return "a key of the metadata is too long"
    return "" if isinstance(value, str) and is_json(value) else f"{key[:80]!r} holds no JSON"


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json(text: object) -> Any:
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
