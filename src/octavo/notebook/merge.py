"""An outside change of the file, as edits of the live notebook. Pure; the session performs them.

Three versions: `base` (the file as it was last read or written), `theirs` (the file now), `ours` (the page). Each edit names its rule:

  theirs   changed in the file only: taken; the page's old text is kept (`KeepText` comes just before)
  both     changed on both sides, differently: the page's stays, the file's stands in a new marked cell below
  new      a cell that only the file has: behind its predecessor in the file
  gone     a cell that the file has no more and the page did not change
  moved    a cell that stands elsewhere in the file; where the page moved it too, the page's place stays
  back     deleted on the page, changed in the file: the file's text comes back as a new cell, the page's stays in the bin

Lines are not merged, and cells are not matched by likeness.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

from octavo.ids import CellId, new_cell
from octavo.notebook.jsontext import same
from octavo.notebook.model import Cell, Notebook

Rule = Literal["theirs", "both", "new", "gone", "moved", "back"]


class InsertCell(msgspec.Struct, frozen=True):
    """`after` None: at the top. `theirs`: its id in the file's version. `other`: the cell whose second version this is, to be marked so."""

    cell: Cell
    after: CellId | None
    rule: Rule
    theirs: CellId
    other: CellId | None = None


class SetSource(msgspec.Struct, frozen=True):
    cell: CellId
    source: str
    rule: Rule = "theirs"


class SetType(msgspec.Struct, frozen=True):
    cell: CellId
    type: str
    rule: Rule = "theirs"


class SetMetadata(msgspec.Struct, frozen=True):
    """`metadata`: all of it, after the change."""

    cell: CellId
    metadata: dict[str, Any]
    rule: Rule = "theirs"


class SetAttachments(msgspec.Struct, frozen=True):
    cell: CellId
    attachments: dict[str, Any]
    rule: Rule = "theirs"


class TakeOutputs(msgspec.Struct, frozen=True):
    """The file's outputs, which are nobody's run here: not trusted."""

    cell: CellId
    outputs: list[dict[str, Any]]
    count: int | None
    rule: Rule = "theirs"


class MoveCell(msgspec.Struct, frozen=True):
    cell: CellId
    after: CellId | None
    rule: Rule = "moved"


class DeleteCell(msgspec.Struct, frozen=True):
    cell: CellId
    rule: Rule = "gone"


class SetNotebookMetadata(msgspec.Struct, frozen=True):
    metadata: dict[str, Any]
    rule: Rule = "theirs"


class KeepText(msgspec.Struct, frozen=True):
    """A text of the page that the next edit replaces: it goes to the kept things."""

    cell: CellId
    text: str
    reason: Rule = "theirs"


Edit = (
    InsertCell
    | SetSource
    | SetType
    | SetMetadata
    | SetAttachments
    | TakeOutputs
    | MoveCell
    | DeleteCell
    | SetNotebookMetadata
    | KeepText
)


def merge(
    base: Notebook,
    theirs: Notebook,
    ours: Notebook,
    *,
    taken: Collection[CellId] = (),
    untouched: Collection[CellId] = (),
    stale: bool = False,
    new_id: Callable[[], CellId] = new_cell,
) -> list[Edit]:
    """What to do, in order, so that the page has the file's changes. An empty list: nothing.

    `ours`: the cells that are shown. `taken`: ids that are used besides, of cells in the bin. `untouched`: cells whose results are as the base
    has them, so that nobody has to hold them in `ours`. `stale`: theirs was not made from the base, so every text that differs was changed on
    both sides.
    """
    return _Merge(base, theirs, ours, taken, untouched, stale, new_id).edits()


def pair(base: Notebook, theirs: Notebook) -> dict[CellId, CellId]:
    """For each cell of the file that the base has, its id there: the same id, else equal type and text, in order."""
    known = {cell.id for cell in base.cells}
    pairs = {cell.id: cell.id for cell in theirs.cells if cell.id in known}
    rest = [cell for cell in theirs.cells if cell.id not in pairs]
    waiting: dict[tuple[str, str], deque[CellId]] = defaultdict(deque)
    for cell in base.cells:
        if cell.id not in pairs:
            waiting[cell.type, cell.source].append(cell.id)
    for cell in rest:
        if same_text := waiting.get((cell.type, cell.source)):
            pairs[cell.id] = same_text.popleft()
    return pairs


def identities(base: Notebook, theirs: Notebook, edits: Sequence[Edit]) -> dict[CellId, CellId]:
    """For each cell of the file, its id in the live notebook once `edits` are made; for `codec.rekeyed` and as the next base's ids."""
    inserted = {edit.theirs: edit.cell.id for edit in edits if isinstance(edit, InsertCell) and edit.rule != "both"}
    return {cell.id: cell.id for cell in theirs.cells} | pair(base, theirs) | inserted


