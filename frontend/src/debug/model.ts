// What the debugger shows, of what the server says: sentences, folded frames, marks beside lines. Pure.
import { t } from '../i18n'
import { d, has } from '../i18n/debugger'
import type { Breakpoint, Can, Debug, Frame, FrameView, Inline, Picture, Place, Thread } from '../model/messages'

export const isStop = (picture: Picture): boolean => Boolean(picture.number) && (picture.kind ?? 'stop') === 'stop'

/** Number of a cell as people count, 0: it is not on the page. */
export type NumberOf = (cell: string) => number

const fileName = (path: string): string => path.split('/').at(-1) ?? path

export function placeWords({ cell = '', line, path = '' }: Place, numberOf: NumberOf): string {
  if (path) return line ? d('at.file', { file: fileName(path), line }) : fileName(path)
  const number = numberOf(cell)
  if (!number) return d('at.gone')
  return line ? d('at.cell', { cell: number, line }) : d('at.cell.only', { cell: number })
}

/** A frame's name as one says it: code at a cell's top is the cell's. */
export function frameName({ name, at }: Frame, numberOf: NumberOf): string {
  if (name !== '<module>') return name
  return at.cell && numberOf(at.cell) ? d('module', { cell: numberOf(at.cell) }) : at.path ? fileName(at.path) : name
}

/** Beside the name, what the name does not say already. */
export function frameWhere(frame: Frame, numberOf: NumberOf): string {
  const { at, name } = frame
  return name === '<module>' && at.cell && numberOf(at.cell) && at.line ? d('at.line', { line: at.line }) : placeWords(at, numberOf)
}

export function reasonWords({ reason = '', raised, kind }: Picture): string {
  const name = raised?.type ?? ''
  if (kind === 'error' || reason === 'error') return name || d('reason.error', { name: t('cell.failed') })
  if (reason === 'exception') return d('reason.exception', { name })
  const key = `reason.${reason}`
  return has(key) && key !== 'reason.error' && key !== 'reason.exception' ? d(key as 'reason.step') : d('reason.pause')
}

/** Why something is not offered, in words; empty: it is. */
export function whyNot(can: Can | undefined, what: Exclude<keyof Can, 'how'>): string {
  const code = can?.[what] ?? ''
  if (!code) return ''
  const key = `why.${code}`
  return has(key) ? d(key as 'why.kernel') : d('why.other', { code })
}

// Frames --------------------------------------------------------------------------------------------------------------

export type StackRow = { is: 'frame'; frame: Frame } | { is: 'hidden'; first: number; frames: Frame[] }

/** The stack with the frames of libraries folded, those that `opened` names (by their first frame) and the chosen one are not. */
export function stackRows(frames: readonly Frame[], opened: ReadonlySet<number>, chosen: number): StackRow[] {
  const rows: StackRow[] = []
  let hidden: Frame[] = []
  const close = (): void => {
    if (!hidden.length) return
    const [{ id: first }] = hidden
    if (opened.has(first) || hidden.some(({ id }) => id === chosen)) rows.push(...hidden.map((frame): StackRow => ({ is: 'frame', frame })))
    else rows.push({ is: 'hidden', first, frames: hidden })
    hidden = []
  }
  for (const frame of frames) {
    if (frame.own === false) {
      hidden.push(frame)
      continue
    }
    close()
    rows.push({ is: 'frame', frame })
  }
  close()
  return rows
}

/** What to call a thread, or an exception of a chain. */
export function threadName({ name, how = '' }: Thread): string {
  const key = `chain.${how}`
  return has(key) ? `${name} (${d(key as 'chain.cause')})` : name
}

// Breakpoints ---------------------------------------------------------------------------------------------------------

export type BreakpointKind = 'plain' | 'condition' | 'log'

export const kindOf = ({ condition, hit, log }: Breakpoint): BreakpointKind => (log ? 'log' : condition || hit ? 'condition' : 'plain')

/** What stands in the list for a breakpoint: what makes it special, else its line. */
export function breakpointText({ condition = '', hit = '', log = '', text = '' }: Breakpoint): string {
  if (log) return log
  if (condition) return `if ${condition}`
  return hit ? `${text.trim()} · ${hit}` : text.trim()
}

export function breakpointState({ enabled = true, state = 'waiting', why = '', moved }: Breakpoint): string {
  if (!enabled) return d('breakpoint.is.off')
  if (state === 'problem') return d('breakpoint.is.problem', { why })
  if (moved) return d('breakpoint.is.moved', { line: moved })
  return d(state === 'set' ? 'breakpoint.is.set' : 'breakpoint.is.waiting')
}

export const isHitCount = (text: string): boolean => /^\s*(?:(?:%|>=|>|==|<=|<)\s*)?\d+\s*$/.test(text)

/** What the server keeps is left out: it is its own to say. */
export function wished({ id, at, enabled = true, condition = '', hit = '', log = '' }: Breakpoint): Breakpoint {
  return { id, at, enabled, condition, hit, log }
}

