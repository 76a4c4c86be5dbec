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

import msgspec

from octavo.debug import shapes
from octavo.notebook.outputs import Output, OutputOp, Wire

PROTOCOL = 1


class Message(Wire, tag_field="type", tag=lambda name: name[0].lower() + name[1:]):
    """A whole text frame; `type` is the class's name with a small first letter."""


# Shared records ------------------------------------------------------------------------------------------------------


class Cause(Wire):
    """Why a kernel ended or could not be started. `code` with its `values`:

      memory       evidence "group" (certain), "watch" (the server ended it), "system", "said", "size" (likely); peak, limit (bytes)
      signal       signal, name; exit: code, 0 too; both with said: the last lines of its stderr
      start        it ended before it was ready: signal or code, said
      broken       its kernelspec cannot work: reason and what, as KernelChoice has them
      no-program   program; no-folder: folder; no-kernel: name; not-started: program, said; unavailable: message (a sentence)
      stopped, restarted, host, silent, flood, fault, other (message): who ended it

    Where it is known, `cell` and `run`: what ran then."""

    code: str
    values: dict[str, Any] = {}


class Run(Wire):
    """One execution of a cell. `hash`: `source_hash` of what ran, to say "edited since". `why`: a word; `cause`: what a lost run died of."""

    id: str
    cell: str
    state: Literal["queued", "running", "ok", "error", "interrupted", "dropped", "lost"]
    hash: str = ""
    count: int | None = None
    queued: float = 0
    started: float | None = None
    ended: float | None = None
    why: str = ""
    cause: Cause | None = None


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
    """`name`: the kernelspec. state `none`: not started. `cause`: why it is dead or unavailable; `why`: the same in a word.
    `host`: no kernel can be used: the host is a service that does not run, could not be started (`host_why`), or is of another release.
    `pressing`: memory-high (used, limit: bytes), what it will die of if it goes on."""

    name: str = ""
    display: str = ""
    language: str = ""
    state: Literal["none", "starting", "idle", "busy", "restarting", "dead", "unavailable"] = "none"
    why: str = ""
    cause: Cause | None = None
    pressing: Cause | None = None
    process: str = ""
    host: Literal["", "external", "failed", "incompatible"] = ""
    host_why: str = ""


class Cost(Wire):
    """What the kernel and its children take: `memory` in bytes (their share, PSS), `cpu` in percent of one processor; `memories`: megabytes of
    the last measurements, at most 60, the newest last. All empty without a kernel. Of the machine: `total`, `available`; `tight`: little is left,
    so say it; `short`: so little that idle kernels had better be stopped. Told while a page that can be seen is connected (`Look`)."""

    memory: int = 0
    cpu: int = 0
    memories: list[int] = []
    total: int = 0
    available: int = 0
    tight: bool = False
    short: bool = False


class FileState(Wire):
    """saved: the file has all. pending: will be written soon. held: not written, `why` (outside change unreadable, read-only). failed: tried
    and failed, `why`. detached: the file went away; the page offers Put back, Save as, Discard."""

    state: Literal["saved", "pending", "held", "failed", "detached"] = "saved"
    why: str = ""
    path: str = ""
    read_only: bool = False
    at: float | None = None


class Package(Wire):
    """A package that an installation changed. `before` is empty where it is new, `after` where it went."""

    name: str
    before: str = ""
    after: str = ""


class Install(Wire):
    """What is being installed into the environment of this notebook's kernel, or was last; no `id`: nothing. `cell`: whose error asked for it.

    `python`: the environment. `tool`: "pip 26.0", "uv". step: looking, downloading, building, installing; `what` it is about, `percent` of what is
    loaded. `lines`: the last of the log. Failed `why`, with `about` what: external, read-only, no-tool (the environment), network, missing,
    version, python, conflict, build, address, hash, certificate, disk, memory, killed, lost, other (its last words). `complaints`: what pip says of
    packages that do not go with the new ones. `restart`: modules that the kernel has imported, and that have changed."""

    id: str = ""
    names: list[str] = []
    cell: str = ""
    python: str = ""
    tool: str = ""
    conda: bool = False
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    step: str = ""
    what: str = ""
    percent: int | None = None
    lines: list[str] = []
    why: str = ""
    about: str = ""
    packages: list[Package] = []
    complaints: list[str] = []
    restart: list[str] = []
    started: float = 0
    ended: float | None = None


class KernelChoice(Wire):
    """One line of the kernel menu. `source`: where it was found. `program`, `version`: of what runs. `problem`: why it cannot start, and
    `what` is the path that it is about; empty for one that may."""

    name: str
    display: str
    language: str
    source: Literal["profile", "jupyter", "folder", "conda", "gateway"] = "jupyter"
    program: str = ""
    version: str = ""
    problem: Literal[
        "", "program", "interpreter", "ipykernel", "file", "unreadable", "unreachable", "refused", "stranger"
    ] = ""
    what: str = ""


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


