"""What one transaction touched, read from its events, and what in it does not fit the schema.

Events name what changed; values of the order are read again afterwards, because a wrapper of something that the same
transaction deleted must not be used. Not here: what follows from a change (`document`).
"""

from typing import Any

import msgspec

from octavo.document.crdt import Map, Text
from octavo.document.schema import (
    DELETED,
    POSITION,
    SOURCE,
    TYPE,
    is_cell_id,
    misfit_of_meta,
    misfit_of_value,
)
from octavo.ids import CellId


class Changes(msgspec.Struct):
    """What changed since somebody last asked. `cells`: in any way (new, text, metadata, mark); `retyped` and `hidden` (deleted) of them are
    those whose waiting run must go. `order`: which cells are visible, or where."""

    cells: set[CellId] = msgspec.field(default_factory=set)
    retyped: set[CellId] = msgspec.field(default_factory=set)
    hidden: set[CellId] = msgspec.field(default_factory=set)
    order: bool = False
    meta: bool = False

    def __bool__(self) -> bool:
        return bool(self.cells or self.order or self.meta)


class Touched:
    """Collects one transaction's events. `misfit`: the first thing that a client may not do; empty if all fits."""

    def __init__(self) -> None:
        self.cells: set[CellId] = set()
        self.made: set[CellId] = set()
        self.rows: set[CellId] = set()
        self.meta = False
        self.misfit = ""

    def refuse(self, why: str) -> None:
        self.misfit = self.misfit or why

    def on_cells(self, events: list[Any]) -> None:
        for event in events:
            path = event.path
            if not path:
                self._cells_root(event.keys)
            elif len(path) == 1 and hasattr(event, "keys"):
                self._cell(CellId(str(path[0])), event.keys)
            elif len(path) == 2 and path[1] == SOURCE and hasattr(event, "delta"):
                self.cells.add(CellId(str(path[0])))
                self.text(event.delta)
            else:
                self.refuse("something is nested in a cell")

    def on_meta(self, events: list[Any]) -> None:
        self.meta = True
        for event in events:
            if event.path:
                self.refuse("something is nested in the metadata")
                continue
            for key, change in event.keys.items():
                if change["action"] != "delete" and (why := misfit_of_meta(key, change["newValue"])):
                    self.refuse(why)

    def on_closed(self, event: Any) -> None:
        """An event of a root that clients may not write."""
        self.refuse("this part of the document is not a client's to write")

    def text(self, delta: list[dict[str, Any]]) -> None:
        if any(step.get("attributes") or not isinstance(step.get("insert", ""), str) for step in delta):
            self.refuse("a source holds more than plain text")

    def _cells_root(self, keys: dict[str, Any]) -> None:
        if not keys:  # something that is no key, or a cell written twice
            self.refuse("the cells are a map and no list")
        for cell, change in keys.items():
            if change["action"] != "add":
                self.refuse("a cell was replaced or taken out")
            elif not is_cell_id(cell):
                self.refuse(f"{cell[:80]!r} is no cell id")
            elif not isinstance(change["newValue"], Map):
                self.refuse("a cell is a map")
            else:
                self.cells.add(CellId(cell))
                self.made.add(CellId(cell))
                self.rows.add(CellId(cell))

    def _cell(self, cell: CellId, keys: dict[str, Any]) -> None:
        self.cells.add(cell)
        for key, change in keys.items():  # none when a write lost against a concurrent one
            if key == SOURCE:
                self.refuse("a source was replaced or taken out")
            elif change["action"] != "delete" and (why := misfit_of_value(key, change["newValue"])):
                self.refuse(why)
            if key in (TYPE, POSITION, DELETED):
                self.rows.add(cell)


def misfit_of_cell(cell: Map[Any]) -> str:
    """Why a cell that a client made does not fit; empty if it does. Its parts have no events of their own."""
    source = False
    for key, value in cell.items():
        if key != SOURCE:
            if why := misfit_of_value(key, value):
                return why
        elif not isinstance(value, Text) or any(
            attributes or not isinstance(chunk, str) for chunk, attributes in value.diff()
        ):
            return "a source is plain text"
        else:
            source = True
    return "" if source else "a cell has no source"
