"""Folding what a run gives into outputs: streams, `\\r` and `\\b`, `clear_output(wait)`, display ids, counts, errors. Pure.

`Output` is also what the page is shown (`session/messages.py` carries it), so that there is one model of an output.
"""

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from octavo.notebook.model import clean
from octavo.notebook.stream import StreamText, size


class Wire(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Base of what crosses the live socket: keyword only, camelCase on the wire, defaults left out."""


class Omitted(Wire):
    """What is not shown between head and tail of a long text: whole lines, UTF-8 bytes."""

    lines: int
    bytes: int


class Output(Wire):
    """One output of a cell, after folding. Fields by `output_type`, as in nbformat; `gap` is ours.

    stream: name, text, and where it is too long to show whole `omitted` and `tail` (text is then the head).
    display_data, execute_result: data, metadata, count. error: ename, evalue, traceback. gap: messages, bytes.
    A value in `data` over 16 kB is `{"blob": hash, "size": bytes}`: fetch `blobs/<hash>?type=<mime>` relative to the base.
    own: the run that made it is in this journal (the only thing that lets script in it run by itself).
    """

    output_type: Literal["stream", "display_data", "execute_result", "error", "gap"]
    name: str = ""
    text: str = ""
    omitted: Omitted | None = None
    tail: str = ""
    data: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    count: int | None = None
    ename: str = ""
    evalue: str = ""
    traceback: list[str] = []
    messages: int = 0
    bytes: int = 0
    own: bool = False


class OutputOp(Wire):
    """A change of a cell's outputs, applied in order.

    set: output `index` becomes `output` (index may be one past the end). truncate: only the first `index` outputs stay.
    line: what stands after the last line feed of stream `index` (of its tail, where it has one) is replaced by `text`; then `dropped` whole
    lines go from the front of its tail, and `omitted`, where given, replaces the old.
    """

    op: Literal["set", "truncate", "line"]
    index: int
    output: Output | None = None
    text: str = ""
    dropped: int = 0
    omitted: Omitted | None = None


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
    much and `tail` is what follows. `display`: its display id."""

    output: Output
    text: str = ""
    omitted: Omitted | None = None
    tail: str = ""
    display: str = ""


class _Entry:
    """One output and its history. `version`: of its last change; `shaped`: of the last that more than lengthened it. `raw`: the file's own
    JSON, as long as nothing changed it."""

    __slots__ = ("__weakref__", "display", "output", "raw", "shaped", "stream", "version")

    def __init__(self, output: Output, version: int, stream: StreamText | None = None) -> None:
        self.output, self.stream = output, stream
        self.version = self.shaped = version
        self.raw: dict[str, Any] | None = None
        self.display = ""


class Displays:
    """Where the outputs with a display id stand, over the runs of one incarnation. Holds no run in memory."""

    def __init__(self) -> None:
        self._places: dict[str, list[tuple[weakref.ref[Outputs], weakref.ref[_Entry]]]] = {}

    def add(self, display: str, outputs: "Outputs", entry: _Entry) -> None:
        self._places.setdefault(display, []).append((weakref.ref(outputs), weakref.ref(entry)))

    def places(self, display: str) -> "list[tuple[Outputs, _Entry]]":
        alive = [(outputs(), entry()) for outputs, entry in self._places.get(display, ())]
        found = [(outputs, entry) for outputs, entry in alive if outputs is not None and entry is not None]
        if len(found) < len(alive):
            self._places[display] = [(weakref.ref(outputs), weakref.ref(entry)) for outputs, entry in found]
        return found


class Outputs:
    """One run's outputs. `key` is the caller's name for it. `waiting`: the next output clears those before it.

    Texts are in memory as head and tail of whole lines. On disk they are whole up to `limit_text` bytes: see `surplus`.
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

    def surplus(self, index: int) -> tuple[int, int] | None:
        """Of a stream over the limit: the range, in bytes of finished text, that need not stay on disk (between `limit_text` and the tail)."""
        stream = self._entries[index].stream
        stop = stream.tail_start if stream else 0
        return (self._limit_text, stop) if stop > self._limit_text else None

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
                name = content.get("name")
                text = _text(content.get("text"))
                return self._write(name if isinstance(name, str) and name else "stdout", text) if text else Folded()
            case "display_data" | "execute_result":
                return self._display(message_type, content, displays)
            case "update_display_data":
                return self._update(content, displays)
            case "error":
                return self._append(_error(content, self.own))
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
        omitted = stream.omits
        done = stream.write(text)
        self._version += 1
        entry.version, entry.raw = self._version, None
        if stream.omits != omitted:
            entry.shaped = self._version
        index = len(self._entries) - 1
        return Folded(changed=(index,), grew=((index, done, stream.last_line()),))

    def _display(self, message_type: str, content: Mapping[str, Any], displays: Displays) -> Folded:
        is_result = message_type == "execute_result"
        folded = self._append(
            Output(
                output_type="execute_result" if is_result else "display_data",
                data=_mapping(content.get("data")),
                metadata=_mapping(content.get("metadata")),
                count=_count(content.get("execution_count")) if is_result else None,
                own=self.own,
            )
        )
        if display := _display_id(content):
            self._entries[-1].display = display
            displays.add(display, self, self._entries[-1])
        return folded

    def _update(self, content: Mapping[str, Any], displays: Displays) -> Folded:
        changed, elsewhere = [], []
        data, metadata = _mapping(content.get("data")), _mapping(content.get("metadata"))
        for outputs, entry in displays.places(_display_id(content)):
            if entry not in outputs._entries:
                continue
            index = outputs._entries.index(entry)
            outputs._version += 1
            entry.output = msgspec.structs.replace(entry.output, data=data, metadata=metadata, own=self.own)
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
                text = _stream_text(entry.stream, text_limit, index, whole)
                found.append({"output_type": "stream", "name": entry.output.name, "text": text})
            else:
                found.append(_to_nbformat(entry.output, blob))
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
            output, text = _from_nbformat(raw, own)
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
        self._entries.append(_Entry(shown, self._version, stream))


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


# What a kernel sends: any JSON. What is of a wrong type is read as absent.


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return str(clean(value)) if isinstance(value, str) else ""


def _mapping(value: Any) -> dict[str, Any]:
    return {str(key): clean(item) for key, item in value.items()} if isinstance(value, Mapping) else {}


def _count(value: Any) -> int | None:
    return value if type(value) is int and abs(value) < 2**53 else None


def _display_id(content: Mapping[str, Any]) -> str:
    transient = content.get("transient")
    display = transient.get("display_id") if isinstance(transient, Mapping) else None
    return display if isinstance(display, str) else ""


def _error(content: Mapping[str, Any], own: bool) -> Output:
    traceback = content.get("traceback")
    return Output(
        output_type="error",
        ename=_text(content.get("ename")),
        evalue=_text(content.get("evalue")),
        traceback=[_text(line) for line in traceback if isinstance(line, str)] if isinstance(traceback, list) else [],
        own=own,
    )


# What a file has.


def _from_nbformat(raw: Mapping[str, Any], own: bool) -> tuple[Output, str]:
    """The output and, of a stream, its text. An unknown type is shown as an empty display; the file's JSON stays."""
    match raw.get("output_type"):
        case "stream":
            name = raw.get("name")
            return Output(output_type="stream", name=name if isinstance(name, str) else "stdout", own=own), _text(
                raw.get("text")
            )
        case "error":
            return _error(raw, own), ""
        case kind:
            is_result = kind == "execute_result"
            output = Output(
                output_type="execute_result" if is_result else "display_data",
                data=_mapping(raw.get("data")),
                metadata=_mapping(raw.get("metadata")),
                count=_count(raw.get("execution_count")) if is_result else None,
                own=own,
            )
            return output, ""


def _to_nbformat(output: Output, blob: Callable[[dict[str, Any]], Any] | None) -> dict[str, Any]:
    match output.output_type:
        case "error":
            return {
                "output_type": "error",
                "ename": output.ename,
                "evalue": output.evalue,
                "traceback": output.traceback,
            }
        case "gap":
            missing = f"[… {output.messages:,} messages ({_amount(output.bytes)}) are missing here: they came faster than they could be kept …]\n"
            return {"output_type": "stream", "name": "stderr", "text": missing}
        case kind:
            data = {mime: blob(value) if blob and is_reference(value) else value for mime, value in output.data.items()}
            found = {"output_type": kind, "data": data, "metadata": output.metadata}
            return {**found, "execution_count": output.count} if kind == "execute_result" else found


def is_reference(value: Any) -> bool:
    """Is this value of an output's data the reference of a blob?"""
    return isinstance(value, dict) and isinstance(value.get("blob"), str) and isinstance(value.get("size"), int)


def _stream_text(stream: StreamText, limit: int, index: int, whole: Callable[[int], str | None] | None) -> str:
    total = stream.finished + size(stream.line)
    if not stream.omits:
        head, lines, left, tail = stream.head() + stream.tail() + stream.line, 0, 0, ""
        if total <= limit:
            return head
    elif total <= limit and whole is not None and (text := whole(index)) is not None:
        return text
    else:
        head, lines, left, tail = stream.head(), stream.omitted_lines, stream.omitted_bytes, stream.tail() + stream.line
    return _shortened(head, tail, lines, left, limit)


def _shortened(head: str, tail: str, lines: int, left: int, limit: int) -> str:
    """Head and tail of whole lines, together within `limit` where they can be, and between them a line that says what is left out."""
    text = head if tail or left else ""
    rest = tail if tail or left else head
    if not text:
        text = rest
    short, end = _first(text, limit // 2), _last(rest, limit // 2)
    if left == 0 and len(short) + len(end) >= len(text):
        return text
    gone = size(head) + size(tail) + left - size(short) - size(end)
    lines += head.count("\n") + tail.count("\n") - short.count("\n") - end.count("\n")
    between = "" if short.endswith("\n") or not short else "\n"
    return f"{short}{between}[… {lines:,} lines ({_amount(gone)}) left out of this file …]\n{end}"


def _first(text: str, limit: int) -> str:
    if size(text) <= limit:
        return text
    encoded = text.encode("utf-8", "surrogatepass")
    return encoded[: encoded.rfind(b"\n", 0, limit) + 1].decode("utf-8", "surrogatepass")


def _last(text: str, limit: int) -> str:
    encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded) <= limit:
        return text
    return encoded[encoded.find(b"\n", len(encoded) - limit) + 1 or len(encoded) :].decode("utf-8", "surrogatepass")


def _amount(count: int) -> str:
    return (
        f"{count:,} bytes"
        if count < 10_000
        else f"{count / 1000:,.0f} kB"
        if count < 10_000_000
        else f"{count / 1e6:,.0f} MB"
    )
