"""Documents' paths, bases, updates with their checksums, folding and epochs."""

import sqlite3
from pathlib import Path

import pytest

from octavo.errors import StorageUnavailable
from octavo.ids import CellId, DocumentId, Epoch
from octavo.journal import bases, documents, keeping
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import Journal

pytestmark = pytest.mark.anyio

ONE = DocumentId(1)


def a_document(number: int, path: str) -> DocumentRow:
    return DocumentRow(id=DocumentId(number), store="local", path=path, epoch=Epoch("e"))


async def paths(journal: Journal) -> dict[int, tuple[str, str]]:
    return {row.id: (row.path, row.place) for row in await journal.read(documents.listing)}


# Paths


async def test_a_row_comes_back_as_it_was(journal: Journal) -> None:
    row = DocumentRow(
        id=DocumentId(7), store="local", path="/n/ü 中.ipynb", epoch=Epoch("e"), kernel="python3", made=1.0, used=2.0
    )
    await journal.put(documents.create(row)).kept()
    assert await journal.read(lambda db: documents.find(db, "local", "/n/ü 中.ipynb")) == row
    assert await journal.read(lambda db: documents.get(db, DocumentId(7))) == row
    assert await journal.read(lambda db: documents.find(db, "other", "/n/ü 中.ipynb")) is None


async def test_a_new_document_at_a_path_detaches_the_old_one(journal: Journal) -> None:
    journal.put(documents.create(a_document(1, "/n/a.ipynb")))
    await journal.put(documents.create(a_document(2, "/n/a.ipynb"))).kept()
    assert await paths(journal) == {1: ("/n/a.ipynb", "detached"), 2: ("/n/a.ipynb", "attached")}


async def test_renaming_a_folder_moves_what_is_below_it_and_nothing_beside_it(journal: Journal) -> None:
    names = ["/n/a/x.ipynb", "/n/a/é/y.ipynb", "/n/ab.ipynb", "/n/a.ipynb", "/n/a-b/z.ipynb", "/n/A/x.ipynb"]
    for number, name in enumerate(names, start=1):
        journal.put(documents.create(a_document(number, name)))
    journal.put(
        await keeping.keep(journal, keeping.KeptRow(id=1, reason="checkpoint", store="local", path=names[0]), b"k")
    )
    await journal.put(documents.rename("local", "/n/a", "/n/b/c")).kept()
    assert [path for path, _ in dict(sorted((await paths(journal)).items())).values()] == [
        "/n/b/c/x.ipynb", "/n/b/c/é/y.ipynb", *names[2:],
    ]  # fmt: skip
    assert await journal.read(lambda db: keeping.listing(db, "local", "/n/b/c/x.ipynb"))
    assert [row.id for row in await journal.read(lambda db: documents.below(db, "local", "/n/b"))] == [1, 2]


async def test_renaming_onto_itself_changes_nothing(journal: Journal) -> None:
    journal.put(documents.create(a_document(1, "/n/a.ipynb")))
    await journal.put(documents.rename("local", "/n/a.ipynb", "/n/a.ipynb")).kept()
    assert await paths(journal) == {1: ("/n/a.ipynb", "attached")}


async def test_renaming_over_a_document_detaches_it(journal: Journal) -> None:
    journal.put(documents.create(a_document(1, "/n/a.ipynb")))
    journal.put(documents.create(a_document(2, "/n/b.ipynb")))
    await journal.put(documents.rename("local", "/n/a.ipynb", "/n/b.ipynb")).kept()
    assert await paths(journal) == {1: ("/n/b.ipynb", "attached"), 2: ("/n/b.ipynb", "detached")}


async def test_a_folder_goes_to_the_bin_with_its_documents_and_comes_back_elsewhere(journal: Journal) -> None:
    journal.put(documents.create(a_document(1, "/n/a/x.ipynb")))
    journal.put(documents.create(a_document(2, "/n/y.ipynb")))
    binned = keeping.BinRow(id="b1", store="local", path="/n/a", location="/p/bin/b1", folder=True, size=9, at=5.0)
    await journal.put([keeping.put_in_bin(binned), documents.put_in_bin("local", "/n/a", "b1")]).kept()
    assert await paths(journal) == {1: ("/n/a/x.ipynb", "bin"), 2: ("/n/y.ipynb", "attached")}
    assert await journal.read(keeping.binned) == [binned]
    journal.put(documents.create(a_document(3, "/n/a/x.ipynb")))
    restored = [keeping.take_from_bin("b1"), *documents.take_from_bin("b1", "local", "/n/a", "/n/a (1)")]
    await journal.put(restored).kept()
    assert (await paths(journal))[1] == ("/n/a (1)/x.ipynb", "attached")
    assert await journal.read(keeping.binned) == []


async def test_a_detached_document_is_attached_again_elsewhere(journal: Journal) -> None:
    journal.put(documents.create(a_document(1, "/n/a.ipynb")))
    await journal.put([documents.detach(ONE)]).kept()
    assert await journal.read(lambda db: documents.find(db, "local", "/n/a.ipynb")) is None
    await journal.put(documents.attach(ONE, "local", "/n/c.ipynb")).kept()
    assert await paths(journal) == {1: ("/n/c.ipynb", "attached")}


