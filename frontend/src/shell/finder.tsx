// A field that finds, and below it the list of what it found: arrows and pointer choose, Enter takes. For the inside of a dialog.
import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { Icon } from './icon'

const CODE = { autocomplete: 'off', autocapitalize: 'off', spellcheck: false } as const

interface FinderProps<T> {
  /** Names the list and its options in the page. */
  id: string
  label: string
  listLabel: string
  /** Said where nothing is found. */
  none: string
  search: string
  setSearch(search: string): void
  found: readonly T[]
  /** Names an option beside the others. */
  keyOf(one: T, at: number): string
  optionId(one: T, at: number): string
  show(one: T): ComponentChildren
  take(one: T | undefined): void
  /** Further keys; true: it was one of them. `go` moves by so many options. */
  more?(event: KeyboardEvent, go: (by: number) => void, take: () => void): boolean
  /** What is looked for is code: the browser shall not help. */
  code?: boolean
}

export function Finder<T>({ id, label, listLabel, none, search, setSearch, found, keyOf, optionId, show, take, more, code = false }: FinderProps<T>) {
  const [at, setAt] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const go = (by: number): void => {
    const next = (at + by + found.length) % Math.max(1, found.length)
    setAt(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  const key = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    if (event.key === 'ArrowDown') go(1)
    else if (event.key === 'ArrowUp') go(-1)
    else if (event.key === 'Enter') take(found[at])
    else if (!more?.(event, go, () => take(found[at]))) return
    event.preventDefault()
  }
  return (
    <>
      <label class="in">
        <Icon name="search" />
        <span class="vh">{label}</span>
        <input
          autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={found[at] === undefined ? undefined : optionId(found[at], at)}
          aria-autocomplete="list"
          placeholder={label}
          {...(code && CODE)}
          value={search}
          onInput={(event) => {
            setSearch(event.currentTarget.value)
            setAt(0)
          }}
          onKeyDown={key}
        />
      </label>
      {found.length === 0 && (
        <p class="none" role="status">
          {none}
        </p>
      )}
      <ul ref={list} id={id} role="listbox" aria-label={listLabel}>
        {found.map((one, index) => (
          <li key={keyOf(one, index)} id={optionId(one, index)} role="option" aria-selected={index === at} onClick={() => take(one)} onMouseMove={() => index !== at && setAt(index)}>
            {show(one)}
          </li>
        ))}
      </ul>
    </>
  )
}
