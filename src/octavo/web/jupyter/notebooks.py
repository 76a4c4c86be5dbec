"""A notebook file as the JSON of Jupyter's contents API, and back. Pure.

The API speaks nbformat 4 with joined texts, with everything in it that the file has. What comes back is put into the
file's own text, so that what a client did not touch keeps its bytes. Who trusts what is never read from a notebook.
"""

import json
from collections.abc import Callable
from typing import Any

from octavo.errors import Invalid, InvalidNotebook
from octavo.notebook import codec, jsontext
from octavo.notebook.jsontext import Lines, Style
from octavo.notebook.model import clean, is_json_mime

Json = dict[str, Any]
Change = Callable[[Any, str], Any]


def decode(body: bytes) -> Any:
    """A request's JSON, also where it holds what JSON should not (NaN, lone surrogates), as some clients send. Raises `Invalid`."""
    try:
        return clean(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise Invalid("Invalid JSON in body of request") from error


def to_json(data: bytes) -> Json:
    """The notebook in `data` as nbformat 4. Raises `InvalidNotebook`."""
    text, start = _text(codec.read(data).frame.data)
    content: Json = jsontext.decode(text[start:])
    content["cells"] = [_with_texts(cell, _join) for cell in content["cells"]]
    return content


def from_json(content: object, old: bytes | None) -> bytes:
    """The file for what a client sent, in the layout of the `old` file if it is a notebook. Raises `Invalid`."""
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list) or content.get("nbformat") != 4:
        raise InvalidNotebook(
            "This is not a notebook of nbformat 4.", hint="Send an object with cells, metadata and nbformat 4."
        )
    cells = [_untrusted(cell) if isinstance(cell, dict) else cell for cell in content["cells"]]
    new = {**content, "cells": [_with_texts(cell, _split) for cell in cells]}
    try:
        data = _revised(old, new) if old is not None else None
        if data is None:
            data = _encoded(jsontext.encode(new, Style()) + "\n")
    except RecursionError as error:
        raise InvalidNotebook("This notebook is nested too deep.") from error
    codec.read(data)  # what could not be opened again is not saved
    return data


def is_older_format(data: bytes) -> bool:
    """Will the next save upgrade it to nbformat 4?"""
    try:
        return codec.read(data).upgraded
    except InvalidNotebook:
        return False


def _revised(old: bytes, new: Json) -> bytes | None:
    try:
        frame = codec.read(old).frame
    except InvalidNotebook:
        return None
    text, start = _text(frame.data)
    end = len(text.rstrip(" \t\r\n\0"))
    revised = jsontext.revise(text[start:end], new, frame.style, 0)
    data = _encoded(text[:start] + revised + text[end:])
    return old if data == frame.data else data


def _text(data: bytes) -> tuple[str, int]:
    """A notebook's text, and where its JSON begins."""
    text = data.decode("utf-8", "surrogatepass")
    return text, jsontext.skip(text, 1 if text.startswith("\ufeff") else 0)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _untrusted(cell: Json) -> Json:
    metadata = cell.get("metadata")
    if not isinstance(metadata, dict) or "trusted" not in metadata:
        return cell
    return {**cell, "metadata": {key: value for key, value in metadata.items() if key != "trusted"}}


def _join(value: Any, mime: str) -> Any:
    is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if is_lines and not is_json_mime(mime) else value


def _split(value: Any, mime: str) -> Any:
    """Mark a text that files spell as lines: as in Jupyter, no picture's base64."""
    is_text = mime.startswith("text/") or mime in ("application/javascript", "image/svg+xml")
    return Lines(value) if isinstance(value, str) and is_text else value


def _with_texts(cell: Any, change: Change) -> Any:
    """The cell with `change` made to every text that a file may spell as lines."""
    if not isinstance(cell, dict):
        return cell
    changed = dict(cell)
    if "source" in cell:
        changed["source"] = change(cell["source"], "text/plain")
    if isinstance(cell.get("attachments"), dict):
        changed["attachments"] = {name: _bundle(bundle, change) for name, bundle in cell["attachments"].items()}
    if isinstance(cell.get("outputs"), list):
        changed["outputs"] = [_output(output, change) for output in cell["outputs"]]
    return changed


def _output(output: Any, change: Change) -> Any:
    if not isinstance(output, dict):
        return output
    changed = dict(output)
    if output.get("output_type") == "stream" and "text" in output:
        changed["text"] = change(output["text"], "text/plain")
    elif "data" in output:
        changed["data"] = _bundle(output["data"], change)
    return changed


def _bundle(bundle: Any, change: Change) -> Any:
    return {mime: change(value, mime) for mime, value in bundle.items()} if isinstance(bundle, dict) else bundle
