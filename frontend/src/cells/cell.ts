// One cell on the page: margins, source (static until somebody writes in it), outputs. Plain DOM; reads the document, never writes it.
import { applyOps, dropOutputs, renderOutputs, type OutputContext } from '../outputs/outputs'
import { sourceHash } from '../model/hash'
import type { CellResults, OutputOp } from '../model/messages'
import { attachmentsOf, metadataOf, sourceOf, textOf, typeOf, type CellId, type YCell } from '../model/schema'
import { colour, plainCode, staticCode } from '../editor/highlight'
import type { CellEditor } from '../editor/editor'
import { COLOUR_VALUES, type Peer } from '../sync/presence'
import { formatDuration, formatOrdinal, t } from '../i18n'
import { folioOf, type Folio } from './margin'
import type { NotebookView } from './view'

const CODE_LINE = 21
const TEXT_LINE = 27

/** Where a caret goes when a cell is opened: a point of the screen, an offset in the text, or its end. */
export type Caret = { x: number; y: number } | number | 'end'

function element(className: string): HTMLElement {
  const made = document.createElement('div')
  made.className = className
  return made
}

const lineCount = (text: string): number => {
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

export class CellView {
  readonly element = document.createElement('article')
  readonly body = element('body')
  private readonly folio = element('folio')
  private readonly note = element('note')
  private source = element('code')
  private readonly out = element('out')
  editor: CellEditor | null = null
  type: string
  results: CellResults = {}
  /** Coloured or rendered, not only plain text. */
  private rich = false
  private outputsShown = false
  private hash: string | null = null
  private cachedWords: { text: string; words: Set<string> } | null = null
  private peer: Peer | null = null

  constructor(
    readonly id: CellId,
    readonly cell: YCell,
    private readonly notebook: NotebookView,
  ) {
    this.type = typeOf(cell)
    this.element.className = 'cell'
    this.element.tabIndex = -1
    this.element.dataset.cellId = id
    this.out.hidden = true
    this.body.append(this.source, this.out)
    this.element.append(this.folio, this.body, this.note)
    this.showType()
    this.results = notebook.live.state.results.get(id) ?? {}
    this.showPlain()
    this.element.style.containIntrinsicBlockSize = `auto ${this.estimate()}px`
    this.updateMargin()
  }

  get text(): string {
    return textOf(this.cell)
  }

  private get context(): OutputContext {
    return this.notebook.outputContext(this.id, this.results.run?.id ?? '')
  }

  /** Height in pixels before it is laid out. */
  estimate(): number {
    const lines = lineCount(this.text)
    if (this.type === 'code') return lines * CODE_LINE + 24 + Math.min(12, this.results.outputs?.length ?? 0) * 60
    return lines * TEXT_LINE + 20
  }

  // Source ------------------------------------------------------------------------------------------------------------

  private showType(): void {
    this.element.dataset.cellType = this.type
    this.source.className = this.type === 'markdown' ? 'md raw' : this.type === 'code' ? 'code' : 'code rawcell'
  }

  private showPlain(): void {
    this.rich = false
    const { text } = this
    this.source.classList.toggle('raw', this.type === 'markdown')
    this.source.replaceChildren(this.type === 'markdown' ? text : plainCode(text))
  }

  /** Called when the cell comes near the screen: colours, Markdown, outputs. */
  enrich(): void {
    this.showOutputs()
    if (this.rich || this.editor) return
    if (this.type !== 'markdown') {
      this.rich = true
      if (this.type === 'code') this.source.replaceChildren(staticCode(this.text, this.notebook.language))
      return
    }
    const { markdown } = this.notebook
    if (!markdown) return this.notebook.whenMarkdown(() => this.enrich())
    this.rich = true
    const { text } = this
    if (!text.trim()) {
      this.source.classList.add('raw')
      this.source.textContent = t('cell.emptyText')
      return
    }
    this.source.classList.remove('raw')
    const attachments = attachmentsOf(this.cell)
    markdown.renderMarkdown(this.source, text, { ...this.context, attachment: (name) => pictureOf(attachments[name]), highlight: colour })
  }

  /** The source changed, by whoever. */
  sourceChanged(): void {
    this.hash = null
    if (!this.editor) {
      if (this.rich) {
        this.rich = false
        this.enrich()
      } else this.showPlain()
    }
    this.updateMargin()
  }

  /** Type or metadata changed. */
  settingsChanged(): void {
    const type = typeOf(this.cell)
    if (type !== this.type) {
      const editing = this.editor?.focused ? this.editor.caret : null
      this.closeEditor()
      this.type = type
      this.showType()
      this.showPlain()
      this.enrich()
      if (editing !== null) this.notebook.edit(this.id, editing)
    } else if (this.rich && this.type === 'markdown') this.sourceChanged()
    this.showHidden()
    this.updateMargin()
    this.notebook.label(this)
  }

  /** Opens the editor over the static text; the caller has the module. */
  openEditor(make: (host: HTMLElement, view: CellView) => CellEditor): CellEditor {
    if (!this.editor) {
      this.source.className = this.type === 'code' ? 'code' : this.type === 'markdown' ? 'code prose' : 'code rawcell'
      this.source.replaceChildren()
      this.editor = make(this.source, this)
      this.notebook.label(this)
    }
    return this.editor
  }

  closeEditor(): void {
    if (!this.editor) return
    this.editor.destroy()
    this.editor = null
    this.showType()
    this.showPlain()
    this.enrich()
  }

  get yText(): ReturnType<typeof sourceOf> {
    return sourceOf(this.cell)
  }

  /** Words for completion, made again only when the text changed. */
  words(wordsOf: (text: string) => Set<string>): Set<string> {
    if (this.type !== 'code') return new Set()
    const { text } = this
    if (this.cachedWords?.text !== text) this.cachedWords = { text, words: wordsOf(text) }
    return this.cachedWords.words
  }

  // Results -----------------------------------------------------------------------------------------------------------

  setResults(results: CellResults, ops: readonly OutputOp[] | null): void {
    this.results = results
    if (this.outputsShown && ops) {
      if (ops.length) applyOps(this.out, ops, results.outputs ?? [], this.context)
    } else if (this.outputsShown) renderOutputs(this.out, results.outputs ?? [], this.context)
    this.showHidden()
    this.updateMargin()
  }

  showOutputs(): void {
    if (this.outputsShown) return
    this.outputsShown = true
    if (this.results.outputs?.length) renderOutputs(this.out, this.results.outputs, this.context)
    this.showHidden()
  }

  get outputsHidden(): boolean {
    const jupyter = metadataOf(this.cell).jupyter
    return typeof jupyter === 'object' && jupyter !== null && (jupyter as Record<string, unknown>).outputs_hidden === true
  }

  private showHidden(): void {
    const any = this.type === 'code' && Boolean(this.results.outputs?.length)
    this.out.hidden = !any
    this.out.classList.toggle('folded', any && this.outputsHidden)
    if (any && this.outputsHidden) this.out.dataset.folded = t('cell.outputsHidden')
    else delete this.out.dataset.folded
  }

  // Margins -----------------------------------------------------------------------------------------------------------

  get folioState(): Folio {
    if (this.type !== 'code') return { kind: 'none' }
    if (this.results.run?.hash) this.hash ??= sourceHash(this.text)
    return folioOf(this.results, this.notebook.placeOf(this.id), this.hash ?? '')
  }

  updateMargin(): void {
    const folio = this.folioState
    this.element.classList.toggle('running', folio.kind === 'running')
    this.folio.replaceChildren(...folioNodes(folio))
    this.updateNote(folio)
  }

  private updateNote(folio: Folio): void {
    const { note, peer } = this
    note.classList.toggle('peer', peer !== null)
    note.style.setProperty('--peer', peer ? COLOUR_VALUES[peer.colour] : '')
    note.textContent = peer ? peer.name : this.noteText(folio)
  }

  private noteText(folio: Folio): string {
    const { run } = this.results
    if (this.type !== 'code' || !run || folio.kind === 'waiting') return ''
    if (run.state === 'lost') return t('cell.lost')
    if (run.state === 'interrupted') return t('cell.interrupted')
    if (folio.kind === 'ran' && folio.stale) return t('cell.edited')
    if (run.started == null) return ''
    return formatDuration(this.notebook.live.state.elapsed(run))
  }

  /** Another second of a running cell. */
  tick(): void {
    this.updateNote(this.folioState)
  }

  setPeer(peer: Peer | null): void {
    this.peer = peer
    this.body.style.setProperty('--peer', peer ? COLOUR_VALUES[peer.colour] : '')
    this.element.classList.toggle('peer', peer !== null)
    this.updateMargin()
  }

  dispose(): void {
    this.editor?.destroy()
    this.editor = null
    dropOutputs(this.out)
    this.element.remove()
  }
}

/** An attached picture as a data address. */
function pictureOf(bundle: unknown): string | null {
  if (typeof bundle !== 'object' || bundle === null) return null
  for (const [mime, data] of Object.entries(bundle))
    if (/^image\/(png|jpeg|gif|webp|svg\+xml)$/.test(mime) && typeof data === 'string') return `data:${mime};base64,${data.replace(/\s/g, '')}`
  return null
}

function folioNodes(folio: Folio): (Node | string)[] {
  if (folio.kind === 'none') return []
  const mark = document.createElement('span')
  if (folio.kind === 'running') {
    mark.className = 'run'
    mark.role = 'img'
    mark.ariaLabel = t('cell.running')
  } else if (folio.kind === 'waiting') {
    mark.className = 'q'
    mark.textContent = folio.place === 1 ? t('cell.next') : formatOrdinal(folio.place)
  } else {
    mark.className = [folio.stale && 'stale', folio.failed && 'bad'].filter(Boolean).join(' ')
    mark.textContent = folio.count == null ? '' : String(folio.count)
    if (folio.failed) mark.title = t('cell.failed')
    else if (folio.stale) mark.title = t('cell.editedSince')
  }
  return [mark]
}
