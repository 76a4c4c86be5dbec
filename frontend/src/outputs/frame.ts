// Outputs with scripts, each in a frame whose own response carries the sandbox policy: another origin, no network, no parent.
// A frame is made when it nears the viewport; it tells its height, or that a script failed, and nothing else is heard.
import { t } from '../i18n'
import { frameUrl, type OutputContext } from './context'

const TALLEST = 20_000
const FIRST_HEIGHT = 120

type Message = { octavo: 'height'; height: number } | { octavo: 'error'; text: string }

function messageOf(data: unknown): Message | null {
  if (typeof data !== 'object' || data === null) return null
  const { octavo, height, text } = data as Record<string, unknown>
  if (octavo === 'height' && typeof height === 'number' && height >= 0 && height <= TALLEST) return { octavo, height }
  if (octavo === 'error' && typeof text === 'string') return { octavo, text: text.slice(0, 500) }
  return null
}

// Kept by address, so that a frame made again takes its room at once.
const heights = new Map<string, number>()
const frames = new Map<MessageEventSource, { frame: HTMLIFrameElement; key: string; failed(text: string): void }>()
let listening = false

function listen(): void {
  if (listening) return
  listening = true
  addEventListener('message', (event) => {
    const known = event.source ? frames.get(event.source) : undefined
    const message = known ? messageOf(event.data) : null
    if (!known || !message) return
    if (message.octavo === 'error') known.failed(message.text)
    else {
      known.frame.style.height = `${Math.ceil(message.height)}px`
      heights.set(known.key, message.height)
    }
  })
}

let watcher: IntersectionObserver | null = null
const waiting = new WeakMap<Element, () => void>()

function whenNear(element: Element, act: () => void): void {
  watcher ??= new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries)
        if (isIntersecting) {
          watcher?.unobserve(target)
          waiting.get(target)?.()
          waiting.delete(target)
        }
    },
    { rootMargin: '600px 0px' },
  )
  waiting.set(element, act)
  watcher.observe(element)
}

/** The colours that the page shows now. */
export function scheme(): 'light' | 'dark' {
  const set = document.documentElement.dataset.theme
  if (set === 'light' || set === 'dark') return set
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export function frameView(context: OutputContext, index: number, mime: string): HTMLElement {
  const box = document.createElement('div')
  box.className = 'framebox'
  const key = frameUrl(context, index, mime, '')
  box.style.minHeight = `${heights.get(key) ?? FIRST_HEIGHT}px`
  whenNear(box, () => {
    listen()
    const frame = document.createElement('iframe')
    frame.setAttribute('sandbox', 'allow-scripts')
    frame.referrerPolicy = 'no-referrer'
    frame.title = t('out.frame')
    frame.src = frameUrl(context, index, mime, scheme())
    frame.style.height = box.style.minHeight
    box.style.minHeight = ''
    box.append(frame)
    const source = frame.contentWindow
    if (!source) return
    let said = false
    frames.set(source, {
      frame,
      key,
      failed(text) {
        if (said) return
        said = true
        const words = document.createElement('p')
        words.className = 'broken'
        words.textContent = t('out.frame.error', { why: text })
        box.append(words)
      },
    })
  })
  return box
}

/** Ends the frames inside `root`. */
export function dropFrames(root: ParentNode): void {
  for (const frame of root.querySelectorAll('iframe')) if (frame.contentWindow) frames.delete(frame.contentWindow)
}
