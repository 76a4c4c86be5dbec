"""A process to be killed: writes words, events and folds into a journal as fast as it can, and prints what is kept.

python kill_target.py DIRECTORY
"""

import sqlite3
import sys
from pathlib import Path

import anyio

from octavo.ids import DocumentId, Epoch, Incarnation, ProcessId, RunId
from octavo.journal import documents, outputs, runs
from octavo.journal.documents import DocumentRow
from octavo.journal.journal import Journal
from octavo.journal.runs import ProcessRow, RunRow
from octavo.notebook.outputs import Output

ONE = DocumentId(1)
RUN = RunId("r")
KERNEL = Incarnation("k")


def state(db: sqlite3.Connection) -> tuple[list[int], str, int]:
    """The words of the document, the text of the run, and the last event applied."""
    words = [int(word) for update in documents.load(db, ONE).updates for word in update.split()]
    return words, outputs.whole_text(db, ONE, RUN, 0) or "", runs.applied(db, KERNEL) or 0


async def main(directory: Path) -> None:
    async with Journal.open(directory) as journal:
        if await journal.read(lambda db: documents.get(db, ONE)) is None:
            row = ProcessRow(incarnation=KERNEL, process=ProcessId("p"), document=ONE)
            run = RunRow(id=RUN, document=ONE, cell=documents.CellId("c"), state="running")
            journal.put(
                [
                    *documents.create(DocumentRow(id=ONE, store="local", path="/n/a.ipynb", epoch=Epoch("e"))),
                    *runs.start(row),
                    runs.add(run),
                    *outputs.set_output(RUN, 0, Output(output_type="stream", name="stdout")),
                ]
            )
            await journal.saved_all()
        words, _, event = await journal.read(state)
        word = max(words, default=0)
        print("open", flush=True)
        while True:
            for _ in range(8):
                word += 1
                seq = journal.number()
                receipt = journal.put([documents.update(ONE, seq, b"%d " % word)])
                receipt.on_kept(lambda word=word: print("word", word, flush=True))
                for number in (event, event + 1):  # the host sends the last one again
                    receipt = journal.put(
                        outputs.append_text(RUN, 0, f"{number}\n", ""), only_if=runs.turn(KERNEL, number, number)
                    )
                event += 1
                receipt.on_kept(lambda event=event: print("event", event, flush=True))
                if word % 100 == 0:
                    history = b"".join(b"%d " % n for n in range(1, word + 1))
                    journal.put(documents.fold(ONE, seq, history))
            await journal.kept_all()


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]))
