// Variables as a tree: arrows open and shut, Enter sets a value, C copies it. Also the watches, whose values are such trees.
import { useSignal, type Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { formatNumber } from '../i18n'
import { d } from '../i18n/debugger'
import type { Scope, Value, Variable } from '../model/messages'
import { Icon } from '../shell/icon'
import { Menu, type MenuEntry } from '../shell/menu'
import { toast } from '../shell/toasts'
import type { Debugger } from './debugger'
import { step, treeRows, wanted, type Shown, type TreeRow } from './tree'

/** Beside a value: what it is, and how much of it. */
export const kindWords = ({ type = '', shape = '', size = 0 }: Value): string => shape || (size && type ? `${type} ${formatNumber(size)}` : type)

/** Which kinds of variables are shown besides data, for a menu. */
export const kindEntries = (shown: Signal<Shown>): MenuEntry[] =>
  (['function', 'special'] as const).map((kind) => ({
    label: d(`variables.${kind}`), checked: shown.value[kind], alone: true, act: () => (shown.value = { ...shown.value, [kind]: !shown.value[kind] }),
  }))

export function copy(text: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast(d('variables.copied')),
    () => undefined,
  )
}

/** A field in place of a value. */
function Setting({ row, done }: { row: TreeRow; done(text: string | null): void }) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.select(), [])
  const key = (event: KeyboardEvent): void => {
    event.stopPropagation()
    if (event.key === 'Enter') done(input.current?.value ?? '')
    else if (event.key === 'Escape') done(null)
  }
  return <input class="vv set" ref={input} aria-label={d('variables.set', { name: row.name })} defaultValue={row.value?.value ?? ''} spellcheck={false} autocomplete="off" onKeyDown={key} onBlur={() => done(null)} />
}

interface TreeProps {
  debug: Debugger
  label: string
  scopes: readonly Scope[]
  shown: Shown
  toggled: ReadonlySet<string>
  toggle(path: string): void
  /** Offered beside a value, besides copying and setting. */
  extra?(row: TreeRow): ComponentChildren
  empty: string
}

export function Tree({ debug, label, scopes, shown, toggled, toggle, extra, empty }: TreeProps) {
  const { look } = debug
  const box = useRef<HTMLDivElement>(null)
  const active = useSignal('')
  const setting = useSignal('')
  const heading = (scope: Scope): string => d(`scope.${scope.name}`)
  const rows = treeRows(scopes, look.known.value, toggled, shown, heading)
  const refs = wanted(rows)
  useEffect(() => {
    for (const ref of refs) void look.expand(ref)
  }, [refs.join()])
  if (!rows.length) return <p class="none">{empty}</p>
  const at = rows.some(({ path }) => path === active.value) ? active.value : rows[0].path
  const focus = (path: string): void => {
    active.value = path
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus())
  }
  const open = (row: TreeRow): void => {
    if (row.is === 'more') void look.expand(row.ref, row.start)
    else if (row.opens) toggle(row.path)
  }
  const set = (row: TreeRow): void => {
    if (row.key) setting.value = row.path
  }
  const key = (event: KeyboardEvent): void => {
    const row = rows.find(({ path }) => path === at)
    if (!row || event.ctrlKey || event.altKey || event.metaKey) return
    const to = step(rows, at, event.key)
    if (to === 'toggle') open(row)
    else if (to) focus(to.path)
    else if (event.key === 'Enter' || event.key === 'F2') row.key ? set(row) : open(row)
    else if (event.key === ' ') open(row)
    else if (event.key.toLowerCase() === 'c' && row.value) copy(row.value.value)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const done = async (row: TreeRow, text: string | null): Promise<void> => {
    if (setting.peek() !== row.path) return
    setting.value = ''
    if (text !== null && text.trim() && text !== row.value?.value) await debug.set(row.parent, row.key, text)
    if (text !== null) focus(row.path)
  }
  return (
    <div class="vars" role="tree" aria-label={label} ref={box} onKeyDown={key}>
      {rows.map((row) => (
        <div
          key={row.path}
          role="treeitem"
          aria-level={row.level}
          aria-expanded={row.opens ? row.open : undefined}
          aria-selected={row.path === at}
          tabIndex={row.path === at ? 0 : -1}
          class={[row.changed && 'ch', row.is === 'scope' && 'scope', row.value?.error && 'broken'].filter(Boolean).join(' ')}
          style={{ '--level': String(row.level - 1) }}
          data-name={row.name}
          onFocus={() => (active.value = row.path)}
          onClick={() => {
            active.value = row.path
            open(row)
          }}
          onDblClick={() => set(row)}
        >
          {row.is === 'more' || row.is === 'waiting' ? (
            <span class="muted more">{row.is === 'more' ? d('variables.more', { n: row.left }) : d('variables.loading')}</span>
          ) : (
            <>
              <span class="tw" aria-hidden="true">
                {row.opens ? (row.open ? '▾' : '▸') : ''}
              </span>
              <b class="vn" title={row.name}>
                {row.name}
              </b>
              {row.value &&
                (setting.value === row.path ? (
                  <Setting row={row} done={(text) => void done(row, text)} />
                ) : (
                  <span class="vv" title={row.value.value}>
                    {row.value.value}
                  </span>
                ))}
              {row.value && <i class="ty">{kindWords(row.value)}</i>}
              {row.changed && <span class="vh">{d('variables.changed')}</span>}
              {row.value && (
                <span class="row-acts">
                  {row.key && (
                    <button type="button" class="b ico" tabIndex={-1} aria-label={d('variables.set', { name: row.name })} title={d('variables.set', { name: row.name })} onClick={(event) => (event.stopPropagation(), set(row))}>
                      <Icon name="pen" />
                    </button>
                  )}
                  <button type="button" class="b ico" tabIndex={-1} aria-label={d('variables.copy', { name: row.name })} title={d('variables.copy', { name: row.name })} onClick={(event) => (event.stopPropagation(), copy(row.value?.value ?? ''))}>
                    <Icon name="file" />
                  </button>
                  {extra?.(row)}
                </span>
              )}
            </>
          )}
        </div>
      ))}
    </div>
  )
}

