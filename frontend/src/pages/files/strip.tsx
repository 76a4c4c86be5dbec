// What runs now, above the files: whose it is, what it costs, and stop.
import { formatBytes, t } from '../../i18n'
import { Banners } from '../../shell/banners'
import { Icon } from '../../shell/icon'
import { page } from '../../shell/page'
import { everything, nameOf, stop, stopIdle, type Row } from '../../shell/running'
import { dotOf, parted, stateWords } from '../../shell/runs'
import { encoded } from './listing'

const SHOWN = 3

function addressOf({ owner, path, prompt }: Row): string {
  const { base } = page()
  if (owner === 'prompt') return `${base}repl/${encodeURIComponent(prompt)}`
  return owner === 'notebook' ? `${base}n/${encoded(path)}` : `${base}running`
}

function One({ row }: { row: Row }) {
  const name = nameOf(row)
  const words = [stateWords(row, Date.now() / 1000), row.memory ? formatBytes(row.memory) : ''].filter(Boolean).join(' · ')
  return (
    <div class="one" data-running={row.process}>
      <a href={addressOf(row)}>
        <b>{name}</b>
        <span class="m">
          <span class={dotOf(row)} /> {words}
        </span>
      </a>
      <button type="button" class="b ico" aria-label={t('running.stop.named', { name })} title={t('running.stop')} onClick={() => void stop(row)}>
        <Icon name="x" />
      </button>
    </div>
  )
}

/** Nothing runs: nothing is drawn. The newest three, and the way to the others. */
export function Strip() {
  const all = everything.value
  if (!all?.rows.length) return null
  const [kernels, others] = parted(all.rows)
  const rows = [...kernels, ...others].reverse()
  const short = all.short && all.machine
  return (
    <>
      {short && (
        <Banners
          banners={[
            {
              id: 'memory',
              kind: 'warning',
              head: t('memory.short'),
              text: t('memory.short.text', { left: formatBytes(short.available), total: formatBytes(short.total) }),
              actions: [{ label: t('running.stopIdle'), act: () => void stopIdle() }],
            },
          ]}
        />
      )}
      <section aria-label={t('running.now')}>
        <div class="strip">
          {rows.slice(0, SHOWN).map((row) => (
            <One key={row.incarnation} row={row} />
          ))}
        </div>
        {rows.length > SHOWN && (
          <p class="rest">
            <a href={`${page().base}running`}>{t('running.more', { n: rows.length - SHOWN })}</a>
          </p>
        )}
      </section>
    </>
  )
}
