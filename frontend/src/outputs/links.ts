// Where the addresses inside a notebook lead. Pure. Relative ones mean the notebook's folder.

/** A path without `.` and `..`; null when it would leave the root. */
export function joinPath(folder: string, relative: string): string | null {
  const parts = folder ? folder.split('/') : []
  for (const part of relative.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return null
  }
  return parts.join('/')
}

export const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

const hasScheme = (address: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(address) || address.startsWith('//')

function local(address: string, folder: string): { path: string; rest: string } | null {
  const [, bare, rest] = /^([^?#]*)(.*)$/s.exec(address) as RegExpExecArray
  const plain = bare ? decoded(bare) : null
  const path = plain === null ? null : joinPath(plain.startsWith('/') ? '' : folder, plain)
  return path ? { path, rest } : null
}

/** The address that a link of a notebook in `folder` is given; null: none. */
export function linkTarget(href: string, base: string, folder: string): string | null {
  const address = href.replace(/[\t\n\r]/g, '').trim()
  if (address.startsWith('#')) return address.length > 1 ? `#h:${address.slice(1)}` : null
  if (/^(?:https?:|mailto:)/i.test(address)) return address
  if (hasScheme(address)) return null
  const found = local(address, folder)
  if (!found) return null
  const hash = found.rest.replace(/^[^#]*/, '')
  return `${base}${found.path.toLowerCase().endsWith('.ipynb') ? 'n' : 'files'}/${encodePath(found.path)}${hash.length > 1 ? `#h:${hash.slice(1)}` : ''}`
}

export type Picture = { is: 'shown'; src: string } | { is: 'elsewhere'; src: string } | { is: 'attachment'; name: string } | { is: 'nothing' }

/** Where a picture comes from. Other servers are never asked by themselves: that would tell them who reads what. */
export function pictureSource(src: string, base: string, folder: string): Picture {
  const address = src.replace(/[\t\n\r]/g, '').trim()
  if (/^data:image\/(?:png|jpe?g|gif|webp|bmp|svg\+xml|avif)[;,]/i.test(address)) return { is: 'shown', src: address }
  if (/^https?:/i.test(address)) return { is: 'elsewhere', src: address }
  if (address.startsWith('attachment:')) return { is: 'attachment', name: decoded(address.slice(11)) ?? '' }
  if (hasScheme(address)) return { is: 'nothing' }
  const found = local(address, folder)
  return found ? { is: 'shown', src: `${base}files/${encodePath(found.path)}` } : { is: 'nothing' }
}

/** The name by which a heading is linked, as Jupyter makes it. */
export const headingName = (text: string): string => text.trim().replace(/\s+/g, '-')
