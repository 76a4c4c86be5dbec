"""A notebook's breakpoints: where they are in the text as it is now, and where in each source that the kernel runs.

Kept in the journal with a place in the cell's shared text, so that they move with it; in the bin they go with their cell.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from octavo.debug import breakpoints, shapes, sources
from octavo.errors import Invalid, NotFound
from octavo.ids import CellId
from octavo.journal import debugging as rows

if TYPE_CHECKING:
    from octavo.session.session import Session

VERSIONS = 6
"""Texts of a cell that are remembered, the newest last: functions of older ones may still be in the kernel."""


class Kept(msgspec.Struct):
    """`lines`: how many lines its cell had when it was placed last, to tell what a split took away."""

    shown: shapes.Breakpoint
    anchor: bytes = b""
    lines: int = 0


class Settings(msgspec.Struct, omit_defaults=True):
    """What else a person set, as it is journaled."""

    exceptions: str = "never"
    functions: list[str] = []
    just_my_code: bool = True
    watches: list[str] = []


class Breakpoints:
    """`ran`: by cell, the texts that the kernel runs or ran, with the names that it may have for them."""

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.settings = Settings()
        self.kept: dict[str, Kept] = {}
        self.ran: dict[str, dict[str, None]] = {}
        self.temporary: dict[str, int] = {}
        """Lines to stop at once: by name of a source."""
        self.folder = ""

    # What a person sets ------------------------------------------------------------------------------------------------

    def load(self, found: rows.DebugRows) -> None:
        for row in found.breakpoints:
            try:
                shown = msgspec.json.decode(row.body, type=shapes.Breakpoint)
            except msgspec.DecodeError:
                continue
            self.kept[row.id] = Kept(shown, row.anchor)
        if found.settings:
            self.settings = msgspec.json.decode(found.settings, type=Settings)
        self.place()

    def set(self, asked: shapes.Breakpoint) -> None:
        breakpoints.check(asked)
        if asked.id not in self.kept and len(self.kept) >= breakpoints.MAX_BREAKPOINTS:
            raise Invalid(f"A notebook has at most {breakpoints.MAX_BREAKPOINTS} breakpoints.")
        shown = msgspec.structs.replace(asked, state="waiting", why="", moved=None, text="")
        anchor = b""
        if asked.at.cell:
            document, cell = self.session.edits.document, CellId(asked.at.cell)
            if cell not in document:
                raise NotFound("That cell is not there.")
            anchor = document.anchor(cell, asked.at.line)
        kept = self.kept[asked.id] = Kept(shown, anchor)
        self._place(kept)
        self._keep(kept)

    def _keep(self, kept: Kept) -> None:
        row = rows.BreakpointRow(
            id=kept.shown.id, cell=kept.shown.at.cell, anchor=kept.anchor, body=msgspec.json.encode(kept.shown)
        )
        self.session.running.statements.append(rows.put(self.session.row.id, row))

    def remove(self, which: list[str] | None) -> None:
        for one in list(self.kept) if which is None else which:
            if self.kept.pop(one, None) is not None:
                self.session.running.statements.append(rows.remove(self.session.row.id, one))

    def keep_settings(self) -> None:
        body = msgspec.json.encode(self.settings)
        self.session.running.statements.append(rows.set_settings(self.session.row.id, body))

    # Where they are ----------------------------------------------------------------------------------------------------

    def place(self) -> bool:
        """Find all again, after the text changed; says whether one is elsewhere."""
        before = [(kept.shown.at, kept.shown.text, kept.shown.why) for kept in self.kept.values()]
        for kept in self.kept.values():
            self._place(kept)
        return before != [(kept.shown.at, kept.shown.text, kept.shown.why) for kept in self.kept.values()]

    def _place(self, kept: Kept) -> None:
        shown = kept.shown
        if shown.at.cell:
            self._place_in_cell(kept, CellId(shown.at.cell))
        else:
            self._place_in_file(shown)
        shown.why = breakpoints.problem_of(shown) or shown.why
        if shown.why:
            shown.state = "problem"
        elif shown.state == "problem":
            shown.state = "waiting"

    def _place_in_cell(self, kept: Kept, cell: CellId) -> None:
        document, shown = self.session.edits.document, kept.shown
        shown.why = ""
        if cell not in document:
            return
        source = document.source(cell)
        lines = source.split("\n")
        if shown.at.line > len(lines) and kept.lines and (tail := self._tail_of(cell)) is not None:
            # Its line went to another cell, whose lines are the last of those that there were.
            tail_lines = len(document.source(tail).split("\n"))
            line = min(max(1, shown.at.line - (kept.lines - tail_lines)), tail_lines)
            shown.at = shapes.Place(cell=tail, line=line)
            kept.anchor = document.anchor(tail, line)
            lines = document.source(tail).split("\n")
            self._keep(kept)
        else:
            line = document.anchored(cell, kept.anchor) or min(shown.at.line, len(lines))
            shown.at = shapes.Place(cell=cell, line=line)
        kept.lines = len(lines)
        shown.text = lines[min(shown.at.line, len(lines)) - 1][:200]

    def _tail_of(self, head: CellId) -> CellId | None:
        document = self.session.edits.document
        tails = [cell for cell in document.order() if document.cell(cell).split == head]
        return tails[0] if tails else None

    def _place_in_file(self, shown: shapes.Breakpoint) -> None:
        path = self.absolute(shown.at.path)
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.read(4_000_000).split("\n")
        except OSError:
            shown.why = "That file is not there."
            return
        shown.why = ""
        if shown.text and not _reads(lines, shown.at.line, shown.text):
            near = [n for n, line in enumerate(lines, 1) if line[:200] == shown.text]
            if near:  # the file was changed: the line is where its text is, the nearest such
                shown.at = shapes.Place(path=shown.at.path, line=min(near, key=lambda n: abs(n - shown.at.line)))
                return
        if shown.at.line > len(lines):
            shown.why = "That file has no such line."
        else:
            shown.text = lines[shown.at.line - 1][:200]

    def absolute(self, path: str) -> Path:
        return self.session.place.real.parent / path

    # Where the kernel has them -----------------------------------------------------------------------------------------

    def note(self, cell: str, source: str) -> None:
        """This text runs in the kernel."""
        versions = self.ran.setdefault(cell, {})
        versions.pop(source, None)
        versions[source] = None
        while len(versions) > VERSIONS:
            del versions[next(iter(versions))]

    def forget_runs(self) -> None:
        self.ran.clear()
        self.temporary.clear()
        self.folder = ""

    def text_of(self, cell: str, version: str) -> str | None:
        return next((text for text in self.ran.get(cell, ()) if sources.version(text) == version), None)

    def by_temporary_name(self, path: str) -> tuple[str, str] | None:
        """Cell and text of what ran before the debugger was attached."""
        if not self.folder or not path.startswith(self.folder):
            return None
        for cell, versions in self.ran.items():
            for text in versions:
                if sources.temporary_name(self.folder, text) == path:
                    return cell, text
        return None

    def anything(self) -> bool:
        """Is there something to stop at?"""
        settings = self.settings
        if settings.exceptions != "never" or settings.functions:
            return True
        return any(kept.shown.enabled and not kept.shown.why and self._is_there(kept) for kept in self.kept.values())

    def _is_there(self, kept: Kept) -> bool:
        cell = kept.shown.at.cell
        return not cell or self.session.edits.document.is_visible(CellId(cell))

    def wanted(self) -> dict[str, tuple[breakpoints.Wanted, ...]]:
        """By the name of each source: what is to be set in it."""
        made: dict[str, list[breakpoints.Wanted]] = {}
        for kept in self.kept.values():
            if not kept.shown.enabled or kept.shown.why or not self._is_there(kept):
                continue
            for path, line in self._lines(kept):
                made.setdefault(path, []).append(breakpoints.wanted(kept.shown, line))
        for path, line in self.temporary.items():
            made.setdefault(path, []).append(breakpoints.Wanted("", line))
        return {path: tuple(found) for path, found in made.items()}

    def _lines(self, kept: Kept) -> Iterator[tuple[str, int]]:
        at = kept.shown.at
        if not at.cell:
            yield str(self.absolute(at.path)), at.line
            return
        now = self.session.edits.document.source(CellId(at.cell))
        for text in self.ran.get(at.cell, ()):
            line = sources.line_in(at.line, now, text)
            if not line:
                continue
            yield sources.cell_name(at.cell, text), line
            if self.folder:
                yield sources.temporary_name(self.folder, text), line
            inner = sources.body(text)
            if inner is not None and line > inner[1]:
                yield sources.cell_name(at.cell, inner[0]), line - inner[1]


def _reads(lines: list[str], line: int, text: str) -> bool:
    return line <= len(lines) and lines[line - 1][:200] == text
