// The kernel menu: fetched when it opens, since versions are looked for then.
import { useSignal } from '@preact/signals'
import { t } from '../i18n'
import type { Kernel, KernelChoice } from '../model/messages'
import { kernelEntries } from './choices'
import { confirm } from './dialogs'
import { Menu, type MenuEntry } from './menu'
import { kernelDot, kernelWords } from './states'

export interface KernelMenuProps {
  kernel: Kernel
  /** Stopped by the debugger. */
  paused?: boolean
  list(): Promise<readonly KernelChoice[]>
  choose(name: string): void
  /** What else there is to do with it: first, so that nothing moves when the list comes. */
  more?: readonly MenuEntry[]
}

/** Changing the kernel keeps the notebook; what a running one holds goes, so it asks first. */
export function KernelMenu({ kernel, paused = false, list, choose, more = [] }: KernelMenuProps) {
  const choices = useSignal<readonly KernelChoice[]>([])
  const running = !['none', 'dead', 'unavailable'].includes(kernel.state ?? 'none')
  const change = async (name: string): Promise<void> => {
    if (name === kernel.name?.toLowerCase()) return
    if (running && !(await confirm(t('kernel.change.ask'), t('kernel.change.why'), t('kernel.change')))) return
    choose(name)
  }
  const name = kernel.display || kernel.name || ''
  const words = paused ? t('debug.paused') : kernelWords(kernel)
  return (
    <Menu
      label={`${t('kernel')}: ${name}, ${words}`}
      class="b kernel"
      entries={[...more, ...(more.length ? [{ rule: true } as const] : []), ...kernelEntries(choices.value, kernel, (chosen) => void change(chosen))]}
      opened={() => void list().then((found) => (choices.value = found))}
    >
      <span class={paused ? 'dot warn' : kernelDot(kernel)} /> <span class="opt">{name}</span> <span class={paused ? 'muted tn' : 'muted tn opt'}>{words}</span>
    </Menu>
  )
}
