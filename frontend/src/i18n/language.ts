// The page's language. The server chooses it (cookie, then Accept-Language) and writes it into <html lang>.
export const LANGUAGES = { en: 'English', 'zh-Hans': '简体中文' } as const
export type Language = keyof typeof LANGUAGES

let current: Language = 'en'

/** Set once, before anything is drawn, from <html lang>. */
export function useLanguage(lang: string): void {
  current = lang.toLowerCase().startsWith('zh') ? 'zh-Hans' : 'en'
}

export const language = (): Language => current
