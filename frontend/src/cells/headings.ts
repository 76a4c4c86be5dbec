// The headings of the text cells, for the contents: with what runs and what failed below each. Pure.
import type { CellResults } from '../model/messages'
import { isFailed } from '../sync/results'

export interface Heading {
  level: number
  text: string
}

export interface CellHeading extends Heading {
  cell: string
  state?: 'running' | 'failed'
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/

/** Markdown's marks, taken off as far as a line of the contents needs it. */
const plain = (text: string): string =>
  text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__|`|~~)(.+?)\1/g, '$2')
    .replace(/(^|\s)[*_](\S.*?)[*_](?=\s|$|[.,:;!?])/g, '$1$2')
    .replace(/<[^>]+>/g, '')
    .trim()

/** Headings of one text, by level. */
export function headingsOf(source: string): Heading[] {
  const found: Heading[] = []
  let fence = ''
  for (const line of source.split('\n')) {
    const mark = FENCE.exec(line)?.[1]
    if (fence) {
      if (mark && mark[0] === fence[0] && mark.length >= fence.length) fence = ''
    } else if (mark) fence = mark
    else {
      const heading = HEADING.exec(line)
      if (heading && plain(heading[2])) found.push({ level: heading[1].length, text: plain(heading[2]) })
    }
  }
  return found
}

export interface ListedCell {
  id: string
  /** Null for what is no text. */
  headings: readonly Heading[] | null
  results: CellResults
}

export function contentsOf(cells: Iterable<ListedCell>): CellHeading[] {
  const all: CellHeading[] = []
  for (const { id, headings, results } of cells) {
    if (headings) for (const heading of headings) all.push({ cell: id, ...heading })
    else {
      const over = all.at(-1)
      if (over && results.run?.state === 'running') over.state = 'running'
      else if (over && isFailed(results.run)) over.state ??= 'failed'
    }
  }
  return all
}
