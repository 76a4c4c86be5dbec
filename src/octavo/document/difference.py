"""The fewest sensible edits from one text to another: equal ends off, then by line, then each piece's equal ends off.

Every edit is an item for ever and may move a cursor, so few matter more than short ones. Pure.
"""

from difflib import SequenceMatcher
from typing import NamedTuple


class TextEdit(NamedTuple):
    """Put `text` in place of the code points from `start` to `stop` of the old text."""

    start: int
    stop: int
    text: str


def edits(old: str, new: str) -> list[TextEdit]:
    """Edits from `old` to `new`, last one first: each leaves the indexes of those after it valid."""
    head, tail = _ends(old, new)
    if head + tail == len(old) or head + tail == len(new):
        return [TextEdit(head, len(old) - tail, new[head : len(new) - tail])] if old != new else []
    # Lines as a whole are compared, so the ends go back to where lines begin and end.
    head = old.rfind("\n", 0, head) + 1
    cut = old.find("\n", len(old) - tail)
    tail = 0 if cut < 0 else len(old) - cut - 1
    before = old[head : len(old) - tail].splitlines(keepends=True)
    after = new[head : len(new) - tail].splitlines(keepends=True)
    found: list[TextEdit] = []
    starts = [head]
    for line in before:
        starts.append(starts[-1] + len(line))
    for tag, i, j, k, m in SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            continue
        removed, added = "".join(before[i:j]), "".join(after[k:m])
        same_head, same_tail = _ends(removed, added)
        found.append(TextEdit(starts[i] + same_head, starts[j] - same_tail, added[same_head : len(added) - same_tail]))
    return found[::-1]


def _ends(old: str, new: str) -> tuple[int, int]:
    """Lengths of what both begin and end with, without overlap."""
    most = min(len(old), len(new))
    head = _common(old, new, most)
    tail = _common(old[::-1], new[::-1], most - head)
    return head, tail


def _common(one: str, other: str, most: int) -> int:
    """Length of the common start, at most `most`, by halving: comparing slices is quicker than comparing characters."""
    if one[:most] == other[:most]:
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
