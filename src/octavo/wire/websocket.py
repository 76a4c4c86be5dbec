"""Both framings of `/api/kernels/ID/channels`, without I/O and without decoding what is forwarded.

Legacy: a text frame is one JSON object; with buffers a binary one, big-endian u32: count, offsets, then the parts (the JSON is the first).
`v1.kernel.websocket.jupyter.org`: always binary, little-endian u64: count n, n offsets, then channel, header, parent header, metadata,
content, buffers; the last offset is the frame's length. Counts and offsets are checked against the frame before anything is made of them.
"""

import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from octavo.errors import Invalid
from octavo.wire.messages import Parts, decode, encode, peek

V1 = "v1.kernel.websocket.jupyter.org"
CHANNELS = ("shell", "iopub", "stdin", "control")


class Framed(NamedTuple):
    """A message on its way: `channel` is as the client named it (one that is not in CHANNELS is to be ignored)."""

    channel: str
    parts: Parts


class _Message(msgspec.Struct):
    header: msgspec.Raw
    parent_header: msgspec.Raw = msgspec.Raw(b"{}")
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    content: msgspec.Raw = msgspec.Raw(b"{}")
    channel: str | None = None


_decoder = msgspec.json.Decoder(_Message)


def decode_legacy(frame: str | bytes) -> Framed:
    """A client's frame. Raises `Invalid`."""
    if isinstance(frame, str):
        return _framed(frame.encode("utf-8", "replace"), ())
    if len(frame) < 4:
        raise Invalid("A binary frame begins with the number of its parts.")
    (count,) = struct.unpack_from(">I", frame)
    if count > (len(frame) - 4) // 4:
        raise Invalid("A frame names more parts than it has bytes.")
    if count == 0:
        return _framed(frame[4:], ())
    parts = _split(frame, (*struct.unpack_from(f">{count}I", frame, 4), len(frame)), 4 * (count + 1))
    return _framed(parts[0], parts[1:])


def _framed(text: bytes, buffers: Sequence[bytes]) -> Framed:
    try:
        message = _decoder.decode(text)
    except (msgspec.ValidationError, RecursionError) as exc:
        raise Invalid("A frame is not the JSON of a Jupyter message.") from exc
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = _as_python_reads_it(text)
    parts = [bytes(part) for part in (message.header, message.parent_header, message.metadata, message.content)]
    if not parts[0].startswith(b"{"):
        raise Invalid("A message's header is an object.")
    return Framed(message.channel or "shell", (*(b"{}" if part == b"null" else part for part in parts), *buffers))


def _as_python_reads_it(text: bytes) -> _Message:
    """A message with what Python's clients may write and JSON does not have (NaN, half a surrogate pair), encoded anew."""
    found = decode(text)
    channel = found.get("channel")
    if "header" not in found or not isinstance(channel, str | None):
        raise Invalid("A frame is not the JSON of a Jupyter message.")
    parts = {
        key: msgspec.Raw(encode(found[key]))
        for key in ("header", "parent_header", "metadata", "content")
        if key in found
    }
    return _Message(**parts, channel=channel)


def encode_legacy(channel: str, parts: Parts) -> str | bytes:
    """A frame for a client; `parts` are the kernel's bytes."""
    header, parent, metadata, content, *buffers = parts
    message = peek(header)
    text = b"".join(
        (
            b'{"header":', header, b',"msg_id":', encode(message.msg_id), b',"msg_type":', encode(message.msg_type),
            b',"parent_header":', parent, b',"metadata":', metadata, b',"content":', content, b',"channel":', encode(channel),
            b"}" if buffers else b',"buffers":[]}',
        )
    )  # fmt: skip
    if not buffers:
        return text.decode("utf-8", "replace")
    return _join(">I", 4, [text, *buffers])


def decode_v1(frame: str | bytes) -> Framed:
    """A client's frame. Raises `Invalid`."""
    if isinstance(frame, str):
        raise Invalid("Frames of this subprotocol are binary.")
    if len(frame) < 8:
        raise Invalid("A frame begins with the number of its offsets.")
    (count,) = struct.unpack_from("<Q", frame)
    if count < 6 or count > len(frame) // 8 - 1:
        raise Invalid("The number of a frame's offsets does not fit the frame.")
    offsets = struct.unpack_from(f"<{count}Q", frame, 8)
    if offsets[-1] != len(frame):
        raise Invalid("A frame's last offset is its length.")
    channel, *parts = _split(frame, offsets, 8 * (count + 1))
    try:
        return Framed(channel.decode("ascii"), tuple(parts))
    except UnicodeDecodeError as exc:
        raise Invalid("A frame's channel is not a name.") from exc


def encode_v1(channel: str, parts: Parts) -> bytes:
    """A frame for a client; `parts` are the kernel's bytes."""
    return _join("<Q", 8, [channel.encode(), *parts], ends=True)


def _split(frame: bytes, offsets: Sequence[int], start: int) -> list[bytes]:
    """The parts between neighbouring offsets, which must ascend from behind the table to the frame's end."""
    if offsets[0] < start or offsets[-1] > len(frame) or any(a > b for a, b in pairwise(offsets)):
        raise Invalid("A frame's offsets do not ascend within the frame.")
    return [frame[a:b] for a, b in pairwise(offsets)]


def _join(unit: str, width: int, parts: Sequence[bytes], *, ends: bool = False) -> bytes:
    """Table of offsets and parts; `ends`: the table has the end of the last part too."""
    count = len(parts) + ends
    offsets, at = [], width * (count + 1)
    for part in parts:
        offsets.append(at)
        at += len(part)
    table = struct.pack(f"{unit[0]}{count + 1}{unit[1]}", count, *offsets, *((at,) if ends else ()))
    return b"".join((table, *parts))
