from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.document.frames import LIMITS, Frame, FrameKind, decode, encode
from octavo.errors import Invalid, TooLarge

u32 = st.integers(0, 2**32 - 1)


@given(st.sampled_from(FrameKind), st.binary(max_size=100), st.integers(1, 2**32 - 1), u32, u32)
def test_a_frame_survives_its_encoding(kind: FrameKind, body: bytes, n: int, client: int, clock: int) -> None:
    n = n if kind in (FrameKind.STEP_TWO, FrameKind.UPDATE) else 0
    assert decode(encode(kind, body, n=n, client=client, clock=clock)) == Frame(kind, body, n, client, clock)


def test_python_and_typescript_write_and_read_the_same_frames(node: Any) -> None:
    body, numbers = b"\x00\xffabc", (1, 4294967295, 123456)
    data = encode(FrameKind.UPDATE, body, n=1, client=4294967295, clock=123456)
    assert b64decode(node.call("", "encodeFrame", 2, *numbers, b64encode(body).decode())) == data
    read = node.call("", "decodeFrame", b64encode(data).decode())
    assert read == {"kind": 2, "n": 1, "client": 4294967295, "clock": 123456, "payload": b64encode(body).decode()}


UNREADABLE = [
    b"",
    b"\x00" * 12,
    b"\x04" + b"\x00" * 12,
    encode(FrameKind.UPDATE, b""),
    encode(FrameKind.STEP_TWO, b""),
    encode(FrameKind.AWARENESS, b"", n=1),
]


@pytest.mark.parametrize("data", UNREADABLE)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        decode(data)


@pytest.mark.parametrize("kind", [FrameKind.STEP_ONE, FrameKind.AWARENESS])
def test_a_frame_has_its_kind_s_size(kind: FrameKind) -> None:
    decode(encode(kind, bytes(LIMITS[kind])))
    with pytest.raises(TooLarge):
        decode(encode(kind, bytes(LIMITS[kind] + 1)))
