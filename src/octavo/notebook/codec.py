"""Reading and writing `.ipynb`: nbformat 2 to 4.x, lossless for what it does not know.

A file is read into a `Notebook`, which the rest of Octavo works on, and a `Frame`, which holds what a notebook cannot: the bytes
themselves, laid out by cell. Writing puts changes into those bytes: what is untouched comes out byte for byte, a changed cell changes only
its own lines (`jsontext`). A file of nbformat 2 or 3 is read as its upgrade to 4.4 and written so at the first change.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from octavo import ids as identities
from octavo.ids import CellId
from octavo.notebook import jsontext, refusals
from octavo.notebook.jsontext import Lines, Span, Style, Words
from octavo.notebook.model import Cell, Notebook, clean, is_deep, is_json_mime
from octavo.notebook.upgrade import upgrade

_VALID_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Original(msgspec.Struct, frozen=True):
    """A cell as the file has it: where its bytes stand, the white space around it, and digests of what was read from it."""

    start: int
    stop: int
    lead: str
    trail: str
    first: bool
    last: bool
    text: bytes | None
    results: bytes | None


class Frame(msgspec.Struct):
    """What the document cannot hold. It belongs to the bytes that were read, and stays right for every later state of the notebook.

    head, tail: text before and after the list of cells. data: the bytes that `cells` point into; upgraded: the bytes of an older format.
    """

    style: Style
    minor: int
    head: str
    tail: str
    data: bytes
    cells: dict[CellId, Original]
    order: list[CellId]
    template: dict[str, list[str]]
    between: str
    blank: str
    upgraded: bytes | None = None

    @property
    def has_ids(self) -> bool:
        """nbformat gives cells ids from 4.5 on; older files never get them."""
        return self.minor >= 5


class Loaded(NamedTuple):
    """`upgraded`: was nbformat 2 or 3 (written as 4.4 at the first save after an edit)."""

    notebook: Notebook
    frame: Frame
    upgraded: bool


def read(
    data: bytes, *, ids: Sequence[CellId] | None = None, new_id: Callable[[], CellId] = identities.new_cell
) -> Loaded:
    """Read a file. `ids`: those given at an earlier read or write of the same bytes, by index. Raises `InvalidNotebook`."""
    text = refusals.decoded(data)
    start = jsontext.skip(text, 1 if text.startswith("\ufeff") else 0)
    if text[start] != "{":
        raise refusals.explain(text)
    try:
        spans, end = jsontext.walk(text, start, into="cells")
    except (ValueError, RecursionError) as exc:
        raise refusals.explain(text, exc) from exc
    if text[end:].strip(" \t\r\n\0"):
        raise refusals.explain(text, ValueError("text after the end"))
    values = {span.key: span for span in spans}
    major = refusals.major(values["nbformat"].value if "nbformat" in values else None)
    style = _style(text, start, spans)
    if major < 4:
        if any(is_deep(span.value) for span in spans):
            raise refusals.too_deep()
        newer = jsontext.encode(upgrade({key: _value(text, span) for key, span in values.items()}), style)
        written = text[:start] + newer + text[end:]
        loaded = read(written.encode("utf-8", "surrogatepass"), ids=ids, new_id=new_id)
        loaded.frame.upgraded = data
        return loaded._replace(upgraded=True)
    return _assemble(text, data, spans, values, style, ids or (), new_id)


def _assemble(
    text: str,
    data: bytes,
    spans: list[Span],
    values: Mapping[str, Span],
    style: Style,
    ids: Sequence[CellId],
    new_id: Callable[[], CellId],
) -> Loaded:
    spot = values.get("cells")
    if spot is None or spot.items is None:
        raise refusals.no_cells()
    dirty = jsontext.may_hold_surrogates(text)
    if any(is_deep(span.value) for span in (*spans, *spot.items)):
        raise refusals.too_deep()
    objects: list[dict[str, Any]] = []
    for n, span in enumerate(spot.items):
        if not isinstance(span.value, dict):
            raise refusals.not_a_cell(n)
        objects.append(clean(span.value) if dirty else span.value)
    minor = values["nbformat_minor"].value if "nbformat_minor" in values else 0
    minor = minor if type(minor) is int else 0
    cells: list[Cell] = []
    originals: dict[CellId, Original] = {}
    place = _Places(text)
    for n, (span, value) in enumerate(zip(spot.items, objects, strict=True)):
        cell = _cell(value, _identity(value, n, ids, originals, new_id))
        last = n == len(objects) - 1
        behind = spot.end - 1 if last else spot.items[n + 1].before - 1
        originals[cell.id] = Original(
            place(span.start),
            place(span.end),
            text[span.before : span.start],
            text[span.end : behind],
            n == 0,
            last,
            *_digests(cell),
        )
        cells.append(cell)
    metadata = values["metadata"].value if "metadata" in values else {}
    metadata = clean(metadata) if dirty else metadata
    frame = Frame(
        style=msgspec.structs.replace(style, lines=_has_lines(objects)),
        minor=minor,
        head=text[: spot.start],
        tail=text[spot.end :],
        data=data,
        cells=originals,
        order=list(originals),
        template={str(value.get("cell_type")): list(value) for value in reversed(objects)},
        between=text[spot.items[1].before : spot.items[1].start]
        if len(objects) > 1
        else style.comma[1:] + style.gap(2),
        blank=text[spot.start : spot.end] if not objects else "[]",
    )
    return Loaded(Notebook(cells, metadata if isinstance(metadata, dict) else {}), frame, False)


class _Places:
    """Byte offsets of ascending places in a text."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.bytes = text, 0, 0
        self.plain = text.isascii()

    def __call__(self, at: int) -> int:
        if self.plain:
            return at
        self.bytes += len(self.text[self.at : at].encode("utf-8", "surrogatepass"))
        self.at = at
        return self.bytes


