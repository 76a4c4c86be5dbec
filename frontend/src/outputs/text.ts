// Text as programs print it: one node a line, so that a stream grows and its tail is cut without touching the rest.
import { formatBytes, t } from '../i18n'
import type { Output, OutputOp } from '../model/messages'
import { parse, PLAIN, splitLinks, type Colour, type Span, type Style } from './ansi'
import { wholeTextUrl, type OutputContext } from './context'

function paint(element: HTMLElement, style: Style): void {
  const names: string[] = []
  if (style.bold) names.push('a1')
  if (style.faint) names.push('a2')
  if (style.italic) names.push('a3')
  if (style.underline) names.push('a4')
  if (style.strike) names.push('a9')
  const [fg, bg]: [Colour | null, Colour | null] = style.inverse ? [style.bg, style.fg] : [style.fg, style.bg]
  if (typeof fg === 'number') names.push(`f${fg}`)
  else if (fg !== null) ink(element, fg, bg === null)
  else if (style.inverse) names.push('fi')
  if (typeof bg === 'number') names.push(`b${bg}`)
  else if (bg !== null) element.style.backgroundColor = bg
  else if (style.inverse) names.push('bi')
  element.className = names.join(' ')
}

/** The program's colour; on our paper only as light or dark as can be read (browsers that cannot compute it keep the colour). */
function ink(element: HTMLElement, colour: string, onPaper: boolean): void {
  element.style.color = colour
  if (onPaper) element.style.color = `light-dark(oklch(from ${colour} min(l, .52) c h), oklch(from ${colour} max(l, .74) c h))`
}

function anchor(href: string, text: string): HTMLAnchorElement {
  const link = document.createElement('a')
  link.href = href
  link.target = '_blank'
  link.rel = 'noopener noreferrer'
  link.textContent = text
  return link
}

function spanNodes({ text, style }: Span): Node[] {
  let nodes: Node[]
  if (style?.href) nodes = [anchor(style.href, text)]
  else nodes = splitLinks(text).map((part, at) => (at % 2 ? anchor(part, part) : document.createTextNode(part)))
  if (!style) return nodes
  const element = document.createElement('span')
  paint(element, style)
  element.append(...nodes)
  return [element]
}

/** One line as one node. */
function lineNode(line: string, style: Style): { node: Node; style: Style } {
  const parsed = parse(line, style)
  const nodes = parsed.spans.flatMap(spanNodes)
  if (nodes.length === 1) return { node: nodes[0], style: parsed.style }
  const element = document.createElement('span')
  element.append(...nodes)
  return { node: element, style: parsed.style }
}

/** So many lines stand in one box: text that grows at its end is laid out anew in the last box only. */
const PART = 50

function newPart(): HTMLElement {
  const part = document.createElement('span')
  part.className = 'part'
  return part
}

/** Text that grows: `write` replaces what stands after the last line feed. */
export class Lines {
  readonly element = document.createElement('pre')
  private part = newPart()
  /** Finished lines, and how many of them stand in the last box. */
  private count = 0
  private inPart = 0
  /** The style at the start of the last, open line. */
  private style: Style = PLAIN
  private open: Node | null = null

  constructor(text: string) {
    this.element.append(this.part)
    this.write(text)
  }

  write(text: string): void {
    this.open?.parentNode?.removeChild(this.open)
    this.open = null
    let added = document.createDocumentFragment()
    let from = 0
    for (let feed = text.indexOf('\n'); feed >= 0; feed = text.indexOf('\n', from)) {
      if (this.inPart === PART) {
        this.part.append(added)
        added = document.createDocumentFragment()
        this.next()
      }
      const line = lineNode(text.slice(from, feed + 1), this.style)
      this.style = line.style
      added.append(line.node)
      this.inPart++
      this.count++
      from = feed + 1
    }
    if (from < text.length) {
      this.open = lineNode(text.slice(from), this.style).node
      added.append(this.open)
    }
    this.part.append(added)
  }

