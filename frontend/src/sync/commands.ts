// Commands on their way to the server: each has an id and a promise. Those that the server recognises by their id are sent again
// after a reconnect; none is kept for later while offline.
import type { Done, Failed, FromPage } from '../model/messages'

export type Command = Exclude<FromPage, { type: 'hello' | 'look' }>
/** A command before it has its id. */
export type Ask = Command extends infer C ? (C extends Command ? Omit<C, 'id'> : never) : never

/** The server said no, or could not be asked. `code` is of `octavo.errors`, or `offline`, `unknown-outcome`. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint = '',
  ) {
    super(message)
    this.name = 'Refused'
  }
}

/** Asked twice, done once. The others end as `unknown-outcome` when the connection breaks before their answer. */
const REPEATABLE: ReadonlySet<Command['type']> = new Set([
  'runCells', 'answer', 'clear', 'unclear', 'save', 'installPackages', 'debugBreakpoint', 'debugRemove', 'debugFilters', 'debugWatches',
])

/** Means the text of the edit that was sent before it. */
export const countsLines = (command: Command): command is Extract<Command, { edit?: number }> =>
  command.type === 'runCells' || command.type === 'debugBreakpoint' || command.type === 'debugCell'

/** After so long offline, a command is no longer what the person meant. */
export const REPEAT_WITHIN = 60_000

interface Waiting {
  command: Command
  since: number
  resolve(done: Done): void
  reject(problem: Refused): void
}

export class Commands {
  private readonly waiting = new Map<string, Waiting>()

  constructor(private readonly now: () => number) {}

  add(command: Command): Promise<Done> {
    return new Promise((resolve, reject) => {
      this.waiting.set(command.id, { command, since: this.now(), resolve, reject })
    })
  }

  get any(): boolean {
    return this.waiting.size > 0
  }

  done(message: Done): void {
    this.waiting.get(message.id)?.resolve(message)
    this.waiting.delete(message.id)
  }

  failed(message: Failed): void {
    this.waiting.get(message.id)?.reject(new Refused(message.code, message.message, message.hint))
    this.waiting.delete(message.id)
  }

  /** The connection broke: what cannot be asked twice ends here. */
  broken(): void {
    for (const [id, { command, reject }] of this.waiting)
      if (!REPEATABLE.has(command.type)) {
        this.waiting.delete(id)
        reject(new Refused('unknown-outcome', 'The connection broke before the server answered.'))
      }
  }

  /** Connected again: what is to be sent once more. A run is of the text that this connection's first edit brought. */
  again(): Command[] {
    const repeated: Command[] = []
    for (const [id, { command, since, reject }] of this.waiting)
      if (this.now() - since > REPEAT_WITHIN) {
        this.waiting.delete(id)
        reject(new Refused('offline', 'The server could not be reached.'))
      } else repeated.push(countsLines(command) ? { ...command, edit: 1 } : command)
    return repeated
  }

  endAll(code: string, message: string): void {
    for (const { reject } of this.waiting.values()) reject(new Refused(code, message))
    this.waiting.clear()
  }
}