const flipped = (set: ReadonlySet<string>, path: string): ReadonlySet<string> => {
  const next = new Set(set)
  if (!next.delete(path)) next.add(path)
  return next
}

export function Variables({ debug }: { debug: Debugger }) {
  const toggled = useSignal<ReadonlySet<string>>(new Set())
  const shown = useSignal<Shown>({ special: false, function: false })
  const { look } = debug
  const view = look.view.value
  const scopes = [...(view?.scopes ?? [])]
  // A cell's top has its globals for locals: one of them is enough, and it is open.
  const [first, second] = scopes
  const doubled = first?.name === 'locals' && second?.name === 'globals' && first.ref === second.ref
  return (
    <section aria-label={d('variables')}>
      <h2>
        {d('variables')}
        <Menu
          label={d('variables.show')}
          entries={kindEntries(shown)}
        >
          <Icon name="dots" />
        </Menu>
      </h2>
      <Tree
        debug={debug}
        label={d('variables')}
        scopes={doubled ? [first, ...scopes.slice(2)] : scopes}
        shown={shown.value}
        toggled={toggled.value}
        toggle={(path) => (toggled.value = flipped(toggled.value, path))}
        extra={(row) =>
          row.level <= 2 && (
            <button type="button" class="b ico" tabIndex={-1} aria-label={d('variables.watch', { name: row.name })} title={d('variables.watch', { name: row.name })} onClick={(event) => (event.stopPropagation(), void debug.watch([...(debug.live.state.debug.peek().watches ?? []).filter((one) => one !== row.name), row.name]))}>
              <Icon name="plus" />
            </button>
          )
        }
        empty={view ? d('variables.none') : d('variables.loading')}
      />
    </section>
  )
}

/** Watches are shown as one scope of values that cannot be set. */
export function Watches({ debug }: { debug: Debugger }) {
  const toggled = useSignal<ReadonlySet<string>>(new Set())
  const adding = useSignal(false)
  const { look } = debug
  const watches = look.watches.value
  const expressions = watches.map(({ expression }) => expression)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (adding.value) input.current?.focus()
  }, [adding.value])
  const variables = watches.map(({ expression, value }): Variable => ({ name: expression, value: value ?? { value: look.picture.value.number ? '…' : d('watch.idle') } }))
  const add = (event: KeyboardEvent): void => {
    const text = input.current?.value.trim() ?? ''
    if (event.key === 'Escape') adding.value = false
    else if (event.key === 'Enter') {
      adding.value = false
      if (text) void debug.watch([...expressions.filter((one) => one !== text), text])
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <section aria-label={d('watch')}>
      <h2>
        {d('watch')}
        <button type="button" class="b ico" aria-label={d('watch.add')} title={d('watch.add')} onClick={() => (adding.value = !adding.value)}>
          <Icon name="plus" />
        </button>
      </h2>
      {watches.length > 0 && (
        <Tree
          debug={debug}
          label={d('watch')}
          scopes={[{ name: 'locals', ref: -1, total: variables.length, variables }]}
          shown={{ special: true, function: true }}
          toggled={toggled.value}
          toggle={(path) => (toggled.value = flipped(toggled.value, path))}
          extra={(row) =>
            row.level === 1 && (
              <button type="button" class="b ico" tabIndex={-1} aria-label={d('watch.remove', { name: row.name })} title={d('watch.remove', { name: row.name })} onClick={(event) => (event.stopPropagation(), void debug.watch(expressions.filter((one) => one !== row.name)))}>
                <Icon name="x" />
              </button>
            )
          }
          empty=""
        />
      )}
      {adding.value && (
        <div class="in">
          <input ref={input} aria-label={d('watch.what')} placeholder={d('watch.what')} autocomplete="off" spellcheck={false} onKeyDown={add} onBlur={() => (adding.value = false)} />
        </div>
      )}
    </section>
  )
}

