// Ctrl-R: what was run at any prompt, by the words that it holds. Enter writes it, to be run or changed.
import { signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { staticCode } from '../../editor/highlight'
import { t } from '../../i18n'
import { Icon } from '../../shell/icon'
import { ask } from '../../shell/page'
import { findTexts, marks } from './recall'

interface Wanted {
  texts: readonly string[]
  language: string
  write(text: string): void
}

const wanted = signal<Wanted | null>(null)

export const openSearch = (texts: readonly string[], language: string, write: (text: string) => void): void => {
  wanted.value = { texts, language, write }
}

const close = (): void => {
  wanted.value = null
}

const SHOWN_LINES = 4

function Text({ text, search, language }: { text: string; search: string; language: string }) {
  const host = useRef<HTMLElement>(null)
  const lines = text.split('\n')
  const shown = lines.slice(0, SHOWN_LINES).join('\n')
  useEffect(() => {
    if (!search.trim()) host.current?.replaceChildren(staticCode(shown, language))
  }, [search.trim() === '', shown])
  return (
    <span class="found">
      {search.trim() ? (
        <code key="marked">{marks(shown, search).map((part) => (part.marked ? <mark>{part.text}</mark> : part.text))}</code>
      ) : (
        <code key="coloured" ref={host} />
      )}
      {lines.length > SHOWN_LINES && <small>+{lines.length - SHOWN_LINES}</small>}
    </span>
  )
}

/** What the server has beyond what the page holds: asked once the reader stops typing. */
function useOlder(texts: readonly string[], search: string, language: string): readonly string[] {
  const [older, setOlder] = useState<readonly string[]>([])
  useEffect(() => {
    setOlder([])
    if (!search.trim()) return
    const stop = new AbortController()
    const timer = setTimeout(() => {
      ask(`api/octavo/history?most=200&language=${encodeURIComponent(language)}&q=${encodeURIComponent(search)}`, { signal: stop.signal })
        .then((answer) => answer.json() as Promise<{ source: string }[]>)
        .then((found) => setOlder(found.map(({ source }) => source).filter((source) => !texts.includes(source))))
        .catch(() => undefined)
    }, 150)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [search])
  return older
}

function Search({ texts, language, write }: Wanted) {
  const [search, setSearch] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const older = useOlder(texts, search, language)
  const found = [...findTexts(texts, search), ...older]
  const take = (text: string | undefined): void => {
    close()
    if (text !== undefined) requestAnimationFrame(() => write(text))
  }
  const go = (to: number): void => {
    const next = (to + found.length) % Math.max(1, found.length)
    setAt(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  const key = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    const terminal = event.ctrlKey && !event.metaKey && !event.altKey
    if (event.key === 'ArrowDown' || (terminal && (event.key === 'r' || event.key === 'n'))) go(at + 1)
    else if (event.key === 'ArrowUp' || (terminal && (event.key === 's' || event.key === 'p'))) go(at - 1)
    else if (event.key === 'Enter' || event.key === 'Tab') take(found[at])
    else if (terminal && (event.key === 'g' || event.key === 'c')) close()
    else return
    event.preventDefault()
  }
  return (
    <>
      <label class="in">
        <Icon name="search" />
        <span class="vh">{t('repl.search')}</span>
        <input
          autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls="history-found"
          aria-activedescendant={found[at] ? `history-${at}` : undefined}
          aria-autocomplete="list"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder={t('repl.search')}
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
          {t('repl.search.none')}
        </p>
      )}
      <ul ref={list} id="history-found" role="listbox" aria-label={t('repl.search')}>
        {found.map((text, index) => (
          <li key={text} id={`history-${index}`} role="option" aria-selected={index === at} onClick={() => take(text)} onMouseMove={() => index !== at && setAt(index)}>
            <Text text={text} search={search} language={language} />
          </li>
        ))}
      </ul>
    </>
  )
}

/** Where the search opens; once a page. */
export function HistorySearch() {
  const element = useRef<HTMLDialogElement>(null)
  const current = wanted.value
  // Before the next key: who types on at once writes into the search.
  useLayoutEffect(() => {
    if (current && !element.current?.open) element.current?.showModal()
  }, [current])
  if (!current) return null
  return (
    <dialog ref={element} class="palette history" aria-label={t('repl.search')} onClose={close} onClick={(event) => event.target === element.current && close()}>
      <Search {...current} />
    </dialog>
  )
}
