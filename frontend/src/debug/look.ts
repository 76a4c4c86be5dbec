// What is looked at: the open stop or the error of a run, a thread or exception of it, a frame, what is inside its values. It asks the server for what
// it lacks, and holds nothing longer than its picture lives.
import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { Frame, FrameView, Picture, Watch } from '../model/messages'
import type { SessionState } from '../sync/session'
import type { Asker } from './asking'
import { callOf, heldBy, isStop, withChanges, type Past } from './model'
import { joined, type Known } from './tree'

const NOTHING: Picture = {}

/** Children of a value that are asked for at once. */
const PAGE = 100

export class Look {
  /** The error that this page looks at. */
  readonly error: Signal<Picture | null> = signal(null)
  /** What is shown; without a number: nothing is. */
  readonly picture: ReadonlySignal<Picture>
  /** The number of the stop that was told to go on. */
  readonly gone = signal(0)
  readonly thread = signal(0)
  readonly frames: ReadonlySignal<readonly Frame[]>
  readonly more: ReadonlySignal<number>
  readonly frame: ReadonlySignal<Frame | null>
  readonly view: ReadonlySignal<FrameView | null>
  readonly watches: ReadonlySignal<readonly Watch[]>
  /** By `ref`. */
  readonly known: Signal<ReadonlyMap<number, Known>> = signal(new Map())
  private readonly chosen = signal(0)
  private readonly views: Signal<ReadonlyMap<number, FrameView>> = signal(new Map())
  private readonly others: Signal<ReadonlyMap<number, Picture>> = signal(new Map())
  private readonly asked = new Set<string>()
  private shown: Picture = NOTHING
  /** What the calls of the stop before held. */
  private past: ReadonlyMap<string, Past> = new Map()
  private readonly end: () => void

  constructor(
    state: SessionState,
    private readonly ask: Asker,
  ) {
    this.picture = computed(() => this.error.value ?? state.picture.value)
    const here = computed((): Picture => this.others.value.get(this.thread.value) ?? this.picture.value)
    this.frames = computed(() => here.value.frames ?? [])
    this.more = computed(() => here.value.more ?? 0)
    this.frame = computed(() => {
      const { frames = [], top = 0 } = here.value
      return frames.find(({ id }) => id === this.chosen.value) ?? frames[top] ?? frames[0] ?? null
    })
    this.view = computed(() => {
      const { frame, value } = { frame: this.frame.value?.id ?? 0, value: here.value }
      const view = this.views.value.get(frame) ?? (value.view?.frame === frame ? value.view : null)
      return view && this.frame.value ? withChanges(view, this.past.get(callOf(this.frames.value, this.frame.value))) : null
    })
    this.watches = computed(() => {
      const values = new Map((this.view.value?.watches ?? []).map((watch) => [watch.expression, watch]))
      return (state.debug.value.watches ?? []).map((expression) => values.get(expression) ?? { expression })
    })
    this.end = effect(() => this.take(this.picture.value))
  }

  get stopped(): boolean {
    return isStop(this.picture.peek())
  }

  dispose(): void {
    this.end()
  }

  /** Another picture, or the same one seen anew: what was asked for belongs to the old one. */
  private take(picture: Picture): void {
    const same = picture.number === this.shown.number
    if (!same && picture.number) this.remember(picture)
    if (picture.number) this.shown = picture
    this.asked.clear()
    batch(() => {
      this.known.value = new Map()
      this.views.value = new Map()
      if (same) return
      this.others.value = new Map()
      this.chosen.value = 0
      this.thread.value = picture.thread ?? 0
    })
    if (same) this.missing()
  }

  private remember(next: Picture): void {
    const { run = '', frames = [], view } = this.shown
    const views = view ? [view, ...this.views.peek().values()] : []
    const held = views.flatMap((one): [string, Past][] => {
      const frame = frames.find(({ id }) => id === one.frame)
      return frame ? [[callOf(frames, frame), heldBy(one)]] : []
    })
    this.past = new Map(run && run === next.run && isStop(next) ? held : [])
  }

  /** Looks at another frame. */
  choose(frame: number): void {
    this.chosen.value = frame
    this.missing()
  }

  private missing(): void {
    const frame = this.frame.peek()
    if (frame && !this.view.peek()) void this.fetchView(frame.id)
  }

  private get number(): number {
    return this.picture.peek().number ?? 0
  }

  private async once(what: string, call: () => Promise<void>): Promise<void> {
    if (this.asked.has(what)) return
    this.asked.add(what)
    await call()
    this.asked.delete(what)
  }

  private async fetchView(frame: number): Promise<void> {
    const stop = this.number
    await this.once(`view ${frame}`, async () => {
      const view = (await this.ask({ type: 'debugView', stop, frame }))?.shown?.view
      if (view && this.number === stop) this.views.value = new Map(this.views.peek()).set(frame, view)
    })
  }

  /** Watches were changed: their values in the frame that is looked at. */
  takeView(stop: number, view: FrameView | null | undefined): void {
    if (view && stop === this.number) this.views.value = new Map(this.views.peek()).set(view.frame, view)
  }

  async chooseThread(thread: number): Promise<void> {
    const stop = this.number
    const own = thread === this.picture.peek().thread
    if (!own && !this.others.peek().has(thread)) {
      const picture = (await this.ask({ type: 'debugFrames', stop, thread }))?.shown?.picture
      if (!picture || stop !== this.number) return
      this.others.value = new Map(this.others.peek()).set(thread, picture)
    }
    this.thread.value = thread
    this.choose(0)
  }

  async moreFrames(): Promise<void> {
    const [stop, thread] = [this.number, this.thread.peek()]
    const before = this.others.peek().get(thread) ?? this.picture.peek()
    const frames = before.frames ?? []
    const next = (await this.ask({ type: 'debugFrames', stop, thread, start: frames.length }))?.shown?.picture
    if (!next || stop !== this.number) return
    const all = { ...before, frames: [...frames, ...(next.frames ?? [])], more: next.more ?? 0 }
    this.others.value = new Map(this.others.peek()).set(thread, all)
  }

  /** What is inside a value, the next hundred from `start`. */
  async expand(ref: number, start = 0, count = PAGE): Promise<void> {
    const stop = this.number
    await this.once(`ref ${ref}`, async () => {
      const children = (await this.ask({ type: 'debugExpand', stop, ref, start, count }))?.shown?.children
      if (stop !== this.number) return
      const known = this.known.peek()
      const before = known.get(ref) ?? this.inScope(ref)
      this.known.value = new Map(known).set(ref, joined(before, start, children ?? {}))
    })
  }

  private inScope(ref: number): Known | undefined {
    const scope = this.view.peek()?.scopes?.find((one) => one.ref === ref)
    return scope && { variables: scope.variables ?? [], total: scope.total ?? 0 }
  }

  async openError(run: string): Promise<boolean> {
    const picture = (await this.ask({ type: 'debugError', run }))?.shown?.picture
    if (!picture) return false
    this.leaveError()
    this.error.value = picture
    return true
  }

  leaveError(): void {
    const number = this.error.peek()?.number
    this.error.value = null
    if (number) void this.ask({ type: 'debugLeave', stop: number }, true)
  }
}
