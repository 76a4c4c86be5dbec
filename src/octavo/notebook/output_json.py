"""Outputs as JSON: what a kernel or a file says of one, and what goes into the file. What is of a wrong type is read as absent."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from octavo.notebook.large import is_reference
from octavo.notebook.model import clean, is_deep
from octavo.notebook.output import Output
from octavo.notebook.stream import size

Json = dict[str, Any]


def text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return str(clean(value)) if isinstance(value, str) else ""


def mapping(value: Any) -> Json:
    """An object as it is, where everybody can hold it; what is nested too deeply is left out."""
    if not isinstance(value, dict):
        return {}
    kept = {key: item for key, item in value.items() if not is_deep(item)}
    try:
        msgspec.json.encode(kept)
    except (UnicodeEncodeError, OverflowError):
        return {str(key): item for key, item in clean(kept).items()}
    return kept


def bundle(value: Any) -> Json:
    """Data by type. A value that poses as a blob's reference is left out: only Octavo makes those."""
    return {mime: item for mime, item in mapping(value).items() if not is_reference(item)}


def stream_name(content: Mapping[str, Any]) -> str:
    return text(content.get("name")) or "stdout"


def display_id(content: Mapping[str, Any]) -> str:
    transient = content.get("transient")
    return text(transient.get("display_id")) if isinstance(transient, Mapping) else ""


def display(kind: str, content: Mapping[str, Any], own: bool) -> Output:
    """Of display_data and execute_result; an unknown type of a file's output is shown as what it has of these."""
    count = content.get("execution_count")
    is_result = kind == "execute_result"
    return Output(
        output_type="execute_result" if is_result else "display_data",
        data=bundle(content.get("data")),
        metadata=mapping(content.get("metadata")),
        count=count if is_result and type(count) is int and abs(count) < 2**53 else None,
        own=own,
    )


def error(content: Mapping[str, Any], own: bool) -> Output:
    traceback = content.get("traceback")
    return Output(
        output_type="error",
        ename=text(content.get("ename")),
        evalue=text(content.get("evalue")),
        traceback=[text(line) for line in traceback if isinstance(line, str)] if isinstance(traceback, list) else [],
        own=own,
    )


def from_file(raw: Mapping[str, Any], own: bool) -> tuple[Output, str]:
    """The output and, of a stream, its text."""
    match raw.get("output_type"):
        case "stream":
            return Output(output_type="stream", name=stream_name(raw), own=own), text(raw.get("text"))
        case "error":
            return error(raw, own), ""
        case kind:
            return display(str(kind), raw, own), ""


def to_file(output: Output, blob: Callable[[Json], Any] | None) -> Json:
    """nbformat's JSON of what is no stream; a gap becomes a line that says so. `blob`: the value that a reference stands for."""
    match output.output_type:
        case "error":
            return {
                "output_type": "error",
                "ename": output.ename,
                "evalue": output.evalue,
                "traceback": output.traceback,
            }
        case "gap":
            lost = f"{output.messages:,} messages ({amount(output.bytes)})"
            said = f"[… {lost} of output are missing here: they came faster than they could be kept …]\n"
            return {"output_type": "stream", "name": "stderr", "text": said}
        case kind:
            data = {mime: blob(value) if blob and is_reference(value) else value for mime, value in output.data.items()}
            found = {"output_type": kind, "data": data, "metadata": output.metadata}
            return {**found, "execution_count": output.count} if kind == "execute_result" else found


def shortened(head: str, tail: str, lines: int, left: int, limit: int) -> str:
    """A text over `limit` bytes for the file: whole lines of its head and tail, a line between that says what is left out.

    `lines`, `left`: lines and bytes that are missing between `head` and `tail` already.
    """
    first, last = _first(head, limit // 2), _last(tail, limit - limit // 2)
    lines += head.count("\n") - first.count("\n") + tail.count("\n") - last.count("\n")
    left += size(head) - size(first) + size(tail) - size(last)
    joint = "" if first.endswith("\n") or not first else "\n"
    return f"{first}{joint}[… {lines:,} lines ({amount(left)}) are left out of this file …]\n{last}"


def _first(words: str, limit: int) -> str:
    """The first whole lines; of a line that is too long alone, its start."""
    encoded = words.encode()
    if len(encoded) <= limit:
        return words
    end = encoded.rfind(b"\n", 0, limit) + 1 or limit
    return encoded[:end].decode(errors="ignore")


def _last(words: str, limit: int) -> str:
    encoded = words.encode()
    if len(encoded) <= limit:
        return words
    start = encoded.find(b"\n", len(encoded) - limit) + 1
    return encoded[start if 0 < start < len(encoded) else len(encoded) - limit :].decode(errors="ignore")


def amount(count: int) -> str:
    return (
        f"{count:,} bytes"
        if count < 10_000
        else f"{count / 1000:,.0f} kB"
        if count < 10_000_000
        else f"{count / 1e6:,.0f} MB"
    )
