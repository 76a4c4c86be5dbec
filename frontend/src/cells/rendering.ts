// What the cells need from the page round them: where outputs stand, asking, telling.
import type { OutputContext } from '../outputs/context'

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
  /** Tells screen readers, when they are done with what they say. */
  say(text: string): void
  /** A question before something that cannot be taken back. */
  confirm(question: { title: string; text: string; yes: string; no: string }): Promise<boolean>
}

export type { OutputContext }
