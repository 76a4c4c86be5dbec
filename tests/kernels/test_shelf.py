"""The log on disk: what does not fit into memory waits in files, in order, and a disk that refuses costs output at most."""

import json
import os
import resource
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.ids import Incarnation
from octavo.kernels.events import Channel, Event
from octavo.kernels.frames import decode_records
from octavo.kernels.host import log as log_module
from octavo.kernels.host import shelf
from octavo.kernels.host.bounds import Bounds
from octavo.kernels.host.log import Entry, Log, Stretch
from octavo.kernels.host.shelf import File, Piece, Shelf


class Memory(Shelf):
    """A shelf without a disk; `refuses` as a full one does."""

    def __init__(self, limit: int = 1 << 40) -> None:
        super().__init__("/nowhere", limit)
        self.files: dict[str, bytes] = {}
        self.limit = limit
        self.refuses = False

    def room(self) -> int | None:
        return None if self.refuses else self.limit - self.used

    def append(self, blobs: object, file: File | None = None) -> File | None:
        if self.refuses:
            return None
        self._count += 1
        file = file or File(str(self._count))
        data = b"".join(blobs)  # type: ignore[call-overload]
        self.files[file.path] = self.files.get(file.path, b"") + data
        file.size += len(data)
        self.used += len(data)
        return file

    def read(self, file: File, offset: int, size: int) -> bytes:
        return self.files.get(file.path, b"")[offset : offset + size]

    def drop(self, file: File) -> None:
        self.used -= file.size
        self.files.pop(file.path, None)


class Reader:
    """A process as the bounds see it, with nobody who reads it."""

    attachment = None

    def __init__(self, log: Log) -> None:
        self.log = log


def whole(record: bytes | Piece) -> bytes:
    if isinstance(record, bytes):
        return record
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        data = b""
        while record:
            record.send(here)
            data += there.recv(1 << 20)
    record.close()
    return data


def decode(records: list[bytes | Piece]) -> list[Event]:
    return decode_records(Incarnation("0" * 16), b"".join(map(whole, records)), 0)


def read(log: Log, after: int = 0, room: int = 10_000) -> list[Event]:
    """All of it, as a reader takes it; events and gaps must follow each other without a hole."""
    events: list[Event] = []
    while after < log.seq:
        records, size, position = log.take(after, room)
        some = decode(records)
        assert some
        assert size > 0
        for event in some:
            assert first_of(event) == after + 1
            after = event.seq
        assert after == position
        events += some
    return events


def first_of(event: Event) -> int:
    return int(json.loads(event.parts[0])["first"]) if event.channel == Channel.GAP else event.seq


def fill(log: Log, pattern: str) -> None:
    """b: bulk of 1,000 bytes. k: kept, 100 bytes."""
    for letter in pattern:
        size = 1000 if letter == "b" else 100
        log.append(Channel.IOPUB, [letter.encode() * size], bulk=letter == "b")


def shape(events: list[Event]) -> str:
    return " ".join(
        f"{first_of(event)}-{event.seq}" if event.channel == Channel.GAP else str(event.seq) for event in events
    )


def check(log: Log, disk: Memory) -> None:
    """The sums are right, and entries and stretches cover every seq once."""
    expected = log.entries[0].first if log.entries else log.seq + 1
    assert expected <= log.acked + 1
    for item in log.entries:
        assert item.first == expected
        expected = item.last + 1
    assert expected == log.seq + 1
    entries = [entry for entry in log.entries if isinstance(entry, Entry)]
    stretches = [item for item in log.entries if isinstance(item, Stretch)]
    unsent = [entry for entry in entries if entry.last > log.sent]
    assert log.bytes == sum(len(entry.blob) for entry in entries)
    assert log.kept == sum(len(entry.blob) for entry in entries if not entry.bulk)
    assert log.unsent == sum(len(entry.blob) for entry in unsent)
    assert log.waiting == sum(len(entry.blob) for entry in unsent if entry.bulk)
    assert log.shelved == sum(stretch.file.size for stretch in stretches) == disk.used
    assert len(disk.files) == len(stretches)


def test_what_was_shelved_comes_back_in_order_and_its_file_goes_when_it_is_acknowledged() -> None:
    disk = Memory()
    log = Log(disk)
    fill(log, "kbbkb")
    assert log.shelve()
    fill(log, "bk")
    assert (log.bytes, len(disk.files)) == (log.unsent, 1)
    assert shape(read(log)) == "1 2 3 4 5 6 7"
    log.ack(3)
    assert (log.first, len(disk.files)) == (4, 1)
    assert shape(read(log, 3)) == "4 5 6 7"
    log.ack(5)
    assert (log.first, disk.files) == (6, {})
    check(log, disk)


