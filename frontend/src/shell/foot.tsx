// The colophon, the notebook's status line; and on phones the bar under the thumb.
import { t } from '../i18n'
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
        {active && <span class="dot bad" />} {runWords(props)}
      </span>
      {props.running > 0 && (
        <button type="button" class="b" onClick={props.interrupt}>
          {t('interrupt')}
        </button>
      )}
      <span class="grow" />
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
  editing: boolean
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
      <button type="button" class="b" aria-pressed={props.editing} onClick={props.edit}>
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
