// The console: what was evaluated in a frame and what came of it, and what log points wrote, in the order in which it came.
import { effect, signal, type Signal } from '@preact/signals'
import type { Evaluated, Said } from '../model/messages'
import type { SessionState } from '../sync/session'

export interface Entry {
  n: number
  is: 'code' | 'value' | 'error' | 'said'
  text: string
  /** Of a log point. */
  breakpoint: string
  /** A rich form, by mime type. */
  data: Readonly<Record<string, string>>
}

const MOST = 500

export class Console {
  readonly entries: Signal<readonly Entry[]> = signal([])
  /** What was evaluated, the newest last. */
  readonly earlier: string[] = []
  private seen = new WeakSet<Said>()
  private last = 0
  private readonly end: () => void

  constructor(state: SessionState) {
    this.end = effect(() => this.follow(state.said.value))
  }

  dispose(): void {
    this.end()
  }

  clear(): void {
    this.entries.value = []
  }

  code(text: string): void {
    if (this.earlier.at(-1) !== text) this.earlier.push(text)
    this.put([{ is: 'code', text }])
  }

  answer({ value, data = {} }: Evaluated): void {
    if (value.error) this.put([{ is: 'error', text: value.value }])
    else if (value.type !== 'NoneType' || Object.keys(data).length) this.put([{ is: 'value', text: value.value, data }])
  }

  private follow(said: readonly Said[]): void {
    if (!said.length) {
      // The server tells them again: they would stand here twice.
      const kept = this.entries.peek().filter(({ is }) => is !== 'said')
      if (kept.length !== this.entries.peek().length) this.entries.value = kept
      return
    }
    const fresh = said.filter((line) => !this.seen.has(line))
    for (const line of fresh) this.seen.add(line)
    if (fresh.length) this.put(fresh.map(({ text, breakpoint = '' }) => ({ is: 'said', text, breakpoint })))
  }

  private put(entries: readonly (Pick<Entry, 'is' | 'text'> & Partial<Entry>)[]): void {
    const made = entries.map((entry): Entry => ({ breakpoint: '', data: {}, ...entry, n: ++this.last }))
    this.entries.value = [...this.entries.peek(), ...made].slice(-MOST)
  }
}
