// Markdown to nodes: markdown-it (the grammar of its Python twin), formulas taken out before it sees them, then html.ts.
import MarkdownIt from 'markdown-it'
import type { OutputContext } from './context'
import { readHtml, sanitise, type Sources } from './html'
import { headingName } from './links'
import { mathElement, setMathSoon, splitMath, type Piece } from './math'

const markdown = new MarkdownIt({ html: true, linkify: true, breaks: false })

// A formula stands as one private character and its number while markdown-it works: it has no meaning there.
const MARK = '\ue000'
const MARKED = /\ue000(\d+)\ue001/

/** Code spans and fenced blocks are no place for formulas. */
const CODE = /(^|\n)( {0,3})(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:\n {0,3}\3[`~]*[ \t]*(?=\n|$)|$)|(`+)(?!`)(?:[\s\S]*?[^`])?\4(?!`)/g

function takeMath(source: string): { text: string; formulas: Extract<Piece, { is: 'math' }>[] } {
  const formulas: Extract<Piece, { is: 'math' }>[] = []
  const outside = (text: string): string =>
    splitMath(text)
      .map((piece) => (piece.is === 'text' ? piece.text : `${MARK}${formulas.push(piece) - 1}\ue001`))
      .join('')
  let text = ''
  let from = 0
  for (const match of source.matchAll(CODE)) {
    text += outside(source.slice(from, match.index)) + match[0]
    from = match.index + match[0].length
  }
  return { text: text + outside(source.slice(from)), formulas }
}

function putMath(root: DocumentFragment, formulas: Extract<Piece, { is: 'math' }>[]): void {
  if (!formulas.length) return
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const texts: Text[] = []
  while (walker.nextNode()) if ((walker.currentNode as Text).data.includes(MARK)) texts.push(walker.currentNode as Text)
  for (const text of texts) {
    const parts = text.data.split(MARKED)
    text.replaceWith(
      ...parts.map((part, at) => {
        const formula = at % 2 ? formulas[Number(part)] : undefined
        return formula ? mathElement(formula.tex, formula.display, formula.source) : document.createTextNode(part)
      }),
    )
  }
}

/** `- [x] done`, as GitHub and Jupyter show it. */
function task(item: HTMLElement): void {
  const text = (item.firstElementChild?.localName === 'p' && !item.firstChild?.textContent?.trim() ? item.firstElementChild : item).firstChild
  const found = text instanceof Text ? /^\s*\[([ xX])\]\s/.exec(text.data) : null
  if (!found || !(text instanceof Text)) return
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.disabled = true
  box.checked = found[1] !== ' '
  box.setAttribute('aria-label', item.textContent?.slice(found[0].length).trim().slice(0, 80) ?? '')
  text.data = text.data.slice(found[0].length)
  text.before(box)
  item.classList.add('task')
}

export interface MarkdownOptions extends Sources {
  /** Colours a code block's text in place. */
  highlight?(code: HTMLElement, language: string): void
}

/** Renders `source` as nodes. Headings have the id `h:<name>`, which links of the notebook mean by `#<name>`. */
export function markdownNodes(source: string, options: MarkdownOptions): DocumentFragment {
  const { text, formulas } = takeMath(source.replace(/[\ue000\ue001]/g, ''))
  const fragment = sanitise(readHtml(markdown.render(text)), options)
  for (const named of fragment.querySelectorAll('[id]')) named.id = `h:${named.id}`
  for (const heading of fragment.querySelectorAll<HTMLElement>('h1, h2, h3, h4, h5, h6')) heading.id ||= `h:${headingName(heading.textContent ?? '')}`
  for (const code of fragment.querySelectorAll<HTMLElement>('pre > code')) {
    ;(code.parentElement as HTMLElement).tabIndex = 0
    const language = /\blanguage-(\S+)/.exec(code.className)?.[1] ?? ''
    if (language) options.highlight?.(code, language)
  }
  for (const item of fragment.querySelectorAll('li')) task(item)
  for (const table of fragment.querySelectorAll('table')) table.classList.add('df')
  putMath(fragment, formulas)
  return fragment
}

/** Renders `source` into `host`, which has the class `md`; formulas are set when they near the viewport. */
export function renderMarkdown(host: HTMLElement, source: string, options: MarkdownOptions): void {
  host.replaceChildren(markdownNodes(source, options))
  setMathSoon(host)
}

export function markdownView(source: string, context: OutputContext): HTMLElement {
  const host = document.createElement('div')
  host.className = 'md'
  renderMarkdown(host, source, context)
  return host
}
