// Made by scripts/types from octavo/session/messages.py; change it there. Fields left out have their default.

export const PROTOCOL = 1

/** First frame. `epoch`, `generation`, `position`: what the page still holds, absent on a first visit. `client`: this tab, random. */
export interface Hello {
  type: 'hello'
  protocol: number
  client: string
  build?: string
  epoch?: string | null
  generation?: string | null
  position?: number | null
}

/** Run these cells in order, with the text they have at this connection's edit `edit`. `code`: run this instead of the one cell's source (a selection or a line). Run ids are `<id>` for one cell, `<id>/<n>` for more, n from 0. */
export interface RunCells {
  type: 'runCells'
  id: string
  cells: string[]
  edit?: number
  code?: string | null
}

/** Take waiting runs out of the queue; no `runs`: all that wait. */
export interface Drop {
  type: 'drop'
  id: string
  runs?: string[] | null
}

export interface Interrupt {
  type: 'interrupt'
  id: string
}

/** Restart the kernel. `run`: then run these cells (one durable command). */
export interface Restart {
  type: 'restart'
  id: string
  run?: string[] | null
}

export interface Shutdown {
  type: 'shutdown'
  id: string
}

/** End the kernel host, of another release, and all that it runs; a new one is started. */
export interface StopHost {
  type: 'stopHost'
  id: string
}

/** Take another kernelspec for this notebook; a running kernel is stopped. `start`: start it now. */
export interface ChooseKernel {
  type: 'chooseKernel'
  id: string
  name: string
  start?: boolean
}

/** Limits of this notebook's kernel from its next start on, as people write them; "": the settings' hold, "none": no limit; absent: leave it. Done with what holds now in `limits`. */
export interface KernelLimits {
  type: 'kernelLimits'
  id: string
  memory?: string | null
  cpu?: string | null
}

/** Ask for the kernel menu: Done with `kernels`, in groups by language, this notebook's first. */
export interface ListKernels {
  type: 'listKernels'
  id: string
}

/** Answer a prompt; the first answer wins, and its own retry (same `id`) is recognised. */
export interface Answer {
  type: 'answer'
  id: string
  prompt: string
  text: string
}

/** Empty the outputs of these cells (none: of all). */
export interface Clear {
  type: 'clear'
  id: string
  cells?: string[] | null
}

/** Bring back what the command `cleared` emptied. */
export interface Unclear {
  type: 'unclear'
  id: string
  cleared: string
}

/** `cursor`: code points before the caret in `code`. */
export interface Complete {
  type: 'complete'
  id: string
  code: string
  cursor: number
}

export interface Inspect {
  type: 'inspect'
  id: string
  code: string
  cursor: number
  detail?: number
}

/** Is this code all of what is meant, or does more belong to it? Done with `{status, indent}`; status as Jupyter has it: complete, incomplete, invalid, unknown. */
export interface IsComplete {
  type: 'isComplete'
  id: string
  code: string
}

/** Write the file now and keep a checkpoint. */
export interface Save {
  type: 'save'
  id: string
}

/** Can this page be seen? What kernels cost is measured, and told, only while one can. There is no answer. */
export interface Look {
  type: 'look'
  visible: boolean
}

/** For a detached file: put it back, save under another `path`, or discard the document. For a prompt: save-as makes it a notebook. overwrite: for a held file, the page's version goes over it (the file's bytes are kept as a checkpoint). */
export interface File {
  type: 'file'
  id: string
  action: 'discard' | 'overwrite' | 'put-back' | 'save-as'
  path?: string
}

/** Install what `text` names into the environment of this notebook's kernel. Done at once; how it goes comes as `install`. Where it cannot be asked for, Done's `data` is {wrong, what}: empty, option, address, scheme, path, name, many, busy, kernel. */
export interface InstallPackages {
  type: 'installPackages'
  id: string
  text: string
  cell?: string
  addresses?: boolean
  upgrade?: boolean
}

export interface InstallCancel {
  type: 'installCancel'
  id: string
  install: string
}

/** How it ended was seen. */
export interface InstallDismiss {
  type: 'installDismiss'
  id: string
  install: string
}

/** Done's `data` is all that was said. */
export interface InstallLog {
  type: 'installLog'
  id: string
  install: string
}

/** Which package has this module? Done's `data` is {module, name, known}; no name: none would help. */
export interface InstallSuggest {
  type: 'installSuggest'
  id: string
  module: string
}

