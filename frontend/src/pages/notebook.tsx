// The notebook page: the live socket, the cells, and the shell round them.
import { computed, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Command } from '../cells/commands'
import * as editing from '../cells/editing'
import { loadEditor } from '../cells/editors'
import { Notebook } from '../cells/notebook'
import * as running from '../cells/running'
import { formatBytes, t } from '../i18n'
import { accountEntries } from '../shell/account'
import { Banners, type Banner } from '../shell/banners'
import type { ShownCommand } from '../shell/commands'
import { Contents } from '../shell/contents'
import { askText, confirm } from '../shell/dialogs'
import { Colophon, KeyRow, ThumbBar } from '../shell/foot'
import { folderAddress, NotebookHead } from '../shell/head'
import type { MenuEntry } from '../shell/menu'
import { page, toLogin } from '../shell/page'
import { openKeys, openPalette } from '../shell/later'
import { say } from '../shell/saying'
import { useSeconds } from '../shell/seconds'
import { Standing } from '../shell/standing'
import { start } from '../shell/start'
import { statusBanners } from '../shell/states'
import { toast } from '../shell/toasts'
import { usePressing, useTold } from '../shell/told'
import type { Ask } from '../sync/commands'
import { Live } from '../sync/live'
import { debugCommands, debuggerOpen, DebugPanel, followDebugger, inspectError, isPaused, pausedWords } from './notebook/debugging'
import { browserPlace } from '../sync/place'
import { COLOURS } from '../sync/colours'

const { base, build, nonce, profile, tab } = page()

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
const socketUrl = (path: string): string => new URL(`${base}api/octavo/live/${encoded(path)}`, location.href).href.replace(/^http/, 'ws')
const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/')

let path = decodeURIComponent(location.pathname.slice(`${base}n/`.length))

const live = new Live({
  url: socketUrl(path),
  place: browserPlace(`${base}api/contents/${encoded(path)}?content=0`),
  build,
  tab,
  moved(to) {
    follow(to)
    return socketUrl(to)
  },
})
live.connect()
void loadEditor()
live.introduce(deviceName(), Math.floor(Math.random() * COLOURS))

/** The file has another path now. */
function follow(to: string): void {
  path = to
  history.replaceState(null, '', `${base}n/${encoded(to)}`)
}

/** One person's other devices are told apart by this; people have names when there are people. */
function deviceName(): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(navigator.userAgent)?.[1] ?? ''
  const system = /Android|iPhone|iPad|Windows|Mac OS|CrOS|Linux/.exec(navigator.userAgent)?.[0] ?? ''
  return [{ Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser, system].filter(Boolean).join(', ')
}

const shellCommands: Command[] = [
  { id: 'commands', group: 'notebook', title: 'command.commands', keys: ['Mod-Shift-C', 'F1', 'P'], editKeys: ['Mod-Shift-C', 'F1'], anywhere: true, run: () => openPalette(shown()) },
  { id: 'keys', group: 'notebook', title: 'command.keys', keys: ['H', 'Mod-Shift-H'], editKeys: ['Mod-Shift-H'], anywhere: true, run: () => openKeys(shown()) },
  { id: 'single-keys', group: 'notebook', title: 'command.singleKeys', run: toggleSingleKeys },
  { id: 'limit-memory', group: 'kernel', title: 'command.limitMemory', run: () => void limitKernel('memory') },
  { id: 'limit-cpu', group: 'kernel', title: 'command.limitCpu', run: () => void limitKernel('cpu') },
  ...debugCommands,
  { id: 'files', group: 'notebook', title: 'command.goFiles', run: toFiles },
  { id: 'running', group: 'notebook', title: 'command.goRunning', run: () => location.assign(`${base}running`) },
]

const sheet = document.createElement('main')
sheet.id = 'sheet'
sheet.tabIndex = -1

const notebook = new Notebook(
  live,
  sheet,
  {
    base,
    folder: () => folderOf(path),
    nonce,
    toast: (text, undo) => toast(undo ? { text, undo, undoKey: 'Z' } : text),
    say,
    inspect: inspectError,
    confirm: ({ title, text, yes, no }) => confirm(title, text, yes, no),
  },
  profile,
  shellCommands,
)

followDebugger(notebook, live, sheet)

function shown(): ShownCommand[] {
  return notebook.commands.map(({ id, group, title, keys, editKeys, quiet }) => ({
    id, title: t(title), group: t(`group.${group}`), keys, editKeys, quiet, run: () => fromDialog(id),
  }))
}

/** A command from the palette: the dialog that had the focus is gone, so the cell gets it back. */
function fromDialog(id: string): void {
  requestAnimationFrame(() => {
    const view = notebook.view.peek()
    if (document.activeElement === document.body) view?.focusActive()
    notebook.execute(id)
  })
}

