// Who else is here, and where: awareness states of the other tabs, checked, since a peer may have written anything.
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { COLOURS } from './colours'

export interface Peer {
  client: number
  name: string
  /** One of eight colours, by number. */
  colour: number
  cell: string | null
  /** Y.js relative positions in the cell's source, as JSON; null while nothing is being written. */
  cursor: { anchor: unknown; head: unknown } | null
}

const LONGEST_NAME = 60

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

export function peerOf(client: number, state: unknown): Peer | null {
  if (!isRecord(state)) return null
  const user = isRecord(state.user) ? state.user : {}
  const cursor = isRecord(state.cursor) && isRecord(state.cursor.anchor) && isRecord(state.cursor.head) ? state.cursor : null
  return {
    client,
    name: typeof user.name === 'string' ? user.name.slice(0, LONGEST_NAME) : '',
    colour: typeof user.colour === 'number' && Number.isFinite(user.colour) ? Math.abs(Math.trunc(user.colour)) % COLOURS : client % COLOURS,
    cell: typeof state.cell === 'string' ? state.cell : null,
    cursor: cursor ? { anchor: cursor.anchor, head: cursor.head } : null,
  }
}

export function peersOf(awareness: Awareness): Peer[] {
  const peers: Peer[] = []
  for (const [client, state] of awareness.getStates()) {
    if (client === awareness.clientID) continue
    const peer = peerOf(client, state)
    if (peer) peers.push(peer)
  }
  return peers.sort((one, other) => one.client - other.client)
}

/** Where a peer's position is in `text`; null when it is in none, or nonsense. */
export function placeOf(position: unknown, text: Y.Text): number | null {
  try {
    const relative = Y.createRelativePositionFromJSON(position)
    const absolute = text.doc && Y.createAbsolutePositionFromRelativePosition(relative, text.doc)
    return absolute && absolute.type === text ? absolute.index : null
  } catch {
    return null // a peer may have written anything
  }
}
