"""`debug_request`s of Jupyter clients that are none of ours: a request that a kernel never answers would freeze its control channel for good.

So they pass by a list, one at a time, and only where the debugger's state allows them; while the notebook's own debugger is attached, none does.
"""

import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from octavo.ids import new_request
from octavo.kernels.events import Channel
from octavo.wire import messages as wire

if TYPE_CHECKING:
    from octavo.session.kernel import LiveKernel, Message
    from octavo.session.readers import Reader

PASSED = frozenset(
    "debugInfo initialize attach disconnect configurationDone dumpCell setBreakpoints setExceptionBreakpoints setFunctionBreakpoints "
    "setVariable setExpression copyToGlobals inspectVariables richInspectVariables modules source threads stackTrace scopes variables "
    "evaluate completions exceptionInfo stepInTargets gotoTargets pause".split()
)
STOPPED_ONLY = frozenset(("continue", "next", "stepIn", "stepOut", "goto", "exceptionInfo", "stackTrace", "scopes"))
BEFORE_ATTACH = frozenset(("debugInfo", "initialize", "attach", "dumpCell"))
DEADLINE = 10.0
"""Seconds after which a request counts as never answered."""
MAX_WAITING = 100


class Foreign:
    """`attached`: a foreign client's debugger is, as far as was seen."""

    def __init__(self, kernel: "LiveKernel") -> None:
        self.kernel = kernel
        self.attached = False
        self.stopped = False
        self.own_is_attached = False
        self._under_way: tuple[str, float, Reader, Sequence[bytes], str] | None = None
        self._waiting: deque[tuple[Reader, Sequence[bytes], Message]] = deque()

    def forget(self) -> None:
        """Another incarnation."""
        self.attached = self.stopped = self.own_is_attached = False
        self._under_way = None
        self._waiting.clear()

    async def ask(self, client: "Reader", parts: Sequence[bytes], message: "Message") -> None:
        if self._under_way is not None and time.monotonic() - self._under_way[1] > DEADLINE:
            _, _, late, asked, command = self._under_way
            self._under_way = None
            self._refuse(late, asked, command, "The kernel did not answer.")
        if self._under_way is not None:
            if len(self._waiting) >= MAX_WAITING:
                self._refuse(client, parts, "", "Too many requests wait.")
            else:
                self._waiting.append((client, parts, message))
            return
        await self._pass(client, parts, message)

    async def _pass(self, client: "Reader", parts: Sequence[bytes], message: "Message") -> None:
        command = str(message.content().get("command", ""))
        if self.own_is_attached:
            self._refuse(client, parts, command, "The notebook's own debugger is attached.")
        elif command not in PASSED and command not in STOPPED_ONLY:
            self._refuse(client, parts, command, f"This kernel would never answer {command!r}.")
        elif not self.attached and command not in BEFORE_ATTACH:
            self._refuse(client, parts, command, "Attach first.")
        elif not self.stopped and command in STOPPED_ONLY:
            self._refuse(client, parts, command, "Nothing is stopped.")
        else:
            self._under_way = (message.head.msg_id, time.monotonic(), client, parts, command)
            await self.kernel.host.send(self.kernel.incarnation, "control", tuple(parts))

    def _refuse(self, client: "Reader", parts: Sequence[bytes], command: str, why: str) -> None:
        content: dict[str, Any] = {"type": "response", "success": False, "command": command, "message": why, "body": {}}
        head = wire.header("debug_reply", new_request(), "octavo")
        client.deliver(Channel.CONTROL, (wire.encode(head), parts[0], b"{}", wire.encode(content)))

    def heard(self, message: "Message") -> None:
        """What the kernel says."""
        if message.head.msg_type == "debug_event":
            event = message.content().get("event")
            self.stopped = event == "stopped" if event in ("stopped", "continued", "terminated") else self.stopped
            return
        under_way = self._under_way
        if message.head.msg_type != "debug_reply" or under_way is None or message.parent.msg_id != under_way[0]:
            return
        command, worked = under_way[4], message.content().get("success") is True
        if command in ("attach", "disconnect") and worked:
            self.attached = command == "attach"
        if command == "disconnect" or (command in ("continue", "next", "stepIn", "stepOut") and worked):
            self.stopped = False
        self._under_way = None

    async def go_on(self) -> None:
        """Events were taken: the next may go."""
        while self._waiting and self._under_way is None:
            await self._pass(*self._waiting.popleft())
