"""What people type, as one Y document with the server as its authority.

A `Document` applies what clients send and checks it by its transaction's events, knows the visible order, says what
changed, and makes the server's own edits (`edit`). Single thread. No I/O: the caller journals, relays and acknowledges.

pycrdt's habits that this module is built round (each can lose text):
- it takes an update whose predecessor is missing without a word, shows some of it, leaves it out when it encodes, and is
  silent about later changes of it: so such an update is not applied (`Gap`), a client claims the clock that its update reaches,
  and below that nothing is acknowledged;
- it counts a Text in UTF-8 bytes: indexes are made by `editing.byte_index` alone;
- observers that are left on keep the whole document in memory: `close` it.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import msgspec

from octavo.document import anchors
from octavo.document.changes import Changes, Touched, misfit_of_cell
from octavo.document.crdt import Doc, Map, Subscription, Text, TransactionEvent
from octavo.document.editing import Editor
from octavo.document.positions import LONG, Minter
from octavo.document.schema import (
    CELLS,
    DELETED,
    MAX_UPDATE,
    META,
    OCTAVO,
    POSITION,
    ROOTS,
    SCHEMA,
    TEXT,
    TYPE,
    CellText,
    Row,
    read_cell,
    read_mark,
    read_row,
    read_values,
)
from octavo.document.vector import clock_of, clocks, first_edit
from octavo.errors import Conflict, Invalid, NotFound, TooLarge
from octavo.ids import CellId
from octavo.notebook.model import Cell, Notebook


class Applied(msgspec.Struct, frozen=True):
    """The document has all of the update. `update`: the bytes to journal and relay; None when it had all before (a resend)."""

    update: bytes | None


class Gap(msgspec.Struct, frozen=True):
    """Something before the update is missing, so it is neither journaled nor acknowledged: ask its client by a step 1, whose answer carries
    all. The document has reached `have` where the client claims `clock`. When the document is `spoiled` then (a hole inside the update), it
    is to be loaded again first."""

    client: int
    have: int
    clock: int
    update: None = None


class Document:
    """One pycrdt Doc. `client`, its Yjs client id, is random at every start; only tests choose it."""

    def __init__(self, client: int | None = None) -> None:
        self.client = 1 + secrets.randbelow(2**32 - 1) if client is None else client
        self._doc: Doc[Any] = Doc(client_id=self.client)
        self._cells: Map[Any] = self._doc.get(CELLS, type=Map)
        self._meta: Map[Any] = self._doc.get(META, type=Map)
        self._octavo: Map[Any] = self._doc.get(OCTAVO, type=Map)
        self._text: Text = self._doc.get(TEXT, type=Text)
        self._minter = Minter(Random(self.client).random)
        self._rows: dict[CellId, Row] = {}
        self._order: list[CellId] | None = None
        self._metadata: dict[str, Any] | None = None
        self._changes = Changes()
        self._touched = Touched()
        self._happened = False  # the last transaction changed something
        self._recorded: bytes | None = None  # and its bytes, where they are wanted
        self._recording = False
        self._subscriptions: list[tuple[Any, Subscription]] = []
        self.spoiled = False
        """It holds something that is not in the journal and must not be: close it and load it again."""

    @classmethod
    def new(cls, cells: Sequence[Cell], metadata: Mapping[str, Any], *, client: int | None = None) -> "Document":
        """A document with a history of its own; all its cells count as changed."""
        document = cls(client)
        with document._doc.transaction():
            document._octavo["schema"] = float(SCHEMA)
        document._observe()
        with document.edit() as editor:
            editor.insert(cells, after=None)
            editor.set_all_meta(metadata)
        return document

    @classmethod
    def load(cls, updates: Sequence[bytes], *, client: int | None = None) -> "Document":
        """From the journal: the snapshot, then the updates, in order. Raises `Conflict` when a newer release wrote it, `Invalid` when the bytes
        are damaged. Nothing counts as changed."""
        document = cls(client)
        if not _feed(document._doc, updates):
            raise Invalid("The stored document is damaged.", hint="Restore it from its file or a backup.")
        schema = document._octavo.get("schema")
        if isinstance(schema, int | float) and schema > SCHEMA:
            raise Conflict(
                f"The document was written by a newer release of Octavo (schema {schema:g}).",
                hint="Install that release, or restore a backup from before it.",
            )
        for cell, values in _plain(document._cells).items():
            document._rows[CellId(cell)] = read_row(values)
        document._observe()
        return document

    def close(self) -> None:
        """Let go of the observers; the document is not used again."""
        for target, subscription in self._subscriptions:
            target.unobserve(subscription)
        self._subscriptions.clear()
        self.spoiled = True

    # What clients send ------------------------------------------------------------------------------------------------

    def apply(self, update: bytes, *, client: int, clock: int) -> Applied | Gap:
        """Apply one update. `client`, `clock`: its author claims to be at this clock with it; a clock of 0 claims nothing.

        Raises `Invalid` when it cannot be read or does not fit the schema: its client is to be closed. When the document is `spoiled` then,
        or after a `Gap` (a hole inside the update), it is to be loaded again from the journal.
        """
        self._check_usable()
        if len(update) > MAX_UPDATE:
            raise TooLarge(f"An edit has {len(update)} bytes; at most {MAX_UPDATE} are taken.")
        if self._is_early(update, client, clock):
            return Gap(client, self.clock(client), clock)
        touched = self._begin(recording=False)
        try:
            self._doc.apply_update(update)
        except ValueError as error:
            raise Invalid("An edit could not be read.") from error
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic in pycrdt is no Exception, and leaves the document in an unknown state
            self.spoiled = True
            raise Invalid("An edit could not be applied.") from error
        for cell in touched.made:
            touched.refuse(misfit_of_cell(self._cells[cell]))
        if stray := set(self._doc.keys()) - ROOTS:
            touched.refuse(f"a document has no part {min(stray)[:80]!r}")
        if touched.misfit:
            self.spoiled = True
            raise Invalid(f"An edit did not fit the document: {touched.misfit}.")
        self._absorb()
        have = self.clock(client) if clock else 0
        self.spoiled = have < clock
        return Gap(client, have, clock) if self.spoiled else Applied(update if self._happened else None)

    def clock(self, client: int) -> int:
        """How far the document is with a Yjs client's edits."""
        return clock_of(self.state_vector(), client)

    def state_vector(self) -> bytes:
        return self._doc.get_state()

    def diff(self, vector: bytes) -> bytes:
        """What a peer with this state vector lacks. Raises `Invalid` when the vector cannot be read."""
        try:
            return self._doc.get_update(vector)
        except ValueError as error:
            raise Invalid("A state vector could not be read.") from error

    # What it holds ----------------------------------------------------------------------------------------------------

    def order(self) -> list[CellId]:
        """The visible cells, in order. Not to be changed."""
        if self._order is None:
            visible = [(row.position, cell) for cell, row in self._rows.items() if row.deleted is None]
            self._order = [cell for _, cell in sorted(visible)]
        return self._order

    def __contains__(self, cell: object) -> bool:
        """Marked cells are contained too."""
        return cell in self._rows

    def is_visible(self, cell: CellId) -> bool:
        row = self._rows.get(cell)
        return row is not None and row.deleted is None

    def type(self, cell: CellId) -> str:
        return self._row(cell).type

    def source(self, cell: CellId) -> str:
        self._row(cell)
        return str(self._cells[cell]["source"])

    def cell(self, cell: CellId) -> CellText:
        """A visible or marked cell. Raises `NotFound`."""
        self._row(cell)
        return read_cell(cell, _plain(self._cells[cell]))

    def anchor(self, cell: CellId, line: int) -> bytes:
        """The beginning of a line of the cell, as a place that moves with what is typed round it."""
        self._row(cell)
        return anchors.anchor(self._cells[cell]["source"], line)

    def anchored(self, cell: CellId, anchor: bytes) -> int | None:
        """On which line an anchor is now. None: it is not of this text."""
        self._row(cell)
        return anchors.line(self._cells[cell]["source"], anchor)

    def metadata(self) -> Mapping[str, Any]:
        """The notebook's own. Not to be changed: it is kept until it is another."""
        if self._metadata is None:
            self._metadata = read_values(_plain(self._meta))
        return self._metadata

    def notebook(self) -> Notebook:
        """The visible cells and the metadata. Outputs and counts are the session's to add."""
        values = _plain(self._cells)
        texts = [read_cell(cell, values[cell]) for cell in self.order()]
        cells = [
            Cell(
                id=text.id,
                type=text.type,
                source=text.source,
                metadata=text.metadata,
                attachments=text.attachments,
                outputs=[],
                count=None,
            )
            for text in texts
        ]
        return Notebook(cells=cells, metadata=read_values(_plain(self._meta)))

    def bin(self) -> list[CellText]:
        """Marked cells, the newest first. Without those that are just being made, and the empty ones."""
        marked = [self.cell(cell) for cell, row in self._rows.items() if row.deleted is not None]
        kept = [text for text in marked if text.deleted and not text.deleted.is_new and text.source]
        return sorted(kept, key=lambda text: (-text.deleted.at if text.deleted else 0, text.id))

    def unfinished(self, connected: set[int]) -> list[CellId]:
        """Cells that were written hidden and never shown, because their maker went away: for `Editor.show`. `connected`: the Yjs clients
        that are here."""
        marks = ((cell, read_mark(row.deleted)) for cell, row in self._rows.items() if row.deleted is not None)
        return [cell for cell, mark in marks if mark and mark.is_new and mark.client not in connected]

    def crowded(self) -> bool:
        """Keys have grown so long that `Editor.rebalance` is worth its update."""
        return any(len(row.position) > LONG for row in self._rows.values())

    def changed(self) -> Changes:
        """What changed since this was last asked."""
        changes, self._changes = self._changes, Changes()
        return changes

    # The server's own edits, and the journal's ------------------------------------------------------------------------

    @contextmanager
    def edit(self, author: str = "server") -> Iterator[Editor]:
        """One transaction of the server's. Afterwards `editor.update` has its bytes, to journal and relay; None if nothing changed.

        An exception inside leaves what was done before it undone in the journal: then the document is `spoiled`.
        """
        self._check_usable()
        touched = self._begin(recording=True)
        editor = Editor(self._cells, self._meta, self._rows, self._minter, author)
        try:
            with self._doc.transaction():
                yield editor
        except BaseException:
            self.spoiled = self._happened
            raise
        if touched.misfit:
            self.spoiled = True
            raise Invalid(f"The server's own edit did not fit the document: {touched.misfit}.")
        self._absorb()
        editor.update = self._recorded

    def snapshot(self) -> bytes:
        """The whole document as one update. See `holds` before anything is deleted for it."""
        return self._doc.get_update()

    def holds(self, snapshot: bytes) -> bool:
        """The snapshot, read again, is this document: nothing hidden, nothing missing. Costs what loading costs."""
        copy: Doc[Any] = Doc()
        return _feed(copy, [snapshot]) and _essence(copy) == _essence(self._doc)

    # Inside -----------------------------------------------------------------------------------------------------------

    def _check_usable(self) -> None:
        if self.spoiled:
            raise Invalid("This copy of the document is not usable any more.", hint="Load it again from the journal.")

    def _is_early(self, update: bytes, client: int, clock: int) -> bool:
        """Does something before the update lack, as far as its beginning tells?"""
        first = first_edit(update)
        if first is None:  # it only deletes, so its client was at this clock before it
            return self.clock(client) < clock
        return self.clock(first[0]) < first[1]

    def _row(self, cell: CellId) -> Row:
        try:
            return self._rows[cell]
        except KeyError:
            raise NotFound(f"The notebook has no cell {cell!r}.") from None

    def _begin(self, *, recording: bool) -> Touched:
        self._happened, self._recorded, self._recording = False, None, recording
        self._touched = Touched()
        return self._touched

    def _observe(self) -> None:
        watched: tuple[tuple[Any, Any], ...] = (
            (self._cells, lambda events: self._touched.on_cells(events)),
            (self._meta, lambda events: self._touched.on_meta(events)),
            (self._octavo, lambda events: self._touched.on_closed(events)),
            (self._text, lambda events: self._touched.on_closed(events)),
        )
        self._subscriptions = [(target, target.observe_deep(callback)) for target, callback in watched]
        self._subscriptions.append((self._doc, self._doc.observe(self._on_transaction)))

    def _on_transaction(self, event: TransactionEvent) -> None:
        self._happened = True
        if self._recording:
            self._recorded = event.update

    def _absorb(self) -> None:
        """Bring rows, order and dirty set up to what the last transaction touched."""
        touched, changes = self._touched, self._changes
        changes.cells |= touched.cells
        if touched.meta:
            changes.meta, self._metadata = True, None
        for cell in touched.rows:
            values = self._cells[cell]
            old, new = self._rows.get(cell), read_row({key: values.get(key) for key in (TYPE, POSITION, DELETED)})
            self._rows[cell] = new
            if old == new and cell not in touched.made:
                continue
            if old is not None and old.type != new.type:
                changes.retyped.add(cell)
            if old is not None and old.deleted is None and new.deleted is not None:
                changes.hidden.add(cell)
            if old is None or (old.position, old.deleted is None) != (new.position, new.deleted is None):
                changes.order = True
                self._order = None


