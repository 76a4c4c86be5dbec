"""Reading Yjs' binary forms: how far a document is with one client's edits, and where an update begins.

A state vector is a count, then pairs of client and clock, all as varints (7 bits a byte, low ones first, the top bit says that
more follow). With one entry per tab that was ever open it grows, and it is asked once an edit: so it is searched, not parsed.
"""

_CONTINUED = bytes(range(0x80, 0x100))


def clock_of(vector: bytes, client: int) -> int:
    """The clock that the document has reached for `client`; 0 if it never heard of it."""
    name = varint(client)
    start = vector.find(name, 1)
    while start > 0:
        # A client starts where a varint ended, after an odd number of varints: the count and whole pairs.
        if vector[start - 1] < 0x80 and len(vector[:start].translate(None, _CONTINUED)) % 2:
            return read_varint(vector, start + len(name))[0]
        start = vector.find(name, start + 1)
    return 0


def clocks(vector: bytes) -> dict[int, int]:
    """The whole vector."""
    numbers, index = [], 0
    while index < len(vector):
        number, index = read_varint(vector, index)
        numbers.append(number)
    return dict(zip(numbers[1::2], numbers[2::2], strict=True))


def first_edit(update: bytes) -> tuple[int, int] | None:
    """Client and clock of the first thing in an update, which of one client's edits is the earliest; None if it only deletes, or is none."""
    try:
        groups, index = read_varint(update, 0)
        _, index = read_varint(update, index)
        client, index = read_varint(update, index)
        clock, _ = read_varint(update, index)
    except IndexError:
        return None
    return (client, clock) if groups else None


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data: bytes, index: int) -> tuple[int, int]:
    """A varint and the index behind it."""
    number = shift = 0
    while True:
        byte = data[index]
        number |= (byte & 0x7F) << shift
        index, shift = index + 1, shift + 7
        if byte < 0x80:
            return number, index
