// The prompt's page: the live socket of a document without a path, its entries, the line that is being written, and the shell round them.
import './repl/words'
import { computed } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { tell } from '../cells/running'
import { t } from '../i18n'
import { accountEntries } from '../shell/account'
import { Banners } from '../shell/banners'
import type { ShownCommand } from '../shell/commands'
import { CostMark } from '../shell/cost'
import { askText, confirm } from '../shell/dialogs'
import { folderAddress } from '../shell/head'
import type { MenuEntry } from '../shell/menu'
import { page, toLogin } from '../shell/page'
import { openKeys, openPalette } from '../shell/later'
import { say } from '../shell/saying'
import { useSeconds } from '../shell/seconds'
import { Standing } from '../shell/standing'
import { start } from '../shell/start'
import { statusBanners } from '../shell/states'
import { toast } from '../shell/toasts'
import { useTold } from '../shell/told'
import { COLOURS } from '../sync/colours'
import { Live } from '../sync/live'
import { browserPlace } from '../sync/place'
import { Draft } from './repl/draft'
import { ReplHead } from './repl/head'
import { Hints } from './repl/hints'
import { ReplKeys } from './repl/keys'
import { close, list, name, open, tellClosed } from './repl/prompts'
import { HistorySearch, openSearch } from './repl/search'
import { Transcript } from './repl/transcript'

const { base, build, nonce, profile, tab } = page()

const socketUrl = new URL(`${base}api/octavo/prompts/${encodeURIComponent(name)}/live${location.search}`, location.href).href.replace(/^http/, 'ws')
const live = new Live({ url: socketUrl, place: browserPlace(`${base}api/octavo/prompts`), build, tab, moved: () => socketUrl })
live.connect()
live.introduce('', Math.floor(Math.random() * COLOURS))

const sheet = document.createElement('main')
sheet.id = 'sheet'
sheet.className = 'sheet repl'
sheet.tabIndex = -1
const line = document.createElement('div')
line.className = 'cell draft'
const folio = document.createElement('div')
folio.className = 'folio'
folio.ariaHidden = 'true'
const body = document.createElement('div')
body.className = 'body'
const code = document.createElement('div')
code.className = 'code'
body.append(code)
line.append(folio, body)
sheet.append(line)

const transcript: Transcript = new Transcript({
  live,
  root: sheet,
  base,
  profile,
  toast: (text) => void toast(text),
  say,
  write: (text) => draft.write(text),
  focus: () => draft.focus(),
})
const connected = computed(() => !['offline', 'ended', 'opening'].includes(live.status.value.is))
const draft: Draft = new Draft({ live, transcript, host: code, nonce, connected: () => connected.peek(), search })

/** The draft's number is the one that it will have. */
computed(() => {
  transcript.order.value
  live.state.queue.value
  return transcript.next()
}).subscribe((next) => (folio.textContent = next === null ? '›' : String(next)))
live.state.onResults(() => {
  const next = transcript.next()
  folio.textContent = next === null ? '›' : String(next)
})

const used = computed(() => transcript.order.value.length > 0)

// What can be done ------------------------------------------------------------------------------------------------------

function search(): void {
  openSearch(draft.recall.all, transcript.language, (text) => draft.write(text))
}

function clear(): void {
  const { n, undo } = transcript.clear()
  if (n) toast({ text: t('repl.cleared', { n }), undo, undoKey: 'Ctrl Z' })
  draft.focus()
}

async function restart(): Promise<boolean> {
  if (transcript.busy && !(await confirm(t('restart.ask'), t('restart.why'), t('restart'), t('restart.keep')))) return false
  transcript.ask({ type: 'restart', run: null })
  draft.focus()
  return true
}

async function clearAndRestart(): Promise<void> {
  if (await restart()) clear()
}

const two = (number: number): string => String(number).padStart(2, '0')

async function keep(): Promise<void> {
  if (!used.peek()) return void toast(t('repl.keep.first'))
  const now = new Date()
  const value = `prompt-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.ipynb`
  const path = await askText({ title: t('repl.keep'), label: t('repl.keep.label'), value, marked: value.length - '.ipynb'.length, action: t('repl.keep.do') })
  if (!path) return
  const undo = transcript.dropDraft()
  await live.ask({ type: 'file', action: 'save-as', path }).catch((problem: unknown) => {
    undo()
    tell(transcript, problem)
  })
}

async function forget(): Promise<void> {
  if (!(await confirm(t('repl.search.forget.ask'), t('repl.search.forget.why'), t('repl.search.forget')))) return
  await draft.forgetHistory()
  toast(t('repl.search.forgotten'))
}

const closeThis = (): void => void close(used.peek()).catch((problem: unknown) => toast({ text: String(problem), bad: true }))
const toFiles = (): void => location.assign(folderAddress(''))

