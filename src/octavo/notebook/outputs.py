"""Folding what a run gives into outputs: streams, `\\r` and `\\b`, `clear_output(wait)`, display ids, counts, errors. Pure.

`Output` is also what the page is shown (`session/messages.py` carries it), so that there is one model of an output.
"""

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from octavo.notebook import output_json
from octavo.notebook.output import Omitted as Omitted
from octavo.notebook.output import Output as Output
from octavo.notebook.output import OutputOp as OutputOp
from octavo.notebook.output import Wire as Wire
from octavo.notebook.stream import StreamText, size


class Folded(NamedTuple):
    """What one message did: first `truncated` (only so many outputs stay), then `changed` indices. `grew`: for each stream that changed its
    index, the text of newly finished lines, and the line being written in a form that folds to the same state (both for durable chunks).
    `elsewhere`: outputs of earlier runs that an update of a display reached."""

    changed: tuple[int, ...] = ()
    truncated: int | None = None
    grew: tuple[tuple[int, str, str], ...] = ()
    elsewhere: "tuple[tuple[Outputs, int], ...]" = ()


class Stored(NamedTuple):
    """An output as it was kept. For a stream `text` is all of it, finished lines and the last; where its middle is gone, `omitted` says how
    much and `tail` is what follows; `lost` is how much of it was never kept. `display`: its display id."""

    output: Output
    text: str = ""
    omitted: Omitted | None = None
    tail: str = ""
    display: str = ""
    lost: Omitted | None = None


class _Entry:
    """One output and its history. `version`: of its last change; `shaped`: of the last that more than lengthened it. `raw`: the file's own
    JSON, as long as nothing changed it."""

    __slots__ = ("__weakref__", "display", "lost_bytes", "lost_lines", "output", "raw", "shaped", "stream", "version")

    def __init__(self, output: Output, version: int, stream: StreamText | None = None) -> None:
        self.output, self.stream = output, stream
        self.version = self.shaped = version
        self.raw: dict[str, Any] | None = None
        self.display = ""
        self.lost_lines = self.lost_bytes = 0


class Displays:
    """Where the outputs with a display id stand, over the runs of one incarnation. Holds no run in memory."""

    def __init__(self) -> None:
        self._places: dict[str, list[tuple[weakref.ref[Outputs], weakref.ref[_Entry]]]] = {}
        self._sweep_at = 256

    @property
    def known(self) -> int:
        """How many display ids are remembered."""
        return len(self._places)

    def add(self, display: str, outputs: "Outputs", entry: _Entry) -> None:
        self._places.setdefault(display, []).append((weakref.ref(outputs), weakref.ref(entry)))
        if len(self._places) > self._sweep_at:
            self._places = {key: kept for key in self._places if self.places(key) and (kept := self._places[key])}
            self._sweep_at = 2 * len(self._places) + 256

    def places(self, display: str) -> "list[tuple[Outputs, _Entry]]":
        alive = [(outputs(), entry()) for outputs, entry in self._places.get(display, ())]
        found = [(outputs, entry) for outputs, entry in alive if outputs is not None and entry is not None]
        if len(found) < len(alive):
            self._places[display] = [(weakref.ref(outputs), weakref.ref(entry)) for outputs, entry in found]
        return found


