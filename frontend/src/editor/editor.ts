// One cell's editor: the only entry to CodeMirror, a chunk of its own that is fetched once the first screen is painted.
import {
  acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, completionStatus,
  moveCompletionSelection, selectedCompletionIndex, startCompletion,
} from '@codemirror/autocomplete'
import {
  defaultKeymap, deleteLine, indentLess, indentMore, insertNewlineAndIndent, insertTab, toggleBlockComment, toggleComment,
} from '@codemirror/commands'
import { pythonLanguage } from '@codemirror/lang-python'
import {
  bracketMatching, defineLanguageFacet, indentOnInput, indentUnit, Language, languageDataProp, syntaxHighlighting,
} from '@codemirror/language'
import { Compartment, EditorSelection, EditorState, Prec, type Extension, type SelectionRange, type Transaction } from '@codemirror/state'
import {
  drawSelection, EditorView, keymap, lineNumbers, rectangularSelection, type Command, type KeyBinding,
} from '@codemirror/view'
import { ySync, YSyncConfig, ySyncFacet } from 'y-codemirror.next'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import { kernelSource, wordSource, type CompletionPlace } from './complete'
import { askDocumentation, closeDocumentation, documentation, type Inspect } from './documentation'
import { classes, learnMode } from './highlight'
import { indentOf, modeOf } from './languages'
import { remoteCursors } from './remote'
import { theme } from './theme'

export type { KernelCompletions } from './complete'
export { wordsOf } from './complete'

export interface EditorPlace extends Omit<CompletionPlace, 'mode'> {
  host: HTMLElement
  cell: string
  text: Y.Text
  kind: 'code' | 'markdown' | 'raw'
  language: string
  label: string
  description: string
  numbers: boolean
  /** Of a prompt: Enter is the prompt's own unless a completion was chosen, and the page scrolls for the caret by itself. */
  prompt?: boolean
  undo: Y.UndoManager
  awareness: Awareness
  nonce: string
  inspect: Inspect
  /** A key that the editor's own popups do not want; true: the cell took it. */
  keydown(event: KeyboardEvent): boolean
  undoMine(): void
  redoMine(): void
  focused(): void
}

/** Heights in pixels, with some air. */
const HEAD = 60
const FOOT = 56

const markdownData = defineLanguageFacet({ commentTokens: { block: { open: '<!--', close: '-->' } } })
let markdown: Language | null = null

/** Fetched with the first text that is written, which need not wait for its colours. Not lang-markdown: it brings HTML, CSS and JavaScript
 *  along, six times the bytes. */
async function loadMarkdown(): Promise<Language> {
  const { GFM, parser } = await import('@lezer/markdown')
  const parsed = parser.configure([GFM, { props: [languageDataProp.add({ Document: markdownData })] }])
  return (markdown ??= new Language(markdownData, parsed, [], 'markdown'))
}

const modes = new Map<string, Language | null>([['python', pythonLanguage]])

/** Fetches what colours, comments and indents this language; true if it was not there before. */
export async function loadLanguage(language: string): Promise<boolean> {
  const mode = modeOf(language)
  if (modes.has(mode)) return false
  const { fetchLanguage } = await import('./streamed')
  const found = await fetchLanguage(mode)
  modes.set(mode, found)
  if (found) learnMode(mode, found.parser)
  return found !== null
}

function languageOf(kind: EditorPlace['kind'], language: string): Extension {
  if (kind === 'markdown') return [markdown ?? [], indentUnit.of('    ')]
  const mode = modeOf(language)
  return kind === 'code' ? [modes.get(mode) ?? [], indentUnit.of(indentOf(mode))] : indentUnit.of('    ')
}

const leading = (view: EditorView, { head, empty }: SelectionRange): boolean => {
  const line = view.state.doc.lineAt(head)
  return empty && !line.text.slice(0, head - line.from).trim()
}

function wrapIn(mark: string): Command {
  return (view) => {
    view.dispatch(
      view.state.changeByRange((range) => ({
        changes: [
          { from: range.from, insert: mark },
          { from: range.to, insert: mark },
        ],
        range: range.extend(range.from + mark.length, range.to + mark.length),
      })),
    )
    return true
  }
}

