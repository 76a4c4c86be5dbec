import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import Invalid
from octavo.wire import websocket
from octavo.wire.websocket import CHANNELS, Framed

objects = st.dictionaries(
    st.text(max_size=4),
    st.none() | st.integers() | st.text(max_size=6) | st.lists(st.floats(allow_nan=False, allow_infinity=False)),
    max_size=3,
)
headers = st.fixed_dictionaries(
    {"msg_id": st.text(max_size=8), "msg_type": st.text(max_size=8), "session": st.text(max_size=8)}
)
messages = st.builds(
    lambda header, rest, buffers: (*(json.dumps(part).encode() for part in (header, *rest)), *buffers),
    headers,
    st.tuples(objects, objects, objects),
    st.lists(st.binary(max_size=20), max_size=3),
)
channels = st.sampled_from(CHANNELS)


@given(channels, messages)
def test_v1_passes_every_byte(channel: str, parts: tuple[bytes, ...]) -> None:
    assert websocket.decode_v1(websocket.encode_v1(channel, parts)) == Framed(channel, parts)


@given(channels, messages)
def test_legacy_passes_every_byte(channel: str, parts: tuple[bytes, ...]) -> None:
    frame = websocket.encode_legacy(channel, parts)
    assert isinstance(frame, bytes) == (len(parts) > 4)
    assert websocket.decode_legacy(frame) == Framed(channel, parts)


def legacy(message: dict[str, Any], buffers: list[bytes] | None = None) -> str | bytes:
    text = json.dumps(message)
    if buffers is None:
        return text
    parts = [text.encode(), *buffers]
    offsets = [4 * (len(parts) + 1) + sum(map(len, parts[:n])) for n in range(len(parts))]
    return struct.pack(f">{len(parts) + 1}I", len(parts), *offsets) + b"".join(parts)


def test_a_legacy_frame_has_what_old_clients_read() -> None:
    parts = (
        b'{"msg_id":"m","msg_type":"status","session":"k","date":1.0,"subshell_id":null}',
        b"{}",
        b"{}",
        b'{"execution_state":"busy"}',
    )
    text = websocket.encode_legacy("iopub", parts)
    assert json.loads(text) == {
        "header": {"msg_id": "m", "msg_type": "status", "session": "k", "date": 1.0, "subshell_id": None},
        "msg_id": "m",
        "msg_type": "status",
        "parent_header": {},
        "metadata": {},
        "content": {"execution_state": "busy"},
        "channel": "iopub",
        "buffers": [],
    }
    binary = websocket.encode_legacy("iopub", (*parts, b"one", b"two"))
    assert isinstance(binary, bytes)
    count, first, second, third = struct.unpack_from(">4I", binary)
    assert (count, first, binary[second:third], binary[third:]) == (3, 16, b"one", b"two")
    assert "buffers" not in json.loads(binary[first:second])


def test_v1_is_laid_out_as_its_specification_says() -> None:
    parts = (b'{"a":1}', b"{}", b"{}", b'{"x":1}', b"buffer")
    table = struct.pack("<8Q", 7, 64, 69, 76, 78, 80, 87, 93)
    assert websocket.encode_v1("shell", parts) == table + b'shell{"a":1}{}{}{"x":1}buffer'


def test_a_client_may_leave_out_what_has_a_default_and_its_words_pass_as_they_are() -> None:
    header = '{ "msg_id": "m", "date": 1.50, "subshell_id": "x" }'
    framed = websocket.decode_legacy(f'{{"header": {header}, "parent_header": null, "msg_id": "m", "buffers": []}}')
    assert framed == Framed("shell", (header.encode(), b"{}", b"{}", b"{}"))
    assert (
        websocket.decode_legacy(b"\0\0\0\0" + f'{{"header": {header}, "channel": "control"}}'.encode()).channel
        == "control"
    )
    assert websocket.decode_legacy(legacy({"header": {}}, [b"", b"b"])).parts[4:] == (b"", b"b")


def test_what_python_takes_for_json_is_passed_too() -> None:
    framed = websocket.decode_legacy(
        '{"header": {"msg_id": "m"}, "content": {"a": [NaN, Infinity], "b": "\\ud800", "c": 1e999}}'
    )
    assert json.loads(framed.parts[3])["b"] == "\ud800"
    assert "NaN" in framed.parts[3].decode()


def v1(count: int, *offsets: int, rest: bytes = b"") -> bytes:
    return struct.pack(f"<{len(offsets) + 1}Q", count, *offsets) + rest


@pytest.mark.parametrize(
    "frame",
    [
        "text",
        b"",
        b"\0" * 7,
        v1(0),
        v1(2**64 - 1),
        v1(2**61),
        v1(5, 48, 48, 48, 48, 48),
        v1(6, 56, 56, 56, 56, 56),
        v1(6, 56, 56, 56, 56, 56, 57),
        v1(6, 56, 56, 56, 56, 56, 2**63),
        v1(6, 0, 56, 56, 56, 56, 56),
        v1(6, 55, 56, 56, 56, 56, 56),
        v1(6, 60, 56, 56, 56, 56, 60, rest=b"abcd"),
        v1(6, 56, 57, 57, 57, 57, 57, rest=b"\xff"),
    ],
)
def test_hostile_v1_frames_are_refused(frame: str | bytes) -> None:
    with pytest.raises(Invalid):
        websocket.decode_v1(frame)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        '{"header": 5}',
        '{"header": {}',
        '{"content": {}}',
        '{"header": {}, "channel": 5}',
        '{"header": {}, "content": {]}}',
        '{"header": {}, "content": "\ud800"}x',
        "[" * 100_000,
        b"",
        b"\0\0\0",
        struct.pack(">I", 2**31 - 1),
        struct.pack(">I", 2**32 - 1) + b"\0" * 100,
        struct.pack(">2I", 1, 0),
        struct.pack(">2I", 1, 9),
        struct.pack(">3I", 2, 12, 11) + b"{}",
        struct.pack(">2I", 1, 8) + b"\xff\xfe",
    ],
)
def test_hostile_legacy_frames_are_refused(frame: str | bytes) -> None:
    with pytest.raises(Invalid):
        websocket.decode_legacy(frame)


@given(st.binary(max_size=120) | st.text(max_size=60))
def test_any_frame_is_decoded_or_refused(frame: str | bytes) -> None:
    for decode in (websocket.decode_v1, websocket.decode_legacy):
        try:
            decode(frame)
        except Invalid:
            continue


def test_a_frame_that_claims_much_costs_little() -> None:
    with pytest.raises(Invalid):
        websocket.decode_v1(v1(2**64 - 1, *([8] * 100_000)))