/** Set the breakpoint, or change the one with this id, wholly. `edit`: `at.line` counts in the text of this connection's edit. */
export interface DebugBreakpoint {
  type: 'debugBreakpoint'
  id: string
  breakpoint: Breakpoint
  edit?: number
}

/** `id` is chosen by the page that set it. `hit`: `5` stops at the fifth pass, `% 5` at every fifth, `>= 5` from the fifth on. `log`: a text with `{expressions}`; it is written instead of stopping. `text`: its line as it reads now. state `set`: the kernel has it; `waiting`: it will be set when the kernel is debugged or the cell runs; `problem`: `why` says what to do. `moved`: the line where it really stops, where that is another one (a comment, an empty line). */
export interface Breakpoint {
  id: string
  at: Place
  enabled?: boolean
  condition?: string
  hit?: string
  log?: string
  text?: string
  state?: 'problem' | 'set' | 'waiting'
  why?: string
  moved?: number | null
}

/** A line of a cell, or of a file that is no cell: `path` relative to the notebook's folder where it lies below it, else absolute. Line 0: it has no line any more (an older version of the cell, whose line is gone). */
export interface Place {
  line: number
  cell?: string
  path?: string
}

/** Remove breakpoints; none: all. */
export interface DebugRemove {
  type: 'debugRemove'
  id: string
  breakpoints?: string[] | null
}

/** What else to stop at, wholly; `functions` by name. Takes effect at once, also while a cell runs. */
export interface DebugFilters {
  type: 'debugFilters'
  id: string
  exceptions?: 'never' | 'raised' | 'uncaught'
  functions?: string[]
  justMyCode?: boolean
}

/** The watch expressions, wholly. While something is stopped `view` answers with their values in this frame. */
export interface DebugWatches {
  type: 'debugWatches'
  id: string
  watches: string[]
  stop?: number
  frame?: number
}

/** Run the cell and debug it; `by_line`: stop at its first line, and step through no code but this cell's. */
export interface DebugCell {
  type: 'debugCell'
  id: string
  cell: string
  edit?: number
  byLine?: boolean
}

/** Let the stopped program go on. `line`: to the next line of the cell that runs by line. `target`: of `DebugTargets`, with `into`. `here` and `jump` name a line `to`: run until there, or go on from there without running what lies between. `end`: end the cell, as Interrupt does. */
export interface DebugGo {
  type: 'debugGo'
  id: string
  stop: number
  action: 'continue' | 'end' | 'here' | 'into' | 'jump' | 'line' | 'out' | 'over'
  thread?: number
  frame?: number
  target?: number
  to?: Place | null
}

/** Stop what runs, where it is. The debugger is attached to the busy kernel if it is not yet. */
export interface DebugPause {
  type: 'debugPause'
  id: string
}

/** Which calls of the frame's line can be stepped into. */
export interface DebugTargets {
  type: 'debugTargets'
  id: string
  stop: number
  frame: number
}

/** Frames of another thread (or exception), from `start`: the answer is a `Picture` of it, with the view of its top frame. */
export interface DebugFrames {
  type: 'debugFrames'
  id: string
  stop: number
  thread: number
  start?: number
}

/** What a frame holds: `FrameView`. */
export interface DebugView {
  type: 'debugView'
  id: string
  stop: number
  frame: number
}

/** What is inside a value: `Children`, at most 100 at once. */
export interface DebugExpand {
  type: 'debugExpand'
  id: string
  stop: number
  ref: number
  start?: number
  count?: number
}

/** Give the variable `key` of `ref` (a scope's or a value's) the value of an expression: `Evaluated`. */
export interface DebugSet {
  type: 'debugSet'
  id: string
  stop: number
  frame: number
  ref: number
  key: string
  expression: string
}

/** Evaluate in a frame: `Evaluated`. As a run it may do anything; `hover` is for what a pointer rests on and gives up sooner. `rich`: with the form that a cell would show. */
export interface DebugEvaluate {
  type: 'debugEvaluate'
  id: string
  stop: number
  frame: number
  code: string
  hover?: boolean
  rich?: boolean
}

/** `cursor`: code points before the caret in `code`: `Candidates`. */
export interface DebugComplete {
  type: 'debugComplete'
  id: string
  stop: number
  frame: number
  code: string
  cursor: number
}

