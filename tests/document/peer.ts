// Yjs peers for the tests: the page's real functions behind one JSON request a line, one answer a line.
import readline from 'node:readline'
import * as Y from 'yjs'
import * as edits from '../../frontend/src/model/edits'
import * as frames from '../../frontend/src/model/frames'
import { sourceHash } from '../../frontend/src/model/hash'
import { History } from '../../frontend/src/model/history'
import * as positions from '../../frontend/src/model/positions'
import * as schema from '../../frontend/src/model/schema'

interface Peer {
  author: edits.Author
  history: History
  ids: string[]
  out: { update: string; clock: number }[]
}
type Cells = string[]

const peers = new Map<string, Peer>()
const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const decode = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))

/** The same numbers as `numbers` in the Python tests. */
function numbers(seed: number): () => number {
  return () => (seed = (seed * 48271) % 2147483647) / 2147483647
}

function open(name: string, client: number, seed: number): void {
  const doc = new Y.Doc()
  doc.clientID = client
  const peer: Peer = { author: edits.newAuthor(doc, `peer ${client}`, numbers(seed)), history: undefined as never, ids: [], out: [] }
  peer.author = { ...peer.author, newId: () => peer.ids.shift() as string }
  peer.history = new History(peer.author)
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== edits.REMOTE) peer.out.push({ update: encode(update), clock: Y.getState(doc.store, client) })
  })
  peers.set(name, peer)
}

const allTokens = (doc: Y.Doc) =>
  [...schema.cellsOf(doc).values()].flatMap((cell) => schema.textOf(cell).match(/⟦[^⟧]*⟧/gu) ?? [])

/** Code points before to UTF-16 units. */
const units = (text: string, index: number) => [...text].slice(0, index).join('').length

const calls: Record<string, (peer: Peer, ...args: never[]) => unknown> = {
  apply: ({ author }, updates: string[]) => updates.forEach((update) => Y.applyUpdate(author.doc, decode(update), edits.REMOTE)),
  vector: ({ author }) => encode(Y.encodeStateVector(author.doc)),
  since: ({ author: { doc } }, vector: string) => ({
    update: encode(Y.encodeStateAsUpdate(doc, decode(vector))),
    clock: Y.getState(doc.store, doc.clientID),
  }),
  view: ({ author: { doc } }) => ({
    order: schema.order(doc),
    metadata: schema.notebookMetadataOf(doc),
    cells: Object.fromEntries(
      [...schema.cellsOf(doc).entries()].map(([id, cell]) => [
        id,
        [schema.typeOf(cell), !schema.isVisible(cell), schema.textOf(cell), schema.positionOf(cell), schema.metadataOf(cell)],
      ]),
    ),
  }),
  insert: ({ author, history }, ids: Cells, after: string | null, texts: string[]) =>
    history.command(() => edits.insertCells(author, after, ids.map((id, i) => ({ id, type: 'code', source: texts[i] })))),
  move: ({ author, history }, ids: Cells, after: string | null) => history.command(() => edits.moveCells(author, ids, after)),
  bring: ({ author, history }, ids: Cells, after: string | null) => history.command(() => edits.bringCells(author, ids, after)),
  delete: ({ author, history }, ids: Cells) => history.command(() => edits.deleteCells(author, ids)),
  restore: ({ author, history }, ids: Cells) => history.command(() => edits.restoreCells(author, ids)),
  retype: ({ author, history }, id: string, type: string) => history.command(() => edits.retypeCells(author, [id], type)),
  split({ author, history, ids }, id: string, index: number, made: string) {
    ids.push(made)
    history.command(() => edits.splitCell(author, id, units(schema.textOf(schema.cellOf(author.doc, id)), index)))
  },
  merge: ({ author, history }, ids: Cells) => history.command(() => edits.mergeCells(author, ids)),
  set: ({ author, history }, id: string, key: string, value: unknown) =>
    history.command(() => edits.setMetadata(author, id, key, value ?? undefined)),
  type({ author: { doc } }, id: string, index: number, words: string) {
    const source = schema.sourceOf(schema.cellOf(doc, id))
    doc.transact(() => source.insert(units(source.toString(), index), words), edits.MINE)
  },
  erase({ author: { doc } }, id: string, start: number, stop: number) {
    const source = schema.sourceOf(schema.cellOf(doc, id))
    const [from, to] = [units(source.toString(), start), units(source.toString(), stop)]
    doc.transact(() => source.delete(from, to - from), edits.MINE)
  },
  /** What vanished from this peer's own copy. */
  back({ author: { doc }, history }, way: 'undo' | 'redo') {
    const [words, seen] = [allTokens(doc), schema.order(doc)]
    history[way]()
    const [left, shown] = [new Set(allTokens(doc)), new Set(schema.order(doc))]
    return { tokens: words.filter((word) => !left.has(word)), hidden: seen.filter((id) => !shown.has(id)) }
  },
  /** Any JavaScript, for what a page of ours would never send. */
  hostile: ({ author: { doc } }, script: string) => new Function('doc', 'Y', script)(doc, Y) as unknown,
}

const plain: Record<string, (...args: never[]) => unknown> = {
  open,
  hash: (texts: string[]) => texts.map(sourceHash),
  merged: (updates: string[]) => encode(Y.mergeUpdates(updates.map(decode))),
  keys(seed: number, gaps: number[]) {
    const minter = new positions.Minter(numbers(seed))
    const keys: string[] = []
    for (const gap of gaps) {
      const at = gap % (keys.length + 1)
      const made = minter.keys(...positions.neighbours(keys, at), 1 + (gap % 3))
      keys.splice(at, 0, ...made)
    }
    return keys
  },
  isPosition: (keys: unknown[]) => keys.map(positions.isPosition),
  encodeFrame: (kind: frames.Kind, n: number, client: number, clock: number, payload: string) =>
    encode(frames.encodeFrame({ kind, n, client, clock, payload: decode(payload) })),
  decodeFrame(data: string) {
    const frame = frames.decodeFrame(decode(data))
    return { ...frame, payload: encode(frame.payload) }
  },
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { name, call, args } = JSON.parse(line) as { name: string; call: string; args: never[] }
  const peer = peers.get(name)
  try {
    const result = peer ? calls[call](peer, ...args) : plain[call](...args)
    process.stdout.write(`${JSON.stringify({ result: result ?? null, out: peer?.out.splice(0) ?? [] })}\n`)
  } catch (problem) {
    process.stdout.write(`${JSON.stringify({ problem: String((problem as Error).stack) })}\n`)
  }
}
