// What may stand in a document, and how it is read. Twin of src/octavo/document/schema.py, which has the shape:
//   cells   id -> { type, source: Y.Text, position, deleted, split, metadata.K, attachments.K }
//   meta    K -> value
//   octavo  schema: number, written by the server alone
// `type` and `position` are plain strings; every other value is JSON in a string. A key can be absent, so every reader has a
// default. Writing is in edits.ts, undo in history.ts.
import * as Y from 'yjs'
import { DEFAULT_POSITION, isPosition } from './positions'

export const SCHEMA = 1
export const DEFAULT_TYPE = 'code'
export const METADATA = 'metadata.'
export const ATTACHMENTS = 'attachments.'

export type CellId = string
export type YCell = Y.Map<unknown>
export type Values = Record<string, unknown>

/** Why a cell is hidden. `by`: `new` (being made), `undo` (its making was undone), else who deleted it. `into`: the cell that took its
 *  text in a merge. `client`: the Yjs client that made it. */
export interface Mark {
  by: string
  at?: number
  into?: CellId
  client?: number
}

export const cellsOf = (doc: Y.Doc): Y.Map<YCell> => doc.getMap<YCell>('cells')
export const metaOf = (doc: Y.Doc): Y.Map<unknown> => doc.getMap('meta')

/** The document was written by a newer release: the page must be loaded again and edits nothing. */
export function isNewer(doc: Y.Doc): boolean {
  const schema = doc.getMap('octavo').get('schema')
  return typeof schema === 'number' && schema > SCHEMA
}

export function cellOf(doc: Y.Doc, id: CellId): YCell {
  const cell = cellsOf(doc).get(id)
  if (!cell) throw new RangeError(`the notebook has no cell ${id}`)
  return cell
}

export function typeOf(cell: YCell): string {
  const type = cell.get('type')
  return typeof type === 'string' && type ? type : DEFAULT_TYPE
}

/** The shared text itself: for an editor. It is made with its cell and never replaced. */
export function sourceOf(cell: YCell): Y.Text {
  const source = cell.get('source')
  if (!(source instanceof Y.Text)) throw new TypeError('a cell has no source')
  return source
}

export function textOf(cell: YCell): string {
  const source = cell.get('source')
  return source instanceof Y.Text ? source.toString() : ''
}

export function positionOf(cell: YCell): string {
  const position = cell.get('position')
  return isPosition(position) ? position : DEFAULT_POSITION
}

/** Null for a visible cell. */
export function markOf(cell: YCell): Mark | null {
  const value = parse(cell.get('deleted'))
  return isObject(value) ? { ...value, by: typeof value.by === 'string' ? value.by : '' } : null
}

export const isVisible = (cell: YCell): boolean => markOf(cell) === null

/** The cell whose tail this was. */
export function splitOf(cell: YCell): CellId | null {
  const value = parse(cell.get('split'))
  return isObject(value) && typeof value.from === 'string' ? value.from : null
}

export const metadataOf = (cell: YCell): Values => valuesOf(cell, METADATA)
export const attachmentsOf = (cell: YCell): Values => valuesOf(cell, ATTACHMENTS)
export const notebookMetadataOf = (doc: Y.Doc): Values => valuesOf(metaOf(doc), '')

/** The visible cells, in order. */
export function order(doc: Y.Doc): CellId[] {
  return places(doc).map(([, id]) => id)
}

/** The visible cells in order, with their positions; those in `without` left out. */
export function places(doc: Y.Doc, without: ReadonlySet<CellId> = new Set()): [position: string, id: CellId][] {
  const found: [string, CellId][] = []
  for (const [id, cell] of cellsOf(doc).entries()) {
    if (!without.has(id) && isVisible(cell)) found.push([positionOf(cell), id])
  }
  return found.sort(byPlace)
}

export const byPlace = (a: readonly [string, CellId], b: readonly [string, CellId]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0

/** Marked cells, the newest first; without those that are just being made, and the empty ones. */
export function bin(doc: Y.Doc): [CellId, Mark][] {
  const found: [CellId, Mark][] = []
  for (const [id, cell] of cellsOf(doc).entries()) {
    const mark = markOf(cell)
    if (mark && mark.by !== 'new' && textOf(cell)) found.push([id, mark])
  }
  return found.sort((a, b) => (b[1].at ?? 0) - (a[1].at ?? 0) || (a[0] < b[0] ? -1 : 1))
}

/** What one transaction changed. `texts`: cells whose source changed. `rest`: cells with any other change, or new. `order`: which cells
 *  are visible, or where. */
export interface Changes {
  texts: Set<CellId>
  rest: Set<CellId>
  order: boolean
  meta: boolean
  origin: unknown
}

/** Calls back after each transaction that changed something. Returns what ends it. */
export function watch(doc: Y.Doc, callback: (changes: Changes) => void): () => void {
  const [cells, meta] = [cellsOf(doc), metaOf(doc)]
  const empty = (): Changes => ({ texts: new Set(), rest: new Set(), order: false, meta: false, origin: null })
  let changes = empty()
  const onCells = (events: Y.YEvent<Y.AbstractType<unknown>>[]) => {
    for (const event of events) {
      if (event.path.length === 2) {
        changes.texts.add(String(event.path[0]))
      } else if (event.path.length === 1) {
        changes.rest.add(String(event.path[0]))
        changes.order ||= event.keys.has('position') || event.keys.has('deleted')
      } else {
        for (const id of event.keys.keys()) changes.rest.add(id)
        changes.order = true
      }
    }
  }
  const onMeta = () => void (changes.meta = true)
  const after = (transaction: Y.Transaction) => {
    const done = changes
    if (!done.meta && !done.texts.size && !done.rest.size) return
    changes = empty()
    callback({ ...done, origin: transaction.origin })
  }
  cells.observeDeep(onCells as never)
  meta.observeDeep(onMeta)
  doc.on('afterTransaction', after)
  return () => {
    cells.unobserveDeep(onCells as never)
    meta.unobserveDeep(onMeta)
    doc.off('afterTransaction', after)
  }
}

function valuesOf(map: Y.Map<unknown>, prefix: string): Values {
  const found: Values = {}
  for (const key of [...map.keys()].sort()) {
    if (!key.startsWith(prefix)) continue
    const value = parse(map.get(key))
    if (value !== undefined) found[key.slice(prefix.length)] = value
  }
  return found
}

function parse(text: unknown): unknown {
  if (typeof text !== 'string' || text === 'null') return text === 'null' ? null : undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
