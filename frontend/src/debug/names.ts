// The kernel's variables while nothing is stopped: asked for when the panel is open and the kernel has become free; tables by the page.
import { signal, type Signal } from '@preact/signals'
import type { Name, Table } from '../model/messages'
import type { Asker } from './asking'

const MOST = 200
export const TABLE_ROWS = 50
export const TABLE_COLUMNS = 20

export interface OpenTable {
  name: string
  table: Table
}

export class Names {
  readonly names: Signal<readonly Name[]> = signal([])
  readonly total = signal(0)
  readonly busy = signal(false)
  readonly asked = signal(false)
  readonly filter = signal('')
  readonly table: Signal<OpenTable | null> = signal(null)
  private turn = 0

  constructor(private readonly ask: Asker) {}

  async refresh(): Promise<void> {
    const turn = ++this.turn
    const filter = this.filter.peek()
    const found = (await this.ask({ type: 'debugNames', count: MOST, filter }, true))?.shown?.names
    if (turn !== this.turn) return
    this.asked.value = true
    this.busy.value = found?.busy ?? false
    if (!found || found.busy) return
    this.names.value = found.names ?? []
    this.total.value = found.total ?? 0
  }

  async more(): Promise<void> {
    const turn = ++this.turn
    const start = this.names.peek().length
    const found = (await this.ask({ type: 'debugNames', start, count: MOST, filter: this.filter.peek() }))?.shown?.names
    if (!found || turn !== this.turn) return
    this.names.value = [...this.names.peek(), ...(found.names ?? [])]
    this.total.value = found.total ?? this.total.peek()
  }

  forget(): void {
    this.turn++
    this.names.value = []
    this.total.value = 0
    this.asked.value = false
    this.table.value = null
  }

  async openTable(name: string, start = 0, left = 0): Promise<void> {
    const table = (await this.ask({ type: 'debugTable', name, start, count: TABLE_ROWS, left, columns: TABLE_COLUMNS }))?.shown?.table
    if (table) this.table.value = { name, table }
  }
}