function keysOf(place: EditorPlace): KeyBinding[] {
  const code = place.kind === 'code'
  const document = askDocumentation(place.inspect)
  const tab: Command = (view) => {
    const { main } = view.state.selection
    if (!main.empty) return indentMore(view)
    return code && !leading(view, main) ? startCompletion(view) : insertSoftTab(view)
  }
  const backTab: Command = (view) => {
    const { main } = view.state.selection
    return !code || !main.empty || leading(view, main) ? indentLess(view) : document(view)
  }
  return [
    { key: 'Tab', run: (view) => acceptCompletion(view) || (place.prompt === true && nextCompletion(view)) || tab(view) },
    { key: 'Shift-Tab', run: backTab },
    { key: 'Mod-/', run: toggleComment },
    { key: 'Alt-a', run: toggleBlockComment },
    { key: 'Mod-d', run: deleteLine, preventDefault: true },
    { key: 'Mod-Shift-d', run: selectNextOccurrence, preventDefault: true },
    ...(code ? [] : [{ key: 'Mod-b', run: wrapIn('**'), preventDefault: true }, { key: 'Mod-i', run: wrapIn('*'), preventDefault: true }]),
  ]
}

/** At a prompt no completion is chosen from the start, and keys are never too early to choose one. */
const CHOSEN = { selectOnOpen: false, interactionDelay: 0 }

/** Where none is chosen from the start, Tab chooses. */
const nextCompletion: Command = (view) => completionStatus(view.state) === 'active' && moveCompletionSelection(true)(view)

const insertSoftTab: Command = (view) => {
  const unit = view.state.facet(indentUnit)
  if (unit === '\t') return insertTab(view)
  const { head } = view.state.selection.main
  const column = head - view.state.doc.lineAt(head).from
  view.dispatch(view.state.replaceSelection(' '.repeat(unit.length - (column % unit.length))))
  return true
}

