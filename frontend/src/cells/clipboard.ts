// Cells on the clipboard: JSON as in an .ipynb, and plain text beside it. Pure; the events are handled in pasting.ts.
import { attachmentsOf, cellOf, metadataOf, textOf, typeOf, type CellId } from '../model/schema'
import type { NewCell } from '../model/edits'
import type * as Y from 'yjs'

export const MIME = 'application/x-octavo-cells+json'

interface StoredCell {
  cell_type: string
  source: string
  metadata: Record<string, unknown>
  attachments?: Record<string, unknown>
}

export interface Clip {
  json: string
  text: string
}

export function clipOf(doc: Y.Doc, ids: readonly CellId[]): Clip {
  const cells = ids.map((id): StoredCell => {
    const cell = cellOf(doc, id)
    const attachments = attachmentsOf(cell)
    const stored = { cell_type: typeOf(cell), source: textOf(cell), metadata: metadataOf(cell) }
    return Object.keys(attachments).length ? { ...stored, attachments } : stored
  })
  return { json: JSON.stringify({ cells }), text: cells.map((cell) => cell.source).join('\n\n') }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Source as nbformat allows it: a string or a list of lines. */
function sourceOf(value: unknown): string {
  if (Array.isArray(value)) return value.filter((line) => typeof line === 'string').join('')
  return typeof value === 'string' ? value : ''
}

/** Cells from clipboard JSON, ids and outputs left behind; null when it is none. */
export function cellsFromJson(json: string): NewCell[] | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    return null
  }
  const list = isRecord(parsed) ? parsed.cells : null
  if (!Array.isArray(list)) return null
  const cells = list.filter(isRecord).map((cell): NewCell => ({
    type: typeof cell.cell_type === 'string' ? cell.cell_type : 'code',
    source: sourceOf(cell.source).replace(/\r\n?/g, '\n'),
    metadata: isRecord(cell.metadata) ? cell.metadata : {},
    attachments: isRecord(cell.attachments) ? cell.attachments : {},
  }))
  return cells.length ? cells : null
}

export const cellFromText = (text: string): NewCell[] => (text.trim() ? [{ type: 'code', source: text.replace(/\r\n?/g, '\n') }] : [])
