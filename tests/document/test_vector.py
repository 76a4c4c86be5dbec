from hypothesis import given
from hypothesis import strategies as st

from octavo.document.vector import clock_of, clocks, varint

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