/** Whether the list of completions wants this key. */
function popupWants(view: EditorView, event: KeyboardEvent): boolean {
  if (completionStatus(view.state) !== 'active' || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false
  if (event.key === 'Enter' && selectedCompletionIndex(view.state) === null) return false
  return ['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Enter', 'Tab'].includes(event.key)
}

/** The word at the caret; then one more of what is selected, each time. */
function selectNextOccurrence({ state, dispatch }: EditorView): boolean {
  const { main, ranges } = state.selection
  const word = main.empty ? state.wordAt(main.head) : null
  if (main.empty && !word) return false
  if (word) {
    dispatch(state.update({ selection: state.selection.replaceRange(word, state.selection.mainIndex) }))
    return true
  }
  const text = state.doc.toString()
  const wanted = text.slice(main.from, main.to)
  const taken = new Set(ranges.map(({ from }) => from))
  const end = Math.max(...ranges.map(({ to }) => to))
  let at = text.indexOf(wanted, end)
  if (at < 0) at = text.indexOf(wanted)
  while (at >= 0 && taken.has(at)) at = text.indexOf(wanted, at + wanted.length)
  if (at < 0) return false
  dispatch(state.update({ selection: state.selection.addRange(EditorSelection.range(at, at + wanted.length)), effects: EditorView.scrollIntoView(at) }))
  return true
}

/** Text put in as if typed: brackets close, words are completed. */
function typeText(view: EditorView, text: string): void {
  const { from, to } = view.state.selection.main
  const insert = (): Transaction => view.state.update({ ...view.state.replaceSelection(text), userEvent: 'input.type', scrollIntoView: true })
  if (!view.state.facet(EditorView.inputHandler).some((handler) => handler(view, from, to, text, insert))) view.dispatch(insert())
}

/** Text typed over a selection. The browser's own way keeps the look of what was there by a style attribute, which the page's policy
 *  reports. */
function typeOver(event: InputEvent, view: EditorView): boolean {
  const { main } = view.state.selection
  if (!event.data || view.composing || main.empty) return false
  event.preventDefault()
  typeText(view, event.data)
  return true
}

/** What the page's head and foot cover is no place for a caret. Only where they do: CodeMirror hides a popup whose line is in these margins, and
 *  an editor of one line would be all margin. */
function covered({ dom }: EditorView): { top: number; bottom: number } {
  const { top, bottom } = dom.getBoundingClientRect()
  return { top: top < HEAD ? HEAD : 0, bottom: bottom > innerHeight - FOOT ? FOOT : 0 }
}

interface Compartments {
  language: Compartment
  attributes: Compartment
  numbers: Compartment
}

function extensions(place: EditorPlace, spoken: () => string, sync: YSyncConfig, { language, attributes, numbers }: Compartments): Extension {
  const beforeInput = (event: InputEvent, view: EditorView): boolean => {
    if (event.inputType === 'insertText') return typeOver(event, view)
    if (event.inputType !== 'historyUndo' && event.inputType !== 'historyRedo') return false
    event.preventDefault()
    if (event.inputType === 'historyUndo') place.undoMine()
    else place.redoMine()
    return true
  }
  const completions: CompletionPlace = { ...place, mode: () => modeOf(spoken()) }
  return [
    EditorView.cspNonce.of(place.nonce),
    // The document's units are UTF-16 with \n: a \r in a file is a character of its line, and is not pasted in.
    EditorState.lineSeparator.of('\n'),
    EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, '\n')),
    EditorState.allowMultipleSelections.of(true),
    EditorView.clickAddsSelectionRange.of((event) => event.altKey || event.ctrlKey || event.metaKey),
    rectangularSelection({ eventFilter: (event) => event.altKey && event.shiftKey }),
    Prec.highest(
      EditorView.domEventHandlers({
        keydown(event, view) {
          if (event.isComposing || popupWants(view, event)) return false
          if (event.key === 'Escape') {
            // Words that are only being looked for are not seen: the key means the cell.
            const seen = completionStatus(view.state) === 'active'
            if ((closeCompletion(view) && seen) || closeDocumentation(view)) return true
          }
          return place.keydown(event)
        },
        beforeinput: beforeInput,
        focus: () => place.focused(),
      }),
    ),
    drawSelection(),
    EditorView.scrollMargins.of(covered),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    EditorState.tabSize.of(4),
    language.of(languageOf(place.kind, place.language)),
    syntaxHighlighting(classes),
    place.kind === 'code' ? autocompletion({ override: [wordSource(completions), kernelSource(completions)], icons: false, ...(place.prompt ? CHOSEN : {}) }) : EditorView.lineWrapping,
    documentation(),
    keymap.of([...keysOf(place), ...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap]),
    attributes.of(labelled(place.label, place.description)),
    numbers.of(place.numbers && place.kind === 'code' ? lineNumbers() : []),
    theme,
    ySyncFacet.of(sync),
    ySync,
    remoteCursors(place.text, place.cell, place.awareness),
  ]
}

const labelled = (label: string, description: string): Extension =>
  EditorView.contentAttributes.of({ 'aria-label': label, 'aria-description': description })

export class CellEditor {
  readonly view: EditorView
  private readonly parts: Compartments = { language: new Compartment(), attributes: new Compartment(), numbers: new Compartment() }

  private language: string

  constructor(private readonly place: EditorPlace) {
    this.language = place.language
    const sync = new YSyncConfig(place.text, place.awareness)
    place.undo.addTrackedOrigin(YSyncConfig)
    this.view = new EditorView({
      parent: place.host,
      state: EditorState.create({
        doc: place.text.toString(),
        extensions: extensions(place, () => this.language, sync, this.parts),
      }),
    })
    if (place.kind !== 'markdown' || markdown) return
    void loadMarkdown().then((loaded) => {
      if (this.view.dom.isConnected) this.view.dispatch({ effects: this.parts.language.reconfigure([loaded, indentUnit.of('    ')]) })
    })
  }

  /** The kernel speaks another language, or what colours it has come. */
  setLanguage(language: string): void {
    this.language = language
    this.view.dispatch({ effects: this.parts.language.reconfigure(languageOf(this.place.kind, language)) })
  }

