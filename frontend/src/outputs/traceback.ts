// Reads IPython's tracebacks into frames, so that they can be shown as a list. Pure. What it cannot read is shown as it came.
import { plainText } from './ansi'

export interface CodeLine {
  /** Null: the caret under a syntax error. */
  number: number | null
  text: string
  /** The line that was running. */
  at: boolean
}

export interface Frame {
  /** As a person reads it: a file's path, or empty for a cell. */
  file: string
  /** The execution count of the cell, where the frame is in one. */
  count: number | null
  line: number | null
  /** The function, with its arguments where given; empty at a cell's or module's top. */
  name: string
  code: CodeLine[]
}

export interface Raised {
  ename: string
  evalue: string
  frames: Frame[]
  /** How the next one in the list came of this one. */
  link: 'cause' | 'during' | null
}

const CELL = /^(?:Cell |Input )In\s?\[(\d+)\],?\s*(?:line (\d+))?(?:, in (.+?))?(?:\(\))?$/
const CELL_OLD = /^<ipython-input-(\d+)-[0-9a-f]+> in (.+)$/
const FILE = /^File (.+?)(?::(\d+)|, line (\d+))?(?:, in (.+))?$/
const FILE_OLD = /^(\/.+|[A-Z]:\\.+|~.+\.py) in (.+)$/
const CODE = /^(-{2,}>|\.{3}>)?\s*(\d+)(?:\s(.*))?$/

const topLevel = (name: string): boolean => /^<(?:module|cell line: ?\d+)>(?:\(\))?$/.test(name.trim())
const nameOf = (name: string | undefined): string => (!name || topLevel(name) ? '' : name.trim())

function headOf(text: string): Frame | null {
  let match = CELL.exec(text)
  if (match) return { file: '', count: Number(match[1]), line: match[2] ? Number(match[2]) : null, name: nameOf(match[3]), code: [] }
  match = CELL_OLD.exec(text)
  if (match) return { file: '', count: Number(match[1]), line: null, name: nameOf(match[2]), code: [] }
  match = FILE.exec(text)
  if (match) {
    const line = match[2] ?? match[3]
    const old = /^<ipython-input-(\d+)/.exec(match[1])
    return { file: old ? '' : match[1].replace(/^"|"$/g, ''), count: old ? Number(old[1]) : null, line: line ? Number(line) : null, name: nameOf(match[4]), code: [] }
  }
  match = FILE_OLD.exec(text)
  return match ? { file: match[1], count: null, line: null, name: nameOf(match[2]), code: [] } : null
}

/** Reads `lines` into frames; lines that are neither a frame's head nor its code are left out. */
function framesOf(lines: string[]): Frame[] {
  const frames: Frame[] = []
  let frame: Frame | null = null
  for (const line of lines) {
    const code = frame ? CODE.exec(line) : null
    if (frame && code) {
      const at = Boolean(code[1])
      frame.code.push({ number: Number(code[2]), text: code[3] ?? '', at })
      if (at) frame.line ??= Number(code[2])
      continue
    }
    if (frame?.line && frame.code.every(({ number }) => number === frame?.line || number === null) && /^ {4}\S| *\^/.test(line)) {
      // A syntax error has no frame: its one line stands there without a number.
      const caret = /^ *\^+ *$/.test(line)
      frame.code.push({ number: caret ? null : frame.line, text: line.slice(4), at: !caret })
      continue
    }
    const head = headOf(line.trim())
    if (head) frames.push((frame = head))
    else if (/^\[\.\.\. skipping/.test(line.trim())) frame = null
  }
  for (const found of frames) for (const line of found.code) if (found.line === line.number) line.at = true
  return frames
}

const LINKS: readonly (readonly [RegExp, 'cause' | 'during'])[] = [
  [/^The above exception was the direct cause of the following exception:/, 'cause'],
  [/^During handling of the above exception, another exception occurred:/, 'during'],
]

/** The last line of a part that says what was raised: `Name: value`. Qualified names too. */
function raisedOf(lines: string[], ename: string, evalue: string): { ename: string; evalue: string } {
  for (let at = lines.length - 1; at >= 0; at--) {
    const match = /^([A-Za-z_][\w.]*)(?:: ([\s\S]*))?$/.exec(lines[at])
    if (match && !/^(?:File|Cell|Traceback)$/.test(match[1])) return { ename: match[1], evalue: match[2] ?? '' }
  }
  return { ename, evalue }
}

/** The exceptions of a traceback, in the order they were raised; the last one is what ended the run. Null: not IPython's form. */
export function readTraceback(traceback: readonly string[], ename: string, evalue: string): Raised[] | null {
  const lines = plainText(traceback.join('\n')).split('\n')
  const parts: { lines: string[]; link: Raised['link'] }[] = [{ lines: [], link: null }]
  for (const line of lines) {
    const link = LINKS.find(([pattern]) => pattern.test(line.trim()))
    if (link) {
      parts[parts.length - 1].link = link[1]
      parts.push({ lines: [], link: null })
    } else parts[parts.length - 1].lines.push(line)
  }
  const raised = parts.map((part, at) => ({
    ...(at === parts.length - 1 ? { ename, evalue: evalue.replace(/ \(<ipython-input-[^)]*\)$/, '') } : raisedOf(part.lines, ename, '')),
    frames: framesOf(part.lines),
    link: part.link,
  }))
  return raised.some((one) => one.frames.length) ? raised : null
}

const LIBRARY = /(?:^|[/\\])(?:site-packages|dist-packages|lib[/\\]python[\d.]+)[/\\]/

/** The frames to show at once: the reader's own, and the innermost; libraries' fold away when there are many. */
export function folded(frames: readonly Frame[]): { frame: Frame; own: boolean }[] {
  return frames.map((frame, at) => ({ frame, own: at === frames.length - 1 || frame.count !== null || !LIBRARY.test(frame.file) }))
}
