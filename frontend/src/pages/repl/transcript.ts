// A prompt's document on the page: its entries in order, and the draft, which is its last cell. What is run stands before the draft as a
// cell of its own, so that the editor stays what it is.
import { effect, signal, type Signal } from '@preact/signals'
import { Drawing } from '../../cells/drawing'
import { placeInQueue } from '../../cells/margin'
import { showPrompts, type Asking } from '../../cells/prompts'
import { tell } from '../../cells/running'
import { t } from '../../i18n'
import { deleteCells, insertCells, newAuthor, restoreCells, type Author } from '../../model/edits'
import { History } from '../../model/history'
import { bin, cellOf, order, sourceOf, watch, type CellId } from '../../model/schema'
import type { OutputContext } from '../../outputs/outputs'
import { isFailed } from '../../sync/results'
import type { Live } from '../../sync/live'
import { EntryView, type Neighbourhood } from './entry'

const TICK = 200
/** Entries on the page at first; what is older is shown when asked for. */
const SHOWN = 150
const MORE = 500
/** Cells that were cleared within so many seconds of each other were cleared together. */
const TOGETHER = 2
/** So near to the end the page follows what comes. */
const NEAR_END = 140

export interface TranscriptPlace {
  live: Live
  root: HTMLElement
  base: string
  profile: string
  toast(text: string): void
  say(text: string): void
  /** Writes a text into the draft. */
  write(text: string): void
  /** Gives the draft the focus. */
  focus(): void
}

export class Transcript implements Asking {
  readonly live: Live
  readonly surroundings: { toast(text: string): void }
  readonly list: HTMLElement
  readonly mode = signal<'command' | 'edit'>('command')
  readonly order: Signal<readonly CellId[]> = signal([])
  readonly complete = signal(true)
  readonly moved = signal(0)
  /** The cell that is being written; null until the document has come. */
  readonly draft: Signal<CellId | null> = signal(null)
  /** There is something to bring back. */
  readonly cleared = signal(false)
  author: Author | null = null
  history: History | null = null
  private readonly views = new Map<CellId, EntryView>()
  private readonly entries = document.createElement('div')
  private readonly earlier = document.createElement('button')
  private readonly drawing = new Drawing((cell, ops) => this.views.get(cell)?.drawOutputs(ops))
  private readonly hidden = signal(0)
  private following = true
  private unwatch: () => void = () => undefined

  constructor(private readonly place: TranscriptPlace) {
    this.live = place.live
    this.surroundings = { toast: place.toast }
    this.list = place.root
    const { entries } = this
    const { live, root } = place
    entries.className = 'entries'
    entries.role = 'log'
    entries.ariaLive = 'off'
    entries.ariaLabel = t('repl.entries')
    this.earlier.type = 'button'
    this.earlier.className = 'b earlier'
    this.earlier.addEventListener('click', () => (this.hidden.value = Math.max(0, this.hidden.peek() - MORE)))
    root.prepend(this.earlier, entries)
    live.state.onResults((cell, results, ops) => {
      const view = this.views.get(cell)
      if (!view) return
      const was = view.results.run?.state
      view.setResults(results)
      if (was === 'running' && results.run?.state !== 'running') this.sayEnded(view)
      this.drawing.put(cell, ops)
    })
    effect(() => {
      if (live.ready.value) this.open()
    })
    effect(() => this.showEarlier())
    effect(() => {
      live.state.queue.value
      for (const view of this.views.values()) if (view.results.run?.state !== 'ok') view.updateMargin()
    })
    showPrompts(this, root)
    this.follow()
    setInterval(() => this.tick(), TICK)
  }

  // Asking: where questions of input() stand ----------------------------------------------------------------------------

  view(cell: string | null): EntryView | undefined {
    return cell === null ? undefined : this.views.get(cell)
  }

  focusActive(): void {
    this.place.focus()
  }

  // The document --------------------------------------------------------------------------------------------------------

