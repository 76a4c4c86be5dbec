"""Processes, their events applied once each, runs, the queue, prompts and durable commands."""

import random

import pytest

from octavo.ids import CellId, CommandId, DocumentId, Epoch, Incarnation, ProcessId, PromptId, RequestId, RunId
from octavo.journal import documents, outputs, runs
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import Journal
from octavo.journal.runs import CommandRow, ProcessRow, PromptRow, RunRow
from octavo.notebook.outputs import Output

pytestmark = pytest.mark.anyio

ONE = DocumentId(1)
KERNEL = Incarnation("0123456789abcdef")


def a_run(name: str, cell: str = "c", place: int = 0) -> RunRow:
    return RunRow(id=RunId(name), document=ONE, cell=CellId(cell), place=place, source="1", source_hash="h", queued=1.0)


@pytest.fixture
async def journal(journal: Journal) -> Journal:
    journal.put(documents.create(DocumentRow(id=ONE, store="local", path="/n/a.ipynb", epoch=Epoch("e"))))
    journal.put(runs.start(ProcessRow(incarnation=KERNEL, process=ProcessId("p"), document=ONE, spec=b"{}", made=2.0)))
    return journal


async def test_a_process_is_journaled_before_its_start_and_stands_until_it_ends(journal: Journal) -> None:
    await journal.put([runs.ready(KERNEL, b"info")]).kept()
    found = await journal.read(lambda db: runs.processes(db, ONE))
    assert [(row.incarnation, row.state, row.info, row.applied, row.kind) for row in found] == [
        (KERNEL, "ready", b"info", 0, "kernel")
    ]
    await journal.put(runs.end(KERNEL, "killed", 3.0)).kept()
    assert await journal.read(runs.processes) == []
    ended = await journal.read(lambda db: runs.process(db, KERNEL))
    assert ended is not None
    assert (ended.state, ended.why, ended.ended) == ("ended", "killed", 3.0)


async def test_events_sent_again_overlapping_or_with_a_hole_are_applied_once_each(journal: Journal) -> None:
    stream = Output(output_type="stream", name="stdout")
    journal.put([runs.add(a_run("r")), *outputs.set_output(RunId("r"), 0, stream)])
    random_ = random.Random(7)
    total, at = 300, 0
    while at < total:
        if random_.random() < 0.5:
            first = random_.randint(1, total)  # again, or out of turn
        else:
            first = at + 1
        last = min(total, first + random_.randint(0, 5))
        changes = [
            statement for n in range(first, last + 1) for statement in outputs.append_text(RunId("r"), 0, f"{n}\n", "")
        ]
        receipt = journal.put(changes, only_if=runs.turn(KERNEL, first, last))
        await receipt.kept()
        assert receipt.applied == (first == at + 1)
        at = last if receipt.applied else at
    text = await journal.read(lambda db: outputs.whole_text(db, ONE, RunId("r"), 0))
    assert text == "".join(f"{n}\n" for n in range(1, total + 1))
    assert await journal.read(lambda db: runs.applied(db, KERNEL)) == total


async def test_a_gap_record_stands_for_all_its_events(journal: Journal) -> None:
    gap = journal.put([runs.add(a_run("r"))], only_if=runs.turn(KERNEL, 1, 40))
    late = journal.put([runs.add(a_run("s"))], only_if=runs.turn(KERNEL, 7, 7))
    await late.kept()
    assert (gap.applied, late.applied) == (True, False)
    assert await journal.read(lambda db: runs.applied(db, KERNEL)) == 40


async def test_asked_for_twice_a_run_is_there_once(journal: Journal) -> None:
    journal.put([runs.add(a_run("r", place=5))])
    await journal.put([runs.add(a_run("r", place=9))]).kept()
    assert [row.place for row in await journal.read(lambda db: runs.runs(db, ONE))] == [5]


async def test_the_queue_comes_in_its_order_with_all_that_a_run_has(journal: Journal) -> None:
    journal.put([runs.add(a_run("a", "x", 3)), runs.add(a_run("b", "y", 1)), runs.add(a_run("c", "z", 2))])
    sent = runs.change(
        RunId("b"),
        state="running",
        request=RequestId("q"),
        incarnation=KERNEL,
        started=4.5,
        swept=True,
        folding=b"wait",
    )
    await journal.put([sent, runs.change(RunId("a"), place=0, source="2")]).kept()
    found = await journal.read(lambda db: runs.queue(db, ONE))
    assert [row.id for row in found] == ["a", "b", "c"]
    assert found[1].swept is True
    assert (found[1].request, found[1].incarnation, found[1].started, found[1].folding) == ("q", KERNEL, 4.5, b"wait")
    assert await journal.read(runs.waiting_documents) == [ONE]


