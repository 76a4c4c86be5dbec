// The breakpoints with their code, functions, and at which errors to stop.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { d } from '../i18n/debugger'
import type { Breakpoint } from '../model/messages'
import { Icon } from '../shell/icon'
import { Menu, type MenuEntry } from '../shell/menu'
import type { Debugger } from './debugger'
import { breakpointState, breakpointText, isStop, kindOf, placeWords } from './model'

function Row({ debug, breakpoint }: { debug: Debugger; breakpoint: Breakpoint }) {
  const { id, at, enabled = true, state = 'waiting' } = breakpoint
  const line = debug.lineOf(breakpoint) || at.line
  const number = at.cell ? debug.numberOf(at.cell) : 0
  const place = placeWords({ ...at, line }, debug.numberOf)
  const short = number ? d('at.cell.short', { cell: number, line }) : place
  const picture = debug.look.picture.value
  const hit = isStop(picture) && picture.breakpoints?.includes(id)
  const problem = enabled && state === 'problem'
  return (
    <li class={hit ? 'hit' : undefined} data-breakpoint={id}>
      <button
        type="button"
        class="switch"
        role="switch"
        aria-checked={enabled}
        aria-label={`${d('breakpoint.enabled')}: ${breakpointText(breakpoint)}, ${place}`}
        title={breakpointState(breakpoint)}
        onClick={() => debug.change(id, { enabled: !enabled })}
      >
        <i class={`break ${kindOf(breakpoint)} ${enabled ? state : 'off'}`} />
      </button>
      <button type="button" class="what" onClick={() => debug.show({ at: { ...at, line } })}>
        <code class={enabled ? undefined : 'muted'}>{breakpointText(breakpoint)}</code>
        <span class="at">{short}</span>
        {problem && <span class="bad why-not">{breakpointState(breakpoint)}</span>}
      </button>
      <button
        type="button"
        class="b ico"
        aria-label={d('breakpoints.edit', { place })}
        title={d('breakpoints.edit', { place })}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          debug.editing.value = { id, x: box.left - 300, y: box.top }
        }}
      >
        <Icon name="pen" />
      </button>
    </li>
  )
}

const ERRORS = ['uncaught', 'raised'] as const

export function Breakpoints({ debug }: { debug: Debugger }) {
  const adding = useSignal(false)
  const input = useRef<HTMLInputElement>(null)
  const { breakpoints, live } = debug
  const { exceptions = 'never', functions = [], justMyCode = true, phase = 'off' } = live.state.debug.value
  const all = breakpoints.value
  useEffect(() => {
    if (adding.value) input.current?.focus()
  }, [adding.value])
  const anyOn = all.some(({ enabled = true }) => enabled)
  const more: MenuEntry[] = [
    { label: d('breakpoints.own'), checked: justMyCode, alone: true, act: () => debug.filters({ justMyCode: !justMyCode }) },
    { rule: true },
    { label: d('breakpoints.function'), act: () => (adding.value = true) },
    { label: d(anyOn ? 'breakpoints.disable' : 'breakpoints.enable'), disabled: !all.length, act: () => all.forEach(({ id }) => debug.change(id, { enabled: !anyOn })) },
    { label: d('breakpoints.remove'), disabled: !all.length, act: () => debug.removeAll() },
    { rule: true },
    { label: d('breakpoints.off'), disabled: phase === 'off', act: () => void debug.ask({ type: 'debugOff' }) },
  ]
  const flip = (which: (typeof ERRORS)[number]): void => debug.filters({ exceptions: exceptions === which ? 'never' : which })
  const add = (event: KeyboardEvent): void => {
    const name = input.current?.value.trim() ?? ''
    if (event.key === 'Enter' && name) debug.filters({ functions: [...functions.filter((one) => one !== name), name] })
    else if (event.key !== 'Escape' && event.key !== 'Enter') return
    adding.value = false
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <section class="last" aria-label={d('breakpoints')}>
      <h2>
        {d('breakpoints')}
        <Menu label={d('breakpoints.more')} entries={more}>
          <Icon name="dots" />
        </Menu>
      </h2>
      {!all.length && !functions.length && <p class="none">{d('breakpoints.none')}</p>}
      <ul class="list breakpoints">
        {all.map((breakpoint) => (
          <Row key={breakpoint.id} debug={debug} breakpoint={breakpoint} />
        ))}
        {functions.map((name) => (
          <li key={`f ${name}`}>
            <span class="switch">
              <i class="break plain set" />
            </span>
            <span class="what">
              <code>{name}()</code>
              <span class="at">{d('breakpoints.function.at')}</span>
            </span>
            <button type="button" class="b ico" aria-label={d('breakpoints.function.remove', { name })} title={d('breakpoints.function.remove', { name })} onClick={() => debug.filters({ functions: functions.filter((one) => one !== name) })}>
              <Icon name="x" />
            </button>
          </li>
        ))}
      </ul>
      {adding.value && (
        <div class="in">
          <input ref={input} aria-label={d('breakpoints.function.what')} placeholder={d('breakpoints.function.what')} autocomplete="off" spellcheck={false} onKeyDown={add} onBlur={() => (adding.value = false)} />
        </div>
      )}
      <ul class="list" aria-label={d('exceptions.which')}>
        {ERRORS.map((which) => (
          <li key={which}>
            <button type="button" class="switch" role="switch" aria-checked={exceptions === which} aria-label={d(`exceptions.${which}`)} onClick={() => flip(which)}>
              <i class={`break plain ${exceptions === which ? 'set' : 'off'}`} />
            </button>
            <button type="button" class="what" tabIndex={-1} aria-hidden="true" onClick={() => flip(which)}>
              <span>{d(`exceptions.${which}`)}</span>
              <span class="at">{d(exceptions === which ? 'on' : 'off')}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