def contains(snapshot: bytes, updates: Sequence[bytes]) -> bool:
    """Everything that `updates` bring is in the snapshot: reading them on top of it changes nothing. For compaction."""
    copy: Doc[Any] = Doc()
    stored: Doc[Any] = Doc()
    if not _feed(copy, [snapshot]) or not _feed(stored, updates):
        return False
    before = _essence(copy)
    if any(before[0].get(client, 0) < clock for client, clock in clocks(stored.get_state()).items()):
        return False
    return _feed(copy, updates) and _essence(copy) == before


def _plain(target: Map[Any]) -> dict[str, Any]:
    """A map as plain values; its JSON text is the quickest way, and the only one that keeps numbers."""
    values: dict[str, Any] = json.loads(str(target))
    return values


def _feed(doc: Doc[Any], updates: Sequence[bytes]) -> bool:
    """False when one cannot be read: pycrdt raises for some bytes, and panics (no Exception) for others."""
    try:
        with doc.transaction():
            for update in updates:
                doc.apply_update(update)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001
        return False
    return True


def _essence(doc: Doc[Any]) -> tuple[dict[int, int], list[Any]]:
    """What must not differ between a document and its copy: clocks and content."""
    roots = (_plain(doc.get(CELLS, type=Map)), _plain(doc.get(META, type=Map)), _plain(doc.get(OCTAVO, type=Map)))
    return clocks(doc.get_state()), [*roots, str(doc.get(TEXT, type=Text))]
