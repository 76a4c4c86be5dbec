// What runs gave, by cell: applies the server's changes to what the page holds. Pure.
import type { CellChange, CellResults, Output, OutputOp, Run } from '../model/messages'

/** What became of a cell's results. `ops`: only these changed the outputs; null: all outputs are new. */
export interface Effect {
  cell: string
  ops: OutputOp[] | null
}

const afterLastLine = (text: string): number => text.lastIndexOf('\n') + 1

function withoutLines(text: string, lines: number): string {
  let at = 0
  for (; lines > 0; lines--) {
    const next = text.indexOf('\n', at)
    if (next < 0) return ''
    at = next + 1
  }
  return at ? text.slice(at) : text
}

/** The stream that a `line` op makes of `output`: its last, open line is replaced, then whole lines go from the front of its tail. */
export function withLine(output: Output, op: OutputOp): Output {
  const omitted = op.omitted ?? output.omitted ?? null
  if (!output.omitted && !op.omitted) {
    const text = output.text ?? ''
    return { ...output, text: text.slice(0, afterLastLine(text)) + (op.text ?? '') }
  }
  const tail = output.tail ?? ''
  const grown = tail.slice(0, afterLastLine(tail)) + (op.text ?? '')
  return { ...output, tail: withoutLines(grown, op.dropped ?? 0), omitted }
}

/** Applies one op in place. An op for an output that is not there is left out: a `results` is on its way. */
export function applyOp(outputs: Output[], op: OutputOp): void {
  if (op.op === 'truncate') outputs.length = Math.min(outputs.length, op.index)
  else if (op.op === 'set' && op.output && op.index <= outputs.length) outputs[op.index] = op.output
  else if (op.op === 'line' && outputs[op.index]) outputs[op.index] = withLine(outputs[op.index], op)
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** `next`, with the objects of `held` where they say the same: what is shown already is known by its identity. */
const reused = (held: readonly Output[], next: readonly Output[]): Output[] =>
  next.map((output, at) => (at < held.length && same(held[at], output) ? held[at] : output))

/** Applies one cell's change to `all`; says what a view has to do. */
export function applyChange(all: Map<string, CellResults>, change: CellChange): Effect {
  if (change.results) {
    const held = all.get(change.cell)?.outputs ?? []
    all.set(change.cell, { ...change.results, outputs: reused(held, change.results.outputs ?? []) })
    return { cell: change.cell, ops: null }
  }
  const held = all.get(change.cell) ?? {}
  const outputs = held.outputs ?? []
  for (const op of change.ops ?? []) applyOp(outputs, op)
  const next: CellResults = { ...held, outputs }
  if (change.run) next.run = change.run
  if (change.count != null) next.count = change.count
  all.set(change.cell, next)
  return { cell: change.cell, ops: change.ops ?? [] }
}

/** Replaces all results by a snapshot. Cells whose outputs are as they were keep them untouched, so that nothing flickers. */
export function takeSnapshot(all: Map<string, CellResults>, cells: Record<string, CellResults>): Effect[] {
  const effects: Effect[] = []
  for (const cell of [...all.keys()])
    if (!(cell in cells)) {
      all.delete(cell)
      effects.push({ cell, ops: null })
    }
  for (const [cell, results] of Object.entries(cells)) {
    const held = all.get(cell)
    if (held && same(held, results)) continue
    all.set(cell, { ...results, outputs: reused(held?.outputs ?? [], results.outputs ?? []) })
    effects.push({ cell, ops: null })
  }
  return effects
}

export const isWaiting = (run: Run | null | undefined): boolean => run?.state === 'queued'
export const isRunning = (run: Run | null | undefined): boolean => run?.state === 'running'
/** Failed in the reader's eyes: the margin's dagger. */
export const isFailed = (run: Run | null | undefined): boolean =>
  run?.state === 'error' || run?.state === 'interrupted' || run?.state === 'lost'