/** The text that a frame runs, where it is neither the cell's text nor a file of the folder: `Text`. */
export interface DebugSource {
  type: 'debugSource'
  id: string
  stop: number
  frame: number
}

/** Look at the error that this run ended with, while its kernel lives: `Picture` of kind `error`, for this page alone. */
export interface DebugError {
  type: 'debugError'
  id: string
  run: string
}

/** A picture of an error is not looked at any more. */
export interface DebugLeave {
  type: 'debugLeave'
  id: string
  stop: number
}

/** Take the debugger off the kernel (breakpoints stay, and the next run with one attaches it again). */
export interface DebugOff {
  type: 'debugOff'
  id: string
}

/** The kernel's namespace, without debugging: `Names`, sorted by name. `filter`: only names that contain it. */
export interface DebugNames {
  type: 'debugNames'
  id: string
  start?: number
  count?: number
  filter?: string
}

/** A page of a table or array of the namespace: `Table`. `name`: as `DebugNames` said it. */
export interface DebugTable {
  type: 'debugTable'
  id: string
  name: string
  start?: number
  count?: number
  left?: number
  columns?: number
}

/** Answer to Hello. Another `epoch` than the page's: it must not merge; it takes the new state and offers its unsent text as a copy. */
export interface Welcome {
  type: 'welcome'
  protocol: number
  build: string
  document: number
  epoch: string
  generation: string
  position: number
  path: string
  name: string
}

/** All edits of this connection up to `n` survive a crash of the server. */
export interface Kept {
  type: 'kept'
  n: number
}

/** All edits of this connection up to `n` survive power loss. */
export interface Saved {
  type: 'saved'
  n: number
}

/** Everything the session knows, instead of a past that the page does not share. */
export interface State {
  type: 'state'
  position: number
  kernel: Kernel
  file: FileState
  queue?: Run[]
  prompts?: Prompt[]
  cells?: Record<string, CellResults>
  trouble?: string
  install?: Install
  cost?: Cost | null
  debug?: Debug
  picture?: Picture
}

/** `name`: the kernelspec. state `none`: not started. `cause`: why it is dead or unavailable; `why`: the same in a word. `host`: no kernel can be used: the host is a service that does not run, could not be started (`host_why`), or is of another release. `pressing`: memory-high (used, limit: bytes), what it will die of if it goes on. */
export interface Kernel {
  name?: string
  display?: string
  language?: string
  state?: 'busy' | 'dead' | 'idle' | 'none' | 'restarting' | 'starting' | 'unavailable'
  why?: string
  cause?: Cause | null
  pressing?: Cause | null
  process?: string
  host?: '' | 'external' | 'failed' | 'incompatible'
  hostWhy?: string
}

/** Why a kernel ended or could not be started. `code` with its `values`: memory evidence "group" (certain), "watch" (the server ended it), "system", "said", "size" (likely); peak, limit (bytes) signal signal, name; exit: code, 0 too; both with said: the last lines of its stderr start it ended before it was ready: signal or code, said broken its kernelspec cannot work: reason and what, as KernelChoice has them no-program program; no-folder: folder; no-kernel: name; not-started: program, said; unavailable: message (a sentence) stopped, restarted, host, silent, flood, fault, other (message): who ended it Where it is known, `cell` and `run`: what ran then. */
export interface Cause {
  code: string
  values?: Record<string, unknown>
}

/** saved: the file has all. pending: will be written soon. held: not written, `why` (outside change unreadable, read-only). failed: tried and failed, `why`. detached: the file went away; the page offers Put back, Save as, Discard. */
export interface FileState {
  state?: 'detached' | 'failed' | 'held' | 'pending' | 'saved'
  why?: string
  path?: string
  readOnly?: boolean
  at?: number | null
}

/** One execution of a cell. `hash`: `source_hash` of what ran, to say "edited since". `why`: a word; `cause`: what a lost run died of. */
export interface Run {
  id: string
  cell: string
  state: 'dropped' | 'error' | 'interrupted' | 'lost' | 'ok' | 'queued' | 'running'
  hash?: string
  count?: number | null
  queued?: number
  started?: number | null
  ended?: number | null
  why?: string
  cause?: Cause | null
}

/** An open `input()` or `getpass`. The answer names `id`. */
export interface Prompt {
  id: string
  run?: string
  cell?: string
  prompt?: string
  password?: boolean
}

