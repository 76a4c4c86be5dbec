// Static code: the same parser and the same classes as in the editor, but no editor. Imports nothing of CodeMirror.
import type { Parser } from '@lezer/common'
import { highlightCode, tagHighlighter, tags } from '@lezer/highlight'
import { parser } from '@lezer/python'
import { modeOf } from './languages'

/** Classes by tag, for static code and editor alike. k keyword · s string · n number · c comment · d defined name. */
export const classes = tagHighlighter([
  {
    tag: [tags.keyword, tags.controlKeyword, tags.moduleKeyword, tags.operatorKeyword, tags.definitionKeyword, tags.self],
    class: 'k',
  },
  { tag: [tags.string, tags.special(tags.string), tags.escape], class: 's' },
  { tag: [tags.number, tags.bool, tags.null], class: 'n' },
  { tag: tags.comment, class: 'c' },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className)], class: 'd' },
  { tag: tags.heading, class: 'h' },
  { tag: tags.strong, class: 'b-strong' },
  { tag: tags.emphasis, class: 'b-em' },
  { tag: [tags.link, tags.url], class: 'u' },
  { tag: tags.monospace, class: 's' },
])

/** Lines as the editor makes them: `div.cm-line`, an empty one with a `br`, in a box that scrolls sideways. */
class Lines {
  readonly box = document.createElement('div')
  private line = this.next()

  constructor() {
    this.box.className = 'lines'
  }

  private next(): HTMLElement {
    const line = document.createElement('div')
    line.className = 'cm-line'
    this.box.append(line)
    return line
  }

  put(text: string, className: string): void {
    if (!className) return this.line.append(text)
    const span = document.createElement('span')
    span.className = className
    span.textContent = text
    this.line.append(span)
  }

  end(): void {
    if (!this.line.firstChild) this.line.append(document.createElement('br'))
  }

  break(): void {
    this.end()
    this.line = this.next()
  }
}

/** Uncoloured lines: for what is far from the screen, and for languages without a parser. */
export function plainCode(code: string): HTMLElement {
  const lines = new Lines()
  code.split('\n').forEach((text, at) => {
    if (at) lines.break()
    if (text) lines.put(text, '')
  })
  lines.end()
  return lines.box
}

const parsers = new Map<string, Parser>([['python', parser]])

/** From now on code in that mode is coloured. */
export function learnMode(mode: string, parser: Parser): void {
  parsers.set(mode, parser)
}

export function staticCode(code: string, language: string): HTMLElement {
  const known = parsers.get(modeOf(language))
  if (!known) return plainCode(code)
  const lines = new Lines()
  highlightCode(code, known.parse(code), classes, (text, names) => lines.put(text, names), () => lines.break())
  lines.end()
  return lines.box
}

/** Colours the text of an element in place: code blocks of Markdown. */
export function colour(host: HTMLElement, language: string): void {
  if (!/^(python3?|py|ipython3?|pycon)$/i.test(language)) return
  const code = host.textContent ?? ''
  const coloured = document.createDocumentFragment()
  const put = (text: string, names: string): void => {
    const span = document.createElement('span')
    span.className = names
    span.textContent = text
    coloured.append(names ? span : text)
  }
  highlightCode(code, parser.parse(code), classes, put, () => coloured.append('\n'))
  host.replaceChildren(coloured)
}
