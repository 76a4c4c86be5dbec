"""The event log of one incarnation: numbered records, kept until acknowledged; bulk gives way to gap records.

Bulk is output that may be dropped when nobody takes it. Everything else stays whatever happens (`kept` counts its bytes in memory).
What the reader was sent is never dropped, so that a gap never overlaps a seq that the reader has applied.

The oldest that waits may stand on a shelf (`shelf.py`) instead of in memory: one `Stretch` for many records, so that half a gigabyte
there costs a few kilobytes here. Pure but for that shelf.
"""

import bisect
import json
import struct
import time
from operator import attrgetter
from typing import Final, Literal, NamedTuple

from octavo.kernels.host import protocol
from octavo.kernels.host.shelf import File, Piece, Shelf, Spool

Why = Literal["bound", "cut", "size", "reader", "disk"]
STRETCH: Final = 1024 * 1024
"""Bytes of a stretch, about."""
WHOLE: Final = 262144
"""A larger record is sent from its file, not by way of memory."""
MOST_HEAD: Final = protocol.RECORD.size + 4 * protocol.MAX_PARTS
SMALL: Final = 4096
"""Bytes between two stretches that are not worth a file of their own."""
PEEK: Final = struct.Struct("<IQ")
LENGTHS: Final = [struct.Struct(f"<{count}I") for count in range(9)]


class Entry(NamedTuple):
    """One record, or one gap that stands for the records `first` to `last`."""

    last: int
    first: int
    blob: bytes
    bulk: bool
    messages: int
    size: int


