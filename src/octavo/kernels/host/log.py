"""The event log of one incarnation: numbered records, kept until acknowledged; bulk gives way to gap records. Pure.

Bulk is output that may be dropped when nobody takes it. Everything else stays whatever happens (`kept` counts its bytes).
What the reader was sent is never dropped, so that a gap never overlaps a seq that the reader has applied.
"""

import bisect
import json
import struct
import time
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from octavo.kernels.host import protocol

Why = Literal["bound", "cut", "size", "reader"]
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


class Log:
    """`seq`: last number given. `acked`: all up to it is forgotten. `sent`: the furthest that any reader was sent.

    `bytes`: held in all. `kept`: of these not bulk. `waiting`: bulk that nobody was sent, which may be dropped.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.seq = 0
        self.acked = 0
        self.sent = 0
        self.bytes = 0
        self.kept = 0
        self.waiting = 0

    @property
    def first(self) -> int:
        """First seq held; one past the last where nothing is."""
        return self.entries[0].first if self.entries else self.seq + 1

    def append(self, channel: int, parts: list[bytes], *, bulk: bool = False) -> int:
        self.seq += 1
        blob = record(self.seq, channel, parts)
        self._add(Entry(self.seq, self.seq, blob, bulk, 1, len(blob)))
        return self.seq

    def append_gap(self, size: int, msg_type: str, parent: object) -> int:
        """A message that was over the limit: a gap that keeps its type and its parent header, and itself stays."""
        self.seq += 1
        blob = gap_record(self.seq, self.seq, 1, size, "size", msg_type=msg_type, parent=parent)
        self._add(Entry(self.seq, self.seq, blob, False, 1, size))
        return self.seq

    def _add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.bytes += len(entry.blob)
        if entry.bulk:
            self.waiting += len(entry.blob)
        else:
            self.kept += len(entry.blob)

    def _after(self, seq: int) -> int:
        return bisect.bisect_right(self.entries, seq, key=itemgetter(0))

    def has_unsent(self, position: int, size: int) -> bool:
        """Whether more than `size` bytes stand behind `position`."""
        for index in range(self._after(position), len(self.entries)):
            size -= len(self.entries[index].blob)
            if size < 0:
                return True
        return False

    def take(self, position: int, room: int) -> tuple[list[bytes], int, int]:
        """Records after `position` until `room` bytes are full, but at least one: records, bytes, new position."""
        index, size = self._after(position), 0
        records: list[bytes] = []
        while index < len(self.entries) and size < room:
            entry = self.entries[index]
            records.append(entry.blob)
            size += len(entry.blob)
            position = entry.last
            if entry.last > self.sent:
                self.sent = entry.last
                if entry.bulk:
                    self.waiting -= len(entry.blob)
            index += 1
        return records, size, position

    def ack(self, seq: int) -> None:
        """All up to `seq` is durable on the other side: forget it."""
        index = self._after(seq)
        if index < len(self.entries):
            seq = min(seq, self.entries[index].first - 1)  # nobody was sent a part of a gap
        if not self.acked < seq <= self.seq:
            return
        for entry in self.entries[:index]:
            self.bytes -= len(entry.blob)
            if not entry.bulk:
                self.kept -= len(entry.blob)
            elif entry.last > self.sent:
                self.waiting -= len(entry.blob)
        del self.entries[:index]
        self.acked = seq
        self.sent = max(self.sent, seq)

    def shrink(self, goal: int, why: Why, *, spare_newest: bool = False) -> None:
        """Drop the oldest waiting bulk until at most `goal` bytes of it wait; a gap takes the place of each stretch."""
        start = self._after(self.sent)
        entries = self.entries[:start]
        newest = self.entries[-1] if spare_newest and self.entries else None
        stretch: list[Entry] = []
        for entry in self.entries[start:]:
            if entry.bulk and self.waiting > goal and entry is not newest:
                stretch.append(entry)
                self.bytes -= len(entry.blob)
                self.waiting -= len(entry.blob)
                continue
            if stretch:
                entries.append(self._gap(stretch, why))
                stretch = []
            entries.append(entry)
        if stretch:
            entries.append(self._gap(stretch, why))
        self.entries = entries

    def _gap(self, stretch: list[Entry], why: Why) -> Entry:
        first, last = stretch[0].first, stretch[-1].last
        messages, size = sum(entry.messages for entry in stretch), sum(entry.size for entry in stretch)
        blob = gap_record(first, last, messages, size, why)
        self.bytes += len(blob)
        self.waiting += len(blob)
        return Entry(last, first, blob, True, messages, size)
