// What the cells need from the page round them: where outputs stand, asking, telling.
import type { OutputContext } from '../outputs/context'
import { only } from './selection'
import type { NotebookView } from './view'

type OutputsModule = typeof import('../outputs/outputs')
type MarkdownModule = typeof import('../outputs/markdown')
export type { MarkdownModule, OutputsModule }

export interface Surroundings {
  /** The page's base path, with slashes around it. */
  base: string
  /** Folder of the notebook, for relative addresses; '' is the root. */
  folder(): string
  /** For the editor's style element. */
  nonce: string
  /** A line, gone after a while; `undo` is offered as Undo. */
  toast(text: string, undo?: () => void): void
  /** Opens the debugger at the error of a run. */
  inspect?(cell: string, run: string): void
  /** Tells screen readers, when they are done with what they say. */
  say(text: string): void
  /** A question before something that cannot be taken back. */
  confirm(question: { title: string; text: string; yes: string; no: string }): Promise<boolean>
}

/** What the outputs of a cell need to know; `run` made them. */
export function contextOf(view: NotebookView, cell: string, run: string): OutputContext {
  const { base, folder, inspect } = view.surroundings
  return {
    base,
    document: view.live.state.document.peek(),
    cell,
    run,
    folder: folder(),
    inspect: inspect && run ? () => inspect(cell, run) : undefined,
    cellOf: (count) => {
      for (const [id, { count: ran }] of view.live.state.results) if (ran === count && view.indexOf(id) >= 0) return { id, number: view.indexOf(id) + 1 }
      return null
    },
    showCell: (id) => {
      if (view.indexOf(id) < 0) return
      view.select(only(id))
      view.focusActive()
    },
  }
}