def record(seq: int, channel: int, parts: list[bytes]) -> bytes:
    """One record of an EVENTS frame (`protocol`)."""
    count = len(parts)
    lengths = [len(part) for part in parts]
    packed = LENGTHS[count].pack(*lengths) if count < len(LENGTHS) else struct.pack(f"<{count}I", *lengths)
    head = protocol.RECORD.pack(18 + 4 * count + sum(lengths), seq, time.time_ns() // 1_000_000, channel, count)
    return b"".join((head, packed, *parts))


def gap_record(first: int, last: int, messages: int, size: int, why: Why, **more: object) -> bytes:
    body = {"first": first, "last": last, "messages": messages, "bytes": size, "why": why, **more}
    return record(last, protocol.GAP, [json.dumps(body).encode()])


class Stretch:
    """Consecutive records in one file. `bulk` has a byte for each: whether it may be dropped (a gap has been)."""

    __slots__ = ("bulk", "file", "first", "last", "messages", "size")

    def __init__(self, file: File, entries: list[Entry]) -> None:
        self.file = file
        self.first = entries[0].first
        self.last = 0
        self.messages = 0
        self.size = 0
        self.bulk = bytearray()
        self.add(entries)

    def add(self, entries: list[Entry]) -> None:
        self.last = entries[-1].last
        self.messages += sum(entry.messages for entry in entries)
        self.size += sum(entry.size for entry in entries)
        self.bulk += bytes(entry.bulk and not _is_gap(entry.blob) for entry in entries)

    def entries(self, data: bytes) -> list[Entry]:
        """What stands in the file, as it was in memory. Raises struct.error or ValueError where that is no log."""
        found: list[Entry] = []
        start, first = self.file.start, self.first
        for bulk in self.bulk:
            length, last = PEEK.unpack_from(data, start)
            blob = data[start : start + 4 + length]
            found.append(_entry(first, last, blob, bool(bulk)))
            start, first = start + len(blob), last + 1
        return found


def _is_gap(blob: bytes) -> bool:
    return len(blob) > 20 and blob[20] == protocol.GAP


def _entry(first: int, last: int, blob: bytes, bulk: bool) -> Entry:
    """A record that was read back."""
    if not _is_gap(blob):
        return Entry(last, first, blob, bulk, 1, len(blob))
    said = json.loads(blob[protocol.RECORD.size + 4 :])
    return Entry(last, first, blob, said["why"] in ("bound", "cut"), said["messages"], said["bytes"])


class Log:
    """`seq`: last number given. `acked`: all up to it is forgotten. `sent`: the furthest that any reader was sent.

    `bytes`: held in memory. `kept`: of these not bulk. `unsent`: of these sent to nobody. `waiting`: of those bulk, which may be
    dropped. `shelved`: held on the shelf.
    """

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.entries: list[Entry | Stretch] = []
        self.seq = 0
        self.acked = 0
        self.sent = 0
        self.bytes = 0
        self.kept = 0
        self.unsent = 0
        self.waiting = 0
        self.shelved = 0
        self.shelf = shelf
        self._place: tuple[Stretch, int, int] | None = None  # behind this seq the file goes on at this offset

    @property
    def first(self) -> int:
        """First seq held; one past the last where nothing is."""
        return max(self.entries[0].first, self.acked + 1) if self.entries else self.seq + 1

    # In

    def append(self, channel: int, parts: list[bytes], *, bulk: bool = False) -> int:
        self.seq += 1
        blob = record(self.seq, channel, parts)
        self._add(Entry(self.seq, self.seq, blob, bulk, 1, len(blob)))
        return self.seq

    def append_gap(self, size: int, msg_type: str, parent: object, why: Why = "size") -> int:
        """A message that was over the limit: a gap that keeps its type and its parent header, and itself stays."""
        self.seq += 1
        blob = gap_record(self.seq, self.seq, 1, size, why, msg_type=msg_type, parent=parent)
        self._add(Entry(self.seq, self.seq, blob, False, 1, size))
        return self.seq

    def spool(self, parts: list[bytes]) -> Spool | None:
        """A file for a large message that begins with `parts`; None where it has to be held in memory."""
        return self.shelf.spool(MOST_HEAD, parts) if self.shelf is not None and parts else None

    def append_spool(self, channel: int, lengths: list[int], spool: Spool, *, bulk: bool) -> bool:
        """A message that has flowed into a file. False where the file has failed."""
        count = len(lengths)
        head = protocol.RECORD.pack(
            18 + 4 * count + sum(lengths), self.seq + 1, time.time_ns() // 1_000_000, channel, count
        )
        file = spool.finish(head + struct.pack(f"<{count}I", *lengths))
        if file is None:
            return False
        self.seq += 1
        size = file.size - file.start
        self.entries.append(Stretch(file, [Entry(self.seq, self.seq, b"", bulk, 1, size)]))
        self.shelved += file.size
        return True

    def _add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._count(entry, 1)

    def _count(self, entry: Entry, sign: int) -> None:
        size = sign * len(entry.blob)
        self.bytes += size
        if not entry.bulk:
            self.kept += size
        if entry.last > self.sent:
            self.unsent += size
            self.waiting += size if entry.bulk else 0

    # Out

    def _after(self, seq: int) -> int:
        return bisect.bisect_right(self.entries, seq, key=attrgetter("last"))

    def has_unsent(self, position: int, size: int) -> bool:
        """Whether more than `size` bytes stand behind `position`."""
        for index in range(self._after(position), len(self.entries)):
            item = self.entries[index]
            size -= len(item.blob) if isinstance(item, Entry) else item.file.size
            if size < 0:
                return True
        return False

    def take(self, position: int, room: int) -> tuple[list[bytes | Piece], int, int]:
        """Records after `position` until `room` bytes are full, but at least one: records, bytes, new position."""
        index, size = self._after(position), 0
        records: list[bytes | Piece] = []
        while index < len(self.entries) and size < room:
            item = self.entries[index]
            if isinstance(item, Stretch):
                some, position = self._read(item, position, room - size)
                if some is None:
                    self._lose(index, position)
                    continue
                records.append(some)
                size += len(some)
            else:
                records.append(item.blob)
                size += len(item.blob)
                position = item.last
                if item.last > self.sent:
                    self.unsent -= len(item.blob)
                    self.waiting -= len(item.blob) if item.bulk else 0
            self.sent = max(self.sent, position)
            index += position >= item.last
        return records, size, position

    def _read(self, stretch: Stretch, position: int, room: int) -> tuple[bytes | Piece | None, int]:
        """Whole records of a file behind `position`, about `room` bytes of them, and the new position. None: it is not there any more."""
        assert self.shelf is not None
        file = stretch.file
        if self._place is not None and self._place[0] is stretch and self._place[1] == position:
            offset = self._place[2]
        else:
            offset = file.start
            while offset < file.size:
                head = self.shelf.read(file, offset, PEEK.size)
                if len(head) < PEEK.size:
                    return None, position
                length, last = PEEK.unpack(head)
                if last > position:
                    break
                offset += 4 + length
        data: bytes | Piece | None = self.shelf.read(file, offset, min(max(room, PEEK.size), file.size - offset))
        assert isinstance(data, bytes)
        end = 0
        while end + PEEK.size <= len(data):
            length, last = PEEK.unpack_from(data, end)
            if end + 4 + length > len(data):
                break
            end, position = end + 4 + length, last
        if end:
            data = data[:end]
        elif len(data) < PEEK.size:
            return None, position
        else:  # one record that is larger than the room
            length, last = PEEK.unpack_from(data)
            end = 4 + length
            data = self.shelf.piece(file, offset, end) if end > WHOLE else self.shelf.read(file, offset, end)
            if data is None or len(data) < end:
                return None, position
            position = last
        self._place = (stretch, position, offset + end)
        return data, position

    def _lose(self, index: int, position: int) -> None:
        """Its file is gone, by somebody else's hand: say what is missing behind `position`."""
        stretch = self.entries[index]
        assert isinstance(stretch, Stretch)
        first = max(stretch.first, self.acked + 1, position + 1)
        blob = gap_record(first, stretch.last, stretch.last - first + 1, stretch.size, "disk")
        self.entries[index] = lost = Entry(stretch.last, first, blob, False, stretch.messages, stretch.size)
        self._count(lost, 1)
        self._drop_file(stretch)

    def ack(self, seq: int) -> None:
        """All up to `seq` is durable on the other side: forget it."""
        index = self._after(seq)
        if index < len(self.entries) and isinstance(self.entries[index], Entry):
            seq = min(seq, self.entries[index].first - 1)  # nobody was sent a part of a gap
        if not self.acked < seq <= self.seq:
            return
        for item in self.entries[:index]:
            if isinstance(item, Stretch):
                self._drop_file(item)
            else:
                self._count(item, -1)
        del self.entries[:index]
        self.acked = seq
        self.sent = max(self.sent, seq)

    def _drop_file(self, stretch: Stretch) -> None:
        assert self.shelf is not None
        self.shelved -= stretch.file.size
        self.shelf.drop(stretch.file)
        if self._place is not None and self._place[0] is stretch:
            self._place = None

    def close(self) -> None:
        """Nobody asks for it any more: its files go."""
        for item in self.entries:
            if isinstance(item, Stretch):
                self._drop_file(item)
        self.entries.clear()

    # What gives way

    def shelve(self) -> bool:
        """Put what nobody was sent on the shelf, out of memory. False where the disk refused; what was put then is put."""
        assert self.shelf is not None
        index = self._after(self.sent)
        items, self.entries = self.entries[index:], self.entries[:index]
        at = 0
        while at < len(items):
            run: list[Entry] = []
            size = 0
            while at < len(items) and isinstance(item := items[at], Entry) and size < STRETCH:
                run.append(item)
                size += len(item.blob)
                at += 1
            if run and size < SMALL and at < len(items):
                self.entries += run
            elif run and not self._put(run):
                self.entries += [*run, *items[at:]]
                return False
            if at < len(items) and isinstance(stretch := items[at], Stretch):
                self.entries.append(stretch)
                at += 1
        return True

    def _put(self, entries: list[Entry]) -> bool:
        """Put these on the shelf, behind all that is there."""
        assert self.shelf is not None
        last = self.entries[-1] if self.entries else None
        grows = isinstance(last, Stretch) and last.file.size < STRETCH and not last.file.start
        blobs = [entry.blob for entry in entries]
        file = self.shelf.append(blobs, last.file if grows and isinstance(last, Stretch) else None)
        if file is None:
            return False
        for entry in entries:
            self._count(entry, -1)
        self.shelved += sum(map(len, blobs))
        if grows and isinstance(last, Stretch):
            last.add(entries)
        else:
            self.entries.append(Stretch(file, entries))
        return True

    def drop(self, why: Why) -> bool:
        """Let the oldest bulk on the shelf that nobody was sent give way to gaps: one stretch. False where there is none."""
        for index in range(self._after(self.sent), len(self.entries)):
            stretch = self.entries[index]
            if isinstance(stretch, Stretch) and stretch.first > self.sent and any(stretch.bulk):
                self._compact(index, stretch, why)
                return True
        return False

    def _compact(self, index: int, stretch: Stretch, why: Why) -> None:
        assert self.shelf is not None
        if all(stretch.bulk):
            whole = Entry(stretch.last, stretch.first, b"", True, stretch.messages, stretch.size)
            rest = [self._gap([whole], why)]
        else:
            data = self.shelf.read(stretch.file, 0, stretch.file.size)
            try:
                rest = self._without_bulk(stretch.entries(data), why)
            except (struct.error, ValueError, KeyError, IndexError):
                self._lose(index, self.sent)
                return
        self._drop_file(stretch)
        self.entries[index : index + 1] = rest
        before = self.entries[index - 1] if index else None
        if (
            isinstance(before, Entry)
            and before.bulk
            and _is_gap(before.blob)
            and before.last > self.sent
            and rest[0].bulk
        ):
            self._count(before, -1)
            rest[0] = self._gap([before, rest[0]], why)
            index -= 1
            self.entries[index : index + 2] = [rest[0]]
        for entry in rest:
            self._count(entry, 1)
        if sum(len(entry.blob) for entry in rest) > SMALL:  # what has to stay is much: back with it
            behind = self.entries[index + len(rest) :]
            del self.entries[index:]
            if not self._put(rest):
                self.entries += rest
            self.entries += behind

    def _without_bulk(self, entries: list[Entry], why: Why) -> list[Entry]:
        rest: list[Entry] = []
        stretch: list[Entry] = []
        for entry in entries:
            if entry.bulk:
                stretch.append(entry)
                continue
            if stretch:
                rest.append(self._gap(stretch, why))
                stretch = []
            rest.append(entry)
        if stretch:
            rest.append(self._gap(stretch, why))
        return rest

    def shrink(self, goal: int, why: Why, *, spare_newest: bool = False) -> None:
        """Drop the oldest waiting bulk until at most `goal` bytes of it wait in memory; a gap takes the place of each stretch.

        What is on the shelf goes first where the output is cut off; else it stays, it is no burden.
        """
        while why == "cut" and self.shelved and self.drop(why):
            pass
        start = self._after(self.sent)
        entries = self.entries[:start]
        newest = self.entries[-1] if spare_newest and self.entries else None
        stretch: list[Entry] = []
        for item in self.entries[start:]:
            if isinstance(item, Entry) and item.bulk and self.waiting > goal and item is not newest:
                stretch.append(item)
                self._count(item, -1)
                continue
            if stretch:
                entries.append(self._counted(self._gap(stretch, why)))
                stretch = []
            entries.append(item)
        if stretch:
            entries.append(self._counted(self._gap(stretch, why)))
        self.entries = entries

    def _counted(self, entry: Entry) -> Entry:
        self._count(entry, 1)
        return entry

    def _gap(self, stretch: list[Entry], why: Why) -> Entry:
        """One gap for all of these."""
        first, last = stretch[0].first, stretch[-1].last
        messages, size = sum(entry.messages for entry in stretch), sum(entry.size for entry in stretch)
        return Entry(last, first, gap_record(first, last, messages, size, why), True, messages, size)