/** A cell's newest run and outputs. `count` is the number in the margin, also from the file. `cleared`: the command that emptied it. */
export interface CellResults {
  run?: Run | null
  count?: number | null
  outputs?: Output[]
  cleared?: string
}

/** One output of a cell, after folding. Fields by `output_type`, as in nbformat; `gap` is ours. stream: name, text, and where it is too long to show whole `omitted` and `tail` (text is then the head). display_data, execute_result: data, metadata, count. error: ename, evalue, traceback. gap: messages, bytes. A value in `data` over 16 kB is `{"blob": hash, "size": bytes}`: fetch `blobs/<hash>?type=<mime>` relative to the base. own: the run that made it is in this journal (the only thing that lets script in it run by itself). */
export interface Output {
  outputType: 'display_data' | 'error' | 'execute_result' | 'gap' | 'stream'
  name?: string
  text?: string
  omitted?: Omitted | null
  tail?: string
  data?: Record<string, unknown>
  metadata?: Record<string, unknown>
  count?: number | null
  ename?: string
  evalue?: string
  traceback?: string[]
  messages?: number
  bytes?: number
  own?: boolean
}

/** What is not shown between head and tail of a long text: whole lines, UTF-8 bytes. */
export interface Omitted {
  lines: number
  bytes: number
}

/** What is being installed into the environment of this notebook's kernel, or was last; no `id`: nothing. `cell`: whose error asked for it. `python`: the environment. `tool`: "pip 26.0", "uv". step: looking, downloading, building, installing; `what` it is about, `percent` of what is loaded. `lines`: the last of the log. Failed `why`, with `about` what: external, read-only, no-tool (the environment), network, missing, version, python, conflict, build, address, hash, certificate, disk, memory, killed, lost, other (its last words). `complaints`: what pip says of packages that do not go with the new ones. `restart`: modules that the kernel has imported, and that have changed. */
export interface Install {
  id?: string
  names?: string[]
  cell?: string
  python?: string
  tool?: string
  conda?: boolean
  state?: 'cancelled' | 'done' | 'failed' | 'running'
  step?: string
  what?: string
  percent?: number | null
  lines?: string[]
  why?: string
  about?: string
  packages?: Package[]
  complaints?: string[]
  restart?: string[]
  started?: number
  ended?: number | null
}

/** A package that an installation changed. `before` is empty where it is new, `after` where it went. */
export interface Package {
  name: string
  before?: string
  after?: string
}

/** What the kernel and its children take: `memory` in bytes (their share, PSS), `cpu` in percent of one processor; `memories`: megabytes of the last measurements, at most 60, the newest last. All empty without a kernel. Of the machine: `total`, `available`; `tight`: little is left, so say it; `short`: so little that idle kernels had better be stopped. Told while a page that can be seen is connected (`Look`). */
export interface Cost {
  memory?: number
  cpu?: number
  memories?: number[]
  total?: number
  available?: number
  tight?: boolean
  short?: boolean
}

/** A session's debugger but for the picture. `exceptions` never: no stop at errors; uncaught: at those that would end the cell; raised: at every one. `why`: of phase off, why the last attempt failed. `stepping`: the cell that runs by line. */
export interface Debug {
  phase?: 'arming' | 'off' | 'running' | 'stopped'
  why?: string
  breakpoints?: Breakpoint[]
  functions?: string[]
  exceptions?: 'never' | 'raised' | 'uncaught'
  justMyCode?: boolean
  watches?: string[]
  can?: Can
  stepping?: string
}

/** What this kernel offers; each is empty, or the code of the reason why not: `kernel` (has no debugger), `subshells` (needs ipykernel 7), `python` (needs a newer Python), `host` (the kernel host is away), `debugpy` (is not installed in the kernel's Python), `none` (no kernel runs), `other` (another Jupyter client debugs it). `pause`: of a busy cell that was never armed. */
export interface Can {
  debug?: string
  pause?: string
  inspect?: string
  variables?: string
  how?: '' | 'control' | 'direct'
}

