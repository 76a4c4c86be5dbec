// The prompts that there are: their list, a new one, closing one. Each has a page of its own.
import { signal } from '@preact/signals'
import { t } from '../../i18n'
import { confirm } from '../../shell/dialogs'
import { ask, page } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { FIRST, freeName } from './names'

export interface Listed {
  name: string
  kernel: string
  state: string
  used: number
  last: string
}

const CLOSED = 'octavo-prompt-closed'

const path = location.pathname.slice(page().base.length)
export const name = decodeURIComponent(path.split('/')[1] || FIRST)

export const prompts = signal<readonly Listed[]>([])

export const addressOf = (one: string): string => `${page().base}repl${one === FIRST ? '' : `/${encodeURIComponent(one)}`}`

export async function list(): Promise<void> {
  prompts.value = (await (await ask('api/octavo/prompts')).json()) as Listed[]
}

/** Opens a new one in a tab of its own. */
export async function open(): Promise<void> {
  await list()
  window.open(addressOf(freeName(prompts.peek().map((one) => one.name))), '_blank')
}

export const goTo = (one: string): void => location.assign(addressOf(one))

/** Ends this prompt and goes to another. */
export async function close(used: boolean): Promise<void> {
  if (used && !(await confirm(t('repl.close.ask'), t('repl.close.why'), t('repl.close')))) return
  await ask(`api/octavo/prompts/${encodeURIComponent(name)}`, { method: 'DELETE' })
  await list()
  if (used) sessionStorage.setItem(CLOSED, name)
  const next = prompts.peek().find((one) => one.name !== name)
  location.replace(addressOf(next?.name ?? FIRST))
}

/** After closing: on the next page stands how to take it back. */
export function tellClosed(): void {
  const closed = sessionStorage.getItem(CLOSED)
  if (closed === null) return
  sessionStorage.removeItem(CLOSED)
  const undo = async (): Promise<void> => {
    const answer = await ask(`api/octavo/prompts/${encodeURIComponent(closed)}/reopen`, { method: 'POST' })
    goTo(((await answer.json()) as { name: string }).name)
  }
  toast({ text: t('repl.closed', { name: closed }), undo: () => void undo() })
}
