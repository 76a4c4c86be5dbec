// What a person does to a notebook, as functions of its Y.Doc. Each is one step for undo when it is made inside `History.command`.
// A new cell is written hidden, in a transaction that undo does not see, and then shown in one that it sees: so undoing the
// insertion hides what others typed in it instead of destroying it.
import * as Y from 'yjs'
import { Minter, neighbours } from './positions'
import {
  ATTACHMENTS, METADATA, attachmentsOf, byPlace, cellOf, cellsOf, isVisible, metadataOf, metaOf, order, places, positionOf, sourceOf, textOf, typeOf,
  type CellId, type Mark, type Values,
} from './schema'

/** Origins of transactions: MINE is what undo takes back (typing too), MADE is mine but never undone, REMOTE came from the server. */
export const MINE = 'mine'
export const MADE = 'made'
export const REMOTE = 'remote'

/** Whoever edits in this tab. */
export interface Author {
  readonly doc: Y.Doc
  readonly minter: Minter
  readonly name: string
  /** Seconds since 1970. */
  now(): number
  newId(): CellId
}

export interface NewCell {
  id?: CellId
  type: string
  source: string
  metadata?: Values
  attachments?: Values
}

export function newAuthor(doc: Y.Doc, name: string, random: () => number = Math.random): Author {
  return { doc, name, minter: new Minter(random), now: () => Math.round(Date.now()) / 1000, newId }
}

