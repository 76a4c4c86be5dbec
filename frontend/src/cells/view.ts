// The list of cells: one view a cell, kept in the document's order; which are selected, which are being written in; at most eight
// editors. Order of work on opening: first screen, paint, editor chunk, first cell live, then the others in slices of 8 ms.
import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type * as Y from 'yjs'
import { MADE, newAuthor, REMOTE, type Author } from '../model/edits'
import { History } from '../model/history'
import type { CellResults, OutputOp } from '../model/messages'
import { cellOf, notebookMetadataOf, order as orderOf, textOf, typeOf, watch, type CellId, type Changes, type YCell } from '../model/schema'
import type { Live } from '../sync/live'
import type { Peer } from '../sync/presence'
import { t } from '../i18n'
import { CellView, type Caret } from './cell'
import { Drawing } from './drawing'
import { Editors, loadEditor } from './editors'
import { Spoken } from './language'
import { Folds } from './folds'
import { contentsOf, headingsOf, type CellHeading, type Heading } from './headings'
import { placeInQueue } from './margin'
import { Numbers } from './numbers'
import type { PeerMarks } from './peers'
import type { MarkdownModule, Surroundings } from './rendering'
import { follow, NOTHING, only, selected, staying, step, type Selection } from './selection'
import { nextTask, painted } from './turns'

const SLICE = 8

export interface ViewOptions {
  live: Live
  doc: Y.Doc
  surroundings: Surroundings
  /** Who deletes and moves, for the bin. */
  name: string
  /** A key pressed in an editor; true: taken. */
  editKey(event: KeyboardEvent): boolean
}

export class NotebookView {
  readonly live: Live
  readonly doc: Y.Doc
  readonly surroundings: Surroundings
  readonly author: Author
  readonly history: History
  /** The cells' container; overlays live beside them in `root`. */
  readonly list = document.createElement('div')
  readonly order: Signal<CellId[]>
  readonly selection: Signal<Selection> = signal(NOTHING)
  readonly mode = signal<'command' | 'edit'>('command')
  /** All cells are on the page. */
  readonly complete = signal(false)
  /** Counts whatever may have moved the cells on the page: overlays look where they are. */
  readonly moved = signal(0)
  /** Counts what the contents are made of: headings, and what runs and failed. */
  readonly outlined = signal(0)
  readonly active: ReadonlySignal<CellId | null>
  readonly selectedCells: ReadonlySignal<CellId[]>
  markdown: MarkdownModule | null = null
  readonly editors: Editors
  readonly folds: Folds
  readonly numbers: Numbers
  /** Fetched with the first who writes here too. */
  peerMarks: PeerMarks | null = null
  /** Fetched with the debugger. */
  lineMarks: { draw(one: CellView): void } | null = null
  /** The cell whose run the debugger has stopped. */
  paused: CellId | null = null
  private readonly views = new Map<CellId, CellView>()
  private shown: CellId[] = []
  private readonly waitingMarkdown: (() => void)[] = []
  private markdownAsked = false
  private readonly ends: (() => void)[] = []
  private readonly drawing = new Drawing((cell, ops) => this.views.get(cell)?.draw(ops))
  private disposed = false
  private finder: { open(replace: boolean): void; go(by: -1 | 1): void; close(): void } | null = null

  constructor(private readonly options: ViewOptions) {
    this.live = options.live
    this.doc = options.doc
    this.surroundings = options.surroundings
    this.author = newAuthor(options.doc, options.name)
    this.history = new History(this.author)
    this.editors = new Editors(this)
    this.numbers = new Numbers(this)
    this.order = signal(orderOf(options.doc))
    this.active = computed(() => this.selection.value.active)
    this.selectedCells = computed(() => selected(this.order.value, this.selection.value))
    this.list.className = 'cells'
    this.folds = new Folds(this)
    // The browser tells which cells it lays out, one and a half screens round the one that is seen.
    this.list.addEventListener(
      'contentvisibilityautostatechange',
      (event) => {
        const { skipped, target } = event as ContentVisibilityAutoStateChangeEvent
        const view = this.viewOf(target)
        if (view?.element === target) view.setNear(!skipped)
      },
      true,
    )
    this.list.addEventListener('keydown', () => this.drawing.keyed(), true)
    this.ends.push(
      watch(this.doc, (changes) => this.changed(changes)),
      this.live.state.onResults((cell, results, ops) => this.resultsChanged(cell, results, ops)),
      effect(() => this.queueChanged()),
      effect(() => void this.peersChanged(this.live.peers.value)),
      effect(() => this.pictureChanged()),
    )
  }

