// Reads what programs write to terminals: colours and links by escape sequences. Pure; text.ts makes nodes of it.
// Carriage returns and backspaces are folded on the server; sequences that move a cursor mean nothing in a notebook and are left out.

/** 0–15: the terminal's own colours, else #rrggbb. */
export type Colour = number | string

export interface Style {
  readonly fg: Colour | null
  readonly bg: Colour | null
  readonly bold: boolean
  readonly faint: boolean
  readonly italic: boolean
  readonly underline: boolean
  readonly inverse: boolean
  readonly strike: boolean
  /** From OSC 8; http, https and mailto only. */
  readonly href: string | null
}

export interface Span {
  readonly text: string
  /** Null: plain. */
  readonly style: Style | null
}

export const PLAIN: Style = {
  fg: null, bg: null, bold: false, faint: false, italic: false, underline: false, inverse: false, strike: false, href: null,
}

const STEPS = [0, 95, 135, 175, 215, 255]
const hex = (...parts: number[]): string => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`

/** One of the 256: 16 named, a cube of 216, 24 greys. */
function indexed(index: number): Colour | null {
  if (!(index >= 0 && index < 256)) return null
  if (index < 16) return index
  if (index >= 232) return hex(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10)
  const at = index - 16
  return hex(STEPS[Math.floor(at / 36)], STEPS[Math.floor(at / 6) % 6], STEPS[at % 6])
}

/** The colour that follows 38 or 48 at `at`, and how many codes it took. */
function extended(codes: number[], at: number): [Colour | null, number] {
  if (codes[at + 1] === 5) return [indexed(codes[at + 2]), 2]
  if (codes[at + 1] !== 2) return [null, 0]
  const rgb = codes.slice(at + 2, at + 5)
  return [rgb.length === 3 && rgb.every((part) => part >= 0 && part < 256) ? hex(...rgb) : null, 4]
}

type Change = Partial<Record<keyof Style, Style[keyof Style]>>
const SIMPLE: Readonly<Record<number, Change>> = {
  1: { bold: true }, 2: { faint: true }, 3: { italic: true }, 4: { underline: true }, 7: { inverse: true }, 9: { strike: true },
  21: { underline: true }, 22: { bold: false, faint: false }, 23: { italic: false }, 24: { underline: false },
  27: { inverse: false }, 29: { strike: false }, 39: { fg: null }, 49: { bg: null },
}

/** The style after `ESC [ parameters m`. */
export function restyle(style: Style, parameters: string): Style {
  let next = { ...style }
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)))
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]
    if (code === 0) next = { ...PLAIN, href: next.href }
    else if (SIMPLE[code]) next = { ...next, ...SIMPLE[code] } as Style
    else if (code >= 30 && code <= 37) next = { ...next, fg: code - 30 }
    else if (code >= 40 && code <= 47) next = { ...next, bg: code - 40 }
    else if (code >= 90 && code <= 97) next = { ...next, fg: code - 82 }
    else if (code >= 100 && code <= 107) next = { ...next, bg: code - 92 }
    else if (code === 38 || code === 48) {
      const [colour, took] = extended(codes, at)
      next = { ...next, [code === 38 ? 'fg' : 'bg']: colour }
      at += took
    }
  }
  return next
}

/** A link that may be followed from an output. */
export const safeLink = (href: string): string | null => (/^(?:https?:\/\/|mailto:)\S+$/i.test(href) ? href : null)

const isPlain = (style: Style): boolean =>
  style.fg === null && style.bg === null && style.href === null &&
  !(style.bold || style.faint || style.italic || style.underline || style.inverse || style.strike)

// CSI … final · OSC … BEL or ST · other escapes · control characters but tab and line feed.
const SEQUENCE =
  /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\]([^\x07\x1b]*)(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f\x7f]/g

/** The runs of `text`, and the style that holds after it. */
export function parse(text: string, style: Style = PLAIN): { spans: Span[]; style: Style } {
  const spans: Span[] = []
  let from = 0
  const put = (until: number): void => {
    if (until > from) spans.push({ text: text.slice(from, until), style: isPlain(style) ? null : style })
  }
  for (const match of text.matchAll(SEQUENCE)) {
    put(match.index)
    from = match.index + match[0].length
    if (match[2] === 'm' && /^[\d;:]*$/.test(match[1])) style = restyle(style, match[1])
    else if (match[3]?.startsWith('8;')) style = { ...style, href: safeLink(match[3].slice(match[3].indexOf(';', 2) + 1)) }
  }
  put(text.length)
  return { spans, style }
}

export const plainText = (text: string): string => parse(text).spans.map((span) => span.text).join('')

/** Splits plain text at addresses: odd elements are links. A closing bracket or full stop belongs to the sentence. */
export function splitLinks(text: string): string[] {
  if (!text.includes('://')) return [text]
  return text.split(/(\bhttps?:\/\/[^\s<>"'`\u3000-\u303f\uff00-\uffef]*[^\s<>"'`.,;:!?)\]}\u3000-\u303f\uff00-\uffef])/)
}
