// Who else is here, and where: awareness states of the other tabs, checked, since a peer may have written anything.
import type { Awareness } from 'y-protocols/awareness'

export interface Peer {
  client: number
  name: string
  /** One of eight colours, by number. */
  colour: number
  cell: string | null
  /** Y.js relative positions in the cell's source, as JSON; null while nothing is being written. */
  cursor: { anchor: unknown; head: unknown } | null
}

/** The peers' colours: 4.5:1 on paper and as the ground of a name, light and dark. */
export const COLOUR_VALUES = [
  'light-dark(#1f4e79, #8fbbe3)',
  'light-dark(#6a3d6e, #c9a2cd)',
  'light-dark(#2f6b4f, #8fc7a8)',
  'light-dark(#8a4b08, #e0a96d)',
  'light-dark(#7a2e4d, #dd9ab7)',
  'light-dark(#3d5a1f, #b0c98a)',
  'light-dark(#0f5f66, #83c5cc)',
  'light-dark(#5a4a9c, #b3a8e3)',
]
export const COLOURS = COLOUR_VALUES.length
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
