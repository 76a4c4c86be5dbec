// Line numbers: of one cell, or of all. Mine: this browser keeps the wish for all.
import { recall, remember } from './keeping'
import type { NotebookView } from './view'

export class Numbers {
  private all = recall('line numbers', '') !== ''
  private readonly own = new Map<string, boolean>()

  constructor(private readonly view: NotebookView) {}

  of(cell: string): boolean {
    return this.own.get(cell) ?? this.all
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
