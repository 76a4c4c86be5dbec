// The debugger of a page: breakpoints, steps, evaluation as a person asks for them; when the panel opens; what is said aloud. What the server
// knows is in the live state, what is looked at in `look`.
import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { GutterPlace } from '../cells/gutter'
import type { Notebook } from '../cells/notebook'
import * as running from '../cells/running'
import { only } from '../cells/selection'
import type { NotebookView } from '../cells/view'
import { d } from '../i18n/debugger'
import type { Breakpoint, DebugGo, Frame, Place } from '../model/messages'
import { textOf, typeOf, cellsOf, watch } from '../model/schema'
import { say } from '../shell/saying'
import { toast } from '../shell/toasts'
import type { Live } from '../sync/live'
import { newId } from '../sync/place'
import { Anchors, lineAt } from './anchors'
import { asker, type Asker } from './asking'
import { Console } from './console'
import { hover } from './hover'
import { Look } from './look'
import { Marks } from './marks'
import { isStop, marksOf, placeWords, reasonWords, whyNot, wished, type CellMarks } from './model'
import { Names } from './names'
import { reveal } from './reveal'

export type Action = DebugGo['action']

/** The breakpoint whose settings are open, and where on the screen. */
export interface Editing {
  id: string
  x: number
  y: number
}

const touching = (): boolean => matchMedia('(pointer: coarse)').matches

export class Debugger {
  /** The panel is on the page. */
  readonly open = signal(false)
  readonly editing: Signal<Editing | null> = signal(null)
  readonly look: Look
  readonly console: Console
  readonly names: Names
  /** The server's breakpoints, with what was just asked for. */
  readonly breakpoints: ReadonlySignal<readonly Breakpoint[]>
  readonly ask: Asker
  /** Asked for and not answered yet; null: to be removed. */
  private readonly drafts: Signal<ReadonlyMap<string, Breakpoint | null>> = signal(new Map())
  /** Counts edits of cells that have breakpoints. */
  private readonly edited = signal(0)
  private anchors: Anchors | null = null
  /** It opened by itself, and goes by itself. */
  private byItself = false
  private saidStop = 0

  constructor(
    readonly notebook: Notebook,
    readonly live: Live,
  ) {
    this.ask = asker(live, (problem) => running.tell({ surroundings: { toast: (text: string) => void toast({ text, bad: true }) } }, problem))
    this.look = new Look(live.state, this.ask)
    this.console = new Console(live.state)
    this.names = new Names(this.ask)
    this.breakpoints = computed(() => {
      const drafts = this.drafts.value
      const said = live.state.debug.value.breakpoints ?? []
      const known = new Set(said.map(({ id }) => id))
      const kept = said.flatMap((one) => (drafts.has(one.id) ? (drafts.get(one.id) ?? []) : one))
      return [...kept, ...[...drafts.values()].filter((one) => one !== null && !known.has(one.id))] as Breakpoint[]
    })
    effect(() => this.dress(notebook.view.value))
    effect(() => this.followStops())
    effect(() => this.followRuns())
    effect(() => this.followNames())
    effect(() => void document.documentElement.classList.toggle('debugging', this.open.value))
  }

  readonly numberOf = (cell: string): number => this.notebook.numberOf(cell)

  // The cells ----------------------------------------------------------------------------------------------------------

  private undress: () => void = () => undefined

  /** Another view of cells: marks and hovering belong to it. */
  private dress(view: NotebookView | null): void {
    this.undress()
    this.anchors = view && new Anchors(view.doc)
    if (!view) return
    const marks = computed((): Map<string, CellMarks> => {
      this.edited.value
      const breakpoints = this.breakpoints.value
      this.anchors?.keep(new Set(breakpoints.map(({ id }) => id)))
      const { look } = this
      return marksOf(breakpoints, look.picture.value, look.frame.value, look.view.value, (one) => this.lineOf(one))
    })
    const numbered = computed((): ReadonlySet<string> => {
      const cells = [...marks.value].filter(([, { at }]) => at).map(([cell]) => cell)
      if (this.open.value && touching()) cells.push(...view.order.value)
      return new Set(cells)
    })
    const drawn = new Marks(view, marks, numbered)
    const ends = [
      watch(view.doc, ({ texts }) => {
        if (this.breakpoints.peek().some(({ at }) => at.cell && texts.has(at.cell))) this.edited.value++
      }),
      hover(view, this),
      () => drawn.dispose(),
    ]
    this.undress = () => {
      for (const end of ends) end()
    }
  }

