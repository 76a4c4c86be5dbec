// Find and replace over all cells, those far from the screen and texts of outputs included. A chunk of its own, fetched by the first search.
import { MINE } from '../model/edits'
import { cellOf, sourceOf, textOf, watch } from '../model/schema'
import { t } from '../i18n'
import type { CellView } from './cell'
import { undo } from './editing'
import { FindBar } from './findbar'
import { find, MOST, patternOf, placesIn, replacement, type Match } from './finding'
import { boxOf, paint, PageText } from './painting'
import { only } from './selection'
import type { NotebookView } from './view'

const SEARCH_PAUSE = 120
const PAINT_PAUSE = 60
/** More marks are not painted: nobody sees them at once. */
const MOST_PAINTED = 2000

export class Finder {
  private readonly bar = new FindBar({
    changed: () => this.search(true),
    go: (by) => this.go(by),
    replace: () => this.replace(),
    replaceAll: () => this.replaceAll(),
    close: () => this.close(),
  })
  private matches: Match[] = []
  private pattern: RegExp | null = null
  /** The place that one stands at; -1 for none. */
  private at = -1
  private opened: AbortController | null = null
  private wrote = false
  private marked: CellView | null = null
  private searching = 0
  private painting = 0

  constructor(private readonly view: NotebookView) {}

  open(replace = false): void {
    if (!this.opened) {
      this.wrote = this.view.mode.peek() === 'edit'
      this.listen()
      document.body.append(this.bar.element)
    }
    const chosen = this.view.activeView?.editor?.selected ?? ''
    if (chosen && !chosen.includes('\n')) this.bar.what.value = chosen
    this.bar.what.focus()
    this.bar.what.select()
    if (replace) this.bar.showReplace(true)
    this.search(true)
  }

  go(by: -1 | 1): void {
    if (!this.opened) return this.open()
    if (!this.matches.length) return
    this.at = this.at < 0 ? (by > 0 ? 0 : this.matches.length - 1) : (this.at + by + this.matches.length) % this.matches.length
    this.show()
  }

  close(): void {
    if (!this.opened) return
    this.opened.abort()
    this.opened = null
    clearTimeout(this.searching)
    clearTimeout(this.painting)
    this.bar.element.remove()
    for (const name of ['found', 'found-now']) paint(name, [])
    this.mark(null)
    const match = this.matches[this.at] as Match | undefined
    this.at = -1
    if (!match || match.output !== null || !this.wrote) return this.view.focusActive()
    this.view.edit(match.cell, match.from)
    this.view.activeView?.editor?.select(match.from, match.to)
  }