  /** Takes the focus; the caret goes to a point of the screen, an offset, or stays. */
  focus(at?: { x: number; y: number } | number | 'end'): void {
    const { view } = this
    view.focus()
    const length = view.state.doc.length
    const pos = at === 'end' ? length : typeof at === 'number' ? Math.min(at, length) : at ? view.posAtCoords(at, false) : null
    if (pos != null) view.dispatch({ selection: { anchor: pos }, scrollIntoView: typeof at !== 'object' })
  }

  /** The next Tab goes past this editor: from its cell, which one left it for, it would lead back into it. */
  passTab(): void {
    const { contentDOM } = this.view
    contentDOM.tabIndex = -1
    setTimeout(() => contentDOM.removeAttribute('tabindex'))
  }

  /** A press of the pointer that the static code took, told to the editor that stands there now. */
  press(event: MouseEventInit): void {
    this.view.contentDOM.dispatchEvent(new MouseEvent('mousedown', event))
  }

  get focused(): boolean {
    return this.view.hasFocus
  }

  get caret(): number {
    return this.view.state.selection.main.head
  }

  /** Caret in the first or last line, nothing selected: an arrow goes on into the next cell. */
  atEdge(direction: -1 | 1): boolean {
    const { main } = this.view.state.selection
    if (!main.empty || this.view.state.selection.ranges.length > 1) return false
    const { doc } = this.view.state
    return doc.lineAt(main.head).number === (direction < 0 ? 1 : doc.lines)
  }

  /** The selected text, or the line of the caret. */
  selectedOrLine(): string {
    const { doc, selection } = this.view.state
    const { main } = selection
    return main.empty ? doc.lineAt(main.head).text : doc.sliceString(main.from, main.to)
  }

  /** Where the selections start and end, for a split. */
  cuts(): number[] {
    const { ranges } = this.view.state.selection
    return [...new Set(ranges.flatMap(({ from, to }) => [from, to]))].sort((one, other) => one - other)
  }

  setLabel(label: string): void {
    this.view.dispatch({ effects: this.parts.attributes.reconfigure(labelled(label, this.place.description)) })
  }

  setNumbers(on: boolean): void {
    this.view.dispatch({ effects: this.parts.numbers.reconfigure(on && this.place.kind === 'code' ? lineNumbers() : []) })
  }

  /** As if typed. */
  type(text: string): void {
    typeText(this.view, text)
  }

  /** As if this key was pressed: for keys that a keyboard lacks. */
  key(name: string): void {
    this.view.contentDOM.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }))
  }

  newline(): void {
    closeCompletion(this.view)
    insertNewlineAndIndent(this.view)
  }

  get text(): string {
    return this.view.state.doc.toString()
  }

  insert(at: number, text: string): void {
    this.view.dispatch({ changes: { from: at, insert: text } })
  }

  /** Another text altogether, the caret at its end. */
  replace(text: string): void {
    const { view } = this
    closeCompletion(view)
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: text.length }, scrollIntoView: true })
  }

  indent(): void {
    const { view } = this
    if (view.state.selection.main.empty) insertSoftTab(view)
    else indentMore(view)
  }

  /** The selected text. */
  get selected(): string {
    const { from, to } = this.view.state.selection.main
    return this.view.state.sliceDoc(from, to)
  }

  /** Where the selection begins. */
  get start(): number {
    return this.view.state.selection.main.from
  }

  /** Draws what is at this place of a long text. */
  reveal(pos: number): void {
    this.view.dispatch({ effects: EditorView.scrollIntoView(pos) })
  }

  select(from: number, to: number): void {
    this.view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true })
  }

  /** A part of the text on the page; null where the editor has not drawn it. */
  rangeOf(from: number, to: number): StaticRange | null {
    const { view } = this
    if (from < view.viewport.from || to > view.viewport.to) return null
    const [start, end] = [view.domAtPos(from), view.domAtPos(to)]
    return new StaticRange({ startContainer: start.node, startOffset: start.offset, endContainer: end.node, endOffset: end.offset })
  }

  destroy(): void {
    this.view.destroy()
  }
}