/** number 0: nothing is stopped. kind `stop`: the program waits here. kind `error`: frames of an error that is over; nothing can be stepped, all can be looked at and evaluated. reason: breakpoint, step, pause, exception, goto, entry, breakpoint-call, error. `run`, `cell`: the run that is stopped or failed. `top`: index in `frames` of the frame to show first (the first of yours), of which `view` is sent along. `more`: frames that are not sent. */
export interface Picture {
  number?: number
  kind?: 'error' | 'stop'
  reason?: string
  thread?: number
  run?: string
  cell?: string
  at?: number
  breakpoints?: string[]
  raised?: Raised | null
  threads?: Thread[]
  frames?: Frame[]
  more?: number
  top?: number
  view?: FrameView | null
}

/** An exception that a picture is about. `notes`: what `add_note` added. */
export interface Raised {
  type: string
  message: string
  notes?: string[]
}

/** A thread of the kernel, or of a dead picture one exception of a chain. `how` then: raised, cause, context, member; of an asyncio task: task. */
export interface Thread {
  id: number
  name: string
  how?: string
  stopped?: boolean
}

/** `own`: the user's code (else library, folded). `old`: an older version of the cell's text runs here; `at.line` is where its line is now. `source`: `DebugSource` has the text (library code, an older version). `column` and `end`: of an error, where Python knows, in code points from 0; `end` is on the same line. */
export interface Frame {
  id: number
  name: string
  at: Place
  own?: boolean
  old?: boolean
  source?: boolean
  column?: number | null
  end?: number | null
}

/** What one frame holds. */
export interface FrameView {
  frame: number
  scopes?: Scope[]
  inline?: Inline[]
  watches?: Watch[]
}

/** `variables`: the first of them; `total` in all, the others by `DebugExpand` of `ref`. */
export interface Scope {
  name: 'exception' | 'globals' | 'locals'
  ref: number
  total?: number
  variables?: Variable[]
}

/** A named value. `changed`: since the stop before in this frame. `key`: what `DebugSet` names it by (empty: cannot be set). `about`: empty, or `special` (dunder names and the like, folded away by default) or `function` (functions, classes, modules). */
export interface Variable {
  name: string
  value: Value
  key?: string
  changed?: boolean
  about?: '' | 'function' | 'special'
}

/** `value`: Python's own repr, bounded. `ref`: ask `DebugExpand` for what is inside (0: nothing is). `size`: how many children. `shape`: of arrays and tables (`3 × 4 float64`). `error`: it could not be had; `value` says why. */
export interface Value {
  value: string
  type?: string
  ref?: number
  size?: number
  shape?: string
  error?: boolean
}

/** A value to be shown at the end of a line of the frame's source. */
export interface Inline {
  line: number
  name: string
  value: string
  changed?: boolean
}

/** A watch expression and its value in a frame; no value where nothing is stopped. */
export interface Watch {
  expression: string
  value?: Value | null
}

/** What changed up to `position`; absent fields did not. */
export interface Change {
  type: 'change'
  position: number
  kernel?: Kernel | null
  file?: FileState | null
  queue?: Run[] | null
  prompts?: Prompt[] | null
  cells?: CellChange[]
  trouble?: string | null
  install?: Install | null
  cost?: Cost | null
  debug?: Debug | null
  picture?: Picture | null
}

/** `results` replaces all; else `run`, `count` and `ops` change what is there. A change for a run that the page does not show comes with `results`. */
export interface CellChange {
  cell: string
  results?: CellResults | null
  run?: Run | null
  count?: number | null
  ops?: OutputOp[]
}

/** A change of a cell's outputs, applied in order. set: output `index` becomes `output` (index may be one past the end). truncate: only the first `index` outputs stay. line: what stands after the last line feed of stream `index` (of its tail, where it has one) is replaced by `text`; then `dropped` whole lines go from the front of its tail, and `omitted`, where given, replaces the old. */
export interface OutputOp {
  op: 'line' | 'set' | 'truncate'
  index: number
  output?: Output | null
  text?: string
  dropped?: number
  omitted?: Omitted | null
}

/** The command `id` was carried out (for RunCells: is journaled). `dropped`: runs that a failure or Drop took out. `data`: answer of Complete (`{matches, start, end, metadata}`, positions in code points), Inspect (`{found, data}`), of Clear nothing; of ListKernels in `kernels`, of KernelLimits in `limits`, of the debugger's commands in `shown`. */
export interface Done {
  type: 'done'
  id: string
  dropped?: number
  data?: unknown
  kernels?: KernelChoice[] | null
  limits?: Limits | null
  shown?: Shown | null
}