  /** A breakpoint's line in the text that the page shows now. */
  lineOf(breakpoint: Breakpoint): number {
    return breakpoint.at.cell ? (this.anchors?.lineOf(breakpoint) ?? 0) : breakpoint.at.line
  }

  private codeOf(cell: string): string | null {
    const view = this.notebook.view.peek()
    const one = view && cellsOf(view.doc).get(cell)
    return one && typeOf(one) === 'code' ? textOf(one) : null
  }

  /** Where the caret is; in a cell that nobody writes in, where the program is, or its first line with code. */
  private caret(): { cell: string; line: number } | null {
    const one = this.notebook.view.peek()?.activeView
    if (!one || one.type !== 'code') return null
    const { text } = one
    if (one.editor?.focused) return { cell: one.id, line: lineAt(text, one.editor.caret) }
    const at = this.look.frame.peek()?.at
    if (at?.cell === one.id && at.line) return { cell: one.id, line: at.line }
    const first = text.split('\n').findIndex((line) => /^\s*[^\s#]/.test(line))
    return { cell: one.id, line: Math.max(0, first) + 1 }
  }

  private boxOf(cell: string, line: number): { x: number; y: number } {
    const code = this.notebook.view.peek()?.view(cell)?.body.querySelector('.code')
    const box = code?.getBoundingClientRect()
    return { x: box?.left ?? 0, y: (box?.top ?? 0) + 6 + (line - 1) * 21 }
  }

  // Breakpoints --------------------------------------------------------------------------------------------------------

  at(cell: string, line: number): Breakpoint | undefined {
    return this.breakpoints.peek().find((one) => one.at.cell === cell && this.lineOf(one) === line)
  }

  /** Shown at once, as it was asked for, until the server has answered. */
  private async keep(id: string, draft: Breakpoint | null): Promise<boolean> {
    this.drafts.value = new Map(this.drafts.peek()).set(id, draft)
    const done = await this.ask(draft ? { type: 'debugBreakpoint', breakpoint: wished(draft) } : { type: 'debugRemove', breakpoints: [id] })
    if (this.drafts.peek().get(id) === draft) {
      const drafts = new Map(this.drafts.peek())
      drafts.delete(id)
      this.drafts.value = drafts
    }
    return done !== null
  }

  add(cell: string, line: number): string {
    const id = newId()
    const text = this.codeOf(cell)?.split('\n')[line - 1] ?? ''
    void this.keep(id, { id, at: { cell, line }, text })
    say(d('breakpoint.added', { line }))
    return id
  }

  remove(id: string): void {
    if (this.editing.peek()?.id === id) this.editing.value = null
    void this.keep(id, null)
    say(d('breakpoint.removed'))
  }

  change(id: string, changes: Partial<Breakpoint>): void {
    const held = this.breakpoints.peek().find((one) => one.id === id)
    if (held) void this.keep(id, { ...held, at: { ...held.at, line: this.lineOf(held) || held.at.line }, state: 'waiting', why: '', ...changes })
  }

  /** One line up or down, for fingers. */
  move(id: string, by: number): void {
    const held = this.breakpoints.peek().find((one) => one.id === id)
    const { cell = '' } = held?.at ?? {}
    const lines = this.codeOf(cell)?.split('\n').length ?? 0
    const line = (held ? this.lineOf(held) : 0) + by
    if (held && line >= 1 && line <= lines && !this.at(cell, line)) this.change(id, { at: { ...held.at, line }, text: this.codeOf(cell)?.split('\n')[line - 1] ?? '' })
  }

  /** The strip was pressed. A finger may have missed the line, so its settings open and can move it. */
  press({ cell, line, x, y, touch }: GutterPlace): void {
    const held = this.at(cell, line)
    if (held && !touch) this.remove(held.id)
    else if (held) this.editing.value = { id: held.id, x, y }
    else {
      const id = this.add(cell, line)
      if (touch) this.editing.value = { id, x, y }
    }
  }

  settings({ cell, line, x, y }: Pick<GutterPlace, 'cell' | 'line' | 'x' | 'y'>): void {
    this.editing.value = { id: this.at(cell, line)?.id ?? this.add(cell, line), x, y }
  }

  toggleHere(): void {
    const caret = this.caret()
    if (!caret) return void toast(d('breakpoint.nocode'))
    const held = this.at(caret.cell, caret.line)
    if (held) this.remove(held.id)
    else this.add(caret.cell, caret.line)
  }

  settingsHere(): void {
    const caret = this.caret()
    if (!caret) return void toast(d('breakpoint.nocode'))
    this.settings({ ...caret, ...this.boxOf(caret.cell, caret.line) })
  }

  removeAll(): void {
    void this.ask({ type: 'debugRemove' })
  }

  filters(changes: { exceptions?: 'never' | 'uncaught' | 'raised'; functions?: string[]; justMyCode?: boolean }): void {
    const { exceptions = 'never', functions = [], justMyCode = true } = this.live.state.debug.peek()
    void this.ask({ type: 'debugFilters', exceptions, functions, justMyCode, ...changes })
  }

  async watch(expressions: string[]): Promise<void> {
    const [stop, frame] = [this.look.picture.peek().number ?? 0, this.look.frame.peek()?.id ?? 0]
    const done = await this.ask({ type: 'debugWatches', watches: expressions, stop, frame })
    this.look.takeView(stop, done?.shown?.view)
  }

  // Running ------------------------------------------------------------------------------------------------------------

  async debugCell(byLine = false): Promise<void> {
    const one = this.notebook.view.peek()?.activeView
    if (!one || one.type !== 'code') return void toast(d('not.code'))
    const why = whyNot(this.live.state.debug.peek().can, 'debug')
    if (why && this.live.state.debug.peek().can?.debug !== 'none') return void toast(why)
    if (!this.open.peek()) this.byItself = true
    this.open.value = true
    await this.ask({ type: 'debugCell', cell: one.id, byLine })
  }

  async pause(): Promise<void> {
    const { can, phase } = this.live.state.debug.peek()
    const why = phase === 'running' ? '' : whyNot(can, 'pause')
    if (!this.live.state.queue.peek().some(({ state }) => state === 'running')) return void toast(d('not.running'))
    if (why) return void toast(why)
    await this.ask({ type: 'debugPause' })
  }

  /** A second press before the server has answered means the same stop: it would be refused anyway. */
  async go(action: Action, more: Partial<Pick<DebugGo, 'target' | 'to'>> = {}): Promise<void> {
    const picture = this.live.state.picture.peek()
    if (!isStop(picture)) return void toast(d('not.stopped'))
    const number = picture.number ?? 0
    const { look } = this
    if (look.gone.peek() === number) return
    if (look.error.peek()) look.leaveError()
    const thread = look.thread.peek() || picture.thread || 0
    const frame = look.frame.peek()?.id ?? 0
    look.gone.value = number
    const done = await this.ask({ type: 'debugGo', stop: number, action, thread, frame, ...more })
    if (!done && look.gone.peek() === number) look.gone.value = 0
  }

  goTo(action: 'here' | 'jump', place?: Place): void {
    if (!this.look.stopped) return void toast(d('not.stopped'))
    const to = place ?? this.caret()
    if (to) void this.go(action, { to })
    else toast(d('not.line'))
  }

  async inspectError(run: string): Promise<void> {
    const why = whyNot(this.live.state.debug.peek().can, 'inspect')
    if (why) return void toast(why)
    if (!(await this.look.openError(run))) return
    this.byItself = false
    this.open.value = true
    this.focusHead()
  }

  leaveError(): void {
    this.look.leaveError()
    this.notebook.view.peek()?.focusActive()
  }

  // Looking ------------------------------------------------------------------------------------------------------------

  chooseFrame(frame: Frame): void {
    this.look.choose(frame.id)
    this.show(frame)
  }

  show({ at }: Pick<Frame, 'at'>): void {
    const view = this.notebook.view.peek()
    if (view && at.cell) reveal(view, at.cell, at.line)
  }

  async evaluate(code: string): Promise<void> {
    const { number: stop = 0 } = this.look.picture.peek()
    const frame = this.look.frame.peek()
    if (!stop || !frame) return void toast(d('not.stopped'))
    this.console.code(code)
    const evaluated = (await this.ask({ type: 'debugEvaluate', stop, frame: frame.id, code, rich: true }))?.shown?.evaluated
    if (evaluated) this.console.answer(evaluated)
  }

  evaluateHere(): void {
    const code = this.notebook.view.peek()?.activeView?.editor?.selectedOrLine().trim()
    if (!code) return void toast(d('not.line'))
    if (!this.look.picture.peek().number) return void toast(d('not.stopped'))
    this.open.value = true
    void this.evaluate(code)
  }

  async set(ref: number, key: string, expression: string): Promise<boolean> {
    const { number: stop = 0 } = this.look.picture.peek()
    const frame = this.look.frame.peek()?.id ?? 0
    const evaluated = (await this.ask({ type: 'debugSet', stop, frame, ref, key, expression }))?.shown?.evaluated
    if (evaluated?.value.error) toast({ text: evaluated.value.value, bad: true })
    return evaluated !== undefined && evaluated !== null && !evaluated.value.error
  }

  // The panel ----------------------------------------------------------------------------------------------------------

  toggle(): void {
    this.byItself = false
    if (this.open.peek()) this.close()
    else {
      this.open.value = true
      this.focusHead()
    }
  }

  close(): void {
    const within = document.querySelector('.debug-side')?.contains(document.activeElement)
    this.open.value = false
    this.editing.value = null
    this.look.leaveError()
    if (within) this.notebook.view.peek()?.focusActive()
  }

  /** Somebody uses the panel: it stays. */
  used(): void {
    this.byItself = false
  }

  focusHead(): void {
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.debug-side .why')?.focus({ preventScroll: true }))
  }

  private followStops(): void {
    const picture = this.live.state.picture.value
    const { number = 0 } = picture
    if (!isStop(picture)) {
      if (this.saidStop) this.saidStop = 0
      return
    }
    if (number === this.saidStop) return
    this.saidStop = number
    this.look.gone.value = 0
    if (!this.open.peek()) {
      this.byItself = true
      this.open.value = true
    }
    const frame = picture.frames?.[picture.top ?? 0]
    const reason = reasonWords(picture)
    say(frame ? d('said.stopped', { reason, place: placeWords(frame.at, this.numberOf) }) : reason)
    const view = this.notebook.view.peek()
    if (!frame?.at.cell || !view) return
    const { cell } = frame.at
    if (view.mode.peek() === 'command' && view.indexOf(cell) >= 0) view.select(only(cell))
    // Once the panel has its place and the values stand beside their lines.
    requestAnimationFrame(() => requestAnimationFrame(() => this.show(frame)))
  }

  /** A panel that opened for a stop goes when the run that stopped has ended. */
  private followRuns(): void {
    const { phase = 'off' } = this.live.state.debug.value
    const busy = this.live.state.queue.value.length > 0 || isStop(this.live.state.picture.value) || phase === 'arming' || phase === 'stopped'
    if (this.byItself && this.wasBusy && !busy && this.open.peek()) this.close()
    this.wasBusy = busy
  }

  private wasBusy = false

  private followNames(): void {
    const { state, process } = this.live.state.kernel.value
    const idle = this.open.value && !this.look.picture.value.number && !this.live.state.queue.value.length
    process
    if (!state || state === 'none' || state === 'dead' || state === 'unavailable') return this.names.forget()
    if (idle && state === 'idle') void this.names.refresh()
  }
}
