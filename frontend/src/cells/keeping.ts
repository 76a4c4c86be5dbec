// What this browser keeps of how somebody likes to see notebooks. Where it may keep nothing, nothing is kept.

const named = (name: string): string => `octavo ${name}`

export function recall(name: string, otherwise: string): string {
  try {
    return localStorage.getItem(named(name)) ?? otherwise
  } catch {
    return otherwise
  }
}

/** An empty value is forgotten. */
export function remember(name: string, value: string): void {
  try {
    if (value) localStorage.setItem(named(name), value)
    else localStorage.removeItem(named(name))
  } catch {
    // full, or forbidden
  }
}
