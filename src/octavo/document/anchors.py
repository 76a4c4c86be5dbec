"""Places in a cell's text that move with what is typed round them: the beginnings of lines, for breakpoints."""

from octavo.document.crdt import Assoc, StickyIndex, Text


def anchor(text: Text, line: int) -> bytes:
    """The beginning of this line; of the last one, where there are fewer."""
    data = str(text).encode()
    start = 0
    for _ in range(line - 1):
        found = data.find(b"\n", start)
        if found < 0:
            break
        start = found + 1
    # On the line's first code, not its indent: what is typed before the line, or ends the one above, leaves it where it is.
    while start < len(data) and data[start : start + 1] in (b" ", b"\t"):
        start += 1
    return text.sticky_index(start, Assoc.AFTER if start < len(data) else Assoc.BEFORE).encode()


def line(text: Text, place: bytes) -> int | None:
    try:
        index = StickyIndex.decode(place, text).get_index()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a panic in pycrdt is no Exception
        return None
    return str(text).encode()[:index].count(b"\n") + 1
