"""Rows of the bin and checkpoints, as the journal holds them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from octavo.errors import NotFound
from octavo.files import bin
from octavo.files.local import LocalStore
from octavo.files.ports import Binned, BinRows, Checkpoints
from octavo.journal.journal import Journal
from octavo.settings.schema import Files
from octavo.web.api import bin as bin_door
from octavo.web.filekeeping import JournalBin, JournalCheckpoints
from octavo.web.jupyter.filing import Filing

pytestmark = pytest.mark.anyio


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    (tmp_path / "journal").mkdir()
    async with Journal.open(tmp_path / "journal") as opened:
        yield opened


@pytest.fixture
def store(root: Path) -> Iterator[LocalStore]:
    opened = LocalStore(root, Files())
    yield opened
    opened.close()


@pytest.mark.parametrize("where", [bin.PROFILE, "./", "./d", "./d/e"])
async def test_a_row_comes_back_as_it_was_put(journal: Journal, store: LocalStore, tmp_path: Path, where: str) -> None:
    rows: BinRows = JournalBin(journal, store, tmp_path / "profile" / "bin")
    row = Binned("id", "d/e/a b.txt", where, 5.5, 7, False)
    await rows.put(Binned("id", "d/e/a b.txt", bin.PROFILE, 1.0, 7, False))
    await rows.put(row)
    assert await rows.all() == [row]
    moved: BinRows = JournalBin(journal, store, tmp_path / "moved" / "bin")
    assert await moved.all() == [row]
    await rows.remove("id")
    assert await rows.all() == []


async def test_rows_of_another_root_are_left_out(journal: Journal, store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = LocalStore(tmp_path / "other", Files())
    await JournalBin(journal, other, tmp_path / "bin").put(Binned("id", "a.txt", "./", 1.0, 1, False))
    assert await JournalBin(journal, store, tmp_path / "bin").all() == []
    other.close()


async def test_checkpoints_follow_their_files(journal: Journal, store: LocalStore, root: Path, tmp_path: Path) -> None:
    times = iter(range(1, 9))
    kept: Checkpoints = JournalCheckpoints(journal, store, tmp_path / "bin", lambda: float(next(times)))
    (root / "d").mkdir()
    (root / "link").symlink_to("d/a.txt")
    one, two = await kept.add("d/a.txt", b"1"), await kept.add("link", b"2" * 300_000)
    other = await kept.add("d2.txt", b"3")
    assert await kept.list("d/a.txt") == [one, two]
    assert await kept.read("link", one.id) == b"1"
    assert await kept.read("d/a.txt", two.id) == b"2" * 300_000
    with pytest.raises(NotFound):
        await kept.read("d2.txt", one.id)
    await kept.move("link", "elsewhere")
    assert await kept.list("d/a.txt") == [one, two]
    await kept.move("d", bin.path_of("id"))
    assert await kept.list("d/a.txt") == []
    await kept.move(bin.path_of("id"), "e")
    (root / "e").mkdir()
    assert await kept.list("e/a.txt") == [one, two]
    await kept.remove("e/a.txt", one.id)
    assert await kept.list("e/a.txt") == [two]
    await kept.forget("e")
    assert await kept.list("e/a.txt") == []
    assert await kept.list("d2.txt") == [other]


async def test_the_bin_is_emptied_at_the_start(
    filing: Filing, documents: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "a.txt").write_text("x")
    purged = anyio.Event()

    async def tell(bin_id: str) -> None:
        assert bin_id == "id"
        purged.set()

    monkeypatch.setattr(documents, "purged", tell)
    monkeypatch.setattr(filing.bin, "_clock", lambda: 0.0)
    await filing.bin.discard("a.txt", "id")
    monkeypatch.setattr(filing.bin, "_clock", lambda: 31 * 86400.0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bin_door.tend, filing)
        with anyio.fail_after(10):
            await purged.wait()
        tasks.cancel_scope.cancel()
    assert await filing.bin.list() == []
