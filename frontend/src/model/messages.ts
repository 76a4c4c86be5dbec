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

/** Take another kernelspec for this notebook; a running kernel is stopped. `start`: start it now. */
export interface ChooseKernel {
  type: 'chooseKernel'
  id: string
  name: string
  start?: boolean
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

/** Write the file now and keep a checkpoint. */
export interface Save {
  type: 'save'
  id: string
}

/** For a detached file: put it back, save under another `path`, or discard the document. overwrite: for a held file, the page's version goes over it (the file's bytes are kept as a checkpoint). */
export interface File {
  type: 'file'
  id: string
  action: 'discard' | 'overwrite' | 'put-back' | 'save-as'
  path?: string
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
  kernels?: KernelChoice[]
}

export interface KernelChoice {
  name: string
  display: string
  language: string
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
}

/** `name`: the kernelspec. state `none`: not started; `unavailable`: `why` says what to do. */
export interface Kernel {
  name?: string
  display?: string
  language?: string
  state?: 'busy' | 'dead' | 'idle' | 'none' | 'restarting' | 'starting' | 'unavailable'
  why?: string
  process?: string
}

/** saved: the file has all. pending: will be written soon. held: not written, `why` (outside change unreadable, read-only). failed: tried and failed, `why`. detached: the file went away; the page offers Put back, Save as, Discard. */
export interface FileState {
  state?: 'detached' | 'failed' | 'held' | 'pending' | 'saved'
  why?: string
  path?: string
  readOnly?: boolean
  at?: number | null
}

/** One execution of a cell. `hash`: `source_hash` of what ran, to say "edited since". */
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

/** The command `id` was carried out (for RunCells: is journaled). `dropped`: runs that a failure or Drop took out. `data`: answer of Complete (`{matches, start, end, metadata}`, positions in code points) and Inspect (`{found, data}`), of Clear nothing. */
export interface Done {
  type: 'done'
  id: string
  dropped?: number
  data?: unknown
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

/** The server closes this socket on purpose; `code`: logged-out, moved (new `path`), deleted, refused (an edit did not fit), newer, restarting. */
export interface Bye {
  type: 'bye'
  code: string
  message?: string
  path?: string
}

export type FromPage = Hello | RunCells | Drop | Interrupt | Restart | Shutdown | ChooseKernel | Answer | Clear | Unclear | Complete | Inspect | Save | File

export type ToPage = Welcome | Kept | Saved | State | Change | Done | Failed | Notice | Bye
