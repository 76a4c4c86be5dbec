// HTML from notebooks: is there anything in it that acts, and its safe part, in a shadow root that its style cannot leave.
// The page's policy blocks style elements and attributes, so the first become adopted sheets and the second CSSOM assignments.
import DOMPurify from 'dompurify'
import { t } from '../i18n'
import type { OutputContext } from './context'
import { linkTarget, pictureSource } from './links'
import { HELD_STYLE, parseInert, type Inert } from './policy'
import { sheetText } from './sheet'

const ACTS = 'script, iframe, frame, object, embed, applet, portal, meta[http-equiv]'
const URL_ATTRIBUTES = new Set(['href', 'src', 'action', 'formaction', 'data', 'xlink:href'])

/** Reads `html`, and whether anything in it would run: then it belongs into a frame. */
export function readHtml(html: string): Inert & { script: boolean } {
  const inert = parseInert(html)
  return { ...inert, script: inert.handlers || inert.body.querySelector(ACTS) !== null || hasScriptAddress(inert.body) }
}

function hasScriptAddress(body: HTMLElement): boolean {
  for (const element of body.querySelectorAll('[href], [src], [action], [formaction], [data], [*|href]'))
    for (const { name, value } of element.attributes)
      if (URL_ATTRIBUTES.has(name.toLowerCase()) && /^[\x00-\x20]*javascript:/i.test(value.replace(/[\t\n\r]/g, ''))) return true
  return false
}

const purify = DOMPurify(window)

const CONFIG = {
  USE_PROFILES: { html: true, mathMl: true, svg: true },
  FORBID_TAGS: ['style', 'form', 'button', 'textarea', 'select', 'option', 'base', 'link', 'meta', 'foreignobject', 'use', 'image', 'feimage', 'animate', 'set', 'animatemotion', 'animatetransform', 'dialog', 'template', 'slot'],
  FORBID_ATTR: ['srcset', 'action', 'formaction', 'background', 'poster', 'ping', 'autofocus', 'tabindex', 'accesskey', 'contenteditable', 'is', 'slot', 'part', 'popover', 'usemap', 'name'],
  // As DOMPurify has it, and what a Markdown cell carries. Links and pictures are looked at once more below.
  ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|attachment):|[^a-z]|[a-z+.\-]+(?:[^a-z+.\-:]|$))/i,
  ALLOW_ARIA_ATTR: true,
  SANITIZE_NAMED_PROPS: false,
  RETURN_DOM_FRAGMENT: true as const,
}

