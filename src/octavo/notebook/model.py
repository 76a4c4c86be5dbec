"""The words of a notebook: cells with their text and outputs, as every room speaks of them.

Not how a file spells them (`codec`), and not the shared document (`document/`). All texts are free of lone surrogates.
"""

import math
import re
from typing import Any

import msgspec

from octavo.ids import CellId

DEEPEST = 200
"""Levels of nesting that open. Every recursion over a notebook's values stays far inside Python's own limit."""

SURROGATE = re.compile("[\ud800-\udfff]")


class Cell(msgspec.Struct):
    """One cell. `type` is code, markdown or raw; an unknown one is kept as it is. `outputs`: nbformat's JSON, texts joined."""

    id: CellId
    type: str
    source: str
    metadata: dict[str, Any] = {}
    attachments: dict[str, Any] = {}
    outputs: list[dict[str, Any]] = []
    count: int | None = None


class Notebook(msgspec.Struct):
    cells: list[Cell]
    metadata: dict[str, Any] = {}


def source_hash(source: str) -> str:
    """8 hex digits, FNV-1a over UTF-8, to tell whether a source is still the one that ran; the page has the same function."""
    value = 0x811C9DC5
    for byte in SURROGATE.sub("\ufffd", source).encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{value:08x}"


def clean(value: Any) -> Any:
    """`value` with every lone surrogate replaced and integers beyond 64 bits as floats: neither UTF-8 nor the page can hold them."""
    match value:
        case str():
            return value if value.isascii() else SURROGATE.sub("\ufffd", value)
        case list():
            return [clean(item) for item in value]
        case dict():
            return {clean(key): clean(item) for key, item in value.items()}
        case int() if not -(2**63) <= value < 2**64:
            return float(value) if value.bit_length() < 1024 else math.inf if value > 0 else -math.inf
        case _:
            return value


def is_deep(value: Any) -> bool:
    """Is it nested deeper than recursions over it can stand?"""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            item
            for outer in level
            for item in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def is_json_mime(mime: str) -> bool:
    """Does a value of this type stand in the notebook as JSON, so that a list is a list and not lines of text?"""
    return mime == "application/json" or (mime.startswith("application/") and mime.endswith("+json"))
