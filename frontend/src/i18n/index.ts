// Every string of the page. Keys are checked by the compiler: one that a language lacks is a type error.
import { debugEn } from './debug.en'
import { en } from './en'
import { fill, type Message, type NamesOf } from './message'
import { language, type Language } from './language'
import { notebookEn } from './notebook.en'
import type { replEn } from './repl.en'
import { runningEn } from './running.en'
import { translated } from './said'

type English = typeof en & typeof runningEn & typeof notebookEn & typeof replEn & typeof debugEn
export type Key = keyof English
const english = { ...en, ...runningEn, ...notebookEn, ...debugEn } as Record<Key, Message>

/** A page's own sentences come with it. */
export function learn(words: Partial<Record<Key, Message>>): void {
  Object.assign(english, words)
}

if (typeof document === 'undefined') learn((await import('./repl.en')).replEn)
// The one other language comes only where the page is in it (tests, which have no page, hold both together).
const other = typeof document === 'undefined' || document.documentElement.lang.startsWith('zh') ? await import('./chinese') : null
const chinese: Record<Key, Message> | null = other?.chinese ?? null

type Given<K extends Key> = [NamesOf<English[K]>] extends [never] ? [] : [values: Readonly<Record<NamesOf<English[K]>, string | number>>]

/** The sentence for `key`, in the page's language. */
export function t<K extends Key>(key: K, ...given: Given<K>): string {
  const message: Message = language() !== 'en' && chinese ? chinese[key] : english[key]
  return fill(message, given[0] ?? {}, language())
}

/** What the server said, in the page's language where it is known. */
export const said = (text: string): string => (other && language() !== 'en' ? translated(text, other.saidZhHans) : text)

/** Both dictionaries, for the test that holds them together. */
export const DICTIONARIES: Readonly<Record<Language, Readonly<Record<string, Message>>>> = { en: english, 'zh-Hans': chinese ?? {} }

export { formatAgo, formatBytes, formatDate, formatDuration, formatList, formatNumber, formatOrdinal } from './format'
export { language, LANGUAGES, useLanguage, type Language } from './language'
