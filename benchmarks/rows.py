"""One line of the table, and the statistics in it."""

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

OCTAVO = "Octavo"
JUPYTER = "jupyter_server"
NOTEBOOK = "notebook"
BARE = "bare ZeroMQ"


class Row(NamedTuple):
    """`values` by who was measured. The budget is a figure (`most`, `least`), or a ratio (`most_ratio`) to the figure of `against`."""

    what: str
    unit: str
    values: Mapping[str, float]
    against: str = ""
    most: float | None = None
    least: float | None = None
    most_ratio: float | None = None
    group: str = ""

    @property
    def ratio(self) -> float | None:
        other = self.values.get(self.against)
        return self.values[OCTAVO] / other if other and OCTAVO in self.values else None

    @property
    def budget(self) -> str:
        if self.most_ratio is not None:
            return f"≤ {self.most_ratio:.3g} ×"
        if self.most is not None:
            return f"≤ {self.most:g} {self.unit}"
        return f"≥ {self.least:g} {self.unit}" if self.least is not None else ""

    @property
    def within(self) -> bool | None:
        ours = self.values.get(OCTAVO)
        if ours is None:
            return None
        if self.most_ratio is not None:
            return None if self.ratio is None else self.ratio <= self.most_ratio
        if self.most is not None:
            return ours <= self.most
        return ours >= self.least if self.least is not None else None


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
