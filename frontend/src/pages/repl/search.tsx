// Ctrl-R: what was run at any prompt, by the words that it holds. Enter writes it, to be run or changed.
import { signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { staticCode } from '../../editor/highlight'
import { t } from '../../i18n'
import { Finder } from '../../shell/finder'
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

/** As in a terminal: Ctrl-R and its neighbours. */
function terminalKey(event: KeyboardEvent, go: (by: number) => void, take: () => void): boolean {
  const terminal = event.ctrlKey && !event.metaKey && !event.altKey
  if (terminal && (event.key === 'r' || event.key === 'n')) go(1)
  else if (terminal && (event.key === 's' || event.key === 'p')) go(-1)
  else if (event.key === 'Tab') take()
  else if (terminal && (event.key === 'g' || event.key === 'c')) close()
  else return false
  return true
}

function Search({ texts, language, write }: Wanted) {
  const [search, setSearch] = useState('')
  const older = useOlder(texts, search, language)
  return (
    <Finder
      id="history-found"
      label={t('repl.search')}
      listLabel={t('repl.search')}
      none={t('repl.search.none')}
      search={search}
      setSearch={setSearch}
      found={[...findTexts(texts, search), ...older]}
      keyOf={(text) => text}
      optionId={(_, at) => `history-${at}`}
      take={(text) => {
        close()
        if (text !== undefined) requestAnimationFrame(() => write(text))
      }}
      more={terminalKey}
      code
      show={(text) => <Text text={text} search={search} language={language} />}
    />
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
