// The panel: beside the sheet, on a phone a sheet from below that a press on its handle makes larger.
import { useSignal } from '@preact/signals'
import { t } from '../i18n'
import { d } from '../i18n/debugger'
import { keyName } from '../cells/keys'
import { Icon } from '../shell/icon'
import { Breakpoints } from './breakpoints'
import type { Debugger } from './debugger'
import { Inspector } from './inspector'
import { Popover } from './popover'
import { ConsoleLines, EvaluateBar } from './prompt'
import { Stack } from './stack'
import { Stepping } from './stepping'
import { Variables, Watches } from './variables'

/** The keys that hold in the panel as in the cells. */
const KEYS: Readonly<Record<string, string>> = {
  F5: 'debug-continue', F6: 'debug-pause', F9: 'debug-continue', F10: 'debug-over', F11: 'debug-into', 'Shift-F11': 'debug-out',
  'Shift-F9': 'debug-stop', 'Ctrl-F10': 'debug-here', 'Ctrl-Shift-F10': 'debug-jump',
}

/** Stepping and looking are no reason for the panel to stay when the run has ended. */
const uses = (target: EventTarget | null): boolean => target instanceof Element && target.closest('.evalbar, .console, .last') !== null

export function Panel({ debug }: { debug: Debugger }) {
  const large = useSignal(false)
  const { picture, gone } = debug.look
  const looking = Boolean(picture.value.number)
  if (!debug.open.value) return <Popover debug={debug} />
  const key = (event: KeyboardEvent): void => {
    const command = KEYS[keyName(event)]
    if (!command) return
    event.preventDefault()
    event.stopPropagation()
    debug.notebook.execute(command)
  }
  return (
    <>
      <aside
        class={['side debug-side', large.value && 'large', gone.value !== 0 && gone.value === picture.value.number && 'going'].filter(Boolean).join(' ')}
        aria-label={t('debugger')}
        onKeyDown={key}
        onPointerDown={(event) => uses(event.target) && debug.used()}
        onFocusIn={(event) => uses(event.target) && debug.used()}
      >
        <button type="button" class="grab" aria-expanded={large.value} aria-label={d(large.value ? 'smaller' : 'larger')} onClick={() => (large.value = !large.value)} />
        <div class="rooms">
          <section class="top">
            <Stepping debug={debug} />
            <button type="button" class="b ico shut" aria-label={d('close')} title={d('close')} onClick={() => debug.close()}>
              <Icon name="x" />
            </button>
          </section>
          {looking ? <Variables debug={debug} /> : <Inspector debug={debug} />}
          {looking && <Stack debug={debug} />}
          <Watches debug={debug} />
          <ConsoleLines debug={debug} />
          <Breakpoints debug={debug} />
        </div>
        {looking && <EvaluateBar debug={debug} />}
      </aside>
      <Popover debug={debug} />
    </>
  )
}
