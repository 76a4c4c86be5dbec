// The words for where edits, kernel and connection are; and the banners for what a person should know. Pure.
import { said, t } from '../i18n'
import type { Told } from '../i18n/causes'
import type { Kernel } from '../model/messages'
import type { Status } from '../sync/status'
import type { Banner } from './banners'

/** The few words beside the title. */
export function savedWords(status: Status): string {
  switch (status.is) {
    case 'opening':
      return t('saved.opening')
    case 'typing':
      return t('saved.typing')
    case 'kept':
      return t('saved.kept')
    case 'saved':
      return t('saved')
    case 'saved-here':
      return t('saved.here')
    case 'stuck':
      return t('saved.stuck', { why: said(status.why) })
    case 'offline':
      return t('saved.offline')
    case 'ended':
      return t('saved.ended')
  }
}

export interface Remedies {
  retry(): void
  signIn(): void
  toFiles(): void
  reload(): void
  restart(): void
  /** Ends a kernel host of another release. */
  stopHost(): void
  /** Runs again what a lost kernel had run. */
  again(): void
  /** For a file that cannot be written as it is. */
  putBack?(): void
  saveElsewhere?(): void
  discard?(): void
  overwrite?(): void
}

function endedBanner(status: Extract<Status, { is: 'ended' }>, remedies: Remedies): Banner | null {
  switch (status.why) {
    case 'logged-out':
      return { id: 'logged-out', kind: 'warning', head: t('ended.logged-out'), text: t('ended.logged-out.text'), actions: [{ label: t('ended.logged-out.do'), act: remedies.signIn }] }
    case 'deleted':
      return { id: 'deleted', kind: 'warning', head: t('ended.deleted'), text: t('ended.deleted.text'), actions: [{ label: t('ended.deleted.do'), act: remedies.toFiles }] }
    case 'not-found':
      return { id: 'not-found', kind: 'warning', head: t('ended.not-found'), text: t('ended.not-found.text'), actions: [{ label: t('ended.deleted.do'), act: remedies.toFiles }] }
    case 'newer':
      return { id: 'newer', kind: 'warning', head: t('ended.newer'), text: t('ended.newer.text'), actions: [{ label: t('ended.newer.do'), act: remedies.reload }] }
    case 'refused':
      return { id: 'refused', kind: 'error', head: t('ended.refused'), text: said(status.message) || t('ended.refused.text'), actions: [{ label: t('ended.newer.do'), act: remedies.reload }] }
    case 'unreadable':
      return { id: 'unreadable', kind: 'error', head: t('ended.unreadable'), text: said(status.message), actions: [{ label: t('ended.deleted.do'), act: remedies.toFiles }] }
    case 'closed':
      return null
  }
}

function fileBanner(status: Extract<Status, { is: 'saved-here' }>, remedies: Remedies): Banner {
  const action = (label: string, act: (() => void) | undefined) => (act ? [{ label, act }] : [])
  if (status.file === 'detached')
    return {
      id: 'file',
      kind: 'warning',
      head: t('file.detached'),
      text: said(status.why) || t('file.detached.text'),
      actions: [
        ...action(t('file.detached.back'), remedies.putBack),
        ...action(t('file.detached.elsewhere'), remedies.saveElsewhere),
        ...action(t('file.detached.discard'), remedies.discard),
      ],
    }
  const held = status.file === 'held'
  return { id: 'file', kind: held ? 'warning' : 'error', head: t(held ? 'file.held' : 'file.failed'), text: said(status.why), actions: held ? action(t('file.overwrite'), remedies.overwrite) : [] }
}

function kernelBanner(kernel: Kernel, told: Told | null, remedies: Remedies): Banner {
  const dead = kernel.state === 'dead'
  const actions = dead ? [{ label: t('kernel.restart'), act: remedies.restart }] : []
  if (told?.again) actions.unshift({ label: told.again, act: remedies.again })
  return {
    id: 'kernel',
    kind: told?.wanted ? 'plain' : 'error',
    head: told?.head ?? t(dead ? 'kernel.died' : 'kernel.unavailable'),
    text: told?.text ?? (dead ? t('kernel.died.text') : ''),
    said: told?.said ? { head: told.last, text: told.said } : undefined,
    actions,
  }
}

/** No kernel can be used, and why: nothing that was typed is in danger. */
function hostBanner(kernel: Kernel, remedies: Remedies): Banner | null {
  switch (kernel.host ?? '') {
    case 'external':
      return { id: 'host', kind: 'warning', head: t('host.external'), text: t('host.external.text') }
    case 'failed':
      return { id: 'host', kind: 'error', head: t('host.failed'), text: kernel.hostWhy ?? '' }
    case 'incompatible':
      return { id: 'host', kind: 'warning', head: t('host.incompatible'), text: t('host.incompatible.text'), actions: [{ label: t('host.incompatible.do'), act: remedies.stopHost }] }
    default:
      return null
  }
}

/** `seconds`: until the next try, while offline; null while trying. `told`: what the kernel died of, once there are words for it. */
export function statusBanners(status: Status, kernel: Kernel, seconds: number | null, remedies: Remedies, told: Told | null = null): Banner[] {
  const banners: (Banner | null)[] = []
  if (status.is === 'ended') banners.push(endedBanner(status, remedies))
  if (status.is === 'offline')
    banners.push({
      id: 'offline',
      kind: 'warning',
      head: t('offline'),
      text: [t('offline.text'), seconds === null ? '' : t('offline.in', { n: seconds })].join(' ').trim(),
      actions: [{ label: t('offline.now'), act: remedies.retry }],
    })
  if (status.is === 'stuck') banners.push({ id: 'stuck', kind: 'error', head: t('stuck'), text: said(status.why) })
  if (status.is === 'saved-here') banners.push(fileBanner(status, remedies))
  banners.push(hostBanner(kernel, remedies))
  if (kernel.state === 'dead' || kernel.state === 'unavailable') banners.push(kernelBanner(kernel, told, remedies))
  return banners.filter((banner) => banner !== null)
}

const KERNEL = {
  none: 'kernel.none', starting: 'kernel.starting', idle: 'kernel.idle', busy: 'kernel.busy', restarting: 'kernel.restarting',
  dead: 'kernel.dead', unavailable: 'kernel.unavailable.state',
} as const

export const kernelWords = (kernel: Kernel): string => t(KERNEL[kernel.state ?? 'none'])

/** The dot beside the kernel's name: shape as well as colour. */
export function kernelDot(kernel: Kernel): string {
  switch (kernel.state ?? 'none') {
    case 'busy':
      return 'dot bad'
    case 'idle':
      return 'dot live'
    case 'starting':
    case 'restarting':
      return 'dot ring warn'
    case 'none':
      return 'dot ring muted'
    default:
      return 'dot ring bad'
  }
}