  private open(): void {
    const doc = this.live.doc.peek()
    if (this.author?.doc === doc) return
    this.unwatch()
    this.history?.destroy()
    for (const view of this.views.values()) view.dispose()
    this.views.clear()
    this.author = newAuthor(doc, this.place.profile)
    this.history = new History(this.author)
    this.hidden.value = Math.max(0, order(doc).length - SHOWN)
    this.update()
    this.unwatch = watch(doc, ({ texts, order: placed }) => {
      for (const cell of texts) this.views.get(cell)?.draw()
      if (placed) this.update()
    })
    if (location.hash !== '#top') this.toEnd()
  }

  /** Entries and draft as the document has them. */
  private update(): void {
    const { author } = this
    if (!author) return
    const cells = order(author.doc)
    const last = cells.at(-1)
    if (last === undefined || this.live.state.results.get(last)?.run) {
      insertCells(author, last ?? null, [{ type: 'code', source: '' }])
      this.history?.clear()
      return this.update()
    }
    this.draft.value = last
    cells.pop()
    const gone = new Set(this.views.keys())
    let after: Element | null = null
    for (const cell of cells) {
      gone.delete(cell)
      const view = this.views.get(cell) ?? this.make(cell)
      const next: ChildNode | null = after ? after.nextSibling : this.entries.firstChild
      if (next !== view.element) this.entries.insertBefore(view.element, next)
      after = view.element
    }
    for (const cell of gone) {
      this.drawing.forget(cell)
      this.views.get(cell)?.dispose()
      this.views.delete(cell)
    }
    this.hidden.value = Math.min(this.hidden.peek(), cells.length)
    this.order.value = cells
    this.cleared.value = bin(author.doc).length > 0
  }

  private make(cell: CellId): EntryView {
    const { author } = this
    if (!author) throw new Error('there is no document yet')
    const view = new EntryView(cell, cellOf(author.doc, cell), this.neighbourhood)
    this.views.set(cell, view)
    view.setResults(this.live.state.results.get(cell) ?? {})
    view.draw()
    view.drawOutputs(null)
    return view
  }

  private readonly neighbourhood: Neighbourhood = {
    language: () => this.language,
    placeOf: (cell) => placeInQueue(this.live.state.queue.peek(), cell),
    elapsed: (run) => this.live.state.elapsed(run),
    context: (cell, run) => this.context(cell, run),
    again: (text) => this.place.write(text),
  }

  private context(cell: CellId, run: string): OutputContext {
    return {
      base: this.place.base,
      document: this.live.state.document.peek(),
      cell,
      run,
      folder: '',
      cellOf: (count) => {
        const found = [...this.views.values()].findLast((view) => view.count === count)
        return found ? { id: found.id, number: count, name: t('repl.entry.here', { n: count }) } : null
      },
      showCell: (id) => this.views.get(id)?.element.scrollIntoView({ block: 'center' }),
    }
  }

  get language(): string {
    return this.live.state.kernel.peek().language || 'python'
  }

  /** The number that the next entry will have; null before any has one. */
  next(): number | null {
    const counts = [...this.views.values()].map((view) => (view.results.run?.state === 'lost' ? null : view.count))
    const running = this.live.state.queue.peek().length
    const last = counts.findLast((count) => count !== null) ?? null
    return last === null ? null : last + (counts.at(-1) === null ? running : 0) + 1
  }

  /** Texts of all entries, for completion. */
  *texts(): Iterable<string> {
    for (const view of this.views.values()) yield view.text
  }

  // What a person does ----------------------------------------------------------------------------------------------------

