// Pictures: bitmaps and SVG, always as <img>, where nothing in them can act.
import { t } from '../i18n'
import type { Output } from '../model/messages'
import { blobOf, blobUrl, inlineText, type OutputContext } from './context'

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/

/** The address of a picture's bytes: kept apart on the server, or inside the output. */
export function pictureAddress(output: Output, mime: string, context: OutputContext): string {
  const hash = blobOf(output, mime)
  if (hash) return blobUrl(context, hash, mime)
  const text = inlineText(output, mime)
  if (mime === 'image/svg+xml') return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  if (!BASE64.test(text)) throw new Error(t('out.image.broken'))
  return `data:${mime};base64,${text.replace(/\s+/g, '')}`
}

const record = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {})

/** What the picture shows, as far as its maker says. */
function description(output: Output): string {
  const said = record(output.metadata).alt
  if (typeof said === 'string' && said) return said
  const text = inlineText(output, 'text/plain').trim()
  return text.length > 0 && text.length < 300 ? text.replace(/^<(.*)>$/s, '$1') : t('out.image')
}

/** Waits until the picture can be painted, so that one that replaces another does not flicker. */
export async function imageView(output: Output, mime: string, context: OutputContext): Promise<HTMLElement> {
  const image = document.createElement('img')
  image.alt = description(output)
  image.decoding = 'async'
  const metadata = { ...record(output.metadata), ...record(record(output.metadata)[mime]) }
  for (const side of ['width', 'height'] as const) {
    const size = Number(metadata[side])
    if (Number.isFinite(size) && size > 0) image[side] = Math.min(Math.round(size), 10_000)
  }
  if (metadata.needs_background === 'light' || mime === 'image/svg+xml') image.classList.add('plot')
  image.src = pictureAddress(output, mime, context)
  try {
    await image.decode()
  } catch {
    // SVG without a size cannot be decoded ahead but may still be painted; what cannot says so.
    image.addEventListener('error', () => image.replaceWith(broken()))
    if (image.complete && !image.naturalWidth && mime !== 'image/svg+xml') return broken()
  }
  return image
}

function broken(): HTMLElement {
  const words = document.createElement('p')
  words.className = 'broken'
  words.textContent = t('out.image.broken')
  return words
}
