// Is what stands at the prompt all of what is meant? For Python this page knows, by the habits of IPython; for others the kernel is asked.
// Pure.

export type Verdict = 'complete' | 'incomplete' | 'ask'

/** How far a scan of Python came: open brackets, an open triple quote, a backslash at the end. */
interface Scan {
  depth: number
  quote: string
  /** The last line goes on by a backslash. */
  joined: boolean
  /** Of each line that is code: where it begins in the text, whether inside a bracket or string, and its code without comment. */
  lines: { text: string; inside: boolean }[]
}

const QUOTE = /^[rbufRBUF]{0,2}("""|'''|"|')/

/** Strings may not be closed in their line; a plain one then ends there (the kernel will say what is wrong with it). */
function scan(code: string): Scan {
  const found: Scan = { depth: 0, quote: '', joined: false, lines: [] }
  for (const line of code.split('\n')) {
    const inside = found.depth > 0 || found.quote !== '' || found.joined
    let text = ''
    let at = 0
    found.joined = false
    while (at < line.length) {
      if (found.quote) {
        const escaped = line[at] === '\\'
        if (!escaped && line.startsWith(found.quote, at)) {
          at += found.quote.length
          found.quote = ''
          text += 'q'
        } else at += escaped ? 2 : 1
        continue
      }
      const here = line[at]
      if (here === '#') break
      const opened = /\w/.test(line[at - 1] ?? '') ? null : QUOTE.exec(line.slice(at))
      const quote = opened?.[1] ?? (here === '"' || here === "'" ? here : '')
      if (quote) {
        at += opened ? opened[0].length : 1
        if (quote.length === 3) {
          found.quote = quote
          continue
        }
        while (at < line.length && line[at] !== quote) at += line[at] === '\\' ? 2 : 1
        if (at >= line.length && line.endsWith('\\')) found.joined = true
        at++
        text += 'q'
        continue
      }
      if ('([{'.includes(here)) found.depth++
      else if (')]}'.includes(here)) found.depth = Math.max(0, found.depth - 1)
      else if (here === '\\' && at === line.length - 1) found.joined = true
      text += here
      at++
    }
    found.lines.push({ text, inside })
  }
  return found
}

const isBlank = (line: string): boolean => !line.trim()

/** What IPython makes of a line before Python sees it: a shell line, a magic, a question. */
const isSpecial = (line: string): boolean => /^\s*[!%?]/.test(line) || /\?\s*$/.test(line)

/** A block goes on until an empty line; so does a cell magic. */
function judgePython(code: string): Verdict {
  const lines = code.split('\n')
  const first = lines.find((line) => !isBlank(line)) ?? ''
  const last = lines[lines.length - 1]
  const ended = lines.length > 1 && isBlank(last)
  if (/^\s*%%/.test(first)) return ended || /\?\s*$/.test(first) ? 'complete' : 'incomplete'
  if (lines.filter((line) => !isBlank(line)).length === 1 && isSpecial(first)) return /\\\s*$/.test(first) ? 'incomplete' : 'complete'
  const { depth, quote, joined, lines: scanned } = scan(code)
  if (depth > 0 || quote || joined) return 'incomplete'
  const starts = scanned.filter(({ text, inside }) => !inside && !isBlank(text))
  const statement = starts[starts.length - 1]?.text ?? ''
  if (/^\s*@/.test(statement)) return 'incomplete'
  const end = scanned.findLast(({ text }) => !isBlank(text))?.text ?? ''
  if (/:\s*$/.test(end)) return 'incomplete'
  if (ended) return 'complete'
  return /^\s/.test(statement) ? 'incomplete' : 'complete'
}

/** Whether Enter at the caret runs `code`: it does not in the middle of it. */
export function judge(code: string, caret: number, language: string): Verdict {
  const after = code.slice(caret)
  if (after.includes('\n') && !isBlank(after)) return 'incomplete'
  // Between brackets that closed by themselves one is writing a list, line by line.
  if (/[([{,]\s*$/.test(code.slice(0, caret)) && /^\s*[)\]}]/.test(after) && isListed(code.slice(0, caret))) return 'incomplete'
  return language === 'python' ? judgePython(code) : 'ask'
}

/** An opening bracket with something before it to be listed after: `f(|)` runs, `[|]` and `f(1,|)` go on. */
const isListed = (before: string): boolean => /,\s*$/.test(before) || /(^|[=([{,:]\s*|\b(?:return|in)\s+)[([{]\s*$/.test(before)

/** Without a kernel that could say: open brackets go on. */
export function judgeBlind(code: string): 'complete' | 'incomplete' {
  let depth = 0
  for (const sign of code) {
    if ('([{'.includes(sign)) depth++
    else if (')]}'.includes(sign)) depth--
  }
  return depth > 0 ? 'incomplete' : 'complete'
}
