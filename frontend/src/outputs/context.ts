// What an output needs to know about where it stands. Given by whoever shows it; outputs/ asks nobody else.
import type { Output } from '../model/messages'

export interface OutputContext {
  /** The page's base path, with slashes around it. */
  base: string
  /** The document's number, for frames and whole texts. */
  document: number
  cell: string
  /** The run that made the outputs; empty for those that came with the file. */
  run: string
  /** Folder of the notebook, for relative addresses; '' is the root. */
  folder: string
  /** The number of the cell that ran as `count`, as a person counts them, for tracebacks; `name` where that is no notebook's. */
  cellOf?(count: number): { id: string; number: number; name?: string } | null
  /** Opens the debugger at the error that the run ended with. */
  inspect?(): void
  /** Shows a cell, from a traceback's frame. */
  showCell?(id: string, line: number): void
}

/** One part of the address of a run's output. */
export function runSegment(context: OutputContext): string {
  return encodeURIComponent(context.run || `cell:${context.cell}`)
}

export const wholeTextUrl = (context: OutputContext, index: number): string =>
  `${context.base}api/octavo/outputs/${context.document}/${runSegment(context)}/${index}`

export const frameUrl = (context: OutputContext, index: number, mime: string, theme: string): string =>
  `${context.base}frame/${context.document}/${runSegment(context)}/${index}?mime=${encodeURIComponent(mime)}&theme=${theme}`

export const blobUrl = (context: OutputContext, hash: string, mime: string): string =>
  `${context.base}api/octavo/blobs/${encodeURIComponent(hash)}?type=${encodeURIComponent(mime)}`

interface Blob {
  blob: string
  size: number
}

const isBlob = (value: unknown): value is Blob =>
  typeof value === 'object' && value !== null && typeof (value as Blob).blob === 'string' && typeof (value as Blob).size === 'number'

/** The hash where the server keeps this value apart. */
export function blobOf(output: Output, mime: string): string | null {
  const value = output.data?.[mime]
  return isBlob(value) && !mime.endsWith('json') ? value.blob : isBlob(value) && Object.keys(value).length === 2 ? value.blob : null
}

/** A value of the output as text, fetched where the server keeps it apart. */
export async function textOf(output: Output, mime: string, context: OutputContext): Promise<string> {
  const hash = blobOf(output, mime)
  if (hash) {
    const answer = await fetch(blobUrl(context, hash, mime))
    if (!answer.ok) throw new Error(`${answer.status}`)
    return answer.text()
  }
  return inlineText(output, mime)
}

export function inlineText(output: Output, mime: string): string {
  const value = output.data?.[mime]
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((line) => typeof line === 'string')) return value.join('')
  return value === undefined ? '' : JSON.stringify(value, null, 2)
}
