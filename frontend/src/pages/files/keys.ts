// Keys of the files page: arrows between rows, F2, Delete, Backspace for the folder above, Ctrl A.
import { page } from '../../shell/page'
import { encoded, parentOf } from './listing'
import * as state from './state'

const links = (): HTMLAnchorElement[] => [...document.querySelectorAll<HTMLAnchorElement>('#list .nm a')]

function step(by: number): void {
  const all = links()
  const row = document.activeElement?.closest('tr')
  const at = all.findIndex((link) => row?.contains(link))
  all[Math.max(0, Math.min(all.length - 1, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))]?.focus()
}

/** The selection, or the row that has the focus. */
function meant() {
  if (state.chosen.value.length) return state.chosen.value
  const path = document.activeElement?.closest<HTMLElement>('tr[data-path]')?.dataset.path
  return state.shown.value.filter((entry) => entry.path === path)
}

function act(event: KeyboardEvent): boolean {
  const [first] = meant()
  switch (event.key) {
    case 'ArrowDown':
      step(1)
      return true
    case 'ArrowUp':
      step(-1)
      return true
    case 'Home':
      step(-Infinity)
      return true
    case 'End':
      step(Infinity)
      return true
    case 'F2':
      if (first) void state.rename(first)
      return Boolean(first)
    case 'Delete':
      if (first) void state.remove(meant())
      return Boolean(first)
    case 'Backspace':
      if (state.folder) location.assign(page().base + (parentOf(state.folder) ? `f/${encoded(parentOf(state.folder))}` : ''))
      return Boolean(state.folder)
    case 'Escape':
      state.selectAll(false)
      return true
    case ' ': {
      const path = document.activeElement?.closest<HTMLElement>('tr[data-path]')?.dataset.path
      if (!path || !(document.activeElement instanceof HTMLAnchorElement)) return false
      state.toggle(path)
      return true
    }
    default:
      return false
  }
}

export function listenForKeys(): void {
  addEventListener('keydown', (event) => {
    const target = event.target as Element
    if (event.defaultPrevented || event.isComposing || target.closest('dialog, .menu, input:not([type=checkbox]), textarea')) return
    const modified = event.ctrlKey || event.metaKey
    if (modified && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'a') {
      state.selectAll(true)
      event.preventDefault()
    } else if (!modified && !event.altKey && !event.shiftKey && act(event)) event.preventDefault()
  })
}
