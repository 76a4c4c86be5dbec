// My edits on their way: numbers them, joins what is typed within a moment, and remembers which cells hold words that the server
// has not kept. No timers here: the owner says when to send.
import * as Y from 'yjs'

export class Outbox {
  /** Number of the last edit sent on this connection. */
  sent = 0
  kept = 0
  saved = 0
  private waiting: Uint8Array[] = []
  /** Cells with words of mine, and the edit that carries them (Infinity: not numbered yet). */
  private readonly touched = new Map<string, number>()

  get pending(): boolean {
    return this.waiting.length > 0
  }

  get settled(): boolean {
    return !this.pending && this.kept >= this.sent
  }

  add(update: Uint8Array, cells: Iterable<string>): void {
    this.waiting.push(update)
    for (const cell of cells) this.touched.set(cell, Infinity)
  }

  /** What waits, as one update with its number; null when nothing does. */
  take(): { n: number; update: Uint8Array } | null {
    if (!this.waiting.length) return null
    const update = this.waiting.length === 1 ? this.waiting[0] : Y.mergeUpdates(this.waiting)
    return { n: this.number(), update }
  }

  /** A difference by state vector is the next edit: it holds all that waits. */
  takeAll(): number {
    return this.number()
  }

  takeKept(n: number): void {
    this.kept = Math.max(this.kept, n)
    for (const [cell, edit] of this.touched) if (edit <= this.kept) this.touched.delete(cell)
  }

  takeSaved(n: number): void {
    this.saved = Math.max(this.saved, n)
    this.takeKept(n)
  }

  /** A new connection counts from the start; what was not kept is on its way again with the answer to the server's step 1. */
  restart(): void {
    for (const cell of this.touched.keys()) this.touched.set(cell, Infinity)
    this.sent = this.kept = this.saved = 0
  }

  /** The connection is gone: nothing more will be acknowledged on it. */
  get unkeptCells(): string[] {
    return [...this.touched.keys()]
  }

  /** Another document takes this one's place. */
  forget(): void {
    this.waiting = []
    this.touched.clear()
    this.sent = this.kept = this.saved = 0
  }

  private number(): number {
    this.sent += 1
    this.waiting = []
    for (const [cell, edit] of this.touched) if (edit === Infinity) this.touched.set(cell, this.sent)
    return this.sent
  }
}
