// Where breakpoints are in the text that the page shows now: between an edit and the server's word on it the page moves its own marks with
// the text. The server's word wins.
import * as Y from 'yjs'
import type { Breakpoint } from '../model/messages'
import { cellsOf, sourceOf, textOf } from '../model/schema'

interface Anchor {
  cell: string
  /** The line that the server said when this was made. */
  said: number
  at: Y.RelativePosition
}

/** Where line `line` (from 1) begins in `text`; null: there is no such line. */
export function startOf(text: string, line: number): number | null {
  let at = 0
  for (let n = 1; n < line; n++) {
    const next = text.indexOf('\n', at)
    if (next < 0) return null
    at = next + 1
  }
  return at
}

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

export class Anchors {
  private readonly known = new Map<string, Anchor>()

  constructor(private readonly doc: Y.Doc) {}

  /** The breakpoint's line now; 0: its cell is not here. */
  lineOf({ id, at: { cell = '', line } }: Breakpoint): number {
    const one = cellsOf(this.doc).get(cell)
    if (!one) return 0
    const text = textOf(one)
    const held = this.known.get(id)
    if (held?.cell === cell && held.said === line) {
      const found = Y.createAbsolutePositionFromRelativePosition(held.at, this.doc)
      if (found) return lineAt(text, found.index)
    }
    const start = startOf(text, line)
    if (start === null) return 0
    this.known.set(id, { cell, said: line, at: Y.createRelativePositionFromTypeIndex(sourceOf(one), start) })
    return line
  }

  /** Forgets all but these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.known.keys()) if (!ids.has(id)) this.known.delete(id)
  }
}
