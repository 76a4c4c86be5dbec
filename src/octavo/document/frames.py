"""The live socket's binary frames: u8 kind, u32 n, u32 client, u32 clock, big-endian, then Yjs or awareness bytes.

    kind        body                      n                                  client, clock
    STEP_ONE    the sender's state vector 0                                  -
    STEP_TWO    what the asker lacks      as UPDATE; 0 from the server       as UPDATE
    UPDATE      a Yjs update              number of the page's edit, from 1  its maker claims to be at this clock with it
    AWARENESS   an awareness update       0                                  the Yjs client that speaks of itself

Text frames are `session/messages.py`. Twin of `frontend/src/model/frames.ts`.
"""

import struct
from enum import IntEnum

import msgspec

from octavo.document.schema import MAX_UPDATE
from octavo.errors import Invalid, TooLarge


class FrameKind(IntEnum):
    STEP_ONE = 0
    STEP_TWO = 1
    UPDATE = 2
    AWARENESS = 3


class Frame(msgspec.Struct, frozen=True):
    kind: FrameKind
    body: bytes
    n: int = 0
    client: int = 0
    clock: int = 0


_HEADER = struct.Struct(">BIII")
LIMITS = {
    FrameKind.STEP_ONE: 1024 * 1024,
    FrameKind.STEP_TWO: MAX_UPDATE,
    FrameKind.UPDATE: MAX_UPDATE,
    FrameKind.AWARENESS: 16 * 1024,
}
"""Bytes of a page's body."""
MAX_FRAME = _HEADER.size + max(LIMITS.values())


def encode(kind: FrameKind, body: bytes, *, n: int = 0, client: int = 0, clock: int = 0) -> bytes:
    return _HEADER.pack(kind, n, client, clock) + body


def decode(data: bytes) -> Frame:
    """A page's frame. Raises `Invalid` for what is none, `TooLarge` for one over its kind's limit."""
    if len(data) < _HEADER.size:
        raise Invalid("A binary frame is too short.")
    number, n, client, clock = _HEADER.unpack_from(data)
    if number not in LIMITS:
        raise Invalid(f"A binary frame has the unknown kind {number}.")
    kind = FrameKind(number)
    body = data[_HEADER.size :]
    if len(body) > LIMITS[kind]:
        raise TooLarge(f"A frame of kind {kind.name} has {len(body)} bytes; at most {LIMITS[kind]} are taken.")
    is_edit = kind in (FrameKind.STEP_TWO, FrameKind.UPDATE)
    if is_edit != (n > 0):
        raise Invalid(f"A frame of kind {kind.name} cannot be edit {n}.")
    return Frame(kind, body, n, client, clock)
