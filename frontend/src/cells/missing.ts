// Which module an error says is missing.
import type { Output } from '../model/messages'

/** The module that could not be imported, where a run of this notebook says so: what came with a file has no say in what is installed. */
export function missingModule(output: Output): string | null {
  if (output.outputType !== 'error' || output.ename !== 'ModuleNotFoundError' || !output.own) return null
  return /^No module named '([\w.]+)'/.exec(output.evalue ?? '')?.[1] ?? null
}
