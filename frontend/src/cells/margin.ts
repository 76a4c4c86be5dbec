// What a cell's left margin says: the folio (number, place in the queue, running, failed, edited since). Pure.
import type { CellResults, Run } from '../model/messages'
import { isFailed } from '../sync/results'

export type Folio =
  | { kind: 'none' }
  | { kind: 'running' }
  | { kind: 'paused' }
  /** `place` 1 is next. */
  | { kind: 'waiting'; place: number }
  | { kind: 'ran'; count: number | null; stale: boolean; failed: boolean }

/** Place of a cell among those that wait, from 1; 0 when it does not. */
export function placeInQueue(queue: readonly Run[], cell: string): number {
  let place = 0
  for (const run of queue) {
    if (run.state !== 'queued') continue
    place += 1
    if (run.cell === cell) return place
  }
  return 0
}

/** `hash`: of the cell's source now. `paused`: its run is stopped by the debugger. */
export function folioOf(results: CellResults, place: number, hash: string, paused = false): Folio {
  const { run, count } = results
  if (paused) return { kind: 'paused' }
  if (run?.state === 'running') return { kind: 'running' }
  if (place) return { kind: 'waiting', place }
  const failed = isFailed(run)
  if (count == null && !failed) return { kind: 'none' }
  return { kind: 'ran', count: count ?? null, stale: Boolean(run?.hash) && run?.hash !== hash, failed }
}
