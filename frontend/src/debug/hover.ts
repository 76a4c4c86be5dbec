// Rest on a name in the code of the frame that is looked at: its value. Nothing is called: only names and attributes are looked at.
import type { CellView } from '../cells/cell'
import type { NotebookView } from '../cells/view'
import { paint } from '../cells/painting'
import type { Value } from '../model/messages'
import type { Debugger } from './debugger'
import { expressionAt } from './model'

const REST = 350

interface Found {
  expression: string
  x: number
  y: number
}

/** The name under the pointer, by where the text stands on the page. */
function found(one: CellView, event: MouseEvent): Found | null {
  const at = document.caretPositionFromPoint?.(event.clientX, event.clientY)
  const line = at?.offsetNode.parentElement?.closest<HTMLElement>('.cm-line')
  if (!at || !line || !one.body.contains(line) || !(at.offsetNode instanceof Text) || at.offsetNode.parentElement?.closest('.s, .c, .iv')) return null
  const before = document.createRange()
  before.setStart(line, 0)
  before.setEnd(at.offsetNode, at.offset)
  const expression = expressionAt(line.textContent ?? '', before.toString().length)
  const word = document.createRange()
  word.setStart(at.offsetNode, Math.max(0, at.offset - 1))
  word.setEnd(at.offsetNode, Math.min(at.offsetNode.length, at.offset + 1))
  const box = word.getBoundingClientRect()
  // The caret's place is the nearest one: beside the text there is nothing under the pointer.
  if (!expression || event.clientX < box.left - 6 || event.clientX > box.right + 6) return null
  return { expression, x: event.clientX, y: box.bottom }
}

function tip({ expression, x, y }: Found, { value, type = '', shape = '', error }: Value): HTMLElement {
  const box = document.createElement('div')
  box.className = 'debug-tip'
  box.role = 'tooltip'
  const text = document.createElement('code')
  text.textContent = value
  if (error) text.className = 'bad'
  const kind = document.createElement('small')
  kind.textContent = [expression, shape || type].filter(Boolean).join(' · ')
  box.append(text, kind)
  box.style.left = `${Math.min(x, innerWidth - 260)}px`
  box.style.top = `${y + 6}px`
  return box
}

export function hover(view: NotebookView, debug: Debugger): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let shown: HTMLElement | null = null
  const stop = new AbortController()
  const hide = (): void => {
    clearTimeout(timer)
    shown?.remove()
    shown = null
    paint('debug-hover', [])
  }
  const ask = async (place: Found): Promise<void> => {
    const { look } = debug
    const [number, frame] = [look.picture.peek().number ?? 0, look.frame.peek()?.id ?? 0]
    const answer = await debug.ask({ type: 'debugEvaluate', stop: number, frame, code: place.expression, hover: true }, true)
    const value = answer?.shown?.evaluated?.value
    if (!value || value.error || look.picture.peek().number !== number) return
    hide()
    shown = tip(place, value)
    shown.addEventListener('pointerleave', hide)
    document.body.append(shown)
  }
  view.list.addEventListener(
    'pointermove',
    (event) => {
      clearTimeout(timer)
      const one = view.viewOf(event.target)
      const at = debug.look.frame.peek()?.at
      if (event.pointerType !== 'mouse' || event.buttons || !one || at?.cell !== one.id || !debug.look.picture.peek().number) return hide()
      timer = setTimeout(() => {
        const place = found(one, event)
        if (place) void ask(place)
        else hide()
      }, REST)
    },
    { signal: stop.signal },
  )
  view.list.addEventListener('pointerleave', (event) => (event.relatedTarget instanceof Node && shown?.contains(event.relatedTarget)) || hide(), { signal: stop.signal })
  document.addEventListener('keydown', hide, { signal: stop.signal })
  document.addEventListener('scroll', hide, { signal: stop.signal, capture: true })
  return () => {
    hide()
    stop.abort()
  }
}