# The base


@pytest.mark.parametrize("size", [10, bases.ROW + 1])
async def test_the_base_comes_back_with_its_cells_ids(journal: Journal, size: int) -> None:
    await journal.put(documents.create(a_document(1, "/n/a.ipynb"))).kept()
    assert await bases.read(journal, ONE) is None
    for content in (b"a" * size, b"b" * size):
        await bases.keep(journal, ONE, content, [CellId("x"), CellId("y")], version="v")
        assert await bases.read(journal, ONE) == content
        row = await journal.read(lambda db: documents.get(db, ONE))
        assert row is not None
        assert (row.base_hash, row.base_ids, row.base_version) == (bases.digest(content), ["x", "y"], "v")
    assert len(list((journal.directory / "bases").glob("*"))) == (size > bases.ROW)


async def test_a_base_that_the_disk_changed_is_not_believed(journal: Journal) -> None:
    await journal.put(documents.create(a_document(1, "/n/a.ipynb"))).kept()
    await bases.keep(journal, ONE, b"a" * (bases.ROW + 1), [])
    (path,) = (journal.directory / "bases").glob("*")
    path.write_bytes(b"b" * (bases.ROW + 1))
    with pytest.raises(StorageUnavailable, match="damaged"):
        await bases.read(journal, ONE)
    path.unlink()
    with pytest.raises(StorageUnavailable, match="cannot be read"):
        await bases.read(journal, ONE)


async def test_base_files_that_no_document_names_are_swept(journal: Journal) -> None:
    await journal.put(documents.create(a_document(1, "/n/a.ipynb"))).kept()
    await bases.keep(journal, ONE, b"a" * (bases.ROW + 1), [])
    (journal.directory / "bases" / "9-9").write_bytes(b"left by a crash")
    assert await bases.sweep(journal, before=2**40) == 1
    assert await bases.read(journal, ONE) == b"a" * (bases.ROW + 1)


# Updates


async def test_a_fold_puts_one_snapshot_in_the_place_of_what_it_contains(journal: Journal) -> None:
    journal.put(documents.create(a_document(1, "/n/a.ipynb")))
    for seq in range(1, 6):
        journal.put([documents.update(ONE, seq, b"%d" % seq, client=seq % 2, clock=seq * 10)])
    await journal.kept_all()
    assert await journal.read(lambda db: documents.claimed(db, ONE)) == {1: 50, 0: 40}
    await journal.put(documents.fold(ONE, 3, b"one to three")).kept()
    history = await journal.read(lambda db: documents.load(db, ONE))
    assert history == documents.History(5, [b"one to three", b"4", b"5"], 12, 2, 2)


async def test_an_older_fold_never_replaces_a_newer_one(journal: Journal) -> None:
    journal.put(documents.create(a_document(1, "/n/a.ipynb")))
    journal.put(documents.fold(ONE, 5, b"new"))
    await journal.put(documents.fold(ONE, 3, b"old")).kept()
    assert (await journal.read(lambda db: documents.load(db, ONE))).updates == [b"new"]


async def test_a_new_epoch_has_no_history(journal: Journal) -> None:
    journal.put(documents.create(a_document(1, "/n/a.ipynb")))
    journal.put([documents.update(ONE, 1, b"x"), *documents.fold(ONE, 1, b"s"), documents.update(ONE, 2, b"y")])
    await journal.put([*documents.begin_epoch(ONE, Epoch("f")), documents.update(ONE, 3, b"z")]).kept()
    assert (await journal.read(lambda db: documents.load(db, ONE))).updates == [b"z"]
    row = await journal.read(lambda db: documents.get(db, ONE))
    assert row is not None
    assert row.epoch == "f"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE doc_update SET data = x'00' WHERE seq = 2",
        "UPDATE snapshot SET state = x'00'",
        "UPDATE doc_update SET seq = 9 WHERE seq = 2",
        "UPDATE doc_update SET document = 1 WHERE document = 2",
    ],
)
async def test_what_the_disk_changed_in_an_update_is_found_at_load(journal: Journal, damage: str) -> None:
    journal.put([*documents.create(a_document(1, "/n/a.ipynb")), *documents.create(a_document(2, "/n/b.ipynb"))])
    journal.put(
        [*documents.fold(ONE, 1, b"s"), documents.update(ONE, 2, b"x"), documents.update(DocumentId(2), 3, b"y")]
    )
    await journal.put([(damage, ())]).kept()
    with pytest.raises(StorageUnavailable, match="damaged"):
        await journal.read(lambda db: documents.load(db, ONE))


async def test_a_single_flipped_bit_in_the_database_file_is_found(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal:
        journal.put(documents.create(a_document(1, "/n/a.ipynb")))
        await journal.put([documents.update(ONE, 1, b"a text that nobody else has")]).saved()
    path = tmp_path / "journal-1.db"
    data = bytearray(path.read_bytes())
    data[data.index(b"nobody") + 2] ^= 1
    path.write_bytes(data)
    assert sqlite3.connect(path).execute("PRAGMA quick_check").fetchone() == ("ok",)
    async with Journal.open(tmp_path) as journal:
        with pytest.raises(StorageUnavailable, match="damaged"):
            await journal.read(lambda db: documents.load(db, ONE))
