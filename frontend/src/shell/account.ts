// The part of every menu that is about this browser: colours, language, signing out.
import { language, LANGUAGES, t, type Language } from '../i18n'
import { confirm } from './dialogs'
import type { MenuEntry } from './menu'
import { logout, page } from './page'
import { setLanguage, setTheme, theme, type Theme } from './theme'
import { toast } from './toasts'

const trying = (act: () => Promise<void>): void => {
  act().catch((problem: unknown) => toast({ text: problem instanceof Error ? problem.message : String(problem), bad: true }))
}

async function everywhere(): Promise<void> {
  if (await confirm(t('logout.everywhere.ask'), t('logout.everywhere.why'), t('logout.everywhere'))) await logout(true)
}

export function accountEntries(): MenuEntry[] {
  const themes: Theme[] = ['auto', 'light', 'dark']
  return [
    { label: t('running.all'), act: () => location.assign(`${page().base}running`) },
    { heading: t('theme') },
    ...themes.map((one) => ({ label: t(`theme.${one}`), checked: theme.value === one, act: () => setTheme(one) })),
    { heading: t('language') },
    ...(Object.keys(LANGUAGES) as Language[]).map((one) => ({ label: LANGUAGES[one], checked: language() === one, act: () => setLanguage(one) })),
    { rule: true },
    { label: t('logout'), act: () => trying(() => logout(false)) },
    { label: t('logout.everywhere'), act: () => trying(everywhere) },
  ]
}