class _Merge:
    """The work of one merge: walks the file's cells in order."""

    def __init__(
        self,
        base: Notebook,
        theirs: Notebook,
        ours: Notebook,
        taken: Collection[CellId],
        untouched: Collection[CellId],
        stale: bool,
        new_id: Callable[[], CellId],
    ) -> None:
        self.base, self.theirs, self.ours, self.stale = base, theirs, ours, stale
        self.base_cells = {cell.id: cell for cell in base.cells}
        self.our_cells = {cell.id: cell for cell in ours.cells}
        for cell in base.cells:
            if cell.id in untouched and cell.id in self.our_cells:
                live = self.our_cells[cell.id]
                self.our_cells[cell.id] = msgspec.structs.replace(live, outputs=cell.outputs, count=cell.count)
        self.below = dict(zip(self.our_cells, ours.cells[1:], strict=False))
        self.pairs = pair(base, theirs)
        self.taken = {*taken, *self.base_cells, *self.our_cells}
        self.new_id = new_id
        self.found: list[Edit] = []
        self.after: CellId | None = None

    def edits(self) -> list[Edit]:
        if (metadata := _three_way(self.base.metadata, self.theirs.metadata, self.ours.metadata)) is not None:
            self.found.append(SetNotebookMetadata(metadata))
        moved = self._moved()
        for cell in self.theirs.cells:
            live = self.pairs.get(cell.id, cell.id)
            if live in self.our_cells:
                self._known(cell, self.our_cells[live], self.base_cells.get(live), live in moved)
            elif live not in self.base_cells:
                self._insert(cell, "new")
            elif cell.source != self.base_cells[live].source:
                self._insert(cell, "back")
        gone = self.base_cells.keys() - self.pairs.values()
        for cell in self.ours.cells:
            if cell.id in gone and cell.source == self.base_cells[cell.id].source:
                self.found.append(DeleteCell(cell.id))
        return self.found

    def _moved(self) -> set[CellId]:
        """Cells that the file has moved and the page has not."""
        place = {cell.id: n for n, cell in enumerate(self.base.cells)}
        in_theirs = [self.pairs[cell.id] for cell in self.theirs.cells if cell.id in self.pairs]
        in_ours = [cell.id for cell in self.ours.cells if cell.id in place]
        return _out_of_order(in_theirs, place) - _out_of_order(in_ours, place)

    def _known(self, theirs: Cell, ours: Cell, base: Cell | None, moved: bool) -> None:
        if moved:
            self.found.append(MoveCell(ours.id, self.after))
        self.after = ours.id
        both = theirs.source != ours.source and (
            self.stale or base is None or base.source not in (theirs.source, ours.source)
        )
        if both:
            below = self.below.get(ours.id)
            if below is None or below.source != theirs.source:
                self._insert(theirs, "both", other=ours.id)
            return
        if base is None:
            return
        if theirs.source not in (base.source, ours.source):
            if ours.source.strip():
                self.found.append(KeepText(ours.id, ours.source))
            self.found.append(SetSource(ours.id, theirs.source))
        self._rest(theirs, ours, base)

    def _rest(self, theirs: Cell, ours: Cell, base: Cell) -> None:
        """What is not text: where both changed it, the page's stays."""
        if theirs.type not in (base.type, ours.type) and ours.type == base.type:
            self.found.append(SetType(ours.id, theirs.type))
        if (metadata := _three_way(base.metadata, theirs.metadata, ours.metadata)) is not None:
            self.found.append(SetMetadata(ours.id, metadata))
        if (attachments := _three_way(base.attachments, theirs.attachments, ours.attachments)) is not None:
            self.found.append(SetAttachments(ours.id, attachments))
        if not _same_results(theirs, base) and _same_results(ours, base):
            self.found.append(TakeOutputs(ours.id, theirs.outputs, theirs.count))

    def _insert(self, theirs: Cell, rule: Rule, other: CellId | None = None) -> None:
        cell = theirs
        if cell.id in self.taken or rule != "new":
            cell = msgspec.structs.replace(theirs, id=self._fresh())
        self.taken.add(cell.id)
        self.found.append(InsertCell(cell, self.after, rule, theirs.id, other))
        self.after = cell.id

    def _fresh(self) -> CellId:
        made = self.new_id()
        while made in self.taken:
            made = self.new_id()
        return made


def _same_results(one: Cell, other: Cell) -> bool:
    return one.count == other.count and same(one.outputs, other.outputs)


_ABSENT: Any = object()


def _three_way(base: Mapping[str, Any], theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any] | None:
    """Ours with what changed in theirs alone, key by key; None if that is nothing."""
    merged = dict(ours)
    for key in {**base, **theirs}:
        was, now, here = base.get(key, _ABSENT), theirs.get(key, _ABSENT), ours.get(key, _ABSENT)
        if same(was, now) or not same(was, here):
            continue
        if now is _ABSENT:
            del merged[key]
        else:
            merged[key] = now
    return None if same(dict(ours), merged) else merged


def _out_of_order(cells: Sequence[CellId], place: Mapping[CellId, int]) -> set[CellId]:
    """The fewest cells whose move explains this order: those outside a longest increasing run of places."""
    tails: list[int] = []
    ends: list[int] = []
    back: list[int] = []
    for n, cell in enumerate(cells):
        at = bisect_left(tails, place[cell])
        back.append(ends[at - 1] if at else -1)
        tails[at : at + 1], ends[at : at + 1] = [place[cell]], [n]
    still, n = set(), ends[-1] if ends else -1
    while n >= 0:
        still.add(cells[n])
        n = back[n]
    return set(cells) - still
