// Finding in all cells: what is looked for, and where it stands in sources and outputs. Pure.
import { plainText } from '../outputs/ansi'
import { inlineText } from '../outputs/context'
import { choose } from '../outputs/mime'
import type { Output } from '../model/messages'

export interface Query {
  text: string
  matchCase: boolean
  word: boolean
  regexp: boolean
}

/** No more are looked at. */
export const MOST = 10_000

/** One place. `output`: null in the source. `nth`: which one in that text, from 0. */
export interface Match {
  cell: string
  output: number | null
  from: number
  to: number
  nth: number
}

/** Null for no pattern at all; `bad` for one that is none. */
export function patternOf({ text, matchCase, word, regexp }: Query): RegExp | 'bad' | null {
  if (!text) return null
  const inner = regexp ? text : text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const source = word ? `(?<![\\p{L}\\p{N}_])(?:${inner})(?![\\p{L}\\p{N}_])` : inner
  try {
    return new RegExp(source, matchCase ? 'gmu' : 'gimu')
  } catch {
    return 'bad'
  }
}

/** Where `pattern` stands in `text`; empty places are none. */
export function placesIn(text: string, pattern: RegExp, most = MOST): [from: number, to: number][] {
  const found: [number, number][] = []
  for (const match of text.matchAll(pattern)) {
    if (match[0]) found.push([match.index, match.index + match[0].length])
    if (found.length >= most) break
  }
  return found
}

/** What an output shows as text. HTML is looked through by its text form. */
export function outputText(output: Output): string {
  if (output.outputType === 'stream') return plainText((output.text ?? '') + (output.tail ?? ''))
  if (output.outputType === 'error') return [`${output.ename ?? ''}: ${output.evalue ?? ''}`, ...(output.traceback ?? [])].map(plainText).join('\n')
  const data = output.data ?? {}
  const mime = choose(data)?.mime ?? ''
  return plainText(inlineText(output, /^text\/(?!html)|json$/.test(mime) ? mime : 'text/plain'))
}

export interface Searched {
  cell: string
  source: string
  outputs: readonly Output[]
}

export function find(cells: Iterable<Searched>, pattern: RegExp): Match[] {
  const all: Match[] = []
  const look = (cell: string, output: number | null, text: string): void => {
    placesIn(text, pattern, MOST - all.length).forEach(([from, to], nth) => all.push({ cell, output, from, to, nth }))
  }
  for (const { cell, source, outputs } of cells) {
    if (all.length >= MOST) break
    look(cell, null, source)
    outputs.forEach((output, index) => all.length < MOST && look(cell, index, outputText(output)))
  }
  return all
}

/** What takes the place of `text` from `from` to `to`: `$1`, `$&` and so on mean something in a regular expression only. */
export function replacement(text: string, { from, to }: Pick<Match, 'from' | 'to'>, pattern: RegExp, by: string, regexp: boolean): string {
  if (!regexp) return by
  const here = new RegExp(pattern.source, pattern.flags.replace('g', 'y'))
  here.lastIndex = from
  const all = text.replace(here, by)
  return all.slice(from, all.length - (text.length - to))
}
