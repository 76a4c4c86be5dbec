// Documentation at the caret (Shift-Tab; again for more): a tooltip with what the kernel says, gone with the next change or move.
import { StateEffect, StateField, type Extension } from '@codemirror/state'
import { EditorView, showTooltip, type Command, type Tooltip } from '@codemirror/view'
import { toCodePoints } from './units'

export type Inspect = (code: string, cursor: number, detail: number) => Promise<string | null>

interface Shown {
  pos: number
  text: string
  detail: number
}

const show = StateEffect.define<Shown | null>()

const ESCAPES = /\u001b\[[0-9;]*[A-Za-z]/g

function tooltip({ pos, text }: Shown): Tooltip {
  return {
    pos,
    above: false,
    create() {
      const dom = document.createElement('div')
      dom.className = 'documentation'
      dom.tabIndex = 0
      const pre = document.createElement('pre')
      pre.textContent = text.replace(ESCAPES, '')
      dom.append(pre)
      return { dom }
    },
  }
}

const field = StateField.define<Shown | null>({
  create: () => null,
  update(shown, transaction) {
    for (const effect of transaction.effects) if (effect.is(show)) return effect.value
    return transaction.docChanged || transaction.selection ? null : shown
  },
  provide: (from) => showTooltip.from(from, (shown) => (shown ? tooltip(shown) : null)),
})

export const documentation = (): Extension => field

/** Asks for more each time while the tooltip is open. */
export function askDocumentation(inspect: Inspect): Command {
  return (view) => {
    const pos = view.state.selection.main.head
    const before = view.state.field(field, false)
    const detail = before ? 1 : 0
    const code = view.state.sliceDoc()
    void inspect(code, toCodePoints(code, pos), detail)
      .catch(() => null)
      .then((text) => {
        const moved = view.state.selection.main.head !== pos || view.state.sliceDoc() !== code
        if (text && !moved && view.dom.isConnected) view.dispatch({ effects: show.of({ pos, text, detail }) })
      })
    return true
  }
}

/** Closes the tooltip; false when there was none. */
export const closeDocumentation: Command = (view: EditorView) => {
  if (!view.state.field(field, false)) return false
  view.dispatch({ effects: show.of(null) })
  return true
}
