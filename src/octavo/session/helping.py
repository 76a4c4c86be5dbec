"""Helper requests of a page: completion, documentation and whether code is complete, from the kernel. They are no runs and never move a state.

While the kernel is busy they wait for its idle, and of each kind only the newest waits: whoever types has moved on from the older ones.
Without a kernel the answer is empty at once.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from octavo.errors import OctavoError
from octavo.ids import new_request
from octavo.session import messages
from octavo.session.client import Client
from octavo.session.kernel import SESSION, Message
from octavo.wire import messages as wire

if TYPE_CHECKING:
    from octavo.session.session import Session

Asked = messages.Complete | messages.Inspect | messages.IsComplete

NOTHING: dict[type[Asked], dict[str, object]] = {
    messages.Complete: {"matches": [], "start": 0, "end": 0, "metadata": {}},
    messages.Inspect: {"found": False, "data": {}},
    messages.IsComplete: {"status": "unknown", "indent": ""},
}


class Completion(msgspec.Struct):
    """A complete_reply; positions in code points, as the protocol says."""

    matches: list[str] = []
    cursor_start: int = 0
    cursor_end: int = 0
    metadata: dict[str, object] = {}


class Completeness(msgspec.Struct):
    """An is_complete_reply."""

    status: str = "unknown"
    indent: str = ""


class Helping:
    def __init__(self, session: "Session") -> None:
        self.session = session
        self._waiting: dict[type[Asked], tuple[Client, Asked]] = {}
        self._asked: dict[str, tuple[Client, Asked]] = {}

    async def ask(self, client: Client, asked: Asked) -> None:
        kernel = self.session.running.kernel
        if kernel is None or self.session.running.state.phase != "ready":
            self._nothing(client, asked)
        elif self.session.running.state.running is not None or kernel.execution_state != "idle":
            if type(asked) in self._waiting:
                self._nothing(*self._waiting[type(asked)])
            self._waiting[type(asked)] = (client, asked)
        else:
            await self._send(client, asked)

    async def _send(self, client: Client, asked: Asked) -> None:
        kernel = self.session.running.kernel
        assert kernel is not None
        request = new_request()
        if isinstance(asked, messages.Complete):
            parts = wire.complete_request(request, SESSION, asked.code, asked.cursor)
        elif isinstance(asked, messages.IsComplete):
            parts = wire.is_complete_request(request, SESSION, asked.code)
        else:
            parts = wire.inspect_request(request, SESSION, asked.code, asked.cursor, asked.detail)
        self._asked[request] = (client, asked)
        try:
            await kernel.host.send(kernel.incarnation, "shell", parts)
        except OctavoError:
            self._asked.pop(request)
            self._nothing(client, asked)

    async def idle(self) -> None:
        """The kernel may be asked: send what waits."""
        kernel = self.session.running.kernel
        if not self._waiting or self.session.running.state.running is not None:
            return
        if kernel is not None and kernel.execution_state == "idle":
            waiting, self._waiting = list(self._waiting.values()), {}
            for client, asked in waiting:
                await self._send(client, asked)

    def reply(self, message: Message) -> None:
        found = self._asked.pop(message.parent.msg_id, None)
        if found is None:
            return
        client, asked = found
        client.tell(messages.Done(id=asked.id, data=answer_of(asked, message.content())))

    def ended(self) -> None:
        """The incarnation ended: nobody answers any more."""
        for client, asked in [*self._waiting.values(), *self._asked.values()]:
            self._nothing(client, asked)
        self._waiting.clear()
        self._asked.clear()

    @staticmethod
    def _nothing(client: Client, asked: Asked) -> None:
        client.tell(messages.Done(id=asked.id, data=NOTHING[type(asked)]))


def answer_of(asked: Asked, content: dict[str, Any]) -> object:
    """What the page is told of the kernel's reply; a reply that makes no sense says nothing."""
    try:
        match asked:
            case messages.Inspect():
                data = content.get("data")
                found = content.get("found") is True and isinstance(data, dict)
                return {"found": found, "data": data if found else {}}
            case messages.IsComplete():
                return msgspec.to_builtins(msgspec.convert(content, Completeness))
            case messages.Complete():
                said = msgspec.convert(content, Completion)
                place = {"start": said.cursor_start, "end": said.cursor_end}
                return {"matches": said.matches, **place, "metadata": said.metadata}
    except msgspec.ValidationError:
        return NOTHING[type(asked)]
