"""The writer's promises: order, kept and saved, one commit for many, failures alone, one state for a reader."""

import sqlite3
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from octavo.errors import Conflict, StorageUnavailable
from octavo.ids import DocumentId, Epoch
from octavo.journal import documents, pointer, writer
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import NUMBERS, Journal

pytestmark = pytest.mark.anyio


def a_document(number: int = 1, path: str = "/n/a.ipynb") -> DocumentRow:
    return DocumentRow(id=DocumentId(number), store="local", path=path, epoch=Epoch("e"))


def words(db: sqlite3.Connection) -> list[bytes]:
    return documents.load(db, DocumentId(1)).updates


async def test_what_is_kept_is_seen_by_a_read(journal: Journal) -> None:
    await journal.put(documents.create(a_document())).kept()
    found = await journal.read(lambda db: documents.find(db, "local", "/n/a.ipynb"))
    assert found == a_document()


async def test_a_read_sees_one_state_though_commits_go_on(journal: Journal) -> None:
    await journal.put(documents.create(a_document())).kept()

    def twice(db: sqlite3.Connection) -> tuple[int, int]:
        before = len(words(db))
        anyio.from_thread.run(journal.put([documents.update(DocumentId(1), 1, b"x")]).kept)
        return before, len(words(db))

    assert await journal.read(twice) == (0, 0)
    assert await journal.read(words) == [b"x"]


async def test_callbacks_come_in_the_order_of_the_puts_and_kept_before_saved(journal: Journal) -> None:
    journal.put(documents.create(a_document()))
    told = list[tuple[str, int]]()
    for n in range(50):
        receipt = journal.put([documents.update(DocumentId(1), journal.number(), b"%d" % n)])
        receipt.on_saved(lambda n=n: told.append(("saved", n)))
        receipt.on_kept(lambda n=n: told.append(("kept", n)))
        if n % 7 == 0:
            await anyio.lowlevel.checkpoint()
    await journal.saved_all()
    assert [n for what, n in told if what == "kept"] == list(range(50))
    assert [n for what, n in told if what == "saved"] == list(range(50))
    assert all(told.index(("kept", n)) < told.index(("saved", n)) for n in range(50))
    assert await journal.read(words) == [b"%d" % n for n in range(50)]


async def test_callbacks_on_what_has_happened_run_soon(journal: Journal) -> None:
    receipt = journal.put(documents.create(a_document()))
    await receipt.saved()
    event = anyio.Event()
    receipt.on_kept(event.set)
    await event.wait()


async def test_many_puts_share_a_commit(journal: Journal) -> None:
    await journal.put(documents.create(a_document())).saved()
    before = journal.commits
    for n in range(1000):
        journal.put([documents.update(DocumentId(1), n + 1, b"x")])
    await journal.saved_all()
    assert journal.commits - before < 20


async def test_a_put_alone_is_kept_by_one_commit_and_saved_by_another(journal: Journal) -> None:
    await journal.saved_all()
    before = journal.commits
    await journal.put(documents.create(a_document())).saved()
    assert journal.commits - before == 2


async def test_what_is_put_for_later_is_kept_with_the_next_put_in_order(journal: Journal) -> None:
    journal.put(documents.create(a_document()), later=True)
    before = journal.commits
    first = journal.put([documents.update(DocumentId(1), 1, b"x")], later=True)
    await journal.put([documents.update(DocumentId(1), 2, b"y")]).kept()
    await first.kept()
    assert journal.commits - before == 1
    assert await journal.read(words) == [b"x", b"y"]


async def test_what_is_put_for_later_alone_is_saved_by_one_commit(journal: Journal) -> None:
    await journal.saved_all()
    before = journal.commits
    await journal.put(documents.create(a_document()), later=True).saved()
    assert journal.commits - before == 1


async def test_a_read_sees_what_was_put_for_later(journal: Journal) -> None:
    journal.put(documents.create(a_document()), later=True)
    assert await journal.read(lambda db: documents.find(db, "local", "/n/a.ipynb")) == a_document()


async def test_a_put_that_breaks_a_constraint_fails_alone(journal: Journal) -> None:
    failed = list[Exception]()
    journal.put(documents.create(a_document()))
    first = journal.put([documents.update(DocumentId(1), 1, b"a")])
    wrong = journal.put([documents.update(DocumentId(1), 2, b"half"), documents.update(DocumentId(1), 1, b"again")])
    wrong.on_failed(failed.append)
    wrong.on_saved(lambda: pytest.fail("a put that failed was called saved"))
    last = journal.put([documents.update(DocumentId(1), 3, b"b")])
    await first.saved()
    await last.saved()
    with pytest.raises(Conflict, match="UNIQUE"):
        await wrong.kept()
    assert len(failed) == 1
    assert await journal.read(words) == [b"a", b"b"]
    assert journal.trouble is None