def _value(text: str, span: Span) -> Any:
    return jsontext.decode(text[span.start : span.end])


def _style(text: str, start: int, spans: Sequence[Span]) -> Style:
    layout = re.compile(r"\{[ \t]*(\r\n|\n|\r)([ \t]*)\"").match(text, start)
    colon, comma = ": ", ","
    if spans:
        first = spans[0]
        opened = text.rfind('"', first.before, first.start)
        spaces = text[opened + 1 : first.start]
        colon = spaces if not spaces.strip(" \t:") else colon
    if len(spans) > 1:
        comma = "," + text[spans[1].before : spans[1].start].split('"')[0].split("\n")[0].rstrip("\r")
    elif layout is None:
        comma = ", "
    plain = text.isascii()
    return Style(
        indent=layout[2] if layout else None,
        newline=layout[1] if layout else "\n",
        comma=comma,
        colon=colon,
        ascii=plain and bool(re.search(r"\\u(?!00[0-7])[0-9a-fA-F]{4}", text)),
        slash="\\/" in text and not re.search(r"[^\\]/", text),
        ordered=[span.key for span in spans] == sorted(span.key for span in spans),
    )


def _has_lines(cells: Sequence[Mapping[str, Any]]) -> bool:
    return next((isinstance(cell["source"], list) for cell in cells if cell.get("source")), True)


def _identity(
    value: Mapping[str, Any], n: int, ids: Sequence[CellId], taken: Collection[CellId], new_id: Callable[[], CellId]
) -> CellId:
    """The id given before, else the file's own where it is valid and not used yet, else a new one."""
    if n < len(ids) and ids[n] not in taken:
        return ids[n]
    own = value.get("id")
    if isinstance(own, str) and _VALID_ID.fullmatch(own) and own not in taken:
        return CellId(own)
    made = new_id()
    while made in taken:
        made = new_id()
    return made


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _cell(value: Mapping[str, Any], cell_id: CellId) -> Cell:
    """What a cell's JSON says; what is of a wrong type is read as absent."""
    kind = value.get("cell_type")
    kind = kind if isinstance(kind, str) else "raw"
    cell = Cell(
        cell_id,
        kind,
        _joined(value.get("source")),
        _object(value.get("metadata")),
        _attachments(value.get("attachments")),
    )
    if kind == "code":
        outputs, count = value.get("outputs"), value.get("execution_count")
        cell.outputs = (
            [_output(item) for item in outputs if isinstance(item, dict)] if isinstance(outputs, list) else []
        )
        cell.count = count if type(count) is int else None
    return cell


