"""Open questions of a notebook's kernel: `input()` and `getpass`. Shown to every page, answered once, found again after a crash.

A prompt is named by its event. It is open until it is answered, its run's reply has come, or the incarnation has ended.
"""

from typing import TYPE_CHECKING

from octavo.errors import Conflict, NotFound, Stale
from octavo.ids import CellId, PromptId, RunId, new_request
from octavo.journal import runs
from octavo.kernels.events import Channel, Event
from octavo.kernels.launcher import BREAKPOINT
from octavo.session import messages
from octavo.session.kernel import SESSION, Head, Message, prompt_id
from octavo.wire import messages as wire

if TYPE_CHECKING:
    from octavo.session.session import Session


class Prompts:
    def __init__(self, session: "Session") -> None:
        self.session = session
        self._open: dict[PromptId, Message] = {}
        self._answered: dict[PromptId, str] = {}

    async def answer(self, message: messages.Answer) -> None:
        prompt = PromptId(message.prompt)
        if self._answered.get(prompt) == message.id:
            return
        asked = self._open.get(prompt)
        if asked is None or self.session.running.kernel is None:
            raise Conflict("This question is not open any more.")
        try:
            await self.session.running.kernel.answer(
                asked.event.seq,
                wire.input_reply(new_request(), SESSION, message.text, asked.event.parts[0]),
            )
        except (Conflict, NotFound, Stale) as error:
            self.close(prompt)
            raise Conflict("This question was answered already, or is not open any more.") from error
        self._answered[prompt] = message.id
        self.session.journal.put([runs.answer_prompt(prompt, message.id)])
        self.close(prompt)

    def opened(self, message: Message) -> None:
        if message.head.msg_type != "input_request" or self.session.running.kernel is None:
            return
        if message.event.seq in self.session.running.kernel.raw_prompts():
            return  # its own client answers it
        if self.session.shared.kernels.was_answered(message.event.incarnation, message.event.seq):
            return  # before a crash that came too soon for the journal to know
        run, cell = self.session.running.requests.get(message.parent.msg_id, (RunId(""), CellId("")))
        content = message.content()
        prompt = prompt_id(message.event)
        self._open[prompt] = message
        text, hidden = str(content.get("prompt", "")), content.get("password") is True
        self.session.running.statements.append(
            runs.open_prompt(
                runs.PromptRow(
                    id=prompt,
                    document=self.session.row.id,
                    incarnation=message.event.incarnation,
                    seq=message.event.seq,
                    run=run or None,
                    prompt=text,
                    password=hidden,
                    parent=message.event.parts[0],
                    at=message.event.at,
                )
            )
        )
        self._show(messages.Prompt(id=prompt, run=run, cell=cell, prompt=text, password=hidden))

    def _show(self, shown: messages.Prompt) -> None:
        if shown.prompt == BREAKPOINT:
            self.session.debugging.breakpoint_called(shown.id)
            return
        self.session.board.prompts = [*self.session.board.prompts, shown]
        self.session.board.touch("prompts")

    def close(self, prompt: PromptId) -> None:
        if self._open.pop(prompt, None) is not None:
            self.session.running.statements.append(runs.close_prompt(prompt))
            self.session.board.prompts = [p for p in self.session.board.prompts if p.id != prompt]
            self.session.board.touch("prompts")
            self.session.running.commit()

    def close_all(self, request: str | None = None) -> None:
        """Those of one request, or all: nobody waits for their answers any more."""
        for prompt, asked in list(self._open.items()):
            if request is None or asked.parent.msg_id == request:
                self._open.pop(prompt)
                self.session.running.statements.append(runs.close_prompt(prompt))
        ids = set(self._open)
        kept = [p for p in self.session.board.prompts if p.id in ids]
        if len(kept) < len(self.session.board.prompts):
            self.session.board.prompts = kept
            self.session.board.touch("prompts")

    def restore(self, row: runs.PromptRow) -> None:
        if self.session.shared.kernels.was_answered(row.incarnation, row.seq):
            self.session.running.statements.append(runs.close_prompt(row.id))
            return
        request = next((q for q, (r, _) in self.session.running.requests.items() if r == row.run), "")
        run, cell = self.session.running.requests.get(request, (RunId(""), CellId("")))
        event = Event(row.incarnation, row.seq, row.at, Channel.STDIN, (row.parent,))
        self._open[row.id] = Message(event, Head(msg_type="input_request"), Head(msg_id=request, session=SESSION))
        self._show(messages.Prompt(id=row.id, run=run, cell=cell, prompt=row.prompt, password=row.password))
        if self.session.running.kernel is not None:
            self.session.running.kernel.prompts[row.seq] = self._open[row.id].parent
