"""Random peers: 2 of pycrdt and 3 of Yjs, with the page's own functions and undo, round one server document with a journal.

Seeded steps (edits, partial delivery, lost frames, drops, reconnects, restarts that lose the journal's tail, compaction), then all meet and
must agree. Text is typed in tokens ⟦..⟧; one may vanish only if somebody erased it or undid it.
"""

import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from octavo.document.document import Applied, Document, Gap, contains
from octavo.document.editing import Editor, byte_index
from octavo.notebook.model import Cell

GLYPHS = ["x", "中文", "😀", "👩‍👩‍👧", "é", "𝒳", "ß", "\n"]
TOKEN = re.compile("⟦[^⟧]*⟧")
STEPS = 70
OPS = {
    "insert": 4,
    "paste": 1,
    "move": 6,
    "delete": 3,
    "restore": 2,
    "bring": 1,
    "type": 9,
    "erase": 2,
    "retype": 1,
    "set": 1,
}
OPS |= {"split": 2, "merge": 2}
BACK = {"undo": 4, "redo": 2}

Tokens = set[str]


class Desk:
    """A pycrdt peer: a second server's document, edited by `Editor`. The same interface as `Page`."""

    def __init__(self, state: bytes, client: int) -> None:
        self.document = Document.load([state], client=client)
        self.client = client
        self.out: list[tuple[bytes, int]] = []

    def apply(self, *updates: bytes) -> None:
        for update in updates:
            self.document.apply(update, client=0, clock=0)

    def vector(self) -> bytes:
        return self.document.state_vector()

    def since(self, vector: bytes) -> tuple[bytes, int]:
        return self.document.diff(vector), self.document.clock(self.client)

    def do(self, call: str, *args: Any) -> Any:
        if call == "view":
            return view(self.document)
        with self.document.edit("desk") as editor:
            getattr(self, f"_{call}")(editor, *args)
        if editor.update is not None:
            self.out.append((editor.update, self.document.clock(self.client)))
        return None

    def _insert(self, editor: Editor, ids: list[Any], after: Any, texts: list[str]) -> None:
        editor.insert([Cell(id=name, type="code", source=text) for name, text in zip(ids, texts, strict=True)], after)

    def _move(self, editor: Editor, ids: list[Any], after: Any) -> None:
        for name in reversed(ids):
            editor.move(name, after)

    def _bring(self, editor: Editor, ids: list[Any], after: Any) -> None:
        self._move(editor, ids, after)
        self._restore(editor, ids)

    def _delete(self, editor: Editor, ids: list[Any]) -> None:
        for name in ids:
            editor.delete(name)

    def _restore(self, editor: Editor, ids: list[Any]) -> None:
        for name in ids:
            editor.restore(name)

    def _retype(self, editor: Editor, name: Any, kind: str) -> None:
        editor.set_type(name, kind)

    def _set(self, editor: Editor, name: Any, key: str, value: Any) -> None:
        editor.set_metadata(name, self.document.cell(name).metadata | {key: value})

    def _type(self, editor: Editor, name: Any, index: int, words: str) -> None:
        # Not by set_source: a token inserted before another may come out as the insertion of "1⟧⟦" behind its bracket.
        source = self.document._cells[name]["source"]
        source.insert(byte_index(str(source), index), words)

    def _erase(self, editor: Editor, name: Any, start: int, stop: int) -> None:
        source = self.document._cells[name]["source"]
        del source[byte_index(str(source), start) : byte_index(str(source), stop)]

    def _split(self, editor: Editor, name: Any, index: int, made: Any) -> None:
        text = self.document.source(name)
        editor.insert([Cell(id=made, type=self.document.type(name), source=text[index:])], name)
        editor.set_source(name, text[:index])

    def _merge(self, editor: Editor, ids: list[Any]) -> None:
        first, *others = [name for name in self.document.order() if name in ids]
        editor.set_source(first, "\n\n".join(self.document.source(name) for name in (first, *others)))
        for name in others:
            editor.delete(name, into=first)


def view(document: Document) -> dict[str, Any]:
    cells = {}
    for name in document._rows:
        found, row = document.cell(name), document._rows[name]
        cells[str(name)] = [found.type, row.deleted is not None, found.source, row.position, found.metadata]
    return {"order": list(document.order()), "metadata": document.metadata(), "cells": cells}


