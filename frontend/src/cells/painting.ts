// Marks on text that is on the page, without changing it: a place in the text of an element as a range, and ranges by name for the
// browser's own highlights (css: ::highlight). Browsers without them show no marks.

interface Piece {
  node: Text
  /** Where it begins in the whole text. */
  at: number
}

/** The text of an element as a person reads it: lines of code by their line feeds, controls and names left out. */
export class PageText {
  readonly text: string
  private readonly pieces: Piece[] = []

  constructor(element: Element) {
    const lines = element.querySelectorAll('.cm-line')
    let text = ''
    const read = (root: Element): void => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
        node instanceof Element && node.matches('.cut, .vh, button, .peer-caret, .iv, .katex-mathml') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
      )
      for (let node = walker.nextNode(); node; node = walker.nextNode())
        if (node instanceof Text) {
          this.pieces.push({ node, at: text.length })
          text += node.data
        }
    }
    if (lines.length)
      lines.forEach((line, at) => {
        if (at) text += '\n'
        read(line)
      })
    else read(element)
    this.text = text
  }

  range(from: number, to: number): StaticRange | null {
    const [start, end] = [this.place(from, false), this.place(to, true)]
    return start && end && new StaticRange({ startContainer: start[0], startOffset: start[1], endContainer: end[0], endOffset: end[1] })
  }

  /** The piece that has this place; one between two pieces belongs to the first when something ends there. */
  private place(offset: number, ends: boolean): [Text, number] | null {
    let low = 0
    let high = this.pieces.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (ends ? this.pieces[middle].at < offset : this.pieces[middle].at <= offset) low = middle + 1
      else high = middle
    }
    const piece = this.pieces[low - 1]
    return piece ? [piece.node, Math.min(offset - piece.at, piece.node.length)] : null
  }
}

/** Shows these ranges under a name; none: nothing. */
export function paint(name: string, ranges: readonly AbstractRange[]): void {
  if (!('highlights' in CSS)) return
  if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges))
  else CSS.highlights.delete(name)
}

/** Where a range is on the screen. */
export function boxOf(range: AbstractRange): DOMRect {
  const live = document.createRange()
  live.setStart(range.startContainer, range.startOffset)
  live.setEnd(range.endContainer, range.endOffset)
  return live.getBoundingClientRect()
}
