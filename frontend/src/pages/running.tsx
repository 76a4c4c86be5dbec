// What runs: kernels, whose they are and what they cost, programs, and Octavo itself; stopping what is not needed.
import { formatBytes, t } from '../i18n'
import { accountEntries } from '../shell/account'
import { Banners } from '../shell/banners'
import { Mark } from '../shell/head'
import { Icon } from '../shell/icon'
import { Menu } from '../shell/menu'
import { page } from '../shell/page'
import { Places } from '../shell/places'
import * as running from '../shell/running'
import { parted } from '../shell/runs'
import { start } from '../shell/start'
import { listenForKeys } from './running/keys'
import { Table } from './running/table'

page()

function Head() {
  return (
    <header class="head">
      <Mark />
      <Places here="running" />
      <span class="grow" />
      <Menu label={t('menu')} entries={accountEntries()}>
        <Icon name="list" />
      </Menu>
    </header>
  )
}

function Machine({ all: { machine, tight } }: { all: running.Everything }) {
  if (!machine?.total) return null
  const used = 1 - machine.available / machine.total
  return (
    <p class={tight ? 'machine bad' : 'machine'} data-machine>
      <span>{t(machine.limited ? 'running.limit' : 'running.machine')}</span>
      <span class="meter full">
        <i style={{ width: `${Math.round(100 * used)}%` }} />
      </span>
      <span>{t('cost.left', { left: formatBytes(machine.available), total: formatBytes(machine.total) })}</span>
    </p>
  )
}

const environment = (python: string): string => python.replace(/\/bin\/[^/]*$/, '').split('/').at(-1) || python

/** What there is besides, and the sum. */
function Besides({ all }: { all: running.Everything }) {
  const line = (label: string, memory: number, title?: string) => (
    <tr title={title}>
      <th scope="row">{label}</th>
      <td class="r">{formatBytes(memory)}</td>
    </tr>
  )
  return (
    <section class="besides" aria-labelledby="besides">
      <h2 class="label" id="besides">
        {t('running.besides')}
      </h2>
      <table>
        <tbody>
          {all.images.map((image) => line(t('running.image', { name: environment(image.python), n: image.kernels }), image.memory, image.python))}
          {all.spare && line(t('running.spare'), all.spare.memory)}
          {all.host && line(t('running.host'), all.host.memory)}
          {line(t('running.web'), all.web.memory)}
        </tbody>
        <tfoot>{all.measured && line(t('running.sum'), all.sum)}</tfoot>
      </table>
    </section>
  )
}

function List({ all }: { all: running.Everything }) {
  const [kernels, others] = parted(all.rows)
  const now = Date.now() / 1000
  if (!all.rows.length)
    return (
      <div class="empty">
        <h2>{t('running.empty')}</h2>
        <p>{t('running.empty.text')}</p>
        <a class="b edge" href={page().base}>
          {t('ended.deleted.do')}
        </a>
      </div>
    )
  return (
    <>
      {kernels.length > 0 && <Table rows={kernels} heading={t('running.what')} now={now} />}
      {others.length > 0 && <Table rows={others} heading={t('running.programs')} now={now} />}
    </>
  )
}

function Body() {
  const all = running.everything.value
  if (!all)
    return running.problem.value ? (
      <div class="empty" role="alert">
        <h2>{t('running.failed')}</h2>
        <p>{running.problem.value}</p>
        <button type="button" class="b edge" onClick={() => void running.reread()}>
          {t('again')}
        </button>
      </div>
    ) : (
      <p class="muted">{t('running.loading')}</p>
    )
  const banners = []
  if (running.problem.value) banners.push({ id: 'unreachable', kind: 'warning' as const, head: t('running.failed'), text: running.problem.value })
  if (all.short && all.machine)
    banners.push({
      id: 'memory',
      kind: 'warning' as const,
      head: t('memory.short'),
      text: t('memory.short.text', { left: formatBytes(all.machine.available), total: formatBytes(all.machine.total) }),
    })
  return (
    <>
      <Banners banners={banners} />
      <Machine all={all} />
      {!all.measured && <p class="muted">{t('running.unmeasured')}</p>}
      <List all={all} />
      <Besides all={all} />
    </>
  )
}

function Running() {
  const idle = running.everything.value?.rows.some((row) => row.idle) ?? false
  return (
    <>
      <a class="skip" href="#list">
        {t('running.skip')}
      </a>
      <Head />
      <main class="page running">
        <div class="row title">
          <h1>{t('running')}</h1>
          <span class="grow" />
          {idle && (
            <button type="button" class="b edge" onClick={() => void running.stopIdle()}>
              {t('running.stopIdle')}
            </button>
          )}
        </div>
        <div id="list" tabIndex={-1}>
          <Body />
        </div>
      </main>
    </>
  )
}

document.title = `${t('running')} — Octavo`
start(<Running />)
listenForKeys()
void running.follow()
