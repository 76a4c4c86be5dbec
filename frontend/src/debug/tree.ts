// Variables as a tree that is asked for as far as it is opened: scopes and values to rows. Pure.
import type { Children, Scope, Value, Variable } from '../model/messages'

export interface Known {
  variables: readonly Variable[]
  total: number
}

export interface TreeRow {
  /** Names from the scope down: the same variable at the next stop has the same path. */
  path: string
  name: string
  level: number
  is: 'scope' | 'value' | 'more' | 'waiting'
  value: Value | null
  changed: boolean
  /** What `debugSet` needs; key empty: it cannot be set. */
  parent: number
  key: string
  ref: number
  opens: boolean
  open: boolean
  /** Of `more`: how many are not there yet, and from which on to ask. */
  left: number
  start: number
}

export interface Shown {
  special: boolean
  function: boolean
}

/** Scopes that are open until somebody shuts them. */
const OPEN: ReadonlySet<Scope['name']> = new Set(['locals', 'exception'])

/** `toggled` holds paths that are not as they begin: scopes may be shut, values opened. */
export function isOpen(path: string, toggled: ReadonlySet<string>): boolean {
  return OPEN.has(path as Scope['name']) !== toggled.has(path)
}

const visible = ({ about = '' }: Variable, shown: Shown): boolean => !about || shown[about]

const SEPARATOR = '\u001f'

/** One scope alone needs no heading: its variables are the tree. */
export function treeRows(
  scopes: readonly Scope[],
  known: ReadonlyMap<number, Known>,
  toggled: ReadonlySet<string>,
  shown: Shown,
  heading: (scope: Scope) => string,
): TreeRow[] {
  const rows: TreeRow[] = []
  const put = (row: Partial<TreeRow> & Pick<TreeRow, 'path' | 'name' | 'level' | 'is'>): void => {
    rows.push({ value: null, changed: false, parent: 0, key: '', ref: 0, opens: false, open: false, left: 0, start: 0, ...row })
  }
  const inside = (ref: number, path: string, level: number, first: Known): void => {
    const { variables, total } = known.get(ref) ?? first
    for (const variable of variables) if (visible(variable, shown)) one(variable, ref, path, level)
    if (total > variables.length)
      put({ path: `${path}${SEPARATOR}…`, name: '', level, is: variables.length || known.has(ref) ? 'more' : 'waiting', ref, left: total - variables.length, start: variables.length })
  }
  const one = (variable: Variable, parent: number, above: string, level: number): void => {
    const { name, value, key = '', changed = false } = variable
    const path = `${above}${SEPARATOR}${name}`
    const ref = value.ref ?? 0
    const open = ref > 0 && isOpen(path, toggled)
    put({ path, name, level, is: 'value', value, changed, parent, key, ref, opens: ref > 0, open })
    if (open) inside(ref, path, level + 1, { variables: [], total: Math.max(1, value.size ?? 0) })
  }
  for (const scope of scopes) {
    const { name, ref, total = 0, variables = [] } = scope
    const first = { variables, total: Math.max(total, variables.length) }
    if (!first.total && name !== 'locals') continue
    if (scopes.length === 1) inside(ref, name, 1, first)
    else {
      const open = isOpen(name, toggled)
      put({ path: name, name: heading(scope), level: 1, is: 'scope', ref, opens: true, open })
      if (open) inside(ref, name, 2, first)
    }
  }
  return rows
}

/** What must be asked for so that every opened row has its first children. */
export const wanted = (rows: readonly TreeRow[]): number[] => rows.filter(({ is }) => is === 'waiting').map(({ ref }) => ref)

/** `more` joined to what is there; what came twice counts once. */
export function joined(before: Known | undefined, start: number, { variables = [], total = 0 }: Children): Known {
  const kept = (before?.variables ?? []).slice(0, start)
  const all = [...kept, ...variables]
  return { variables: all, total: variables.length ? Math.max(total, all.length) : all.length }
}

/** Where an arrow key leads from a row, as trees do; `toggle`: open or shut it. */
export function step(rows: readonly TreeRow[], path: string, key: string): { path: string } | 'toggle' | null {
  const at = Math.max(0, rows.findIndex((row) => row.path === path))
  const row = rows[at]
  const to = (index: number): { path: string } | null => (rows[index] ? { path: rows[index].path } : null)
  if (key === 'ArrowDown') return to(at + 1)
  if (key === 'ArrowUp') return to(at - 1)
  if (key === 'Home') return to(0)
  if (key === 'End') return to(rows.length - 1)
  if (key === 'ArrowRight') return !row?.opens ? null : row.open ? to(at + 1) : 'toggle'
  if (key !== 'ArrowLeft') return null
  if (row?.opens && row.open) return 'toggle'
  for (let above = at - 1; above >= 0; above--) if (rows[above].level < (row?.level ?? 0)) return to(above)
  return null
}
