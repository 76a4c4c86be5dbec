"""Short silent code of ours on the kernel: helpers for the debugger and for looking at values. It is no run and moves no state.

Where the kernel has subshells it runs beside the user's cell; elsewhere it waits until nothing runs. Its answer is the repr of one expression.
"""

from typing import TYPE_CHECKING, Any

import anyio
import msgspec

from octavo.errors import Conflict, KernelUnavailable
from octavo.ids import Incarnation, RequestId, new_request
from octavo.session.kernel import SESSION, Message
from octavo.wire import messages as wire

if TYPE_CHECKING:
    from octavo.session.session import Session

SWEPT = 5
"""How often a request is sent again that a failing cell's end swept away."""
SUBSHELL_SECONDS = 10.0


class Asked:
    """One request under way."""

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.content: dict[str, Any] | None = None


class Asking:
    def __init__(self, session: "Session") -> None:
        self.session = session
        self._asked: dict[str, Asked] = {}
        self._subshell: tuple[Incarnation, str] | None = None
        self._making = anyio.Lock()
        self._idle = anyio.Event()

    def has_subshells(self) -> bool:
        kernel = self.session.running.kernel
        features = (kernel.info or {}).get("supported_features") if kernel is not None else None
        return isinstance(features, list) and "kernel subshells" in features

    def is_busy(self) -> bool:
        running = self.session.running
        return running.state.running is not None or running.kernel is None or running.kernel.execution_state != "idle"

    async def ask(self, expression: str, *, before: str = "", timeout: float = 20) -> Any:
        """The value that the expression's repr is the JSON of. Raises `KernelUnavailable`, `Conflict` (busy, no subshells, timeout passed)."""
        try:
            with anyio.fail_after(timeout):
                return await self._ask(expression, before)
        except TimeoutError:
            raise Conflict("The kernel did not answer in time.", hint="Interrupt it, or wait.") from None

    async def _ask(self, expression: str, before: str) -> Any:
        content: dict[str, Any] = {}
        for _ in range(SWEPT):
            subshell = await self._take_subshell() if self.has_subshells() else ""
            while not subshell and self.is_busy():
                self._idle = anyio.Event()
                await self._idle.wait()
            content = await self._request(
                "execute_request",
                {
                    "code": before or "None",
                    "silent": True,
                    "store_history": False,
                    "allow_stdin": False,
                    "stop_on_error": False,
                    "user_expressions": {"octavo": expression},
                },
                subshell=subshell,
            )
            if content.get("status") not in ("aborted", "abort"):
                break
            await anyio.sleep(0.05)
        return _answer_of(content)

    async def _take_subshell(self) -> str:
        kernel = self.session.running.kernel
        async with self._making:
            if kernel is not None and (self._subshell is None or self._subshell[0] != kernel.incarnation):
                with anyio.move_on_after(SUBSHELL_SECONDS):
                    content = await self._request("create_subshell_request", {}, channel="control")
                    self._subshell = kernel.incarnation, str(content.get("subshell_id") or "")
            return self._subshell[1] if self._subshell is not None else ""

    async def _request(
        self, kind: str, content: dict[str, Any], *, channel: Any = "shell", subshell: str = ""
    ) -> dict[str, Any]:
        kernel = self.session.running.kernel
        if kernel is None or kernel.execution_state == "dead":
            raise KernelUnavailable("No kernel runs.", hint="Run a cell to start one.")
        request, asked = new_request(), Asked()
        head = msgspec.to_builtins(wire.header(kind, RequestId(request), SESSION))
        if subshell:
            head["subshell_id"] = subshell
        self._asked[request] = asked
        kernel.quiet.add(request)
        try:
            await kernel.host.send(kernel.incarnation, channel, wire.parts_of(head, {}, {}, content))
            await asked.done.wait()
        finally:
            self._asked.pop(request, None)
        if asked.content is None:
            raise KernelUnavailable("The kernel has ended.")
        return asked.content

    def reply(self, message: Message) -> bool:
        """A reply of the kernel's: was it to us?"""
        asked = self._asked.get(message.parent.msg_id)
        if asked is None:
            return False
        asked.content = message.content()
        asked.done.set()
        return True

    def idle(self) -> None:
        """Events were applied: the kernel may be free now."""
        if not self.is_busy():
            self._idle.set()

    def ended(self) -> None:
        """The incarnation ended: nobody answers any more."""
        self._subshell = None
        for asked in self._asked.values():
            asked.done.set()
        self._idle.set()


def _answer_of(content: dict[str, Any]) -> Any:
    if content.get("status") != "ok":
        raise Conflict(f"The kernel could not be asked: {content.get('evalue') or content.get('status')}.")
    found = content.get("user_expressions")
    said = found.get("octavo") if isinstance(found, dict) else None
    if not isinstance(said, dict) or said.get("status") != "ok":
        raise Conflict(
            f"The kernel could not be asked: {said.get('evalue') if isinstance(said, dict) else 'no answer'}."
        )
    data = said.get("data")
    text = data.get("text/plain") if isinstance(data, dict) else None
    try:
        return msgspec.json.decode(str(text))
    except msgspec.DecodeError:
        raise Conflict("The kernel's answer could not be read.") from None
