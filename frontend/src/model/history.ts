// Undo of what I did, across cells, one step a command. What is not in the document (outputs that I cleared) takes its place among
// the steps by `push`.
import * as Y from 'yjs'
import { MADE, MINE, type Author } from './edits'
import { cellsOf, markOf, metaOf, type Mark } from './schema'

export interface Step {
  undo(): void
  redo(): void
}

/** Typing within this time (ms) is one step. */
const TYPING = 500

const inDocument = Symbol('a step of the document')
type Entry = Step | typeof inDocument

export class History {
  /** Yjs' own manager; its `stack-item-*` events carry selections. Never call its `undo` and `redo`. */
  readonly manager: Y.UndoManager
  private readonly done: Entry[] = []
  private readonly undone: Entry[] = []

  constructor(private readonly author: Author) {
    // With remote changes of a map respected, undoing a write that somebody else made too would take the key out altogether.
    this.manager = new Y.UndoManager([cellsOf(author.doc), metaOf(author.doc)], {
      trackedOrigins: new Set([MINE]),
      captureTimeout: TYPING,
      ignoreRemoteMapChanges: true,
    })
    this.manager.on('stack-item-added', ({ type, origin }) => {
      if (origin === this.manager) return
      if (type === 'undo') this.done.push(inDocument)
      this.undone.length = 0
    })
  }

  get canUndo(): boolean {
    return this.done.length > 0
  }

  get canRedo(): boolean {
    return this.undone.length > 0
  }

  /** From here on, typing is a new step. */
  stop(): void {
    this.manager.stopCapturing()
  }

  /** All that `change` does is one step. */
  command<T>(change: () => T): T {
    this.stop()
    this.manager.captureTimeout = Infinity
    try {
      return change()
    } finally {
      this.manager.captureTimeout = TYPING
      this.stop()
    }
  }

  /** A step that was done just now outside the document. */
  push(step: Step): void {
    this.stop()
    this.done.push(step)
    this.undone.length = 0
    this.manager.clear(false, true)
  }

  undo(): boolean {
    return this.back(this.done, this.undone, 'undo')
  }

  redo(): boolean {
    return this.back(this.undone, this.done, 'redo')
  }

  clear(): void {
    this.done.length = this.undone.length = 0
    this.manager.clear()
  }

  destroy(): void {
    this.manager.destroy()
  }

  private back(from: Entry[], to: Entry[], way: 'undo' | 'redo'): boolean {
    const entry = from.pop()
    if (entry === undefined) return false
    this.stop()
    if (entry !== inDocument) {
      entry[way]()
      to.push(entry)
      return true
    }
    const stack = way === 'undo' ? this.manager.undoStack : this.manager.redoStack
    if (this.manager[way]()) to.push(entry)
    // Yjs passes over steps that change nothing any more; ours go with them.
    for (let extra = from.filter((e) => e === inDocument).length - stack.length; extra > 0; extra--) from.splice(from.lastIndexOf(inDocument), 1)
    if (way === 'undo') this.nameUndone()
    return true
  }

  /** A cell of mine that undo hid is told from one that is just being made, which the server shows when its maker goes away. */
  private nameUndone(): void {
    const { doc, now } = this.author
    doc.transact(() => {
      for (const cell of cellsOf(doc).values()) {
        const mark = markOf(cell)
        if (mark?.by === 'new' && mark.client === doc.clientID)
          cell.set('deleted', JSON.stringify({ by: 'undo', at: now(), client: doc.clientID } satisfies Mark))
      }
    }, MADE)
  }
}
