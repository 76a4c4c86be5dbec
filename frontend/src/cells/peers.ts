// Where the others write: names in the margin and a bar at their cells; their carets and selections in static code. An editor draws its own.
import type { CellId } from '../model/schema'
import { COLOUR_VALUES, COLOURS } from '../sync/colours'
import { placeOf, type Peer } from '../sync/presence'
import type { CellView } from './cell'
import { boxOf, paint, PageText } from './painting'
import type { NotebookView } from './view'

interface Place {
  left: number
  top: number
}

/** Where `offset` stands in static code, within the box of its lines. */
function caretPlace(lines: HTMLElement, page: PageText, offset: number): Place | null {
  const before = page.text.slice(0, offset)
  const line = lines.querySelectorAll<HTMLElement>(':scope > .cm-line').item(before.split('\n').length - 1)
  if (!line) return null
  const around = lines.getBoundingClientRect()
  const box = line.getBoundingClientRect()
  const inText = line.textContent && !before.endsWith('\n') ? page.range(offset, offset) : null
  const first = line.textContent ? document.createRange() : null
  first?.selectNodeContents(line)
  const left = inText ? boxOf(inText).left : (first?.getBoundingClientRect().left ?? box.left + parseFloat(getComputedStyle(line).paddingLeft))
  return { left: left - around.left + lines.scrollLeft, top: box.top - around.top }
}

export class PeerMarks {
  private by = new Map<CellId, Peer[]>()
  /** By colour, what is selected in each cell. */
  private readonly selections = new Map<CellId, { colour: number; range: StaticRange }[]>()

  constructor(private readonly notebook: NotebookView) {}

  take(peers: readonly Peer[]): void {
    const before = this.by
    this.by = new Map()
    for (const peer of peers) if (peer.cell !== null && peer.cursor) this.by.set(peer.cell, [...(this.by.get(peer.cell) ?? []), peer])
    for (const cell of new Set([...before.keys(), ...this.by.keys()])) {
      const one = this.notebook.view(cell)
      one?.setPeers(this.by.get(cell) ?? [])
      if (one) this.draw(one)
      else this.selections.delete(cell)
    }
  }

  /** The cell's source was drawn anew, or somebody moved in it. */
  draw(one: CellView): void {
    const peers = this.by.get(one.id)
    if (!peers && !this.selections.has(one.id)) return
    this.selections.delete(one.id)
    const lines = one.body.querySelector<HTMLElement>(':scope > .code > .lines')
    lines?.querySelectorAll(':scope > .peer-caret').forEach((caret) => caret.remove())
    if (peers && lines && !one.editor && one.near) this.drawIn(one, lines, peers)
    this.paint()
  }

  private drawIn(one: CellView, lines: HTMLElement, peers: readonly Peer[]): void {
    const page = new PageText(lines)
    const selections: { colour: number; range: StaticRange }[] = []
    for (const { cursor, colour, name } of peers) {
      const anchor = placeOf(cursor?.anchor, one.yText)
      const head = placeOf(cursor?.head, one.yText)
      if (anchor === null || head === null || Math.max(anchor, head) > page.text.length) continue
      const range = anchor === head ? null : page.range(Math.min(anchor, head), Math.max(anchor, head))
      if (range) selections.push({ colour, range })
      const place = caretPlace(lines, page, head)
      if (place) lines.append(caret(place, name, colour))
    }
    this.selections.set(one.id, selections)
  }

  private paint(): void {
    const all = [...this.selections.values()].flat()
    for (let n = 0; n < COLOURS; n++) paint(`peer-${n}`, all.filter(({ colour }) => colour === n).map(({ range }) => range))
  }
}

function caret({ left, top }: Place, name: string, colour: number): HTMLElement {
  const made = document.createElement('span')
  made.className = 'peer-caret'
  made.ariaHidden = 'true'
  made.title = name
  made.style.left = `${left}px`
  made.style.top = `${top}px`
  made.style.setProperty('--peer', COLOUR_VALUES[colour])
  return made
}
