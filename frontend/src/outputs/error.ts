// An error as a list of frames: where, in what, the code around; the text that Python printed is one click away.
import { t } from '../i18n'
import { icon } from '../icons/icons'
import type { Output } from '../model/messages'
import { plainText } from './ansi'
import type { OutputContext } from './context'
import { textBlock } from './text'
import { folded, readTraceback, type Frame, type Raised } from './traceback'

function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', text = ''): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text) element.textContent = text
  return element
}

function button(text: string, act: () => void): HTMLButtonElement {
  const element = make('button', 'b', text)
  element.type = 'button'
  element.addEventListener('click', act)
  return element
}

function title(ename: string, evalue: string): HTMLElement {
  const heading = make('p', 'raised')
  heading.append(make('code', '', ename))
  if (evalue) heading.append(': ', plainText(evalue))
  return heading
}

function place(frame: Frame, context: OutputContext): HTMLElement {
  const cell = frame.count === null ? null : (context.cellOf?.(frame.count) ?? null)
  const file = frame.count === null ? frame.file : cell ? (cell.name ?? t('out.frame.cell', { n: cell.number })) : t('out.frame.cellplain')
  const words = frame.name ? t('out.frame.in', { where: file, name: frame.name }) : file
  const show = context.showCell
  if (!cell || !show) return make('span', 'where', words)
  const link = make('a', 'where', words)
  link.href = `#${cell.id}`
  link.addEventListener('click', (event) => {
    event.preventDefault()
    show(cell.id, frame.line ?? 1)
  })
  return link
}

function code(frame: Frame): HTMLElement | null {
  if (!frame.code.length) return null
  const block = make('pre')
  block.tabIndex = 0
  frame.code.forEach((line, at) => {
    const row = make(line.at ? 'mark' : 'span')
    row.append(make('span', 'no', line.number === null ? '' : String(line.number)), line.text)
    if (!line.at && at < frame.code.length - 1) row.append('\n')
    block.append(row)
  })
  return block
}

function row(frame: Frame, context: OutputContext): HTMLElement {
  const item = make('li')
  item.append(place(frame, context))
  if (frame.line !== null) item.append(make('span', 'at muted tn', t('out.frame.line', { line: frame.line })))
  const around = code(frame)
  if (around) item.append(around)
  return item
}

/** Frames of libraries fold away until asked for. */
function frames(raised: Raised, context: OutputContext): HTMLElement {
  const list = make('ol')
  let hidden: HTMLElement[] = []
  const close = (): void => {
    if (!hidden.length) return
    const rows = hidden
    const item = make('li')
    item.append(
      button(t('out.hidden', { n: rows.length }), () => {
        item.replaceWith(...rows)
      }),
    )
    list.append(item)
    hidden = []
  }
  for (const { frame, own } of folded(raised.frames)) {
    const made = row(frame, context)
    if (own) {
      close()
      list.append(made)
    } else hidden.push(made)
  }
  close()
  list.lastElementChild?.classList.add('at')
  return list
}

export function errorView(output: Output, context: OutputContext): HTMLElement {
  const { ename = '', evalue = '', traceback = [] } = output
  const box = make('div', 'tb')
  const chain = readTraceback(traceback, ename, evalue)
  const readable = make('div')
  if (chain) {
    for (const raised of chain) {
      readable.append(title(raised.ename, raised.evalue), frames(raised, context))
      if (raised.link) readable.append(make('p', 'said', t(raised.link === 'cause' ? 'out.cause' : 'out.during')))
    }
  } else {
    readable.append(title(ename, evalue))
    if (traceback.length) readable.append(plain(traceback))
  }
  box.append(readable)
  if (!chain) return box
  const actions = make('div', 'acts2')
  if (context.inspect) {
    const inspect = button('', context.inspect)
    inspect.classList.add('err', 'inspect')
    inspect.append(icon('bug'), t('debug.inspect'))
    actions.append(inspect)
  }
  const toggle = button(t('out.plain'), () => {
    const now = readable.hidden
    readable.hidden = !now
    if (now) box.querySelector('.plain')?.remove()
    else box.insertBefore(plain(traceback), actions)
    toggle.textContent = t(now ? 'out.plain' : 'out.frames')
  })
  actions.append(toggle)
  box.append(actions)
  return box
}

function plain(traceback: readonly string[]): HTMLElement {
  const block = textBlock(traceback.join('\n'))
  block.classList.add('plain')
  return block
}
