// What happens to runs and prompts, said to screen readers.
import { formatDuration, t } from '../i18n'
import type { CellResults, Run } from '../model/messages'
import { isFailed } from '../sync/results'
import type { NotebookView } from './view'

/** What is worth saying of a run that has ended; empty for nothing, as of one that never began. */
export function sentence(run: Run, cell: number): string {
  if (cell < 1 || run.started == null) return ''
  if (isFailed(run)) return t('said.failed', { cell })
  if (run.state !== 'ok' || run.ended == null) return ''
  return t('said.finished', { cell, time: formatDuration(run.ended - run.started) })
}

const isOver = (run: Run | null | undefined): run is Run => !!run && run.state !== 'queued' && run.state !== 'running'

export function announce(view: NotebookView): () => void {
  const { results } = view.live.state
  /** Runs whose end was known before, or was said: a short one may be over when it is first heard of. */
  const over = new Set([...results.values()].flatMap(({ run }) => (isOver(run) ? [run.id] : [])))
  const say = (text: string): void => {
    if (text) view.surroundings.say(text)
  }
  const endResults = view.live.state.onResults((cell: string, { run }: CellResults) => {
    if (!isOver(run) || over.has(run.id)) return
    over.add(run.id)
    say(sentence(run, view.indexOf(cell) + 1))
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
