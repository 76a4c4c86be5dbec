// Open prompts of input() and getpass: a field under the cell that asks. The first answer wins, from whichever page it comes.
import { effect, type ReadonlySignal, type Signal } from '@preact/signals'
import type { Prompt } from '../model/messages'
import { Refused } from '../sync/commands'
import type { Live } from '../sync/live'
import { newId } from '../sync/place'
import { t } from '../i18n'
import type { Surroundings } from './rendering'
import { tell } from './running'

/** What shows cells: the notebook's view, or a prompt's. */
export interface Asking {
  readonly live: Live
  readonly surroundings: Pick<Surroundings, 'toast'>
  readonly list: HTMLElement
  readonly mode: ReadonlySignal<'command' | 'edit'>
  /** Their order, whether all are there: the fields are placed anew when these change. */
  readonly order: ReadonlySignal<readonly string[]>
  readonly complete: ReadonlySignal<boolean>
  readonly moved: Signal<number>
  view(cell: string | null): { readonly body: HTMLElement } | null | undefined
  focusActive(): void
}

interface Field {
  form: HTMLFormElement
  input: HTMLInputElement
}

function fieldFor(view: Asking, prompt: Prompt): Field {
  const form = document.createElement('form')
  form.className = 'prompt'
  form.dataset.prompt = prompt.id
  const label = document.createElement('label')
  const words = document.createElement('span')
  words.textContent = prompt.prompt || t('prompt.label')
  const input = document.createElement('input')
  input.type = prompt.password ? 'password' : 'text'
  input.autocomplete = 'off'
  input.spellcheck = false
  input.autocapitalize = 'off'
  label.append(words, input)
  const send = document.createElement('button')
  send.className = 'b edge'
  send.textContent = t('prompt.send')
  form.append(label, send)
  if (prompt.password) {
    const note = document.createElement('small')
    note.textContent = t('prompt.password')
    form.append(note)
  }
  // One id for all tries: the server knows its own retry from another answer.
  const id = newId()
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    input.readOnly = send.disabled = true
    view.live.ask({ type: 'answer', prompt: prompt.id, text: input.value }, id).then(
      () => (input.value = ''),
      (problem: unknown) => {
        input.readOnly = send.disabled = false
        if (problem instanceof Refused && problem.code === 'conflict') view.surroundings.toast(t('prompt.answered'))
        else tell(view, problem)
      },
    )
  })
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') view.focusActive()
    event.stopPropagation()
  })
  return { form, input }
}

/** Keeps the fields in step with the prompts that are open. Those of no cell on the page stand at the end of `root`. */
export function showPrompts(view: Asking, root: HTMLElement): () => void {
  const fields = new Map<string, Field>()
  return effect(() => {
    const open = view.live.state.prompts.value
    view.order.value
    view.complete.value
    for (const [id, { form }] of fields)
      if (!open.some((prompt) => prompt.id === id)) {
        const had = form.contains(document.activeElement)
        form.remove()
        fields.delete(id)
        if (had) view.focusActive()
      }
    for (const prompt of open) {
      const fresh = !fields.has(prompt.id)
      const field = fields.get(prompt.id) ?? fieldFor(view, prompt)
      fields.set(prompt.id, field)
      const host = view.view(prompt.cell ?? null)?.body ?? root
      if (field.form.parentNode !== host) host.append(field.form)
      if (fresh && view.mode.peek() === 'command' && view.list.contains(document.activeElement)) field.input.focus({ preventScroll: true })
    }
    view.moved.value = view.moved.peek() + 1
  })
}
