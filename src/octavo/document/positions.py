"""Position strings: a cell's place is one string, compared byte by byte, ties by cell id.

A key is gap + tag + count. The gap is the shortest string strictly between the neighbours; the tag, four random digits,
belongs to one run of inserts; the count is the place in that run. A run keeps its tag while its author goes on below its
last cell or above its first, so two people who write at one spot get two blocks and not a shuffle.

Twin of `frontend/src/model/positions.ts`: the same keys for the same random numbers. Not here: who is visible, what moves.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
DEFAULT_POSITION = "zzzz"
LONG = 200
"""Keys over this length are worth making anew (`rebalance`)."""

_VALUE = {digit: value for value, digit in enumerate(DIGITS)}
_VALID = re.compile("[0-9A-Za-z]{0,511}[1-9A-Za-z]")
_REMEMBERED = 64
_TAG = 4


def is_position(key: object) -> bool:
    """A peer may have written anything; a reader puts a cell with another key at `DEFAULT_POSITION`."""
    return isinstance(key, str) and _VALID.fullmatch(key) is not None


def between(low: str, high: str | None) -> str:
    """The shortest key m with low < m < high, all of whose extensions are below `high` too. `low` may be empty."""
    made = ""
    appending = high is None
    for i in range(len(low) + len(high or "") + 1):
        floor = _VALUE[low[i]] if i < len(low) else 0
        ceiling = BASE if high is None else _VALUE[high[i]] if i < len(high) else 0
        if ceiling - floor > 1:
            return made + DIGITS[floor + (1 if appending else (ceiling - floor) // 2)]
        if ceiling < floor or (high is not None and i >= len(high)):
            break
        made += DIGITS[floor]
        if ceiling > floor:
            high = None
    raise ValueError(f"no key lies between {low!r} and {high!r}")


def count(n: int) -> str:
    """A number whose text keeps its order, also below zero: a head for sign and length, then digits of which none is 0."""
    rest, digits = n if n >= 0 else -n - 1, ""
    while True:
        rest, digit = divmod(rest, BASE - 1)
        digits = DIGITS[digit + 1 if n >= 0 else BASE - 1 - digit] + digits
        if not rest:
            return DIGITS[31 + len(digits) if n >= 0 else 31 - len(digits)] + digits


class Minter:
    """Makes keys, and remembers the ends of its newest runs. Forgetting one costs a new tag and nothing else."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._bottom: dict[str, tuple[str, int]] = {}
        self._top: dict[str, tuple[str, int]] = {}

    def keys(self, low: str, high: str | None, n: int) -> list[str]:
        """`n` keys between two neighbours, in order. `low` is empty at the top, `high` None at the end."""
        if n < 1:
            return []
        if low in self._bottom:
            stem, last = self._bottom[low]
            made = [stem + count(last + i) for i in range(1, n + 1)]
            if high is None or made[-1] < high:
                del self._bottom[low]
                _remember(self._bottom, made[-1], (stem, last + n))
                return made
        if high is not None and high in self._top:
            stem, first = self._top[high]
            made = [stem + count(first - n + i) for i in range(n)]
            if low < made[0]:
                del self._top[high]
                _remember(self._top, made[0], (stem, first - n))
                return made
        tag = "".join(DIGITS[1 + int(self._random() * (BASE - 1))] for _ in range(_TAG))
        stem = between(low, high) + tag
        made = [stem + count(i) for i in range(n)]
        _remember(self._top, made[0], (stem, 0))
        _remember(self._bottom, made[-1], (stem, n - 1))
        return made


def neighbours(keys: Sequence[str], index: int) -> tuple[str, str | None]:
    """The keys round gap `index` of the sorted visible keys. Equal keys (two cells on one place) are stepped over."""
    if not index:
        return "", keys[0] if keys else None
    low = keys[index - 1]
    above = bisect_right(keys, low)
    return low, keys[above] if above < len(keys) else None


def rebalance(keys: Sequence[str], limit: int = LONG) -> dict[int, str]:
    """New keys by index for each cluster that holds a key over `limit`, strictly inside the cluster's short neighbours."""
    fresh: dict[int, str] = {}
    start = 0
    while start < len(keys):
        stop = start
        while stop < len(keys) and len(keys[stop]) > limit // 2:
            stop += 1
        if any(len(key) > limit for key in keys[start:stop]):
            gap = between(keys[start - 1] if start else "", keys[stop] if stop < len(keys) else None)
            fresh.update({start + i: gap + count(i) for i in range(stop - start)})
        start = stop + 1
    return fresh


def _remember(ends: dict[str, tuple[str, int]], key: str, end: tuple[str, int]) -> None:
    ends[key] = end
    if len(ends) > _REMEMBERED:
        del ends[next(iter(ends))]
