"""When to write the file: pure, in seconds of a monotonic clock (DESIGN §3, Writing)."""

from dataclasses import dataclass

QUIET = 1.0
"""After the last change, so that a file is written 1–2 s after it."""
SOON = 0.2
"""After a run's end: what the page is told and the next run of a queue come first."""
LATEST = 30.0
"""After the first change that the file lacks, however much goes on."""
SHARE = 10.0
"""A write is not begun before so many times what the last one took."""
RETRY = 5.0
"""After a write that failed."""


@dataclass(slots=True)
class Pace:
    """Changes and writes as they happen; `due` says when the next write may begin, None if nothing waits."""

    first: float | None = None
    last: float = 0.0
    asked: float | None = None
    not_before: float = 0.0

    def changed(self, now: float) -> None:
        if self.first is None:
            self.first = now
        self.last = now

    def hurry(self, now: float) -> None:
        """A run ended: soon, however many follow it."""
        if self.asked is None:
            self.asked = now
        self.changed(now)

    def due(self) -> float | None:
        if self.first is None:
            return None
        wanted = min(self.last + QUIET, self.first + LATEST) if self.asked is None else self.asked + SOON
        return max(wanted, self.not_before)

    def began(self) -> None:
        """A write takes all changes up to now."""
        self.first = self.asked = None

    def wrote(self, now: float, cost: float) -> None:
        self.not_before = now + SHARE * cost

    def failed(self, now: float) -> None:
        if self.first is None:
            self.first = self.last = now
        self.not_before = now + RETRY
