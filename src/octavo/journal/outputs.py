"""Rows of outputs: what runs gave, in order, with growing text as appended chunks; imported ones; cleared ones.

An output is addressed by its run and its number `n` within the part that counts now. The body is the JSON of
`notebook.outputs.Output`; of a stream the text is kept apart, because it grows: finished lines in chunks, and the line that
is still being written beside the body, replaced each time. What is said of a run that is not there (any more) changes
nothing: output may come late.
"""

import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec

from octavo.ids import CommandId, DocumentId, RunId
from octavo.journal import runs
from octavo.journal.writer import Statement
from octavo.notebook.large import is_reference
from octavo.notebook.model import clean
from octavo.notebook.output import Omitted, Output
from octavo.notebook.outputs import Stored

CHUNK = 4096
"""Characters up to which new lines join the chunk before."""
TEXT_LIMIT = 128 * 1024
"""Characters of a text that are loaded whole; of a longer one half of that from its head and half from its tail."""

_HERE = "(SELECT number FROM run WHERE id = ?1)"
_PART = "(SELECT part FROM run WHERE id = ?1)"
_WHERE = f"run = {_HERE} AND part = {_PART}"
_ADD_TEXT = "INSERT INTO output_text(run, part, n, text) SELECT number, part, ?2, ?3 FROM run WHERE id = ?1"


def set_output(run: RunId, n: int, output: Output, display: str = "") -> list[Statement]:
    """Output `n` of the run becomes this. A stream comes with all its text; one that grew needs `append_text` alone.

    What `blobs.externalise` took out of `output` is named by it; those statements come before these, in the same put.
    """
    if output.omitted is not None or output.tail:
        raise ValueError("a shortened stream can only be appended to: what it omits is in the journal")
    statements: list[Statement] = [
        (f"DELETE FROM output_text WHERE {_WHERE} AND n = ?2", (run, n)),
        (f"DELETE FROM output_blob WHERE {_WHERE} AND n = ?2", (run, n)),
    ]
    line = ""
    if output.output_type == "stream":
        cut = output.text.rfind("\n") + 1
        line = str(clean(output.text[cut:]))
        if cut:
            statements.append(_chunk(run, n, str(clean(output.text[:cut]))))
        output = msgspec.structs.replace(output, text="")
    statements.append(
        (
            "INSERT INTO output(run, part, n, display, body, line) SELECT number, part, ?2, ?3, ?4, ?5 FROM run WHERE id = ?1 "
            "ON CONFLICT(run, part, n) DO UPDATE "
            "SET display = ?3, body = ?4, line = ?5, lost_lines = 0, lost_bytes = 0",
            (run, n, display, msgspec.json.encode(output), line),
        )
    )
    statements += [
        (
            "INSERT INTO output_blob(run, part, n, hash, type, form) SELECT number, part, ?2, ?3, ?4, ?5 FROM run "
            "WHERE id = ?1 AND EXISTS (SELECT 1 FROM blob WHERE hash = ?3)",
            (run, n, value["blob"], mime, str(value.get("form", ""))),
        )
        for mime, value in output.data.items()
        if is_reference(value)
    ]
    return statements


def append_text(run: RunId, n: int, finished: str, line: str) -> list[Statement]:
    """Stream `n` grew: by these finished lines, and its last line now reads `line`. The stream is there (`set_output`)."""
    statements: list[Statement] = [
        (f"UPDATE output SET line = ?3 WHERE {_WHERE} AND n = ?2", (run, n, str(clean(line))))
    ]
    if finished:
        text = str(clean(finished))
        last = f"(SELECT max(id) FROM output_text WHERE {_WHERE} AND n = ?2)"
        statements += [
            (
                f"UPDATE output_text SET text = text || ?3 WHERE id = {last} AND length(text) + length(?3) <= {CHUNK}",
                (run, n, text),
            ),
            (
                f"{_ADD_TEXT} AND changes() = 0",
                (run, n, text),
            ),
        ]
    return statements


def lose_text(run: RunId, n: int, lines: int, size: int) -> Statement:
    """Stream `n` went past the bound of one text: in all so many lines and bytes are not kept."""
    return (f"UPDATE output SET lost_lines = ?3, lost_bytes = ?4 WHERE {_WHERE} AND n = ?2", (run, n, lines, size))


def truncate(run: RunId, count: int) -> list[Statement]:
    """Only the first `count` outputs stay."""
    return [
        (f"DELETE FROM {table} WHERE {_WHERE} AND n >= ?2", (run, count))
        for table in ("output_blob", "output_text", "output")
    ]


def import_outputs(run: runs.RunRow, outputs: Sequence[Output]) -> list[Statement]:
    """What a file says of a cell: outputs that no run of ours made. They become the cell's newest results."""
    row = msgspec.structs.replace(run, state="imported", own=False)
    statements = [runs.add(row)]
    for n, output in enumerate(outputs):
        statements += set_output(run.id, n, output)
    return [*statements, *runs.retire(run.id)]


# Clearing ------------------------------------------------------------------------------------------------------------


