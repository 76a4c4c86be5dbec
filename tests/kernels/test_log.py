"""The event log by itself: what is dropped, what never is, and that gaps and events together always cover every seq."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.ids import Incarnation
from octavo.kernels.events import Channel, Event
from octavo.kernels.frames import decode_records
from octavo.kernels.host.log import Log


def decode(records: list[bytes]) -> list[Event]:
    return decode_records(Incarnation("0" * 16), b"".join(records), 0)


def fill(log: Log, pattern: str) -> None:
    """b: bulk of 1,000 bytes. k: kept, 100 bytes."""
    for letter in pattern:
        log.append(Channel.IOPUB, [b"x" * 1000] if letter == "b" else [b"y" * 100], bulk=letter == "b")


def shape(log: Log) -> str:
    """What a reader from the start would see: numbers of events, and gaps as first-last."""
    seen = []
    for event in decode([entry.blob for entry in log.entries]):
        gap = json.loads(event.parts[0]) if event.channel == Channel.GAP else None
        seen.append(f"{gap['first']}-{gap['last']}" if gap else str(event.seq))
    return " ".join(seen)


def test_records_come_back_as_they_were_written() -> None:
    log = Log()
    parts = [[b"a", b"", b"c" * 300], [bytes([n]) for n in range(20)]]
    for some in parts:
        log.append(Channel.SHELL, some)
    records, size, position = log.take(0, 10_000)
    assert [list(event.parts) for event in decode(records)] == parts
    assert size == sum(map(len, records))
    assert position == 2


def test_the_oldest_bulk_gives_way_to_gaps_in_its_place_and_the_rest_stays() -> None:
    log = Log()
    fill(log, "kbbkbbbkb")
    log.shrink(1500, "bound")
    assert shape(log) == "1 2-3 4 5-7 8 9"
    gap = json.loads(decode([log.entries[1].blob])[0].parts[0])
    assert (gap["messages"], gap["why"]) == (2, "bound")
    assert gap["bytes"] > 2000


def test_gaps_that_come_to_stand_side_by_side_become_one() -> None:
    log = Log()
    fill(log, "bbb")
    log.shrink(1500, "bound")
    fill(log, "bbb")
    log.shrink(0, "cut")
    assert shape(log) == "1-6"
    assert json.loads(decode([log.entries[0].blob])[0].parts[0])["messages"] == 6


def test_what_a_reader_was_sent_never_becomes_a_gap() -> None:
    log = Log()
    fill(log, "bbbb")
    log.take(0, 2000)
    log.shrink(0, "bound")
    assert shape(log) == "1 2 3-4"


def test_the_newest_is_spared_where_its_reader_is_well() -> None:
    log = Log()
    fill(log, "bbb")
    log.shrink(0, "bound", spare_newest=True)
    assert shape(log) == "1-2 3"


def test_a_message_over_the_limit_is_a_gap_that_keeps_type_and_parent_and_stays() -> None:
    log = Log()
    log.append_gap(5_000_000, "display_data", {"msg_id": "r"})
    log.shrink(0, "bound")
    assert json.loads(decode([log.entries[0].blob])[0].parts[0]) == {
        "first": 1,
        "last": 1,
        "messages": 1,
        "bytes": 5_000_000,
        "why": "size",
        "msg_type": "display_data",
        "parent": {"msg_id": "r"},
    }


def test_an_acknowledgement_beyond_the_end_or_behind_the_last_changes_nothing() -> None:
    log = Log()
    fill(log, "kkk")
    log.ack(2)
    log.ack(1)
    log.ack(9)
    assert (log.acked, shape(log), log.first) == (2, "3", 3)


steps = st.one_of(
    st.tuples(st.just("fill"), st.text("bk", min_size=1, max_size=8)),
    st.tuples(st.just("take"), st.integers(1, 4000)),
    st.tuples(st.just("ack"), st.integers(0, 60)),
    st.tuples(st.just("shrink"), st.integers(0, 6000)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=25))
def test_whatever_happens_events_and_gaps_cover_every_seq_once_and_the_sums_are_right(
    moves: list[tuple[str, str | int]],
) -> None:
    log, position, kept = Log(), 0, []
    for move, value in moves:
        if isinstance(value, str):
            start = log.seq
            fill(log, value)
            kept += [start + 1 + index for index, letter in enumerate(value) if letter == "k"]
        elif move == "take":
            records, _, after = log.take(position, value)
            for event in decode(records):
                first = json.loads(event.parts[0])["first"] if event.channel == Channel.GAP else event.seq
                assert first == position + 1
                position = event.seq
            assert position == after
        elif move == "ack":
            log.ack(min(value, position))
        else:
            log.shrink(value, "bound")
        expected = log.acked + 1
        for entry in log.entries:
            assert entry.first == expected
            expected = entry.last + 1
        assert expected == log.seq + 1
        held = {entry.last for entry in log.entries if not entry.bulk}
        assert held == {seq for seq in kept if seq > log.acked}
        assert log.bytes == sum(len(entry.blob) for entry in log.entries)
        assert log.kept == sum(len(entry.blob) for entry in log.entries if not entry.bulk)
        assert log.waiting == sum(len(entry.blob) for entry in log.entries if entry.bulk and entry.last > log.sent)


def test_lengths_that_do_not_add_up_are_refused() -> None:
    log = Log()
    fill(log, "k")
    blob = bytearray(log.entries[0].blob)
    blob[22:26] = struct.pack("<I", 99)
    with pytest.raises(ValueError, match="add up"):
        decode([bytes(blob)])
