// What the server says about the session, as signals: kernel, file, queue, prompts; and the results by cell. The page never writes it.
import { batch, signal, type Signal } from '@preact/signals'
import type {
  CellResults, Change, Cost, Debug, FileState, Install, Kernel, OutputOp, Picture, Prompt, Run, Said, State, Welcome,
} from '../model/messages'
import { applyChange, takeSnapshot, type Effect } from './results'

export type ResultsListener = (cell: string, results: CellResults, ops: OutputOp[] | null) => void

const MOST_SAID = 500

export class SessionState {
  readonly kernel: Signal<Kernel> = signal({ state: 'none' })
  readonly file: Signal<FileState> = signal({ state: 'saved' })
  /** The running cell's run first, then those that wait, in order. */
  readonly queue: Signal<Run[]> = signal([])
  readonly prompts: Signal<Prompt[]> = signal([])
  /** A sentence when the server cannot keep edits just now (disk full), else empty. */
  readonly trouble: Signal<string> = signal('')
  readonly cost: Signal<Cost> = signal({})
  /** What is being installed, or was last; without an id nothing. */
  readonly install: Signal<Install> = signal({})
  /** The debugger but for what it shows; empty: it was never used here. */
  readonly debug: Signal<Debug> = signal({})
  /** The open stop; without a number nothing is stopped. */
  readonly picture: Signal<Picture> = signal({})
  /** The debug console's last lines. */
  readonly said: Signal<readonly Said[]> = signal([])
  readonly document: Signal<number> = signal(0)
  readonly path: Signal<string> = signal('')
  readonly name: Signal<string> = signal('')
  readonly results = new Map<string, CellResults>()
  position = 0
  /** This device's clock minus the server's, in seconds, as far as started runs have told; null before the first. */
  private skew: number | null = null
  private readonly listeners = new Set<ResultsListener>()

  constructor(private readonly now: () => number = Date.now) {}

  /** Calls `listener` whenever a cell's results changed; `ops` null: take them all anew. */
  onResults(listener: ResultsListener): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  takeWelcome(message: Welcome): void {
    batch(() => {
      this.document.value = message.document
      this.path.value = message.path
      this.name.value = message.name
      this.said.value = [] // they are told again
    })
  }

  takeState(message: State): void {
    this.position = message.position
    batch(() => {
      this.kernel.value = message.kernel
      this.file.value = message.file
      this.queue.value = message.queue ?? []
      this.prompts.value = message.prompts ?? []
      this.trouble.value = message.trouble ?? ''
      this.cost.value = message.cost ?? {}
      this.install.value = message.install ?? {}
      this.debug.value = message.debug ?? {}
      this.picture.value = message.picture ?? {}
      this.tell(takeSnapshot(this.results, message.cells ?? {}))
    })
  }

  takeChange(message: Change): void {
    this.position = message.position
    batch(() => {
      if (message.kernel) this.kernel.value = message.kernel
      if (message.file) this.file.value = message.file
      if (message.queue) this.queue.value = message.queue
      if (message.prompts) this.prompts.value = message.prompts
      if (message.trouble != null) this.trouble.value = message.trouble
      if (message.cost) this.cost.value = message.cost
      if (message.install) this.install.value = message.install
      if (message.debug) this.debug.value = message.debug
      if (message.picture) this.picture.value = message.picture
      for (const change of message.cells ?? []) {
        this.learnSkew(change.run ?? change.results?.run)
        this.tell([applyChange(this.results, change)])
      }
    })
  }

  takeSaid(lines: readonly Said[]): void {
    this.said.value = [...this.said.peek(), ...lines].slice(-MOST_SAID)
  }

  /** Forgets the results, when another document takes this one's place. */
  forget(): void {
    this.position = 0
    this.tell(takeSnapshot(this.results, {}))
  }

  /** Seconds that a running run has taken. */
  elapsed(run: Run): number {
    if (run.started == null) return 0
    const here = this.now() / 1000 - (this.skew ?? 0)
    return Math.max(0, (run.ended ?? here) - run.started)
  }

  private learnSkew(run: Run | null | undefined): void {
    if (run?.state !== 'running' || run.started == null) return
    const late = this.now() / 1000 - run.started
    if (this.skew == null || late < this.skew) this.skew = late
  }

  private tell(effects: Effect[]): void {
    for (const { cell, ops } of effects) {
      const results = this.results.get(cell) ?? {}
      for (const listener of this.listeners) listener(cell, results, ops)
    }
  }
}
