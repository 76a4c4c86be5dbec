// Keys as names, and two-key chords. Letters are matched by what is printed on the key, digits by where it is (AZERTY). Pure.

export interface KeyPress {
  key: string
  code: string
  ctrlKey: boolean
  altKey: boolean
  metaKey: boolean
  shiftKey: boolean
}

const MODIFIERS = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Process', 'Unidentified'])

function base({ key, code }: KeyPress): string {
  if (/^Digit\d$/.test(code)) return code.slice(5)
  if (code === 'Minus' || key === '-' || key === '_') return 'Minus'
  if (key === ' ') return 'Space'
  if (key.length > 1) return key
  if (/^[a-z]$/i.test(key)) return key.toUpperCase()
  // A layout without Latin letters: where the letter would be.
  if (/^Key[A-Z]$/.test(code) && (key.codePointAt(0) ?? 0) > 127) return code.slice(3)
  return key
}

/** `Ctrl-Alt-Meta-Shift-X`, empty for what is never a shortcut. */
export function keyName(press: KeyPress): string {
  if (MODIFIERS.has(press.key)) return ''
  const { ctrlKey, altKey, metaKey, shiftKey } = press
  return `${ctrlKey ? 'Ctrl-' : ''}${altKey ? 'Alt-' : ''}${metaKey ? 'Meta-' : ''}${shiftKey ? 'Shift-' : ''}${base(press)}`
}

/** The names that a written key stands for: `Mod` is Ctrl, on a Mac Command. `Ctrl-Enter` stays itself everywhere. */
export const resolved = (key: string, mac: boolean): string =>
  key
    .split(' ')
    .map((part) => {
      if (!part.startsWith('Mod-')) return part
      if (!mac) return part.replace('Mod-', 'Ctrl-')
      return part.includes('Alt-') ? part.replace('Mod-Alt-', 'Alt-Meta-') : part.replace('Mod-', 'Meta-')
    })
    .join(' ')

export const CHORD = 800

/** Finds what a key means; remembers the first half of a chord for 800 ms. */
export class Keymap<T> {
  private readonly known = new Map<string, T>()
  private readonly starts = new Set<string>()
  private first = ''
  private until = 0

  constructor(entries: Iterable<[key: string, meaning: T]>, mac: boolean) {
    for (const [key, meaning] of entries) {
      const name = resolved(key, mac)
      this.known.set(name, meaning)
      if (name.includes(' ')) this.starts.add(name.split(' ')[0])
    }
  }

  /** The meaning, `pending` after the first half of a chord, or null. */
  press(name: string, now: number): T | 'pending' | null {
    if (!name) return null
    const chord = this.first && now < this.until ? this.known.get(`${this.first} ${name}`) : undefined
    this.first = ''
    if (chord !== undefined) return chord
    const meaning = this.known.get(name)
    if (meaning !== undefined) return meaning
    if (!this.starts.has(name)) return null
    this.first = name
    this.until = now + CHORD
    return 'pending'
  }
}
