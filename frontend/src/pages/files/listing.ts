// A folder's entries: order, names, addresses. Pure.

export interface Entry {
  name: string
  path: string
  kind: 'directory' | 'notebook' | 'file'
  changed: Date
  size: number | null
  writable: boolean
}

export type Column = 'name' | 'changed' | 'size'
export interface Order {
  by: Column
  descending: boolean
}

/** Jupyter's contents model, as far as it is needed. */
export interface Model {
  name: string
  path: string
  type: Entry['kind']
  last_modified: string
  size: number | null
  writable?: boolean
}

export const entryOf = (model: Model): Entry => ({
  name: model.name,
  path: model.path,
  kind: model.type,
  changed: new Date(model.last_modified),
  size: model.size,
  writable: model.writable !== false,
})

/** Folders first; names as people count, so that 10 comes after 9. */
export function sorted(entries: readonly Entry[], order: Order, language: string): Entry[] {
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: 'base' })
  const byName = (one: Entry, other: Entry): number => collator.compare(one.name, other.name) || (one.name < other.name ? -1 : 1)
  const compare = {
    name: byName,
    changed: (one: Entry, other: Entry): number => one.changed.getTime() - other.changed.getTime() || byName(one, other),
    size: (one: Entry, other: Entry): number => (one.size ?? -1) - (other.size ?? -1) || byName(one, other),
  }[order.by]
  const sign = order.descending ? -1 : 1
  return [...entries].sort(
    (one, other) => Number(other.kind === 'directory') - Number(one.kind === 'directory') || sign * compare(one, other),
  )
}

export const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
export const inFolder = (folder: string, name: string): string => (folder ? `${folder}/${name}` : name)
export const parentOf = (path: string): string => path.split('/').slice(0, -1).join('/')

/** Where an entry opens, relative to the base. Notebooks and folders have pages of their own. */
export function addressOf(entry: Entry): string {
  return `${entry.kind === 'directory' ? 'f' : entry.kind === 'notebook' ? 'n' : 'files'}/${encoded(entry.path)}`
}

/** A name that a file cannot have. */
export const isBadName = (name: string): boolean =>
  !name.trim() || name === '.' || name === '..' || name.startsWith('.') || /[/\0]/.test(name) || new TextEncoder().encode(name).length > 255

/** How much of a name a rename marks: all but its ending. */
export function stemLength(name: string): number {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? dot : name.length
}
