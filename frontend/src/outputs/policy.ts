// Parses foreign markup into an inert document, to be looked at and sanitised; it is never put into the page as it is.
//
// Browsers report inline styles, handlers and base addresses against the page's policy even while a parser makes a document where none
// can act; and the fields of a form hide the form's own properties. So their names are made unknown in the text (a private character
// inside them) and read back in the tree, before anything else looks at it.

let policy: Pick<TrustedTypePolicy, 'createHTML'> | null = null

function parse(html: string): Document {
  policy ??= window.trustedTypes?.createPolicy('octavo', { createHTML: (text: string) => text }) ?? null
  return new DOMParser().parseFromString((policy?.createHTML(html) ?? html) as string, 'text/html')
}

/** A document's own body or head: pictures and objects in it can hide them behind their names. */
const partOf = (made: Document, part: 'body' | 'head'): HTMLElement =>
  Object.getOwnPropertyDescriptor(Document.prototype, part)?.get?.call(made) as HTMLElement

const MARK = '\ue010'
const MARKS = /\ue010/g
const NAMES = /(?<!<|<\/)\b(?:sty(?=le\s*=)|on(?=[a-z]+\s*=))/gi
const TAGS = /<(?:ba(?=se[\s/>])|\/?fo(?=rm[\s/>]))/gi
/** Never shown, so their attributes stay as they are: setting some of them is reported too. */
const SINKS = new Set(['script', 'iframe', 'object', 'embed'])
/** Where a style attribute's text waits until html.ts applies it by CSSOM. */
export const HELD_STYLE = 'data-octavo-style'
const HELD_SHEET = 'data-octavo-sheet'

export interface Inert {
  /** Without style elements, style attributes (held in `HELD_STYLE`) and handlers. */
  body: HTMLElement
  /** The texts of the style elements. */
  sheets: string[]
  /** Something in it has a handler. */
  handlers: boolean
}

/** Parses `html` where nothing loads, runs or is reported. */
export function parseInert(html: string): Inert {
  const text = html.replace(MARKS, '').replace(NAMES, `$&${MARK}`).replace(TAGS, `$&${MARK}`)
  // `xmp` reads its text as raw as `style` does.
  const made = parse(text.replace(/<style(?=[\s/>])/gi, `<xmp ${HELD_SHEET}`).replace(/<\/style(?=[\s/>])/gi, '</xmp'))
  const body = partOf(made, 'body')
  body.prepend(...partOf(made, 'head').childNodes)
  const sheets: string[] = []
  let handlers = false
  for (const element of body.querySelectorAll('*')) {
    for (const { name, value } of [...element.attributes]) {
      if (!name.includes(MARK)) {
        if (value.includes(MARK) && !SINKS.has(element.localName)) element.setAttribute(name, value.replace(MARKS, ''))
        continue
      }
      const meant = name.replace(MARKS, '').toLowerCase()
      element.removeAttribute(name)
      if (meant === 'style') element.setAttribute(HELD_STYLE, value.replace(MARKS, ''))
      else handlers = true
    }
  }
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const node = walker.currentNode as Text
    if (node.data.includes(MARK)) node.data = node.data.replace(MARKS, '')
  }
  for (const sheet of body.querySelectorAll(`[${HELD_SHEET}]`)) {
    sheets.push(sheet.textContent ?? '')
    sheet.remove()
  }
  return { body, sheets, handlers }
}
