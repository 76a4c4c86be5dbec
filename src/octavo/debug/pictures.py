"""From what the debugger answers to what the page is shown: frames to cells and lines, threads without the kernel's own. Pure."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from octavo.debug import shapes

OWN_THREADS: Final = re.compile(
    r"IPythonHistorySavingThread|IPython.*|Thread-\d+ \(_watch_pipe_fd\)|Control|IOPub|Heartbeat|[Ss]ubshell.*|[Ss]hell channel.*|pydevd\..*"
    r"|Thread-\d+ \(_?(thread_main|run_thread|_start_event_gc|_run_event_pipe_gc)\)|Parent poller.*"
)
"""Threads of the kernel's own, which nobody wants to see."""
LIBRARY: Final = re.compile(
    r"/(?:site|dist)-packages/|/lib(?:64)?/python3[.\d]*/|^<(?!ipython)|/importlib/_bootstrap"
    r"|/octavo/kernels/(?:launcher\.py|image/)"
)
MACHINERY: Final = re.compile(
    r"/(?:ipykernel|IPython|asyncio|tornado|debugpy|_pydevd|traitlets|zmq)/|/ipykernel_launcher\.py$|/launcher\.py$"
)
MAX_FRAMES: Final = 200
REASONS: Final = {"breakpoint", "step", "pause", "exception", "goto", "entry", "function breakpoint"}


class RawFrame(msgspec.Struct):
    """A frame as the debugger, or the helper, tells it."""

    id: int
    name: str
    path: str
    line: int
    column: int | None = None
    end: int | None = None


def raw_frames(reply: dict[str, Any]) -> list[RawFrame]:
    """Of a stackTrace's reply; what cannot be read is left out."""
    body = reply.get("body")
    rows = body.get("stackFrames") if isinstance(body, dict) else None
    found = []
    for row in rows if isinstance(rows, list) else []:
        source = row.get("source") if isinstance(row, dict) else None
        path = source.get("path") if isinstance(source, dict) else None
        try:
            found.append(RawFrame(int(row["id"]), str(row.get("name", "")), str(path or ""), int(row.get("line") or 0)))
        except (KeyError, TypeError, ValueError):
            continue
    return found


def is_library(path: str) -> bool:
    return bool(LIBRARY.search(path))


class Located(msgspec.Struct):
    """Where a frame's source is: `own`: the user's; `old`: an older version of its cell; `source`: its text must be asked for."""

    at: shapes.Place
    own: bool
    old: bool = False
    source: bool = False


def frames(raw: Sequence[RawFrame], locate: Callable[[str, int], Located]) -> list[shapes.Frame]:
    """Innermost first. What called the user's outermost code is the kernel's machinery, and left out."""
    made = []
    for one in raw[:MAX_FRAMES]:
        where = locate(one.path, one.line)
        made.append(
            shapes.Frame(
                id=one.id,
                name=bare(one.name),
                at=where.at,
                own=where.own,
                old=where.old,
                source=where.source,
                column=one.column,
                end=one.end,
            )
        )
    last = max((place for place, frame in enumerate(made) if frame.own), default=-1)
    if last >= 0:
        return made[: last + 1]
    kept = [frame for frame in made if not MACHINERY.search(frame.at.path)]
    return kept or made


def bare(name: str) -> str:
    """pydevd says where a frame is in its name too: `<module> : 3`."""
    return name.split(" : ")[0]


def top(made: Sequence[shapes.Frame]) -> int:
    return next((place for place, frame in enumerate(made) if frame.own), 0)


def threads(reply: dict[str, Any], stopped: int) -> list[shapes.Thread]:
    body = reply.get("body")
    rows = body.get("threads") if isinstance(body, dict) else None
    found = []
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or not isinstance(row.get("id"), int):
            continue
        name = str(row.get("name", ""))
        if row["id"] == stopped or not OWN_THREADS.fullmatch(name):
            found.append(shapes.Thread(id=row["id"], name=name, stopped=row["id"] == stopped))
    return found


def raised(reply: dict[str, Any]) -> shapes.Raised | None:
    """Of an exceptionInfo's reply."""
    body = reply.get("body")
    if not isinstance(body, dict) or not reply.get("success"):
        return None
    kind = str(body.get("exceptionId", "")).split(" ")[0]  # pydevd adds a note on where it shows it
    return shapes.Raised(type=kind, message=str(body.get("description", ""))[:4000])


def reason(said: str) -> str:
    return "breakpoint" if said == "function breakpoint" else said if said in REASONS else "pause"