def test_later_records_go_to_the_same_file_until_it_is_large() -> None:
    disk = Memory()
    log = Log(disk)
    for _ in range(4):
        fill(log, "b" * 600)
        assert log.shelve()
    assert len(disk.files) == 2
    assert len(read(log, room=65536)) == 2400


def test_the_oldest_bulk_on_the_shelf_gives_way_and_what_is_no_bulk_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "STRETCH", 3000)
    monkeypatch.setattr(log_module, "SMALL", 2000)
    disk = Memory()
    log = Log(disk)
    for pattern in ("kbbb", "bkbbb", "b"):
        fill(log, pattern)
        assert log.shelve()
    assert log.drop("bound")
    assert shape(read_unsent(log)) == "1 2-4 5 6 7 8 9 10"
    assert log.drop("bound")
    assert shape(read_unsent(log)) == "1 2-5 6 7-8 9 10"
    assert log.drop("bound")
    assert not log.drop("bound")
    check(log, disk)
    events = read(log)
    assert shape(events) == "1 2-5 6 7-10"
    gap = json.loads(events[1].parts[0])
    assert (gap["messages"], gap["why"]) == (4, "bound")


def read_unsent(log: Log) -> list[Event]:
    """As `read`, but nobody is sent it."""
    sent, unsent, waiting = log.sent, log.unsent, log.waiting
    events = read(log)
    log.sent, log.unsent, log.waiting = sent, unsent, waiting
    return events


def test_what_has_to_stay_and_is_much_goes_back_to_the_disk_and_is_not_looked_at_again() -> None:
    disk = Memory()
    log = Log(disk)
    fill(log, "bk" * 500)
    assert log.shelve()
    assert log.drop("bound")
    assert not log.drop("bound")
    assert log.bytes == 0
    events = read(log)
    assert [event.seq for event in events if event.channel != Channel.GAP] == list(range(2, 1001, 2))
    assert len(events) == 1000


def test_an_interrupt_cuts_what_waits_on_the_shelf() -> None:
    disk = Memory()
    log = Log(disk)
    fill(log, "kb" + "b" * 50)
    assert log.shelve()
    fill(log, "bbb")
    log.shrink(2500, "cut")
    assert shape(read(log)) == "1 2-53 54 55"
    assert not disk.files


def test_a_file_that_somebody_removed_is_a_gap() -> None:
    disk = Memory()
    log = Log(disk)
    fill(log, "bbbb")
    assert log.shelve()
    fill(log, "k")
    disk.files.clear()
    events = read(log)
    assert shape(events) == "1-4 5"
    assert json.loads(events[0].parts[0])["why"] == "disk"
    log.ack(5)
    assert (log.bytes, log.shelved) == (0, 0)


steps = st.one_of(
    st.tuples(st.just("fill"), st.text("bk", min_size=1, max_size=8)),
    st.tuples(st.just("take"), st.integers(1, 4000)),
    st.tuples(st.just("ack"), st.integers(0, 60)),
    st.tuples(st.just("shrink"), st.integers(0, 6000)),
    st.tuples(st.just("cut"), st.integers(0, 6000)),
    st.tuples(st.just("shelve"), st.just(0)),
    st.tuples(st.just("drop"), st.just(0)),
    st.tuples(st.just("refuse"), st.booleans()),
    st.tuples(st.just("again"), st.just(0)),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(steps, max_size=30))
def test_whatever_happens_every_seq_is_covered_once_and_what_is_no_bulk_is_never_lost(
    moves: list[tuple[str, str | int]],
) -> None:
    disk = Memory()
    log, position, kept = Log(disk), 0, set()
    for move, value in moves:
        if isinstance(value, str):
            start = log.seq
            fill(log, value)
            kept |= {start + 1 + index for index, letter in enumerate(value) if letter == "k"}
        elif move == "take":
            records, _, after = log.take(position, value)
            for event in decode(records):
                assert first_of(event) == position + 1
                position = event.seq
            assert position == after
        elif move == "ack":
            log.ack(min(value, position))
        elif move in ("shrink", "cut"):
            log.shrink(value, "cut" if move == "cut" else "bound")
        elif move == "shelve":
            assert log.shelve() or disk.refuses
        elif move == "drop":
            log.drop("bound")
        elif move == "refuse":
            disk.refuses = bool(value)
        else:
            position = log.acked  # another reader, from what is acknowledged
        check(log, disk)
    seen = {event.seq for event in read(log, log.acked) if event.channel != Channel.GAP}
    assert {seq for seq in kept if seq > log.acked} <= seen
    log.close()
    assert not disk.files


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.text("bbbk", min_size=1, max_size=400)), max_size=25),
    st.integers(20_000, 200_000),
    st.integers(20_000, 300_000),
)
def test_memory_and_disk_keep_their_bounds(moves: list[tuple[int, str]], each: int, limit: int) -> None:
    disk = Memory(limit)
    bounds = Bounds(30_000, disk, each)
    logs = [Log(disk) for _ in range(3)]
    for number, pattern in moves:
        for letter in pattern:
            fill(logs[number], letter)
            bounds.keep(logs, [Reader(log) for log in logs])
            assert sum(log.bytes - log.kept for log in logs) <= 30_000 + 2000
            assert all(log.shelved <= each for log in logs)
            assert disk.used <= limit
    for log in logs:
        read(log)


