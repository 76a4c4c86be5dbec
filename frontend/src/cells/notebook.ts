// The notebook on the page: a view for the document of the live socket, another one when that is replaced, and what the shell needs to
// show and to command.
import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { Live } from '../sync/live'
import { t } from '../i18n'
import { announce } from './announcing'
import { COMMANDS, type Command } from './commands'
import { Controller } from './controller'
import type { CellHeading } from './headings'
import { addLine, blankSheet, lastLine, toolbar } from './overlay'
import { offerPackages } from './offering'
import { showPrompts } from './prompts'
import type { Surroundings } from './rendering'
import { NotebookView } from './view'

const TICK = 200
const CONTENTS_PAUSE = 400

export interface Place {
  mode: 'command' | 'edit'
  /** The active cell's number from 1, 0 for none. */
  cell: number
  cells: number
}

const sameContents = (one: readonly CellHeading[], other: readonly CellHeading[]): boolean =>
  one.length === other.length &&
  one.every(({ cell, level, text, state }, at) => cell === other[at].cell && level === other[at].level && text === other[at].text && state === other[at].state)

export class Notebook {
  readonly view: Signal<NotebookView | null> = signal(null)
  /** Where the reader is, for the colophon. */
  readonly place: ReadonlySignal<Place>
  /** The first code cell can be written in. */
  readonly editable = signal(false)
  readonly commands: readonly Command[]
  /** Headings with what runs below them, a moment after they changed. */
  readonly contents: Signal<CellHeading[]> = signal([])
  readonly controller: Controller
  private readonly ends: (() => void)[] = []
  private undress: () => void = () => undefined

  constructor(
    readonly live: Live,
    private readonly root: HTMLElement,
    private readonly surroundings: Surroundings,
    private readonly name: string,
    /** Commands of the shell. */
    more: readonly Command[] = [],
  ) {
    this.commands = [...COMMANDS, ...more]
    this.controller = new Controller(this.commands, () => this.view.peek())
    this.place = computed(() => {
      const view = this.view.value
      if (!view) return { mode: 'command', cell: 0, cells: 0 }
      const order = view.order.value
      return { mode: view.mode.value, cell: order.indexOf(view.active.value ?? '') + 1, cells: order.length }
    })
    root.classList.add('sheet')
    this.ends.push(
      this.controller.listen(root),
      effect(() => {
        if (live.ready.value) this.open()
      }),
      effect(() => {
        root.ariaLabel = t('notebook.name', { n: this.place.value.cells })
      }),
      this.tick(),
      this.followContents(),
    )
  }

  /** Number of a cell from 1, 0 when it is not on the page. */
  numberOf(cell: string): number {
    return (this.view.peek()?.indexOf(cell) ?? -1) + 1
  }

  execute(id: string): void {
    const command = this.commands.find((one) => one.id === id)
    if (command) this.controller.execute(command)
  }

  /** Shows a cell, as from the contents. */
  goTo(cell: string): void {
    const view = this.view.peek()
    if (!view || view.indexOf(cell) < 0) return
    view.select({ active: cell, anchor: cell })
    view.focusActive()
  }

  dispose(): void {
    for (const end of this.ends) end()
    this.undress()
    this.view.peek()?.dispose()
  }

  private open(): void {
    const doc = this.live.doc.peek()
    const old = this.view.peek()
    if (old?.doc === doc) return
    this.undress()
    old?.dispose()
    const { live, root, surroundings, name } = this
    const view = new NotebookView({ live, doc, surroundings, name, editKey: (event) => this.controller.editKey(event) })
    this.view.value = view
    root.append(view.list)
    const focus = (): void => {
      if (document.activeElement === document.body && !matchMedia('(pointer: coarse)').matches) view.focusActive()
    }
    void view
      .mount(focus, () => (this.editable.value = true))
      .catch((problem: unknown) => {
        surroundings.toast(String(problem))
        throw problem
      })
    this.undress = this.dress(view)
  }

  /** What lies round the cells of one view. */
  private dress(view: NotebookView): () => void {
    const { root } = this
    const bar = toolbar(view, root)
    const line = addLine(view, root)
    const blank = blankSheet(view)
    const last = lastLine(view)
    root.append(blank.element, last, bar.element, line.element)
    const ends = [announce(view), showPrompts(view, root), offerPackages(view), bar.dispose, line.dispose, blank.dispose]
    return () => {
      for (const end of ends) end()
      last.remove()
    }
  }

  private followContents(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = (): void => {
      timer = undefined
      const contents = this.view.peek()?.contents() ?? []
      if (!sameContents(contents, this.contents.peek())) this.contents.value = contents
    }
    const end = effect(() => {
      const view = this.view.value
      if (!view) return
      view.outlined.value
      view.order.value
      timer ??= setTimeout(look, view.complete.peek() ? CONTENTS_PAUSE : 0)
    })
    return () => {
      end()
      clearTimeout(timer)
    }
  }

  private tick(): () => void {
    const timer = setInterval(() => {
      if (this.live.state.queue.peek().length || this.live.state.kernel.peek().state === 'busy') this.view.peek()?.tick()
    }, TICK)
    return () => clearInterval(timer)
  }
}