  private next(): void {
    this.part = newPart()
    this.inPart = 0
    this.element.append(this.part)
  }

  get lines(): number {
    return this.count + (this.open ? 1 : 0)
  }

  /** Takes whole lines from the front. */
  drop(lines: number): void {
    for (; lines > 0 && this.count > 0; lines--) {
      const part = this.element.firstElementChild
      if (!part) return
      if (!part.firstChild && part !== this.part) {
        part.remove()
        lines++
        continue
      }
      part.firstChild?.remove()
      this.count--
      if (part === this.part) this.inPart--
    }
  }
}

/** A block of finished text, with its colours and links. */
export function textBlock(text: string): HTMLElement {
  return new Lines(text).element
}

/** Streams longer than this scroll by themselves, so that what stands below stays near. */
const LONG = 100

/** A stream: all of it, or its head and tail with a line between that offers the rest. */
export class StreamView {
  readonly element = document.createElement('div')
  private readonly head: Lines
  private tail: Lines | null = null
  private cut: HTMLElement | null = null
  private whole = false
  private long = false
  private atEnd = true
  private frame = 0

  constructor(
    output: Output,
    private readonly context: OutputContext,
    private readonly index: number,
  ) {
    this.element.className = output.name === 'stderr' ? 'stream stderr' : 'stream'
    this.head = new Lines(output.text ?? '')
    this.element.append(this.head.element)
    if (output.omitted) this.divide(output.omitted, output.tail ?? '')
    this.measure()
  }

  /** A `line` op; true when it could be applied in place. */
  line(op: OutputOp): boolean {
    if (this.whole || (op.omitted && !this.tail)) return false
    const growing = this.tail ?? this.head
    growing.write(op.text ?? '')
    if (this.tail && op.dropped) this.tail.drop(op.dropped)
    if (op.omitted) this.say(op.omitted)
    if (!this.long) this.measure()
    if (this.long && this.atEnd) this.follow()
    return true
  }

  /** Makes it scroll by itself when it has become long. */
  private measure(): void {
    const lines = this.head.lines + (this.tail?.lines ?? 0)
    if (lines <= LONG) return
    const { element } = this
    this.long = true
    element.classList.add('long')
    element.tabIndex = 0
    element.setAttribute('role', 'group')
    element.setAttribute('aria-label', t('out.text'))
    element.addEventListener('scroll', () => (this.atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 8), { passive: true })
  }

  /** One who reads the end goes on reading the end. Once a frame, when the layout is made anyway. */
  private follow(): void {
    if (this.frame) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      this.element.scrollTop = this.element.scrollHeight
    })
  }

  private divide(omitted: NonNullable<Output['omitted']>, tail: string): void {
    this.cut = document.createElement('p')
    this.cut.className = 'cut'
    this.tail = new Lines(tail)
    this.say(omitted)
    this.element.append(this.cut, this.tail.element)
  }

  private say(omitted: NonNullable<Output['omitted']>): void {
    if (!this.cut) return
    const words = document.createElement('span')
    words.textContent = t('out.omitted', { n: omitted.lines, size: formatBytes(omitted.bytes) })
    const held = this.cut.querySelector('button')
    this.cut.replaceChildren(words, held ?? this.button())
  }

  private button(): HTMLElement {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'b'
    button.textContent = t('out.all')
    button.addEventListener('click', () => void this.showAll(button))
    return button
  }

  private async showAll(button: HTMLButtonElement): Promise<void> {
    button.disabled = true
    button.textContent = t('out.all.busy')
    try {
      const answer = await fetch(wholeTextUrl(this.context, this.index))
      if (!answer.ok) throw new Error(String(answer.status))
      const text = await answer.text()
      this.whole = true
      this.element.replaceChildren(textBlock(text))
    } catch {
      button.disabled = false
      button.textContent = t('out.all.failed')
    }
  }
}
