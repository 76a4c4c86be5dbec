// Which cells are selected: one active cell, and the run of cells between it and the anchor. Pure.

export interface Selection {
  active: string | null
  anchor: string | null
}

export const NOTHING: Selection = { active: null, anchor: null }

export const only = (cell: string): Selection => ({ active: cell, anchor: cell })

/** The selected cells, in the order of the notebook. */
export function selected(order: readonly string[], { active, anchor }: Selection): string[] {
  const to = active === null ? -1 : order.indexOf(active)
  if (to < 0) return []
  const from = anchor === null ? -1 : order.indexOf(anchor)
  if (from < 0) return [order[to]]
  return order.slice(Math.min(from, to), Math.max(from, to) + 1)
}

/** One step up or down; `extend` leaves the anchor. */
export function step(order: readonly string[], selection: Selection, by: number, extend = false): Selection {
  if (!order.length) return NOTHING
  const at = selection.active === null ? -1 : order.indexOf(selection.active)
  const next = order[Math.max(0, Math.min(order.length - 1, at < 0 ? 0 : at + by))]
  return { active: next, anchor: extend ? (selection.anchor ?? next) : next }
}

/** After cells came and went: what is gone gives its place to the cell that stands there now. */
export function follow(before: readonly string[], after: readonly string[], selection: Selection): Selection {
  if (!after.length) return NOTHING
  const here = new Set(after)
  const { active, anchor } = selection
  if (active === null) return only(after[0])
  if (here.has(active)) return anchor !== null && here.has(anchor) ? selection : only(active)
  const at = before.indexOf(active)
  for (let i = at; i < before.length && i >= 0; i++) if (here.has(before[i])) return only(before[i])
  for (let i = at; i >= 0; i--) if (here.has(before[i])) return only(before[i])
  return only(after[0])
}

/** Elements that can stay where they are while the others are moved: a longest run whose order did not change. */
export function staying(before: readonly string[], after: readonly string[]): Set<string> {
  const was = new Map(before.map((id, at) => [id, at]))
  const tails: string[] = []
  const previous = new Map<string, string | undefined>()
  for (const id of after) {
    const at = was.get(id)
    if (at === undefined) continue
    let low = 0
    let high = tails.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((was.get(tails[middle]) ?? 0) < at) low = middle + 1
      else high = middle
    }
    previous.set(id, tails[low - 1])
    tails[low] = id
  }
  const stay = new Set<string>()
  for (let id = tails.at(-1); id !== undefined; id = previous.get(id)) stay.add(id)
  return stay
}
