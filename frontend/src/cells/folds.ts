// Sections folded under their headings. Mine, and kept by this browser: neither the file nor the others see them.
import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { recall, remember } from './keeping'
import type { NotebookView } from './view'

export interface Section {
  folded: boolean
  /** Cells in it. */
  cells: number
}

/** Sections by heading cell, and the cells that are hidden with the folded heading that hides them. `levelOf`: null for no heading. Pure. */
export function sectionsOf(
  order: readonly string[],
  levelOf: (cell: string) => number | null,
  folded: ReadonlySet<string>,
): { sections: Map<string, Section>; hidden: Map<string, string> } {
  const sections = new Map<string, Section>()
  const hidden = new Map<string, string>()
  const open: { section: Section; level: number }[] = []
  let fold: { cell: string; level: number } | null = null
  for (const cell of order) {
    const level = levelOf(cell)
    if (level !== null) while (open.length && open[open.length - 1].level >= level) open.pop()
    for (const { section } of open) section.cells++
    if (fold && level !== null && level <= fold.level) fold = null
    if (fold) hidden.set(cell, fold.cell)
    if (level === null) continue
    const section = { folded: folded.has(cell), cells: 0 }
    sections.set(cell, section)
    open.push({ section, level })
    if (section.folded) fold ??= { cell, level }
  }
  for (const [cell, { cells }] of sections) if (!cells) sections.delete(cell)
  return { sections, hidden }
}

export class Folds {
  private readonly folded: Signal<ReadonlySet<string>>
  private readonly found: ReadonlySignal<ReturnType<typeof sectionsOf>>
  /** The cells that are not folded away, in order. */
  readonly visible: ReadonlySignal<readonly string[]>
  private shut = new Set<string>()
  private readonly end: () => void

  constructor(private readonly view: NotebookView) {
    this.folded = signal(new Set(recall(this.name, '').split(' ').filter(Boolean)))
    this.found = computed(() => {
      view.outlined.value
      return sectionsOf(view.order.value, (cell) => view.levelOf(cell), this.folded.value)
    })
    this.visible = computed(() => {
      const { hidden } = this.found.value
      return hidden.size ? view.order.value.filter((cell) => !hidden.has(cell)) : view.order.value
    })
    this.end = effect(() => this.show())
  }

  section(cell: string): Section | undefined {
    return this.found.peek().sections.get(cell)
  }

  fold(cell: string, folded: boolean): void {
    if (!this.section(cell) || this.folded.peek().has(cell) === folded) return
    const next = new Set(this.folded.peek())
    if (folded) next.add(cell)
    else next.delete(cell)
    this.keep(next)
  }

  foldAll(folded: boolean): void {
    this.keep(new Set(folded ? this.found.peek().sections.keys() : []))
  }

  /** Opens whatever hides this cell. */
  reveal(cell: string): void {
    for (let by = this.hiding(cell); by !== undefined; by = this.hiding(cell)) this.fold(by, false)
  }

  /** The folded heading that hides this cell. */
  hiding(cell: string): string | undefined {
    return this.found.peek().hidden.get(cell)
  }

  dispose(): void {
    this.end()
  }

  private get name(): string {
    return `folds ${this.view.author.name} ${this.view.live.state.document.peek()}`
  }

  private keep(next: ReadonlySet<string>): void {
    this.folded.value = next
    remember(this.name, [...next].join(' '))
  }

  private show(): void {
    const { hidden } = this.found.value
    this.view.complete.value
    for (const cell of this.shut) if (!hidden.has(cell)) this.view.view(cell)?.setShut(false)
    for (const cell of hidden.keys()) this.view.view(cell)?.setShut(true)
    this.shut = new Set(hidden.keys())
    this.view.eachView((one) => one.type === 'markdown' && one.updateMargin())
    this.view.moved.value = this.view.moved.peek() + 1
  }
}

/** Left: folds the section of the active heading; elsewhere goes up to the heading above. Right: opens it, or goes on to the next heading. */
export function sideways(view: NotebookView, by: -1 | 1): void {
  const cell = view.active.peek()
  if (cell === null) return
  const section = view.folds.section(cell)
  if (section && section.folded === by > 0) return view.folds.fold(cell, by < 0)
  const order = view.folds.visible.peek()
  for (let at = order.indexOf(cell) + by; at >= 0 && at < order.length; at += by)
    if (view.levelOf(order[at]) !== null) {
      view.select({ active: order[at], anchor: order[at] })
      return view.focusActive()
    }
}

export function foldAll(view: NotebookView, folded: boolean): void {
  const cell = view.active.peek()
  const around = folded && cell !== null ? view.order.peek().slice(0, view.indexOf(cell) + 1) : []
  view.folds.foldAll(folded)
  const hiding = cell === null ? undefined : view.folds.hiding(cell)
  if (hiding && around.includes(hiding)) view.select({ active: hiding, anchor: hiding })
  view.focusActive()
}
