"""From the start of the process to its first answer; the servers take turns, medians."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import peers
from rows import JUPYTER, NOTEBOOK, OCTAVO, Row, median


def measure(options: Any) -> list[Row]:
    rounds = 3 if options.quick else 7
    starts: dict[str, list[float]] = {OCTAVO: [], JUPYTER: [], NOTEBOOK: []}
    with peers.home() as ours, peers.home() as theirs:
        for turn in range(rounds + 1):  # the first fills the file cache and does not count
            for name in starts:
                with started(name, ours if name == OCTAVO else theirs) as server:
                    if turn:
                        starts[name].append(server.seconds)
    values = {name: median(seconds) for name, seconds in starts.items()}
    return [Row("start to first answer", "s", values, JUPYTER, most_ratio=1 / 3)]


def started(name: str, home: Path) -> AbstractContextManager[peers.Server]:
    if name == OCTAVO:
        return peers.octavo(home)
    return peers.jupyter("server" if name == JUPYTER else "notebook", home)
