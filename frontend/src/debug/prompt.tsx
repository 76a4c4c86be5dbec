// The prompt in the chosen frame: Enter evaluates, arrows bring back what was asked before, Tab completes. Above it, what came of it.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { toCodePoints, toUnits } from '../editor/units'
import { d } from '../i18n/debugger'
import { Icon } from '../shell/icon'
import type { Entry } from './console'
import type { Debugger } from './debugger'
import { frameName } from './model'
import { Rich } from './plots'

function Line({ debug, entry }: { debug: Debugger; entry: Entry }) {
  const { is, text, data, breakpoint } = entry
  if (is === 'said') {
    const from = debug.breakpoints.value.find(({ id }) => id === breakpoint)
    return (
      <li class="said">
        {from ? (
          <button type="button" title={d('console.log')} onClick={() => debug.show({ at: { ...from.at, line: debug.lineOf(from) } })}>
            <i class="break log set" aria-hidden="true" />
            <span class="vh">{d('console.log')}</span>
          </button>
        ) : (
          <span />
        )}
        <pre>{text}</pre>
      </li>
    )
  }
  return (
    <li class={is}>
      <span aria-hidden="true">{is === 'code' ? '›' : ''}</span>
      <div>{Object.keys(data).length ? <Rich data={data} /> : <pre>{text}</pre>}</div>
    </li>
  )
}

export function ConsoleLines({ debug }: { debug: Debugger }) {
  const box = useRef<HTMLOListElement>(null)
  const entries = debug.console.entries.value
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [entries])
  if (!entries.length) return null
  return (
    <section class="console" aria-label={d('console')}>
      <h2>
        {d('console')}
        <button type="button" class="b ico" aria-label={d('console.clear')} title={d('console.clear')} onClick={() => debug.console.clear()}>
          <Icon name="trash" />
        </button>
      </h2>
      <ol ref={box} tabIndex={0} aria-live="polite" aria-label={d('console')}>
        {entries.map((entry) => (
          <Line key={entry.n} debug={debug} entry={entry} />
        ))}
      </ol>
    </section>
  )
}

interface Suggested {
  matches: readonly string[]
  start: number
  end: number
  chosen: number
}

export function EvaluateBar({ debug }: { debug: Debugger }) {
  const { look } = debug
  const input = useRef<HTMLInputElement>(null)
  const back = useRef(0)
  const suggested = useSignal<Suggested | null>(null)
  const frame = look.frame.value
  const ready = Boolean(look.picture.value.number && frame)
  const label = ready && frame ? d('evaluate', { name: frameName(frame, debug.numberOf) }) : d('evaluate.nowhere')

  const complete = async (): Promise<void> => {
    const field = input.current
    if (!field || !frame) return
    const code = field.value
    const cursor = toCodePoints(code, field.selectionStart ?? code.length)
    const found = (await debug.ask({ type: 'debugComplete', stop: look.picture.peek().number ?? 0, frame: frame.id, code, cursor }, true))?.shown?.candidates
    if (!found?.matches?.length || field.value !== code) return void (suggested.value = null)
    const [start, end] = [toUnits(code, found.start ?? 0), toUnits(code, found.end ?? cursor)]
    if (found.matches.length === 1) take({ matches: found.matches, start, end, chosen: 0 })
    else suggested.value = { matches: found.matches.slice(0, 50), start, end, chosen: 0 }
  }
  const take = ({ matches, start, end, chosen }: Suggested): void => {
    suggested.value = null
    const field = input.current
    if (!field) return
    field.setRangeText(matches[chosen], start, end, 'end')
    field.focus()
  }
  const earlier = (by: number): void => {
    const all = debug.console.earlier
    back.current = Math.min(all.length, Math.max(0, back.current + by))
    if (input.current) input.current.value = back.current ? (all[all.length - back.current] ?? '') : ''
  }
  const key = (event: KeyboardEvent): void => {
    const open = suggested.value
    if (event.isComposing) return
    if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      const by = event.key === 'ArrowDown' ? 1 : open.matches.length - 1
      suggested.value = { ...open, chosen: (open.chosen + by) % open.matches.length }
    } else if (open && (event.key === 'Enter' || event.key === 'Tab')) take(open)
    else if (open && event.key === 'Escape') suggested.value = null
    else if (event.key === 'ArrowUp') earlier(1)
    else if (event.key === 'ArrowDown') earlier(-1)
    else if (event.key === 'Tab' && !event.shiftKey && input.current?.value.trim()) void complete()
    else if (event.key === 'Enter' && input.current?.value.trim()) {
      const code = input.current.value
      input.current.value = ''
      back.current = 0
      void debug.evaluate(code)
    } else if (event.key === 'Escape') debug.notebook.view.peek()?.focusActive()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const list = suggested.value
  return (
    <div class="evalbar">
      {list && (
        <ul id="debug-suggested" role="listbox" aria-label={d('evaluate.found', { n: list.matches.length })}>
          {list.matches.map((match, at) => (
            <li key={match} id={`debug-suggested-${at}`} role="option" aria-selected={at === list.chosen} onMouseDown={(event) => (event.preventDefault(), take({ ...list, chosen: at }))}>
              {match}
            </li>
          ))}
        </ul>
      )}
      <div class="in">
        <span class="bad" aria-hidden="true">
          ›
        </span>
        <input
          ref={input}
          role="combobox"
          aria-label={label}
          aria-expanded={list !== null}
          aria-controls={list ? 'debug-suggested' : undefined}
          aria-activedescendant={list ? `debug-suggested-${list.chosen}` : undefined}
          aria-autocomplete="list"
          placeholder={label}
          disabled={!ready}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          onKeyDown={key}
          onInput={() => (suggested.value = null)}
          onBlur={() => (suggested.value = null)}
        />
      </div>
    </div>
  )
}
