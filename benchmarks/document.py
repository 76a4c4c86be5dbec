"""What open documents cost: memory of ten (100 cells and 30 kB of source each), and times of what happens to one.

    python benchmarks/document.py

DESIGN §6: ten notebooks open, none running, at most 10 MB. This is the documents' share; files, sessions and results come on top.
"""

import os
import time
from collections.abc import Callable
from statistics import median

from octavo.document.document import Document, contains
from octavo.document.editing import Editor
from octavo.ids import CellId
from octavo.notebook.model import Cell

DOCUMENTS, CELLS, BYTES = 10, 100, 30_000


def rss() -> float:
    """Resident memory of this process, in MB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def cells(n: int, size: int) -> list[Cell]:
    line = "value = compute(index, '中文') + 1\n"
    source = (line * (size // n // len(line.encode()) + 1)).encode()[: size // n].decode(errors="ignore")
    return [Cell(id=CellId(f"cell-{i}"), type="code", source=source, metadata={"tags": []}) for i in range(n)]


def timed(call: Callable[[], object], times: int = 20) -> float:
    """Median milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    return median(taken)


def memory() -> None:
    states = [Document.new(cells(CELLS, BYTES), {}).snapshot() for _ in range(DOCUMENTS)]
    warm = Document.load(states[:1])  # so that what is paid once is not counted
    warm.order(), warm.notebook(), warm.close()
    before = rss()
    held = [Document.load([state]) for state in states]
    for document in held:
        document.order()
    print(
        f"{DOCUMENTS} documents of {CELLS} cells, {BYTES // 1000} kB: {rss() - before:.1f} MB more, {len(states[0]) / 1000:.0f} kB of state each"
    )
    for document in held:
        document.close()
    del held, document
    after = rss()
    for _ in range(20):
        for state in states:
            Document.load([state]).close()
    print(f"200 more opened and closed: {rss() - after:+.1f} MB")


def letters(document: Document, n: int) -> list[bytes]:
    """Letters of another author, one update each."""
    other = Document.load([document.snapshot()])
    made = []
    for i in range(n):
        with other.edit() as editor:
            editor.set_source(CellId("cell-50"), other.source(CellId("cell-50")) + "xy"[i % 2])
        assert editor.update
        made.append(editor.update)
    other.close()
    return made


def times(n: int, size: int) -> None:
    made = cells(n, size)
    document = Document.new(made, {})
    state = document.snapshot()
    print(f"{n} cells, {size // 1000} kB:")
    rows: dict[str, float] = {
        "new": timed(lambda: Document.new(made, {}).close()),
        "load": timed(lambda: Document.load([state]).close()),
        "snapshot": timed(document.snapshot),
        "snapshot checked": timed(lambda: document.holds(state)),
        "snapshot contains": timed(lambda: contains(state, [state])),
        "notebook": timed(document.notebook),
        "cell": timed(lambda: document.cell(CellId("cell-50"))),
    }
    updates = iter(letters(document, 1000))
    rows["a letter applied"] = timed(lambda: document.apply(next(updates), client=1, clock=0), 1000)
    rows["a letter's claim"] = timed(lambda: document.clock(1), 1000)

    def edit(change: Callable[[Editor], object]) -> None:
        with document.edit() as editor:
            change(editor)

    def moved() -> list[CellId]:
        edit(lambda editor: editor.move(document.order()[-1], None))
        return document.order()

    rows["a cell moved, order read"] = timed(moved)
    text = document.source(CellId("cell-50"))
    rows["a line changed"] = timed(
        lambda: edit(lambda editor: editor.set_source(CellId("cell-50"), text + str(time.time())))
    )
    for what, took in rows.items():
        print(f"  {what:26} {took:8.3f} ms")
    document.close()


if __name__ == "__main__":
    memory()
    times(100, 30_000)
    times(1000, 300_000)
