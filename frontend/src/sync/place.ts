// The surroundings of the live socket, handed in, so that tests run it without a network or a clock.

export interface Socket {
  /** Hello and step 1 were said already. */
  greeted?: boolean
  binaryType: BinaryType
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number): void
  onopen: ((event: Event) => void) | null
  onmessage: ((event: MessageEvent) => void) | null
  onclose: ((event: CloseEvent) => void) | null
}

export interface Place {
  open(url: string): Socket
  /** Milliseconds since 1970. */
  now(): number
  /** Calls once after `ms`; returns how to call it off. */
  later(ms: number, call: () => void): () => void
  /** In [0, 1). */
  random(): number
  /** Whether the server would let us in: asked when a socket cannot be opened, since a browser does not say why. */
  ask(): Promise<'in' | 'logged-out' | 'not-found' | 'no-answer'>
}

/** What the page's own markup began while the scripts were loading (`EARLY` in web/pages/document.py). */
interface Early {
  socket: Socket & { readonly readyState: number }
  waiting: (MessageEvent | CloseEvent)[]
}

declare global {
  interface Window {
    octavoEarly?: Early
  }
}

/** The early socket, once. What came on it is said again as soon as the caller listens. */
function takeEarly(): Socket | null {
  const early = window.octavoEarly
  if (!early) return null
  window.octavoEarly = undefined
  const { socket, waiting } = early
  queueMicrotask(() => {
    if (socket.greeted) socket.onopen?.(new Event('open'))
    for (const event of waiting) {
      if (event.type === 'close') socket.onclose?.(event as CloseEvent)
      else socket.onmessage?.(event as MessageEvent)
    }
  })
  return socket
}

/** The browser's own. `question`: an address that answers 200 to a login, 401 or 403 to none, 404 when the document is gone. */
export function browserPlace(question: string): Place {
  return {
    open: (url) => takeEarly() ?? (new WebSocket(url) as unknown as Socket),
    now: Date.now,
    later(ms, call) {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
    random: Math.random,
    async ask() {
      try {
        const { status, redirected } = await fetch(question, { headers: { Accept: 'application/json' }, cache: 'no-store' })
        if (status === 401 || status === 403 || redirected) return 'logged-out'
        if (status === 404) return 'not-found'
        return status < 500 ? 'in' : 'no-answer'
      } catch {
        return 'no-answer'
      }
    },
  }
}

/** An id for a command, a cell or a tab: 16 random characters. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => '0123456789abcdefghijklmnopqrstuv'[byte & 31]).join('')
}

/** How long to wait before the try after `failures` failed ones: 0.3 s doubling to 15 s, a random half of it off. */
export function backoff(failures: number, random: number): number {
  return Math.min(15_000, 300 * 2 ** Math.min(failures, 10)) * (0.5 + random / 2)
}