live.onNotice(({ code, values = {} }) => {
  if (code === 'dropped') toast(t('run.dropped', { n: Number(values.count) }))
  else if (code === 'moved') location.assign(`${base}n/${String(values.path).split('/').map(encodeURIComponent).join('/')}`)
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

const commands = (): ShownCommand[] => {
  const group = t('repl.group')
  const one = (id: string, title: string, run: () => void, keys?: string[]): ShownCommand => ({ id, title, group, keys, run: () => requestAnimationFrame(run) })
  return [
    one('run', t('repl.run'), () => draft.run(), ['Enter', 'Mod-Enter']),
    one('newline', t('repl.newline'), () => draft.newline(), ['Shift-Enter']),
    one('back', t('repl.back'), () => draft.key('ArrowUp'), ['ArrowUp']),
    one('forward', t('repl.forward'), () => draft.key('ArrowDown'), ['ArrowDown']),
    one('search', t('repl.search'), search, ['Ctrl-R']),
    one('forget', t('repl.search.forget'), () => void forget()),
    one('complete', t('repl.complete'), () => draft.key('Tab'), ['Tab']),
    one('interrupt', t('interrupt'), () => transcript.interrupt(), ['Ctrl-C']),
    one('restart', t('restart'), () => void restart()),
    one('fold', t('repl.fold'), () => transcript.fold(), ['Ctrl-L']),
    one('clear', t('repl.clear'), clear),
    one('clear-restart', t('repl.clear.restart'), () => void clearAndRestart()),
    one('unclear', t('repl.uncleared'), () => transcript.unclear()),
    one('keep', t('repl.keep'), () => void keep(), ['Mod-S']),
    one('new', t('repl.new'), () => void open()),
    one('close', t('repl.close'), closeThis),
    one('files', t('command.goFiles'), toFiles),
    one('commands', t('command.commands'), palette, ['Mod-Shift-C', 'F1']),
  ]
}

function palette(): void {
  openPalette(commands())
}

addEventListener('keydown', (event) => {
  const mod = event.ctrlKey || event.metaKey
  if (event.key === 'F1' || (mod && event.shiftKey && event.key.toLowerCase() === 'c')) palette()
  else if (mod && !event.shiftKey && !event.altKey && event.key === 's') void keep()
  else return
  event.preventDefault()
})

// What is shown ---------------------------------------------------------------------------------------------------------

function StatusBanners() {
  const status = live.status.value
  const seconds = useSeconds(status.is === 'offline' ? status.retryAt : null)
  const told = useTold(live.state.kernel.value, (cell) => transcript.view(cell)?.count ?? 0)
  const remedies = { retry: () => live.hurry(), signIn: toLogin, toFiles, reload: () => location.reload(), restart: () => void restart(), stopHost: () => void live.ask({ type: 'stopHost' }), again: () => undefined }
  return <Banners banners={statusBanners(status, live.state.kernel.value, seconds, remedies, told && { ...told, again: '' })} />
}

function Head() {
  const clearMore: MenuEntry[] = [
    { label: t('repl.clear.restart'), act: () => void clearAndRestart() },
    ...(transcript.cleared.value ? [{ label: t('repl.uncleared'), act: () => transcript.unclear() }] : []),
  ]
  const narrow: MenuEntry[] = [
    { label: t('repl.keep'), act: () => void keep(), disabled: !used.value },
    { label: t('repl.clear'), act: clear, disabled: !used.value },
    ...clearMore,
    { label: t('restart'), act: () => void restart() },
    { rule: true },
    { label: t('keys'), act: () => openKeys(commands()) },
    { label: t('command.goFiles'), act: toFiles },
    { rule: true },
  ]
  return (
    <ReplHead
      status={live.status}
      kernel={live.state.kernel.value}
      listKernels={async () => (await live.ask({ type: 'listKernels' })).kernels ?? []}
      chooseKernel={(chosen) => transcript.ask({ type: 'chooseKernel', name: chosen, start: true })}
      peers={live.peers.value}
      used={used.value}
      keep={() => void keep()}
      clear={clear}
      clearMore={clearMore}
      interrupt={() => transcript.interrupt()}
      restart={() => void restart()}
      search={search}
      close={closeThis}
      menu={[...narrow, ...accountEntries()]}
    />
  )
}

function Foot() {
  const queue = live.state.queue.value
  const waiting = queue.filter(({ state }) => state === 'queued').length
  const running = queue.length > waiting
  const { state = 'none' } = live.state.kernel.value
  const still = state === 'starting' || state === 'restarting' ? t('repl.starting') : state === 'idle' ? t('repl.ready') : t('queue.idle')
  return (
    <>
      <footer class="foot" aria-label={t('status')}>
        <span class={running ? 'g' : 'g muted'} data-queue={waiting}>
          {running && <span class="dot bad" />} {running ? t('repl.runs') : still} {waiting > 0 && t('repl.then', { n: waiting })}
        </span>
        {running && (
          <button type="button" class="b" onClick={() => transcript.interrupt()}>
            {t('interrupt')}
          </button>
        )}
        <span class="grow" />
        <CostMark cost={live.state.cost.value} />
        <span class="g opt" data-live={connected.value}>
          <span class={connected.value ? 'dot live' : 'dot ring warn'} /> {connected.value ? t('live') : t('saved.offline')}
        </span>
        <button type="button" class="b plainkey opt" onClick={palette}>
          <kbd>F1</kbd> {t('commands')}
        </button>
      </footer>
      <ReplKeys
        stops={running && draft.empty.value}
        press={(key) => draft.key(key)}
        type={(sign) => draft.type(sign)}
        run={() => draft.run()}
        stop={() => transcript.interrupt()}
      />
    </>
  )
}

function Sheet() {
  return (
    <div class="page-of-cells">
      <StatusBanners />
      <Standing element={sheet} />
      {!used.value && live.ready.value && <Hints kernel={live.state.kernel.value} />}
    </div>
  )
}

function Page() {
  useEffect(() => {
    document.title = `${t('repl.name', { name })} — Octavo`
    tellClosed()
    void list().catch(() => undefined)
  }, [])
  return (
    <>
      <a class="skip" href="#sheet">
        {t('repl.skip')}
      </a>
      <Head />
      <Sheet />
      <Foot />
      <HistorySearch />
    </>
  )
}

start(<Page />)
