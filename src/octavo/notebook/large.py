"""Large values of an output's data, taken out as blobs and put back.

A value over `LIMIT` bytes is replaced by its reference, `{"blob": hash, "size": bytes}`. Pictures, sound and PDF become the bytes that their
base64 stands for, so that they can be served as they are; `form` says how to spell them again. Where blobs are kept is the caller's.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from octavo.ids import BlobHash
from octavo.notebook.output import Output

LIMIT = 16 * 1024

_SPELLINGS = ("base64", "base64-line", "base64-lines")
_HASH = re.compile("[0-9a-f]{64}")

Reference = dict[str, Any]


def is_reference(value: Any) -> bool:
    """Is this value of an output's data the reference of a blob?"""
    if not isinstance(value, dict) or not {"blob", "size"} <= value.keys() <= {"blob", "size", "form"}:
        return False
    return isinstance(value["blob"], str) and _HASH.fullmatch(value["blob"]) is not None


def is_binary(mime: str) -> bool:
    """Does Jupyter spell values of this type in base64?"""
    return (
        mime.split("/")[0] in ("image", "audio", "video", "font") and not mime.startswith("image/svg")
    ) or mime == "application/pdf"


def externalise(output: Output, put: Callable[[str, bytes], BlobHash], limit: int = LIMIT) -> Output:
    """The output with references for its large values; `put(mime, bytes)` keeps one and gives its hash. The output itself stays as it is."""
    data = {mime: _taken_out(mime, value, put, limit) for mime, value in output.data.items()}
    return (
        msgspec.structs.replace(output, data=data)
        if any(data[mime] is not output.data[mime] for mime in data)
        else output
    )


def _taken_out(mime: str, value: Any, put: Callable[[str, bytes], BlobHash], limit: int) -> Any:
    if is_reference(value) or (isinstance(value, str) and len(value) * 4 <= limit):
        return value
    body, form = _bytes(mime, value)
    return {"blob": put(mime, body), "size": len(body), "form": form} if len(body) > limit else value


def _bytes(mime: str, value: Any) -> tuple[bytes, str]:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"), "json"
    if is_binary(mime):
        # Text that these bytes would not be spelt as again stays text: nothing of a notebook may change by being kept.
        body = _decoded(value)
        form = next((form for form in _SPELLINGS if body is not None and _spelt(body, form) == value), None)
        if body is not None and form is not None:
            return body, form
    return value.encode("utf-8", "replace"), "text"


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return None


def _spelt(body: bytes, form: str) -> str:
    if form == "base64-lines":
        return base64.encodebytes(body).decode()
    return base64.b64encode(body).decode() + ("\n" if form == "base64-line" else "")


def internalise(reference: Reference, get: Callable[[BlobHash], bytes]) -> Any:
    """The value that a reference stands for."""
    body = get(BlobHash(reference["blob"]))
    match reference.get("form"):
        case "json":
            return json.loads(body)
        case "base64" | "base64-line" | "base64-lines" as form:
            return _spelt(body, form)
        case _:
            return body.decode("utf-8", "replace")


def references(outputs: Iterable[Output]) -> dict[BlobHash, str]:
    """All blobs that these outputs name, with their types."""
    return {
        BlobHash(value["blob"]): mime
        for output in outputs
        for mime, value in output.data.items()
        if is_reference(value)
    }
