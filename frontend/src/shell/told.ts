import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Told } from '../i18n/causes'
import type { Kernel } from '../model/messages'
import type { Banner } from './banners'

/** What the kernel died of, in words that are fetched when they are needed. `numberOf`: a cell as a person counts it. */
export function useTold({ cause }: Kernel, numberOf: (cell: string) => number): Told | null {
  const told = useSignal<Told | null>(null)
  useEffect(() => {
    told.value = null
    if (cause) void import('../i18n/causes').then(({ tellCause }) => (told.value = tellCause(cause, numberOf(String(cause.values?.cell ?? '')))))
  }, [JSON.stringify(cause)])
  return told.value
}

/** Before it dies of it: a warning that one may put away, until there is another. */
export function usePressing({ pressing }: Kernel): Banner[] {
  const shown = useSignal<Banner | null>(null)
  useEffect(() => {
    shown.value = null
    if (pressing)
      void import('../i18n/causes').then(({ tellPressing }) => {
        shown.value = { id: 'memory-high', kind: 'warning', ...tellPressing(pressing), dismiss: () => void (shown.value = null) }
      })
  }, [JSON.stringify(pressing)])
  return shown.value ? [shown.value] : []
}
