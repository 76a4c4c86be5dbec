"""The contents API's model of a file, folder or notebook: its keys, always all of them, and how each is found."""

import base64
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from octavo.errors import Invalid
from octavo.files import paths
from octavo.files.store import Stat
from octavo.web.jupyter import mimes

Type = Literal["directory", "file", "notebook"]

_UNLISTED = (".pyc", ".pyo", "~")


class BadRequest(Invalid):
    """A 400 whose `reason` tells Jupyter's clients which one."""

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class Model(msgspec.Struct):
    name: str
    path: str
    type: Type
    writable: bool
    created: str
    last_modified: str
    size: int | None
    mimetype: str | None
    content: Any = None
    format: Literal["json", "text", "base64"] | None = None
    hash: str | None = None
    hash_algorithm: str | None = None


def type_of(stat: Stat) -> Type:
    if stat.kind == "directory":
        return "directory"
    return "notebook" if stat.kind == "file" and stat.path.endswith(".ipynb") else "file"


def model(stat: Stat, kind: Type | None = None) -> Model:
    """Without content."""
    kind = kind or type_of(stat)
    return Model(
        name=paths.name_of(stat.path),
        path=stat.path,
        type=kind,
        writable=stat.writable,
        created=timestamp(stat.created_ns),
        last_modified=timestamp(stat.modified_ns),
        size=stat.size if stat.kind == "file" else None,
        mimetype=mimes.guess(stat.path) if kind == "file" and stat.kind == "file" else None,
    )


def uploading(path: str, size: int) -> Model:
    """Of a file whose last chunk is still to come."""
    now = timestamp(time.time_ns())
    return Model(paths.name_of(path), path, "file", True, now, now, size, mimes.guess(path))


def listing(entries: Iterable[Stat]) -> list[Model]:
    """What a folder shows: without what Python and editors leave beside their files."""
    return [model(entry) for entry in entries if not _unlisted(paths.name_of(entry.path))]


def add_text(found: Model, data: bytes, wanted: str | None) -> None:
    """Put a file's bytes into its model: as text if they are UTF-8, else as base64."""
    text = None if wanted == "base64" else _text(data)
    if text is not None:
        found.content, found.format = text, "text"
        found.mimetype = found.mimetype or "text/plain"
    elif wanted == "text":
        raise BadRequest(f"{found.path} is not UTF-8 encoded", reason="bad format")
    else:
        found.content, found.format = base64.encodebytes(data).decode("ascii"), "base64"
        found.mimetype = found.mimetype or "application/octet-stream"


def timestamp(nanoseconds: int) -> str:
    """Jupyter's form: microseconds and a literal Z, always."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def http_date(nanoseconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC), usegmt=True)


def etag(stat: Stat) -> str:
    return f'"{stat.version}"'


def quoted(path: str) -> str:
    """A path inside a URL."""
    return quote(path, safe="/")


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unlisted(name: str) -> bool:
    return name.endswith(_UNLISTED) or name in ("__pycache__", ".DS_Store")
