"""Events of a notebook's kernel, applied in order: what they say of runs goes to the queue, what they show to the results.

A batch is one transaction with the position that it reaches, so that each event is applied exactly once; it is acknowledged to the host
when it is saved.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from octavo.errors import StorageUnavailable
from octavo.ids import CellId, Incarnation, RequestId, RunId, new_cell, new_request
from octavo.journal import runs
from octavo.journal.journal import Receipt
from octavo.kernels.events import Channel
from octavo.notebook.model import Cell
from octavo.session import causes, state
from octavo.session.kernel import LiveKernel, Message, life

if TYPE_CHECKING:
    from octavo.session.session import Session


class Taking:
    """`applied`: seq of the last event of `incarnation` that is applied here and put into the journal."""

    def __init__(self, session: "Session") -> None:
        self.session, self.running = session, session.running
        self.incarnation = Incarnation("")
        self.applied = 0

    def begin(self, incarnation: Incarnation, applied: int) -> None:
        """Events of this incarnation come from now on; what is still under way of another one is nobody's."""
        self.incarnation, self.applied = incarnation, applied

    async def take(self, batch: Sequence[Message]) -> None:
        """Apply a batch of the kernel's events: rows and position in one transaction, acknowledged once saved."""
        async with self.session.lock:
            incarnation, last = batch[-1].event.incarnation, batch[-1].event.seq
            if incarnation != self.incarnation or last <= self.applied:
                return
            self.running.in_batch = True
            try:
                for message in batch:
                    if message.event.seq > self.applied:
                        self._apply(message)
                rows = await self.session.results.flush()
                await self.running.show()
                turn = runs.turn(incarnation, self.applied + 1, last)
                self.applied = last
                receipt = self.running.commit(rows, only_if=turn)
            finally:
                self.running.in_batch = False
        assert receipt is not None
        kernel = self.running.kernel
        if kernel is not None:
            receipt.on_saved(lambda: self._saved(receipt, kernel, incarnation, last))
            receipt.on_failed(lambda error: self.running.fail(error))
        await self.session.helping.idle()
        await self.session.installing.idle()
        self.session.asking.idle()
        await self.session.installing.idle()

    def _saved(self, receipt: Receipt, kernel: LiveKernel, incarnation: Incarnation, last: int) -> None:
        """The batch is durable, so the host may forget it; unless it was passed over, which means that memory and journal differ."""
        if receipt.applied:
            kernel.host.ack(incarnation, last)
        else:
            self.running.fail(StorageUnavailable("The journal is at another event than this session."))

    def _apply(self, message: Message) -> None:
        match message.event.channel:
            case Channel.IOPUB:
                self._iopub(message)
            case Channel.SHELL:
                self._reply(message)
            case Channel.STDIN:
                self.session.prompts.opened(message)
            case Channel.LIFE:
                self._life(message)
            case Channel.GAP:
                self._gap(message)
            case Channel.CONTROL:
                self.session.asking.reply(message)
            case Channel.DEBUG:
                self.session.debugging.event(message)

    def _iopub(self, message: Message) -> None:
        request, kind = message.parent.msg_id, message.head.msg_type
        if kind == "status":
            if message.content().get("execution_state") == "idle":
                self.running.decide(state.IdleSeen(RequestId(request), message.event.at))
            self.session.show_kernel()
            return
        ours = self.running.requests.get(request)
        if ours is None:
            return
        run, cell = ours
        if kind == "execute_input":
            count = message.content().get("execution_count")
            if isinstance(count, int):
                self.running.decide(state.CountSeen(RequestId(request), count))
            return
        if kind == "error":
            self.running.decide(state.ErrorSeen(RequestId(request)))
        self.session.results.fold(run, cell, kind, message.content(), message.metadata())

    def _reply(self, message: Message) -> None:
        request, content = message.parent.msg_id, message.content()
        if self.session.asking.reply(message):
            return
        if message.head.msg_type != "execute_reply":
            self.session.helping.reply(message)
            return
        self.session.prompts.close_all(request)
        ours = self.running.requests.get(request)
        if ours is None:
            self.session.installing.reply(message)
            return
        payloads = content.get("payload")
        for payload in payloads if isinstance(payloads, list) else []:
            if isinstance(payload, dict):
                self._payload(*ours, payload)
        count = content.get("execution_count")
        self.running.decide(
            state.Replied(
                RequestId(request),
                str(content.get("status")),
                message.event.at,
                new_request(),
                interrupted=content.get("ename") == "KeyboardInterrupt",
                count=count if isinstance(count, int) and content.get("status") == "ok" else None,
            )
        )

    def _payload(self, run: RunId, cell: CellId, payload: dict[str, Any]) -> None:
        """IPython's two that mean something here: `page` (what `?` shows) is shown as output, `set_next_input` writes a cell."""
        source, data, text = payload.get("source"), payload.get("data"), payload.get("text")
        if source == "page" and isinstance(data, dict):
            self.session.results.fold(run, cell, "display_data", {"data": data, "metadata": {}}, {})
        elif source != "set_next_input" or not isinstance(text, str):
            return
        elif not self.session.path:
            self._write_next(text)
        elif self.session.edits.document.is_visible(cell):
            with self.session.edits.document.edit(author="kernel") as editor:
                if payload.get("replace") is True:
                    editor.set_source(cell, text)
                else:
                    editor.insert([Cell(id=new_cell(), type="code", source=text)], cell)
            self.session.edits.own_edit(editor.update)

    def _write_next(self, text: str) -> None:
        """At a prompt the next input is the draft, its last cell; what somebody is writing there is not written over."""
        document = self.session.edits.document
        order = document.order()
        if order and not document.cell(order[-1]).source.strip():
            with document.edit(author="kernel") as editor:
                editor.set_source(order[-1], text)
            self.session.edits.own_edit(editor.update)

    def _life(self, message: Message) -> None:
        said = life(message.event)
        if said.get("event") == "ready":
            info = msgspec.json.encode(said.get("kernel_info"))
            self.running.statements.append(runs.ready(message.event.incarnation, info))
            self._learn_language(said.get("kernel_info"))
            self.session.debugging.ready()
        elif said.get("event") == "exited":
            running = self.running.state.running
            why = causes.of_exit(said, cell=running.cell if running else None, run=running.id if running else None)
            self.session.prompts.close_all()
            self.running.statements += runs.end(message.event.incarnation, why, message.event.at)
            self.running.decide(state.Exited(message.event.incarnation, why, message.event.at))
            self.session.helping.ended()
            self.session.installing.ended()
            self.session.asking.ended()
            self.session.debugging.ended(message.event.incarnation)
        elif said.get("event") == "memory":
            self.running.pressing = causes.of_pressing(said)
        self.session.show_kernel()

    def _learn_language(self, info: Any) -> None:
        """A notebook that says nothing of its language gets what its kernel says."""
        found = info.get("language_info") if isinstance(info, dict) else None
        if not isinstance(found, dict):
            return
        have = self.session.edits.document.metadata().get("language_info")
        if not have or (isinstance(have, dict) and set(have) <= {"name"}):
            with self.session.edits.document.edit() as editor:
                editor.set_meta("language_info", found)
            self.session.edits.own_edit(editor.update)

    def _gap(self, message: Message) -> None:
        said = life(message.event)
        parent = said.get("parent")
        ours = self.running.requests.get(parent) if isinstance(parent, str) else None
        if ours is None and self.running.state.running is not None:
            ours = (self.running.state.running.id, self.running.state.running.cell)
        if ours is not None:
            self.session.results.gap(*ours, _number(said.get("messages")), _number(said.get("bytes")))
        if said.get("msg_type") == "execute_reply" and isinstance(parent, str):
            # A reply too large to be passed on: the run has ended, and only an error on iopub can say that it failed.
            self.running.decide(state.Replied(RequestId(parent), "ok", message.event.at, new_request()))


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
