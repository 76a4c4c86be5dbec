"""Why a kernel ended or could not be started: from what the host or an error says to the word and values that a page makes sentences of.

A cause is kept, in journal and state, as one text: its word, and where it has values a space and their JSON. Pure.
"""

import re
import signal
from typing import Any

import msgspec

from octavo.errors import KernelUnavailable, NotFound, OctavoError
from octavo.session import messages

FORM = re.compile(r"([a-z][a-z0-9-]*)(?: (\{.*\}))?", re.DOTALL)
NUMBERED = re.compile(r"(signal|exit)-\d+")
SAID = 2000
"""Characters of a process's last words that go to the page."""
BY_SOMEBODY = frozenset({"stopped", "restarted", "idle", "host", "silent", "flood", "fault"})


def text(word: str, **values: Any) -> str:
    kept = {name: value for name, value in values.items() if value is not None and value != ""}
    return f"{word} {msgspec.json.encode(kept).decode()}" if kept else word


def of_exit(said: dict[str, Any], *, cell: str | None, run: str | None) -> str:
    """The cause in an `exited` event. `cell`, `run`: what ran when it came."""
    where = {"cell": cell, "run": run}
    reason, number, code = said.get("reason"), said.get("signal"), said.get("code")
    last = last_lines(said.get("log"))
    if said.get("oom"):
        return text(
            "memory", evidence=said["oom"], peak=_size(said.get("peak")), limit=_size(said.get("limit")), **where
        )
    if isinstance(reason, str) and reason:
        return text(reason, **where) if reason in BY_SOMEBODY else text("other", message=reason, **where)
    if said.get("by_host") is True:
        return text("stopped", **where)
    if said.get("ready") is False:
        return text("start", signal=number, name=_name(number), code=code, said=last)
    if isinstance(number, int):
        return text(f"signal-{number}", signal=number, name=_name(number), said=last, **where)
    return text(f"exit-{code}", code=code, said=last, **where)


def of_pressing(said: dict[str, Any]) -> messages.Cause | None:
    """The warning in a `memory` event; None where it is over."""
    if said.get("high") is not True:
        return None
    return messages.Cause(code="memory-high", values={"used": said.get("used"), "limit": said.get("limit")})


def of_error(error: OctavoError, kernel: str) -> str:
    """The cause in what `start` raised. `kernel`: the kernelspec that was wanted."""
    message = f"{error.message} {error.hint}" if error.hint else error.message
    if isinstance(error, KernelUnavailable) and error.cause:
        return text(error.cause, **error.values, message=message)
    if isinstance(error, NotFound):
        return text("no-kernel", name=kernel, message=message)
    return text("unavailable", message=message)


def word(why: str) -> str:
    """The word alone; a sentence from before there were words stays."""
    found = FORM.fullmatch(why)
    return found[1] if found else why


def cause(why: str) -> messages.Cause | None:
    if not why:
        return None
    found = FORM.fullmatch(why)
    if not found:
        return messages.Cause(code="unavailable", values={"message": why})
    try:
        values = msgspec.json.decode(found[2]) if found[2] else {}
    except msgspec.DecodeError:
        values = {}
    family = NUMBERED.fullmatch(found[1])
    return messages.Cause(code=family[1] if family else found[1], values=values)


def sentence(why: str) -> str:
    """In English, for clients without words of their own."""
    found = cause(why)
    if found is None:
        return ""
    message = found.values.get("message")
    return message if isinstance(message, str) else f"The kernel has ended: {word(why)}."


def last_lines(log: Any) -> str:
    """The end of what a process said, from the beginning of a line."""
    if not isinstance(log, str):
        return ""
    whole = log.strip()
    return whole if len(whole) <= SAID else whole[-SAID:].partition("\n")[2] or whole[-SAID:]


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _name(number: Any) -> str | None:
    try:
        return signal.Signals(number).name
    except ValueError:
        return None
