"""Outputs in order, growing text, clearing and its return, what a file said; loaded whole or as head and tail."""

import pytest

from octavo.ids import CellId, CommandId, DocumentId, Epoch, RunId
from octavo.journal import documents, loading, outputs, runs
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import Journal
from octavo.journal.runs import RunRow
from octavo.notebook.outputs import Displays, Omitted, Output, Outputs

pytestmark = pytest.mark.anyio

ONE = DocumentId(1)
RUN = RunId("r")


def a_run(name: str = "r", cell: str = "c") -> RunRow:
    return RunRow(id=RunId(name), document=ONE, cell=CellId(cell), state="running")


def stream(text: str = "", name: str = "stdout") -> Output:
    return Output(output_type="stream", name=name, text=text, own=True)


def picture(text: str) -> Output:
    return Output(output_type="display_data", data={"text/plain": text}, own=True)


@pytest.fixture
async def journal(journal: Journal) -> Journal:
    journal.put(documents.create(DocumentRow(id=ONE, store="local", path="/n/a.ipynb", epoch=Epoch("e"))))
    journal.put([runs.add(a_run())])
    return journal


async def loaded(journal: Journal, run: RunId = RUN, **options: int) -> list[Output]:
    return [one.output for one in await journal.read(lambda db: outputs.load(db, run, **options))]


async def test_outputs_come_back_in_order_with_their_display_ids(journal: Journal) -> None:
    error = Output(output_type="error", ename="E", traceback=["a", "b"], own=True)
    journal.put([*outputs.set_output(RUN, 1, error), *outputs.set_output(RUN, 0, picture("x"), "d1")])
    await journal.put(outputs.set_output(RUN, 2, Output(output_type="gap", messages=3, bytes=70))).kept()
    stored = await journal.read(lambda db: outputs.load(db, RUN))
    assert [one.output for one in stored] == [picture("x"), error, Output(output_type="gap", messages=3, bytes=70)]
    assert [one.display for one in stored] == ["d1", "", ""]


async def test_text_grows_by_finished_lines_and_the_line_being_written(journal: Journal) -> None:
    journal.put(outputs.set_output(RUN, 0, stream("one\ntw")))
    journal.put(outputs.append_text(RUN, 0, "two\n", "\x1b[1mthr"))
    await journal.put(outputs.append_text(RUN, 0, "", "three 😀")).kept()
    assert await loaded(journal) == [stream("one\ntwo\nthree 😀")]


async def test_small_pieces_share_a_chunk_and_keep_their_order(journal: Journal) -> None:
    journal.put(outputs.set_output(RUN, 0, stream()))
    journal.put(outputs.set_output(RUN, 1, stream(name="stderr")))
    for n in range(3000):
        journal.put(outputs.append_text(RUN, n % 2, f"line {n}\n", ""))
    await journal.kept_all()
    text = await journal.read(lambda db: outputs.whole_text(db, ONE, RUN, 0))
    assert text == "".join(f"line {n}\n" for n in range(0, 3000, 2))
    rows, longest = await journal.read(
        lambda db: db.execute("SELECT count(*), max(length(text)) FROM output_text").fetchone()
    )
    assert rows < 20
    assert longest <= outputs.CHUNK


async def test_a_long_text_loads_as_head_and_tail_of_whole_lines_and_says_what_is_between(journal: Journal) -> None:
    lines = [f"{n} é\n" for n in range(5000)]
    journal.put(outputs.set_output(RUN, 0, stream()))
    for start in range(0, 5000, 37):
        journal.put(outputs.append_text(RUN, 0, "".join(lines[start : start + 37]), "la"))
    await journal.kept_all()
    (output,) = await loaded(journal, text_limit=1000)
    assert output.omitted is not None
    head, tail = output.text.splitlines(keepends=True), output.tail.removesuffix("la").splitlines(keepends=True)
    assert len(output.text) <= 500
    assert 400 < len(output.tail) <= 502
    assert head == lines[: len(head)]
    assert tail == lines[-len(tail) :]
    between = lines[len(head) : -len(tail)]
    assert output.omitted == Omitted(lines=len(between), bytes=len("".join(between).encode()))


async def test_a_text_past_its_bound_says_what_is_not_kept(journal: Journal) -> None:
    journal.put(outputs.set_output(RUN, 0, stream("a\nb\n")))
    await journal.put([outputs.lose_text(RUN, 0, 5, 99)]).kept()
    (output,) = await loaded(journal)
    assert (output.text, output.omitted, output.tail) == ("a\nb\n", Omitted(lines=5, bytes=99), "")


async def test_a_shortened_stream_cannot_replace_the_whole_one() -> None:
    with pytest.raises(ValueError, match="appended"):
        outputs.set_output(RUN, 0, Output(output_type="stream", text="a", tail="z", omitted=Omitted(lines=1, bytes=1)))


