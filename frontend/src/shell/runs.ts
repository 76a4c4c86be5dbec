// The words and marks of what runs. Pure.
import { language, t } from '../i18n'
import type { Row } from './running'

/** Beside the state's word: shape as well as colour. */
export function dotOf(row: Row): string {
  switch (row.state) {
    case 'running':
      return 'dot bad'
    case 'asking':
    case 'paused':
      return 'dot warn'
    case 'idle':
      return 'dot ring live'
    default:
      return 'dot ring warn'
  }
}

/** 3 min, 2 hr, 4 days. */
function roughly(seconds: number): string {
  const [unit, size] = seconds < 3600 ? (['minute', 60] as const) : seconds < 86_400 ? (['hour', 3600] as const) : (['day', 86_400] as const)
  return new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'short' }).format(Math.floor(seconds / size))
}

/** `now`: seconds since 1970. */
export function stateWords(row: Row, now: number): string {
  switch (row.state) {
    case 'running':
      return t(row.owner === 'notebook' ? 'running.busy.cell' : 'running.busy')
    case 'asking':
      return t('running.asks')
    case 'paused':
      return t('running.paused')
    case 'idle': {
      const idle = row.idle_since === null ? 0 : now - row.idle_since
      return idle < 60 ? t('running.idle') : t('running.idle.for', { time: roughly(idle) })
    }
    default:
      return t('running.starting')
  }
}

/** Whose it is, where its name does not say. */
export function ownerWords(row: Row): string {
  if (row.owner === 'client') return row.path ? t('running.client.at', { path: row.path }) : t('running.client')
  if (row.owner === 'stray' && row.kind === 'kernel') return row.path ? t('running.stray.at', { path: row.path }) : t('running.stray')
  return ''
}

/** Kernels, then the rest; in the order in which they began, which no change disturbs. */
export function parted(rows: readonly Row[]): [kernels: Row[], others: Row[]] {
  const ordered = [...rows].sort((one, other) => (one.since ?? Infinity) - (other.since ?? Infinity) || (one.incarnation < other.incarnation ? -1 : 1))
  return [ordered.filter(({ kind }) => kind === 'kernel'), ordered.filter(({ kind }) => kind !== 'kernel')]
}
