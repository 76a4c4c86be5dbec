// The running head: where one is, what it is called, is it saved, and the few things done most.
import type { ReadonlySignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { t } from '../i18n'
import type { Kernel, KernelChoice } from '../model/messages'
import { COLOUR_VALUES } from '../sync/colours'
import type { Peer } from '../sync/presence'
import type { Status } from '../sync/status'
import { Icon } from './icon'
import { KernelMenu } from './kernels'
import { Menu, type MenuEntry } from './menu'
import { page } from './page'
import { savedWords } from './states'

export function Mark() {
  return (
    <a class="mark" href={page().base}>
      <span aria-hidden="true">
        8<sup>vo</sup>
      </span>
      <span class="vh">{t('octavo.home')}</span>
    </a>
  )
}

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
export const folderAddress = (path: string): string => `${page().base}${path ? `f/${encoded(path)}` : page().home ? 'f/' : ''}`

/** The folders above, as links. */
export function Crumbs({ folder, children, home }: { folder: string; children?: ComponentChildren; home?: boolean }) {
  const parts = folder ? folder.split('/') : []
  return (
    <nav class="crumb" aria-label={t('place.folder')}>
      {home && <a href={folderAddress('')}>{t('place.home')}</a>}
      {home && <span aria-hidden="true">/</span>}
      {parts.flatMap((part, at) => [
        <a href={folderAddress(parts.slice(0, at + 1).join('/'))}>{part}</a>,
        <span aria-hidden="true">/</span>,
      ])}
      {children}
    </nav>
  )
}

const initials = (name: string): string => {
  const words = name.trim().split(/\s+/).filter(Boolean)
  return (words.length > 1 ? `${[...words[0]][0]}${[...words[words.length - 1]][0]}` : [...(words[0] ?? '?')].slice(0, 2).join('')).toUpperCase()
}

/** Who else is here. Nobody: nothing is drawn. */
export function People({ peers }: { peers: readonly Peer[] }) {
  if (!peers.length) return null
  const name = (peer: Peer): string => peer.name || t('person')
  return (
    <span class="who opt" role="img" aria-label={t('people', { names: peers.map(name).join(', ') })}>
      {peers.slice(0, 5).map((peer) => (
        <span key={peer.client} title={name(peer)} style={{ background: COLOUR_VALUES[peer.colour] }}>
          {initials(name(peer))}
        </span>
      ))}
    </span>
  )
}

/** The one thing in the head that changes with every letter. */
export function Saved({ status: { value: status } }: { status: ReadonlySignal<Status> }) {
  return (
    <span class="saved opt" title={'why' in status ? status.why : undefined} data-saved={status.is}>
      {savedWords(status)}
    </span>
  )
}

export interface NotebookHeadProps {
  folder: string
  title: string
  status: ReadonlySignal<Status>
  kernel: Kernel
  listKernels(): Promise<readonly KernelChoice[]>
  /** Somebody writes: a phone offers to end that. */
  editing: boolean
  done(): void
  peers: readonly Peer[]
  runAll(): void
  /** Further ways to run. */
  runMore: readonly MenuEntry[]
  /** Stopped by the debugger. */
  paused: boolean
  debugger: { open: boolean; toggle(): void }
  interrupt(): void
  restart(): void
  chooseKernel(name: string): void
  kernelMore: readonly MenuEntry[]
  commands(): void
  menu: readonly MenuEntry[]
}

/** The notebook's head. */
export function NotebookHead(props: NotebookHeadProps) {
  const { kernel } = props
  const busy = kernel.state === 'busy' || kernel.state === 'starting' || kernel.state === 'restarting'
  const started = !['none', 'unavailable'].includes(kernel.state ?? 'none')
  return (
    <header class="head">
      <Mark />
      <Crumbs folder={props.folder}>
        <b role="heading" aria-level={1} title={props.title}>
          {props.title}
        </b>
      </Crumbs>
      <Saved status={props.status} />
      <span class="grow" />
      {props.editing && (
        <button type="button" class="b done only" onClick={props.done}>
          {t('done')}
        </button>
      )}
      <span class="split">
        <button type="button" class="b edge" onClick={props.runAll}>
          <Icon name="run" /> {t('run.all')}
        </button>
        <Menu label={t('run.more')} class="b edge" entries={props.runMore}>
          <Icon name="down" />
        </Menu>
      </span>
      {busy && (
        <button type="button" class="b ico opt" aria-label={t('interrupt')} title={`${t('interrupt')} (I I)`} onClick={props.interrupt}>
          <Icon name="stop" />
        </button>
      )}
      {started && (
        <button type="button" class="b ico opt" aria-label={t('restart')} title={`${t('restart')} (0 0)`} onClick={props.restart}>
          <Icon name="restart" />
        </button>
      )}
      <span class="sep opt" />
      <KernelMenu kernel={kernel} paused={props.paused} list={props.listKernels} choose={props.chooseKernel} more={props.kernelMore} />
      <People peers={props.peers} />
      <button type="button" class="b ico" aria-label={t('debugger')} title={`${t('debugger')} (Ctrl Shift E)`} aria-pressed={props.debugger.open} onClick={props.debugger.toggle}>
        <Icon name="bug" />
      </button>
      <button type="button" class="b ico opt" aria-label={t('commands.find')} title={`${t('commands')} (Ctrl Shift C)`} onClick={props.commands}>
        <Icon name="search" />
      </button>
      <Menu label={t('menu')} entries={props.menu}>
        <Icon name="list" />
      </Menu>
    </header>
  )
}
