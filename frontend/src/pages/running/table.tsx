// The table of what runs: one row a process, what it costs, and what can be done about it.
import { formatAgo, formatBytes, formatDate, formatNumber, t } from '../../i18n'
import { Icon } from '../../shell/icon'
import { page } from '../../shell/page'
import { interrupt, nameOf, restart, stop, type Row } from '../../shell/running'
import { dotOf, ownerWords, stateWords } from '../../shell/runs'
import { Spark } from '../../shell/spark'
import { encoded } from '../files/listing'

/** Where it opens; empty where there is nothing to open. */
function addressOf(row: Row): string {
  if (row.owner === 'notebook') return `${page().base}n/${encoded(row.path)}`
  return row.owner === 'prompt' ? `${page().base}repl/${encodeURIComponent(row.prompt)}` : ''
}

function Name({ row }: { row: Row }) {
  const address = addressOf(row)
  const folder = row.owner === 'notebook' ? row.path.split('/').slice(0, -1).join('/') : ''
  const notes = [ownerWords(row), row.kind === 'kernel' && row.owner !== 'client' && row.owner !== 'stray' ? row.name : '', folder].filter(Boolean)
  return (
    <>
      {address ? (
        <a href={address} title={row.path || undefined}>
          {nameOf(row)}
        </a>
      ) : (
        <span tabIndex={0}>{nameOf(row)}</span>
      )}
      <small>
        {notes.join(' · ')}
        {row.joined && (
          <span class="tag" title={t('running.joined.why')}>
            {t('running.joined')}
          </span>
        )}
      </small>
    </>
  )
}

function Cost({ row }: { row: Row }) {
  const more = [row.processes > 1 ? t('running.processes', { n: row.processes }) : '', row.swap >= 1e6 ? t('running.swapped', { size: formatBytes(row.swap) }) : ''].filter(Boolean)
  return (
    <>
      <td class="r cpu">
        <Spark values={row.cpus} most={100} width={44} /> <span class="num">{formatNumber(row.cpu)} %</span>
      </td>
      <td class="r mem" title={more.join(', ') || undefined}>
        <Spark values={row.memories} width={44} /> <span class="num">{row.memory ? formatBytes(row.memory) : '–'}</span>
      </td>
    </>
  )
}

function Line({ row, now }: { row: Row; now: number }) {
  const name = nameOf(row)
  const words = stateWords(row, now)
  const began = row.since === null ? null : new Date(row.since * 1000)
  const brief = [row.memory ? formatBytes(row.memory) : '', `${formatNumber(row.cpu)} %`].filter(Boolean).join(' · ')
  return (
    <tr data-process={row.process} data-state={row.state}>
      <td class="nm2">
        <Name row={row} />
        <small class="pm">
          <span class={dotOf(row)} /> {words} · {brief}
        </small>
      </td>
      <td class="st2">
        <span class="m">
          <span class={dotOf(row)} /> {words}
        </span>
      </td>
      <td class="when" title={began ? formatDate(began) : undefined}>
        {began ? formatAgo(began) : ''}
      </td>
      <Cost row={row} />
      <td class="acts4">
        {row.kind === 'kernel' && row.state === 'running' && (
          <button type="button" class="b ico" aria-label={t('running.interrupt.named', { name })} title={t('running.interrupt')} onClick={() => void interrupt(row)}>
            <Icon name="stop" />
          </button>
        )}
        {row.kind === 'kernel' && (
          <button type="button" class="b ico" aria-label={t('running.restart.named', { name })} title={t('running.restart')} onClick={() => void restart(row)}>
            <Icon name="restart" />
          </button>
        )}
        <button type="button" class="b ico" aria-label={t('running.stop.named', { name })} title={t('running.stop')} onClick={() => void stop(row)}>
          <Icon name="x" />
        </button>
      </td>
    </tr>
  )
}

export function Table({ rows, heading, now }: { rows: readonly Row[]; heading: string; now: number }) {
  return (
    <table class="files runs">
      <thead>
        <tr>
          <th scope="col">{heading}</th>
          <th scope="col" class="st2">
            {t('running.state')}
          </th>
          <th scope="col" class="when">
            {t('running.since')}
          </th>
          <th scope="col" class="r cpu">
            {t('running.cpu')}
          </th>
          <th scope="col" class="r mem">
            {t('running.memory')}
          </th>
          <td class="acts4" />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Line key={row.incarnation} row={row} now={now} />
        ))}
      </tbody>
    </table>
  )
}
