// Under the outputs of a cell whose run was lost: what its kernel died of. The words come when they are first wanted.
import type { Run } from '../model/messages'

/** A person did that, and knows. */
const QUIET = ['stopped', 'restarted']

export function showFate(body: HTMLElement, run: Run | null | undefined): void {
  const held = body.querySelector<HTMLElement>(':scope > .fate')
  const cause = run?.state === 'lost' ? run.cause : null
  if (!run || !cause || QUIET.includes(cause.code)) return held?.remove()
  if (held?.dataset.run === run.id) return
  const fate = held ?? document.createElement('p')
  fate.className = 'fate'
  fate.dataset.run = run.id
  if (!held) body.append(fate)
  void import('../i18n/causes').then(({ tellCause }) => {
    const { head, text } = tellCause(cause)
    const bold = document.createElement('b')
    bold.textContent = head
    fate.replaceChildren(bold, ' ', text)
  })
}
