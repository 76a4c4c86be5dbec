// Lines of an editor that the debugger speaks of: where the program is, what failed there, and values after lines. They stay with their
// text while somebody writes.
import { RangeSet, RangeSetBuilder, StateEffect, StateField, type Extension } from '@codemirror/state'
import { Decoration, EditorView, GutterMarker, gutterLineClass, WidgetType, type DecorationSet } from '@codemirror/view'

export interface LineMark {
  /** From 1. */
  line: number
  className: string
  /** Units of the line. */
  part: { from: number; to: number } | null
  /** Stands at the line's end. */
  after: HTMLElement | null
}

class After extends WidgetType {
  constructor(private readonly element: HTMLElement) {
    super()
  }

  override eq(other: After): boolean {
    return other.element.isEqualNode(this.element)
  }

  override toDOM(): HTMLElement {
    return this.element
  }

  override ignoreEvent(): boolean {
    return true
  }
}

class LineClass extends GutterMarker {
  constructor(override readonly elementClass: string) {
    super()
  }

  override eq(other: LineClass): boolean {
    return other.elementClass === this.elementClass
  }
}

interface Shown {
  decorations: DecorationSet
  gutter: RangeSet<GutterMarker>
}

const show = StateEffect.define<Shown>()

const field = StateField.define<Shown>({
  create: () => ({ decorations: Decoration.none, gutter: RangeSet.empty }),
  update(shown, transaction) {
    for (const effect of transaction.effects) if (effect.is(show)) return effect.value
    if (!transaction.docChanged) return shown
    return { decorations: shown.decorations.map(transaction.changes), gutter: shown.gutter.map(transaction.changes) }
  },
  provide: (shown): Extension => [
    EditorView.decorations.from(shown, ({ decorations }) => decorations),
    gutterLineClass.from(shown, ({ gutter }) => gutter),
  ],
})

/** Shows these marks, in the order of their lines, in place of those before. */
export function showLines(view: EditorView, marks: readonly LineMark[]): void {
  const known = view.state.field(field, false) !== undefined
  if (!known && !marks.length) return
  const { doc } = view.state
  const decorations = new RangeSetBuilder<Decoration>()
  const gutter = new RangeSetBuilder<GutterMarker>()
  for (const { line, className, part, after } of marks) {
    if (line < 1 || line > doc.lines) continue
    const { from, to } = doc.line(line)
    if (className) {
      decorations.add(from, from, Decoration.line({ class: className }))
      gutter.add(from, from, new LineClass(className))
    }
    const [start, end] = part ? [Math.min(to, from + part.from), Math.min(to, from + part.to)] : [0, 0]
    if (start < end) decorations.add(start, end, Decoration.mark({ class: 'failed-part' }))
    if (after) decorations.add(to, to, Decoration.widget({ widget: new After(after), side: 1 }))
  }
  const effect = show.of({ decorations: decorations.finish(), gutter: gutter.finish() })
  view.dispatch({ effects: known ? effect : [StateEffect.appendConfig.of(field.init(() => ({ decorations: Decoration.none, gutter: RangeSet.empty }))), effect] })
  if (!known) view.dispatch({ effects: effect })
}