class StopHost(Message):
    """End the kernel host, of another release, and all that it runs; a new one is started."""

    id: str


class ChooseKernel(Message):
    """Take another kernelspec for this notebook; a running kernel is stopped. `start`: start it now."""

    id: str
    name: str
    start: bool = False


class KernelLimits(Message):
    """Limits of this notebook's kernel from its next start on, as people write them; "": the settings' hold, "none": no limit; absent: leave
    it. Done with what holds now in `limits`."""

    id: str
    memory: str | None = None
    cpu: str | None = None


class ListKernels(Message):
    """Ask for the kernel menu: Done with `kernels`, in groups by language, this notebook's first."""

    id: str


class InstallPackages(Message):
    """Install what `text` names into the environment of this notebook's kernel. Done at once; how it goes comes as `install`. Where it cannot be
    asked for, Done's `data` is {wrong, what}: empty, option, address, scheme, path, name, many, busy, kernel."""

    id: str
    text: str
    cell: str = ""
    addresses: bool = False
    upgrade: bool = False


class InstallCancel(Message):
    id: str
    install: str


class InstallDismiss(Message):
    """How it ended was seen."""

    id: str
    install: str


class InstallLog(Message):
    """Done's `data` is all that was said."""

    id: str
    install: str


class InstallSuggest(Message):
    """Which package has this module? Done's `data` is {module, name, known}; no name: none would help."""

    id: str
    module: str


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


class IsComplete(Message):
    """Is this code all of what is meant, or does more belong to it? Done with `{status, indent}`; status as Jupyter has it: complete,
    incomplete, invalid, unknown."""

    id: str
    code: str


class Look(Message):
    """Can this page be seen? What kernels cost is measured, and told, only while one can. There is no answer."""

    visible: bool


class Save(Message):
    """Write the file now and keep a checkpoint."""

    id: str


class File(Message):
    """For a detached file: put it back, save under another `path`, or discard the document. For a prompt: save-as makes it
    a notebook. overwrite: for a held file, the page's version goes over it (the file's bytes are kept as a checkpoint)."""

    id: str
    action: Literal["put-back", "save-as", "discard", "overwrite"]
    path: str = ""


# The debugger's (docs/debugger.md). `stop`: the number of the picture that the page shows; a command for another one is refused, so that a
# late or doubled one does nothing.


class DebugBreakpoint(Message):
    """Set the breakpoint, or change the one with this id, wholly. `edit`: `at.line` counts in the text of this connection's edit."""

    id: str
    breakpoint: shapes.Breakpoint
    edit: int = 0


class DebugRemove(Message):
    """Remove breakpoints; none: all."""

    id: str
    breakpoints: list[str] | None = None


class DebugFilters(Message):
    """What else to stop at, wholly; `functions` by name. Takes effect at once, also while a cell runs."""

    id: str
    exceptions: Literal["never", "uncaught", "raised"] = "never"
    functions: list[str] = []
    just_my_code: bool = True


class DebugWatches(Message):
    """The watch expressions, wholly. While something is stopped `view` answers with their values in this frame."""

    id: str
    watches: list[str]
    stop: int = 0
    frame: int = 0


class DebugCell(Message):
    """Run the cell and debug it; `by_line`: stop at its first line, and step through no code but this cell's."""

    id: str
    cell: str
    edit: int = 0
    by_line: bool = False


class DebugGo(Message):
    """Let the stopped program go on. `line`: to the next line of the cell that runs by line. `target`: of `DebugTargets`, with `into`.
    `here` and `jump` name a line `to`: run until there, or go on from there without running what lies between. `end`: end the cell,
    as Interrupt does."""

    id: str
    stop: int
    action: Literal["continue", "over", "into", "out", "line", "here", "jump", "end"]
    thread: int = 0
    frame: int = 0
    target: int = 0
    to: shapes.Place | None = None


class DebugPause(Message):
    """Stop what runs, where it is. The debugger is attached to the busy kernel if it is not yet."""

    id: str


class DebugTargets(Message):
    """Which calls of the frame's line can be stepped into."""

    id: str
    stop: int
    frame: int


class DebugFrames(Message):
    """Frames of another thread (or exception), from `start`: the answer is a `Picture` of it, with the view of its top frame."""

    id: str
    stop: int
    thread: int
    start: int = 0


class DebugView(Message):
    """What a frame holds: `FrameView`."""

    id: str
    stop: int
    frame: int


class DebugExpand(Message):
    """What is inside a value: `Children`, at most 100 at once."""

    id: str
    stop: int
    ref: int
    start: int = 0
    count: int = 100


class DebugSet(Message):
    """Give the variable `key` of `ref` (a scope's or a value's) the value of an expression: `Evaluated`."""

    id: str
    stop: int
    frame: int
    ref: int
    key: str
    expression: str


