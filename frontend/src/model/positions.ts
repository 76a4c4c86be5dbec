// Position strings: a cell's place is one string, compared byte by byte, ties by cell id. A key is gap + tag + count: the gap lies
// strictly between the neighbours, the tag belongs to one run of inserts, the count is the place in that run. A run keeps its tag
// while its author goes on below its last cell or above its first, so two people at one spot get two blocks and not a shuffle.
// Twin of src/octavo/document/positions.py: the same keys for the same random numbers.

export const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
export const DEFAULT_POSITION = 'zzzz'
const BASE = DIGITS.length
const VALID = /^[0-9A-Za-z]{0,511}[1-9A-Za-z]$/
const REMEMBERED = 64
const TAG = 4

/** A peer may have written anything; a reader puts a cell with another key at DEFAULT_POSITION. */
export const isPosition = (key: unknown): key is string => typeof key === 'string' && !key.endsWith('\n') && VALID.test(key)

/** The shortest key strictly between two, all of whose extensions are below `high` too. `low` may be empty. */
export function between(low: string, high: string | null): string {
  const appending = high === null
  let made = ''
  for (let i = 0; ; i++) {
    const floor = i < low.length ? DIGITS.indexOf(low[i]) : 0
    const ceiling: number = high === null ? BASE : i < high.length ? DIGITS.indexOf(high[i]) : 0
    if (ceiling - floor > 1) return made + DIGITS[floor + (appending ? 1 : (ceiling - floor) >> 1)]
    if (ceiling < floor || (high !== null && i >= high.length)) throw new RangeError(`no key lies between “${low}” and “${high}”`)
    made += DIGITS[floor]
    if (ceiling > floor) high = null
  }
}

/** A number whose text keeps its order, also below zero: a head for sign and length, then digits of which none is 0. */
export function count(n: number): string {
  let rest = n >= 0 ? n : -n - 1
  let digits = ''
  for (;;) {
    const digit = rest % (BASE - 1)
    rest = Math.floor(rest / (BASE - 1))
    digits = DIGITS[n >= 0 ? digit + 1 : BASE - 1 - digit] + digits
    if (!rest) return DIGITS[n >= 0 ? 31 + digits.length : 31 - digits.length] + digits
  }
}

type End = readonly [stem: string, count: number]

/** Makes keys, and remembers the ends of its newest runs. Forgetting one costs a new tag and nothing else. */
export class Minter {
  private readonly bottom = new Map<string, End>()
  private readonly top = new Map<string, End>()

  constructor(private readonly random: () => number) {}

  /** `n` keys between two neighbours, in order. `low` is empty at the top, `high` null at the end. */
  keys(low: string, high: string | null, n: number): string[] {
    if (n < 1) return []
    const run = (stem: string, first: number) => Array.from({ length: n }, (_, i) => stem + count(first + i))
    const below = this.bottom.get(low)
    if (below) {
      const made = run(below[0], below[1] + 1)
      if (high === null || made[n - 1] < high) {
        this.bottom.delete(low)
        remember(this.bottom, made[n - 1], [below[0], below[1] + n])
        return made
      }
    }
    const above = high === null ? undefined : this.top.get(high)
    if (above && high !== null) {
      const made = run(above[0], above[1] - n)
      if (low < made[0]) {
        this.top.delete(high)
        remember(this.top, made[0], [above[0], above[1] - n])
        return made
      }
    }
    let tag = ''
    while (tag.length < TAG) tag += DIGITS[1 + Math.floor(this.random() * (BASE - 1))]
    const stem = between(low, high) + tag
    const made = run(stem, 0)
    remember(this.top, made[0], [stem, 0])
    remember(this.bottom, made[n - 1], [stem, n - 1])
    return made
  }
}

/** The keys round gap `index` of the sorted visible keys. Equal keys (two cells on one place) are stepped over. */
export function neighbours(keys: readonly string[], index: number): [low: string, high: string | null] {
  if (!index) return ['', keys[0] ?? null]
  const low = keys[index - 1]
  let above = index
  while (above < keys.length && keys[above] <= low) above++
  return [low, keys[above] ?? null]
}

function remember(ends: Map<string, End>, key: string, end: End): void {
  ends.set(key, end)
  if (ends.size > REMEMBERED) ends.delete(ends.keys().next().value as string)
}