  get language(): string {
    const { language } = this.live.state.kernel.value
    if (language) return language.toLowerCase()
    const info = notebookMetadataOf(this.doc).language_info as { name?: unknown } | undefined
    return typeof info?.name === 'string' ? info.name.toLowerCase() : 'python'
  }

  // Opening -----------------------------------------------------------------------------------------------------------

  /** Puts the cells on the page. `seen` is called with the first screen, `ready` when the first code cell can be written in. */
  async mount(seen: () => void, ready: () => void): Promise<void> {
    await nextTask() // reading the document was one
    if (this.disposed) return
    const all = this.order.peek()
    const first = document.createDocumentFragment()
    let at = 0
    for (let height = 0; at < all.length && height < innerHeight * 1.2; at++) {
      const view = this.viewFor(all[at])
      view.enrich()
      first.append(view.element)
      height += view.estimate()
    }
    this.list.append(first)
    this.shown = all.slice(0, at)
    if (this.selection.peek().active === null && all.length) this.select(only(all[0]))
    seen()
    if (!this.editors.loaded) await painted() // the words first
    await loadEditor()
    if (this.disposed) return
    const code = this.shown.find((id) => this.views.get(id)?.type === 'code')
    if (code !== undefined) this.editors.open(this.viewFor(code))
    ready()
    const spoken = new Spoken(this)
    this.ends.push(effect(() => void spoken.take(this.language)))
    await this.mountRest()
    this.complete.value = true
  }

  private async mountRest(): Promise<void> {
    while (!this.disposed && this.shown.length < this.order.peek().length) {
      await nextTask()
      const until = performance.now() + SLICE
      const part = document.createDocumentFragment()
      const all = this.order.peek()
      const from = this.shown.length
      let at = from
      while (at < all.length && performance.now() < until) part.append(this.viewFor(all[at++]).element)
      this.shown = all.slice(0, at)
      this.list.append(part)
    }
  }

  whenMarkdown(call: () => void): void {
    this.waitingMarkdown.push(call)
    if (this.markdownAsked) return
    this.markdownAsked = true
    void import('../outputs/markdown').then((module) => {
      this.markdown = module
      for (const waiting of this.waitingMarkdown.splice(0)) waiting()
    })
  }

  dispose(): void {
    this.disposed = true
    for (const end of this.ends) end()
    this.folds.dispose()
    this.finder?.close()
    this.drawing.dispose()
    for (const view of this.views.values()) view.dispose()
    this.views.clear()
    this.history.destroy()
    this.list.remove()
  }

  // Views -------------------------------------------------------------------------------------------------------------

  private viewFor(id: CellId): CellView {
    const known = this.views.get(id)
    if (known) return known
    const view = new CellView(id, cellOf(this.doc, id), this)
    this.views.set(id, view)
    this.label(view)
    return view
  }

  view(id: CellId | null): CellView | undefined {
    return id === null ? undefined : this.views.get(id)
  }

  /** The view of the cell that an element of the page belongs to. */
  viewOf(target: EventTarget | null): CellView | undefined {
    const cell = target instanceof Element ? target.closest<HTMLElement>('.cell') : null
    return cell && this.list.contains(cell) ? this.views.get(cell.dataset.cellId ?? '') : undefined
  }

  get activeView(): CellView | undefined {
    return this.view(this.active.peek())
  }

  indexOf(id: CellId | null): number {
    return id === null ? -1 : this.order.peek().indexOf(id)
  }

  /** Names the cell for screen readers: its number, type and state. */
  label(view: CellView): void {
    const index = this.indexOf(view.id) + 1
    const kind = view.type === 'code' ? t('cell.kind.code') : view.type === 'markdown' ? t('cell.kind.text') : t('cell.kind.raw')
    const folio = view.folioState
    const name = t('cell.name', { cell: index, kind })
    const state =
      folio.kind === 'running'
        ? t('cell.running')
        : folio.kind === 'paused'
          ? t('debug.paused')
        : folio.kind === 'waiting'
          ? t('cell.waiting')
          : folio.kind === 'ran' && folio.failed
            ? t('cell.failed')
            : ''
    const label = state ? t('cell.nameAndState', { name, state }) : name
    if (view.element.ariaLabel === label) return
    view.element.ariaLabel = label
    view.editor?.setLabel(name)
  }

  // Changes -----------------------------------------------------------------------------------------------------------

  private changed(changes: Changes): void {
    for (const id of changes.texts) this.headings.delete(id)
    if (changes.order) this.reorder()
    for (const id of changes.texts) this.views.get(id)?.sourceChanged()
    for (const id of changes.rest) this.views.get(id)?.settingsChanged()
    if (changes.origin === this.history.manager) this.showUndone(changes)
    if (changes.order || changes.rest.size) this.moved.value++
    if (changes.order || changes.rest.size || [...changes.texts].some((id) => this.views.get(id)?.type === 'markdown')) this.outlined.value++
  }

