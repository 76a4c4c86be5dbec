"""nbformat 2 and 3 to 4.4, on decoded JSON. Says the same as Jupyter's own upgrade; never fails on odd input."""

import json
from typing import Any

from octavo.notebook.jsontext import Lines

_MIMES = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
    "pdf": "application/pdf",
}

Json = dict[str, Any]


def upgrade(old: Json) -> Json:
    """The notebook as nbformat 4.4. Worksheets become one list of cells."""
    sheets = old.get("worksheets")
    metadata = dict(old["metadata"]) if isinstance(old.get("metadata"), dict) else {}
    metadata.pop("name", None)
    metadata.pop("signature", None)
    metadata["orig_nbformat"] = old.get("orig_nbformat") or old.get("nbformat")
    cells = [_cell(cell) for sheet in _objects(sheets) for cell in _objects(sheet.get("cells"))]
    known = {"worksheets", "metadata", "nbformat", "nbformat_minor", "orig_nbformat", "orig_nbformat_minor"}
    rest = {key: value for key, value in old.items() if key not in known}
    return {**rest, "cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}


def _objects(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> Lines:
    """A text that may stand as lines; early writers left out the line feeds."""
    if isinstance(value, list):
        lines = [line for line in value if isinstance(line, str)]
        has_ends = bool(lines) and lines[0].endswith(("\n", "\r"))
        return Lines(("" if has_ends else "\n").join(lines))
    return Lines(value if isinstance(value, str) else "")


def _cell(old: Json) -> Json:
    cell = dict(old)
    if not isinstance(cell.get("metadata"), dict):
        cell["metadata"] = {}
    for key in ("language", "rendered"):
        cell.pop(key, None)
    kind = cell.get("cell_type")
    if kind == "code":
        if "collapsed" in cell:
            cell["metadata"] = {**cell["metadata"], "collapsed": cell.pop("collapsed")}
        cell["source"] = _text(cell.pop("input", cell.get("source")))
        cell["execution_count"] = cell.pop("prompt_number", None)
        cell["outputs"] = [_output(output) for output in _objects(cell.get("outputs"))]
    elif kind == "html":
        cell["cell_type"] = "markdown"
    elif kind == "heading":
        level = cell.pop("level", 1)
        hashes = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1)
        cell |= {"cell_type": "markdown", "source": f"{hashes} {' '.join(_text(cell.get('source')).splitlines())}"}
    return {**cell, "source": _text(cell.get("source"))}


def _output(old: Json) -> Json:
    kind = old.get("output_type")
    if kind == "pyerr":
        return {**old, "output_type": "error"}
    if kind == "stream":
        output = {key: value for key, value in old.items() if key not in ("stream", "metadata")}
        return {**output, "name": old.get("stream", "stdout"), "text": _text(old.get("text"))}
    if kind not in ("pyout", "display_data"):
        return old
    shown = {key: value for key, value in old.items() if key not in ("output_type", "prompt_number", "metadata")}
    data = _to_mimes({key: _text(value) if isinstance(value, list) else value for key, value in shown.items()})
    try:
        if "application/json" in data:
            data["application/json"] = json.loads(_text(data["application/json"]))
    except (ValueError, RecursionError):
        data["application/json"] = _text(data["application/json"])
    metadata = _to_mimes(old["metadata"]) if isinstance(old.get("metadata"), dict) else {}
    output = {"output_type": "display_data", "data": data, "metadata": metadata}
    return (
        {**output, "output_type": "execute_result", "execution_count": old.get("prompt_number")}
        if kind == "pyout"
        else output
    )


def _to_mimes(values: Json) -> Json:
    return {_MIMES.get(key, key): value for key, value in values.items()}
