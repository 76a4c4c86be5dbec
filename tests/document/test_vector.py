from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text

from octavo.document.vector import clock_of, clocks, first_edit, varint

u32 = st.integers(0, 2**32 - 1)


def vector(entries: dict[int, int]) -> bytes:
    return varint(len(entries)) + b"".join(varint(client) + varint(clock) for client, clock in entries.items())


@given(st.dictionaries(u32, u32, max_size=200), u32)
def test_a_clock_is_found_without_parsing(entries: dict[int, int], other: int) -> None:
    data = vector(entries)
    assert all(clock_of(data, client) == clock for client, clock in entries.items())
    assert clock_of(data, other) == entries.get(other, 0)
    assert clocks(data) == entries


@given(st.lists(st.integers(0, 300), max_size=60, unique=True), st.integers(0, 300))
def test_a_clock_is_not_taken_for_a_client(clients: list[int], asked: int) -> None:
    entries = {client: (client * 7) % 300 for client in clients}
    assert clock_of(vector(entries), asked) == entries.get(asked, 0)


@given(st.binary(max_size=12))
def test_anything_may_be_asked_where_it_begins(data: bytes) -> None:
    first_edit(data)


def test_an_update_begins_with_its_earliest_edit() -> None:
    doc: Doc[Any] = Doc(client_id=300)
    made: list[bytes] = []
    watching = doc.observe(lambda event: made.append(event.update))
    text = doc.get("text", type=Text)
    text += "a"
    text += "中b"
    del text[0:1]
    doc.unobserve(watching)
    assert [first_edit(update) for update in made] == [(300, 0), (300, 1), None]
