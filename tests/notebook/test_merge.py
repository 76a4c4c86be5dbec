import copy
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.ids import CellId
from octavo.notebook import codec
from octavo.notebook.merge import (
    DeleteCell,
    Edit,
    InsertCell,
    KeepText,
    MoveCell,
    SetAttachments,
    SetMetadata,
    SetNotebookMetadata,
    SetSource,
    SetType,
    TakeOutputs,
    identities,
    merge,
)
from octavo.notebook.model import Cell, Notebook


def nb(*cells: str, **rest: Any) -> Notebook:
    """Cells as "id" or "id:text"."""
    found = [cell.partition(":") for cell in cells]
    return Notebook([Cell(CellId(name), "code", text or name) for name, _, text in found], **rest)


class Live:
    """What a session does with edits: the shown cells, the bin, and kept things."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = copy.deepcopy(notebook)
        self.bin: list[Cell] = []
        self.kept: list[str] = []

    def cell(self, name: CellId) -> Cell:
        return next(cell for cell in self.notebook.cells if cell.id == name)

    def place(self, cell: Cell, after: CellId | None) -> None:
        cells = self.notebook.cells
        cells.insert(cells.index(self.cell(after)) + 1 if after else 0, cell)

    def perform(self, edits: list[Edit]) -> None:
        for edit in edits:
            match edit:
                case InsertCell():
                    assert edit.cell.id not in {cell.id for cell in (*self.notebook.cells, *self.bin)}
                    self.place(copy.deepcopy(edit.cell), edit.after)
                case KeepText():
                    self.kept.append(edit.text)
                case DeleteCell():
                    cell = self.cell(edit.cell)
                    self.notebook.cells.remove(cell)
                    self.bin.append(cell)
                case MoveCell():
                    cell = self.cell(edit.cell)
                    self.notebook.cells.remove(cell)
                    self.place(cell, edit.after)
                case SetSource():
                    self.cell(edit.cell).source = edit.source
                case SetType():
                    self.cell(edit.cell).type = edit.type
                case SetMetadata():
                    self.cell(edit.cell).metadata = edit.metadata
                case SetAttachments():
                    self.cell(edit.cell).attachments = edit.attachments
                case TakeOutputs():
                    self.cell(edit.cell).outputs, self.cell(edit.cell).count = edit.outputs, edit.count
                case SetNotebookMetadata():
                    self.notebook.metadata = edit.metadata


def merged(base: Notebook, theirs: Notebook, ours: Notebook) -> Live:
    live = Live(ours)
    live.perform(merge(base, theirs, ours))
    return live


def texts(live: Live) -> list[str]:
    return [cell.source for cell in live.notebook.cells]


def test_what_changed_in_the_file_only_is_taken_and_the_old_text_kept() -> None:
    live = merged(nb("a", "b"), nb("a", "b:new"), nb("a", "b"))
    assert texts(live) == ["a", "new"]
    assert live.kept == ["b"]


def test_what_changed_on_the_page_only_stays() -> None:
    assert merge(nb("a", "b"), nb("a", "b"), nb("a", "b:typed", "c")) == []


def test_what_changed_on_both_sides_stays_and_the_files_text_stands_below() -> None:
    base, theirs, ours = nb("a", "b"), nb("a:file", "b"), nb("a:page", "b")
    edits = merge(base, theirs, ours)
    assert [(edit.rule, edit.other, edit.after) for edit in edits if isinstance(edit, InsertCell)] == [
        ("both", "a", "a")
    ]
    live = merged(base, theirs, ours)
    assert texts(live) == ["page", "file", "b"]
    assert merge(base, theirs, live.notebook) == []


def test_the_same_change_on_both_sides_is_nothing() -> None:
    assert merge(nb("a"), nb("a:same"), nb("a:same")) == []


def test_new_cells_stand_behind_their_predecessor_in_the_file() -> None:
    live = merged(nb("a", "b"), nb("x", "a", "y", "z", "b"), nb("a", "typed", "b"))
    assert texts(live) == ["x", "a", "y", "z", "typed", "b"]


def test_a_cell_gone_from_the_file_goes_unless_the_page_changed_it() -> None:
    live = merged(nb("a", "b", "c"), nb("c"), nb("a", "b:typed", "c"))
    assert texts(live) == ["typed", "c"]
    assert [cell.id for cell in live.bin] == ["a"]


def test_a_cell_deleted_on_the_page_comes_back_only_if_the_file_changed_it() -> None:
    assert merge(nb("a", "b"), nb("a", "b"), nb("a")) == []
    edits = merge(nb("a", "b"), nb("a", "b:new"), nb("a"), taken={CellId("b")})
    assert [(edit.rule, edit.cell.source, edit.theirs) for edit in edits if isinstance(edit, InsertCell)] == [
        ("back", "new", "b")
    ]
    assert texts(merged(nb("a", "b"), nb("a", "b:new"), nb("a"))) == ["a", "new"]


def test_a_move_in_the_file_is_followed_with_the_fewest_moves() -> None:
    base, theirs = nb("a", "b", "c", "d", "e"), nb("e", "a", "b", "c", "d")
    assert merge(base, theirs, base) == [MoveCell(CellId("e"), None)]
    assert texts(merged(base, theirs, nb("a", "typed", "b", "c", "d", "e"))) == ["e", "a", "typed", "b", "c", "d"]


def test_where_both_moved_a_cell_the_pages_place_stays() -> None:
    assert merge(nb("a", "b", "c"), nb("c", "a", "b"), nb("a", "c", "b")) == []


def test_cells_without_ids_are_matched_by_equal_text_in_order() -> None:
    base = nb("1:x", "2:y", "3:x", "4:z")
    theirs = nb("t1:x", "t2:new", "t3:x", "t4:z")
    edits = merge(base, theirs, base)
    assert [type(edit) for edit in edits] == [InsertCell, DeleteCell]
    ids = identities(base, theirs, edits)
    assert ids == {"t1": "1", "t2": "t2", "t3": "3", "t4": "4"}


def test_what_is_not_text_is_taken_key_by_key_and_the_pages_wins() -> None:
    base, theirs, ours = nb("a"), nb("a"), nb("a")
    base.metadata, theirs.metadata, ours.metadata = {"k": 1, "x": 1}, {"k": 2, "x": 1, "n": 1}, {"k": 1, "x": 5}
    base.cells[0].metadata, theirs.cells[0].metadata, ours.cells[0].metadata = (
        {"p": 1, "q": 1},
        {"p": 2},
        {"p": 3, "q": 1},
    )
    theirs.cells[0].attachments = {"a.png": {"image/png": "aGk="}}
    theirs.cells[0].type = "markdown"
    assert merge(base, theirs, ours) == [
        SetNotebookMetadata({"k": 2, "x": 5, "n": 1}),
        SetType(CellId("a"), "markdown"),
        SetMetadata(CellId("a"), {"p": 3}),
        SetAttachments(CellId("a"), {"a.png": {"image/png": "aGk="}}),
    ]


def test_outputs_of_the_file_are_taken_where_no_run_of_ours_is_newer() -> None:
    base, theirs, ours = nb("a", "b"), nb("a", "b"), nb("a", "b")
    for cell in theirs.cells:
        cell.outputs, cell.count = [{"output_type": "stream", "name": "stdout", "text": "file"}], 5
    ours.cells[1].outputs = [{"output_type": "stream", "name": "stdout", "text": "run"}]
    assert merge(base, theirs, ours) == [TakeOutputs(CellId("a"), theirs.cells[0].outputs, 5)]
    assert [edit.cell for edit in merge(base, theirs, ours, untouched={CellId("b")})] == ["a", "b"]
    assert merge(base, base, ours, untouched={CellId("a"), CellId("b")}) == []


def test_a_cell_that_only_file_and_page_know_is_kept_once() -> None:
    assert merge(nb("a"), nb("a", "n"), nb("a", "n")) == []
    live = merged(nb("a"), nb("a", "n:file"), nb("a", "n:page"))
    assert texts(live) == ["a", "page", "file"]


def test_the_frame_of_the_file_fits_the_document_after_a_merge() -> None:
    base, frame, _ = codec.empty()
    base.cells = nb("a", "b", "c").cells
    frame = codec.read(codec.write(base, frame)).frame
    theirs = codec.read(codec.write(nb("a", "x", "b:new", "c"), frame))
    ours = nb("a:typed", "c")
    edits = merge(base, theirs.notebook, ours, taken={CellId("b")})
    live = Live(ours)
    live.perform(edits)
    frame = codec.rekeyed(theirs.frame, identities(base, theirs.notebook, edits))
    written = codec.read(codec.write(live.notebook, frame), ids=[cell.id for cell in live.notebook.cells])
    assert written.notebook.cells == live.notebook.cells
    assert texts(live) == ["typed", "x", "new", "c"]


counter = count()


def token() -> str:
    return f"<{next(counter)}>"


@st.composite
def sides(draw: st.DrawFn) -> tuple[Notebook, Notebook, Notebook]:
    """A base and two sides that each typed tokens, deleted, moved, inserted; the file may have lost its ids."""
    base = Notebook(
        [
            Cell(CellId(f"c{n}"), "code", draw(st.sampled_from(["", "same", token()])))
            for n in range(draw(st.integers(0, 6)))
        ]
    )

    def side(name: str) -> Notebook:
        found = copy.deepcopy(base)
        for step in range(draw(st.integers(0, 6))):
            where = draw(st.integers(0, len(found.cells)))
            here = found.cells[where : where + 1]
            match draw(st.sampled_from(["type", "insert", "delete", "move", "copy"])):
                case "type" if here:
                    here[0].source += token()
                case "insert":
                    found.cells.insert(where, Cell(CellId(f"{name}{step}"), "code", token()))
                case "delete" if here:
                    found.cells.remove(here[0])
                case "move" if here:
                    found.cells.remove(here[0])
                    found.cells.insert(draw(st.integers(0, len(found.cells))), here[0])
                case "copy" if here:
                    found.cells.insert(where, msgspec.structs.replace(here[0], id=CellId(f"{name}{step}")))
        return found

    theirs, ours = side("t"), side("o")
    if draw(st.booleans()):
        for n, cell in enumerate(theirs.cells):
            cell.id = CellId(f"lost{n}")
    return base, theirs, ours


def tokens(*texts: str) -> set[str]:
    return {token for text in texts for token in text.replace("<", " <").split() if token.startswith("<")}


@given(sides())
def test_no_text_is_lost_whatever_both_sides_did(three: tuple[Notebook, Notebook, Notebook]) -> None:
    base, theirs, ours = three
    deleted = {cell.id for cell in base.cells} - {cell.id for cell in ours.cells}
    live = Live(ours)
    edits = merge(base, theirs, ours, taken=deleted)
    live.perform(edits)
    shown = tokens(*texts(live))
    assert tokens(*(cell.source for cell in ours.cells)) <= shown | tokens(
        *live.kept, *(cell.source for cell in live.bin)
    )
    old = tokens(*(cell.source for cell in base.cells))
    assert tokens(*(cell.source for cell in theirs.cells)) - old <= shown
    assert tokens(*(cell.source for cell in ours.cells)) - old <= shown
    assert len({cell.id for cell in live.notebook.cells}) == len(live.notebook.cells)


@given(sides())
def test_a_second_absorb_does_nothing(three: tuple[Notebook, Notebook, Notebook]) -> None:
    base, theirs, ours = three
    live = Live(ours)
    edits = merge(base, theirs, ours)
    live.perform(edits)
    ids = identities(base, theirs, edits)
    known = Notebook([msgspec.structs.replace(cell, id=ids[cell.id]) for cell in theirs.cells])
    assert len(set(ids.values())) == len(ids)
    assert merge(known, theirs, live.notebook) == []
    assert merge(known, known, live.notebook) == []


@given(sides())
def test_an_untouched_page_becomes_the_file(three: tuple[Notebook, Notebook, Notebook]) -> None:
    base, theirs, _ = three
    live = merged(base, theirs, base)
    assert texts(live) == [cell.source for cell in theirs.cells]


@given(sides())
def test_an_untouched_file_changes_nothing(three: tuple[Notebook, Notebook, Notebook]) -> None:
    base, _, ours = three
    assert merge(base, base, ours) == []


@pytest.mark.parametrize("size", [1000])
def test_a_thousand_cells_that_all_changed_are_merged(size: int) -> None:
    base = nb(*(f"c{n}" for n in range(size)))
    theirs = nb(*(f"c{n}:file {n}" for n in reversed(range(size))))
    live = merged(base, theirs, base)
    assert texts(live) == [cell.source for cell in theirs.cells]
