// Every string of the page. Keys are checked by the compiler: one that a language lacks is a type error.
import { en } from './en'
import { fill, type Message, type NamesOf } from './message'
import { language, type Language } from './language'
import { notebookEn } from './notebook.en'
import { notebookZhHans } from './notebook.zh-hans'
import { zhHans } from './zh-hans'

const english = { ...en, ...notebookEn } as const
type English = typeof english
export type Key = keyof English
const chinese: Record<Key, Message> = { ...zhHans, ...notebookZhHans }

type Given<K extends Key> = [NamesOf<English[K]>] extends [never] ? [] : [values: Readonly<Record<NamesOf<English[K]>, string | number>>]

/** The sentence for `key`, in the page's language. */
export function t<K extends Key>(key: K, ...given: Given<K>): string {
  const message: Message = language() === 'en' ? english[key] : chinese[key]
  return fill(message, given[0] ?? {}, language())
}

/** Both dictionaries, for the test that holds them together. */
export const DICTIONARIES: Readonly<Record<Language, Readonly<Record<string, Message>>>> = { en: english, 'zh-Hans': chinese }

export { formatAgo, formatBytes, formatDate, formatDuration, formatList, formatNumber, formatOrdinal } from './format'
export { language, LANGUAGES, useLanguage, type Language } from './language'
