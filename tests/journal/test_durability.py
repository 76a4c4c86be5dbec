"""What was called kept survives kill -9, what was called saved survives power loss; a full disk heals, a failing one is
never trusted."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
from tests.journal import faults, kill_target

from octavo.errors import StorageUnavailable
from octavo.ids import DocumentId, Epoch
from octavo.journal import blobs, documents
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import Journal, Receipt

pytestmark = pytest.mark.anyio

ONE = DocumentId(1)


def words(db: sqlite3.Connection) -> list[bytes]:
    return documents.load(db, ONE).updates


def put_word(journal: Journal, word: int) -> Receipt:
    return journal.put([documents.update(ONE, word, b"%d" % word)])


async def begin(journal: Journal) -> None:
    await journal.put(documents.create(DocumentRow(id=ONE, store="local", path="/a", epoch=Epoch("e")))).saved()


async def trouble_is(journal: Journal, wanted: bool) -> None:
    event = anyio.Event()
    end = journal.on_trouble(lambda text: event.set())
    if (journal.trouble is not None) != wanted:
        with anyio.fail_after(30):
            await event.wait()
    end()
    assert (journal.trouble is not None) == wanted


# Killed


def kill_at_random(directory: Path, random_: random.Random) -> dict[str, int]:
    """Run the target, kill it within 100 ms of its first word; the last word and event that it called kept."""
    command = [sys.executable, kill_target.__file__, str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        first = process.stdout.readline()
        try:
            process.wait(random_.random() * 0.1)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    told = dict[str, int]()
    for line in (first + rest).splitlines(keepends=True):
        if line.endswith(b"\n"):
            what, number = line.split()
            told[what.decode()] = int(number)
    return told


@pytest.mark.parametrize("rounds", [15, pytest.param(300, marks=pytest.mark.long)])
async def test_what_was_kept_survives_kill_and_events_count_once(tmp_path: Path, rounds: int) -> None:
    random_ = random.Random(rounds)
    for _ in range(rounds):
        told = await anyio.to_thread.run_sync(kill_at_random, tmp_path, random_)
        async with Journal.open(tmp_path) as journal:
            found, text, event = await journal.read(kill_target.state)
        assert found == list(range(1, len(found) + 1))
        assert text == "".join(f"{n}\n" for n in range(1, event + 1))
        assert len(found) >= told.get("word", 0) > 0
        assert event >= told.get("event", 0)


# Power lost


async def test_what_was_saved_survives_a_torn_end_of_the_log(tmp_path: Path) -> None:
    before, after, random_ = tmp_path / "before", tmp_path / "after", random.Random(1)
    before.mkdir()
    async with Journal.open(before) as journal:
        await begin(journal)
        for word in range(1, 21):
            put_word(journal, word)
        await journal.saved_all()
        log = Path(f"{journal.path}-wal")
        synced = log.stat().st_size
        for word in range(21, 60):
            put_word(journal, word)
            await journal.kept_all()
        database, whole = journal.path.read_bytes(), log.read_bytes()
    assert len(whole) > synced
    for _ in range(60):
        torn = bytearray(whole)
        at = random_.randrange(synced, len(whole))
        match random_.randrange(3):
            case 0:
                del torn[at:]
            case 1:
                torn[at : at + 512] = bytes(len(torn[at : at + 512]))
            case _:
                torn[at:] = random_.randbytes(len(torn) - at)
        shutil.rmtree(after, ignore_errors=True)
        after.mkdir()
        (after / "journal").write_text("journal-1.db\n")
        (after / "journal-1.db").write_bytes(database)
        (after / "journal-1.db-wal").write_bytes(torn)
        async with Journal.open(after) as journal:
            found = await journal.read(words)
        assert found == [b"%d" % n for n in range(1, len(found) + 1)]
        assert len(found) >= 20


async def test_saved_means_synced_also_when_nothing_else_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Journal.open(tmp_path, gather=0.3) as journal:
        await begin(journal)
        receipt = journal.put([documents.update(ONE, 1, b"x")])
        await receipt.kept()
        with faults.log_goes_to("/dev/null", journal.path):  # takes every write, and cannot be synced
            with pytest.raises(StorageUnavailable, match="Nothing more is saved"):
                await receipt.saved()
    (error,) = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert isinstance(error, sqlite3.OperationalError)
    assert error.sqlite_errorname == "SQLITE_IOERR_FSYNC"


# Full


async def test_without_room_nothing_is_called_saved_and_it_heals_in_order(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal:
        await begin(journal)
        told, kept = list[str | None](), list[int]()
        journal.on_trouble(told.append)
        with faults.files_may_not_grow(journal.path):
            for word in range(1, 31):
                journal.put([documents.update(ONE, word, b"%d" % word * 200)]).on_kept(
                    lambda word=word: kept.append(word)
                )
            await trouble_is(journal, True)
            assert "full" in str(journal.trouble)
            assert kept == []
            assert journal.waiting == 30
            put_word(journal, 31)
        with anyio.fail_after(30):
            await journal.saved_all()
        assert journal.trouble is None
        assert told == ["The disk is full. Nothing more is saved until there is room.", None]
        assert kept == list(range(1, 31))
        assert len(await journal.read(words)) == 31


async def test_a_small_disk_fills_and_heals(tmp_path: Path) -> None:
    with faults.small_disk(tmp_path / "disk") as fill:
        async with Journal.open(tmp_path / "disk") as journal:
            await begin(journal)
            with fill(journal.path):
                receipt = journal.put([documents.update(ONE, 1, b"x" * 100_000)])
                await trouble_is(journal, True)
                assert "full" in str(journal.trouble)
                assert await journal.read(words) == []
            with anyio.fail_after(30):
                await receipt.saved()
            assert await journal.read(words) == [b"x" * 100_000]


async def test_a_blob_waits_for_room(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal, anyio.create_task_group() as tasks:
        await begin(journal)
        stored = list[object]()

        async def store() -> None:
            stored.append(await blobs.store(journal, b"x" * (blobs.ROW * 2)))

        with faults.files_may_not_grow(journal.path):
            tasks.start_soon(store)
            await trouble_is(journal, True)
            assert stored == []
        await trouble_is(journal, False)
    assert len(stored) == 1


async def test_a_full_disk_at_the_end_loses_what_was_never_called_kept_and_says_so(tmp_path: Path) -> None:
    with ExitStack() as faulty:
        async with Journal.open(tmp_path) as journal:
            await begin(journal)
            receipt = put_word(journal, 1)
            await journal.saved_all()
            faulty.enter_context(faults.files_may_not_grow(journal.path))
            last = journal.put([documents.update(ONE, 2, b"x" * 100_000)])
    with pytest.raises(StorageUnavailable, match="closed before"):
        await last.kept()
    await receipt.saved()
    async with Journal.open(tmp_path) as journal:
        assert await journal.read(words) == [b"1"]


async def test_another_program_that_holds_the_journal_is_waited_for(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal:
        await begin(journal)
        other = sqlite3.connect(journal.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        receipt = put_word(journal, 1)
        await trouble_is(journal, True)
        assert "Another program" in str(journal.trouble)
        other.execute("ROLLBACK")
        other.close()
        with anyio.fail_after(30):
            await receipt.saved()
        assert journal.trouble is None


# Failing


async def test_after_an_input_or_output_error_nothing_is_kept_or_saved_any_more(tmp_path: Path) -> None:
    async with Journal.open(tmp_path, gather=0.3) as journal:
        await begin(journal)
        earlier = put_word(journal, 1)
        await earlier.kept()
        with faults.log_goes_to(f"{journal.path}-wal", journal.path, flags=0):  # open for reading alone
            with pytest.raises(StorageUnavailable, match="disk failed"):
                await put_word(journal, 2).kept()
        with pytest.raises(StorageUnavailable):
            await earlier.saved()
        with pytest.raises(StorageUnavailable):
            await put_word(journal, 3).kept()
        assert "Nothing more is saved" in str(journal.trouble)
        assert await journal.read(words) == [b"1"]
    async with Journal.open(tmp_path) as journal:
        assert await journal.read(words) == [b"1"]


async def test_a_damaged_page_that_a_read_meets_ends_the_trust(tmp_path: Path) -> None:
    async with Journal.open(tmp_path) as journal:
        await begin(journal)
        for word in range(1, 500):
            journal.put([documents.update(ONE, word, b"x" * 500)])
    database = tmp_path / "journal-1.db"
    async with Journal.open(tmp_path) as journal:
        size = database.stat().st_size
        with database.open("r+b") as file:
            file.seek(8192)
            file.write(random.Random(3).randbytes(size - 8192))
        with pytest.raises(StorageUnavailable, match="cannot be read"):
            await journal.read(words)
        with pytest.raises(StorageUnavailable):
            await journal.put([]).saved()
        await trouble_is(journal, True)
        assert "damaged" in str(journal.trouble)
