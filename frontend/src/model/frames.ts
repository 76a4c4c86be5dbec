// The live socket's binary frames: u8 kind, u32 n, u32 client, u32 clock, big-endian, then Yjs or awareness bytes.
// Twin of src/octavo/document/frames.py, which says what the numbers mean.

export const STEP1 = 0
export const STEP2 = 1
export const UPDATE = 2
export const AWARENESS = 3
export type Kind = typeof STEP1 | typeof STEP2 | typeof UPDATE | typeof AWARENESS

export interface Frame {
  kind: Kind
  /** Number of this connection's edit, from 1; 0 in frames that are none. */
  n: number
  /** The Yjs client that made it, and the clock that it reaches with it. */
  client: number
  clock: number
  payload: Uint8Array
}

const HEADER = 13

export function encodeFrame({ kind, n, client, clock, payload }: Frame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, kind)
  view.setUint32(1, n)
  view.setUint32(5, client)
  view.setUint32(9, clock)
  bytes.set(payload, HEADER)
  return bytes
}

/** Throws a RangeError for what is no frame. `payload` is a view into `data`. */
export function decodeFrame(data: ArrayBuffer | Uint8Array): Frame {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data)
  if (bytes.length < HEADER) throw new RangeError('a binary frame is too short')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kind = view.getUint8(0)
  if (kind > AWARENESS) throw new RangeError(`a binary frame has the unknown kind ${kind}`)
  return {
    kind: kind as Kind,
    n: view.getUint32(1),
    client: view.getUint32(5),
    clock: view.getUint32(9),
    payload: bytes.subarray(HEADER),
  }
}
