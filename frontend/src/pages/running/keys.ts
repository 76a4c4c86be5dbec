// Keys of the page of what runs: arrows between rows, Delete stops the row that has the focus.
import { everything, stop } from '../../shell/running'

const names = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('table.runs .nm2 > :is(a, span)')]

function step(by: number): void {
  const all = names()
  const row = document.activeElement?.closest('tr')
  const at = all.findIndex((name) => row?.contains(name))
  all[Math.max(0, Math.min(all.length - 1, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))]?.focus()
}

function act(key: string): boolean {
  if (key === 'ArrowDown' || key === 'ArrowUp') {
    step(key === 'ArrowDown' ? 1 : -1)
    return true
  }
  const process = document.activeElement?.closest<HTMLElement>('tr[data-process]')?.dataset.process
  const row = everything.value?.rows.find((one) => one.process === process)
  if (key !== 'Delete' || !row) return false
  void stop(row)
  return true
}

export function listenForKeys(): void {
  document.addEventListener('keydown', (event) => {
    const busy = event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open], [role=menu]')
    if (!busy && act(event.key)) event.preventDefault()
  })
}
