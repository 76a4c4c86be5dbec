"""How long a put takes to be kept and to be saved, and how many can be kept a second.

    python benchmarks/journal.py [DIRECTORY]

Three people typing (60 puts of 28 bytes a second, as updates of one document), then 64 puts always under way. The figures
belong to the disk that DIRECTORY is on (default: the temporary directory).
"""

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

import anyio

from octavo.ids import DocumentId, Epoch
from octavo.journal import documents
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import Journal

ONE = DocumentId(1)
UPDATE = bytes(range(28))


def update(journal: Journal) -> list[documents.Statement]:
    return [documents.update(ONE, journal.number(), UPDATE)]


def milliseconds(times: list[float]) -> str:
    times = sorted(times)
    return f"median {times[len(times) // 2] * 1e3:6.2f} ms   p99 {times[int(len(times) * 0.99)] * 1e3:6.2f} ms"


async def typing(journal: Journal, seconds: float, rate: float) -> None:
    kept, saved, random_ = list[float](), list[float](), random.Random(1)
    commits, cpu, start = journal.commits, time.process_time(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        begun = time.perf_counter()
        receipt = journal.put(update(journal))
        receipt.on_kept(lambda begun=begun: kept.append(time.perf_counter() - begun))
        receipt.on_saved(lambda begun=begun: saved.append(time.perf_counter() - begun))
        await anyio.sleep(random_.expovariate(rate))
    await journal.saved_all()
    elapsed = time.perf_counter() - start
    print(f"{len(kept) / elapsed:5.0f} puts/s   kept   {milliseconds(kept)}")
    print(f"               saved  {milliseconds(saved)}")
    spent = (time.process_time() - cpu) / len(kept) * 1e6
    print(f"               {(journal.commits - commits) / elapsed:.0f} commits/s, {spent:.0f} us of CPU a put")


async def flood(journal: Journal, seconds: float, under_way: int) -> None:
    commits, start, count = journal.commits, time.perf_counter(), 0

    async def one() -> None:
        nonlocal count
        while time.perf_counter() - start < seconds:
            await journal.put(update(journal)).kept()
            count += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(under_way):
            tasks.start_soon(one)
    await journal.saved_all()
    elapsed = time.perf_counter() - start
    rate = (journal.commits - commits) / elapsed
    print(f"{under_way} under way   {count / elapsed:,.0f} puts/s kept, in {rate:,.0f} commits/s")


async def main(directory: Path, seconds: float) -> None:
    async with Journal.open(directory) as journal:
        row = DocumentRow(id=ONE, store="local", path="/a.ipynb", epoch=Epoch("e"))
        await journal.put(documents.create(row)).saved()
        await typing(journal, seconds, 60)
        await flood(journal, seconds / 2, 64)
    size = sum(path.stat().st_size for path in directory.iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size / 1e6:.1f} MB on disk after closing, {peak:.0f} MB peak memory of this process")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("directory", nargs="?", help="where to make the journal; a disk of the kind in question")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as made:
        anyio.run(main, Path(made), options.seconds)