class Round:
    def __init__(self, node: Any, new_page: Callable[..., Any], seed: int) -> None:
        self.random, self.node = Random(seed), node
        self.typed: Tokens = set()
        self.killed: Tokens = set()
        self.made: set[str] = set()
        self.hidden: set[str] = set()
        self.stats: Counter[str] = Counter()
        self.server = Document.new([], {"kernelspec": {"name": "python3"}}, client=self.start())
        self.journal = [self.server.snapshot()]
        self.links: dict[int, list[bytes]] = {}
        desks: list[Any] = [Desk(self.journal[0], self.start()) for _ in range(2)]
        self.peers = desks + [new_page(self.start(), seed + i + 1) for i in range(3)]

    def start(self) -> int:
        """A new author: random, so that it is above or below the others."""
        return self.random.randrange(1, 2**32)

    # The server -------------------------------------------------------------------------------------------------------

    def restart(self) -> None:
        """Killed: what was not kept yet is lost, though it was relayed."""
        lost = self.random.randrange(min(3, len(self.journal)))
        del self.journal[len(self.journal) - lost :]
        self.links.clear()
        self.reload()
        self.stats["restarts"] += 1

    def reload(self) -> None:
        self.server.close()
        self.server = Document.load(self.journal, client=self.start())

    def compact(self) -> None:
        snapshot = self.server.snapshot()
        assert self.server.holds(snapshot)
        assert contains(snapshot, self.journal)
        self.journal = [snapshot]

    def receive(self, i: int, update: bytes, clock: int) -> None:
        answer = self.server.apply(update, client=self.peers[i].client, clock=clock)
        if isinstance(answer, Gap):  # something was lost on the way: a step 1, whose answer has all
            self.stats["gaps"] += 1
            if self.server.spoiled:
                self.stats["reloads"] += 1
                self.reload()
            self.peers[i].out.clear()
            update, clock = self.peers[i].since(self.server.state_vector())
            answer = self.server.apply(update, client=self.peers[i].client, clock=clock)
        assert isinstance(answer, Applied)
        if answer.update is not None:
            self.publish(answer.update, i)
        self.compare()

    def publish(self, update: bytes, source: int | None) -> None:
        self.journal.append(update)
        for j in self.links.keys() - {source}:
            self.links[j].append(update)

    def connect(self, i: int) -> None:
        peer = self.peers[i]
        peer.out.clear()
        self.receive(i, *peer.since(self.server.state_vector()))
        peer.apply(self.server.diff(peer.vector()))
        self.links[i] = []

    def deliver(self) -> None:
        for i in list(self.links):
            peer, k = self.peers[i], self.random.randrange(4)
            batch, peer.out = peer.out[:k], peer.out[k:]
            if batch and self.random.random() < 0.05:
                del batch[self.random.randrange(len(batch))]
                self.stats["lost frames"] += 1
            if len(batch) > 1 and self.random.random() < 0.5:  # as a page joins what was typed within a moment
                texts = [b64encode(update).decode() for update, _ in batch]
                batch = [(b64decode(self.node.call("", "merged", texts)), batch[-1][1])]
            for update, clock in batch:
                self.receive(i, update, clock)
            peer.apply(*self.links[i][:k])
            del self.links[i][:k]

    def tidy(self) -> None:
        """What the server does by itself: show what was left hidden, shorten keys."""
        here = {self.peers[i].client for i in self.links}
        with self.server.edit() as editor:
            editor.show(self.server.unfinished(here))
            editor.rebalance(14)
        if editor.update is not None:
            self.stats["tidied"] += 1
            self.publish(editor.update, None)
        self.compare()

    def compare(self) -> None:
        """What the journal has is what the server shows, not only at the end."""
        if self.random.random() < 0.1:
            assert view(Document.load(self.journal)) == view(self.server), "something is in memory alone"

    # The peers --------------------------------------------------------------------------------------------------------

    def token(self) -> str:
        token = f"⟦{len(self.typed)}{self.random.choice(GLYPHS)}{self.random.choice(GLYPHS)}⟧"
        self.typed.add(token)
        return token

    def name(self) -> str:
        name = f"c{self.random.randrange(10**6):06d}-{len(self.made)}"
        self.made.add(name)
        return name

    def edit(self, peer: Any) -> None:
        random, seen = self.random, peer.do("view")
        order, cells = seen["order"], seen["cells"]
        ops = OPS if isinstance(peer, Desk) else OPS | BACK
        op = random.choices(list(ops), list(ops.values()))[0]
        dead = sorted(name for name, found in cells.items() if found[1])
        after = random.choice([None, *order])
        self.stats["edits"] += 1
        if op in BACK:
            gone = peer.do("back", op)
            self.killed |= set(gone["tokens"])
            self.hidden |= set(gone["hidden"])
        elif op in ("insert", "paste") or not order:
            ids = [self.name() for _ in range(5 if op == "paste" else 1)]
            peer.do("insert", ids, after, [self.token() for _ in ids])
        elif op == "move":
            ids = random.sample(order, min(len(order), random.choice([1, 1, 1, 3])))
            peer.do("move", ids, random.choice([None, *(name for name in order if name not in ids)]))
        elif op in ("restore", "bring"):
            if dead:
                peer.do(
                    *(
                        ["restore", [random.choice(dead)]]
                        if op == "restore"
                        else ["bring", [random.choice(dead)], after]
                    )
                )
        else:
            self.edit_cell(peer, op, random.choice(order), order, cells)

    def edit_cell(self, peer: Any, op: str, cell: str, order: list[str], cells: dict[str, Any]) -> None:
        random, text = self.random, cells[cell][2]
        stops = [0] + [match.end() for match in TOKEN.finditer(text)]
        spot, below = random.choice(stops), order[order.index(cell) + 1 :][: random.choice([1, 2])]
        if op == "delete":
            self.hidden.add(cell)
            peer.do("delete", [cell])
        elif op == "type":
            peer.do("type", cell, spot, self.token())
        elif op == "erase" and len(stops) > 1:
            k = random.randrange(len(stops) - 1)
            self.killed |= set(TOKEN.findall(text[stops[k] : stops[k + 1]]))
            peer.do("erase", cell, stops[k], stops[k + 1])
        elif op == "retype":
            peer.do("retype", cell, random.choice(["code", "markdown", "raw"]))
        elif op == "set":
            peer.do("set", cell, random.choice(["tags", "甲"]), random.choice([1, "x", [None, True]]))
        elif op == "split":
            peer.do("split", cell, spot, self.name())
        elif op == "merge" and below:
            self.hidden |= set(below)
            peer.do("merge", [*below, cell])

    # The round --------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        random, everybody = self.random, range(len(self.peers))
        for i in everybody:
            self.connect(i)
        for _ in range(STEPS):
            x, away = random.random(), [i for i in everybody if i not in self.links]
            if x < 0.62:
                self.edit(random.choice(self.peers))
            elif x < 0.82:
                self.deliver()
            elif x < 0.87 and self.links:  # a line drops: what was under way is lost
                del self.links[random.choice(sorted(self.links))]
            elif x < 0.94 and away:
                self.connect(random.choice(away))
            elif x < 0.96:
                self.restart()
            elif x < 0.975:
                self.compact()
            else:
                self.tidy()
        for _ in range(3):
            for i in everybody:
                self.connect(i)
            self.tidy()
        for i in everybody:
            self.connect(i)
        self.compact()

    def check(self) -> None:
        wanted = view(Document.load(self.journal))
        assert view(self.server) == wanted, "the server's own picture is stale"
        for peer in self.peers:
            assert peer.do("view") == wanted, "peers differ"
        order, cells = wanted["order"], wanted["cells"]
        there = set(TOKEN.findall("".join(found[2] for found in cells.values())))
        assert len(order) == len(set(order)), "a cell is doubled"
        assert set(cells) == self.made, "a cell is gone"
        assert self.made - set(order) <= self.hidden, "a cell is hidden by nobody"
        assert self.typed - self.killed <= there, "text is lost"
        assert wanted["metadata"] == {"kernelspec": {"name": "python3"}}


def play(node: Any, new_page: Callable[..., Any], seeds: range) -> Counter[str]:
    stats: Counter[str] = Counter()
    for seed in seeds:
        game = Round(node, new_page, seed)
        try:
            game.run()
            game.check()
        except BaseException as problem:
            problem.add_note(f"seed {seed}")
            raise
        for peer in game.peers:
            if isinstance(peer, Desk):
                peer.document.close()
        game.server.close()
        stats += game.stats
    print(len(seeds), "rounds", dict(stats))
    return stats


def test_random_peers_end_alike_and_lose_nothing(node: Any, new_page: Callable[..., Any]) -> None:
    stats = play(node, new_page, range(25))
    assert min(stats[what] for what in ("gaps", "restarts", "tidied")) > 0


@pytest.mark.long
def test_500_rounds_of_random_peers_lose_nothing(node: Any, new_page: Callable[..., Any]) -> None:
    play(node, new_page, range(1000, 1500))
