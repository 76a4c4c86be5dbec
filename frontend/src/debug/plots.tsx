// What an evaluation shows besides its value: plots and tables, as an output of a cell would be, never with scripts.
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Output } from '../model/messages'
import { renderOutputs, type OutputContext } from '../outputs/outputs'
import { page } from '../shell/page'

export function Rich({ data }: { data: Readonly<Record<string, string>> }) {
  const host = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const context: OutputContext = { base: page().base, document: 0, cell: '', run: '', folder: '' }
    const output: Output = { outputType: 'display_data', data: { ...data }, metadata: {} }
    if (host.current) renderOutputs(host.current, [output], context)
  }, [data])
  return <div class="out" ref={host} />
}
