// What code needs and a phone's keyboard hides, in two rows on top of that keyboard; Run under the thumb.
import { useEffect } from 'preact/hooks'
import { t } from '../../i18n'
import { rideOnKeyboard } from '../../shell/foot'
import { Icon } from '../../shell/icon'

const PRESSED = [
  ['Tab', 'repl.key.tab', 'tab'],
  ['ArrowUp', 'repl.key.up', 'up'],
  ['ArrowDown', 'repl.key.down', 'dn'],
  ['ArrowLeft', 'repl.key.left', 'left'],
  ['ArrowRight', 'repl.key.right', 'forth'],
] as const
const SIGNS = ['(', ')', '[', ']', '{', '}', '_', ':', '=', "'", '"', '#', '.']

export interface KeysProps {
  /** Something runs and nothing is written: the main key stops it. */
  stops: boolean
  press(key: string): void
  type(sign: string): void
  run(): void
  stop(): void
}

export function ReplKeys({ stops, press, type, run, stop }: KeysProps) {
  useEffect(rideOnKeyboard, [])
  const stay = (event: Event): void => event.preventDefault() // the editor keeps the focus, and the keyboard stays
  return (
    <nav class="replkeys only" aria-label={t('repl.keys')} onMouseDown={stay}>
      {PRESSED.map(([key, label, icon]) => (
        <button type="button" class="b" aria-label={t(label)} onClick={() => press(key)}>
          <Icon name={icon} />
        </button>
      ))}
      {SIGNS.map((sign) => (
        <button type="button" class="b" onClick={() => type(sign)}>
          {sign}
        </button>
      ))}
      <button type="button" class="b main" aria-label={t(stops ? 'repl.stop' : 'repl.run')} onClick={stops ? stop : run}>
        <Icon name={stops ? 'stop' : 'run'} />
      </button>
    </nav>
  )
}