  private reorder(): void {
    const before = this.order.peek()
    const after = orderOf(this.doc)
    this.order.value = after
    const here = new Set(after)
    const hadFocus = this.list.contains(document.activeElement)
    for (const [id, view] of this.views)
      if (!here.has(id)) {
        this.editors.forget(view)
        this.drawing.forget(id)
        this.headings.delete(id)
        view.dispose()
        this.views.delete(id)
      }
    const shownBefore = this.shown.filter((id) => here.has(id))
    // While the rest is still being mounted, only the part that is there is put in order.
    const shown = this.complete.peek() ? after : after.slice(0, Math.max(shownBefore.length, Math.min(after.length, this.shown.length)))
    this.arrange(shownBefore, shown)
    this.shown = shown
    this.select(follow(before, after, this.selection.peek()))
    if (this.mode.peek() === 'edit' && !this.activeView?.editor?.focused) this.leave()
    // The cell that had the focus is gone: the keys are for the one that is active now.
    if (hadFocus && !this.list.contains(document.activeElement)) this.focusActive()
    for (const id of shown) this.label(this.viewFor(id))
  }

  private arrange(before: readonly CellId[], after: readonly CellId[]): void {
    const stay = staying(before, after)
    let next: Element | null = null
    for (let at = after.length - 1; at >= 0; at--) {
      const { element } = this.viewFor(after[at])
      if (!stay.has(after[at]) || element.parentNode !== this.list) {
        const { activeElement } = document
        this.list.insertBefore(element, next)
        if (activeElement instanceof HTMLElement && element.contains(activeElement)) activeElement.focus({ preventScroll: true })
      }
      next = element
    }
    while (this.list.children.length > after.length) {
      const extra = this.list.firstElementChild
      if (!extra || after.includes((extra as HTMLElement).dataset.cellId ?? '')) break
      extra.remove()
    }
  }

  /** Undo and redo show what they changed. */
  private showUndone(changes: Changes): void {
    const here = new Set(this.order.peek())
    const changed = [...changes.rest, ...changes.texts].find((id) => here.has(id))
    if (changed === undefined || changed === this.active.peek()) return
    const editing = this.mode.peek() === 'edit'
    this.select(only(changed))
    if (editing) this.edit(changed)
    else this.focusActive()
  }

  private resultsChanged(cell: CellId, results: CellResults, ops: OutputOp[] | null): void {
    const view = this.views.get(cell)
    if (!view) return
    const was = view.results.run?.state
    view.setResults(results)
    if (!ops || ops.length) this.drawing.put(cell, ops)
    if (was === results.run?.state) return
    this.label(view)
    this.outlined.value++
  }

  private queued = new Set<CellId>()

  private queueChanged(): void {
    const cells = this.live.state.queue.value.map((run) => run.cell)
    const touched = new Set([...this.queued, ...cells])
    this.queued = new Set(cells)
    for (const id of touched) {
      const view = this.views.get(id)
      view?.updateMargin()
      if (view) this.label(view)
    }
  }

  private pictureChanged(): void {
    const { number = 0, kind = 'stop', cell = '' } = this.live.state.picture.value
    const was = this.paused
    this.paused = number && kind === 'stop' ? cell : null
    if (was === this.paused) return
    for (const view of [this.view(was), this.view(this.paused)])
      if (view) {
        view.updateMargin()
        this.label(view)
      }
  }

  /** The text of a cell was drawn anew: what stands on it is, too. */
  mark(one: CellView): void {
    this.peerMarks?.draw(one)
    this.lineMarks?.draw(one)
  }

  placeOf(id: CellId): number {
    return placeInQueue(this.live.state.queue.peek(), id)
  }

  private async peersChanged(peers: readonly Peer[]): Promise<void> {
    if (!this.peerMarks && !peers.some(({ cursor }) => cursor)) return
    const { PeerMarks } = await import('./peers')
    this.peerMarks ??= new PeerMarks(this)
    if (!this.disposed) this.peerMarks.take(this.live.peers.peek())
  }

  // Selection and mode ------------------------------------------------------------------------------------------------

  select(next: Selection): void {
    const before = this.selection.peek()
    if (next.active !== null) this.folds.reveal(next.active)
    if (before.active === next.active && before.anchor === next.anchor) return this.showSelection()
    this.selection.value = next
    this.showSelection()
    if (before.active === next.active) return
    const state = this.live.awareness.peek().getLocalState()
    if (state) this.live.awareness.peek().setLocalState({ ...state, cell: next.active, cursor: null })
  }