async def test_what_was_loaded_goes_on_folding(journal: Journal) -> None:
    folded, displays = Outputs(own=True), Displays()
    journal.put(outputs.set_output(RUN, 0, stream()))
    for text in ("10 %\r", "20 %", "\r30", " %\nnext"):
        for index, finished, line in folded.apply(
            "stream", {"name": "stdout", "text": text}, {}, displays=displays
        ).grew:
            journal.put(outputs.append_text(RUN, index, finished, line))
        await journal.kept_all()
        stored = await journal.read(lambda db: outputs.load(db, RUN))
        folded = Outputs.restore(stored, own=True, displays=displays)
    assert folded.outputs == [stream("30 %\nnext")]
    assert await journal.read(lambda db: outputs.whole_text(db, ONE, RUN, 0)) == "30 %\nnext"


async def test_truncating_leaves_the_first_outputs(journal: Journal) -> None:
    for n in range(3):
        journal.put(outputs.set_output(RUN, n, stream(f"{n}\n")))
    await journal.put(outputs.truncate(RUN, 1)).kept()
    assert await loaded(journal) == [stream("0\n")]


async def test_cleared_outputs_come_back_by_their_command(journal: Journal) -> None:
    journal.put([*outputs.set_output(RUN, 0, stream("x\n")), runs.change(RUN, count=4)])
    await journal.put(outputs.clear(RUN, CommandId("k"), 1.0)).kept()
    assert await loaded(journal) == []
    row = await journal.read(lambda db: runs.run(db, RUN))
    assert row is not None
    assert (row.cleared, row.count) == ("k", None)
    await journal.put(outputs.unclear(ONE, CommandId("k"))).kept()
    assert await loaded(journal) == [stream("x\n")]
    row = await journal.read(lambda db: runs.run(db, RUN))
    assert row is not None
    assert (row.cleared, row.count) == ("", 4)


async def test_clearing_twice_by_one_command_is_clearing_once(journal: Journal) -> None:
    journal.put(outputs.set_output(RUN, 0, stream("x\n")))
    for _ in range(2):
        journal.put(outputs.clear(RUN, CommandId("k"), 1.0))
    await journal.put(outputs.unclear(ONE, CommandId("k"))).kept()
    assert await loaded(journal) == [stream("x\n")]


async def test_a_cleared_run_goes_on_and_what_it_prints_then_is_not_replaced(journal: Journal) -> None:
    journal.put(outputs.set_output(RUN, 0, stream("before\n")))
    journal.put(outputs.clear(RUN, CommandId("k"), 1.0))
    journal.put(outputs.set_output(RUN, 0, stream("after\n")))
    await journal.put(outputs.unclear(ONE, CommandId("k"))).kept()
    assert await loaded(journal) == [stream("after\n")]
    await journal.put(outputs.truncate(RUN, 0)).kept()
    await journal.put(outputs.unclear(ONE, CommandId("k"))).kept()
    assert await loaded(journal) == [stream("before\n")]


async def test_what_a_file_said_is_never_our_own_and_gives_way_to_a_run(journal: Journal) -> None:
    imported = RunRow(id=RunId("file"), document=ONE, cell=CellId("d"), count=7)
    await journal.put(outputs.import_outputs(imported, [stream("x\n"), picture("p")])).kept()
    assert [output.own for output in await loaded(journal, RunId("file"))] == [False, False]
    row = await journal.read(lambda db: runs.run(db, RunId("file")))
    assert row is not None
    assert (row.state, row.own, row.count) == ("imported", False, 7)
    journal.put([runs.add(a_run("s", "d"))])
    await journal.put(runs.finish(RunId("s"), "ok", 2.0)).kept()
    assert await journal.read(lambda db: runs.run(db, RunId("file"))) is None


async def test_an_output_of_a_run_that_is_not_there_changes_nothing(journal: Journal) -> None:
    nobody = RunId("nobody")
    reference = Output(output_type="display_data", data={"text/html": {"blob": "0" * 64, "size": 1}})
    late = [
        *outputs.set_output(nobody, 0, stream("x\n")),
        *outputs.append_text(nobody, 0, "y\n", "z"),
        *outputs.set_output(nobody, 1, reference),
        *outputs.truncate(nobody, 0),
        *outputs.clear(nobody, CommandId("k"), 1.0),
    ]
    await journal.put([*late, *outputs.set_output(RUN, 0, stream("x"))]).saved()
    assert await loaded(journal, nobody) == []
    assert await loaded(journal) == [stream("x")]


async def test_a_session_loads_all_it_needs_in_one_read(journal: Journal) -> None:
    journal.put([runs.add(a_run("s", "d")), *outputs.set_output(RunId("s"), 0, picture("p"), "d1")])
    journal.put(outputs.set_output(RUN, 0, stream("x\n")))
    await journal.put([runs.add(runs.RunRow(id=RunId("q"), document=ONE, cell=CellId("e"), place=1))]).kept()
    rows = await journal.read(lambda db: loading.session(db, ONE))
    assert [(row.id, row.state) for row in rows.runs] == [("r", "running"), ("s", "running"), ("q", "queued")]
    assert {run: [one.output for one in found] for run, found in rows.outputs.items()} == {
        RUN: [stream("x\n")],
        RunId("s"): [picture("p")],
    }
    assert rows.outputs == {run: await journal.read(lambda db, run=run: outputs.load(db, run)) for run in rows.outputs}
    assert (rows.processes, rows.prompts, rows.commands) == ([], [], [])
