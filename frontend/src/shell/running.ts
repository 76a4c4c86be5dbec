// What runs, as the server tells it, and what can be done about it. Kernels are stopped, restarted and interrupted by Jupyter's routes.
import { signal } from '@preact/signals'
import { formatBytes, formatList, t } from '../i18n'
import { confirm } from './dialogs'
import { ask, Refusal, toLogin } from './page'
import { toast } from './toasts'

/** One thing that runs (`session/overview.py`). */
export interface Row {
  process: string
  incarnation: string
  kind: string
  name: string
  owner: 'notebook' | 'prompt' | 'client' | 'stray'
  state: 'starting' | 'idle' | 'running' | 'asking' | 'paused' | 'restarting'
  path: string
  prompt: string
  joined: boolean
  idle: boolean
  since: number | null
  idle_since: number | null
  pages: number
  connections: number
  memory: number
  private: number
  swap: number
  cpu: number
  processes: number
  memories: number[]
  cpus: number[]
}

/** The answer of `api/octavo/running` (`web/api/running.py`). */
export interface Everything {
  rows: Row[]
  measured: boolean
  machine: { total: number; available: number; limited: boolean } | null
  tight: boolean
  short: boolean
  web: { memory: number }
  host: { memory: number } | null
  images: { python: string; kernels: number; memory: number }[]
  spare: { memory: number } | null
  sum: number
}

/** Null until the server has answered. */
export const everything = signal<Everything | null>(null)
export const problem = signal('')

const EVERY = 2_000

export async function reread(): Promise<void> {
  try {
    everything.value = (await (await ask('api/octavo/running')).json()) as Everything
    problem.value = ''
  } catch (failure) {
    if (failure instanceof Refusal && failure.status === 403 && failure.code === '') return toLogin()
    problem.value = failure instanceof Error ? failure.message : String(failure)
  }
}

const seen = (): boolean => document.visibilityState === 'visible'

/** Asks every two seconds while the page can be seen and `wanted` says so, and at once when it is looked at again. */
export async function follow(wanted: () => boolean = () => true): Promise<never> {
  document.addEventListener('visibilitychange', () => seen() && void reread())
  for (;;) {
    if (seen() && wanted()) await reread()
    await new Promise((resolve) => setTimeout(resolve, EVERY))
  }
}

async function change(act: () => Promise<string | null>): Promise<void> {
  try {
    const done = await act()
    if (done) toast(done)
  } catch (failure) {
    if (failure instanceof Refusal && failure.status === 403 && failure.code === '') return toLogin()
    const gone = failure instanceof Refusal && failure.status === 404
    const why = failure instanceof Refusal ? [failure.message, failure.hint].filter(Boolean).join(' ') : String(failure)
    if (!gone) toast({ text: t('running.trouble', { why }), bad: true }) // what has ended meanwhile is only no longer shown
  }
  await reread()
}

const titled = (path: string): string => (path.split('/').at(-1) ?? path).replace(/\.ipynb$/i, '')

/** What it is called: its notebook's title, else whose it is. */
export function nameOf(row: Row): string {
  if (row.owner === 'notebook') return titled(row.path)
  if (row.owner === 'prompt') return t('running.prompt', { name: row.prompt })
  return row.kind === 'kernel' && row.path ? titled(row.path) : row.name
}

export function stop(row: Row): Promise<void> {
  return change(async () => {
    const name = nameOf(row)
    if (!(await confirm(t('running.stop.ask', { name }), t(row.idle ? 'running.stop.idle' : 'running.stop.why'), t('running.stop')))) return null
    await ask(row.kind === 'kernel' ? `api/kernels/${row.process}` : `api/octavo/running/${row.process}`, { method: 'DELETE' })
    return t('running.stopped', { name })
  })
}

export function restart(row: Row): Promise<void> {
  return change(async () => {
    const name = nameOf(row)
    if (!(await confirm(t('running.restart.ask', { name }), t(row.idle ? 'running.stop.idle' : 'running.stop.why'), t('running.restart')))) return null
    await ask(`api/kernels/${row.process}/restart`, { method: 'POST' })
    return t('running.restarted', { name })
  })
}

export function interrupt(row: Row): Promise<void> {
  return change(async () => {
    await ask(`api/kernels/${row.process}/interrupt`, { method: 'POST' })
    return t('running.interrupted', { name: nameOf(row) })
  })
}

/** Offers to stop what is idle; `but`: a kernel that is not meant, because its page asks. */
export function stopIdle(but = ''): Promise<void> {
  return change(async () => {
    await reread()
    const idle = (everything.value?.rows ?? []).filter((row) => row.idle && row.process !== but)
    if (!idle.length) return t('running.stopIdle.none')
    const size = formatBytes(idle.reduce((sum, row) => sum + row.private, 0))
    const why = t('running.stopIdle.why', { size, names: formatList(idle.map(nameOf)) })
    if (!(await confirm(t('running.stopIdle.ask', { n: idle.length }), why, t('running.stopIdle')))) return null
    const answer = await ask('api/octavo/running/stop-idle', { method: 'POST', json: { processes: idle.map(({ process }) => process) } })
    const { processes, freed } = (await answer.json()) as { processes: string[]; freed: number }
    return t('running.stopIdle.done', { n: processes.length, size: formatBytes(freed) })
  })
}