  private marked: CellView[] = []

  private showSelection(): void {
    for (const view of this.marked) {
      view.element.classList.remove('sel', 'many')
      view.element.tabIndex = -1
      view.element.removeAttribute('aria-current')
    }
    const cells = this.selectedCells.peek()
    this.marked = cells.map((id) => this.views.get(id)).filter((view) => view !== undefined)
    for (const view of this.marked) view.element.classList.add('sel')
    if (cells.length > 1) for (const view of this.marked) view.element.classList.add('many')
    const { activeView } = this
    if (!activeView) return
    activeView.element.tabIndex = 0
    activeView.element.setAttribute('aria-current', 'true')
  }

  step(by: number, extend = false): void {
    this.select(step(this.folds.visible.peek(), this.selection.peek(), by, extend))
    this.focusActive()
  }

  /** Focus on the active cell itself: command mode. */
  focusActive(): void {
    const view = this.activeView
    if (!view) return
    this.mode.value = 'command'
    this.markEditing(null)
    view.enrich()
    view.element.focus({ preventScroll: true })
    view.element.scrollIntoView({ block: 'nearest' })
  }

  private markEditing(view: CellView | null): void {
    for (const one of this.list.querySelectorAll('.cell.edit')) if (one !== view?.element) one.classList.remove('edit')
    view?.element.classList.add('edit')
  }

  /** Writes in a cell. */
  edit(id: CellId, caret?: Caret): void {
    if (!this.editors.loaded) {
      void loadEditor().then(() => this.disposed || this.edit(id, caret))
      return
    }
    this.select(only(id))
    const view = this.views.get(id)
    const editor = view && this.editors.open(view)
    if (!editor) return
    this.moved.value++
    editor.focus(caret)
    this.editing(id)
  }

  /** An editor took the focus. */
  editing(id: CellId): void {
    if (this.selection.peek().active !== id || this.selectedCells.peek().length > 1) this.select(only(id))
    this.mode.value = 'edit'
    const view = this.views.get(id)
    if (!view) return
    this.markEditing(view)
    this.editors.touch(view)
  }

  /** Back to command mode. A text cell is shown rendered again. */
  leave(focus = true): void {
    const view = this.activeView
    this.history.stop()
    this.mode.value = 'command'
    this.markEditing(null)
    if (view && view.type === 'markdown') this.shut(view)
    if (view && focus) view.element.focus({ preventScroll: true })
    this.moved.value++
  }

  /** The cell is static again. */
  shut(view: CellView): void {
    view.closeEditor()
    this.editors.forget(view)
  }

  eachView(call: (view: CellView) => void): void {
    this.views.forEach(call)
  }

  private readonly headings = new Map<CellId, Heading[]>()

  private headingsIn(id: CellId, cell: YCell): Heading[] {
    let found = this.headings.get(id)
    if (!found) this.headings.set(id, (found = headingsOf(textOf(cell))))
    return found
  }

  /** The highest heading of a text cell. */
  levelOf(id: CellId): number | null {
    const cell = cellOf(this.doc, id)
    const headings = typeOf(cell) === 'markdown' ? this.headingsIn(id, cell) : []
    return headings.length ? Math.min(...headings.map(({ level }) => level)) : null
  }

  /** All cells' headings, those not on the page yet included. */
  contents(): CellHeading[] {
    const { results } = this.live.state
    return contentsOf(
      this.order.peek().map((id) => {
        const cell = cellOf(this.doc, id)
        return { id, headings: typeOf(cell) === 'markdown' ? this.headingsIn(id, cell) : null, results: results.get(id) ?? {} }
      }),
    )
  }

  async find(what: 'open' | 'replace' | 'next' | 'previous'): Promise<void> {
    const { Finder } = await import('./find')
    if (this.disposed) return
    this.finder ??= new Finder(this)
    if (what === 'open' || what === 'replace') this.finder.open(what === 'replace')
    else this.finder.go(what === 'next' ? 1 : -1)
  }

  editKey(event: KeyboardEvent): boolean {
    return this.options.editKey(event)
  }

  /** One second more for what runs. */
  tick(): void {
    for (const { cell } of this.live.state.queue.peek()) this.views.get(cell)?.tick()
    for (const view of this.list.querySelectorAll<HTMLElement>('.cell.running')) this.views.get(view.dataset.cellId ?? '')?.tick()
  }
}

/** Changes by this tab's person, undone ones included. */
export const isMine = (origin: unknown): boolean => origin !== REMOTE && origin !== MADE
