// One cell on the page: margins, source (static until somebody writes in it), outputs. Plain DOM; reads the document, never writes it.
import { applyOps, dropOutputs, renderOutputs, type OutputContext } from '../outputs/outputs'
import { sourceHash } from '../model/hash'
import type { CellResults, OutputOp } from '../model/messages'
import { attachmentsOf, metadataOf, sourceOf, textOf, typeOf, type CellId, type YCell } from '../model/schema'
import { colour, plainCode, staticCode } from '../editor/highlight'
import type { CellEditor } from '../editor/editor'
import { COLOUR_VALUES } from '../sync/colours'
import type { Peer } from '../sync/presence'
import { icon } from '../icons/icons'
import { formatDuration, formatList, t } from '../i18n'
import type { Section } from './folds'
import { showFate } from './fate'
import { folioNodes } from './folio'
import { folioOf, type Folio } from './margin'
import { contextOf } from './rendering'
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
  /** Near the screen: what the browser lays out. */
  near = true
  /** Outputs changed while the cell was far. */
  private behind = false
  private shownFolio = ''
  private hash: string | null = null
  private cachedWords: { text: string; words: Set<string> } | null = null
  private peers: readonly Peer[] = []

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
    this.showNumbers()
    this.element.style.containIntrinsicBlockSize = `auto ${this.estimate()}px`
    this.updateMargin()
    showFate(this.body, this.results.run)
  }

  get text(): string {
    return textOf(this.cell)
  }

  private get context(): OutputContext {
    return contextOf(this.notebook, this.id, this.results.run?.id ?? '')
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

  showNumbers(): void {
    this.element.classList.toggle('numbered', this.notebook.numbers.of(this.id))
    this.showDigits()
    this.editor?.setNumbers(this.numbered)
  }

  get numbered(): boolean {
    return this.element.classList.contains('numbered')
  }

  /** How wide the numbers are. */
  private showDigits(): void {
    if (this.numbered) this.element.style.setProperty('--digits', String(Math.max(2, String(lineCount(this.text)).length)))
  }

  /** Folded away under a heading. */
  setShut(shut: boolean): void {
    this.element.classList.toggle('shut', shut)
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

  /** The kernel speaks another language, or what colours it has come. */
  languageChanged(): void {
    if (this.type !== 'code') return
    if (this.editor) return this.editor.setLanguage(this.notebook.language)
    if (!this.rich) return
    this.rich = false
    this.enrich()
  }

  /** The source changed, by whoever. */
  sourceChanged(): void {
    this.hash = null
    this.showDigits()
    if (!this.editor) {
      if (this.rich) {
        this.rich = false
        this.enrich()
      } else this.showPlain()
      this.notebook.mark(this)
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
      const { source } = this
      // Until the editor has measured its lines the box stays as high, or a page at its end would jump.
      source.style.minHeight = `${source.offsetHeight}px`
      requestAnimationFrame(() => requestAnimationFrame(() => (source.style.minHeight = '')))
      source.className = this.type === 'code' ? 'code' : this.type === 'markdown' ? 'code prose' : 'code rawcell'
      source.replaceChildren()
      this.editor = make(source, this)
      this.notebook.label(this)
      this.notebook.mark(this)
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
    this.notebook.mark(this)
  }

  get yText(): ReturnType<typeof sourceOf> {
    return sourceOf(this.cell)
  }

  /** Where the source, or an output, stands as text. */
  textElement(output: number | null): HTMLElement | null {
    return output === null ? this.source : ((this.out.children[output] as HTMLElement | undefined) ?? null)
  }

  /** Words for completion, made again only when the text changed. */
  words(wordsOf: (text: string) => Set<string>): Set<string> {
    if (this.type !== 'code') return new Set()
    const { text } = this
    if (this.cachedWords?.text !== text) this.cachedWords = { text, words: wordsOf(text) }
    return this.cachedWords.words
  }

  // Results -----------------------------------------------------------------------------------------------------------

  setResults(results: CellResults): void {
    this.results = results
    this.updateMargin()
    showFate(this.body, results.run)
  }

  /** The outputs as the results have them now; `ops` led to that, null: draw them all. What is far from the screen is drawn when it comes near. */
  draw(ops: readonly OutputOp[] | null): void {
    if (!this.outputsShown) return
    if (!this.near) return void (this.behind = true)
    const outputs = this.results.outputs ?? []
    if (ops && !this.behind) applyOps(this.out, ops, outputs, this.context)
    else renderOutputs(this.out, outputs, this.context)
    this.behind = false
    this.showHidden()
  }

  /** The browser lays the cell out, or skips it. */
  setNear(near: boolean): void {
    this.near = near
    if (!near) return
    this.enrich()
    this.notebook.mark(this)
  }

  showOutputs(): void {
    if (this.outputsShown && !this.behind) return
    this.outputsShown = true
    this.behind = false
    renderOutputs(this.out, this.results.outputs ?? [], this.context)
    this.showHidden()
  }

  get outputsHidden(): boolean {
    const jupyter = metadataOf(this.cell).jupyter
    return typeof jupyter === 'object' && jupyter !== null && (jupyter as Record<string, unknown>).outputs_hidden === true
  }

  /** The outputs scroll by themselves: by wish, or because they are long. */
  get outputsScroll(): boolean {
    const { scrolled } = metadataOf(this.cell)
    return scrolled === true || (scrolled !== false && this.out.querySelector('.long') !== null)
  }

  private showHidden(): void {
    const any = this.type === 'code' && Boolean(this.results.outputs?.length)
    this.out.hidden = !any
    this.out.classList.toggle('folded', any && this.outputsHidden)
    const { scrolled } = metadataOf(this.cell)
    this.out.classList.toggle('scrolled', scrolled === true)
    this.out.classList.toggle('whole', scrolled === false)
    if (scrolled === true) this.out.tabIndex = 0
    else this.out.removeAttribute('tabindex')
    if (any && this.outputsHidden) this.out.dataset.folded = t('cell.outputsHidden')
    else delete this.out.dataset.folded
  }

  // Margins -----------------------------------------------------------------------------------------------------------

  get folioState(): Folio {
    if (this.type !== 'code') return { kind: 'none' }
    if (this.results.run?.hash) this.hash ??= sourceHash(this.text)
    return folioOf(this.results, this.notebook.placeOf(this.id), this.hash ?? '', this.notebook.paused === this.id)
  }

  updateMargin(): void {
    const folio = this.folioState
    const section = this.type === 'markdown' ? this.notebook.folds.section(this.id) : undefined
    const shown = section ? `${section.folded} ${section.cells}` : Object.values(folio).join()
    if (shown !== this.shownFolio) {
      this.shownFolio = shown
      this.element.classList.toggle('running', folio.kind === 'running')
      this.element.classList.toggle('section', section?.folded === true)
      this.folio.replaceChildren(...(section ? [this.foldButton(section)] : folioNodes(folio)))
    }
    this.updateNote(folio)
  }

  /** Before a heading. The arrow keys do the same, so it is no stop for Tab. */
  private foldButton({ folded, cells }: Section): HTMLElement {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'fold'
    button.tabIndex = -1
    button.ariaExpanded = String(!folded)
    button.ariaLabel = t(folded ? 'section.open' : 'section.fold', { n: cells })
    button.title = button.ariaLabel
    button.append(icon(folded ? 'right' : 'down'))
    button.addEventListener('mousedown', (event) => event.preventDefault())
    button.addEventListener('click', () => this.notebook.folds.fold(this.id, !folded))
    return button
  }

  private updateNote(folio: Folio): void {
    const { note, peers } = this
    const text = peers.length ? formatList(peers.map(({ name }) => name || t('person'))) : this.noteText(folio)
    if (note.textContent !== text) note.textContent = text
  }

  private noteText(folio: Folio): string {
    const { run } = this.results
    const section = this.type === 'markdown' && this.notebook.folds.section(this.id)
    if (section && section.folded) return t('section.cells', { n: section.cells })
    if (this.type !== 'code' || !run || folio.kind === 'waiting') return ''
    if (folio.kind === 'paused') return t('debug.paused')
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

  /** Those who write here. */
  setPeers(peers: readonly Peer[]): void {
    this.peers = peers
    for (const one of [this.body, this.note]) one.style.setProperty('--peer', peers.length ? COLOUR_VALUES[peers[0].colour] : '')
    this.element.classList.toggle('peer', peers.length > 0)
    this.note.classList.toggle('peer', peers.length > 0)
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
