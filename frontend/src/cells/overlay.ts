// What floats over the cells: one toolbar for the active cell, one add-line between two cells under the pointer. They live outside the
// cells, whose content-visibility would clip them.
import { effect } from '@preact/signals'
import { t } from '../i18n'
import { button } from './controls'
import * as editing from './editing'
import * as running from './running'
import type { NotebookView } from './view'

/** Half the height, in pixels, of the strip round a gap in which the add-line shows. */
const GAP = 9

function placeAt(element: HTMLElement, top: number): void {
  const wanted = `${Math.round(top)}px`
  if (element.style.top !== wanted) element.style.top = wanted
}

/** Run or Stop, type, up, down, delete: over the active cell's upper right corner. */
export function toolbar(view: NotebookView, root: HTMLElement): { element: HTMLElement; dispose(): void } {
  const bar = document.createElement('div')
  bar.className = 'acts opt'
  bar.role = 'toolbar'
  bar.ariaLabel = t('cell.tools')
  const run = button({ icon: 'run', label: t('run'), shown: true, press: () => running.runSelected(view, 'stay') })
  const stop = button({ icon: 'stop', label: t('stop'), shown: true, press: () => running.stopCell(view, view.active.peek() ?? '') })
  const type = document.createElement('select')
  type.className = 'b'
  type.ariaLabel = t('cell.type')
  for (const [value, label] of [['code', t('code')], ['markdown', t('text')], ['raw', t('raw')]]) type.add(new Option(label, value))
  type.addEventListener('change', () => {
    editing.retype(view, type.value as 'code' | 'markdown' | 'raw')
    view.focusActive()
  })
  const up = button({ icon: 'up', label: t('cell.moveUp'), press: () => editing.move(view, -1) })
  const down = button({ icon: 'dn', label: t('cell.moveDown'), press: () => editing.move(view, 1) })
  const remove = button({ icon: 'trash', label: t('cell.delete'), press: () => editing.remove(view) })
  bar.append(run, stop, type, up, down, remove)

  const place = (): void => {
    const one = view.activeView
    bar.hidden = !one
    if (!one) return
    const box = one.body.getBoundingClientRect()
    const around = root.getBoundingClientRect()
    placeAt(bar, box.top - around.top + 2)
    bar.style.right = `${Math.round(around.right - box.right + 2)}px`
  }
  const end = effect(() => {
    view.moved.value
    view.mode.value
    const id = view.active.value
    const queue = view.live.state.queue.value
    const order = view.order.value
    const one = view.view(id)
    const busy = queue.some((entry) => entry.cell === id) || one?.results.run?.state === 'running'
    run.hidden = busy || one?.type === 'raw'
    stop.hidden = !busy
    type.value = one && ['code', 'markdown', 'raw'].includes(one.type) ? one.type : 'code'
    const at = id === null ? -1 : order.indexOf(id)
    up.disabled = at <= 0
    down.disabled = at >= order.length - 1
    requestAnimationFrame(place)
  })
  const resized = new ResizeObserver(place)
  resized.observe(root)
  return {
    element: bar,
    dispose() {
      end()
      resized.disconnect()
      bar.remove()
    },
  }
}

function addButtons(add: (type: string) => void): HTMLElement {
  const line = document.createElement('div')
  line.className = 'plus'
  line.role = 'group'
  line.ariaLabel = t('cell.addHere')
  line.append(
    button({ icon: 'plus', label: t('code'), shown: true, press: () => add('code') }),
    button({ icon: 'plus', label: t('text'), shown: true, press: () => add('markdown') }),
  )
  return line
}

/** The line at the end of the notebook, always there. */
export function lastLine(view: NotebookView): HTMLElement {
  const line = addButtons((type) => {
    const [id] = editing.insertAfter(view, view.order.peek().at(-1) ?? null, [{ type, source: '' }])
    view.edit(id)
  })
  line.classList.add('last')
  return line
}

/** The line between two cells, where the pointer is. Keys add cells otherwise (A, B). */
export function addLine(view: NotebookView, root: HTMLElement): { element: HTMLElement; dispose(): void } {
  let after: string | null = null
  const line = addButtons((type) => {
    const [id] = editing.insertAfter(view, after, [{ type, source: '' }])
    line.hidden = true
    view.edit(id)
  })
  line.classList.add('between')
  line.hidden = true
  // Keyboards have A and B: the line would be two tab stops at every gap.
  for (const one of line.querySelectorAll('button')) one.tabIndex = -1
  const look = (event: PointerEvent): void => {
    if (event.pointerType === 'touch' || line.contains(event.target as Node)) return
    const cell = view.viewOf(event.target)?.element
    const box = cell?.getBoundingClientRect()
    const below = box && box.bottom - event.clientY < GAP
    const above = box && event.clientY - box.top < GAP
    const before = cell && (below ? cell : above ? cell.previousElementSibling : null)
    if (!cell || !box || (!below && !above)) return void (line.hidden = true)
    after = (before as HTMLElement | null)?.dataset.cellId ?? null
    if (below && !cell.nextElementSibling) return void (line.hidden = true)
    placeAt(line, (below ? box.bottom : box.top) - root.getBoundingClientRect().top)
    line.hidden = false
  }
  const hide = (): void => void (line.hidden = true)
  root.addEventListener('pointermove', look)
  root.addEventListener('pointerleave', hide)
  return {
    element: line,
    dispose() {
      root.removeEventListener('pointermove', look)
      root.removeEventListener('pointerleave', hide)
      line.remove()
    },
  }
}

/** Shown instead of cells. */
export function blankSheet(view: NotebookView): { element: HTMLElement; dispose(): void } {
  const sheet = document.createElement('div')
  sheet.className = 'empty blank'
  const title = document.createElement('h2')
  title.textContent = t('notebook.blank')
  const text = document.createElement('p')
  text.textContent = t('notebook.blank.text')
  const add = (type: string) => (): void => view.edit(editing.insertAfter(view, null, [{ type, source: '' }])[0])
  sheet.append(
    title,
    text,
    button({ icon: 'plus', label: t('code'), shown: true, className: 'b main', press: add('code') }),
    ' ',
    button({ icon: 'plus', label: t('text'), shown: true, className: 'b edge', press: add('markdown') }),
  )
  const end = effect(() => void (sheet.hidden = view.order.value.length > 0))
  return {
    element: sheet,
    dispose() {
      end()
      sheet.remove()
    },
  }
}