def _output(value: dict[str, Any]) -> dict[str, Any]:
    """An output with its texts joined."""
    if value.get("output_type") == "stream":
        return {**value, "text": _joined(value.get("text"))} if _is_lines(value.get("text")) else value
    data = value.get("data")
    return {**value, "data": _bundle(data)} if isinstance(data, dict) else value


def _bundle(data: Mapping[str, Any]) -> dict[str, Any]:
    return {mime: "".join(item) if _is_lines(item) and not is_json_mime(mime) else item for mime, item in data.items()}


def _attachments(value: Any) -> dict[str, Any]:
    return {name: _bundle(item) if isinstance(item, dict) else item for name, item in _object(value).items()}


# The inverse: texts marked as such, so that they are spelt as the file spells them.


def _shaped(output: Mapping[str, Any]) -> dict[str, Any]:
    shaped = dict(output)
    if shaped.get("output_type") == "stream" and isinstance(shaped.get("text"), str):
        shaped["text"] = Lines(shaped["text"])
    elif isinstance(data := shaped.get("data"), Mapping):
        shaped["data"] = _shaped_bundle(data)
    return shaped


def _shaped_bundle(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        mime: item
        if not isinstance(item, str) or is_json_mime(mime)
        else Lines(item)
        if _is_text(mime)
        else Words(item)
        for mime, item in data.items()
    }


def _is_text(mime: str) -> bool:
    return mime.startswith("text/") or mime in ("application/javascript", "image/svg+xml")


def _shaped_attachments(attachments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _shaped_bundle(item) if isinstance(item, Mapping) else item for name, item in attachments.items()}


def _digests(cell: Cell) -> tuple[bytes | None, bytes | None]:
    return _text_digest(cell), _results_digest(cell)


def _text_digest(cell: Cell) -> bytes | None:
    return _digest([cell.type, cell.source, cell.metadata, cell.attachments])


def _results_digest(cell: Cell) -> bytes | None:
    return _digest([cell.outputs, cell.count])


def _digest(value: Any) -> bytes | None:
    """A quick proof that nothing changed; None where there is none, then values are compared."""
    try:
        return hashlib.blake2b(msgspec.json.encode(value), digest_size=16).digest()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None


def write(notebook: Notebook, frame: Frame, *, keep: Collection[CellId] = ()) -> bytes:
    """The file for this state of the notebook; an unchanged notebook gives exactly the bytes that were read.

    `keep`: cells whose outputs and count are as the file has them, so that nobody has to hold them; their `outputs` are not looked at.
    """
    pieces: list[bytes] = []
    for n, cell in enumerate(notebook.cells):
        original = frame.cells.get(cell.id)
        lead, trail = _around(original, n, len(notebook.cells), frame)
        body = _written(cell, original, frame, cell.id in keep)
        pieces.append(_bytes(lead) + body + _bytes(trail))
    cells = b"[" + b",".join(pieces) + b"]" if pieces else _bytes(frame.blank)
    head, tail = _surroundings(notebook, frame)
    data = _bytes(head) + cells + _bytes(tail)
    return frame.upgraded if frame.upgraded is not None and data == frame.data else data


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _around(original: Original | None, n: int, count: int, frame: Frame) -> tuple[str, str]:
    """White space around a cell. The list's own ends keep theirs, whoever stands there."""
    first = frame.cells[frame.order[0]].lead if frame.order else frame.style.gap(2)
    last = frame.cells[frame.order[-1]].trail if frame.order else frame.style.gap(1)
    lead = first if n == 0 else original.lead if original and not original.first else frame.between
    trail = last if n == count - 1 else original.trail if original and not original.last else ""
    return lead, trail


def _written(cell: Cell, original: Original | None, frame: Frame, keep: bool) -> bytes:
    if original is None:
        return _bytes(jsontext.encode(_new(cell, frame), _cell_style(cell, frame), 2))
    raw = frame.data[original.start : original.stop]
    text_same = original.text is not None and original.text == _text_digest(cell)
    results_same = keep or (original.results is not None and original.results == _results_digest(cell))
    if text_same and results_same:
        return raw
    spelt = raw.decode("utf-8", "surrogatepass")
    old = jsontext.decode(spelt)
    new = _changed(cell, old, text_same, results_same, frame.has_ids)
    return _bytes(jsontext.revise(spelt, new, frame.style, 2))


