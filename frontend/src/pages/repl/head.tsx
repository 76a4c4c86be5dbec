// The prompt's running head: which one it is, is it saved, its kernel; keep, clear, and the other prompts.
import type { ReadonlySignal } from '@preact/signals'
import { t } from '../../i18n'
import type { Kernel, KernelChoice } from '../../model/messages'
import { Crumbs, Mark, People, Saved } from '../../shell/head'
import { Icon } from '../../shell/icon'
import { KernelMenu } from '../../shell/kernels'
import { Menu, type MenuEntry } from '../../shell/menu'
import type { Peer } from '../../sync/presence'
import type { Status } from '../../sync/status'
import { goTo, list, name, open, prompts } from './prompts'

export interface ReplHeadProps {
  status: ReadonlySignal<Status>
  kernel: Kernel
  listKernels(): Promise<readonly KernelChoice[]>
  chooseKernel(name: string): void
  peers: readonly Peer[]
  used: boolean
  keep(): void
  clear(): void
  clearMore: readonly MenuEntry[]
  interrupt(): void
  restart(): void
  search(): void
  close(): void
  menu: readonly MenuEntry[]
}

const SHORT = 36
const shortened = (text: string): string => {
  const [line] = text.split('\n')
  return line.length > SHORT || line.length < text.length ? `${line.slice(0, SHORT)} …` : line
}

function PromptsMenu({ close }: { close(): void }) {
  const others = prompts.value.some((one) => one.name === name) ? prompts.value : [{ name, last: '' }, ...prompts.value]
  // The list comes last: it may grow when it is fetched, and nothing is to move under the pointer.
  const entries: MenuEntry[] = [
    { label: t('repl.new'), act: () => void open() },
    { label: t('repl.close'), act: close },
    { rule: true },
    ...others.map((one) => ({ label: t('repl.name', { name: one.name }), detail: shortened(one.last), checked: one.name === name, act: () => one.name !== name && goTo(one.name) })),
  ]
  return (
    <Menu label={t('repl.prompts')} class="b ico" entries={entries} opened={() => void list().catch(() => undefined)}>
      <Icon name="down" />
    </Menu>
  )
}

export function ReplHead(props: ReplHeadProps) {
  const { kernel } = props
  const busy = kernel.state === 'busy' || kernel.state === 'restarting'
  return (
    <header class="head repl">
      <Mark />
      <Crumbs folder="">
        <b role="heading" aria-level={1}>
          {t('repl.name', { name })}
        </b>
      </Crumbs>
      <PromptsMenu close={props.close} />
      <Saved status={props.status} />
      <span class="grow" />
      {props.used && (
        <>
          <button type="button" class="b edge opt" onClick={props.keep}>
            {t('repl.keep')}
          </button>
          <span class="split opt">
            <button type="button" class="b edge" onClick={props.clear}>
              {t('repl.clear')}
            </button>
            <Menu label={t('run.more')} class="b edge" entries={props.clearMore}>
              <Icon name="down" />
            </Menu>
          </span>
        </>
      )}
      {busy && (
        <button type="button" class="b ico" aria-label={t('interrupt')} title={`${t('interrupt')} (Ctrl C)`} onClick={props.interrupt}>
          <Icon name="stop" />
        </button>
      )}
      <button type="button" class="b ico opt" aria-label={t('restart')} title={t('restart')} onClick={props.restart}>
        <Icon name="restart" />
      </button>
      <span class="sep opt" />
      <KernelMenu kernel={kernel} list={props.listKernels} choose={props.chooseKernel} />
      <People peers={props.peers} />
      <button type="button" class="b ico" aria-label={t('repl.search')} title={`${t('repl.search')} (Ctrl R)`} onClick={props.search}>
        <Icon name="search" />
      </button>
      <Menu label={t('menu')} entries={props.menu}>
        <Icon name="list" />
      </Menu>
    </header>
  )
}
