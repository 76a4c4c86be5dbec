// The debugger's place on the notebook page: its commands and keys, its button, the strip beside the lines; the debugger itself is fetched when it is
// wanted or something stops.
import { effect, signal } from '@preact/signals'
import type { Command } from '../../cells/commands'
import type { Notebook } from '../../cells/notebook'
import type { DebugCommand } from '../../debug/commands'
import type { Debugger } from '../../debug/debugger'
import { t } from '../../i18n'
import { fetchDialogs } from '../../shell/later'
import type { Live } from '../../sync/live'

interface Fetched {
  room: typeof import('../../debug/room')
  debug: Debugger
}

const fetched = signal<Fetched | null>(null)
let page: { notebook: Notebook; live: Live } | null = null
let coming: Promise<Fetched> | null = null

function load(): Promise<Fetched> {
  if (!page) throw new Error('the debugger has no page yet')
  const { notebook, live } = page
  return (coming ??= import('../../debug/room').then((room) => (fetched.value = { room, debug: new room.Debugger(notebook, live) })))
}

const act = (id: DebugCommand) => (): void => void load().then(({ room, debug }) => room.ACTIONS[id](debug))

export const isPaused = (): boolean => Boolean(page?.live.state.picture.value.number)

/** Full screen and reloading are the browser's while nothing is stopped. */
const paused = (): boolean => Boolean(page?.live.state.picture.peek().number)
const busy = (): boolean => page?.live.state.kernel.peek().state === 'busy'

const command = (id: DebugCommand, title: Command['title'], keys: string[] = [], more: Partial<Command> = {}): Command => ({
  id, group: 'debug', title, keys, editKeys: keys, anywhere: keys.length > 0, run: act(id), ...more,
})

export const debugCommands: readonly Command[] = [
  command('debug-panel', 'command.debugPanel', ['Mod-Shift-E', 'Mod-J']),
  command('variables', 'command.variables'),
  command('breakpoint', 'command.breakpoint', ['F8']),
  command('breakpoint-edit', 'command.breakpointEdit', ['Shift-F8']),
  command('breakpoints-remove', 'command.breakpointsRemove'),
  command('debug-cell', 'command.debugCell', ['Alt-Shift-Enter']),
  command('debug-by-line', 'command.debugByLine'),
  command('debug-pause', 'command.debugPause', ['F6'], { keysWhile: busy }),
  command('debug-continue', 'command.debugContinue', ['F9']),
  { ...command('debug-continue', 'command.debugContinue', ['F5'], { keysWhile: paused }), id: 'debug-continue-too', quiet: true },
  command('debug-over', 'command.debugOver', ['F10'], { keysWhile: paused }),
  command('debug-into', 'command.debugInto', ['F11'], { keysWhile: paused }),
  command('debug-out', 'command.debugOut', ['Shift-F11'], { keysWhile: paused }),
  command('debug-here', 'command.debugHere', ['Ctrl-F10'], { keysWhile: paused }),
  command('debug-jump', 'command.debugJump', ['Ctrl-Shift-F10'], { keysWhile: paused }),
  command('debug-stop', 'command.debugStop', ['Shift-F9'], { keysWhile: paused }),
  command('debug-evaluate', 'command.debugEvaluate'),
  command('debug-off', 'command.debugOff'),
]

export const inspectError = (_cell: string, run: string): void => void load().then(({ debug }) => debug.inspectError(run))

const FETCH_PAUSE = 2000

/** Tries until it has come: the server may go away before. */
async function surely<T>(fetched: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await fetched()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, FETCH_PAUSE))
    }
}

/** What nobody needs before one can type. */
async function followGutter(notebook: Notebook, sheet: HTMLElement): Promise<void> {
  const { gutter } = await surely(() => import('../../cells/gutter'))
  gutter(() => notebook.view.peek(), sheet, {
    near: () => void load(),
    press: (place) => void load().then(({ debug }) => debug.press(place)),
    more: (place) => void load().then(({ debug }) => debug.settings(place)),
  })
  await surely(fetchDialogs)
}

/** Begins to look out for what wants the debugger. */
export function followDebugger(notebook: Notebook, live: Live, sheet: HTMLElement): void {
  page = { notebook, live }
  const end = effect(() => {
    if (notebook.editable.value) queueMicrotask(() => (end(), void followGutter(notebook, sheet)))
  })
  effect(() => {
    const { phase = 'off', breakpoints = [], can } = live.state.debug.value
    if (live.state.picture.value.number || phase !== 'off' || breakpoints.length) void load()
    sheet.classList.toggle('no-inspect', can?.inspect === 'kernel')
  })
}

/** Where one is stopped, for the colophon; empty: nothing is. */
export function pausedWords(): string {
  if (!page || !isPaused()) return ''
  const { frames = [], top = 0, kind } = page.live.state.picture.value
  if (kind === 'error') return ''
  const { cell = '', line = 0 } = frames[top]?.at ?? {}
  const number = page.notebook.numberOf(cell)
  return number && line ? t('debug.paused.cell', { cell: number, line }) : t('debug.paused.elsewhere')
}

/** Pressed while the panel is open. */
export const debuggerOpen = (): boolean => fetched.value?.debug.open.value ?? false

export function DebugPanel() {
  const here = fetched.value
  return here && <here.room.Panel debug={here.debug} />
}