def test_a_column_that_must_not_change_is_refused() -> None:
    with pytest.raises(ValueError, match="own"):
        runs.change(RunId("a"), own=True)


async def test_of_ended_runs_the_last_of_each_cell_stays(journal: Journal) -> None:
    for name in ("a", "b"):
        journal.put(
            [runs.add(a_run(name)), *outputs.set_output(RunId(name), 0, Output(output_type="stream", text=name))]
        )
        journal.put(runs.finish(RunId(name), "ok", 5.0, count=3))
    journal.put([runs.add(a_run("other", "d"))])
    journal.put(runs.finish(RunId("other"), "error", 5.0))
    journal.put([runs.add(a_run("c"))])
    await journal.put(runs.drop([RunId("c")], 6.0, "a failure before it")).kept()
    rows = await journal.read(lambda db: runs.runs(db, ONE))
    assert [(row.id, row.state) for row in rows] == [("b", "ok"), ("other", "error"), ("c", "dropped")]
    assert rows[0].count == 3
    journal.put([runs.add(a_run("e"))])
    await journal.put(runs.finish(RunId("e"), "lost", 7.0, why="the kernel died")).kept()
    rows = await journal.read(lambda db: runs.runs(db, ONE))
    assert [(row.id, row.state) for row in rows] == [("other", "error"), ("e", "lost")]
    assert await journal.read(lambda db: db.execute("SELECT count(*) FROM output_text").fetchone()) == (0,)


async def test_a_run_that_waits_or_runs_is_never_retired(journal: Journal) -> None:
    journal.put([runs.add(a_run("a")), runs.change(RunId("a"), state="running")])
    journal.put([runs.add(a_run("b"))])
    await journal.put(runs.finish(RunId("b"), "ok", 5.0)).kept()
    assert [row.id for row in await journal.read(lambda db: runs.runs(db, ONE))] == ["a", "b"]


async def test_a_prompt_stays_open_until_answered_and_its_answer_is_recognised_again(journal: Journal) -> None:
    prompt = PromptRow(
        id=PromptId(f"{KERNEL}:4"), document=ONE, incarnation=KERNEL, seq=4, prompt="name?", password=True
    )
    await journal.put([runs.open_prompt(prompt), runs.open_prompt(prompt)]).kept()
    assert await journal.read(lambda db: runs.prompts(db, ONE)) == [prompt]
    first = journal.put([], only_if=runs.answer_prompt(prompt.id, "cmd"))
    other = journal.put([], only_if=runs.answer_prompt(prompt.id, "late"))
    again = journal.put([], only_if=runs.answer_prompt(prompt.id, "cmd"))
    await again.kept()
    assert (first.applied, other.applied, again.applied) == (True, False, True)
    await journal.put(runs.end(KERNEL, "", 9.0)).kept()
    assert await journal.read(lambda db: runs.prompts(db, ONE)) == []


async def test_a_command_outlives_the_process_until_it_is_done(journal: Journal) -> None:
    row = CommandRow(id=CommandId("k"), document=ONE, kind="restart-and-run-all", body=b"[]", at=1.0)
    await journal.put([runs.command(row), runs.command(row)]).kept()
    assert await journal.read(lambda db: runs.commands(db, ONE)) == [row]
    assert await journal.read(runs.waiting_documents) == [ONE]
    await journal.put([runs.finish_command(row.id, 2.0)]).kept()
    assert await journal.read(lambda db: runs.commands(db, ONE)) == []
    assert len(await journal.read(lambda db: runs.commands(db, ONE, done=True))) == 1


async def test_forgetting_a_document_takes_all_that_belongs_to_it(journal: Journal) -> None:
    journal.put([runs.add(a_run("a")), *outputs.set_output(RunId("a"), 0, Output(output_type="stream", text="x\n"))])
    journal.put([documents.update(ONE, 1, b"x")])
    await journal.put([documents.forget(ONE)]).kept()
    for table in ("run", "output", "output_text", "doc_update"):
        assert await journal.read(lambda db, table=table: db.execute(f"SELECT count(*) FROM {table}").fetchone()) == (
            0,
        )
