import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** Seconds until the next try to connect; null while trying or connected. */
export function useSeconds(retryAt: number | null): number | null {
  const now = useSignal(Date.now())
  useEffect(() => {
    if (retryAt === null) return
    now.value = Date.now()
    const timer = setInterval(() => (now.value = Date.now()), 1000)
    return () => clearInterval(timer)
  }, [retryAt])
  return retryAt === null ? null : Math.max(0, Math.ceil((retryAt - now.value) / 1000))
}