  /** Puts the draft's text (its first `length` characters) before it as an entry, and runs that. */
  run(length?: number): void {
    const { author, history } = this
    const draft = this.draft.peek()
    if (!author || !history || !draft) return
    const source = sourceOf(cellOf(author.doc, draft))
    const whole = source.toString()
    const end = Math.min(length ?? whole.length, whole.length)
    const text = whole.slice(0, end).replace(/^\s*\n/, '').replace(/\s+$/, '')
    if (!text) return
    const id = author.newId()
    history.command(() => {
      insertCells(author, this.order.peek().at(-1) ?? null, [{ id, type: 'code', source: text }])
      author.doc.transact(() => source.delete(0, end), 'run')
    })
    history.clear()
    this.toEnd()
    this.live.ask({ type: 'runCells', cells: [id] }).then(
      ({ dropped }) => dropped && this.surroundings.toast(t('run.dropped', { n: dropped })),
      (problem: unknown) => tell(this, problem),
    )
  }

  interrupt(): void {
    this.ask({ type: 'interrupt' })
  }

  ask(command: Parameters<Live['ask']>[0]): void {
    this.live.ask(command).catch((problem: unknown) => tell(this, problem))
  }

  get busy(): boolean {
    return this.live.state.queue.peek().length > 0
  }

  /** Takes all entries away; returns how many, and how to bring them back. */
  clear(): { n: number; undo(): void } {
    const { author, history } = this
    const cells = [...this.order.peek()]
    if (!author || !history || !cells.length) return { n: 0, undo: () => undefined }
    history.command(() => deleteCells(author, cells))
    return { n: cells.length, undo: () => this.author === author && restoreCells(author, cells) }
  }

  /** Brings back what was cleared last. */
  unclear(): void {
    const { author } = this
    if (!author) return
    const found = bin(author.doc)
    const newest = found[0]?.[1].at ?? 0
    restoreCells(author, found.filter(([, { at = 0 }]) => newest - at <= TOGETHER).map(([id]) => id))
    this.hidden.value = 0
    this.toEnd()
  }

  /** An empty draft is no cell of a notebook. */
  dropDraft(): () => void {
    const { author } = this
    const draft = this.draft.peek()
    if (!author || !draft || sourceOf(cellOf(author.doc, draft)).toString().trim()) return () => undefined
    this.unwatch() // no other draft is made in its place
    deleteCells(author, [draft])
    return () => {
      restoreCells(author, [draft])
      this.author = null
      this.open()
    }
  }

  // The view ----------------------------------------------------------------------------------------------------------------

  /** Nothing but the draft on the screen; a line says how much is above. */
  fold(): void {
    this.hidden.value = this.order.peek().length
    this.toEnd()
  }

  private showEarlier(): void {
    const hidden = this.hidden.value
    this.earlier.hidden = hidden === 0
    this.earlier.textContent = t('repl.earlier', { n: hidden })
    this.order.value.forEach((cell, at) => this.views.get(cell)?.element.classList.toggle('shut', at < hidden))
  }

  toEnd(): void {
    this.following = true
    scrollTo({ top: document.documentElement.scrollHeight })
  }

  /** The page stays at its end while things come, unless its reader has gone up. */
  private follow(): void {
    const { documentElement } = document
    let height = 0
    let top = scrollY
    const moved = (): void => {
      if (documentElement.scrollHeight - scrollY - innerHeight < NEAR_END) this.following = true
      else if (scrollY < top) this.following = false // else the page grew meanwhile, and its reader went nowhere
      top = scrollY
    }
    addEventListener('scroll', moved, { passive: true })
    new ResizeObserver(() => {
      const grown = documentElement.scrollHeight > height
      height = documentElement.scrollHeight
      if (grown && this.following) scrollTo({ top: height })
    }).observe(this.place.root)
  }

  private sayEnded(view: EntryView): void {
    if (view.count !== null) this.place.say(t(isFailed(view.results.run) ? 'repl.failed' : 'repl.done', { n: view.count }))
  }

  private tick(): void {
    for (const { cell, state } of this.live.state.queue.peek()) if (state === 'running') this.views.get(cell)?.updateMargin()
  }

  keyed(): void {
    this.drawing.keyed()
  }
}
