"""Large values by hash: where they go, as what they are served, when they go; and kept things."""

import base64
import os
from pathlib import Path

import pytest

from octavo.ids import BlobHash, CellId, CommandId, DocumentId, Epoch, RunId
from octavo.journal import bases, blobs, documents, keeping, outputs, runs
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import Journal
from octavo.journal.keeping import KeptRow
from octavo.journal.runs import RunRow
from octavo.notebook import large
from octavo.notebook.outputs import Output

pytestmark = pytest.mark.anyio

ONE = DocumentId(1)
RUN = RunId("r")
SMALL, ROW, FILE = large.LIMIT // 2, large.LIMIT * 2, blobs.ROW + 1


@pytest.fixture
async def journal(journal: Journal) -> Journal:
    journal.put(documents.create(DocumentRow(id=ONE, store="local", path="/n/a.ipynb", epoch=Epoch("e"))))
    journal.put([runs.add(RunRow(id=RUN, document=ONE, cell=CellId("c"), state="running"))])
    return journal


def picture(data: bytes) -> Output:
    return Output(
        output_type="display_data", data={"image/png": base64.b64encode(data).decode(), "text/plain": "a picture"}
    )


async def show(journal: Journal, output: Output, n: int = 0) -> Output:
    output, statements = await blobs.externalise(journal, output)
    await journal.put([*statements, *outputs.set_output(RUN, n, output)]).kept()
    return output


def files(journal: Journal) -> list[str]:
    return sorted(path.name for path in (journal.directory / "blobs").glob("*"))


async def test_a_small_value_stays_in_its_output(journal: Journal) -> None:
    output = picture(b"x" * SMALL)
    assert await show(journal, output) == output


@pytest.mark.parametrize(("size", "filed"), [(ROW, 0), (FILE, 1)])
async def test_a_large_value_is_served_as_the_bytes_and_type_that_its_output_names(
    journal: Journal, size: int, filed: int
) -> None:
    data = os.urandom(size)
    shown = await show(journal, picture(data))
    reference = shown.data["image/png"]
    digest = BlobHash(reference["blob"])
    assert (reference["size"], shown.data["text/plain"]) == (size, "a picture")
    assert len(files(journal)) == filed
    served = await blobs.serve(journal, digest, "image/png")
    assert (served.read_bytes() if isinstance(served, Path) else served) == data
    assert await blobs.serve(journal, digest, "text/html") is None
    assert await blobs.serve(journal, BlobHash("0" * 64), "image/png") is None
    assert (
        large.internalise(reference, (await blobs.read(journal, [digest])).__getitem__)
        == picture(data).data["image/png"]
    )


async def test_a_picture_that_is_no_clean_base64_is_served_as_well_as_can_be(journal: Journal) -> None:
    text = Output(output_type="display_data", data={"image/png": "not base64 " * 5000})
    shown = await show(journal, text)
    assert isinstance(await blobs.serve(journal, shown.data["image/png"]["blob"], "image/png"), bytes)


async def test_the_same_value_again_costs_a_reference(journal: Journal) -> None:
    for n in range(3):
        await show(journal, picture(b"x" * FILE), n)
    assert len(files(journal)) == 1
    assert await journal.read(lambda db: db.execute("SELECT count(*) FROM blob").fetchone()) == (1,)


async def test_a_file_is_there_before_the_row_that_names_it_is_even_put(journal: Journal) -> None:
    output, _ = await blobs.externalise(journal, picture(b"x" * FILE))
    assert files(journal) == [output.data["image/png"]["blob"]]


async def test_a_reference_to_a_blob_that_is_not_there_names_nothing(journal: Journal) -> None:
    forged = Output(output_type="display_data", data={"text/html": {"blob": "0" * 64, "size": 5}})
    await journal.put(outputs.set_output(RUN, 0, forged)).kept()
    assert await blobs.serve(journal, BlobHash("0" * 64), "text/html") is None


async def test_a_blob_goes_a_day_after_nothing_names_it(journal: Journal) -> None:
    await show(journal, picture(b"x" * FILE), 0)
    await show(journal, picture(b"y" * ROW), 1)
    start = 2.0**33  # far enough after the files' own times
    assert await blobs.sweep(journal, start) == 0
    await journal.put(outputs.truncate(RUN, 0)).kept()
    for hours in (1, 24):
        assert await blobs.sweep(journal, start + hours * 3600) == 0
    assert len(files(journal)) == 1
    assert await blobs.sweep(journal, start + 25.5 * 3600) == 1
    assert files(journal) == []
    assert await journal.read(lambda db: db.execute("SELECT count(*) FROM blob").fetchone()) == (0,)


async def test_a_blob_that_is_named_again_within_the_day_stays(journal: Journal) -> None:
    start = 2.0**33
    await show(journal, picture(b"x" * FILE))
    await journal.put(outputs.truncate(RUN, 0)).kept()
    await blobs.sweep(journal, start)
    shown = await show(journal, picture(b"x" * FILE))
    assert await blobs.sweep(journal, start + 2 * blobs.DAY) == 0
    assert await blobs.serve(journal, shown.data["image/png"]["blob"], "image/png") is not None


