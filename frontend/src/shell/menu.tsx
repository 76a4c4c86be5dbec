// A button with a menu under it: arrows, Home, End, letters; Escape gives the focus back.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

export interface MenuItem {
  label: string
  act(): void
  keys?: string
  /** One of a group of which one holds. */
  checked?: boolean
  /** It holds or not by itself. */
  alone?: boolean
  disabled?: boolean
  /** A line below the label. */
  detail?: string
}
export type MenuEntry = MenuItem | { heading: string } | { rule: true }

interface MenuProps {
  label: string
  /** The button's face; without one, its label is the face. */
  children?: ComponentChildren
  class?: string
  entries: readonly MenuEntry[]
  /** It is on the screen: further entries may be fetched. */
  opened?(): void
}

export function Menu({ label, children, class: className = 'b ico', entries, opened }: MenuProps) {
  const [open, setOpen] = useState(false)
  const box = useRef<HTMLSpanElement>(null)
  const items = (): HTMLElement[] => [...(box.current?.querySelectorAll<HTMLElement>('[role^=menuitem]:not([disabled])') ?? [])]
  const close = (focus: boolean): void => {
    setOpen(false)
    if (focus) box.current?.querySelector('button')?.focus()
  }
  useEffect(() => {
    if (!open) return
    opened?.()
    const away = (event: Event): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false)
    }
    document.addEventListener('pointerdown', away)
    return () => document.removeEventListener('pointerdown', away)
  }, [open])
  useEffect(() => {
    if (open && !box.current?.querySelector('[role=menu]')?.contains(document.activeElement)) items()[0]?.focus()
  }, [open, entries.length])
  const key = (event: KeyboardEvent): void => {
    if (!open) return
    const all = items()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to =
      event.key === 'ArrowDown' ? (at + 1) % all.length
      : event.key === 'ArrowUp' ? (at + all.length - 1) % all.length
      : event.key === 'Home' ? 0
      : event.key === 'End' ? all.length - 1
      : event.key.length === 1 ? all.findIndex((item) => item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))
      : -1
    if (event.key === 'Escape') close(true)
    else if (event.key === 'Tab') return setOpen(false)
    else if (to < 0) return
    else all[to]?.focus()
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <span class="anchor" ref={box} onKeyDown={key}>
      <button type="button" class={className} aria-haspopup="menu" aria-expanded={open} aria-label={children ? label : undefined} title={children ? label : undefined} onClick={() => setOpen(!open)}>
        {children ?? label}
      </button>
      {open && (
        <div class="menu" role="menu" aria-label={label}>
          {entries.map((entry) =>
            'rule' in entry ? (
              <hr />
            ) : 'heading' in entry ? (
              <h3 role="presentation">{entry.heading}</h3>
            ) : (
              <button
                type="button"
                role={entry.checked === undefined ? 'menuitem' : entry.alone ? 'menuitemcheckbox' : 'menuitemradio'}
                aria-checked={entry.checked}
                tabIndex={-1}
                disabled={entry.disabled && !entry.detail}
                aria-disabled={entry.disabled || undefined}
                onClick={() => {
                  if (entry.disabled) return
                  close(true)
                  entry.act()
                }}
              >
                {entry.detail ? (
                  <span>
                    {entry.label} <small>{entry.detail}</small>
                  </span>
                ) : (
                  entry.label
                )}{' '}
                {entry.keys && <kbd>{entry.keys}</kbd>}
              </button>
            ),
          )}
        </div>
      )}
    </span>
  )
}
