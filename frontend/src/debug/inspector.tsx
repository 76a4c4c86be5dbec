// The kernel's variables while nothing is stopped: name, value, type, shape, size; tables by the page.
import { useEffect, useRef } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { formatBytes } from '../i18n'
import { d } from '../i18n/debugger'
import { Icon } from '../shell/icon'
import { Menu } from '../shell/menu'
import type { Name } from '../model/messages'
import type { Debugger } from './debugger'
import { whyNot } from './model'
import { TABLE_COLUMNS, TABLE_ROWS, type OpenTable } from './names'
import type { Shown } from './tree'
import { copy, kindEntries, kindWords } from './variables'

const FILTER_PAUSE = 200

function TableDialog({ debug, open: { name, table } }: { debug: Debugger; open: OpenTable }) {
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (!box.current?.open) box.current?.showModal()
  }, [])
  const close = (): void => void (debug.names.table.value = null)
  const { rows, columns, start = 0, left = 0, head = [], types = [], index = [], cells = [] } = table
  const go = (from: number, column: number) => (): void => void debug.names.openTable(name, Math.max(0, from), Math.max(0, column))
  const [last, right] = [start + cells.length, left + head.length]
  return (
    <dialog ref={box} class="debug-table" aria-labelledby="debug-table-title" onClose={close} onClick={(event) => event.target === box.current && close()}>
      <div class="row">
        <h2 id="debug-table-title">
          <code>{name}</code>
        </h2>
        <span class="grow" />
        <button type="button" class="b ico" aria-label={d('table.close')} onClick={close}>
          <Icon name="x" />
        </button>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label={name}>
        <table class="df">
          <thead>
            <tr>
              <td />
              {head.map((title, at) => (
                <th key={at} scope="col">
                  {title}
                  <small>{types[at]}</small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cells.map((row, at) => (
              <tr key={at}>
                <th scope="row">{index[at] ?? start + at}</th>
                {row.map((cell, column) => (
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="row">
        <button type="button" class="b ico" aria-label={d('table.earlier')} title={d('table.earlier')} disabled={start <= 0} onClick={go(start - TABLE_ROWS, left)}>
          <Icon name="up" />
        </button>
        <button type="button" class="b ico" aria-label={d('table.later')} title={d('table.later')} disabled={last >= rows} onClick={go(last, left)}>
          <Icon name="dn" />
        </button>
        <span class="muted tn">{d('table.rows', { from: rows ? start + 1 : 0, to: last, n: rows })}</span>
        <span class="grow" />
        {columns > TABLE_COLUMNS && (
          <>
            <span class="muted tn">{d('table.columns', { from: left + 1, to: right, n: columns })}</span>
            <button type="button" class="b ico" aria-label={d('table.left')} title={d('table.left')} disabled={left <= 0} onClick={go(start, left - TABLE_COLUMNS)}>
              <Icon name="back" />
            </button>
            <button type="button" class="b ico" aria-label={d('table.right')} title={d('table.right')} disabled={right >= columns} onClick={go(start, right)}>
              <Icon name="right" />
            </button>
          </>
        )}
      </div>
    </dialog>
  )
}

function NameRow({ debug, name: { name, value, bytes, table } }: { debug: Debugger; name: Name }) {
  return (
    <li data-name={name}>
      <b class="vn" title={name}>
        {name}
      </b>
      <span class={value.error ? 'vv bad' : 'vv'} title={value.value}>
        {value.value}
      </span>
      <i class="ty">
        {kindWords(value)}
        {bytes != null && <span> {formatBytes(bytes)}</span>}
      </i>
      <span class="row-acts">
        {table && (
          <button type="button" class="b ico" aria-label={d('names.table', { name })} title={d('names.table', { name })} onClick={() => void debug.names.openTable(name)}>
            <Icon name="list" />
          </button>
        )}
        <button type="button" class="b ico" aria-label={d('variables.copy', { name })} title={d('variables.copy', { name })} onClick={() => copy(value.value)}>
          <Icon name="file" />
        </button>
      </span>
    </li>
  )
}

export function Inspector({ debug }: { debug: Debugger }) {
  const { names } = debug
  const shown = useSignal<Shown>({ special: false, function: false })
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const { can } = debug.live.state.debug.value
  const { state = 'none' } = debug.live.state.kernel.value
  const why = state === 'none' ? whyNot({ variables: 'none' }, 'variables') : can?.variables === 'none' ? '' : whyNot(can, 'variables')
  const rows = names.names.value.filter(({ about = '' }) => !about || shown.value[about])
  const look = (text: string): void => {
    names.filter.value = text
    clearTimeout(timer.current)
    timer.current = setTimeout(() => void names.refresh(), FILTER_PAUSE)
  }
  const left = names.total.value - names.names.value.length
  const nothing = why || (names.busy.value ? d('names.busy') : !names.asked.value ? d('variables.loading') : names.filter.value ? d('names.none.found') : d('names.none'))
  return (
    <section aria-label={d('names')}>
      <h2>
        {d('variables')}
        <Menu
          label={d('variables.show')}
          entries={[
            ...kindEntries(shown),
            { rule: true },
            { label: d('names.refresh'), act: () => void names.refresh() },
          ]}
        >
          <Icon name="dots" />
        </Menu>
      </h2>
      {(names.total.value > 12 || names.filter.value !== '') && (
        <div class="in">
          <Icon name="search" />
          <input aria-label={d('names.filter')} placeholder={d('names.filter')} defaultValue={names.filter.peek()} autocomplete="off" autocapitalize="off" spellcheck={false} onInput={(event) => look(event.currentTarget.value)} />
        </div>
      )}
      {rows.length ? (
        <ul class="vars names" aria-label={d('names')}>
          {rows.map((name) => (
            <NameRow key={name.name} debug={debug} name={name} />
          ))}
        </ul>
      ) : (
        <p class="none">{nothing}</p>
      )}
      {rows.length > 0 && names.busy.value && <p class="none">{d('names.busy')}</p>}
      {left > 0 && (
        <button type="button" class="b" onClick={() => void names.more()}>
          {d('variables.more', { n: left })}
        </button>
      )}
      {names.table.value && <TableDialog debug={debug} open={names.table.value} />}
    </section>
  )
}