/** One line of the kernel menu. `source`: where it was found. `program`, `version`: of what runs. `problem`: why it cannot start, and `what` is the path that it is about; empty for one that may. */
export interface KernelChoice {
  name: string
  display: string
  language: string
  source?: 'conda' | 'folder' | 'gateway' | 'jupyter' | 'profile'
  program?: string
  version?: string
  problem?: '' | 'file' | 'interpreter' | 'ipykernel' | 'program' | 'refused' | 'stranger' | 'unreachable' | 'unreadable'
  what?: string
}

/** Of a notebook's kernel: its own, and those of the settings, which hold where its own are empty. */
export interface Limits {
  memory?: string
  cpu?: string
  generalMemory?: string
  generalCpu?: string
}

/** Answer of a debugger's command: the one field that its description names. */
export interface Shown {
  picture?: Picture | null
  view?: FrameView | null
  children?: Children | null
  evaluated?: Evaluated | null
  candidates?: Candidates | null
  targets?: Targets | null
  text?: Text | null
  names?: Names | null
  table?: Table | null
}

/** Answer of `DebugExpand`. */
export interface Children {
  variables?: Variable[]
  total?: number
}

/** Answer of `DebugEvaluate` and `DebugSet`. `data`: a rich form by mime type, where it was asked for and there is one. */
export interface Evaluated {
  value: Value
  data?: Record<string, string>
}

/** Answer of `DebugComplete`: replace `start` to `end` (code points) by one of `matches`. */
export interface Candidates {
  matches?: string[]
  start?: number
  end?: number
}

/** Answer of `DebugTargets`. */
export interface Targets {
  targets?: Target[]
}

/** A call on the current line that can be stepped into. */
export interface Target {
  id: number
  label: string
}

/** Answer of `DebugSource`, read-only. */
export interface Text {
  text: string
  name?: string
  first?: number
}

/** Answer of `DebugNames`. `busy`: the kernel cannot be asked while it runs (it has no subshells). */
export interface Names {
  names?: Name[]
  total?: number
  busy?: boolean
}

/** A name of the kernel's namespace. `bytes`: its size where that is cheap to know. `table`: `DebugTable` shows it. */
export interface Name {
  name: string
  value: Value
  bytes?: number | null
  table?: boolean
  about?: '' | 'function' | 'special'
}

/** Answer of `DebugTable`: rows `start` … of `rows`, columns `left` … of `columns`, all as text. `index`: the rows' own names. */
export interface Table {
  rows: number
  columns: number
  start?: number
  left?: number
  head?: string[]
  types?: string[]
  index?: string[]
  cells?: string[][]
}

/** The command `id` was refused; `code` is of `octavo.errors`, `message` a sentence, `hint` what to do. */
export interface Failed {
  type: 'failed'
  id: string
  code: string
  message: string
  hint?: string
}

/** Something that a person should read once: `text` in the page's language by `code`, numbers in `values`. */
export interface Notice {
  type: 'notice'
  code: string
  values?: Record<string, unknown>
}

/** Lines for the debug console: what log points wrote; at the beginning, the last 200. `lost`: so many were too many. */
export interface DebugSaid {
  type: 'debugSaid'
  lines: Said[]
  lost?: number
}

/** A line of the debug console: of a log point (`breakpoint`), of the debugger, or of an evaluation's own output. */
export interface Said {
  text: string
  breakpoint?: string
  at?: number
}

/** The server closes this socket on purpose; `code`: logged-out, moved (new `path`), deleted, refused (an edit did not fit), newer, restarting. */
export interface Bye {
  type: 'bye'
  code: string
  message?: string
  path?: string
}

export type FromPage = Hello | RunCells | Drop | Interrupt | Restart | Shutdown | StopHost | ChooseKernel | KernelLimits | ListKernels | Answer | Clear | Unclear | Complete | Inspect | IsComplete | Save | Look | File | InstallPackages | InstallCancel | InstallDismiss | InstallLog | InstallSuggest | DebugBreakpoint | DebugRemove | DebugFilters | DebugWatches | DebugCell | DebugGo | DebugPause | DebugTargets | DebugFrames | DebugView | DebugExpand | DebugSet | DebugEvaluate | DebugComplete | DebugSource | DebugError | DebugLeave | DebugOff | DebugNames | DebugTable

export type ToPage = Welcome | Kept | Saved | State | Change | Done | Failed | Notice | DebugSaid | Bye
