// Short words after something was done, with its undo. They wait while the pointer or the focus is on them.
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n'
import { Icon } from './icon'

export interface Toast {
  text: string
  /** Offered as Undo. */
  undo?: () => void
  /** The key that does the same, to show beside it. */
  undoKey?: string
  /** Something went wrong. */
  bad?: boolean
  seconds?: number
}

interface Held extends Toast {
  id: number
}

const toasts = signal<Held[]>([])
let last = 0

/** Shows a toast; returns what takes it away. */
export function toast(given: Toast | string): () => void {
  const held: Held = { ...(typeof given === 'string' ? { text: given } : given), id: ++last }
  toasts.value = [...toasts.value.slice(-3), held]
  return () => remove(held.id)
}

function remove(id: number): void {
  toasts.value = toasts.value.filter((held) => held.id !== id)
}

function One({ held }: { held: Held }) {
  const timer = useRef(0)
  const start = (): void => {
    const seconds = held.seconds ?? (held.undo ? 10 : held.bad ? 12 : 5)
    timer.current = window.setTimeout(() => remove(held.id), seconds * 1000)
  }
  const wait = (): void => clearTimeout(timer.current)
  useEffect(() => {
    start()
    return wait
  }, [])
  return (
    <div class={held.bad ? 'ban e' : 'ban'} onMouseEnter={wait} onMouseLeave={start} onFocusIn={wait} onFocusOut={start}>
      <span>{held.text}</span>
      {held.undo && (
        <button
          type="button"
          class="b undo"
          onClick={() => {
            remove(held.id)
            held.undo?.()
          }}
        >
          {t('undo')} {held.undoKey && <kbd>{held.undoKey}</kbd>}
        </button>
      )}
      <button type="button" class="b ico" aria-label={t('dismiss')} onClick={() => remove(held.id)}>
        <Icon name="x" />
      </button>
    </div>
  )
}

/** The corner where toasts stand; once a page. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite" aria-atomic="false">
      {toasts.value.map((held) => (
        <One key={held.id} held={held} />
      ))}
    </div>
  )
}