@pytest.mark.parametrize("wrong", [("NO SQL", ()), ("SELECT ?", ()), ("SELECT ?", ("\ud800",)), ("SELECT ?", (2**70,))])
async def test_a_mistake_in_a_put_fails_alone(journal: Journal, wrong: tuple[str, tuple[object, ...]]) -> None:
    receipt = journal.put([wrong])
    journal.put(documents.create(a_document()))
    await journal.saved_all()
    with pytest.raises((sqlite3.Error, ValueError, OverflowError)):
        await receipt.kept()
    assert await journal.read(lambda db: documents.get(db, DocumentId(1)))


async def test_a_put_whose_condition_changes_nothing_is_passed_over(journal: Journal) -> None:
    journal.put(documents.create(a_document()))
    no = journal.put(
        [documents.update(DocumentId(1), 1, b"no")], only_if=("UPDATE document SET used = 1 WHERE id = 9", ())
    )
    yes = journal.put(
        [documents.update(DocumentId(1), 2, b"y")], only_if=("UPDATE document SET used = 1 WHERE id = 1", ())
    )
    await no.saved()
    await yes.saved()
    assert (no.applied, yes.applied) == (False, True)
    assert await journal.read(words) == [b"y"]


async def test_what_waits_at_the_end_is_saved_and_the_log_is_folded(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal:
        journal.put(documents.create(a_document()))
        receipts = [journal.put([documents.update(DocumentId(1), n + 1, b"x")]) for n in range(20)]
    for receipt in receipts:
        await receipt.saved()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal", "journal-1.db"]
    with pytest.raises(StorageUnavailable):
        await journal.put([]).kept()
    async with Journal.open(tmp_path) as journal:
        assert len(await journal.read(words)) == 20


async def test_numbers_rise_and_are_never_given_twice(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal:
        first = [journal.number() for _ in range(NUMBERS + 10)]
    async with Journal.open(tmp_path) as journal:
        second = [journal.number() for _ in range(10)]
    assert first == list(range(1, NUMBERS + 11))
    assert second[0] > first[-1]


async def test_the_database_can_be_read_by_its_owner_alone(journal: Journal) -> None:
    await journal.put(documents.create(a_document())).saved()
    for path in journal.directory.glob("journal*"):
        assert path.stat().st_mode & 0o077 == 0, path


async def test_a_pointer_to_a_missing_database_is_refused(tmp_path: Path) -> None:
    pointer.write(tmp_path, "journal-3.db")
    with pytest.raises(StorageUnavailable, match=r"journal-3\.db is missing"):
        async with Journal.open(tmp_path):
            pass
    assert not list(tmp_path.glob("*.db"))


async def test_databases_without_a_pointer_are_refused_but_for_an_unfinished_first_one(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal:
        await journal.put(documents.create(a_document())).saved()
    (tmp_path / "journal").unlink()
    async with Journal.open(tmp_path) as journal:
        assert await journal.read(lambda db: documents.get(db, DocumentId(1)))
    (tmp_path / "journal").unlink()
    (tmp_path / "journal-1.db").rename(tmp_path / "journal-2.db")
    with pytest.raises(StorageUnavailable, match="names one"):
        async with Journal.open(tmp_path):
            pass


async def test_the_pointer_says_which_database_is_the_journal(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal:
        await journal.put(documents.create(a_document())).saved()
    (tmp_path / "journal-1.db").rename(tmp_path / "journal-2.db")
    pointer.write(tmp_path, "journal-2.db")
    async with Journal.open(tmp_path) as journal:
        assert journal.path.name == "journal-2.db"
        assert await journal.read(lambda db: documents.get(db, DocumentId(1)))


async def test_a_newer_journal_opens_only_where_it_names_this_release(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal:
        await journal.put([("UPDATE oldest_reader SET release = '99.0'", ())]).saved()
        path = journal.path
    async with Journal.open(tmp_path):
        pass
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(Conflict, match=r"needs Octavo 99\.0"):
        async with Journal.open(tmp_path):
            pass
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("UPDATE oldest_reader SET release = '0.0.9'")
    db.close()
    async with Journal.open(tmp_path):
        pass


async def test_free_pages_are_given_back_in_steps_when_nothing_is_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "IDLE", 0.01)
    monkeypatch.setattr(writer, "STEP", 0.001)
    async with Journal.open(tmp_path) as journal:
        journal.put(documents.create(a_document()))
        for seq in range(1, 300):
            journal.put([documents.update(DocumentId(1), seq, bytes(20_000))])
        await journal.saved_all()
        await journal.put(documents.begin_epoch(DocumentId(1), Epoch("f"))).saved()
        with anyio.fail_after(30):
            for _ in range(2000):
                free = await journal.read(lambda db: int(db.execute("PRAGMA freelist_count").fetchone()[0]))
                if free <= writer.SLACK_PAGES and journal.path.stat().st_size < 3_000_000:
                    break
                await anyio.sleep(0.01)
    assert journal.path.stat().st_size < 3_000_000
