// Running: the page only asks; what comes of it comes back as results. Text cells are shown rendered, code cells go to the queue.
import { cellOf, typeOf, type CellId } from '../model/schema'
import { Refused } from '../sync/commands'
import { newId } from '../sync/place'
import { said, t } from '../i18n'
import { insert } from './editing'
import type { Surroundings } from './rendering'
import { only } from './selection'
import type { NotebookView } from './view'

/** Tells a refusal in a line. */
export function tell(view: { readonly surroundings: Pick<Surroundings, 'toast'> }, problem: unknown): void {
  if (!(problem instanceof Refused)) throw problem
  const text =
    problem.code === 'offline' ? t('run.offline') : problem.code === 'unknown-outcome' ? t('run.unknown') : [problem.message, problem.hint].filter(Boolean).map(said).join(' ')
  view.surroundings.toast(text)
}

const isCode = (view: NotebookView, id: CellId): boolean => typeOf(cellOf(view.doc, id)) === 'code'

/** Runs the code cells among these, in order, and renders the text cells. */
export function runCells(view: NotebookView, ids: readonly CellId[]): void {
  view.history.stop()
  for (const id of ids) {
    const one = view.view(id)
    if (one?.type === 'markdown' && one.editor) view.shut(one)
  }
  const cells = ids.filter((id) => isCode(view, id))
  if (!cells.length) return
  view.live.ask({ type: 'runCells', cells }).then(
    ({ dropped }) => dropped && view.surroundings.toast(t('run.dropped', { n: dropped })),
    (problem: unknown) => tell(view, problem),
  )
}

export function runSelected(view: NotebookView, then: 'stay' | 'next' | 'insert'): void {
  const ids = view.selectedCells.peek()
  if (!ids.length) return
  runCells(view, ids)
  if (then === 'stay') {
    if (view.mode.peek() === 'edit') view.leave()
    return
  }
  const order = view.order.peek()
  const last = order.indexOf(ids[ids.length - 1])
  view.leave(false)
  if (then === 'insert') {
    view.select(only(order[last]))
    return view.edit(insert(view, 'below'))
  }
  if (last + 1 < order.length) {
    view.select(only(order[last + 1]))
    return view.focusActive()
  }
  view.select(only(order[last]))
  view.edit(insert(view, 'below'))
}

export function runWhere(view: NotebookView, which: 'all' | 'above' | 'below'): void {
  const order = view.order.peek()
  const at = Math.max(0, view.indexOf(view.active.peek()))
  runCells(view, which === 'all' ? order : which === 'above' ? order.slice(0, at) : order.slice(at))
}

/** The selected text, or the line of the caret, as code of its own. */
export function runText(view: NotebookView): void {
  const one = view.activeView
  const code = one?.editor?.selectedOrLine()
  if (!one || one.type !== 'code' || !code?.trim()) return
  view.live.ask({ type: 'runCells', cells: [one.id], code }).catch((problem: unknown) => tell(view, problem))
}

export function interrupt(view: NotebookView): void {
  view.live.ask({ type: 'interrupt' }).catch((problem: unknown) => tell(view, problem))
}

/** Takes waiting cells out of the queue: the selected ones, or all. */
export function dropQueued(view: NotebookView, which: 'selected' | 'all'): void {
  const cells = new Set(view.selectedCells.peek())
  const waiting = view.live.state.queue.peek().filter((run) => run.state === 'queued' && (which === 'all' || cells.has(run.cell)))
  if (!waiting.length) return
  view.live.ask({ type: 'drop', runs: which === 'all' ? null : waiting.map((run) => run.id) }).catch((problem: unknown) => tell(view, problem))
}

/** Stop as a person means it: a waiting cell leaves the queue, else the kernel is interrupted. */
export function stopCell(view: NotebookView, id: CellId): void {
  const waiting = view.live.state.queue.peek().filter((run) => run.cell === id && run.state === 'queued')
  if (!waiting.length) return interrupt(view)
  view.live.ask({ type: 'drop', runs: waiting.map((run) => run.id) }).catch((problem: unknown) => tell(view, problem))
}

/** Asks first when something runs: variables are lost. `andRun`: then all code cells run in the new kernel. */
export async function restart(view: NotebookView, andRun = false): Promise<void> {
  const { state } = view.live.state.kernel.peek()
  if (state === 'busy' || view.live.state.queue.peek().length) {
    const title = t('restart.ask')
    if (!(await view.surroundings.confirm({ title, text: t('restart.why'), yes: t('restart'), no: t('restart.keep') }))) return
  }
  const run = andRun ? view.order.peek().filter((id) => isCode(view, id)) : null
  await view.live.ask({ type: 'restart', run }).catch((problem: unknown) => tell(view, problem))
}

/** Empties outputs; one step for undo, which brings back what this command emptied. */
export async function clearOutputs(view: NotebookView, which: 'selected' | 'all'): Promise<void> {
  const cells = which === 'all' ? null : view.selectedCells.peek().filter((id) => isCode(view, id))
  if (cells && !cells.length) return
  const ask = (command: Parameters<typeof view.live.ask>[0], id?: string): Promise<unknown> =>
    view.live.ask(command, id).catch((problem: unknown) => tell(view, problem))
  let id = newId()
  await ask({ type: 'clear', cells }, id)
  view.history.push({
    undo: () => void ask({ type: 'unclear', cleared: id }),
    redo: () => {
      id = newId()
      void ask({ type: 'clear', cells }, id)
    },
  })
}

export async function save(view: NotebookView): Promise<void> {
  await view.live.ask({ type: 'save' }).then(
    () => view.surroundings.toast(t('save.done')),
    (problem: unknown) => tell(view, problem),
  )
}