function toFiles(): void {
  location.assign(folderAddress(folderOf(path)))
}

/** Asks the server; a refusal is told. */
function ask(command: Ask): void {
  const view = notebook.view.peek()
  live.ask(command).catch((problem: unknown) => view && running.tell(view, problem))
}

const file = (action: 'put-back' | 'save-as' | 'discard' | 'overwrite', to = ''): void => ask({ type: 'file', action, path: to })

async function saveElsewhere(): Promise<void> {
  const to = await askText({ title: t('file.detached.elsewhere'), label: t('file.detached.elsewhere'), value: path, action: t('file.detached.elsewhere') })
  if (to) file('save-as', to)
}

/** Asks for one limit of this notebook's kernel; empty: the profile's holds. */
async function limitKernel(which: 'memory' | 'cpu'): Promise<void> {
  const view = notebook.view.peek()
  if (!view) return
  try {
    const held = (await live.ask({ type: 'kernelLimits' })).limits ?? {}
    const general = (which === 'memory' ? held.generalMemory : held.generalCpu) || t('limit.none')
    const text = await askText({ title: t(which === 'memory' ? 'command.limitMemory' : 'command.limitCpu'), label: t(`limit.${which}.label`, { general }), value: held[which] ?? '', action: t('limit.set') })
    if (text === null) return
    await live.ask({ type: 'kernelLimits', [which]: text })
    toast(t('limit.done'))
  } catch (problem) {
    running.tell(view, problem)
  }
}

live.onNotice(({ code, values = {} }) => {
  if (code === 'dropped') toast(t('run.dropped', { n: Number(values.count) }))
  else if (code === 'joined') toast(t('notice.joined', { n: Number(values.edits) }))
  else if (code === 'moved') {
    follow(String(values.path))
    toast(t('notice.moved', { path }))
  }
})

const hurry = (): void => {
  if (document.visibilityState === 'visible') live.hurry()
}
const look = (): void => live.look(document.visibilityState === 'visible')
look()
addEventListener('online', hurry)
document.addEventListener('visibilitychange', hurry)
document.addEventListener('visibilitychange', look)
addEventListener('beforeunload', (event) => {
  const status = live.status.peek()
  if (status.is === 'typing' || status.is === 'stuck' || (status.is === 'offline' && status.unsent)) event.preventDefault()
})

/** The shortage of memory that was waved away, until it is over. */
const wavedAway = signal(false)

/** While memory is short: what could be given back. This notebook's own kernel is not meant. */
function memoryBanner(): Banner[] {
  const { short = false, available = 0, total = 0 } = live.state.cost.value
  if (!short) wavedAway.value = false
  if (!short || wavedAway.value) return []
  const process = live.state.kernel.value.process ?? ''
  const act = (): void => void import('../shell/running').then(({ stopIdle }) => stopIdle(process))
  const text = t('memory.short.text', { left: formatBytes(available), total: formatBytes(total) })
  return [{ id: 'memory', kind: 'warning', head: t('memory.short'), text, actions: [{ label: t('running.stopIdle'), act }], dismiss: () => void (wavedAway.value = true) }]
}

/** Words that belong to a history that the server has lost. */
function copiesBanner(): Banner[] {
  const copies = live.copies.value
  if (!copies.length) return []
  const insert = (): void => {
    const view = notebook.view.peek()
    if (!view) return
    editing.insertAfter(view, view.order.peek().at(-1) ?? null, copies.map(({ text }) => ({ type: 'code', source: text })))
    live.copies.value = []
  }
  return [{ id: 'copies', kind: 'warning', head: t('copies', { n: copies.length }), text: t('copies.text'), actions: [{ label: t('copies.insert'), act: insert }], dismiss: () => void (live.copies.value = []) }]
}

/** What the kernel had run: all above the cell that it died in, or above where one is. */
function runAgain(): void {
  const cell = live.state.kernel.peek().cause?.values?.cell
  if (typeof cell === 'string') notebook.goTo(cell)
  notebook.execute('run-above')
}

function StatusBanners() {
  const status = live.status.value
  const seconds = useSeconds(status.is === 'offline' ? status.retryAt : null)
  const told = useTold(live.state.kernel.value, (cell) => notebook.numberOf(cell))
  const pressing = usePressing(live.state.kernel.value)
  const banners = statusBanners(status, live.state.kernel.value, seconds, {
    retry: () => live.hurry(),
    signIn: toLogin,
    toFiles,
    reload: () => location.reload(),
    restart: () => notebook.execute('restart'),
    stopHost: () => void live.ask({ type: 'stopHost' }),
    again: runAgain,
    putBack: () => file('put-back'),
    saveElsewhere: () => void saveElsewhere(),
    discard: () => file('discard'),
    overwrite: () => file('overwrite'),
  }, told)
  return <Banners banners={[...banners, ...pressing, ...copiesBanner(), ...memoryBanner()]} />
}

