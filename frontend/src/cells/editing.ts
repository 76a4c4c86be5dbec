// What a person does to cells: each is one step for undo. Works on the selected cells of a view.
import {
  bringCells, copyOf, deleteCells, insertCells, mergeCells, MINE, moveCells, restoreCells, retypeCells, setMetadata, splitCell,
  type NewCell,
} from '../model/edits'
import { cellOf, isVisible, metadataOf, sourceOf, textOf, typeOf, cellsOf, type CellId } from '../model/schema'
import { t } from '../i18n'
import { cellsFromJson, cellFromText, clipOf, MIME } from './clipboard'
import { only, step } from './selection'
import type { NotebookView } from './view'

/** A new cell above or below the active one; the new one is active. */
export function insert(view: NotebookView, where: 'above' | 'below', type = 'code', source = ''): CellId {
  const order = view.order.peek()
  const at = view.indexOf(view.active.peek())
  const before = where === 'above' ? at - 1 : at < 0 ? order.length - 1 : at
  return insertAfter(view, order[before] ?? null, [{ type, source }])[0]
}

export function insertAfter(view: NotebookView, after: CellId | null, cells: readonly NewCell[]): CellId[] {
  const ids = view.history.command(() => insertCells(view.author, after, cells))
  view.select({ active: ids.at(-1) ?? null, anchor: ids[0] ?? null })
  view.focusActive()
  return ids
}

export function remove(view: NotebookView): void {
  const ids = view.selectedCells.peek()
  if (!ids.length) return
  view.history.command(() => deleteCells(view.author, ids))
  view.focusActive()
  view.surroundings.toast(t('cells.deleted', { n: ids.length }), () => {
    // Undo may have other steps on top by now: bringing back is a step of its own.
    view.history.command(() => restoreCells(view.author, ids.filter((id) => cellsOf(view.doc).has(id))))
    view.select({ active: ids[0], anchor: ids.at(-1) ?? null })
    view.focusActive()
  })
  if (!view.order.peek().length) insert(view, 'below')
}

/** The selected cells one place up or down, or to the place of `target`. */
export function move(view: NotebookView, by: -1 | 1): void {
  const order = view.order.peek()
  const ids = view.selectedCells.peek()
  if (!ids.length) return
  const first = order.indexOf(ids[0])
  const after = by < 0 ? first - 2 : first + ids.length
  if ((by < 0 && first === 0) || after >= order.length) return
  view.history.command(() => moveCells(view.author, ids, order[after] ?? null))
  view.activeView?.element.scrollIntoView({ block: 'nearest' })
}

export function retype(view: NotebookView, type: 'code' | 'markdown' | 'raw'): void {
  const ids = view.selectedCells.peek()
  if (ids.length) view.history.command(() => retypeCells(view.author, ids, type))
}

/** Text with a heading of this level. */
export function heading(view: NotebookView, level: number): void {
  const ids = view.selectedCells.peek()
  view.history.command(() => {
    retypeCells(view.author, ids, 'markdown')
    view.doc.transact(() => {
      for (const id of ids) {
        const source = sourceOf(cellOf(view.doc, id))
        const old = /^#{0,6}[ \t]*/.exec(source.toString())?.[0].length ?? 0
        if (old) source.delete(0, old)
        source.insert(0, `${'#'.repeat(level)} `)
      }
    }, MINE)
  })
}

/** The cell being written in is cut at its carets. */
export function split(view: NotebookView): void {
  const { activeView } = view
  const editor = activeView?.editor
  if (!activeView || !editor) return
  const cuts = editor.cuts()
  const made = view.history.command(() => cuts.reverse().map((at) => splitCell(view.author, activeView.id, at)))
  view.edit(made[0], 0)
}

/** The selected cells become one; a single one takes in the cell below or above it. */
export function merge(view: NotebookView, which: 'selected' | 'above' | 'below'): void {
  const order = view.order.peek()
  const ids = view.selectedCells.peek()
  const at = order.indexOf(ids[0])
  const wanted = which === 'above' ? order.slice(at - 1, at + 1) : which === 'below' || ids.length < 2 ? order.slice(at, at + 2) : ids
  if (at < 0 || wanted.length < 2) return
  const first = view.history.command(() => mergeCells(view.author, wanted))
  if (first) view.select(only(first))
  view.focusActive()
}

export function undo(view: NotebookView): void {
  if (!view.history.undo()) view.surroundings.toast(t('undo.nothing'))
}

export function redo(view: NotebookView): void {
  if (!view.history.redo()) view.surroundings.toast(t('redo.nothing'))
}

