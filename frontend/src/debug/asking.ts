// Asking the server in the debugger's name: a stop that is over is no news, everything else that is refused is told.
import type { Done } from '../model/messages'
import type { Ask } from '../sync/commands'
import { Refused } from '../sync/commands'
import type { Live } from '../sync/live'

export type Asker = (command: Ask, quiet?: boolean) => Promise<Done | null>

/** null: it was refused, and that is told; `quiet`: not even that. */
export function asker(live: Live, tell: (problem: Refused) => void): Asker {
  return async (command, quiet = false) => {
    try {
      return await live.ask(command)
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem
      if (problem.code !== 'stale' && !quiet) tell(problem)
      return null
    }
  }
}