  private listen(): void {
    const { view } = this
    this.opened = new AbortController()
    const { signal } = this.opened
    const moved = new MutationObserver(() => this.paintSoon())
    moved.observe(view.list, { childList: true, subtree: true, characterData: true })
    const ends = [watch(view.doc, () => this.searchSoon()), view.live.state.onResults(() => this.searchSoon()), () => moved.disconnect()]
    signal.addEventListener('abort', () => ends.forEach((end) => end()))
    view.list.addEventListener('contentvisibilityautostatechange', () => this.paintSoon(), { signal, capture: true })
    addEventListener('scroll', () => this.paintSoon(), { signal, passive: true })
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open]')) return
      event.preventDefault()
      this.close()
    }
    document.addEventListener('keydown', escape, { signal })
  }

  // Searching ---------------------------------------------------------------------------------------------------------

  private searchSoon(): void {
    this.searching ||= window.setTimeout(() => this.search(), SEARCH_PAUSE)
  }

  /** `afresh`: something else is looked for: on from where one is. */
  private search(afresh = false): void {
    clearTimeout(this.searching)
    this.searching = 0
    const { view, bar } = this
    const pattern = patternOf(bar.query)
    const was = afresh ? this.here() : (this.matches[this.at] ?? null)
    this.pattern = pattern === 'bad' ? null : pattern
    this.matches = this.pattern ? find(this.cells(), this.pattern) : []
    this.at = was && this.matches.length ? this.after(was) : -1
    if (afresh && this.at >= 0) return this.show()
    this.say(pattern === 'bad')
    if (!this.matches.length) view.moved.value++
    this.paint()
  }

  private *cells(): Iterable<{ cell: string; source: string; outputs: NonNullable<CellView['results']['outputs']> }> {
    const { doc, live, order } = this.view
    for (const cell of order.peek()) yield { cell, source: textOf(cellOf(doc, cell)), outputs: live.state.results.get(cell)?.outputs ?? [] }
  }

  /** Where the search begins: at the caret, or in the active cell. */
  private here(): Pick<Match, 'cell' | 'output' | 'from'> {
    const current = this.matches[this.at] as Match | undefined
    const { activeView } = this.view
    return current ?? { cell: activeView?.id ?? '', output: null, from: this.wrote ? (activeView?.editor?.start ?? 0) : 0 }
  }

  /** The first place at or after this one, from the top again where there is none. */
  private after({ cell, output, from }: Pick<Match, 'cell' | 'output' | 'from'>): number {
    const places = new Map(this.view.order.peek().map((id, at) => [id, at]))
    const key = (one: Pick<Match, 'cell' | 'output' | 'from'>): [number, number, number] => [places.get(one.cell) ?? 0, one.output ?? -1, one.from]
    const wanted = key({ cell, output, from })
    const found = this.matches.findIndex((match) => {
      const have = key(match)
      const at = have.findIndex((value, index) => value !== wanted[index])
      return at < 0 || have[at] > wanted[at]
    })
    return Math.max(0, found)
  }

  private say(bad = false): void {
    const n = this.matches.length
    const words = (): string => {
      if (bad) return t('find.bad')
      if (!this.pattern) return ''
      if (!n) return t('find.none')
      if (n >= MOST) return t('find.more', { n })
      return this.at < 0 ? t('find.many', { n }) : t('find.count', { at: this.at + 1, n })
    }
    this.bar.say(words(), bad)
  }

  // Showing -----------------------------------------------------------------------------------------------------------

  private show(): void {
    const match = this.matches[this.at] as Match | undefined
    this.say()
    const one = match && this.view.view(match.cell)
    if (!match || !one) return this.paint()
    this.view.select(only(match.cell))
    one.setNear(true)
    one.element.scrollIntoView({ block: 'nearest' })
    if (match.output === null) one.editor?.reveal(match.from)
    this.paint()
    const range = this.rangeOf(match, one)
    if (range) this.bring(range)
  }

  /** Into the middle of whatever scrolls, where it is out of sight. */
  private bring(range: StaticRange): void {
    const { startContainer: start } = range
    const scroller = (start instanceof Element ? start : start.parentElement)?.closest<HTMLElement>('.long, .scrolled, .lines, .cm-scroller')
    if (scroller) {
      const [box, around] = [boxOf(range), scroller.getBoundingClientRect()]
      if (box.top < around.top || box.bottom > around.bottom) scroller.scrollTop += box.top - around.top - around.height / 2
      if (box.left < around.left || box.right > around.right) scroller.scrollLeft += box.left - around.left - around.width / 2
    }
    const box = boxOf(range)
    const top = Math.max(80, this.bar.element.getBoundingClientRect().bottom)
    if (box.top < top || box.bottom > innerHeight - 60) scrollBy({ top: box.top - innerHeight / 2 })
  }

  private paintSoon(): void {
    this.painting ||= window.setTimeout(() => {
      this.painting = 0
      this.paint()
    }, PAINT_PAUSE)
  }

  private paint(): void {
    const current = this.matches[this.at] as Match | undefined
    const ranges: StaticRange[] = []
    const seen = new Set<string>()
    for (const match of this.matches) {
      if (ranges.length >= MOST_PAINTED) break
      const one = this.view.view(match.cell)
      const text = `${match.cell} ${match.output}`
      if (!one?.near || seen.has(text)) continue
      seen.add(text)
      ranges.push(...this.rangesIn(one, match.output))
    }
    const one = current && this.view.view(current.cell)
    const now = one && this.rangeOf(current, one)
    paint('found', ranges)
    paint('found-now', now ? [now] : [])
    this.mark(one && !now ? one : null)
  }

  /** What has no words on the page is shown as a cell. */
  private mark(one: CellView | null): void {
    if (this.marked === one) return
    this.marked?.element.classList.remove('found')
    one?.element.classList.add('found')
    this.marked = one
  }

  private rangesIn(one: CellView, output: number | null): StaticRange[] {
    const { pattern } = this
    const element = one.textElement(output)
    if (!pattern || !element) return []
    if (output === null && one.editor) {
      const { editor } = one
      return placesIn(one.text, pattern).flatMap(([from, to]) => editor.rangeOf(from, to) ?? [])
    }
    const page = new PageText(element)
    return placesIn(page.text, pattern).flatMap(([from, to]) => page.range(from, to) ?? [])
  }

  private rangeOf({ output, from, to, nth }: Match, one: CellView): StaticRange | null {
    if (output === null && one.editor) return one.editor.rangeOf(from, to)
    return this.rangesIn(one, output).at(nth) ?? null
  }

  // Replacing ---------------------------------------------------------------------------------------------------------

  private replace(): void {
    const match = this.matches[this.at] as Match | undefined
    if (!match) return this.go(1)
    if (match.output !== null) this.view.surroundings.toast(t('find.onlyText'))
    else this.write([match])
    if (match.output !== null) return this.go(1)
    this.search()
    this.show()
  }

  private replaceAll(): void {
    const n = this.write(this.matches.filter(({ output }) => output === null))
    this.search()
    if (n) this.view.surroundings.toast(t('find.replaced', { n }), () => undo(this.view))
    else if (this.matches.length) this.view.surroundings.toast(t('find.onlyText'))
  }

  /** One step for undo. From behind, so that the places before stay where they are. */
  private write(matches: readonly Match[]): number {
    const { view, pattern, bar } = this
    if (!pattern || !matches.length) return 0
    view.history.command(() =>
      view.doc.transact(() => {
        for (const match of [...matches].reverse()) {
          const source = sourceOf(cellOf(view.doc, match.cell))
          const next = replacement(source.toString(), match, pattern, bar.by.value, bar.query.regexp)
          source.delete(match.from, match.to - match.from)
          source.insert(match.from, next)
        }
      }, MINE),
    )
    return matches.length
  }
}
