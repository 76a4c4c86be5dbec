"""The tabs that look at one notebook: who joins is welcomed, told what is new, and hears what the others write and where they are."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from octavo.document.frames import FrameKind, encode
from octavo.document.peers import Peers
from octavo.session import messages
from octavo.session.client import Client

if TYPE_CHECKING:
    from octavo.session.session import Session


class Clients:
    """`all`: those that are connected. `last_used`: when the last one left, on the monotonic clock."""

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.all: list[Client] = []
        self.peers = Peers()
        self.last_used = time.monotonic()

    @contextmanager
    def joined(self, hello: messages.Hello) -> Iterator[Client]:
        """A page is here, until the block is left."""
        client = Client(hello.client, self.session.board)
        self._welcome(client, hello)
        self.all.append(client)
        try:
            yield client
        finally:
            self.all.remove(client)
            self.session.look(client, False)
            self.last_used = time.monotonic()
            for said in self.peers.leave(client):
                self.relay(encode(FrameKind.AWARENESS, said.body, client=said.client), client)
            self.session.edits.show_unfinished()

    def _welcome(self, client: Client, hello: messages.Hello) -> None:
        client.tell(
            messages.Welcome(
                protocol=messages.PROTOCOL,
                build=self.session.shared.build,
                document=self.session.row.id,
                epoch=self.session.row.epoch,
                generation=self.session.shared.generation,
                position=self.session.board.position,
                path=self.session.path,
                name=self.session.place.prompt or Path(self.session.path).name,
            )
        )
        client.put(encode(FrameKind.STEP_ONE, self.session.edits.document.state_vector()))
        for said in self.peers.everybody():
            client.put(encode(FrameKind.AWARENESS, said.body, client=said.client))
        # A page of this generation is told what changed since, by whole cells: what exactly it was sent is not known any more.
        if (
            hello.generation == self.session.shared.generation
            and hello.position is not None
            and hello.epoch == self.session.row.epoch
        ):
            client.position = min(hello.position, self.session.board.position)
        else:
            client.tell(self.session.board.snapshot())
            self.session.board.learn(client.known)
            client.position = self.session.board.position
        self.session.debugging.greet(client)
        client.ready = True
        client.wake()

    def wake(self) -> None:
        for client in self.all:
            client.wake()

    def notice(self, code: str, **values: Any) -> None:
        for client in self.all:
            client.tell(messages.Notice(code=code, values=values))

    def relay(self, frame: bytes, but: Client | None = None) -> None:
        for client in self.all:
            if client is not but and client.ready:
                client.put(frame)

    def trouble(self, text: str | None) -> None:
        self.session.board.trouble = text or ""
        self.session.board.touch("trouble")
        self.wake()

    async def expire(self) -> None:
        while True:
            await anyio.sleep(20)
            for said in self.peers.expire(time.monotonic()):
                self.relay(encode(FrameKind.AWARENESS, said.body, client=said.client))