def clear(run: RunId, command: CommandId, at: float) -> list[Statement]:
    """Empty the run's outputs. They stay under the command's id until a newer run of the cell ends."""
    return [
        (
            "INSERT INTO cleared(command, run, part, count, at) SELECT ?2, number, part, count, ?3 FROM run WHERE id = ?1 "
            "ON CONFLICT(command, run) DO NOTHING",
            (run, command, at),
        ),
        ("UPDATE run SET part = part + 1, count = NULL WHERE id = ?1 AND changes() > 0", (run,)),
    ]


def unclear(document: DocumentId, command: CommandId) -> list[Statement]:
    """Bring back what the command emptied, where nothing new stands in its place."""
    empty = "NOT EXISTS (SELECT 1 FROM output o WHERE o.run = run.number AND o.part = run.part)"
    found = "FROM cleared c WHERE c.run = run.number AND c.command = ?2"
    return [
        (
            f"UPDATE run SET count = coalesce(count, (SELECT c.count {found})), part = (SELECT c.part {found}) "
            f"WHERE document = ?1 AND EXISTS (SELECT 1 {found}) AND {empty}",
            (document, command),
        ),
        (
            "DELETE FROM cleared WHERE command = ?2 AND EXISTS (SELECT 1 FROM run WHERE run.number = cleared.run "
            "AND run.document = ?1 AND run.part = cleared.part)",
            (document, command),
        ),
    ]


# Reading -------------------------------------------------------------------------------------------------------------

_CHUNKS = "SELECT text FROM output_text WHERE run = ? AND part = ? AND n = ? ORDER BY id"
_LENGTH = "SELECT coalesce(sum(length(text)), 0) FROM output_text WHERE run = ? AND part = ? AND n = ?"


_FIND = (
    "SELECT run.id, number, o.part, own, o.n, display, body, line, lost_lines, lost_bytes "
    "FROM run JOIN output o ON o.run = run.number AND o.part = run.part "
)


def load(db: sqlite3.Connection, run: RunId, *, text_limit: int = TEXT_LIMIT) -> list[Stored]:
    """The run's outputs in order, as they are shown and (`Stored`) as they go on folding. A text over `text_limit` characters
    comes as head and tail, of whole lines."""
    found = db.execute(_FIND + "WHERE run.id = ? ORDER BY o.n", (run,)).fetchall()
    return [_stored(db, row, text_limit) for row in found]


def load_document(
    db: sqlite3.Connection, document: DocumentId, *, text_limit: int = TEXT_LIMIT
) -> dict[RunId, list[Stored]]:
    """The outputs of all runs of a document that have any."""
    loaded = dict[RunId, list[Stored]]()
    found = db.execute(_FIND + "WHERE run.document = ? ORDER BY number, o.n", (document,)).fetchall()
    for row in found:
        loaded.setdefault(RunId(row[0]), []).append(_stored(db, row, text_limit))
    return loaded


def whole_text(db: sqlite3.Connection, document: DocumentId, run: RunId, n: int) -> str | None:
    """All that is kept of the text of stream `n` of a run of this document; None where there is no such stream."""
    row = db.execute(
        "SELECT number, o.part, line FROM run JOIN output o ON o.run = run.number AND o.part = run.part "
        "WHERE run.id = ? AND run.document = ? AND o.n = ?",
        (run, document, n),
    ).fetchone()
    if row is None:
        return None
    chunks = db.execute(_CHUNKS, (row[0], row[1], n)).fetchall()
    return "".join(chunk for (chunk,) in chunks) + str(row[2]).partition("\r")[0]


def _stored(db: sqlite3.Connection, row: tuple[Any, ...], limit: int) -> Stored:
    _, number, part, own, n, display, body, line, lost_lines, lost_bytes = row
    output = msgspec.json.decode(body, type=Output)
    output.own = bool(own) and output.own
    if output.output_type != "stream":
        return Stored(output, display=display)
    text, omitted, tail = _text(db, (number, part, n), Omitted(lines=lost_lines, bytes=lost_bytes), line, limit)
    output.text, output.omitted, output.tail = text, omitted, tail
    return Stored(output, text, omitted, tail, display)


def _text(
    db: sqlite3.Connection, place: tuple[int, int, int], lost: Omitted, line: str, limit: int
) -> tuple[str, Omitted | None, str]:
    """The text of a stream: whole, or cut at line ends without ever holding what is left out."""
    cursor = db.execute(_CHUNKS, place)
    if not lost.bytes and db.execute(_LENGTH, place).fetchone()[0] <= limit:
        return "".join(chunk for (chunk,) in cursor.fetchall()) + line, None, ""
    head, room, full = list[str](), limit // 2, False
    tail, held = deque[str](), 0
    for (chunk,) in cursor:
        rest = chunk
        if not full:
            end = len(chunk) if len(chunk) <= room else chunk.rfind("\n", 0, room) + 1
            full = end < len(chunk)
            head.append(chunk[:end])
            room -= end
            rest = chunk[end:]
        if rest:
            tail.append(rest)
            held += len(rest)
        while held > limit - limit // 2:
            end = tail[0].find("\n", held - (limit - limit // 2) - 1) + 1 or len(tail[0])
            gone, left = tail[0][:end], tail.popleft()[end:]
            if left:
                tail.appendleft(left)
            held -= end
            lost.lines += gone.count("\n")
            lost.bytes += len(gone.encode())
    return "".join(head), lost, "".join(tail) + line


def _chunk(run: RunId, n: int, text: str) -> Statement:
    return (_ADD_TEXT, (run, n, text))
