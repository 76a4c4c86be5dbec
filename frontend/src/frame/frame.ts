// Runs inside an output's sandbox, before what the output brings: tells the page how tall the output is and that a script failed.
// Written into the frame's own page by the server.

const tell = (message: object): void => parent.postMessage(message, '*')

let last = -1

function measure(): void {
  const { body } = document
  if (!body) return
  // The body's own box, not the document's: that is never less than the frame, and would keep it from getting smaller.
  const style = getComputedStyle(body)
  const inside = Math.max(body.getBoundingClientRect().height, body.scrollHeight)
  const height = Math.min(20_000, Math.ceil(inside + parseFloat(style.marginTop) + parseFloat(style.marginBottom)))
  if (height !== last) {
    last = height
    tell({ octavo: 'height', height })
  }
}

addEventListener('error', (event) => tell({ octavo: 'error', text: String(event.message) }))
addEventListener('unhandledrejection', (event) => tell({ octavo: 'error', text: String(event.reason) }))

function follow(): void {
  // Frames off the screen are throttled and their observers sleep: the first height is told by hand.
  measure()
  new ResizeObserver(measure).observe(document.body)
}

if (document.readyState === 'loading') addEventListener('DOMContentLoaded', follow)
else follow()
addEventListener('load', measure)

export {}
