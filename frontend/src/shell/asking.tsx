// How questions are asked: a dialog, fetched with the first.
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { answer, leave, open, type Question, type TextQuestion } from './dialogs'

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

/** Where questions are asked. */
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
