"""The server's own edits of a document: outside changes, API saves, restoring. One `Editor` is one transaction.

It works on its own picture of the order, because the document's is brought up to date by the transaction's events.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from octavo.document.crdt import Map, Text
from octavo.document.difference import edits
from octavo.document.positions import LONG, Minter, neighbours, rebalance
from octavo.document.schema import (
    ATTACHMENTS,
    DELETED,
    METADATA,
    POSITION,
    SOURCE,
    TYPE,
    Mark,
    Row,
    is_cell_id,
    write_json,
    write_mark,
)
from octavo.errors import Invalid, NotFound
from octavo.ids import CellId
from octavo.notebook.model import Cell, clean


class Editor:
    """Edits inside one transaction; made by `Document.edit`."""

    def __init__(
        self,
        cells: Map[Any],
        meta: Map[Any],
        rows: Mapping[CellId, Row],
        minter: Minter,
        author: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._cells = cells
        self._meta = meta
        self._rows = dict(rows)
        self._minter = minter
        self._author = author
        self._now = now
        self.update: bytes | None = None
        """The transaction's bytes, once it has ended; None if nothing changed."""

    def insert(self, cells: Sequence[Cell], after: CellId | None) -> None:
        """New cells below `after`, or at the top. Their ids are new to the document."""
        known = set(self._rows)
        for cell in cells:
            if not is_cell_id(cell.id) or cell.id in known:
                raise Invalid(f"{cell.id!r} cannot be the id of a new cell.")
            known.add(cell.id)
        for cell, position in zip(cells, self._keys(after, len(cells)), strict=True):
            values = _prefixed(METADATA, cell.metadata) | _prefixed(ATTACHMENTS, cell.attachments)
            text = Text(clean(cell.source))
            self._cells[cell.id] = Map({TYPE: clean(cell.type), SOURCE: text, POSITION: position, **values})
            self._rows[cell.id] = Row(clean(cell.type), position)

    def set_source(self, cell: CellId, text: str) -> bool:
        """Make the source `text` by the fewest edits. False if it was that already."""
        self._row(cell)
        source = self._cells[cell][SOURCE]
        old = str(source)
        found = edits(old, clean(text))
        for edit in found:  # from the end backwards, so that the indexes of what is to come stay right
            start = byte_index(old, edit.start)
            if edit.stop > edit.start:
                del source[start : byte_index(old, edit.stop)]
            if edit.text:
                source.insert(start, edit.text)
        return bool(found)

    def set_type(self, cell: CellId, kind: str) -> None:
        if self._row(cell).type != kind:
            self._put(cell, TYPE, clean(kind))
            self._rows[cell] = msgspec.structs.replace(self._rows[cell], type=clean(kind))

    def set_metadata(self, cell: CellId, metadata: Mapping[str, Any]) -> None:
        """All of the cell's metadata; only what differs is written."""
        self._row(cell)
        _replace(self._cells[cell], METADATA, metadata)

    def set_attachments(self, cell: CellId, attachments: Mapping[str, Any]) -> None:
        self._row(cell)
        _replace(self._cells[cell], ATTACHMENTS, attachments)

    def set_all_meta(self, metadata: Mapping[str, Any]) -> None:
        """All of the notebook's metadata; only what differs is written."""
        _replace(self._meta, "", metadata)

    def set_meta(self, key: str, value: Any) -> None:
        """One value of the notebook's metadata, as `kernelspec`."""
        text = write_json(value)
        if self._meta.get(clean(key)) != text:
            self._meta[clean(key)] = text

    def move(self, cell: CellId, after: CellId | None) -> None:
        """The cell to below `after`, or to the top."""
        self._row(cell)
        if cell != after:
            self._place(cell, self._keys(after, 1, without=(cell,))[0])

    def delete(self, cell: CellId, *, into: CellId | None = None) -> None:
        """Mark the cell: it goes to the bin. `into`: the cell that took its text."""
        if self._row(cell).deleted is None:
            self._mark(cell, Mark(by=self._author, at=round(self._now(), 3), into=into))

    def restore(self, cell: CellId) -> None:
        """Out of the bin, to the place that it had."""
        if self._row(cell).deleted is not None:
            self._mark(cell, None)

    def show(self, cells: Sequence[CellId]) -> None:
        """Show what its maker left hidden (`Document.unfinished`)."""
        for cell in cells:
            self.restore(cell)

    def rebalance(self, limit: int = LONG) -> int:
        """Make keys anew where they have grown over `limit`. Says how many."""
        order = self._visible()
        fresh = rebalance([self._rows[cell].position for cell in order], limit)
        for index, position in fresh.items():
            self._place(order[index], position)
        return len(fresh)

    def order(self) -> list[CellId]:
        """The visible cells as this transaction leaves them."""
        return self._visible()

    def _visible(self, without: Collection[CellId] = ()) -> list[CellId]:
        rows = self._rows.items()
        return sorted(
            (cell for cell, row in rows if row.deleted is None and cell not in without),
            key=lambda cell: (self._rows[cell].position, cell),
        )

    def _keys(self, after: CellId | None, n: int, without: Collection[CellId] = ()) -> list[str]:
        order = self._visible(without)
        positions = [self._rows[cell].position for cell in order]
        index = 0
        if after is not None:
            place = (self._row(after).position, after)
            # `after` may be hidden: then what counts is where it would stand.
            index = sum((self._rows[cell].position, cell) <= place for cell in order)
        return self._minter.keys(*neighbours(positions, index), n)

    def _row(self, cell: CellId) -> Row:
        try:
            return self._rows[cell]
        except KeyError:
            raise NotFound(f"The notebook has no cell {cell!r}.") from None

    def _place(self, cell: CellId, position: str) -> None:
        self._put(cell, POSITION, position)
        self._rows[cell] = msgspec.structs.replace(self._rows[cell], position=position)

    def _mark(self, cell: CellId, mark: Mark | None) -> None:
        text = write_mark(mark)
        self._put(cell, DELETED, text)
        self._rows[cell] = msgspec.structs.replace(self._rows[cell], deleted=text if mark else None)

    def _put(self, cell: CellId, key: str, value: str) -> None:
        self._cells[cell][key] = value


def byte_index(text: str, index: int) -> int:
    """pycrdt's index (UTF-8 bytes) of a code point's. The only way to one: an index inside a character destroys text without a word."""
    return len(text[:index].encode())


def _prefixed(prefix: str, values: Mapping[str, Any]) -> dict[str, str]:
    return {prefix + clean(key): write_json(value) for key, value in values.items()}


def _replace(target: Map[Any], prefix: str, values: Mapping[str, Any]) -> None:
    wanted = _prefixed(prefix, values)
    have = {key: target[key] for key in list(target.keys()) if key.startswith(prefix)}
    for key in have.keys() - wanted.keys():
        del target[key]
    for key, text in wanted.items():
        if have.get(key) != text:
            target[key] = text
