// Brings a line of a cell between the head of the page and what covers its foot.
import { lineBox } from '../cells/gutter'
import type { NotebookView } from '../cells/view'

const ROOM = 48

/** Where the page is free: below the head, above the colophon or the sheet of the debugger. */
function free(): { top: number; bottom: number } {
  const head = document.querySelector('.head')?.getBoundingClientRect().bottom ?? 0
  const side = document.querySelector<HTMLElement>('.debug-side')
  const box = side?.getBoundingClientRect()
  const covered = side && box && getComputedStyle(side).position === 'fixed' ? box.top : innerHeight - 40
  return { top: head, bottom: covered }
}

export function reveal(view: NotebookView, cell: string, line: number): void {
  view.folds.reveal(cell)
  const one = view.view(cell)
  const code = one?.body.querySelector<HTMLElement>(':scope > .code')
  if (!one || !code) return
  one.enrich()
  const { top, height } = lineBox(code)
  const y = code.getBoundingClientRect().top + top + (Math.max(1, line) - 1) * height
  const { top: above, bottom: below } = free()
  const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'
  if (y >= above + ROOM && y + height <= below - ROOM) return
  scrollBy({ top: y - (above + (below - above) / 3), behavior })
}
