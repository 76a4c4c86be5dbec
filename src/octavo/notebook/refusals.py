"""Why a file does not open as a notebook, in sentences: each says what is there, its hint what to do."""

import json
import re
from typing import Any

from octavo.errors import InvalidNotebook

_MARKER = re.compile(r"^(<{7}|>{7}|\|{7})( |$)", re.MULTILINE)
_RAW = "Open it as text to mend it, or bring back an earlier version."


def decoded(data: bytes) -> str:
    """The file as text. Raises where it is empty or no UTF-8."""
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise InvalidNotebook(
            "The file is empty.", hint="Delete it and make a new notebook, or bring back an earlier version."
        )
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as exc:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InvalidNotebook("The file is UTF-16 text; a notebook is UTF-8.", hint="Convert it to UTF-8.") from exc
        raise InvalidNotebook(
            f"The file is not UTF-8 text: byte {exc.start + 1} does not fit.",
            hint="Is it really a notebook? If so, convert it to UTF-8.",
        ) from exc


def explain(text: str, error: Exception | None = None) -> InvalidNotebook:
    """Why this text is not the JSON of a notebook."""
    if marker := _MARKER.search(text):
        line = text.count("\n", 0, marker.start()) + 1
        return InvalidNotebook(
            f"The file has unresolved merge conflict markers, the first in line {line}.",
            hint="Resolve the conflict (take one side, or `git checkout --ours` or `--theirs`), then open it again.",
        )
    start = text.lstrip("\ufeff \t\r\n")[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<head", "<body")):
        return InvalidNotebook(
            "The file is a web page, not a notebook.",
            hint="Download the notebook itself; on GitHub, by the button Download raw file.",
        )
    if isinstance(error, RecursionError):
        return too_deep()
    if not start.startswith("{"):
        return InvalidNotebook("The file is not a notebook: a notebook is a JSON object and begins with {.", hint=_RAW)
    if isinstance(error, json.JSONDecodeError):
        end = len(text.rstrip("\0 \t\r\n"))
        if error.pos >= end - (0 if text[end - 1] == "}" else len("-Infinity")) or error.msg.startswith(
            "Unterminated string"
        ):
            return InvalidNotebook(
                "The file is cut off: its JSON does not end.", hint="Copy it again, or bring back an earlier version."
            )
        return InvalidNotebook(
            f"The file is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}.", hint=_RAW
        )
    return InvalidNotebook("The file is not a notebook: there is more text after the end of its JSON.", hint=_RAW)


def major(value: Any) -> int:
    """nbformat's major version, where this release reads it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise InvalidNotebook(
            "The file is JSON, but not a notebook: it does not say its nbformat.", hint="Open it as text."
        )
    if value > 4:
        raise InvalidNotebook(
            f"The notebook is of nbformat {value:.0f}; this release reads up to 4.",
            hint="Upgrade Octavo, or save it as nbformat 4.",
        )
    if value < 2:
        raise InvalidNotebook(
            f"The notebook is of nbformat {value:.0f}, from before 2011; Octavo reads 2 to 4.",
            hint="Convert it with `jupyter nbconvert --to notebook`.",
        )
    return int(value)


def no_cells() -> InvalidNotebook:
    return InvalidNotebook("The notebook has no list of cells.", hint=_RAW)


def not_a_cell(n: int) -> InvalidNotebook:
    return InvalidNotebook(f"Entry {n + 1} of the notebook's cells is not a cell.", hint=_RAW)


def too_deep() -> InvalidNotebook:
    return InvalidNotebook("The notebook's JSON is nested too deeply.", hint=_RAW)
