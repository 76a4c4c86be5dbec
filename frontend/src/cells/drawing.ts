// When outputs are drawn: with all that came meanwhile, once a frame. While somebody types, the keys go first and outputs follow ten times
// a second. What the server says is known at once; only the drawing waits.
import type { OutputOp } from '../model/messages'
import type { CellId } from '../model/schema'

/** So long after a key somebody is typing. */
const TYPING = 1000
/** A key and what it draws have a frame of their own. */
const KEY = 24
/** Between two drawings, and at the most that one waits, while somebody types. */
const PAUSE = 100
/** More operations than these are drawn anew instead (a page in the background draws nothing). */
const MOST = 400

export class Drawing {
  private readonly waiting = new Map<CellId, OutputOp[] | null>()
  private planned = 0
  private frame = 0
  private keyAt = -Infinity
  private drawnAt = -Infinity

  /** `draw`: null for operations means all outputs. */
  constructor(private readonly draw: (cell: CellId, ops: readonly OutputOp[] | null) => void) {}

  /** A key was pressed. */
  keyed(): void {
    this.keyAt = performance.now()
  }

  put(cell: CellId, ops: readonly OutputOp[] | null): void {
    const held = this.waiting.get(cell)
    if (ops === null || held === null || (held?.length ?? 0) + ops.length > MOST) this.waiting.set(cell, null)
    else if (held) held.push(...ops)
    else this.waiting.set(cell, [...ops])
    this.plan()
  }

  forget(cell: CellId): void {
    this.waiting.delete(cell)
  }

  dispose(): void {
    clearTimeout(this.planned)
    cancelAnimationFrame(this.frame)
    this.waiting.clear()
  }

  private plan(): void {
    if (this.planned || this.frame) return
    const now = performance.now()
    const typing = now - this.keyAt < TYPING
    const wait = typing ? Math.max(this.drawnAt + PAUSE - now, this.keyAt + KEY - now) : 0
    if (wait <= 0) this.frame = requestAnimationFrame(() => this.now())
    else
      this.planned = window.setTimeout(() => {
        this.planned = 0
        this.frame = requestAnimationFrame(() => this.now())
      }, wait)
  }

  private now(): void {
    this.frame = 0
    const now = performance.now()
    // A key came since: its frame first, unless the outputs have waited for some already.
    if (now - this.keyAt < KEY && now - this.drawnAt < 2 * PAUSE) return this.plan()
    this.drawnAt = now
    const drawn = [...this.waiting]
    this.waiting.clear()
    for (const [cell, ops] of drawn) this.draw(cell, ops)
  }
}
