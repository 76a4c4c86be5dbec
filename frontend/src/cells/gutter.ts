// The strip left of the lines of a code cell, where breakpoints are set: which line a pointer means there, and a mark that shows it. What a
// click does is the page's to say. On touch screens the strip is live where line numbers are shown: elsewhere it is too narrow to be meant.
import type { CellView } from './cell'
import type { NotebookView } from './view'

/** Left of the text of a line, in pixels, where there are no numbers. */
const STRIP = 14

export interface GutterPlace {
  cell: string
  /** From 1. */
  line: number
  x: number
  y: number
  touch: boolean
}

export interface GutterUse {
  /** The pointer is over the strip: what is needed may be fetched. */
  near(): void
  press(place: GutterPlace): void
  /** The right button, or a long press. */
  more(place: GutterPlace): void
}

const linesIn = (text: string): number => text.split('\n').length

/** Height of a line of code, and how far the first one is from the box's top. */
export function lineBox(code: HTMLElement): { top: number; height: number } {
  const style = getComputedStyle(code)
  return { top: parseFloat(style.paddingTop), height: parseFloat(style.lineHeight) || 21 }
}

export function gutter(current: () => NotebookView | null, root: HTMLElement, use: GutterUse): () => void {
  const hint = document.createElement('i')
  hint.className = 'break-hint'
  hint.ariaHidden = 'true'
  let touched = false
  const stop = new AbortController()
  const options = { capture: true, signal: stop.signal }

  const widthOf = (one: CellView): number => (one.numbered ? (one.body.querySelector<HTMLElement>('.cm-gutters')?.offsetWidth ?? STRIP + 28) + STRIP - 4 : STRIP)

  const placeOf = ({ target, clientX, clientY }: MouseEvent): { one: CellView; place: GutterPlace } | null => {
    const code = target instanceof Element ? target.closest<HTMLElement>('.code') : null
    const one = code && current()?.viewOf(code)
    if (!code || !one || one.type !== 'code' || code.parentElement !== one.body || (touched && !one.numbered)) return null
    const box = code.getBoundingClientRect()
    if (clientX - box.left > widthOf(one)) return null
    const { top, height } = lineBox(code)
    const line = Math.floor((clientY - box.top - top) / height) + 1
    if (line < 1 || line > linesIn(one.text)) return null
    return { one, place: { cell: one.id, line, x: box.left, y: box.top + top + (line - 1) * height, touch: touched } }
  }
  const take = (event: MouseEvent, act?: (place: GutterPlace) => void): void => {
    const found = placeOf(event)
    if (!found || event.shiftKey) return
    event.preventDefault()
    event.stopPropagation()
    act?.(found.place)
  }

  root.addEventListener('pointerdown', ({ pointerType }) => void (touched = pointerType === 'touch'), options)
  root.addEventListener('mousedown', (event) => event.button === 0 && take(event), options)
  root.addEventListener('click', (event) => take(event, (place) => use.press(place)), options)
  root.addEventListener('contextmenu', (event) => take(event, (place) => use.more(place)), options)
  root.addEventListener(
    'pointermove',
    (event) => {
      const found = event.pointerType === 'mouse' && !event.buttons ? placeOf(event) : null
      root.classList.toggle('in-gutter', found !== null)
      if (!found) return hint.remove()
      use.near()
      hint.style.top = `${found.place.y - found.one.body.getBoundingClientRect().top}px`
      if (hint.parentElement !== found.one.body) found.one.body.append(hint)
    },
    { signal: stop.signal },
  )
  root.addEventListener('pointerleave', () => hint.remove(), { signal: stop.signal })
  return () => {
    stop.abort()
    hint.remove()
  }
}
