// Keys, pointers and the clipboard, turned into commands. Single keys act only while a cell itself has the focus: never from an output,
// a frame, a field or a control.
import { signal } from '@preact/signals'
import { EDGE, type Command } from './commands'
import * as editing from './editing'
import { recall, remember } from './keeping'
import { keyName, Keymap } from './keys'
import { only } from './selection'
import type { NotebookView } from './view'

const onMac = (): boolean => /Mac|iP(hone|ad|od)/.test(navigator.platform)

const keymap = (commands: readonly Command[], keysOf: (command: Command) => readonly string[] | undefined): Keymap<Command> =>
  new Keymap(
    commands.flatMap((command) => (keysOf(command) ?? []).map((key): [string, Command] => [key, command])),
    onMac(),
  )

const isModified = (name: string): boolean => /^(Ctrl|Alt|Meta)-/.test(name) || name === 'Shift-Enter' || /^(Shift-)?F\d+$/.test(name)

/** Keys that write nothing: they stay when single-key commands are off. */
const NAMED = /^(Shift-)?(Arrow\w+|Enter|Home|End|Delete)$/

/** Text that a person has marked with the pointer: copying means that. */
const textMarked = (): boolean => !(document.getSelection()?.isCollapsed ?? true)

const INTERACTIVE = 'a[href], button, input, select, textarea, summary, label, iframe, video, audio, [contenteditable], .cm-editor'

export class Controller {
  private readonly commandKeys: Keymap<Command>
  private readonly editKeys: Keymap<Command>
  /** Single keys can be switched off (WCAG 2.1.4). */
  readonly singleKeys = signal(recall('single keys', '') === '')
  /** The active cell when the pointer went down, before the focus moved: on touch screens a second tap writes. */
  private wasActive: string | null = null

  constructor(
    commands: readonly Command[],
    private readonly current: () => NotebookView | null,
  ) {
    this.commandKeys = keymap(commands, (command) => command.keys)
    this.editKeys = keymap(commands, (command) => command.editKeys)
  }

  setSingleKeys(on: boolean): void {
    this.singleKeys.value = on
    remember('single keys', on ? '' : 'off')
  }

  execute(command: Command): void {
    const view = this.current()
    if (view) command.run(view)
  }

  /** A key in an editor. */
  editKey(event: KeyboardEvent): boolean {
    const view = this.current()
    if (!view) return false
    const name = keyName(event)
    if (name === 'ArrowUp' || name === 'ArrowDown') {
      const by = EDGE[name]
      return view.activeView?.editor?.atEdge(by) ? editing.editNext(view, by) : false
    }
    const found = this.editKeys.press(name, event.timeStamp)
    if (found === null || found === 'pending' || found.keysWhile?.() === false) return false
    event.preventDefault()
    event.stopPropagation()
    found.run(view)
    return true
  }

  /** Listens on the sheet and the document; returns what ends it. */
  listen(root: HTMLElement): () => void {
    const stop = new AbortController()
    const { signal } = stop
    root.addEventListener('mousedown', (event) => this.mouseDown(event), { signal })
    root.addEventListener('click', (event) => this.click(event), { signal })
    root.addEventListener('dblclick', (event) => this.doubleClick(event), { signal })
    root.addEventListener('focusin', (event) => this.focusIn(event), { signal })
    document.addEventListener('keydown', (event) => this.keyDown(event), { signal })
    document.addEventListener('paste', (event) => this.paste(event), { signal })
    return () => stop.abort()
  }

  private keyDown(event: KeyboardEvent): void {
    const view = this.current()
    if (!view || event.defaultPrevented || event.isComposing) return
    const onCell = event.target instanceof HTMLElement && view.viewOf(event.target)?.element === event.target
    const nowhere = event.target === document.body
    const name = keyName(event)
    if (onCell && name === 'Tab') view.activeView?.editor?.passTab()
    if (!onCell && !nowhere) {
      const inField = event.target instanceof Element && event.target.closest('input, textarea, select, dialog, [role=menu], .cm-editor')
      const found = inField ? null : this.commandKeys.press(name, event.timeStamp)
      if (found === null || found === 'pending' || !found.anywhere || !isModified(name) || found.keysWhile?.() === false) return
      event.preventDefault()
      found.run(view)
      return
    }
    if ((nowhere || !this.singleKeys.peek()) && !isModified(name) && !(onCell && NAMED.test(name))) return
    if (/^(Ctrl|Meta)-[CX]$/.test(name) && textMarked()) return
    const found = this.commandKeys.press(name, event.timeStamp)
    if (found === null || (found !== 'pending' && found.keysWhile?.() === false)) return
    event.preventDefault()
    if (found === 'pending' || (event.repeat && found.group !== 'move')) return
    found.run(view)
  }

  private mouseDown(event: MouseEvent): void {
    const view = this.current()
    const cell = view?.viewOf(event.target)
    this.wasActive = view?.active.peek() ?? null
    if (!view || !cell || event.button !== 0 || !(event.target instanceof Element)) return
    if (event.shiftKey && !event.target.closest('.cm-editor')) {
      event.preventDefault()
      view.select({ active: cell.id, anchor: view.selection.peek().anchor })
      return view.focusActive()
    }
    const code = event.target.closest('.code')
    if (!code || cell.editor || event.target.closest(INTERACTIVE) || (this.coarse && this.wasActive !== cell.id)) return
    event.preventDefault()
    view.edit(cell.id, { x: event.clientX, y: event.clientY })
    // The editor has not seen this press: told again, it can follow the pointer and mark text.
    const { clientX, clientY, detail, ctrlKey, altKey, metaKey } = event
    const press = { bubbles: true, cancelable: true, button: 0, buttons: 1, clientX, clientY, detail, ctrlKey, altKey, metaKey }
    if (!this.coarse) view.activeView?.editor?.press(press)
  }

  private get coarse(): boolean {
    return matchMedia('(pointer: coarse)').matches
  }

  /** Elsewhere in a cell: it is selected, unless text is being marked or a control was meant. */
  private click(event: MouseEvent): void {
    const view = this.current()
    const cell = view?.viewOf(event.target)
    if (!view || !cell || event.shiftKey || !(event.target instanceof Element) || event.target.closest(INTERACTIVE)) return
    const again = this.coarse && this.wasActive === cell.id && event.target.closest('.md')
    if (again) return view.edit(cell.id)
    if (textMarked()) return view.select(only(cell.id))
    if (cell.element.contains(document.activeElement) && document.activeElement !== cell.element) return
    view.select(only(cell.id))
    view.focusActive()
  }

  private doubleClick(event: MouseEvent): void {
    const view = this.current()
    const cell = view?.viewOf(event.target)
    if (!view || !cell || cell.editor || !(event.target instanceof Element)) return
    if (event.target.closest('.md') && !event.target.closest(INTERACTIVE)) view.edit(cell.id)
  }

  private focusIn(event: FocusEvent): void {
    const view = this.current()
    const cell = view?.viewOf(event.target)
    if (!view || !cell || !(event.target instanceof Element) || event.target.closest('.cm-editor')) return
    if (view.mode.peek() === 'edit') view.leave(false)
    if (!view.selectedCells.peek().includes(cell.id)) view.select(only(cell.id))
  }

  private paste(event: ClipboardEvent): void {
    const view = this.current()
    if (!view || !(event.target instanceof Element) || view.viewOf(event.target)?.element !== event.target) return
    event.preventDefault()
    void editing.paste(view, 'below', event.clipboardData)
  }
}