def test_a_disk_that_refuses_leaves_the_bound_of_memory() -> None:
    disk = Memory()
    disk.refuses = True
    log = Log(disk)
    bounds = Bounds(30_000, disk, 1 << 30)
    for _ in range(200):
        fill(log, "bbbk")
        bounds.keep([log], [Reader(log)])
    assert log.waiting <= 30_000
    assert shape(read(log)).startswith("1-")


def real(directory: Path, limit: int = 1 << 40, largest: int = 0) -> Shelf:
    return Shelf(str(directory), limit, largest)


def test_a_full_disk_leaves_no_torn_record(tmp_path: Path) -> None:
    disk = real(tmp_path)
    disk.room()
    log = Log(disk)
    fill(log, "b" * 10)
    assert log.shelve()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (15_000, before[1]))  # every file is a full disk from here on
    try:
        fill(log, "b" * 10)
        assert not log.shelve()
        assert disk.room() is None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert shape(read(log)) == " ".join(map(str, range(1, 21)))


def test_a_directory_that_cannot_be_written_is_no_shelf(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    assert real(tmp_path / "file" / "log").room() is None


def test_no_more_than_a_tenth_of_what_is_free_is_taken(tmp_path: Path) -> None:
    disk = real(tmp_path)
    room = disk.room()
    found = os.statvfs(tmp_path)
    assert room is not None
    assert room <= found.f_bavail * found.f_frsize / 10 + 10_000_000


def test_a_large_message_flows_into_a_file_and_is_sent_from_it(tmp_path: Path) -> None:
    disk = real(tmp_path)
    log = Log(disk)
    fill(log, "k")
    spool = log.spool([b"header", b"parent"])
    assert spool is not None
    for _ in range(30):
        spool.write(b"x" * 10_000)
    spool.write(b"tail")
    assert log.append_spool(Channel.IOPUB, [6, 6, 300_000, 4], spool, bulk=True)
    fill(log, "k")
    events = read(log)
    assert [len(part) for part in events[1].parts] == [6, 6, 300_000, 4]
    assert (events[1].parts[3], events[1].seq, len(events)) == (b"tail", 2, 3)
    assert log.bytes < 1000
    log.ack(3)
    assert list(tmp_path.glob("*/*")) == []


def test_a_large_message_that_finds_the_disk_full_on_its_way_leaves_nothing(tmp_path: Path) -> None:
    disk = real(tmp_path)
    log = Log(disk)
    spool = log.spool([b"header"])
    assert spool is not None
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        for _ in range(10):
            spool.write(b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not log.append_spool(Channel.IOPUB, [6, 100_000], spool, bulk=True)
    assert (disk.used, log.seq, list(tmp_path.glob("*/*"))) == (0, 0, [])


def test_what_dead_hosts_left_is_removed_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    alive, dead = real(tmp_path), real(tmp_path)
    for disk in (alive, dead):
        assert disk.room()
        assert disk.append([b"x"])
    os.close(dead._lock)  # as its process' end would do
    (tmp_path / "mine").mkdir()
    shelf.clear(str(tmp_path))
    assert len(list(tmp_path.glob("*/*"))) == 1
    assert (tmp_path / "mine").is_dir()
    alive.close()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("size", [1, 300, 65536, 200_000, 300_000])
def test_a_reader_takes_records_of_any_size_in_any_pieces(tmp_path: Path, size: int) -> None:
    log = Log(real(tmp_path))
    assert log.shelf is not None
    log.shelf.room()
    for number in range(5):
        log.append(Channel.IOPUB, [bytes([number]) * size], bulk=True)
    assert log.shelve()
    assert [event.parts[0][:1] for event in read(log, room=1)] == [bytes([n]) for n in range(5)]
    assert [event.seq for event in read(log, 2, room=100_000)] == [3, 4, 5]
