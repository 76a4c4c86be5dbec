// Draws the debugger's marks on cells: breakpoints in the strip left of the lines, the line where the program is, values after lines. Static code
// and editors look the same.
import { computed, effect, type ReadonlySignal } from '@preact/signals'
import { lineBox } from '../cells/gutter'
import type { CellView } from '../cells/cell'
import { paint, PageText } from '../cells/painting'
import type { NotebookView } from '../cells/view'
import { showLines, type LineMark } from '../editor/marks'
import { toUnits } from '../editor/units'
import type { Inline } from '../model/messages'
import type { CellMarks, Dot } from './model'
import { startOf } from './anchors'

const LONGEST = 60

const short = (text: string): string => ([...text].length > LONGEST ? `${[...text].slice(0, LONGEST - 1).join('')}…` : text)

/** `n = 3, total = 6`, changed values marked. */
function valuesElement(values: readonly Inline[]): HTMLElement {
  const element = document.createElement('span')
  element.className = 'iv'
  element.ariaHidden = 'true'
  values.forEach(({ name, value, changed }, at) => {
    if (at) element.append(', ')
    const shown = document.createElement(changed ? 'b' : 'span')
    shown.textContent = short(value)
    element.append(`${name} = `, shown)
  })
  return element
}

function dotElement({ look, title }: Dot, top: number, at: boolean): HTMLElement {
  const dot = document.createElement('i')
  dot.className = `break ${look}${at ? ' here' : ''}`
  dot.title = title
  dot.style.top = `${top}px`
  return dot
}

const lookOf = ({ live, part }: CellMarks): string => (live ? 'at' : part ? 'at dead' : 'at outer')

/** What stands on lines, in their order. */
function lineMarks(marks: CellMarks, text: string): LineMark[] {
  const lines = [...new Set([...marks.values.keys(), ...(marks.at ? [marks.at] : [])])].sort((one, other) => one - other)
  return lines.map((line) => {
    const here = line === marks.at
    const values = marks.values.get(line)
    return { line, className: here ? lookOf(marks) : '', part: here && marks.part ? unitsOf(text, line, marks.part) : null, after: values ? valuesElement(values) : null }
  })
}

function unitsOf(text: string, line: number, part: { from: number; to: number }): { from: number; to: number } {
  const start = startOf(text, line) ?? 0
  const words = text.slice(start).split('\n', 1)[0]
  return { from: toUnits(words, part.from), to: toUnits(words, part.to) }
}

export class Marks {
  private drawn = new Map<string, CellMarks>()
  /** By cell, what failed in its static code. */
  private readonly parts = new Map<string, StaticRange>()
  private readonly end: () => void

  constructor(
    private readonly notebook: NotebookView,
    marks: ReadonlySignal<Map<string, CellMarks>>,
    /** Cells show line numbers: they are spoken of, or a finger needs them. */
    numbered: ReadonlySignal<ReadonlySet<string>>,
  ) {
    let before: ReadonlySet<string> = new Set()
    const all = computed(() => ({ marks: marks.value, numbered: numbered.value }))
    this.end = effect(() => {
      const { marks: next, numbered: now } = all.value
      for (const cell of before) if (!now.has(cell)) notebook.numbers.need(cell, false)
      for (const cell of now) notebook.numbers.need(cell, true)
      const touched = new Set([...this.drawn.keys(), ...next.keys(), ...before, ...now])
      before = now
      this.drawn = next
      for (const cell of touched) {
        const one = notebook.view(cell)
        if (one) this.draw(one)
      }
    })
    notebook.lineMarks = this
  }

  dispose(): void {
    this.end()
    this.notebook.lineMarks = null
    this.drawn = new Map()
    this.notebook.eachView((one) => this.draw(one))
  }

  /** The cell's source was drawn anew, or its marks are others. */
  draw(one: CellView): void {
    const marks = this.drawn.get(one.id)
    const code = one.body.querySelector<HTMLElement>(':scope > .code')
    if (!code) return
    this.drawDots(one, code, marks)
    const lines = marks ? lineMarks(marks, one.text) : []
    if (one.editor) showLines(one.editor.view, lines)
    const part = one.editor ? null : this.drawStatic(code, lines)
    if (!part && !this.parts.has(one.id)) return
    if (part) this.parts.set(one.id, part)
    else this.parts.delete(one.id)
    paint('debug-part', [...this.parts.values()])
  }

  private drawDots(one: CellView, code: HTMLElement, marks: CellMarks | undefined): void {
    const held = one.body.querySelector<HTMLElement>(':scope > .breaks')
    if (!marks?.dots.length && !marks?.at) return held?.remove()
    const layer = held ?? document.createElement('div')
    layer.className = 'breaks'
    layer.ariaHidden = 'true'
    if (!held) one.body.append(layer)
    const { top, height } = lineBox(code)
    const dots = marks.dots.map((dot) => dotElement(dot, top + (dot.line - 1) * height, dot.line === marks.at && marks.live))
    if (marks.at && marks.live && !marks.dots.some(({ line }) => line === marks.at))
      dots.push(dotElement({ id: '', line: marks.at, look: 'arrow here', title: '' }, top + (marks.at - 1) * height, true))
    layer.replaceChildren(...dots)
  }

  /** Returns the part that failed. */
  private drawStatic(code: HTMLElement, marks: readonly LineMark[]): StaticRange | null {
    const lines = code.querySelector<HTMLElement>(':scope > .lines')
    if (!lines) return null
    for (const old of lines.querySelectorAll(':scope > .cm-line.at')) old.classList.remove('at', 'dead', 'outer')
    for (const old of lines.querySelectorAll('.iv')) old.remove()
    const all = lines.querySelectorAll<HTMLElement>(':scope > .cm-line')
    let failed: StaticRange | null = null
    for (const { line, className, part, after } of marks) {
      const element = all.item(line - 1)
      if (!element) continue
      if (className) element.classList.add(...className.split(' '))
      if (part && part.from < part.to) failed = new PageText(element).range(part.from, part.to)
      if (after) element.append(after)
    }
    return failed
  }
}
