// The colophon, the notebook's status line; and on phones the bar under the thumb.
import { useEffect } from 'preact/hooks'
import { t } from '../i18n'
import type { Cost } from '../model/messages'
import { CostMark } from './cost'
import { Icon } from './icon'

export interface ColophonProps {
  editing: boolean
  /** From 1; 0 for none. */
  cell: number
  cells: number
  /** The cell that runs, from 1; 0 for none. */
  running: number
  waiting: number
  live: boolean
  cost: Cost
  /** Where the debugger has stopped it, in words; empty: nowhere. */
  paused: string
  goOn(): void
  interrupt(): void
  keys(): void
}

function runWords({ running, waiting }: ColophonProps): string {
  if (running && waiting) return t('queue.then', { cell: running, n: waiting })
  if (running) return t('queue.running', { cell: running })
  return waiting ? t('queue.waiting', { n: waiting }) : t('queue.idle')
}

export function Colophon(props: ColophonProps) {
  const { live } = props
  const active = props.running > 0 || props.waiting > 0
  return (
    <footer class="foot" aria-label={t('status')}>
      <span class="g mode">{t(props.editing ? 'mode.edit' : 'mode.command')}</span>
      {props.cell > 0 && <span class="g">{t('cell.of', { cell: props.cell, cells: props.cells })}</span>}
      <span class="sep" />
      <span class={active ? 'g' : 'g muted'} data-queue={props.waiting}>
        {active && <span class={props.paused ? 'dot warn' : 'dot bad'} />} {props.paused || runWords(props)}
      </span>
      {props.paused && (
        <button type="button" class="b" onClick={props.goOn}>
          {t('debug.continue')}
        </button>
      )}
      {props.running > 0 && !props.paused && (
        <button type="button" class="b" onClick={props.interrupt}>
          {t('interrupt')}
        </button>
      )}
      <span class="grow" />
      <CostMark cost={props.cost} />
      <span class="g opt" data-live={live}>
        <span class={live ? 'dot live' : 'dot ring warn'} /> {live ? t('live') : t('saved.offline')}
      </span>
      <button type="button" class="b plainkey opt" onClick={props.keys}>
        <kbd>H</kbd> {t('keys.find')}
      </button>
    </footer>
  )
}

export interface ThumbBarProps {
  label: string
  running: boolean
  add(): void
  edit(): void
  run(): void
  stop(): void
  undo(): void
  more(): void
}

/** Add, Edit, Run, Undo, Cell: within reach of one thumb. */
export function ThumbBar(props: ThumbBarProps) {
  return (
    <nav class="thumb only" aria-label={props.label}>
      <button type="button" class="b" onClick={props.add}>
        <Icon name="plus" />
        {t('add')}
      </button>
      <button type="button" class="b" onClick={props.edit}>
        <Icon name="pen" />
        {t('edit')}
      </button>
      <button type="button" class="b main" onClick={props.running ? props.stop : props.run}>
        <Icon name={props.running ? 'stop' : 'run'} /> {t(props.running ? 'stop' : 'run')}
      </button>
      <button type="button" class="b" onClick={props.undo}>
        <Icon name="undo" />
        {t('undo')}
      </button>
      <button type="button" class="b" onClick={props.more}>
        <Icon name="dots" />
        {t('cell')}
      </button>
    </nav>
  )
}

export interface KeyRowProps {
  indent(): void
  type(text: string): void
  undo(): void
  run(): void
}

/** What code needs and a phone's keyboard hides, on top of that keyboard; Run under the thumb. */
export function KeyRow({ indent, type, undo, run }: KeyRowProps) {
  useEffect(rideOnKeyboard, [])
  const stay = (event: Event): void => event.preventDefault() // the editor keeps the focus, and the keyboard stays
  return (
    <div class="keyrow only" role="toolbar" aria-label={t('keyrow')} onMouseDown={stay}>
      <button type="button" class="b" aria-label={t('keyrow.indent')} onClick={indent}>
        <Icon name="tab" />
      </button>
      {['(', ')', '[', '"', '=', ':', '_'].map((sign) => (
        <button type="button" class="b" onClick={() => type(sign)}>
          {sign}
        </button>
      ))}
      <button type="button" class="b" aria-label={t('undo')} onClick={undo}>
        <Icon name="undo" />
      </button>
      <button type="button" class="b main" aria-label={t('run')} onClick={run}>
        <Icon name="run" />
      </button>
    </div>
  )
}

/** Where the keyboard lies over the page instead of shrinking it (iOS), the row is told how high it is. */
export function rideOnKeyboard(): (() => void) | undefined {
  const { visualViewport: seen } = window
  if (!seen) return
  const place = (): void => {
    const height = Math.max(0, Math.round(innerHeight - seen.height - seen.offsetTop))
    document.documentElement.style.setProperty('--keyboard', seen.scale === 1 ? `${height}px` : '0px')
  }
  place()
  seen.addEventListener('resize', place)
  seen.addEventListener('scroll', place)
  return () => {
    seen.removeEventListener('resize', place)
    seen.removeEventListener('scroll', place)
  }
}
