"""Jupyter's messages: the envelope, and the requests that Octavo itself sends (message specification 5.4).

A message is a tuple of bytes: header, parent header, metadata and content as JSON, then buffers. Signing is the kernel host's (`wire.zmtp`);
what a kernel or a client wrote is forwarded as it is, never decoded and encoded again.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from octavo.errors import Invalid
from octavo.ids import RequestId

VERSION = "5.4"
USERNAME = "octavo"

Parts = tuple[bytes, ...]


class Header(msgspec.Struct, omit_defaults=True):
    """Of every message. Unknown keys of others' headers are not lost: forwarding works on bytes."""

    msg_id: str
    msg_type: str
    session: str
    username: str = ""
    date: str = ""
    version: str = ""
    subshell_id: str | None = None


class Peek(NamedTuple):
    msg_type: str
    msg_id: str
    session: str


class _Peeked(msgspec.Struct):
    msg_type: str = ""
    msg_id: str = ""
    session: str = ""


_peek = msgspec.json.Decoder(_Peeked)


def peek(header: bytes) -> Peek:
    """What routing needs to know of a header; empty strings where it is no header (a parent may be `{}`)."""
    try:
        found = _peek.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Peek("", "", "")
    return Peek(found.msg_type, found.msg_id, found.session)


def encode(value: Any) -> bytes:
    """JSON bytes of anything that came as JSON, also of what is not valid Unicode or too large an integer."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(value, separators=(",", ":")).encode()


def decode(part: bytes) -> dict[str, Any]:
    """An object that a kernel or client wrote, also where it holds what JSON does not have (NaN, half a surrogate pair). Raises `Invalid`."""
    try:
        found = msgspec.json.decode(part)
    except RecursionError as exc:
        raise Invalid("A part of a message is nested too deeply.") from exc
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            found = json.loads(part.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as exc:
            raise Invalid("A part of a message is not JSON.") from exc
    if not isinstance(found, dict):
        raise Invalid("A part of a message is not an object.")
    return found


def parts_of(
    header: Mapping[str, Any] | Header,
    parent: Mapping[str, Any],
    metadata: Mapping[str, Any],
    content: Mapping[str, Any],
    buffers: Iterable[bytes] = (),
) -> Parts:
    return (encode(header), encode(parent), encode(metadata), encode(content), *buffers)


def header(message_type: str, message: str, session: str) -> Header:
    """A header of now."""
    date = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return Header(message, message_type, session, username=USERNAME, date=date, version=VERSION)


def _request(
    kind: str, request: str, session: str, content: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
) -> Parts:
    return parts_of(header(kind, request, session), {}, metadata or {}, content)


def execute_request(
    request: RequestId,
    session: str,
    code: str,
    *,
    silent: bool = False,
    allow_stdin: bool = True,
    stop_on_error: bool = True,
    store_history: bool = True,
    cell: str = "",
    run: str = "",
    expressions: Mapping[str, str] | None = None,
) -> Parts:
    """Run code. `cell` and `run` go into the metadata, as `cellId` and `octavoRun`. `expressions`: what to evaluate afterwards, by name."""
    content = {
        "code": code,
        "silent": silent,
        "store_history": store_history and not silent,
        "user_expressions": dict(expressions or {}),
        "allow_stdin": allow_stdin,
        "stop_on_error": stop_on_error,
    }
    metadata = {key: value for key, value in (("cellId", cell), ("octavoRun", run)) if value}
    return _request("execute_request", request, session, content, metadata)


def complete_request(request: RequestId, session: str, code: str, cursor: int) -> Parts:
    """`cursor`: code points before the caret, here and in the reply."""
    return _request("complete_request", request, session, {"code": code, "cursor_pos": cursor})


def inspect_request(request: RequestId, session: str, code: str, cursor: int, detail: int = 0) -> Parts:
    return _request("inspect_request", request, session, {"code": code, "cursor_pos": cursor, "detail_level": detail})


def is_complete_request(request: RequestId, session: str, code: str) -> Parts:
    return _request("is_complete_request", request, session, {"code": code})


def kernel_info_request(request: RequestId, session: str) -> Parts:
    return _request("kernel_info_request", request, session, {})


def comm_info_request(request: RequestId, session: str, target: str = "") -> Parts:
    return _request("comm_info_request", request, session, {"target_name": target} if target else {})


def interrupt_request(request: RequestId, session: str) -> Parts:
    return _request("interrupt_request", request, session, {})


def shutdown_request(request: RequestId, session: str, *, restart: bool = False) -> Parts:
    return _request("shutdown_request", request, session, {"restart": restart})


def input_reply(request: RequestId, session: str, value: str, parent_header: bytes) -> Parts:
    """Answer an `input_request`; `parent_header`: that request's header, as it came."""
    return (
        encode(header("input_reply", request, session)),
        parent_header,
        b"{}",
        encode({"value": value, "status": "ok"}),
    )
