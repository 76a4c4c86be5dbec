// What happens to runs and prompts, said to screen readers.
import { formatDuration, t } from '../i18n'
import type { CellResults, Run } from '../model/messages'
import { isFailed } from '../sync/results'
import type { NotebookView } from './view'

/** What is worth saying about a run that was `before`; empty for nothing. */
export function sentence(before: Run | null | undefined, after: Run | null | undefined, cell: number): string {
  if (!after || cell < 1 || before?.id !== after.id || before.state !== 'running') return ''
  if (isFailed(after)) return t('said.failed', { cell })
  if (after.state !== 'ok' || after.started == null || after.ended == null) return ''
  return t('said.finished', { cell, time: formatDuration(after.ended - after.started) })
}

export function announce(view: NotebookView): () => void {
  const last = new Map<string, Run | null | undefined>()
  const say = (text: string): void => {
    if (text) view.surroundings.say(text)
  }
  const endResults = view.live.state.onResults((cell: string, { run }: CellResults) => {
    const before = last.get(cell)
    last.set(cell, run)
    if (before?.state !== run?.state) say(sentence(before, run, view.indexOf(cell) + 1))
  })
  const known = new Set<string>()
  const endPrompts = view.live.state.prompts.subscribe((prompts) => {
    for (const { id, cell } of prompts)
      if (!known.has(id)) {
        known.add(id)
        const at = view.indexOf(cell ?? null) + 1
        if (at) say(t('said.asks', { cell: at }))
      }
  })
  return () => {
    endResults()
    endPrompts()
  }
}