const entry = (id: string): MenuEntry => {
  const command = notebook.commands.find((one) => one.id === id)
  return { label: command ? t(command.title) : id, act: () => notebook.execute(id) }
}

/** Single letters as commands can be in the way of speech input and shaky hands (WCAG 2.1.4). */
const singleKeys = (): MenuEntry => ({ label: t('command.singleKeys'), checked: notebook.controller.singleKeys.value, alone: true, act: toggleSingleKeys })

function toggleSingleKeys(): void {
  notebook.controller.setSingleKeys(!notebook.controller.singleKeys.peek())
  if (!notebook.controller.singleKeys.peek()) toast(t('keys.single.off'))
}

const connected = computed(() => !['offline', 'ended', 'opening'].includes(live.status.value.is))

function Head() {
  const { kernel, name } = live.state
  return (
    <NotebookHead
      folder={folderOf(live.state.path.value || path)}
      title={name.value || (path.split('/').at(-1) ?? '')}
      status={live.status}
      kernel={kernel.value}
      listKernels={async () => (await live.ask({ type: 'listKernels' })).kernels ?? []}
      editing={notebook.place.value.mode === 'edit'}
      done={() => notebook.execute('leave')}
      peers={live.peers.value}
      runAll={() => notebook.execute('run-all')}
      runMore={['debug-cell', 'debug-by-line', 'run-above', 'run-below', 'restart-run-all', 'drop-all', 'clear-all'].map(entry)}
      paused={isPaused()}
      debugger={{ open: debuggerOpen(), toggle: () => notebook.execute('debug-panel') }}
      interrupt={() => notebook.execute('interrupt')}
      restart={() => notebook.execute('restart')}
      chooseKernel={(chosen) => ask({ type: 'chooseKernel', name: chosen })}
      kernelMore={[entry('install')]}
      commands={() => notebook.execute('commands')}
      menu={[...['save', 'find', 'keys'].map(entry), singleKeys(), entry('files'), { rule: true }, ...accountEntries()]}
    />
  )
}

/** The cell whose part of the contents one reads: the last heading at or above the active cell. */
const currentHeading = computed((): string | null => {
  const view = notebook.view.value
  if (!view) return null
  const at = view.order.value.indexOf(view.active.value ?? '')
  const above = new Set(view.order.value.slice(0, at + 1))
  return notebook.contents.value.findLast(({ cell }) => above.has(cell))?.cell ?? null
})

function Outline() {
  return <Contents headings={notebook.contents.value} current={currentHeading.value} go={(cell) => notebook.goTo(cell)} />
}

function Foot() {
  const { mode, cell, cells } = notebook.place.value
  const queue = live.state.queue.value
  const run = queue.find(({ state }) => state === 'running')
  const view = notebook.view.value
  const active = view?.active.value ?? ''
  const activeRuns = queue.some((one) => one.cell === active)
  return (
    <>
      <Colophon
        editing={mode === 'edit'}
        cell={cell}
        cells={cells}
        running={run ? notebook.numberOf(run.cell) : 0}
        waiting={queue.filter(({ state }) => state === 'queued').length}
        live={connected.value}
        cost={live.state.cost.value}
        paused={pausedWords()}
        goOn={() => notebook.execute('debug-continue')}
        interrupt={() => notebook.execute('interrupt')}
        keys={() => notebook.execute('keys')}
      />
      {mode === 'edit' ? (
        <KeyRow
          indent={() => view?.activeView?.editor?.indent()}
          type={(text) => view?.activeView?.editor?.type(text)}
          undo={() => notebook.execute('undo')}
          run={() => notebook.execute('run-next')}
        />
      ) : (
      <ThumbBar
        label={t('cell.of', { cell, cells })}
        running={activeRuns}
        add={() => view && view.edit(editing.insert(view, 'below'))}
        edit={() => notebook.execute('edit')}
        run={() => notebook.execute('run-next')}
        stop={() => view && running.stopCell(view, active)}
        undo={() => notebook.execute('undo')}
        more={() => openPalette(shown().filter(({ id }) => notebook.commands.find((one) => one.id === id)?.group === 'cells'))}
      />
      )}
    </>
  )
}

function Sheet() {
  return (
    <div class="page-of-cells">
      <StatusBanners />
      <Standing element={sheet} />
    </div>
  )
}

function Page() {
  const title = live.state.name.value
  useEffect(() => {
    if (title) document.title = `${title} — Octavo`
  }, [title])
  return (
    <>
      <a class="skip" href="#sheet">
        {t('skip.notebook')}
      </a>
      <Head />
      <div class={debuggerOpen() ? 'app wide' : 'app'}>
        <Outline />
        <Sheet />
        <DebugPanel />
      </div>
      <Foot />
    </>
  )
}

start(<Page />)
