"""What crosses the live socket as text, version 1: JSON objects with a `type` (DESIGN §3, *Live socket*).

The page's TypeScript (`frontend/src/model/messages.ts`) is made from this file by `scripts/types`. Binary frames are described in
`web/live/frames.py`. Order on one connection:

  page   -> Hello                     what it already has, or nothing
  server -> Welcome                   then its step 1 (binary)
  page   -> step 1, and step 2 as edit 1 (binary)
  server -> step 2 (binary), State or Change, then whatever happens

Times are seconds since 1970. Text lengths are never sent: the units of Python and JavaScript differ.
"""

from typing import Any, Literal

from octavo.notebook.outputs import Output, OutputOp, Wire

PROTOCOL = 1


class Message(Wire, tag_field="type", tag=lambda name: name[0].lower() + name[1:]):
    """A whole text frame; `type` is the class's name with a small first letter."""


# Shared records ------------------------------------------------------------------------------------------------------


class Run(Wire):
    """One execution of a cell. `hash`: `source_hash` of what ran, to say "edited since"."""

    id: str
    cell: str
    state: Literal["queued", "running", "ok", "error", "interrupted", "dropped", "lost"]
    hash: str = ""
    count: int | None = None
    queued: float = 0
    started: float | None = None
    ended: float | None = None
    why: str = ""


class CellResults(Wire):
    """A cell's newest run and outputs. `count` is the number in the margin, also from the file. `cleared`: the command that emptied it."""

    run: Run | None = None
    count: int | None = None
    outputs: list[Output] = []
    cleared: str = ""


class CellChange(Wire):
    """`results` replaces all; else `run`, `count` and `ops` change what is there. A change for a run that the page does not show comes with
    `results`."""

    cell: str
    results: CellResults | None = None
    run: Run | None = None
    count: int | None = None
    ops: list[OutputOp] = []


class Prompt(Wire):
    """An open `input()` or `getpass`. The answer names `id`."""

    id: str
    run: str = ""
    cell: str = ""
    prompt: str = ""
    password: bool = False


class Kernel(Wire):
    """`name`: the kernelspec. state `none`: not started; `unavailable`: `why` says what to do."""

    name: str = ""
    display: str = ""
    language: str = ""
    state: Literal["none", "starting", "idle", "busy", "restarting", "dead", "unavailable"] = "none"
    why: str = ""
    process: str = ""


class FileState(Wire):
    """saved: the file has all. pending: will be written soon. held: not written, `why` (outside change unreadable, read-only). failed: tried
    and failed, `why`. detached: the file went away; the page offers Put back, Save as, Discard."""

    state: Literal["saved", "pending", "held", "failed", "detached"] = "saved"
    why: str = ""
    path: str = ""
    read_only: bool = False
    at: float | None = None


class KernelChoice(Wire):
    name: str
    display: str
    language: str


# Page to server ------------------------------------------------------------------------------------------------------


class Hello(Message):
    """First frame. `epoch`, `generation`, `position`: what the page still holds, absent on a first visit. `client`: this tab, random."""

    protocol: int
    client: str
    build: str = ""
    epoch: str | None = None
    generation: str | None = None
    position: int | None = None


class RunCells(Message):
    """Run these cells in order, with the text they have at this connection's edit `edit`. `code`: run this instead of the one cell's source
    (a selection or a line). Run ids are `<id>` for one cell, `<id>/<n>` for more, n from 0."""

    id: str
    cells: list[str]
    edit: int = 0
    code: str | None = None


class Drop(Message):
    """Take waiting runs out of the queue; no `runs`: all that wait."""

    id: str
    runs: list[str] | None = None


class Interrupt(Message):
    id: str


class Restart(Message):
    """Restart the kernel. `run`: then run these cells (one durable command)."""

    id: str
    run: list[str] | None = None


class Shutdown(Message):
    id: str


class ChooseKernel(Message):
    """Take another kernelspec for this notebook; a running kernel is stopped. `start`: start it now."""

    id: str
    name: str
    start: bool = False


class Answer(Message):
    """Answer a prompt; the first answer wins, and its own retry (same `id`) is recognised."""

    id: str
    prompt: str
    text: str


class Clear(Message):
    """Empty the outputs of these cells (none: of all)."""

    id: str
    cells: list[str] | None = None


class Unclear(Message):
    """Bring back what the command `cleared` emptied."""

    id: str
    cleared: str


class Complete(Message):
    """`cursor`: code points before the caret in `code`."""

    id: str
    code: str
    cursor: int


class Inspect(Message):
    id: str
    code: str
    cursor: int
    detail: int = 0


class Save(Message):
    """Write the file now and keep a checkpoint."""

    id: str


class File(Message):
    """For a detached file: put it back, save under another `path`, or discard the document. overwrite: for a held file, the page's version
    goes over it (the file's bytes are kept as a checkpoint)."""

    id: str
    action: Literal["put-back", "save-as", "discard", "overwrite"]
    path: str = ""


FromPage = (
    Hello
    | RunCells
    | Drop
    | Interrupt
    | Restart
    | Shutdown
    | ChooseKernel
    | Answer
    | Clear
    | Unclear
    | Complete
    | Inspect
    | Save
    | File
)


# Server to page ------------------------------------------------------------------------------------------------------


class Welcome(Message):
    """Answer to Hello. Another `epoch` than the page's: it must not merge; it takes the new state and offers its unsent text as a copy."""

    protocol: int
    build: str
    document: int
    epoch: str
    generation: str
    position: int
    path: str
    name: str
    kernels: list[KernelChoice] = []


class Kept(Message):
    """All edits of this connection up to `n` survive a crash of the server."""

    n: int


class Saved(Message):
    """All edits of this connection up to `n` survive power loss."""

    n: int


class State(Message):
    """Everything the session knows, instead of a past that the page does not share."""

    position: int
    kernel: Kernel
    file: FileState
    queue: list[Run] = []
    prompts: list[Prompt] = []
    cells: dict[str, CellResults] = {}
    trouble: str = ""


class Change(Message):
    """What changed up to `position`; absent fields did not."""

    position: int
    kernel: Kernel | None = None
    file: FileState | None = None
    queue: list[Run] | None = None
    prompts: list[Prompt] | None = None
    cells: list[CellChange] = []
    trouble: str | None = None


class Done(Message):
    """The command `id` was carried out (for RunCells: is journaled). `dropped`: runs that a failure or Drop took out. `data`: answer of
    Complete (`{matches, start, end, metadata}`, positions in code points) and Inspect (`{found, data}`), of Clear nothing."""

    id: str
    dropped: int = 0
    data: Any = None


class Failed(Message):
    """The command `id` was refused; `code` is of `octavo.errors`, `message` a sentence, `hint` what to do."""

    id: str
    code: str
    message: str
    hint: str = ""


class Notice(Message):
    """Something that a person should read once: `text` in the page's language by `code`, numbers in `values`."""

    code: str
    values: dict[str, Any] = {}


class Bye(Message):
    """The server closes this socket on purpose; `code`: logged-out, moved (new `path`), deleted, refused (an edit did not fit), newer, restarting."""

    code: str
    message: str = ""
    path: str = ""


ToPage = Welcome | Kept | Saved | State | Change | Done | Failed | Notice | Bye