async def test_cleared_outputs_keep_their_blobs(journal: Journal) -> None:
    shown = await show(journal, picture(b"x" * FILE))
    await journal.put(outputs.clear(RUN, CommandId("k"), 1.0)).kept()
    await blobs.sweep(journal, 2.0**33)
    await blobs.sweep(journal, 2.0**34)
    await journal.put(outputs.unclear(ONE, CommandId("k"))).kept()
    assert await blobs.serve(journal, shown.data["image/png"]["blob"], "image/png") is not None


async def test_what_a_crash_left_in_the_directory_is_swept(journal: Journal) -> None:
    await show(journal, picture(b"x" * FILE))
    (journal.directory / "blobs" / ".half.1234").write_bytes(b"half")
    (journal.directory / "blobs" / ("0" * 64)).write_bytes(b"never named")
    assert await blobs.sweep(journal, 2.0**33) == 2
    assert len(files(journal)) == 1


# Kept things


def a_thing(number: int, **changes: object) -> KeptRow:
    row = {"id": number, "reason": "checkpoint", "store": "local", "path": "/n/a.ipynb", "at": float(number), **changes}
    return KeptRow(**row)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [10, FILE])
async def test_a_kept_thing_comes_back(journal: Journal, size: int) -> None:
    data = os.urandom(size)
    await journal.put(await keeping.keep(journal, a_thing(1, document=ONE, cell="c", about=b"{}"), data)).kept()
    (row,) = await journal.read(lambda db: keeping.listing(db, "local", "/n/a.ipynb", reason="checkpoint"))
    assert row == a_thing(1, document=ONE, cell="c", about=b"{}", size=size)
    assert await keeping.read(journal, 1) == data
    await blobs.sweep(journal, 2.0**33)
    await blobs.sweep(journal, 2.0**34)
    assert await keeping.read(journal, 1) == data
    await journal.put([keeping.forget(1)]).kept()
    assert await keeping.read(journal, 1) is None


async def test_the_oldest_kept_things_go_when_there_are_too_many_of_a_path(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(keeping.BOUNDS, "checkpoint", keeping.Bound(100.0, 25))
    for number in range(1, 5):
        journal.put(await keeping.keep(journal, a_thing(number), b"x" * 10))
    journal.put(await keeping.keep(journal, a_thing(8, path="/n/b.ipynb"), b"x" * 10))
    await journal.put(await keeping.keep(journal, a_thing(9, reason="replaced"), b"x" * 10)).kept()
    rows = await journal.read(lambda db: keeping.listing(db, "local", "/n/a.ipynb"))
    assert [row.id for row in rows] == [9, 4, 3]
    await journal.put(await keeping.keep(journal, a_thing(10), b"x" * 99)).kept()
    rows = await journal.read(lambda db: keeping.listing(db, "local", "/n/a.ipynb", reason="checkpoint"))
    assert [row.id for row in rows] == [10]


async def test_kept_things_go_with_age_and_outlive_their_document(journal: Journal) -> None:
    journal.put(await keeping.keep(journal, a_thing(1, document=ONE), b"x"))
    await journal.put(await keeping.keep(journal, a_thing(2, document=ONE, at=2.0**31), b"x")).kept()
    assert len(await journal.read(lambda db: keeping.of_document(db, ONE))) == 2
    await journal.put([*keeping.forget_old(2.0**31), documents.forget(ONE)]).kept()
    assert [row.id for row in await journal.read(lambda db: keeping.listing(db, "local", "/n/a.ipynb"))] == [2]


async def test_tidying_leaves_what_is_named_and_young(journal: Journal) -> None:
    now = 2.0**33
    shown = await show(journal, picture(b"x" * FILE))
    await bases.keep(journal, ONE, b"b" * FILE, [])
    (journal.directory / "bases" / "9-9").write_bytes(b"left by a crash")
    journal.put(await keeping.keep(journal, a_thing(1, at=now - 40 * blobs.DAY, reason="replaced"), b"x"))
    journal.put(await keeping.keep(journal, a_thing(2, at=now - 40 * blobs.DAY), b"x" * FILE))
    await keeping.tidy(journal, now, starting=True)
    await keeping.tidy(journal, now + 2 * blobs.DAY)
    assert await blobs.serve(journal, shown.data["image/png"]["blob"], "image/png") is not None
    assert await bases.read(journal, ONE) == b"b" * FILE
    assert await keeping.read(journal, 1) is None
    assert await keeping.read(journal, 2) == b"x" * FILE
    assert [path.name for path in (journal.directory / "bases").iterdir()] != ["9-9"]
    assert len(list((journal.directory / "bases").iterdir())) == 1
