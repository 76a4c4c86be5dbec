// Where the others write in this cell: carets and selections, and where I write, told to them. Colours are classes, since the
// page's policy allows no style attributes.
import { Annotation, RangeSetBuilder, type Extension } from '@codemirror/state'
import { Decoration, EditorView, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from '@codemirror/view'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { peersOf, placeOf, type Peer } from '../sync/presence'

const peersMoved = Annotation.define<true>()

class Caret extends WidgetType {
  constructor(
    private readonly name: string,
    private readonly colour: number,
  ) {
    super()
  }

  override eq(other: Caret): boolean {
    return other.name === this.name && other.colour === this.colour
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement('span')
    caret.className = `peer-caret peer-${this.colour}`
    caret.setAttribute('aria-hidden', 'true')
    const name = document.createElement('span')
    name.className = 'peer-name'
    name.textContent = this.name
    caret.append('\u2060', name, '\u2060')
    return caret
  }

  override ignoreEvent(): boolean {
    return true
  }
}

interface Range {
  from: number
  to: number
  decoration: Decoration
}

/** What is drawn for the peers whose cursor is in `text`, which is `length` long. */
function ranges(peers: Peer[], text: Y.Text, length: number): Range[] {
  const drawn: Range[] = []
  for (const { cursor, name, colour } of peers) {
    if (!cursor) continue
    const anchor = placeOf(cursor.anchor, text)
    const head = placeOf(cursor.head, text)
    if (anchor === null || head === null || Math.max(anchor, head) > length) continue
    const [from, to] = anchor < head ? [anchor, head] : [head, anchor]
    if (from < to) drawn.push({ from, to, decoration: Decoration.mark({ class: `peer-selection peer-${colour}` }) })
    const widget = new Caret(name, colour)
    drawn.push({ from: head, to: head, decoration: Decoration.widget({ widget, side: head === to && from < to ? -1 : 1 }) })
  }
  return drawn.sort((one, other) => one.from - other.from || one.decoration.startSide - other.decoration.startSide)
}

export function remoteCursors(text: Y.Text, cell: string, awareness: Awareness): Extension {
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet = Decoration.none
      private readonly heard = (changes: { added: number[]; updated: number[]; removed: number[] }): void => {
        if ([...changes.added, ...changes.updated, ...changes.removed].some((client) => client !== awareness.clientID))
          this.view.dispatch({ annotations: peersMoved.of(true) })
      }

      constructor(private readonly view: EditorView) {
        awareness.on('change', this.heard)
        this.draw(view)
      }

      update(update: ViewUpdate): void {
        if (update.docChanged || update.transactions.some((one) => one.annotation(peersMoved))) this.draw(update.view)
        if (update.selectionSet || update.focusChanged || (update.docChanged && update.view.hasFocus)) this.tell(update.view)
      }

      destroy(): void {
        awareness.off('change', this.heard)
        if (awareness.getLocalState()?.cell === cell) awareness.setLocalStateField('cursor', null)
      }

      private draw(view: EditorView): void {
        const builder = new RangeSetBuilder<Decoration>()
        for (const { from, to, decoration } of ranges(peersOf(awareness), text, view.state.doc.length)) builder.add(from, to, decoration)
        this.decorations = builder.finish()
      }

      private tell(view: EditorView): void {
        const state = awareness.getLocalState()
        if (!state) return
        if (!view.hasFocus) {
          if (state.cell === cell && state.cursor) awareness.setLocalStateField('cursor', null)
          return
        }
        const { anchor, head } = view.state.selection.main
        if (Math.max(anchor, head) > text.length) return // the text follows within this update
        const at = (index: number): unknown => Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, index))
        awareness.setLocalState({ ...state, cell, cursor: { anchor: at(anchor), head: at(head) } })
      }
    },
    { decorations: (plugin) => plugin.decorations },
  )
}