/** 12 random hex digits, as the server makes them: never reused. */
export function newId(): CellId {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** New cells below `after`, or at the top. */
export function insertCells(author: Author, after: CellId | null, cells: readonly NewCell[]): CellId[] {
  const ids = cells.map((cell) => cell.id ?? author.newId())
  author.doc.transact(() => writeHidden(author, after, ids, cells), MADE)
  author.doc.transact(() => show(author, ids), MINE)
  return ids
}

/** These cells, in this order, below `after` (none of them), or to the top. */
export function moveCells(author: Author, ids: readonly CellId[], after: CellId | null): void {
  author.doc.transact(() => place(author, ids, after), MINE)
}

/** To the bin. */
export function deleteCells(author: Author, ids: readonly CellId[]): void {
  author.doc.transact(() => ids.forEach((id) => mark(author, id)), MINE)
}

/** Out of the bin, each to the place that it had. */
export function restoreCells(author: Author, ids: readonly CellId[]): void {
  author.doc.transact(() => show(author, ids), MINE)
}

/** Cut cells, pasted in their own notebook: they keep id, results and history. */
export function bringCells(author: Author, ids: readonly CellId[], after: CellId | null): void {
  author.doc.transact(() => {
    place(author, ids, after)
    show(author, ids)
  }, MINE)
}

/** A copy, without id and outputs: for the clipboard, or to insert. */
export function copyOf(doc: Y.Doc, id: CellId): NewCell {
  const cell = cellOf(doc, id)
  return { type: typeOf(cell), source: textOf(cell), metadata: metadataOf(cell), attachments: attachmentsOf(cell) }
}

export function retypeCells(author: Author, ids: readonly CellId[], type: string): void {
  author.doc.transact(() => {
    for (const id of ids) if (typeOf(cellOf(author.doc, id)) !== type) cellOf(author.doc, id).set('type', type)
  }, MINE)
}

/** The head keeps id and results; from `index` (UTF-16) on, the text goes to a new cell below it. Line ends at the cut go. Returns the
 *  new cell. */
export function splitCell(author: Author, id: CellId, index: number): CellId {
  const { doc } = author
  const text = textOf(cellOf(doc, id))
  const tail: NewCell = { ...copyOf(doc, id), source: text.slice(index).replace(/^(?:\r?\n)+/, '') }
  const cut = text.slice(0, index).replace(/(?:\r?\n)+$/, '').length
  const made = tail.id ?? author.newId()
  doc.transact(() => {
    writeHidden(author, id, [made], [tail])
    cellOf(doc, made).set('split', JSON.stringify({ from: id }))
  }, MADE)
  doc.transact(() => {
    if (text.length > cut) sourceOf(cellOf(doc, id)).delete(cut, text.length - cut)
    show(author, [made])
  }, MINE)
  return made
}

/** The first keeps id and results and gets all texts, an empty line between; the others go to the bin. Returns the first. */
export function mergeCells(author: Author, ids: readonly CellId[]): CellId | null {
  const { doc } = author
  const wanted = new Set(ids)
  const [first, ...others] = order(doc).filter((id) => wanted.has(id))
  if (first === undefined || !others.length) return first ?? null
  doc.transact(() => {
    const cell = cellOf(doc, first)
    const source = sourceOf(cell)
    for (const id of others) {
      const text = textOf(cellOf(doc, id))
      if (text) source.insert(source.length, source.length ? `\n\n${text}` : text)
      const have = attachmentsOf(cell)
      for (const [name, value] of Object.entries(attachmentsOf(cellOf(doc, id))))
        if (!(name in have)) cell.set(ATTACHMENTS + name, JSON.stringify(value))
      mark(author, id, first)
    }
  }, MINE)
  return first
}

/** One value of a cell's metadata; undefined takes it out. */
export function setMetadata(author: Author, id: CellId, key: string, value: unknown): void {
  author.doc.transact(() => put(cellOf(author.doc, id), METADATA + key, value), MINE)
}

export function setAttachment(author: Author, id: CellId, name: string, value: unknown): void {
  author.doc.transact(() => put(cellOf(author.doc, id), ATTACHMENTS + name, value), MINE)
}

/** One value of the notebook's metadata; undefined takes it out. */
export function setNotebookMetadata(author: Author, key: string, value: unknown): void {
  author.doc.transact(() => put(metaOf(author.doc), key, value), MINE)
}

function writeHidden(author: Author, after: CellId | null, ids: readonly CellId[], cells: readonly NewCell[]): void {
  const { doc } = author
  const hidden = JSON.stringify({ by: 'new', client: doc.clientID } satisfies Mark)
  const positions = keysBelow(author, ids, after)
  cells.forEach(({ type, source, metadata = {}, attachments = {} }, i) => {
    const values: [string, unknown][] = [
      ['type', type],
      ['source', new Y.Text(source)],
      ['position', positions[i]],
      ['deleted', hidden],
    ]
    for (const [key, value] of Object.entries(metadata)) values.push([METADATA + key, JSON.stringify(value)])
    for (const [name, value] of Object.entries(attachments)) values.push([ATTACHMENTS + name, JSON.stringify(value)])
    cellsOf(doc).set(ids[i], new Y.Map(values))
  })
}

function place(author: Author, ids: readonly CellId[], after: CellId | null): void {
  keysBelow(author, ids, after).forEach((position, i) => cellOf(author.doc, ids[i]).set('position', position))
}

/** Keys for `ids` below `after`; a hidden `after` counts where it would stand. */
function keysBelow({ doc, minter }: Author, ids: readonly CellId[], after: CellId | null): string[] {
  const seen = places(doc, new Set(ids))
  let index = 0
  if (after !== null) {
    const at = [positionOf(cellOf(doc, after)), after] as const
    while (index < seen.length && byPlace(seen[index], at) <= 0) index++
  }
  const [low, high] = neighbours(seen.map(([position]) => position), index)
  return minter.keys(low, high, ids.length)
}

function mark({ doc, name, now }: Author, id: CellId, into?: CellId): void {
  const cell = cellOf(doc, id)
  if (isVisible(cell)) cell.set('deleted', JSON.stringify({ by: name, at: now(), into } satisfies Mark))
}

function show({ doc }: Author, ids: readonly CellId[]): void {
  for (const id of ids) if (!isVisible(cellOf(doc, id))) cellOf(doc, id).set('deleted', 'null')
}

function put(map: Y.Map<unknown>, key: string, value: unknown): void {
  if (value === undefined) map.delete(key)
  else if (map.get(key) !== JSON.stringify(value)) map.set(key, JSON.stringify(value))
}
