"""The words of a notebook: cells with their text and outputs, as every room speaks of them.

Not how a file spells them (`codec`), and not the shared document (`document/`). All texts are free of lone surrogates.
"""

import re
from typing import Any

import msgspec

from octavo.ids import CellId

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
    """`value` with every lone surrogate replaced: neither UTF-8 nor the shared document can hold one."""
    match value:
        case str():
            return value if value.isascii() else SURROGATE.sub("\ufffd", value)
        case list():
            return [clean(item) for item in value]
        case dict():
            return {clean(key): clean(item) for key, item in value.items()}
        case _:
            return value


def is_json_mime(mime: str) -> bool:
    """Does a value of this type stand in the notebook as JSON, so that a list is a list and not lines of text?"""
    return mime == "application/json" or (mime.startswith("application/") and mime.endswith("+json"))
