// The dialogs of a page, fetched once it is there: nobody needs them before one can type.
import { signal } from '@preact/signals'
import type { ShownCommand } from './commands'
import { open } from './dialogs'

const palette = signal<typeof import('./palette') | null>(null)
const asking = signal<typeof import('./asking') | null>(null)

const fetchPalette = async (): Promise<typeof import('./palette')> => (palette.value ??= await import('./palette'))
const fetchAsking = async (): Promise<typeof import('./asking')> => (asking.value ??= await import('./asking'))

/** Ahead, so that what is typed after a key goes to the dialog already. */
export async function fetchDialogs(): Promise<void> {
  await fetchPalette()
  await fetchAsking()
}

export const openPalette = (commands: readonly ShownCommand[]): void => void fetchPalette().then((room) => room.openPalette(commands))
export const openKeys = (commands: readonly ShownCommand[]): void => void fetchPalette().then((room) => room.openKeys(commands))

/** Where command list and key sheet open; once a page. */
export function CommandDialogs() {
  const room = palette.value
  return room && <room.CommandDialogs />
}

/** Where questions are asked; once a page. */
export function Dialogs() {
  const room = asking.value
  if (open.value && !room) void fetchAsking()
  return room && <room.Dialogs />
}
