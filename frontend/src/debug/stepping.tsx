// The head of the panel: why it stopped and where, and what to do next.
import { t } from '../i18n'
import { d } from '../i18n/debugger'
import { STEPS as SHAPES } from '../icons/steps'
import { Icon } from '../shell/icon'
import { Menu, type MenuEntry } from '../shell/menu'
import { useSignal } from '@preact/signals'
import type { Target } from '../model/messages'
import type { Action, Debugger } from './debugger'
import { anyStops, frameWhere, isStop, placeWords, reasonWords, whyNot } from './model'

type StepName = keyof typeof SHAPES | 'stop'
type Step = readonly [action: Action, icon: StepName, keys: string]

function StepIcon({ name }: { name: StepName }) {
  if (name === 'stop') return <Icon name="stop" />
  return (
    <svg class="i" viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[name].map(([Tag, attributes]) => (
        <Tag {...attributes} />
      ))}
    </svg>
  )
}

const STEPS: readonly Step[] = [
  ['continue', 'cont', 'F9'],
  ['over', 'over', 'F10'],
  ['into', 'into', 'F11'],
  ['out', 'out', 'Shift F11'],
]
const LINE: Step = ['line', 'over', 'F10']
const END: Step = ['end', 'stop', 'Shift F9']

function Steps({ debug }: { debug: Debugger }) {
  const targets = useSignal<readonly Target[] | null>(null)
  const { picture, gone, frame } = debug.look
  const { stepping } = debug.live.state.debug.value
  const waits = gone.value === picture.value.number
  const steps = stepping ? [STEPS[0], LINE, ...STEPS.slice(2), END] : [...STEPS, END]
  const fetchTargets = async (): Promise<void> => {
    targets.value = null
    const answer = await debug.ask({ type: 'debugTargets', stop: picture.peek().number ?? 0, frame: frame.peek()?.id ?? 0 })
    targets.value = answer?.shown?.targets?.targets ?? []
  }
  const more: MenuEntry[] = [
    { label: d('go.here'), keys: 'Ctrl F10', act: () => debug.goTo('here') },
    { label: d('go.jump'), keys: 'Ctrl Shift F10', act: () => debug.goTo('jump') },
    { rule: true },
    { heading: d('go.targets') },
    ...(targets.value?.map(({ id, label }): MenuEntry => ({ label, act: () => void debug.go('into', { target: id }) })) ?? []),
    ...(targets.value?.length ? [] : [{ label: targets.value ? d('go.targets.none') : d('variables.loading'), disabled: true, act: () => undefined }]),
  ]
  return (
    <div class="steps" role="toolbar" aria-label={d('stepping')} aria-busy={waits}>
      {steps.map(([action, icon, keys]) => (
        <button key={action} type="button" class={action === 'continue' ? 'b go' : 'b'} data-step={action} title={`${d(`go.${action as 'over'}.long`)} (${keys})`} onClick={() => void debug.go(action)}>
          <StepIcon name={icon} />
          {d(`go.${action as 'over'}`)}
        </button>
      ))}
      <Menu label={d('go.more')} entries={more} opened={() => void fetchTargets()}>
        <Icon name="dots" />
      </Menu>
    </div>
  )
}

function Idle({ debug }: { debug: Debugger }) {
  const state = debug.live.state.debug.value
  const { phase = 'off', can } = state
  const run = debug.live.state.queue.value.find((one) => one.state === 'running')
  const why = can?.debug && can.debug !== 'none' ? whyNot(can, 'debug') : ''
  const cell = run ? debug.numberOf(run.cell) : 0
  const head = phase === 'arming' ? d('arming') : run ? (cell ? d('running', { cell }) : d('running.unknown')) : d('idle')
  const notPause = run && phase === 'off' ? whyNot(can, 'pause') : ''
  const text = why || (state.why ? `${d('failed')} ${state.why}` : notPause || (run ? '' : d(anyStops(state) ? 'idle.text.set' : 'idle.text')))
  return (
    <>
      <div class="why" tabIndex={-1}>
        <span class={run ? 'dot bad' : 'dot ring muted'} />
        <span>
          <b>{head}</b>
          {text && <span class="sub">{text}</span>}
        </span>
      </div>
      <div class="steps">
        {run ? (
          <button type="button" class="b go" title={`${t('command.debugPause')} (F6)`} aria-disabled={notPause !== '' || undefined} onClick={() => void debug.pause()}>
            <Icon name="pause" />
            {d('debug.pause')}
          </button>
        ) : (
          <>
            <button type="button" class="b go" title={t('command.debugCell')} aria-disabled={why !== '' || undefined} onClick={() => void debug.debugCell()}>
              <Icon name="bug" />
              {d('debug.cell')}
            </button>
            <button type="button" class="b" title={t('command.debugByLine')} aria-disabled={why !== '' || undefined} onClick={() => void debug.debugCell(true)}>
              <StepIcon name="over" />
              {d('debug.by-line')}
            </button>
          </>
        )}
      </div>
    </>
  )
}

export function Stepping({ debug }: { debug: Debugger }) {
  const { look } = debug
  const picture = look.picture.value
  if (!picture.number) return <Idle debug={debug} />
  const frame = look.frame.value
  const stop = isStop(picture)
  const { raised } = picture
  const message = raised ? [raised.message, ...(raised.notes ?? [])].filter(Boolean).join('\n') : ''
  const where = frame ? (frame.at.cell && frame.at.line ? placeWords(frame.at, debug.numberOf) : frameWhere(frame, debug.numberOf)) : ''
  return (
    <>
      <div class="why" tabIndex={-1} data-stop={picture.number} data-reason={picture.reason}>
        <span class={stop ? 'dot warn' : 'dot bad'} />
        <span>
          <b class={stop ? undefined : 'bad'}>{reasonWords(picture)}</b>
          {message && <span class="said">{message}</span>}
          <span class="sub">{where}</span>
          {frame?.old && <span class="sub warn">{d(frame.at.line ? 'old' : 'old.gone')}</span>}
          {!stop && <span class="sub">{d('dead')}</span>}
        </span>
      </div>
      {stop ? (
        <Steps debug={debug} />
      ) : (
        <div class="steps">
          <button type="button" class="b edge" onClick={() => debug.leaveError()}>
            {d('leave')}
          </button>
        </div>
      )}
    </>
  )
}
