// The one honest sentence about where my edits are. Pure.
import type { FileState } from '../model/messages'

export type Connection = 'opening' | 'live' | 'offline' | 'ended'

/** Why there will be no further connection by itself. */
export type Ending = 'logged-out' | 'deleted' | 'newer' | 'not-found' | 'unreadable' | 'refused' | 'closed'

export type Status =
  | { is: 'opening' }
  /** Edits are kept in this tab only; `retryAt` in ms since 1970, null while trying. */
  | { is: 'offline'; retryAt: number | null; unsent: boolean }
  /** Something is not yet with the server. */
  | { is: 'typing' }
  /** Survives a crash of the server, not yet power loss. */
  | { is: 'kept' }
  /** The server cannot keep edits just now. */
  | { is: 'stuck'; why: string }
  | { is: 'saved' }
  /** Saved in the server's journal, but the file could not be written, or must not be. */
  | { is: 'saved-here'; why: string; file: NonNullable<FileState['state']> }
  | { is: 'ended'; why: Ending; message: string }

export interface Facts {
  connection: Connection
  retryAt: number | null
  /** Edits that were made and not numbered yet. */
  pending: boolean
  sent: number
  kept: number
  saved: number
  file: FileState
  trouble: string
  ending: { why: Ending; message: string } | null
}

export function statusOf(facts: Facts): Status {
  const unsent = facts.pending || facts.sent > facts.kept
  if (facts.ending) return { is: 'ended', ...facts.ending }
  if (facts.connection === 'opening') return { is: 'opening' }
  if (facts.connection !== 'live') return { is: 'offline', retryAt: facts.retryAt, unsent }
  if (facts.trouble) return { is: 'stuck', why: facts.trouble }
  if (unsent) return { is: 'typing' }
  if (facts.sent > facts.saved) return { is: 'kept' }
  const file = facts.file.state ?? 'saved'
  if (file === 'held' || file === 'failed' || file === 'detached')
    return { is: 'saved-here', why: facts.file.why ?? '', file }
  return { is: 'saved' }
}

/** Whether they say the same. */
export function sameStatus(one: Status, other: Status): boolean {
  const [before, after] = [Object.entries(one), new Map<string, unknown>(Object.entries(other))]
  return before.length === after.size && before.every(([key, value]) => after.get(key) === value)
}
