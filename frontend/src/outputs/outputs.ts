// A cell's outputs in its host element: drawn anew, or changed by the server's operations. The only place that shows foreign content.
import type { Output, OutputOp } from '../model/messages'
import type { OutputContext } from './context'
import { dropFrames } from './frame'
import { brokenView, outputView, shownMime } from './one'
import { StreamView } from './text'

interface Shown {
  output: Output
  element: HTMLElement
  stream: StreamView | null
}

class OutputsView {
  private shown: Shown[] = []

  constructor(private readonly host: HTMLElement) {}

  all(outputs: readonly Output[], context: OutputContext): void {
    this.truncate(outputs.length)
    outputs.forEach((output, index) => {
      if (this.shown[index]?.output !== output) this.set(index, output, context)
    })
  }

  /** `outputs`: what the operations have led to. */
  apply(ops: readonly OutputOp[], outputs: readonly Output[], context: OutputContext): void {
    // An operation that cannot be applied in place draws its output as it is now; the later ones for it are in that already.
    const current = new Set<number>()
    for (const op of ops) {
      if (op.op === 'truncate') {
        this.truncate(op.index)
        for (const index of [...current]) if (index >= op.index) current.delete(index)
      } else if (!current.has(op.index)) {
        const shown = this.shown[op.index]
        if (op.op === 'line' && shown?.stream?.line(op)) shown.output = outputs[op.index] ?? shown.output
        else if (outputs[op.index]) {
          this.set(op.index, outputs[op.index], context)
          current.add(op.index)
        }
      }
    }
    this.truncate(outputs.length)
  }

  drop(): void {
    this.truncate(0)
  }

  private truncate(length: number): void {
    while (this.shown.length > length) {
      const { element } = this.shown.pop() as Shown
      dropFrames(element)
      element.remove()
    }
  }

  private set(index: number, output: Output, context: OutputContext): void {
    if (index > this.shown.length) return
    let shown = this.shown[index]
    if (!shown) {
      shown = { output, element: document.createElement('div'), stream: null }
      this.shown.push(shown)
      this.host.append(shown.element)
    }
    shown.output = output
    shown.stream = null
    const { element } = shown
    element.dataset.output = output.outputType
    element.dataset.index = String(index)
    const mime = shownMime(output)
    if (mime) element.dataset.mime = mime
    else delete element.dataset.mime
    if (output.name) element.dataset.name = output.name
    else delete element.dataset.name
    this.draw(shown, context, index)
  }

  private draw(shown: Shown, context: OutputContext, index: number): void {
    const { output, element } = shown
    const put = (view: HTMLElement): void => {
      // Something newer may have come while this was being made.
      if (shown.output !== output) return
      dropFrames(element)
      element.replaceChildren(view)
    }
    try {
      if (output.outputType === 'stream') {
        shown.stream = new StreamView(output, context, index)
        put(shown.stream.element)
        return
      }
      const view = outputView(output, context, index)
      if (view instanceof Promise) view.then(put, (problem: unknown) => put(brokenView(problem)))
      else put(view)
    } catch (problem) {
      put(brokenView(problem))
    }
  }
}

const views = new WeakMap<HTMLElement, OutputsView>()

function viewOf(host: HTMLElement): OutputsView {
  let view = views.get(host)
  if (!view) views.set(host, (view = new OutputsView(host)))
  return view
}

/** Shows `outputs` in `host` (an element with the class `out`). Those that it shows already are left alone. */
export function renderOutputs(host: HTMLElement, outputs: readonly Output[], context: OutputContext): void {
  viewOf(host).all(outputs, context)
}

/** Changes what `host` shows by the server's operations. `outputs`: the cell's outputs after them. */
export function applyOps(host: HTMLElement, ops: readonly OutputOp[], outputs: readonly Output[], context: OutputContext): void {
  viewOf(host).apply(ops, outputs, context)
}

/** Empties `host` and ends its frames: call it before the host is thrown away. */
export function dropOutputs(host: HTMLElement): void {
  views.get(host)?.drop()
  views.delete(host)
}

export type { OutputContext } from './context'
