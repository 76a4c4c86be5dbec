// The table of files, set as text; a row's actions stand in its menu, the selection's below.
import { formatAgo, formatBytes, formatDate, t } from '../../i18n'
import { Icon } from '../../shell/icon'
import { Menu, type MenuEntry } from '../../shell/menu'
import { page } from '../../shell/page'
import { stop } from '../../shell/running'
import { dotOf } from '../../shell/runs'
import { addressOf, type Column, type Entry } from './listing'
import * as state from './state'

const LOOK = { directory: 'folder', notebook: 'nb', file: 'file' } as const

const titleOf = (entry: Entry): string => (entry.kind === 'notebook' ? entry.name.replace(/\.ipynb$/i, '') : entry.name)

function actions(entry: Entry): MenuEntry[] {
  const runs = state.running.value.get(entry.path)
  return [
    { label: t('files.open'), act: () => state.open(entry) },
    { label: t('files.rename'), keys: 'F2', act: () => void state.rename(entry) },
    ...(entry.kind === 'directory' ? [] : [{ label: t('files.download'), act: () => state.download([entry]) }]),
    ...(runs ? [{ label: t('running.stopKernel'), act: () => void stop(runs) }] : []),
    { label: t('files.delete'), act: () => void state.remove([entry]) },
  ]
}

function Row({ entry }: { entry: Entry }) {
  const selected = state.selected.value.has(entry.path)
  const runs = state.running.value.get(entry.path)
  const when = formatAgo(entry.changed)
  const size = entry.size === null ? '' : formatBytes(entry.size)
  return (
    <tr
      aria-selected={selected}
      data-path={entry.path}
      onClick={(event) => {
        if (!(event.target as Element).closest('a, button, input')) state.toggle(entry.path)
      }}
    >
      <td class="ck">
        <input type="checkbox" checked={selected} aria-label={t('files.select', { name: entry.name })} onChange={() => state.toggle(entry.path)} />
      </td>
      <td>
        <span class="nm">
          <Icon name={LOOK[entry.kind]} />
          <a href={page().base + addressOf(entry)} title={entry.name}>
            {titleOf(entry)}
          </a>
          <small class="pm">{[when, size].filter(Boolean).join(' · ')}</small>
        </span>
      </td>
      <td class="st">
        {runs && (
          <span class="m">
            <span class={dotOf(runs)} /> {[t(runs.state === 'idle' ? 'running.idle' : 'files.running'), runs.memory ? formatBytes(runs.memory) : ''].filter(Boolean).join(' · ')}
          </span>
        )}
      </td>
      <td class="when" title={formatDate(entry.changed)}>
        {when}
      </td>
      <td class="r">{size}</td>
      <td class="more">
        <Menu label={t('files.actions', { name: entry.name })} entries={actions(entry)}>
          <Icon name="dots" />
        </Menu>
      </td>
    </tr>
  )
}

function Heading({ column, label, class: className }: { column: Column; label: string; class?: string }) {
  const { by, descending } = state.order.value
  const sort = by === column ? (descending ? 'descending' : 'ascending') : undefined
  return (
    <th scope="col" class={className} aria-sort={sort}>
      <button type="button" onClick={() => state.orderBy(column)}>
        {label}
        {sort && <span aria-hidden="true">{descending ? ' ↓' : ' ↑'}</span>}
      </button>
    </th>
  )
}

export function Table() {
  const rows = state.shown.value
  const count = state.chosen.value.length
  return (
    <table class="files" id="list">
      <thead>
        <tr>
          <th scope="col" class="ck">
            <input
              type="checkbox"
              aria-label={t('files.all')}
              checked={count > 0 && count === rows.length}
              ref={(box: HTMLInputElement | null) => {
                if (box) box.indeterminate = count > 0 && count < rows.length
              }}
              onChange={(event) => state.selectAll(event.currentTarget.checked)}
            />
          </th>
          <Heading column="name" label={t('files.name')} />
          <td class="st" />
          <Heading column="changed" label={t('files.changed')} class="when" />
          <Heading column="size" label={t('files.size')} class="r" />
          <td class="more" />
        </tr>
      </thead>
      <tbody>
        {rows.map((entry) => (
          <Row key={entry.path} entry={entry} />
        ))}
      </tbody>
    </table>
  )
}

/** What can be done with the selection. */
export function SelectionBar() {
  const chosen = state.chosen.value
  const [only] = chosen
  if (!only)
    return (
      <div class="row acts3 opt">
        <span class="grow" />
        <span class="muted">{t('files.drop')}</span>
      </div>
    )
  const files = chosen.filter((entry) => entry.kind !== 'directory')
  return (
    <div class="row acts3" role="toolbar" aria-label={t('files.selection')}>
      <span class="muted tn" role="status">
        {t('files.selected', { n: chosen.length, all: state.shown.value.length })}
      </span>
      {chosen.length === 1 && (
        <>
          <button type="button" class="b" onClick={() => state.open(only)}>
            {t('files.open')}
          </button>
          <button type="button" class="b" onClick={() => void state.rename(only)}>
            {t('files.rename')}
          </button>
        </>
      )}
      {files.length === chosen.length && (
        <button type="button" class="b" onClick={() => state.download(files)}>
          {t('files.download')}
        </button>
      )}
      <button type="button" class="b del" onClick={() => void state.remove(chosen)}>
        {t('files.delete')}
      </button>
    </div>
  )
}
