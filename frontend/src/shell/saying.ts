// Two live regions for screen readers: a polite one, batched, and one that interrupts.

const regions = new Map<'polite' | 'assertive', HTMLElement>()
const waiting: string[] = []
let due = 0

function region(kind: 'polite' | 'assertive'): HTMLElement {
  let element = regions.get(kind)
  if (!element) {
    element = document.createElement('div')
    element.className = 'vh'
    element.setAttribute('aria-live', kind)
    element.setAttribute('role', kind === 'polite' ? 'status' : 'alert')
    document.body.append(element)
    regions.set(kind, element)
  }
  return element
}

/** Says what happened, together with what else happens in the next half second. */
export function say(text: string): void {
  waiting.push(text)
  region('polite')
  due ||= window.setTimeout(() => {
    due = 0
    region('polite').textContent = waiting.splice(0).join(' ')
  }, 500)
}

/** Says at once; for errors. */
export function alarm(text: string): void {
  region('assertive').textContent = text
}