/** Outputs of the selected cells: folded away, or shown. For everybody, and in the file. */
export function foldOutputs(view: NotebookView): void {
  const ids = view.selectedCells.peek().filter((id) => typeOf(cellOf(view.doc, id)) === 'code')
  const hide = ids.some((id) => !view.view(id)?.outputsHidden)
  view.history.command(() => {
    for (const id of ids) {
      const { outputs_hidden: _old, ...rest } = (metadataOf(cellOf(view.doc, id)).jupyter ?? {}) as Record<string, unknown>
      const next = hide ? { ...rest, outputs_hidden: true } : rest
      setMetadata(view.author, id, 'jupyter', Object.keys(next).length ? next : undefined)
    }
  })
}

/** Outputs of the selected cells scroll by themselves, or stand there whole. In the file as Jupyter keeps it. */
export function scrollOutputs(view: NotebookView): void {
  const ids = view.selectedCells.peek().filter((id) => typeOf(cellOf(view.doc, id)) === 'code')
  const scroll = ids.some((id) => !view.view(id)?.outputsScroll)
  view.history.command(() => {
    for (const id of ids) setMetadata(view.author, id, 'scrolled', scroll)
  })
}

/** Most of a screen on or back. */
export function scroll(by: -1 | 1): void {
  scrollBy({ top: by * innerHeight * 0.8 })
}

// Copy, cut, paste ----------------------------------------------------------------------------------------------------

/** What was copied in this tab. Cut cells are moved by the first paste. */
let held: { json: string; cut: { doc: unknown; ids: CellId[] } | null } | null = null

/** Puts the selected cells on the clipboard; a `copy` event carries them out of the page. */
export function copy(view: NotebookView, cut = false): void {
  const ids = view.selectedCells.peek()
  if (!ids.length) return
  const clip = clipOf(view.doc, ids)
  held = { json: clip.json, cut: cut ? { doc: view.doc, ids } : null }
  const fill = (event: ClipboardEvent): void => {
    event.clipboardData?.setData(MIME, clip.json)
    event.clipboardData?.setData('text/plain', clip.text)
    event.preventDefault()
  }
  document.addEventListener('copy', fill, { once: true, capture: true })
  // The only way to more than one format without a permission; harmless where it does nothing.
  document.execCommand('copy')
  document.removeEventListener('copy', fill, { capture: true })
  if (cut) remove(view)
}

/** Pastes cells. `data`: from a paste event, else what was copied in this tab, else the clipboard's text. */
export async function paste(view: NotebookView, where: 'above' | 'below', data?: DataTransfer | null): Promise<void> {
  const json = data ? data.getData(MIME) : held?.json
  const ids = view.selectedCells.peek()
  const order = view.order.peek()
  const after = order[where === 'above' ? order.indexOf(ids[0]) - 1 : order.indexOf(ids.at(-1) ?? '')] ?? null
  if (held?.cut && held.json === json && held.cut.doc === view.doc) {
    const cut = held.cut.ids.filter((id) => cellsOf(view.doc).has(id) && !isVisible(cellOf(view.doc, id)))
    held.cut = null
    if (cut.length) {
      view.history.command(() => bringCells(view.author, cut, after))
      view.select({ active: cut.at(-1) ?? null, anchor: cut[0] })
      return view.focusActive()
    }
  }
  const text = json ? '' : data ? data.getData('text/plain') : await navigator.clipboard.readText().catch(() => '')
  const cells = json ? cellsFromJson(json) : (cellsFromJson(text) ?? cellFromText(text))
  if (cells?.length) insertAfter(view, after, cells)
}

/** Copies of the selected cells below them. */
export function duplicate(view: NotebookView): void {
  const ids = view.selectedCells.peek()
  if (ids.length) insertAfter(view, ids.at(-1) ?? null, ids.map((id) => copyOf(view.doc, id)))
}

export function selectAll(view: NotebookView): void {
  const order = view.order.peek()
  if (order.length) view.select({ anchor: order[0], active: order[order.length - 1] })
}

/** From an edge of an editor into the next cell, caret at the near end. */
export function editNext(view: NotebookView, by: -1 | 1): boolean {
  const order = view.order.peek()
  const next = step(order, view.selection.peek(), by).active
  if (next === null || next === view.active.peek()) return false
  view.history.stop()
  const from = view.activeView
  if (from?.type === 'markdown') view.shut(from)
  const target = view.view(next)
  if (target?.type === 'markdown' && !target.editor) {
    view.select(only(next))
    view.focusActive()
  } else view.edit(next, by > 0 ? 0 : 'end')
  return true
}

export const textOfCell = (view: NotebookView, id: CellId): string => textOf(cellOf(view.doc, id))
