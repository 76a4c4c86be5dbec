import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_client.session import Session

from octavo.ids import RequestId
from octavo.wire import messages
from octavo.wire.messages import Header, Parts, peek

ID = RequestId("request-1")
EVERY = [
    messages.execute_request(ID, "s", "1+1", cell="c1", run="r1"),
    messages.execute_request(ID, "s", "é", silent=True),
    messages.complete_request(ID, "s", "pri", 3),
    messages.inspect_request(ID, "s", "print", 5, 1),
    messages.kernel_info_request(ID, "s"),
    messages.comm_info_request(ID, "s"),
    messages.comm_info_request(ID, "s", "jupyter.widget"),
    messages.interrupt_request(ID, "s"),
    messages.shutdown_request(ID, "s", restart=True),
    messages.input_reply(ID, "s", "42", b'{"msg_id":"asked","msg_type":"input_request","session":"k"}'),
]


@pytest.mark.parametrize("parts", EVERY, ids=lambda parts: peek(parts[0]).msg_type)
def test_jupyters_own_client_reads_our_messages(parts: Parts) -> None:
    session = Session(key=b"secret")
    message: dict[str, Any] = session.deserialize([session.sign(list(parts)), *parts])
    assert message["header"]["version"] == "5.4"
    assert message["header"]["date"].tzinfo is not None
    assert (message["msg_id"], message["header"]["session"]) == (ID, "s")
    assert message["msg_type"] == peek(parts[0]).msg_type


def test_an_execute_carries_cell_and_run() -> None:
    _, parent, metadata, content = map(json.loads, EVERY[0])
    assert (parent, metadata) == ({}, {"cellId": "c1", "octavoRun": "r1"})
    assert content == {
        "code": "1+1", "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True, "stop_on_error": True,
    }  # fmt: skip
    assert json.loads(EVERY[1][3])["store_history"] is False


def test_an_answer_names_its_question() -> None:
    header, parent, metadata, content = EVERY[-1]
    assert json.loads(parent)["msg_id"] == "asked"
    assert (json.loads(metadata), json.loads(content)["value"]) == ({}, "42")
    assert peek(header).msg_type == "input_reply"


def test_peeking_sees_what_routing_needs() -> None:
    assert peek(b'{"msg_type": "status", "date": 1.5, "extra": {}, "msg_id": "m", "session": "s"}') == (
        "status",
        "m",
        "s",
    )
    assert peek(b"{}") == ("", "", "")


@pytest.mark.parametrize(
    "header", [b"", b"null", b"[1]", b"{", b'{"msg_id": 5}', b'{"msg_id": null}', b"\xff", b'{"msg_id": "\\ud800"}']
)
def test_peeking_at_what_is_no_header_finds_nothing(header: bytes) -> None:
    assert peek(header) == ("", "", "")


@given(st.binary())
def test_peeking_never_raises(header: bytes) -> None:
    peek(header)


def test_anything_that_came_as_json_is_encoded() -> None:
    parts = messages.parts_of(
        Header("m", "t", "s"), {"big": 2**70}, {"half": "\ud800"}, {"é": [1.5, None]}, [b"\0buffer"]
    )
    assert [json.loads(part) for part in parts[:4]] == [
        {"msg_id": "m", "msg_type": "t", "session": "s"},
        {"big": 2**70},
        {"half": "\ud800"},
        {"é": [1.5, None]},
    ]
    assert parts[4:] == (b"\0buffer",)
