// A breakpoint's settings, beside its line; on a phone from below. Escape and a press elsewhere keep what was written.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { d } from '../i18n/debugger'
import type { Breakpoint } from '../model/messages'
import { Icon } from '../shell/icon'
import type { Debugger } from './debugger'
import { breakpointState, isHitCount } from './model'

interface FieldProps {
  label: string
  like: string
  value: string
  wrong?: string
  change(text: string): void
}

function Field({ label, like, value, wrong = '', change }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <span class="in">
        <input defaultValue={value} placeholder={like} autocomplete="off" autocapitalize="off" spellcheck={false} aria-invalid={wrong !== '' || undefined} onInput={(event) => change(event.currentTarget.value)} />
      </span>
      {wrong && <small class="bad">{wrong}</small>}
    </label>
  )
}

function Settings({ debug, breakpoint, x, y }: { debug: Debugger; breakpoint: Breakpoint; x: number; y: number }) {
  const box = useRef<HTMLDivElement>(null)
  const before = useRef<Element | null>(null)
  const wrong = useSignal('')
  const { id, condition = '', hit = '', log = '', enabled = true, state } = breakpoint
  const written = useRef({ condition, hit, log })
  const line = debug.lineOf(breakpoint) || breakpoint.at.line
  const keep = (): boolean => {
    const { condition, hit, log } = written.current
    if (hit.trim() && !isHitCount(hit)) {
      wrong.value = d('breakpoint.hit.wrong')
      return false
    }
    const changes = { condition: condition.trim(), hit: hit.trim(), log: log.trim() }
    const now = debug.breakpoints.peek().find((one) => one.id === id)
    if (now && (changes.condition !== (now.condition ?? '') || changes.hit !== (now.hit ?? '') || changes.log !== (now.log ?? ''))) debug.change(id, changes)
    return true
  }
  const close = (): void => {
    debug.editing.value = null
    if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true })
  }
  useEffect(() => {
    before.current = document.activeElement
    if (!matchMedia('(pointer: coarse)').matches) box.current?.querySelector<HTMLElement>('input:not([type])')?.focus()
    else box.current?.focus()
    const away = (event: Event): void => {
      if (!box.current?.contains(event.target as Node) && keep()) debug.editing.value = null
    }
    document.addEventListener('pointerdown', away)
    return () => document.removeEventListener('pointerdown', away)
  }, [id])
  const key = (event: KeyboardEvent): void => {
    event.stopPropagation()
    if (event.key !== 'Escape' && event.key !== 'Enter') return
    if (event.key === 'Enter' && event.target instanceof HTMLButtonElement) return
    event.preventDefault()
    if (event.key === 'Escape' || keep()) close()
  }
  const place = { left: `${Math.max(8, Math.min(x, innerWidth - 340))}px`, top: `${Math.max(60, Math.min(y + 24, innerHeight - 380))}px` }
  const set = (changes: Partial<typeof written.current>): void => {
    written.current = { ...written.current, ...changes }
    wrong.value = ''
  }
  return (
    <div class="debug-pop" role="dialog" aria-label={`${d('breakpoint')}, ${d('breakpoint.line', { line })}`} ref={box} tabIndex={-1} style={place} onKeyDown={key}>
      <div class="row">
        <h2>{d('breakpoint.line', { line })}</h2>
        {breakpoint.at.cell && (
          <span class="nudge">
            <button type="button" class="b ico" aria-label={d('breakpoint.up')} title={d('breakpoint.up')} onClick={() => debug.move(id, -1)}>
              <Icon name="up" />
            </button>
            <button type="button" class="b ico" aria-label={d('breakpoint.down')} title={d('breakpoint.down')} onClick={() => debug.move(id, 1)}>
              <Icon name="dn" />
            </button>
          </span>
        )}
        <span class="grow" />
        <label class="on">
          <input type="checkbox" checked={enabled} onChange={(event) => debug.change(id, { enabled: event.currentTarget.checked })} /> {d('breakpoint.enabled')}
        </label>
      </div>
      <code class="its-line">{breakpoint.text?.trim()}</code>
      <Field label={d('breakpoint.condition')} like={d('breakpoint.condition.like')} value={condition} change={(condition) => set({ condition })} />
      <Field label={d('breakpoint.hit')} like={d('breakpoint.hit.like')} value={hit} wrong={wrong.value} change={(hit) => set({ hit })} />
      <Field label={d('breakpoint.log')} like={d('breakpoint.log.like', { total: '{total}' })} value={log} change={(log) => set({ log })} />
      <p class={enabled && state === 'problem' ? 'bad state' : 'state'} role="status">
        {breakpointState(breakpoint)}
      </p>
      <div class="row">
        <button type="button" class="b main" onClick={() => keep() && close()}>
          {d('breakpoint.save')}
        </button>
        <span class="grow" />
        <button
          type="button"
          class="b"
          onClick={() => {
            close()
            debug.remove(id)
          }}
        >
          <Icon name="trash" /> {d('breakpoint.remove')}
        </button>
      </div>
    </div>
  )
}

export function Popover({ debug }: { debug: Debugger }) {
  const editing = debug.editing.value
  const breakpoint = editing && debug.breakpoints.value.find(({ id }) => id === editing.id)
  return editing && breakpoint ? <Settings key={editing.id} debug={debug} breakpoint={breakpoint} x={editing.x} y={editing.y} /> : null
}
