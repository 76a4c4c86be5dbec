"""What a debugger shows, as records of the live protocol (`session/messages.py` carries them; docs/debugger.md explains them).

A *picture* is what one looks at: a live stop, or an error of the past. Every picture has a number, unique within a session; frames and
references to values live as long as their picture does. Lines count from 1.
"""

from typing import Literal

import msgspec

from octavo.notebook.output import Wire

Phase = Literal["off", "arming", "running", "stopped"]


class Place(Wire):
    """A line of a cell, or of a file that is no cell: `path` relative to the notebook's folder where it lies below it, else absolute.
    Line 0: it has no line any more (an older version of the cell, whose line is gone)."""

    line: int
    cell: str = ""
    path: str = ""


class Breakpoint(Wire):
    """`id` is chosen by the page that set it. `hit`: `5` stops at the fifth pass, `% 5` at every fifth, `>= 5` from the fifth on. `log`: a
    text with `{expressions}`; it is written instead of stopping. `text`: its line as it reads now. state `set`: the kernel has it;
    `waiting`: it will be set when the kernel is debugged or the cell runs; `problem`: `why` says what to do. `moved`: the line where
    it really stops, where that is another one (a comment, an empty line)."""

    id: str
    at: Place
    enabled: bool = True
    condition: str = ""
    hit: str = ""
    log: str = ""
    text: str = ""
    state: Literal["waiting", "set", "problem"] = "waiting"
    why: str = ""
    moved: int | None = None


class Value(Wire):
    """`value`: Python's own repr, bounded. `ref`: ask `DebugExpand` for what is inside (0: nothing is). `size`: how many children.
    `shape`: of arrays and tables (`3 × 4 float64`). `error`: it could not be had; `value` says why."""

    value: str
    type: str = ""
    ref: int = 0
    size: int = 0
    shape: str = ""
    error: bool = False


class Variable(Wire):
    """A named value. `changed`: since the stop before in this frame. `key`: what `DebugSet` names it by (empty: cannot be set). `about`: empty, or
    `special` (dunder names and the like, folded away by default) or `function` (functions, classes, modules)."""

    name: str
    value: Value
    key: str = ""
    changed: bool = False
    about: Literal["", "special", "function"] = ""


class Scope(Wire):
    """`variables`: the first of them; `total` in all, the others by `DebugExpand` of `ref`."""

    name: Literal["locals", "globals", "exception"]
    ref: int
    total: int = 0
    variables: list[Variable] = []


class Inline(Wire):
    """A value to be shown at the end of a line of the frame's source."""

    line: int
    name: str
    value: str
    changed: bool = False


class Watch(Wire):
    """A watch expression and its value in a frame; no value where nothing is stopped."""

    expression: str
    value: Value | None = None


class Frame(Wire):
    """`own`: the user's code (else library, folded). `old`: an older version of the cell's text runs here; `at.line` is where its line
    is now. `source`: `DebugSource` has the text (library code, an older version). `column` and `end`: of an error, where Python knows, in
    code points from 0; `end` is on the same line."""

    id: int
    name: str
    at: Place
    own: bool = True
    old: bool = False
    source: bool = False
    column: int | None = None
    end: int | None = None


class FrameView(Wire):
    """What one frame holds."""

    frame: int
    scopes: list[Scope] = []
    inline: list[Inline] = []
    watches: list[Watch] = []


class Thread(Wire):
    """A thread of the kernel, or of a dead picture one exception of a chain. `how` then: raised, cause, context, member; of an asyncio task: task."""

    id: int
    name: str
    how: str = ""
    stopped: bool = False


class Raised(Wire):
    """An exception that a picture is about. `notes`: what `add_note` added."""

    type: str
    message: str
    notes: list[str] = []


class Picture(Wire):
    """number 0: nothing is stopped. kind `stop`: the program waits here. kind `error`: frames of an error that is over; nothing can be
    stepped, all can be looked at and evaluated. reason: breakpoint, step, pause, exception, goto, entry, breakpoint-call, error. `run`,
    `cell`: the run that is stopped or failed. `top`: index in `frames` of the frame to show first (the first of yours), of which `view` is
    sent along. `more`: frames that are not sent."""

    number: int = 0
    kind: Literal["stop", "error"] = "stop"
    reason: str = ""
    thread: int = 0
    run: str = ""
    cell: str = ""
    at: float = 0
    breakpoints: list[str] = []
    raised: Raised | None = None
    threads: list[Thread] = []
    frames: list[Frame] = []
    more: int = 0
    top: int = 0
    view: FrameView | None = None


class Can(Wire):
    """What this kernel offers; each is empty, or the code of the reason why not: `kernel` (has no debugger), `subshells` (needs ipykernel
    7), `python` (needs a newer Python), `host` (the kernel host is away), `debugpy` (is not installed in the kernel's Python), `none` (no kernel
    runs), `other` (another Jupyter client debugs it). `pause`: of a busy cell that was never armed."""

    debug: str = ""
    pause: str = ""
    inspect: str = ""
    variables: str = ""
    how: Literal["", "direct", "control"] = ""


class Debug(Wire):
    """A session's debugger but for the picture. `exceptions` never: no stop at errors; uncaught: at those that would end the cell;
    raised: at every one. `why`: of phase off, why the last attempt failed. `stepping`: the cell that runs by line."""

    phase: Phase = "off"
    why: str = ""
    breakpoints: list[Breakpoint] = []
    functions: list[str] = []
    exceptions: Literal["never", "uncaught", "raised"] = "never"
    just_my_code: bool = True
    watches: list[str] = []
    can: Can = msgspec.field(default_factory=Can)
    stepping: str = ""


class Said(Wire):
    """A line of the debug console: of a log point (`breakpoint`), of the debugger, or of an evaluation's own output."""

    text: str
    breakpoint: str = ""
    at: float = 0


class Name(Wire):
    """A name of the kernel's namespace. `bytes`: its size where that is cheap to know. `table`: `DebugTable` shows it."""

    name: str
    value: Value
    bytes: int | None = None
    table: bool = False
    about: Literal["", "special", "function"] = ""


class Names(Wire):
    """Answer of `DebugNames`. `busy`: the kernel cannot be asked while it runs (it has no subshells)."""

    names: list[Name] = []
    total: int = 0
    busy: bool = False


class Table(Wire):
    """Answer of `DebugTable`: rows `start` … of `rows`, columns `left` … of `columns`, all as text. `index`: the rows' own names."""

    rows: int
    columns: int
    start: int = 0
    left: int = 0
    head: list[str] = []
    types: list[str] = []
    index: list[str] = []
    cells: list[list[str]] = []


class Children(Wire):
    """Answer of `DebugExpand`."""

    variables: list[Variable] = []
    total: int = 0


class Evaluated(Wire):
    """Answer of `DebugEvaluate` and `DebugSet`. `data`: a rich form by mime type, where it was asked for and there is one."""

    value: Value
    data: dict[str, str] = {}


class Candidates(Wire):
    """Answer of `DebugComplete`: replace `start` to `end` (code points) by one of `matches`."""

    matches: list[str] = []
    start: int = 0
    end: int = 0


class Target(Wire):
    """A call on the current line that can be stepped into."""

    id: int
    label: str


class Targets(Wire):
    """Answer of `DebugTargets`."""

    targets: list[Target] = []


class Text(Wire):
    """Answer of `DebugSource`, read-only."""

    text: str
    name: str = ""
    first: int = 1
