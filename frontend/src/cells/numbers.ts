// Line numbers: of one cell, or of all. Mine: this browser keeps the wish for all.
import { recall, remember } from './keeping'
import type { NotebookView } from './view'

export class Numbers {
  private all = recall('line numbers', '') !== ''
  private readonly own = new Map<string, boolean>()
  /** Where lines are spoken of by their numbers. */
  private readonly needed = new Set<string>()

  constructor(private readonly view: NotebookView) {}

  of(cell: string): boolean {
    return this.needed.has(cell) || (this.own.get(cell) ?? this.all)
  }

  need(cell: string, on: boolean): void {
    if (on === this.needed.has(cell)) return
    if (on) this.needed.add(cell)
    else this.needed.delete(cell)
    this.view.view(cell)?.showNumbers()
  }

  /** All of them on if one was off. */
  toggle(cells: readonly string[]): void {
    const on = !cells.every((cell) => this.of(cell))
    for (const cell of cells) {
      this.own.set(cell, on)
      this.view.view(cell)?.showNumbers()
    }
  }

  toggleAll(): void {
    this.all = !this.all
    remember('line numbers', this.all ? 'on' : '')
    this.own.clear()
    this.view.eachView((one) => one.showNumbers())
  }
}
