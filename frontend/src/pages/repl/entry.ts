// One entry of a prompt: what was run, its number, what it gave, how long it took. Plain DOM; reads the document, never writes it.
import { folioNodes } from '../../cells/folio'
import { folioOf } from '../../cells/margin'
import { staticCode } from '../../editor/highlight'
import { formatDuration, t } from '../../i18n'
import { icon } from '../../icons/icons'
import type { CellResults, OutputOp, Run } from '../../model/messages'
import { textOf, type CellId, type YCell } from '../../model/schema'
import { applyOps, dropOutputs, renderOutputs, type OutputContext } from '../../outputs/outputs'

function element(className: string): HTMLElement {
  const made = document.createElement('div')
  made.className = className
  return made
}

export interface Neighbourhood {
  language(): string
  /** 1: runs next. 0: does not wait. */
  placeOf(cell: CellId): number
  elapsed(run: Run): number
  context(cell: CellId, run: string): OutputContext
  again(text: string): void
}

export class EntryView {
  readonly element = document.createElement('article')
  readonly body = element('body')
  results: CellResults = {}
  private readonly folio = element('folio')
  private readonly note = element('note')
  private readonly code = element('code')
  private readonly out = element('out')
  private shownFolio = ''

  constructor(
    readonly id: CellId,
    private readonly cell: YCell,
    private readonly near: Neighbourhood,
  ) {
    this.element.className = 'cell entry'
    this.element.dataset.cellId = id
    this.out.hidden = true
    this.body.append(this.code, this.out)
    this.element.append(this.folio, this.body, this.note)
    this.body.append(this.againButton())
    this.draw()
  }

  get text(): string {
    return textOf(this.cell)
  }

  get count(): number | null {
    return this.results.count ?? null
  }

  private againButton(): HTMLElement {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'b again'
    button.title = button.ariaLabel = t('repl.again')
    button.append(icon('pen'))
    button.addEventListener('click', () => this.near.again(this.text))
    return button
  }

  /** The source, anew. */
  draw(): void {
    this.code.replaceChildren(staticCode(this.text, this.near.language()))
    this.element.hidden = !this.text && !this.results.run
  }

  setResults(results: CellResults): void {
    this.results = results
    this.updateMargin()
  }

  /** `ops` led to the outputs; null: draw them all. */
  drawOutputs(ops: readonly OutputOp[] | null): void {
    const outputs = this.results.outputs ?? []
    const context = this.near.context(this.id, this.results.run?.id ?? '')
    if (ops) applyOps(this.out, ops, outputs, context)
    else renderOutputs(this.out, outputs, context)
    this.out.hidden = !outputs.length
  }

  updateMargin(): void {
    const { run } = this.results
    const folio = folioOf(this.results, this.near.placeOf(this.id), run?.hash ?? '')
    const shown = Object.values(folio).join()
    if (shown !== this.shownFolio) {
      this.shownFolio = shown
      this.folio.replaceChildren(...folioNodes(folio))
      this.element.classList.toggle('running', folio.kind === 'running')
      this.element.ariaLabel = this.count === null ? t('repl.entry.none') : t('repl.entry', { n: this.count })
    }
    const text = this.noteText()
    if (this.note.textContent !== text) this.note.textContent = text
  }

  private noteText(): string {
    const { run } = this.results
    if (!run || run.state === 'queued') return ''
    if (run.state === 'lost') return t('cell.lost')
    if (run.state === 'interrupted') return t('cell.interrupted')
    return run.started == null ? '' : formatDuration(this.near.elapsed(run))
  }

  dispose(): void {
    dropOutputs(this.out)
    this.element.remove()
  }
}
