"""What people type: a page's updates applied, journaled, relayed and acknowledged; the server's own edits; folding the history."""

import logging
import time
from typing import TYPE_CHECKING

from octavo.document.document import Document, Gap
from octavo.document.frames import Frame, FrameKind, encode
from octavo.errors import Invalid
from octavo.journal import documents
from octavo.journal.journal import Receipt
from octavo.session import commands, state
from octavo.session.client import Client

if TYPE_CHECKING:
    from octavo.session.session import Session

log = logging.getLogger("octavo.session")


class Edits:
    """`unfolded`: bytes of updates since the last snapshot, each counted as 64 at least."""

    def __init__(self, session: "Session", document: Document) -> None:
        self.session, self.document = session, document
        self.unfolded = 0

    async def receive(self, client: Client, frame: Frame) -> None:
        """A binary frame of a page. Raises `Invalid` when it does not fit: the connection is to be closed."""
        match frame.kind:
            case FrameKind.STEP_ONE:
                client.put(encode(FrameKind.STEP_TWO, self.document.diff(frame.body)))
            case FrameKind.STEP_TWO | FrameKind.UPDATE:
                await self._edit(client, frame)
            case FrameKind.AWARENESS:
                said = self.session.clients.peers.say(client, frame.client, frame.body, time.monotonic())
                if said is not None:
                    self.session.clients.relay(encode(FrameKind.AWARENESS, said.body, client=said.client), client)

    async def _edit(self, client: Client, frame: Frame) -> None:
        client.edits.take(frame.n)
        try:
            outcome = self.document.apply(frame.body, client=frame.client, clock=frame.clock)
        except Invalid:
            if self.document.spoiled:
                await self._reload()
            raise
        if isinstance(outcome, Gap):
            client.gap = True
            if self.document.spoiled:
                await self._reload()
            else:
                client.put(encode(FrameKind.STEP_ONE, self.document.state_vector()))
            return
        if outcome.update is not None:
            self._journal_edit(client, frame, outcome.update)
        client.gap = False
        receipt = self.session.journal.put(())
        receipt.on_kept(lambda: client.keep(frame.n))
        receipt.on_saved(lambda: client.save(frame.n))
        while client.held:
            await commands.command(self.session, client, client.held.popleft())

    def _journal_edit(self, client: Client, frame: Frame, update: bytes) -> None:
        self.unfolded += max(len(update), 64)
        seq = self.session.journal.number()
        row = documents.update(self.session.row.id, seq, update, client=frame.client, clock=frame.clock)
        self.session.journal.put([row])
        self.session.clients.relay(encode(FrameKind.UPDATE, update), client)
        self._document_changed()

    def own_edit(self, update: bytes | None) -> Receipt | None:
        """Journal and relay a transaction of the server's own."""
        if update is None:
            return None
        self.unfolded += max(len(update), 64)
        receipt = self.session.journal.put(
            [documents.update(self.session.row.id, self.session.journal.number(), update)]
        )
        self.session.clients.relay(encode(FrameKind.UPDATE, update))
        self._document_changed()
        return receipt

    def _document_changed(self) -> None:
        changes = self.document.changed()
        if changes:
            self.session.debugging.text_changed()
        for cell in changes.hidden | changes.retyped:
            self.session.running.decide(state.CellGone(cell, self.session.shared.now()))
        self.session.running.commit()
        if changes and self.session.filing is not None:
            self.session.filing.changed()

    async def _reload(self) -> None:
        """The document in memory holds what the journal must not: take the journal's again."""
        await self.session.journal.kept_all()
        history = await self.session.journal.read(lambda db: documents.load(db, self.session.row.id))
        old, self.document = self.document, Document.load(history.updates)
        old.close()
        vector = self.document.state_vector()
        for client in self.session.clients.all:
            client.put(encode(FrameKind.STEP_ONE, vector))

    def show_unfinished(self) -> None:
        unfinished = self.document.unfinished(self.session.clients.peers.clients())
        if unfinished and not self.session.clients.all:
            with self.document.edit() as editor:
                editor.show(unfinished)
            self.own_edit(editor.update)

    async def fold_history(self, *, force: bool = False) -> None:
        """Fold the document's updates into one snapshot, if it contains what is stored."""
        history = await self.session.journal.read(lambda db: documents.load(db, self.session.row.id))
        due = history.pending >= 500 or history.pending_size > 4 * max(history.snapshot_size, 4096)
        if history.pending == 0 or not (due or force):
            return
        claimed = await self.session.journal.read(lambda db: documents.claimed(db, self.session.row.id))
        snapshot = self.document.snapshot()
        if any(self.document.clock(client) < clock for client, clock in claimed.items()):
            log.error("%s: not folded, since the document lacks what is stored", self.session.path)
            return
        if not self.document.holds(snapshot):
            log.error("%s: not folded, since its snapshot is not the document", self.session.path)
            return
        self.session.journal.put(documents.fold(self.session.row.id, history.seq, snapshot))
        self.unfolded = 0