class Outputs:
    """One run's outputs. `key` is the caller's name for it. `waiting`: the next output clears those before it.

    A text is in memory as head and tail of whole lines. `grew` gives the finished lines of one text up to `limit_text` bytes, to be kept on
    disk; what it did not give is counted by `lost`.
    """

    def __init__(
        self,
        *,
        own: bool,
        limit_text: int = 10 * 1024**2,
        head: int = 64 * 1024,
        tail: int = 64 * 1024,
        key: str = "",
        waiting: bool = False,
    ) -> None:
        self.own, self.key, self.waiting = own, key, waiting
        self._limit_text, self._head, self._tail = limit_text, head, tail
        self._entries: list[_Entry] = []
        self._version = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def outputs(self) -> list[Output]:
        return [_shown(entry) for entry in self._entries]

    def output(self, index: int) -> Output:
        return _shown(self._entries[index])

    def version(self, index: int) -> int:
        """Grows at every change of this output."""
        return self._entries[index].version

    def finished(self, index: int) -> int:
        """Of a stream: bytes of its finished lines; the position that `since` counts from."""
        stream = self._entries[index].stream
        return stream.finished if stream else 0

    def lost(self, index: int) -> Omitted | None:
        """Of a stream over the limit: how much of its finished text `grew` did not give."""
        entry = self._entries[index]
        return Omitted(lines=entry.lost_lines, bytes=entry.lost_bytes) if entry.lost_bytes else None

    def replace(self, index: int, output: Output) -> None:
        """The same output in other words (large values as references): no change for those who have it. The file's JSON is let go."""
        self._entries[index].output = output
        self._entries[index].raw = None

    def display(self, index: int) -> str:
        """The display id of an output, empty if it has none."""
        return self._entries[index].display

    def since(self, index: int, version: int, finished: int) -> OutputOp | None:
        """The op `line` for a client that has this output as of `version` and `finished`; None where it must be set whole."""
        entry = self._entries[index]
        if entry.stream is None or entry.shaped > version:
            return None
        growth = entry.stream.since(finished)
        if growth is None:
            return None
        omitted = _omitted(entry.stream) if growth.dropped else None
        return OutputOp(op="line", index=index, text=growth.text, dropped=growth.dropped, omitted=omitted)

    def apply(
        self,
        message_type: str,
        content: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        *,
        displays: Displays,
    ) -> Folded:
        """Fold one iopub message in. Types that are no output change nothing; wrong types in `content` are read as absent."""
        match message_type:
            case "stream":
                text = output_json.text(content.get("text"))
                return self._write(output_json.stream_name(content), text) if text else Folded()
            case "display_data" | "execute_result":
                return self._display(message_type, content, displays)
            case "update_display_data":
                return self._update(content, displays)
            case "error":
                return self._append(output_json.error(content, self.own))
            case "clear_output":
                self.waiting = content.get("wait") is True
                return Folded() if self.waiting else self.clear()
            case _:
                return Folded()

    def gap(self, messages: int, count: int) -> Folded:
        """Say that `messages` of `count` bytes are missing here."""
        self._version += 1
        if self._entries and self._entries[-1].output.output_type == "gap":
            entry, old = self._entries[-1], self._entries[-1].output
            entry.output = msgspec.structs.replace(old, messages=old.messages + messages, bytes=old.bytes + count)
            entry.version = entry.shaped = self._version
            return Folded(changed=(len(self._entries) - 1,))
        return self._append(Output(output_type="gap", messages=messages, bytes=count, own=self.own))

    def clear(self) -> Folded:
        self.waiting = False
        had = bool(self._entries)
        self._entries = []
        return Folded(truncated=0) if had else Folded()

    def _cleared(self) -> int | None:
        return self.clear().truncated if self.waiting else None

    def _append(self, output: Output, stream: StreamText | None = None) -> Folded:
        truncated = self._cleared()
        self._version += 1
        self._entries.append(_Entry(output, self._version, stream))
        return Folded(changed=(len(self._entries) - 1,), truncated=truncated)

    def _write(self, name: str, text: str) -> Folded:
        truncated = self._cleared()
        last = self._entries[-1] if self._entries else None
        if last is None or last.stream is None or last.output.name != name:
            stream = StreamText(head=self._head, tail=self._tail)
            self._append(Output(output_type="stream", name=name, own=self.own), stream)
            last = self._entries[-1]
        assert last.stream is not None
        return self._extend(last, last.stream, text)._replace(truncated=truncated)

    def _extend(self, entry: _Entry, stream: StreamText, text: str) -> Folded:
        omitted, room = stream.omits, self._limit_text - stream.finished
        done = stream.write(text)
        self._version += 1
        entry.version, entry.raw = self._version, None
        if stream.omits != omitted:
            entry.shaped = self._version
        if done and room <= 0:
            entry.lost_lines += done.count("\n")
            entry.lost_bytes += size(done)
            done = ""
        index = len(self._entries) - 1
        return Folded(changed=(index,), grew=((index, done, stream.last_line()),))

    def _display(self, message_type: str, content: Mapping[str, Any], displays: Displays) -> Folded:
        folded = self._append(output_json.display(message_type, content, self.own))
        if display := output_json.display_id(content):
            self._entries[-1].display = display
            displays.add(display, self, self._entries[-1])
        return folded

    def _update(self, content: Mapping[str, Any], displays: Displays) -> Folded:
        changed, elsewhere = [], []
        new = output_json.display("display_data", content, self.own)
        for outputs, entry in displays.places(output_json.display_id(content)):
            if entry not in outputs._entries:
                continue
            index = outputs._entries.index(entry)
            outputs._version += 1
            entry.output = msgspec.structs.replace(entry.output, data=new.data, metadata=new.metadata, own=self.own)
            entry.version = entry.shaped = outputs._version
            if outputs is self:
                changed.append(index)
            else:
                elsewhere.append((outputs, index))
        return Folded(changed=tuple(changed), elsewhere=tuple(elsewhere))

    def to_nbformat(
        self,
        *,
        text_limit: int = 1024**2,
        whole: Callable[[int], str | None] | None = None,
        blob: Callable[[dict[str, Any]], Any] | None = None,
    ) -> list[dict[str, Any]]:
        """nbformat's JSON, texts joined. What came from a file and did not change is as it was there.

        `whole(index)`: all the text of a stream, asked where memory does not have it and it fits the limit; a longer one is written as head
        and tail with a line between that says so. `blob(reference)`: the value that a blob's reference stands for.
        """
        found = []
        for index, entry in enumerate(self._entries):
            if entry.raw is not None:
                found.append(entry.raw)
            elif entry.stream is not None:
                text = _text_for_file(entry.stream, text_limit, index, whole)
                found.append({"output_type": "stream", "name": entry.output.name, "text": text})
            else:
                found.append(output_json.to_file(entry.output, blob))
        return found

    @classmethod
    def from_nbformat(
        cls,
        outputs: Sequence[Mapping[str, Any]],
        own: bool = False,
        *,
        head: int = 64 * 1024,
        tail: int = 64 * 1024,
        key: str = "",
    ) -> "Outputs":
        """Outputs of a file. The file's JSON is kept for `to_nbformat`, but for texts that are too long to hold whole."""
        folded = cls(own=own, head=head, tail=tail, key=key)
        for raw in outputs:
            output, text = output_json.from_file(raw, own)
            folded._restore(Stored(output, text))
            entry = folded._entries[-1]
            entry.raw = None if entry.stream and entry.stream.omits else dict(raw)
        return folded

    @classmethod
    def restore(
        cls,
        stored: Iterable[Stored],
        *,
        own: bool,
        displays: Displays,
        limit_text: int = 10 * 1024**2,
        head: int = 64 * 1024,
        tail: int = 64 * 1024,
        key: str = "",
        waiting: bool = False,
    ) -> "Outputs":
        """A run's outputs as the journal kept them, to go on folding where it stopped."""
        folded = cls(own=own, limit_text=limit_text, head=head, tail=tail, key=key, waiting=waiting)
        for one in stored:
            folded._restore(one)
            if one.display:
                folded._entries[-1].display = one.display
                displays.add(one.display, folded, folded._entries[-1])
        return folded

    def _restore(self, one: Stored) -> None:
        self._version += 1
        if one.output.output_type != "stream":
            self._entries.append(_Entry(one.output, self._version))
            return
        stream = StreamText(head=self._head, tail=self._tail)
        stream.write(one.text)
        if one.omitted:
            stream.skip(one.omitted.lines, one.omitted.bytes)
            stream.write(one.tail)
        shown = Output(output_type="stream", name=one.output.name, own=one.output.own)
        entry = _Entry(shown, self._version, stream)
        if one.lost:
            entry.lost_lines, entry.lost_bytes = one.lost.lines, one.lost.bytes
        self._entries.append(entry)


def _omitted(stream: StreamText) -> Omitted | None:
    return Omitted(lines=stream.omitted_lines, bytes=stream.omitted_bytes) if stream.omits else None


def _shown(entry: _Entry) -> Output:
    """The output as a page is shown it."""
    stream = entry.stream
    if stream is None:
        return entry.output
    if stream.omits:
        return msgspec.structs.replace(
            entry.output, text=stream.head(), omitted=_omitted(stream), tail=stream.tail() + stream.line
        )
    return msgspec.structs.replace(entry.output, text=stream.head() + stream.tail() + stream.line)


def _text_for_file(stream: StreamText, limit: int, index: int, whole: Callable[[int], str | None] | None) -> str:
    total = stream.finished + size(stream.line)
    head, tail = stream.head(), stream.tail() + stream.line
    if not stream.omits:
        return head + tail if total <= limit else output_json.shortened(head, tail, 0, 0, limit)
    text = whole(index) if whole and total <= limit else None
    return (
        text
        if text is not None
        else output_json.shortened(head, tail, stream.omitted_lines, stream.omitted_bytes, limit)
    )
