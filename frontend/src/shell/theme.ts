// Colours and language are cookies: the server writes the page with them, so nothing is painted twice.
import { signal } from '@preact/signals'
import type { Language } from '../i18n'
import { page } from './page'

export type Theme = 'auto' | 'light' | 'dark'

const initial = (): Theme => {
  const set = document.documentElement.dataset.theme
  return set === 'light' || set === 'dark' ? set : 'auto'
}

export const theme = signal<Theme>(initial())

function remember(name: string, value: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : ''
  document.cookie = `${name}=${value}; Path=${page().base}; Max-Age=31536000; SameSite=Lax${secure}`
}

export function setTheme(next: Theme): void {
  theme.value = next
  if (next === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
  remember('octavo-theme', next)
}

export function setLanguage(next: Language): void {
  remember('octavo-lang', next)
  location.reload()
}
