// One output as an element. What cannot be shown says so in its own place; nothing here throws into the page.
import { formatBytes, t } from '../i18n'
import type { Output } from '../model/messages'
import { textOf, type OutputContext } from './context'
import { frameView } from './frame'
import { imageView } from './image'
import { mathElement, setMathSoon, splitMath } from './math'
import { choose, type Choice } from './mime'
import { textBlock } from './text'

type View = HTMLElement | Promise<HTMLElement>

export function words(className: 'said' | 'broken', text: string): HTMLElement {
  const element = document.createElement('p')
  element.className = className
  element.textContent = text
  return element
}

export const brokenView = (problem: unknown): HTMLElement =>
  words('broken', t('out.broken', { why: problem instanceof Error ? problem.message : String(problem) }))

const group = (...elements: HTMLElement[]): HTMLElement => {
  const box = document.createElement('div')
  box.append(...elements)
  return box
}

/** What scripts would do waits for the reader's word; the rest is shown. */
function still(safe: HTMLElement | null, mime: string, context: OutputContext, index: number): HTMLElement {
  const note = words('said', t('out.scripts'))
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'b edge'
  button.textContent = t('out.scripts.run')
  note.append(' ', button)
  const box = safe ? group(safe, note) : group(note)
  button.addEventListener('click', () => box.replaceChildren(frameView(context, index, mime)))
  return box
}

async function htmlOf(output: Output, mime: string, context: OutputContext, index: number): Promise<HTMLElement> {
  const [html, { readHtml, htmlView }] = await Promise.all([textOf(output, mime, context), import('./html')])
  const read = readHtml(html)
  if (!read.script) return htmlView(read, context)
  return output.own ? frameView(context, index, mime) : still(htmlView(read, context), mime, context, index)
}

function latexView(source: string): HTMLElement {
  const box = document.createElement('div')
  box.className = 'md'
  const pieces = splitMath(source)
  const bare = !pieces.some((piece) => piece.is === 'math')
  box.append(
    ...(bare
      ? [mathElement(source.trim(), true, source)]
      : pieces.map((piece) => (piece.is === 'math' ? mathElement(piece.tex, piece.display, piece.source) : document.createTextNode(piece.text)))),
  )
  setMathSoon(box)
  return box
}

function displayView(output: Output, choice: Choice, context: OutputContext, index: number): View {
  const { mime, kind } = choice
  switch (kind) {
    case 'image':
    case 'svg':
      return imageView(output, mime, context)
    case 'html':
      return htmlOf(output, mime, context, index)
    case 'markdown':
      return Promise.all([textOf(output, mime, context), import('./markdown')]).then(([source, { markdownView }]) => markdownView(source, context))
    case 'latex':
      return textOf(output, mime, context).then(latexView)
    case 'json':
      return jsonOf(output, mime, context)
    case 'script':
      return output.own ? frameView(context, index, mime) : still(textForm(output), mime, context, index)
    case 'text':
      return textOf(output, mime, context).then(textBlock)
  }
}

/** What the server keeps apart comes as text, the rest as it is. */
async function jsonOf(output: Output, mime: string, context: OutputContext): Promise<HTMLElement> {
  const value = output.data?.[mime]
  const [text, { jsonView }] = await Promise.all([textOf(output, mime, context), import('./json')])
  try {
    return jsonView(JSON.parse(text))
  } catch {
    return jsonView(value)
  }
}

function textForm(output: Output): HTMLElement | null {
  const text = output.data?.['text/plain']
  return typeof text === 'string' ? textBlock(text) : null
}

/** The element for an output that is no stream. Text that is at hand comes at once, the rest when it can be painted. */
export function outputView(output: Output, context: OutputContext, index: number): View {
  if (output.outputType === 'error') return import('./error').then(({ errorView }) => errorView(output, context))
  if (output.outputType === 'gap') return words('said', t('out.gap', { n: output.messages ?? 0, size: formatBytes(output.bytes ?? 0) }))
  const choice = choose(output.data ?? {})
  if (!choice) return group()
  const text = choice.kind === 'text' ? output.data?.[choice.mime] : null
  const view = typeof text === 'string' ? textBlock(text) : displayView(output, choice, context, index)
  const { unknown } = choice
  if (!unknown) return view
  const note = words('said', unknown === choice.mime ? t('out.unknown.none', { type: unknown }) : t('out.unknown', { type: unknown }))
  return view instanceof Promise ? view.then((made) => group(note, made)) : group(note, view)
}

/** The form by which tests and styles know what is shown. */
export function shownMime(output: Output): string {
  if (output.outputType === 'stream' || output.outputType === 'error' || output.outputType === 'gap') return ''
  return choose(output.data ?? {})?.mime ?? ''
}