def _changed(cell: Cell, old: dict[str, Any], text_same: bool, results_same: bool, has_ids: bool) -> dict[str, Any]:
    """The cell's JSON with what differs from what was read of it; anything else is as it was."""
    was, new = _cell(old, cell.id), dict(old)
    if not text_same:
        if cell.type != was.type:
            new["cell_type"] = cell.type
        if cell.source != was.source:
            new["source"] = Lines(cell.source)
        if not jsontext.same(was.metadata, cell.metadata):
            new["metadata"] = cell.metadata
        if not jsontext.same(was.attachments, cell.attachments):
            new["attachments"] = _shaped_attachments(cell.attachments)
            if not cell.attachments:
                del new["attachments"]
        if cell.type == "code" != was.type:
            new.pop("attachments", None)
        if new != old and has_ids:
            new["id"] = cell.id
    if cell.type != "code":
        for key in ("outputs", "execution_count") if was.type == "code" else ():
            new.pop(key, None)
    elif not results_same or was.type != "code":
        if was.type != "code" or not jsontext.same(was.outputs, cell.outputs):
            new["outputs"] = [_shaped(output) for output in cell.outputs]
        if was.type != "code" or was.count != cell.count:
            new["execution_count"] = cell.count
    return new


def _new(cell: Cell, frame: Frame) -> dict[str, Any]:
    """JSON of a cell that the file does not have, its keys in the order of the file's other cells."""
    value: dict[str, Any] = {"cell_type": cell.type}
    if cell.type == "code":
        value["execution_count"] = cell.count
    elif cell.attachments:
        value = {"attachments": _shaped_attachments(cell.attachments), **value}
    if frame.has_ids:
        value["id"] = cell.id
    value["metadata"] = cell.metadata
    if cell.type == "code":
        value["outputs"] = [_shaped(output) for output in cell.outputs]
    value["source"] = Lines(cell.source)
    order = frame.template.get(cell.type) or next(iter(frame.template.values()), [])
    rank = {key: n for n, key in enumerate(order)}
    return dict(sorted(value.items(), key=lambda item: rank.get(item[0], len(rank))))


def _cell_style(cell: Cell, frame: Frame) -> Style:
    order = frame.template.get(cell.type)
    ordered = frame.style.ordered and (order is None or order == sorted(order))
    return msgspec.structs.replace(frame.style, ordered=ordered)


def _surroundings(notebook: Notebook, frame: Frame) -> tuple[str, str]:
    """Head and tail of the file, with the notebook's metadata in it."""
    hollow = frame.head + "[]" + frame.tail
    start = jsontext.skip(hollow, 1 if hollow.startswith("\ufeff") else 0)
    spans, end = jsontext.walk(hollow, start)
    old = {span.key: _value(hollow, span) for span in spans}
    if jsontext.same(_object(old.get("metadata")), notebook.metadata):
        return frame.head, frame.tail
    new = jsontext.revise(hollow[start:end], {**old, "metadata": notebook.metadata}, frame.style, 0)
    hollow = hollow[:start] + new + hollow[end:]
    spans, _ = jsontext.walk(hollow, start)
    spot = next(span for span in reversed(spans) if span.key == "cells")
    return hollow[: spot.start], hollow[spot.end :]


def rekeyed(frame: Frame, ids: Mapping[CellId, CellId]) -> Frame:
    """The same frame where cells are known under other ids: after an outside change, those of the document."""
    return msgspec.structs.replace(
        frame,
        cells={ids.get(cell, cell): original for cell, original in frame.cells.items()},
        order=[ids.get(cell, cell) for cell in frame.order],
    )


def empty(kernelspec: Mapping[str, Any] | None = None) -> Loaded:
    """A new notebook without cells, nbformat 4.5, laid out as Jupyter does."""
    metadata = {"kernelspec": dict(kernelspec)} if kernelspec else {}
    text = jsontext.encode({"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, Style())
    return read(_bytes(text + "\n"))
