// Questions, which asking.tsx draws. Only for what cannot be undone; a promise of the answer.
import { signal } from '@preact/signals'

export interface Choice<T> {
  label: string
  value: T
  kind?: 'main' | 'edge' | 'plain'
}

export interface Question<T> {
  title: string
  text?: string
  choices: readonly Choice<T>[]
  /** What leaving the dialog means, and the word for it. */
  otherwise: T
  leave?: string
}

export interface TextQuestion {
  title: string
  label: string
  value?: string
  /** How much of the value is marked, from its start. */
  marked?: number
  action: string
  /** A sentence when the text will not do, else nothing. */
  wrong?(text: string): string | null
}

export type Open =
  | { is: 'choice'; question: Question<unknown>; answer(value: unknown): void }
  | { is: 'text'; question: TextQuestion; answer(value: string | null): void }

export const open = signal<Open | null>(null)

/** Asks; a second question waits for no one: it answers the first as if it had been left. */
export function choose<T>(question: Question<T>): Promise<T> {
  leave()
  return new Promise((resolve) => {
    open.value = { is: 'choice', question: question as Question<unknown>, answer: (value) => resolve(value as T) }
  })
}

export const confirm = (title: string, text: string, action: string, leave?: string): Promise<boolean> =>
  choose({ title, text, choices: [{ label: action, value: true, kind: 'main' }], otherwise: false, leave })

/** Asks for a line of text; null when it was left. */
export function askText(question: TextQuestion): Promise<string | null> {
  leave()
  return new Promise((resolve) => {
    open.value = { is: 'text', question, answer: resolve }
  })
}

export function leave(): void {
  const current = open.peek()
  if (!current) return
  open.value = null
  if (current.is === 'choice') current.answer(current.question.otherwise)
  else current.answer(null)
}

export function answer(value: unknown): void {
  const current = open.peek()
  open.value = null
  if (current?.is === 'choice') current.answer(value)
  else if (current) current.answer(value as string | null)
}
