// Every command of the cells, once: what it is called, its keys, and what it does. Keys, key sheet and command list read this table.
import type { Key } from '../i18n'
import * as editing from './editing'
import { foldAll, sideways } from './folds'
import { openPackages } from './offering'
import * as running from './running'
import type { NotebookView } from './view'

export type Group = 'run' | 'debug' | 'cells' | 'edit' | 'move' | 'kernel' | 'notebook'

export interface Command {
  id: string
  group: Group
  title: Extract<Key, `command.${string}`>
  /** In command mode: a cell has the focus. Two keys with a blank between are a chord. */
  keys?: readonly string[]
  /** While writing in a cell. */
  editKeys?: readonly string[]
  /** Left out of the command list: only a way to move. */
  quiet?: boolean
  /** Also while a control of the shell has the focus. */
  anywhere?: boolean
  /** Its keys are the browser's own while this does not hold. */
  keysWhile?(): boolean
  run(view: NotebookView): unknown
}

const headings: Command[] = [1, 2, 3, 4, 5, 6].map((level) => ({
  id: `heading-${level}`,
  group: 'cells',
  title: `command.heading${level as 1 | 2 | 3 | 4 | 5 | 6}`,
  keys: [String(level)],
  run: (view) => editing.heading(view, level),
}))

export const COMMANDS: readonly Command[] = [
  // Run
  { id: 'run-next', group: 'run', title: 'command.runNext', keys: ['Shift-Enter'], editKeys: ['Shift-Enter'], run: (view) => running.runSelected(view, 'next') },
  { id: 'run', group: 'run', title: 'command.run', keys: ['Ctrl-Enter', 'Mod-Enter'], editKeys: ['Ctrl-Enter', 'Mod-Enter'], run: (view) => running.runSelected(view, 'stay') },
  { id: 'run-insert', group: 'run', title: 'command.runInsert', keys: ['Alt-Enter'], editKeys: ['Alt-Enter'], run: (view) => running.runSelected(view, 'insert') },
  { id: 'run-all', group: 'run', title: 'command.runAll', run: (view) => running.runWhere(view, 'all') },
  { id: 'run-above', group: 'run', title: 'command.runAbove', run: (view) => running.runWhere(view, 'above') },
  { id: 'run-below', group: 'run', title: 'command.runBelow', run: (view) => running.runWhere(view, 'below') },
  { id: 'run-text', group: 'run', title: 'command.runText', editKeys: ['Ctrl-Shift-Enter', 'Mod-Shift-Enter'], run: running.runText },
  { id: 'drop', group: 'run', title: 'command.drop', run: (view) => running.dropQueued(view, 'selected') },
  { id: 'drop-all', group: 'run', title: 'command.dropAll', run: (view) => running.dropQueued(view, 'all') },
  // Kernel
  { id: 'interrupt', group: 'kernel', title: 'command.interrupt', keys: ['I I'], run: running.interrupt },
  { id: 'restart', group: 'kernel', title: 'command.restart', keys: ['0 0'], run: (view) => running.restart(view) },
  { id: 'restart-run-all', group: 'kernel', title: 'command.restartRunAll', run: (view) => running.restart(view, true) },
  { id: 'install', group: 'kernel', title: 'command.install', anywhere: true, run: openPackages },
  { id: 'clear', group: 'kernel', title: 'command.clear', run: (view) => running.clearOutputs(view, 'selected') },
  { id: 'clear-all', group: 'kernel', title: 'command.clearAll', run: (view) => running.clearOutputs(view, 'all') },
  // Cells
  { id: 'above', group: 'cells', title: 'command.above', keys: ['A'], run: (view) => editing.insert(view, 'above') },
  { id: 'below', group: 'cells', title: 'command.below', keys: ['B'], run: (view) => editing.insert(view, 'below') },
  { id: 'heading-above', group: 'cells', title: 'command.headingAbove', keys: ['Shift-A'], run: (view) => view.edit(editing.insert(view, 'above', 'markdown', '## '), 'end') },
  { id: 'heading-below', group: 'cells', title: 'command.headingBelow', keys: ['Shift-B'], run: (view) => view.edit(editing.insert(view, 'below', 'markdown', '## '), 'end') },
  { id: 'delete', group: 'cells', title: 'command.delete', keys: ['D D', 'Delete'], run: editing.remove },
  { id: 'cut', group: 'cells', title: 'command.cut', keys: ['X', 'Mod-X'], run: (view) => editing.copy(view, true) },
  { id: 'copy', group: 'cells', title: 'command.copy', keys: ['C', 'Mod-C'], run: (view) => editing.copy(view) },
  // Mod-V is the browser's paste event, which brings what other programs copied.
  { id: 'paste', group: 'cells', title: 'command.paste', keys: ['V'], run: (view) => editing.paste(view, 'below') },
  { id: 'paste-above', group: 'cells', title: 'command.pasteAbove', keys: ['Shift-V'], run: (view) => editing.paste(view, 'above') },
  { id: 'duplicate', group: 'cells', title: 'command.duplicate', run: editing.duplicate },
  { id: 'move-up', group: 'cells', title: 'command.moveUp', keys: ['Ctrl-Shift-ArrowUp', 'Mod-Shift-ArrowUp'], run: (view) => editing.move(view, -1) },
  { id: 'move-down', group: 'cells', title: 'command.moveDown', keys: ['Ctrl-Shift-ArrowDown', 'Mod-Shift-ArrowDown'], run: (view) => editing.move(view, 1) },
  { id: 'to-code', group: 'cells', title: 'command.toCode', keys: ['Y'], run: (view) => editing.retype(view, 'code') },
  { id: 'to-text', group: 'cells', title: 'command.toText', keys: ['M'], run: (view) => editing.retype(view, 'markdown') },
  { id: 'to-raw', group: 'cells', title: 'command.toRaw', keys: ['R'], run: (view) => editing.retype(view, 'raw') },
  ...headings,
  { id: 'split', group: 'cells', title: 'command.split', editKeys: ['Ctrl-Shift-Minus', 'Mod-Shift-Minus'], run: editing.split },
  { id: 'merge', group: 'cells', title: 'command.merge', keys: ['Shift-M'], run: (view) => editing.merge(view, 'selected') },
  { id: 'merge-above', group: 'cells', title: 'command.mergeAbove', keys: ['Ctrl-Backspace', 'Mod-Backspace'], run: (view) => editing.merge(view, 'above') },
  { id: 'merge-below', group: 'cells', title: 'command.mergeBelow', keys: ['Ctrl-Shift-M', 'Mod-Shift-M'], run: (view) => editing.merge(view, 'below') },
  { id: 'fold-outputs', group: 'cells', title: 'command.foldOutputs', keys: ['O'], run: editing.foldOutputs },
  { id: 'scroll-outputs', group: 'cells', title: 'command.scrollOutputs', keys: ['Shift-O'], run: editing.scrollOutputs },
  { id: 'line-numbers', group: 'cells', title: 'command.lineNumbers', keys: ['L'], run: (view) => view.numbers.toggle(view.selectedCells.peek()) },
  { id: 'line-numbers-all', group: 'notebook', title: 'command.lineNumbersAll', keys: ['Shift-L'], run: (view) => view.numbers.toggleAll() },
  // Edit
  { id: 'undo', group: 'edit', title: 'command.undo', keys: ['Z', 'Mod-Z'], editKeys: ['Mod-Z'], run: editing.undo },
  { id: 'redo', group: 'edit', title: 'command.redo', keys: ['Shift-Z', 'Mod-Shift-Z', 'Mod-Y'], editKeys: ['Mod-Shift-Z', 'Mod-Y'], run: editing.redo },
  { id: 'edit', group: 'edit', title: 'command.edit', keys: ['Enter'], run: (view) => view.active.peek() !== null && view.edit(view.active.peek() ?? '') },
  { id: 'leave', group: 'edit', title: 'command.leave', editKeys: ['Escape', 'Ctrl-M'], run: (view) => view.leave() },
  { id: 'select-all', group: 'edit', title: 'command.selectAll', keys: ['Mod-A'], run: editing.selectAll },
  // Move
  { id: 'up', group: 'move', title: 'command.up', keys: ['ArrowUp', 'K'], quiet: true, run: (view) => view.step(-1) },
  { id: 'down', group: 'move', title: 'command.down', keys: ['ArrowDown', 'J'], quiet: true, run: (view) => view.step(1) },
  { id: 'extend-up', group: 'move', title: 'command.extendUp', keys: ['Shift-ArrowUp', 'Shift-K'], quiet: true, run: (view) => view.step(-1, true) },
  { id: 'extend-down', group: 'move', title: 'command.extendDown', keys: ['Shift-ArrowDown', 'Shift-J'], quiet: true, run: (view) => view.step(1, true) },
  { id: 'extend-top', group: 'move', title: 'command.extendTop', keys: ['Shift-Home'], quiet: true, run: (view) => view.step(-Infinity, true) },
  { id: 'extend-bottom', group: 'move', title: 'command.extendBottom', keys: ['Shift-End'], quiet: true, run: (view) => view.step(Infinity, true) },
  { id: 'fold', group: 'move', title: 'command.fold', keys: ['ArrowLeft'], run: (view) => sideways(view, -1) },
  { id: 'unfold', group: 'move', title: 'command.unfold', keys: ['ArrowRight'], run: (view) => sideways(view, 1) },
  { id: 'fold-all', group: 'move', title: 'command.foldAll', keys: ['Ctrl-Shift-ArrowLeft', 'Mod-Shift-ArrowLeft'], run: (view) => foldAll(view, true) },
  { id: 'unfold-all', group: 'move', title: 'command.unfoldAll', keys: ['Ctrl-Shift-ArrowRight', 'Mod-Shift-ArrowRight'], run: (view) => foldAll(view, false) },
  { id: 'scroll-down', group: 'move', title: 'command.scrollDown', keys: ['Space'], quiet: true, run: () => editing.scroll(1) },
  { id: 'scroll-up', group: 'move', title: 'command.scrollUp', keys: ['Shift-Space'], quiet: true, run: () => editing.scroll(-1) },
  { id: 'top', group: 'move', title: 'command.top', keys: ['Home', 'Mod-Home', 'Mod-ArrowUp'], quiet: true, run: (view) => view.step(-Infinity) },
  { id: 'bottom', group: 'move', title: 'command.bottom', keys: ['End', 'Mod-End', 'Mod-ArrowDown'], quiet: true, run: (view) => view.step(Infinity) },
  // Notebook
  { id: 'find', group: 'notebook', title: 'command.find', keys: ['Mod-F', 'F'], editKeys: ['Mod-F'], anywhere: true, run: (view) => view.find('open') },
  { id: 'find-next', group: 'notebook', title: 'command.findNext', keys: ['Mod-G', 'F3'], editKeys: ['Mod-G', 'F3'], anywhere: true, run: (view) => view.find('next') },
  { id: 'find-previous', group: 'notebook', title: 'command.findPrevious', keys: ['Mod-Shift-G', 'Shift-F3'], editKeys: ['Mod-Shift-G', 'Shift-F3'], anywhere: true, run: (view) => view.find('previous') },
  { id: 'replace', group: 'notebook', title: 'command.replace', keys: ['Mod-H'], editKeys: ['Mod-H'], anywhere: true, run: (view) => view.find('replace') },
  { id: 'save', group: 'notebook', title: 'command.save', keys: ['Mod-S', 'S'], editKeys: ['Mod-S'], anywhere: true, run: running.save },
]

/** Arrows at the edge of an editor; no entry of the key sheet of its own. */
export const EDGE = { ArrowUp: -1, ArrowDown: 1 } as const
