// Which of an output's forms is shown. Pure. The order is JupyterLab's: structured data, HTML, Markdown, LaTeX, SVG, bitmaps,
// scripts, text.

export type Kind = 'json' | 'html' | 'markdown' | 'latex' | 'svg' | 'image' | 'script' | 'text'

const ORDER: readonly (readonly [mime: string, kind: Kind])[] = [
  ['application/json', 'json'],
  ['application/geo+json', 'json'],
  ['text/html', 'html'],
  ['text/markdown', 'markdown'],
  ['text/latex', 'latex'],
  ['image/svg+xml', 'svg'],
  ['image/bmp', 'image'],
  ['image/png', 'image'],
  ['image/jpeg', 'image'],
  ['image/gif', 'image'],
  ['image/webp', 'image'],
  ['application/javascript', 'script'],
  ['text/javascript', 'script'],
]
const TEXT = ['text/plain', 'application/vnd.jupyter.stdout', 'application/vnd.jupyter.stderr']

export interface Choice {
  mime: string
  kind: Kind
  /** A richer form that is there and that we cannot show: said beside the text. */
  unknown: string | null
}

/** The form to show, or null for an output without any. */
export function choose(data: Readonly<Record<string, unknown>>): Choice | null {
  const mimes = Object.keys(data)
  for (const [mime, kind] of ORDER) if (data[mime] !== undefined) return { mime, kind, unknown: null }
  const text = TEXT.find((mime) => data[mime] !== undefined)
  const unknown = mimes.find((mime) => !TEXT.includes(mime)) ?? null
  if (text) return { mime: text, kind: 'text', unknown }
  if (!unknown) return null
  const kind = unknown.endsWith('+json') ? 'json' : 'text'
  return { mime: unknown, kind, unknown }
}
