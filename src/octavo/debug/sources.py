"""What a kernel calls the sources that it runs, and which line of one text is which of another. Pure.

A cell that ran before the debugger was attached has ipykernel's name for it: `<folder>/<murmur2 of its text>.py`. Later ones are named by the
helper (`kernel/attach.py`): `<ipython-cell ID CRC>`, so that a cell and each version of its text are known by the name.
"""

import re
import zlib
from typing import Final, NamedTuple

SEED: Final = 0xC70F6907  # ipykernel's, for names of cells
NAMED: Final = re.compile(r"<ipython-cell ([A-Za-z0-9_-]{1,64}) ([0-9a-f]{8})>\Z")
FIRST_CODE: Final = re.compile(r"^(?![ \t]*(?:#|$))", re.MULTILINE)
CAPTURED: Final = re.compile(r"\s*%%capture\b[^\n]*\n")


class Named(NamedTuple):
    """A name that says which cell and version of it."""

    cell: str
    version: str


def version(source: str) -> str:
    return f"{zlib.crc32(source.encode('utf-8', 'surrogatepass')):08x}"


def cell_name(cell: str, source: str) -> str:
    return f"<ipython-cell {cell} {version(source)}>"


def named(name: str) -> Named | None:
    found = NAMED.match(name)
    return Named(found[1], found[2]) if found else None


def murmur2(data: bytes, seed: int = SEED) -> int:
    """MurmurHash2, 32 bit, as ipykernel names its cells by."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    length, place = len(data), 0
    h = (seed ^ length) & mask
    while length - place >= 4:
        k = int.from_bytes(data[place : place + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
        place += 4
    rest = data[place:]
    if rest:
        h = ((h ^ int.from_bytes(rest, "little")) * m) & mask
    h = ((h ^ (h >> 13)) * m) & mask
    return h ^ (h >> 15)


def temporary_name(folder: str, source: str) -> str:
    return f"{folder}/{murmur2(source.encode('utf-8', 'surrogatepass'))}.py"


def body(source: str) -> tuple[str, int] | None:
    """Of a cell whose magic runs its body as a source of its own: that body, and how many lines come before it."""
    found = CAPTURED.match(source)
    return (source[found.end() :], source[: found.end()].count("\n")) if found else None


def first_line(source: str) -> int:
    """The first line that is neither empty nor a comment; 1 where there is none."""
    found = FIRST_CODE.search(source)
    return source.count("\n", 0, found.start()) + 1 if found else 1


def line_in(line: int, text: str, other: str) -> int:
    """Where a line of one text is in another; 0: nowhere."""
    if text == other:
        return line if line <= text.count("\n") + 1 else 0
    mine, theirs = text.split("\n"), other.split("\n")
    if not 1 <= line <= len(mine):
        return 0
    start = 0
    while start < min(len(mine), len(theirs)) and mine[start] == theirs[start]:
        start += 1
    if line <= start:
        return line
    end = 0
    while end < min(len(mine), len(theirs)) - start and mine[-1 - end] == theirs[-1 - end]:
        end += 1
    if line > len(mine) - end:
        return line - len(mine) + len(theirs)
    # Between common head and tail the lines are few: match what stayed.
    import difflib  # noqa: PLC0415 - half a megabyte, for an edited cell alone

    matcher = difflib.SequenceMatcher(
        None, mine[start : len(mine) - end], theirs[start : len(theirs) - end], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        if block.a <= line - 1 - start < block.a + block.size:
            return line - block.a + block.b
    return 0
