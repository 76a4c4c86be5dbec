// Questions. Only for what cannot be undone; a promise of the answer.
import { signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'

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

type Open =
  | { is: 'choice'; question: Question<unknown>; answer(value: unknown): void }
  | { is: 'text'; question: TextQuestion; answer(value: string | null): void }

const open = signal<Open | null>(null)

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

function leave(): void {
  const current = open.peek()
  if (!current) return
  open.value = null
  if (current.is === 'choice') current.answer(current.question.otherwise)
  else current.answer(null)
}

function answer(value: unknown): void {
  const current = open.peek()
  open.value = null
  if (current?.is === 'choice') current.answer(value)
  else if (current) current.answer(value as string | null)
}

function Choices({ question }: { question: Question<unknown> }) {
  return (
    <>
      {question.text && <p>{question.text}</p>}
      <div class="row">
        {question.choices.map(({ label, value, kind = 'edge' }) => (
          <button type="button" class={kind === 'plain' ? 'b' : `b ${kind}`} onClick={() => answer(value)}>
            {label}
          </button>
        ))}
        <span class="grow" />
        <button type="button" class="b" onClick={leave}>
          {question.leave ?? t('cancel')}
        </button>
      </div>
    </>
  )
}

function Text({ question }: { question: TextQuestion }) {
  const [problem, setProblem] = useState<string | null>(null)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    input.current?.focus()
    input.current?.setSelectionRange(0, question.marked ?? question.value?.length ?? 0)
  }, [])
  const done = (event: Event): void => {
    event.preventDefault()
    const text = input.current?.value.trim() ?? ''
    const wrong = question.wrong?.(text) ?? null
    if (wrong) setProblem(wrong)
    else answer(text)
  }
  return (
    <form onSubmit={done}>
      <label class="field">
        {question.label}
        <span class="in">
          <input ref={input} defaultValue={question.value ?? ''} autocomplete="off" spellcheck={false} aria-invalid={problem !== null} aria-describedby="dialog-wrong" />
        </span>
      </label>
      <p class="wrong" id="dialog-wrong" role="alert" hidden={!problem}>
        {problem}
      </p>
      <div class="row">
        <button class="b main">{question.action}</button>
        <span class="grow" />
        <button type="button" class="b" onClick={leave}>
          {t('cancel')}
        </button>
      </div>
    </form>
  )
}

/** Where questions are asked; once a page. */
export function Dialogs() {
  const element = useRef<HTMLDialogElement>(null)
  const current = open.value
  useEffect(() => {
    if (current && !element.current?.open) element.current?.showModal()
  }, [current])
  if (!current) return null
  return (
    <dialog ref={element} aria-labelledby="dialog-title" onClose={leave} onClick={(event) => event.target === element.current && leave()}>
      <h2 id="dialog-title">{current.question.title}</h2>
      {current.is === 'choice' ? <Choices question={current.question} /> : <Text question={current.question} />}
    </dialog>
  )
}
