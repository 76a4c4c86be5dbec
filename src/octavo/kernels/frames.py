"""Frames of the host's protocol (`host/protocol.py`) as the web process makes and reads them. Pure."""

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any

from octavo.errors import Conflict, HostUnavailable, Invalid, KernelUnavailable, NotFound, OctavoError, Stale
from octavo.ids import Incarnation
from octavo.kernels.events import Channel, Event
from octavo.kernels.host import protocol


def decode_records(incarnation: Incarnation, body: bytes, start: int) -> list[Event]:
    """The records of an EVENTS frame. Raises ValueError or struct.error."""
    events, end = [], len(body)
    while start < end:
        length, seq, milliseconds, channel, count = protocol.RECORD.unpack_from(body, start)
        lengths = struct.unpack_from(f"<{count}I", body, start + protocol.RECORD.size)
        position = start + protocol.RECORD.size + 4 * count
        start += 4 + length
        if position + sum(lengths) != start or start > end or count == 0:
            raise ValueError("lengths do not add up")
        parts = []
        for size in lengths:
            parts.append(body[position : position + size])
            position += size
        events.append(Event(incarnation, seq, milliseconds / 1000, Channel(channel), tuple(parts)))
    return events


def encode_frame(message: Mapping[str, object], parts: Iterable[bytes] | None = None) -> bytes:
    text = json.dumps(message).encode()
    if parts is None:
        body = [text]
        kind = protocol.JSON
    else:
        raw = list(parts)
        if len(raw) > protocol.MAX_PARTS:
            raise Invalid(f"A message has at most {protocol.MAX_PARTS} parts.")
        body = [struct.pack(f"<IB{len(raw)}I", len(text), len(raw), *map(len, raw)), text, *raw]
        kind = protocol.RAW
    size = 1 + sum(map(len, body))
    if size > protocol.MAX_FRAME:
        raise Invalid(f"A message has at most {protocol.MAX_FRAME // 1024**2} MB.")
    return b"".join((protocol.FRAME.pack(size, kind), *body))


def raise_error(answer: Mapping[str, Any]) -> None:
    word = answer.get("error")
    if word is None:
        return
    text = str(answer.get("message") or word)
    was = answer.get("was")
    error: OctavoError
    if word == "stale":
        error = Stale(text, was=was if isinstance(was, bool) else None)
    elif word in ("answered", "closed", "running", "ahead", "starting", "debug"):
        error = Conflict(text)
    elif word == "unknown":
        error = NotFound(text)
    elif word in ("start", "busy", "kind"):
        values = answer.get("values")
        error = KernelUnavailable(
            text, cause=str(answer.get("cause") or ""), values=values if isinstance(values, dict) else None
        )
    elif word == "bad":
        error = Invalid(text)
    else:
        error = HostUnavailable(text)
    raise error
