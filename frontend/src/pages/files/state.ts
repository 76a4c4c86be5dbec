// What the files page shows and does. The server's listing is the truth: after every change it is read again.
import { computed, signal } from '@preact/signals'
import { language, t } from '../../i18n'
import { choose, confirm, askText } from '../../shell/dialogs'
import { ask, page, Refusal, toLogin } from '../../shell/page'
import { everything, follow as followRunning } from '../../shell/running'
import { toast } from '../../shell/toasts'
import { addressOf, encoded, entryOf, inFolder, isBadName, sorted, stemLength, type Entry, type Model, type Order } from './listing'

const REREAD = 15_000

const placed = decodeURIComponent(location.pathname.slice(page().base.length))
export const folder = placed.startsWith('f/') ? placed.slice(2).replace(/\/+$/, '') : ''

export const entries = signal<readonly Entry[] | null>(null)
export const problem = signal('')
export const order = signal<Order>({ by: 'name', descending: false })
export const selected = signal<ReadonlySet<string>>(new Set())
/** Notebooks whose kernel runs, and what it costs. */
export const running = computed(() => new Map((everything.value?.rows ?? []).flatMap((row) => (row.owner === 'notebook' ? [[row.path, row]] : []))))

export const shown = computed(() => sorted(entries.value ?? [], order.value, language()))
export const chosen = computed(() => shown.value.filter((entry) => selected.value.has(entry.path)))

const contents = (path: string): string => `api/contents/${encoded(path)}`

/** Says what went wrong; a login that ended leads to the login page. */
export function complain(failure: unknown): void {
  if (failure instanceof Refusal && failure.status === 403 && failure.code === '') return toLogin()
  const why = failure instanceof Refusal ? [failure.message, failure.hint].filter(Boolean).join(' ') : failure instanceof Error ? failure.message : String(failure)
  toast({ text: t('files.trouble', { why }), bad: true })
}

export async function reread(): Promise<void> {
  try {
    const answer = await ask(`${contents(folder)}?type=directory`)
    const { content } = (await answer.json()) as { content: Model[] }
    entries.value = content.map(entryOf)
    problem.value = ''
    const here = new Set(entries.value.map((entry) => entry.path))
    if ([...selected.value].some((path) => !here.has(path))) selected.value = new Set([...selected.value].filter((path) => here.has(path)))
  } catch (failure) {
    if (failure instanceof Refusal && failure.status === 403 && failure.code === '') return toLogin()
    problem.value = failure instanceof Error ? failure.message : String(failure)
  }
}

/** Reads the folder now, when the page is looked at again, and every quarter of a minute meanwhile. */
export function follow(): void {
  void reread()
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void reread())
  setInterval(() => document.visibilityState === 'visible' && void reread(), REREAD)
  void followRunning()
}

async function change(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (failure) {
    complain(failure)
  }
  await reread()
}

const taken = (name: string): string | null =>
  isBadName(name) ? t('files.name.bad') : (entries.value ?? []).some((entry) => entry.name === name) ? t('files.exists', { name }) : null

export function newNotebook(): Promise<void> {
  return change(async () => {
    const made = (await (await ask(contents(folder), { method: 'POST', json: { type: 'notebook' } })).json()) as Model
    location.assign(page().base + addressOf(entryOf(made)))
  })
}

export async function newFolder(): Promise<void> {
  const name = await askText({ title: t('files.new.folder'), label: t('files.new.named'), action: t('files.create'), wrong: taken })
  if (name) await change(async () => void (await ask(contents(inFolder(folder, name)), { method: 'PUT', json: { type: 'directory' } })))
}

export async function rename(entry: Entry): Promise<void> {
  const name = await askText({
    title: t('files.rename.ask', { name: entry.name }),
    label: t('files.new.named'),
    value: entry.name,
    marked: entry.kind === 'directory' ? entry.name.length : stemLength(entry.name),
    action: t('files.rename'),
    wrong: (text) => (text === entry.name ? null : taken(text)),
  })
  if (!name || name === entry.name) return
  await change(async () => {
    await ask(contents(entry.path), { method: 'PATCH', json: { path: inFolder(folder, name) } })
    selected.value = new Set()
  })
}

/** Into the bin; null when its kernel runs and the reader would rather keep it. */
async function discard(entry: Entry): Promise<string | null> {
  try {
    return (await ask(contents(entry.path), { method: 'DELETE' })).headers.get('Octavo-Bin')
  } catch (failure) {
    if (!(failure instanceof Refusal) || failure.status !== 409) throw failure
    if (!(await confirm(t('files.kernel.ask', { name: entry.name }), t('files.kernel.why'), t('files.delete')))) return null
    return (await ask(`${contents(entry.path)}?force=1`, { method: 'DELETE' })).headers.get('Octavo-Bin')
  }
}

export function remove(which: readonly Entry[]): Promise<void> {
  return change(async () => {
    const binned: string[] = []
    try {
      for (const entry of which) {
        const id = await discard(entry)
        if (id) binned.push(id)
      }
    } finally {
      if (binned.length) {
        const text = binned.length === 1 && which.length === 1 ? t('files.deleted.one', { name: which[0].name }) : t('files.deleted', { n: binned.length })
        toast({ text, undo: () => void restore(binned) })
      }
    }
  })
}

function restore(ids: readonly string[]): Promise<void> {
  return change(async () => {
    let last = ''
    for (const id of ids) last = ((await (await ask(`api/octavo/bin/${id}/restore`, { method: 'POST' })).json()) as { path: string }).path
    toast(ids.length === 1 ? t('files.restored.elsewhere', { name: last }) : t('files.restored', { n: ids.length }))
  })
}

/** Whether to replace what has this name already. */
export const mayReplace = (name: string): Promise<boolean> =>
  choose({
    title: t('files.exists', { name }),
    text: t('files.exists.why'),
    choices: [{ label: t('files.replace'), value: true, kind: 'main' }],
    otherwise: false,
    leave: t('files.skip'),
  })

export function toggle(path: string): void {
  const next = new Set(selected.value)
  if (!next.delete(path)) next.add(path)
  selected.value = next
}

export function selectAll(on: boolean): void {
  selected.value = new Set(on ? shown.value.map((entry) => entry.path) : [])
}

export function orderBy(by: Order['by']): void {
  const now = order.value
  order.value = { by, descending: now.by === by ? !now.descending : by !== 'name' }
}

export function open(entry: Entry): void {
  location.assign(page().base + addressOf(entry))
}

export function download(which: readonly Entry[]): void {
  for (const entry of which) {
    const link = document.createElement('a')
    link.href = `${page().base}files/${encoded(entry.path)}?download=1`
    link.download = entry.name
    link.click()
  }
}
