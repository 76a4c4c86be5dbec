// Offers to install what an error says is missing, by code that is fetched when there is such an error.
import { effect } from '@preact/signals'
import type { Output } from '../model/messages'
import { missingModule } from './missing'
import type { Packages } from './packages'
import type { NotebookView } from './view'

const loaded = new WeakMap<NotebookView, Promise<Packages>>()

function packagesOf(view: NotebookView): Promise<Packages> {
  let packages = loaded.get(view)
  if (!packages) loaded.set(view, (packages = import('./packages').then((module) => new module.Packages(view))))
  return packages
}

export const openPackages = (view: NotebookView): Promise<void> => packagesOf(view).then((packages) => packages.open())

/** Watches for errors that a package would mend. */
export function offerPackages(view: NotebookView): () => void {
  const { results, install } = view.live.state
  const need = (outputs: readonly Output[] = []): void => {
    if (outputs.some(missingModule)) void packagesOf(view)
  }
  const ends = [
    view.live.state.onResults((_cell, { outputs }) => need(outputs)),
    effect(() => void (install.value.id && packagesOf(view))),
  ]
  for (const { outputs } of results.values()) need(outputs)
  return () => {
    for (const end of ends) end()
    void loaded.get(view)?.then((packages) => packages.dispose())
  }
}