// Marks beside lines --------------------------------------------------------------------------------------------------

export interface Dot {
  id: string
  line: number
  /** Classes: kind, and off, problem, set, hit. */
  look: string
  title: string
}

export interface CellMarks {
  dots: Dot[]
  /** Where the program is, or the chosen frame; 0: not in this cell. */
  at: number
  /** `at` is where it goes on; else a frame further out, or a dead one. */
  live: boolean
  /** The part of that line that failed, in code points. */
  part: { from: number; to: number } | null
  values: Map<number, Inline[]>
}

function dotOf(breakpoint: Breakpoint, line: number, hit: boolean): Dot {
  const { enabled = true, state = 'waiting' } = breakpoint
  const kind = kindOf(breakpoint)
  const look = [kind, !enabled && 'off', enabled && state, enabled && hit && 'hit'].filter(Boolean).join(' ')
  const what = d(`breakpoint.kind.${kind}`)
  return { id: breakpoint.id, line, look, title: `${what}: ${breakpointState(breakpoint)}` }
}

/** By cell, what stands beside its lines. `lineOf`: where a breakpoint is in the text that the page shows now. */
export function marksOf(
  breakpoints: readonly Breakpoint[],
  picture: Picture,
  frame: Frame | null,
  view: FrameView | null,
  lineOf: (breakpoint: Breakpoint) => number,
): Map<string, CellMarks> {
  const marks = new Map<string, CellMarks>()
  const of = (cell: string): CellMarks => {
    let found = marks.get(cell)
    if (!found) marks.set(cell, (found = { dots: [], at: 0, live: false, part: null, values: new Map() }))
    return found
  }
  const hits = new Set(isStop(picture) ? picture.breakpoints : [])
  for (const breakpoint of breakpoints)
    if (breakpoint.at.cell) {
      const line = lineOf(breakpoint)
      if (line) of(breakpoint.at.cell).dots.push(dotOf(breakpoint, line, hits.has(breakpoint.id)))
    }
  if (!frame?.at.cell || !frame.at.line) return marks
  const here = of(frame.at.cell)
  here.at = frame.at.line
  here.live = isStop(picture) && picture.frames?.[0]?.id === frame.id
  if (frame.column != null && frame.end != null && !frame.old) here.part = { from: frame.column, to: frame.end }
  if (!frame.old) for (const inline of view?.inline ?? []) here.values.set(inline.line, [...(here.values.get(inline.line) ?? []), inline])
  return marks
}

/** Enabled breakpoints in words for the head of the panel while nothing is stopped. */
export const anyStops = ({ breakpoints = [], exceptions = 'never', functions = [] }: Debug): boolean =>
  breakpoints.some(({ enabled = true }) => enabled) || exceptions !== 'never' || functions.length > 0

// What changed --------------------------------------------------------------------------------------------------------

/** The same call at two stops: its function, and how deep it is from the program's start. */
export const callOf = (frames: readonly Frame[], { id, name, at }: Frame): string => [frames.length - frames.findIndex((frame) => frame.id === id), name, at.cell ?? '', at.path ?? ''].join()

export type Past = ReadonlyMap<string, string>

/** By scope and name, what a frame held. */
export function heldBy(view: FrameView): Past {
  return new Map((view.scopes ?? []).flatMap(({ name: scope, variables = [] }) => variables.map(({ name, value }): [string, string] => [`${scope}.${name}`, value.value])))
}

/** The view with what is new or another since the stop before marked, where the server has not done so. */
export function withChanges(view: FrameView, past: Past | undefined): FrameView {
  if (!past) return view
  const fresh = new Set<string>()
  const scopes = view.scopes?.map((scope) => ({
    ...scope,
    variables: scope.variables?.map((variable) => {
      const changed = variable.changed || past.get(`${scope.name}.${variable.name}`) !== variable.value.value
      if (changed && !variable.about) fresh.add(variable.name)
      return changed && !variable.about ? { ...variable, changed } : variable
    }),
  }))
  return { ...view, scopes, inline: view.inline?.map((one) => (fresh.has(one.name) ? { ...one, changed: true } : one)) }
}

// Hover ---------------------------------------------------------------------------------------------------------------

const WORD = /[\p{L}\p{N}_]/u
const KEYWORDS = new Set(
  'and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(' '),
)

/** The name, with what it is an attribute of, at `offset` of a line; null: nothing that can be looked at without running code. */
export function expressionAt(line: string, offset: number): string | null {
  let end = offset
  while (end < line.length && WORD.test(line[end])) end++
  let start = offset
  while (start > 0 && WORD.test(line[start - 1])) start--
  if (start === end) return null
  for (;;) {
    if (line[start - 1] !== '.' || start < 2 || !WORD.test(line[start - 2])) break
    start -= 1
    while (start > 0 && WORD.test(line[start - 1])) start--
  }
  const found = line.slice(start, end)
  if (line[start - 1] === '.' || /^\d/.test(found) || KEYWORDS.has(found)) return null
  return found
}
