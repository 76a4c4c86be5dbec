"""Reads a kernel as a session does: in order, acknowledging what it has."""

import json
import re
from collections.abc import Callable
from typing import Any

import anyio

from octavo import ids
from octavo.kernels.connection import Attachment, Host
from octavo.kernels.events import Channel, Event, LaunchSpec
from octavo.wire import messages

PATIENCE = 60


class Kernel:
    """A started kernel and all that was read of it."""

    def __init__(self, host: Host, incarnation: ids.Incarnation, *, acknowledging: bool = True) -> None:
        self.host = host
        self.incarnation = incarnation
        self.process = ids.new_process()
        self.acknowledging = acknowledging
        self.events: list[Event] = []
        self.attachment: Attachment

    async def attach(self, after: int = 0) -> "Kernel":
        self.attachment = await self.host.attach(self.incarnation, after)
        return self

    async def read(self) -> list[Event]:
        batch = await anext(self.attachment, [])
        self.events += batch
        if self.acknowledging and batch:
            self.host.ack(self.incarnation, batch[-1].seq)
        return batch

    async def until(self, found: Callable[[Event], bool]) -> Event:
        """Read until an event is what is looked for: that event. What came with and before it is in `events`."""
        with anyio.fail_after(PATIENCE):
            while True:
                batch = await self.read()
                assert batch, f"the events ended with {self.events[-3:]}"
                for event in batch:
                    if found(event):
                        return event

    async def ready(self) -> "Kernel":
        await self.until(is_life("ready"))
        return self

    async def submit(self, code: str, **options: Any) -> ids.RequestId:
        request = ids.new_request()
        assert await self.host.submit(
            self.incarnation, request, messages.execute_request(request, "test", code, **options)
        )
        return request

    async def run(self, code: str, **options: Any) -> list[Event]:
        """Submit and read until reply and idle: the events of this run."""
        request = await self.submit(code, **options)
        return await self.finish(request)

    async def finish(self, request: ids.RequestId) -> list[Event]:
        read: list[Event] = []
        wanted = {"execute_reply", "idle"}
        with anyio.fail_after(PATIENCE):
            while wanted:
                batch = await self.read()
                assert batch, f"the events ended with {read[-3:]}"
                for event in batch:
                    if parent_of(event) == request:
                        read.append(event)
                        wanted -= {kind_of(event), str(content_of(event).get("execution_state"))}
        return read

    async def answer(self, event: Event, value: str) -> None:
        parts = messages.input_reply(ids.new_request(), "test", value, event.parts[0])
        await self.host.answer(self.incarnation, event.seq, parts)


async def start(host: Host, spec: LaunchSpec, *, acknowledging: bool = True) -> Kernel:
    kernel = Kernel(host, ids.new_incarnation(), acknowledging=acknowledging)
    await host.start(kernel.process, kernel.incarnation, spec, label="a label")
    return await kernel.attach()


def kind_of(event: Event) -> str:
    return "" if event.channel >= Channel.LIFE else messages.peek(event.parts[0]).msg_type


def parent_of(event: Event) -> str:
    return "" if event.channel >= Channel.LIFE else messages.peek(event.parts[1]).msg_id


def content_of(event: Event) -> dict[str, Any]:
    content = json.loads(event.parts[0 if event.channel >= Channel.LIFE else 3])
    assert isinstance(content, dict)
    return content


def is_life(word: str) -> Callable[[Event], bool]:
    return lambda event: event.channel == Channel.LIFE and content_of(event)["event"] == word


def is_kind(kind: str) -> Callable[[Event], bool]:
    return lambda event: kind_of(event) == kind


def is_status(state: str) -> Callable[[Event], bool]:
    return lambda event: kind_of(event) == "status" and content_of(event)["execution_state"] == state


def text_of(events: list[Event], name: str = "stdout") -> str:
    streams = [content_of(event) for event in events if kind_of(event) == "stream"]
    return "".join(stream["text"] for stream in streams if stream["name"] == name)


def gaps_of(events: list[Event]) -> list[dict[str, Any]]:
    return [content_of(event) for event in events if event.channel == Channel.GAP]


def numbers_of(events: list[Event]) -> list[int]:
    return [int(number) for number in re.findall(r"^\d+", text_of(events), re.MULTILINE)]