/** A value that would make the browser ask a server. */
const asks = (value: string): boolean => /(?:url|src|image|image-set|cross-fade|element|paint)\s*\(/i.test(value) && !/^url\("data:image\/[^"]*"\)$/i.test(value.trim())

function cleanStyle(style: CSSStyleDeclaration): void {
  for (const name of [...style]) {
    const value = style.getPropertyValue(name)
    if (asks(value) || (name.startsWith('--') && /[\\(]/.test(value)) || (name === 'position' && /fixed|sticky/.test(value))) style.removeProperty(name)
  }
}

function cleanRules(owner: CSSStyleSheet | CSSGroupingRule): void {
  for (let at = owner.cssRules.length - 1; at >= 0; at--) {
    const rule = owner.cssRules[at]
    if (rule instanceof CSSStyleRule) {
      cleanStyle(rule.style)
      if (rule.cssRules?.length) cleanRules(rule as unknown as CSSGroupingRule)
    } else if (rule instanceof CSSGroupingRule) cleanRules(rule)
    else if (!(rule instanceof CSSKeyframesRule)) owner.deleteRule(at)
  }
}

/** A style sheet that asks no server for anything. */
function cleanSheet(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text.replace(/@import[^;]*;?/gi, ''))
  cleanRules(sheet)
  return sheet
}

export interface Sources extends Pick<OutputContext, 'base' | 'folder'> {
  /** Pictures that a Markdown cell carries, by name, as data addresses. */
  attachment?(name: string): string | null
}

/** A link in the place of a picture that another server would have to be asked for. */
function elsewhere(src: string, alt: string): HTMLElement {
  const link = document.createElement('a')
  link.href = src
  link.textContent = alt || src
  outward(link)
  return link
}

function outward(link: Element): void {
  link.setAttribute('target', '_blank')
  link.setAttribute('rel', 'noopener noreferrer')
}

function picture(image: HTMLImageElement, sources: Sources): void {
  if (!image.hasAttribute('alt')) image.alt = t('out.image')
  const found = pictureSource(image.getAttribute('src') ?? '', sources.base, sources.folder)
  const src = found.is === 'attachment' ? (sources.attachment?.(found.name) ?? null) : found.is === 'shown' ? found.src : null
  if (src) {
    image.setAttribute('src', src)
    image.setAttribute('loading', 'lazy')
  } else if (found.is === 'elsewhere') image.replaceWith(elsewhere(found.src, image.alt))
  else image.removeAttribute('src')
}

/** The safe part of what was read as nodes, addresses made right and styles applied. */
export function sanitise({ body }: Inert, sources: Sources): DocumentFragment {
  const fragment = purify.sanitize(body, CONFIG)
  for (const element of fragment.querySelectorAll<HTMLElement>(`[${HELD_STYLE}]`)) {
    element.style.cssText = element.getAttribute(HELD_STYLE) ?? ''
    element.removeAttribute(HELD_STYLE)
    cleanStyle(element.style)
  }
  for (const link of fragment.querySelectorAll('a, area')) {
    const target = linkTarget(link.getAttribute('href') ?? link.getAttribute('xlink:href') ?? '', sources.base, sources.folder)
    link.removeAttribute('xlink:href')
    link.removeAttribute('target')
    if (target === null) link.removeAttribute('href')
    else {
      link.setAttribute('href', target)
      if (!target.startsWith('#') && !target.startsWith(sources.base)) outward(link)
    }
  }
  for (const image of fragment.querySelectorAll('img')) picture(image, sources)
  for (const media of fragment.querySelectorAll('audio, video, source, track')) {
    const found = /^data:(?:audio|video)\//i.test(media.getAttribute('src') ?? '')
    if (!found) media.removeAttribute('src')
  }
  for (const input of fragment.querySelectorAll('input')) {
    if (input.type === 'checkbox') input.disabled = true
    else input.remove()
  }
  for (const element of fragment.querySelectorAll('svg [fill], svg [stroke], svg [filter], svg [mask], svg [clip-path], svg [marker-end]'))
    for (const { name, value } of [...element.attributes]) if (/url\(\s*["']?(?!#)/i.test(value)) element.removeAttribute(name)
  return fragment
}

let ours: CSSStyleSheet | null = null

function ourSheet(): CSSStyleSheet {
  if (!ours) {
    ours = new CSSStyleSheet()
    ours.replaceSync(sheetText)
  }
  return ours
}

/** The safe part of what was read, shut off from the page both ways. */
export function htmlView(read: Inert, context: OutputContext): HTMLElement {
  const host = document.createElement('div')
  host.className = 'htmlhost'
  const root = host.attachShadow({ mode: 'open' })
  root.adoptedStyleSheets = [ourSheet(), ...read.sheets.map(cleanSheet)]
  root.append(sanitise(read, context))
  for (const table of root.querySelectorAll('table')) wrapTable(table)
  root.addEventListener('click', (event) => {
    const link = (event.target as Element | null)?.closest?.('a[href^="#h:"]')
    if (!link) return
    event.preventDefault()
    root.getElementById(decodeURIComponent((link.getAttribute('href') ?? '').slice(3)))?.scrollIntoView({ block: 'nearest' })
  })
  return host
}

/** A wide table scrolls by itself, by key too. */
function wrapTable(table: HTMLTableElement): void {
  if (table.parentElement?.closest('table, .scroll')) return
  const box = document.createElement('div')
  box.className = 'scroll'
  box.tabIndex = 0
  box.setAttribute('role', 'group')
  box.setAttribute('aria-label', table.caption?.textContent?.trim() || t('out.table'))
  table.replaceWith(box)
  box.append(table)
  // An empty corner heads nothing.
  for (const corner of table.querySelectorAll('th:empty')) {
    const cell = document.createElement('td')
    for (const { name, value } of corner.attributes) if (name !== 'style') cell.setAttribute(name, value)
    corner.replaceWith(cell)
  }
}