class DebugEvaluate(Message):
    """Evaluate in a frame: `Evaluated`. As a run it may do anything; `hover` is for what a pointer rests on and gives up sooner. `rich`: with the
    form that a cell would show."""

    id: str
    stop: int
    frame: int
    code: str
    hover: bool = False
    rich: bool = False


class DebugComplete(Message):
    """`cursor`: code points before the caret in `code`: `Candidates`."""

    id: str
    stop: int
    frame: int
    code: str
    cursor: int


class DebugSource(Message):
    """The text that a frame runs, where it is neither the cell's text nor a file of the folder: `Text`."""

    id: str
    stop: int
    frame: int


class DebugError(Message):
    """Look at the error that this run ended with, while its kernel lives: `Picture` of kind `error`, for this page alone."""

    id: str
    run: str


class DebugLeave(Message):
    """A picture of an error is not looked at any more."""

    id: str
    stop: int


class DebugOff(Message):
    """Take the debugger off the kernel (breakpoints stay, and the next run with one attaches it again)."""

    id: str


class DebugNames(Message):
    """The kernel's namespace, without debugging: `Names`, sorted by name. `filter`: only names that contain it."""

    id: str
    start: int = 0
    count: int = 200
    filter: str = ""


class DebugTable(Message):
    """A page of a table or array of the namespace: `Table`. `name`: as `DebugNames` said it."""

    id: str
    name: str
    start: int = 0
    count: int = 50
    left: int = 0
    columns: int = 30


DebugCommand = (
    DebugBreakpoint
    | DebugRemove
    | DebugFilters
    | DebugWatches
    | DebugCell
    | DebugGo
    | DebugPause
    | DebugTargets
    | DebugFrames
    | DebugView
    | DebugExpand
    | DebugSet
    | DebugEvaluate
    | DebugComplete
    | DebugSource
    | DebugError
    | DebugLeave
    | DebugOff
    | DebugNames
    | DebugTable
)

FromPage = (
    Hello
    | RunCells
    | Drop
    | Interrupt
    | Restart
    | Shutdown
    | StopHost
    | ChooseKernel
    | KernelLimits
    | ListKernels
    | Answer
    | Clear
    | Unclear
    | Complete
    | Inspect
    | IsComplete
    | Save
    | Look
    | File
    | InstallPackages
    | InstallCancel
    | InstallDismiss
    | InstallLog
    | InstallSuggest
    | DebugCommand
)


class Shown(Wire):
    """Answer of a debugger's command: the one field that its description names."""

    picture: shapes.Picture | None = None
    view: shapes.FrameView | None = None
    children: shapes.Children | None = None
    evaluated: shapes.Evaluated | None = None
    candidates: shapes.Candidates | None = None
    targets: shapes.Targets | None = None
    text: shapes.Text | None = None
    names: shapes.Names | None = None
    table: shapes.Table | None = None


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
    install: Install = msgspec.field(default_factory=Install)
    cost: Cost | None = None
    debug: shapes.Debug = msgspec.field(default_factory=shapes.Debug)
    picture: shapes.Picture = msgspec.field(default_factory=shapes.Picture)


class Change(Message):
    """What changed up to `position`; absent fields did not."""

    position: int
    kernel: Kernel | None = None
    file: FileState | None = None
    queue: list[Run] | None = None
    prompts: list[Prompt] | None = None
    cells: list[CellChange] = []
    trouble: str | None = None
    install: Install | None = None
    cost: Cost | None = None
    debug: shapes.Debug | None = None
    picture: shapes.Picture | None = None


class Limits(Wire):
    """Of a notebook's kernel: its own, and those of the settings, which hold where its own are empty."""

    memory: str = ""
    cpu: str = ""
    general_memory: str = ""
    general_cpu: str = ""


class Done(Message):
    """The command `id` was carried out (for RunCells: is journaled). `dropped`: runs that a failure or Drop took out. `data`: answer of
    Complete (`{matches, start, end, metadata}`, positions in code points), Inspect (`{found, data}`), of Clear nothing; of ListKernels in
    `kernels`, of KernelLimits in `limits`, of the debugger's commands in `shown`."""

    id: str
    dropped: int = 0
    data: Any = None
    kernels: list[KernelChoice] | None = None
    limits: Limits | None = None
    shown: Shown | None = None
    """Answer of a debugger's command."""


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


class DebugSaid(Message):
    """Lines for the debug console: what log points wrote; at the beginning, the last 200. `lost`: so many were too many."""

    lines: list[shapes.Said]
    lost: int = 0


class Bye(Message):
    """The server closes this socket on purpose; `code`: logged-out, moved (new `path`), deleted, refused (an edit did not fit), newer, restarting."""

    code: str
    message: str = ""
    path: str = ""


ToPage = Welcome | Kept | Saved | State | Change | Done | Failed | Notice | DebugSaid | Bye
