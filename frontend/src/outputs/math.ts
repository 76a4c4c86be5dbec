// Formulas: where they are in a text (pure), and setting them with KaTeX, which is loaded when the first one nears the viewport.

declare const BUILT_MATH_CSS: string

export type Piece = { is: 'text'; text: string } | { is: 'math'; tex: string; display: boolean; source: string }

const ENVIRONMENTS = 'equation|align|alignat|gather|multline|eqnarray|flalign|matrix|pmatrix|bmatrix|vmatrix|cases|array|split|CD'
const MATH = new RegExp(
  String.raw`\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|(\\begin\{((?:${ENVIRONMENTS})\*?)\}[\s\S]+?\\end\{\5\})|(?<![\\$])\$(?![\s$])((?:\\[\s\S]|[^$\\])*?(?:\\[\s\S]|[^\s$\\]))\$(?!\d)`,
  'g',
)

/** Splits a text at its formulas: $…$, $$…$$, \(…\), \[…\] and bare environments. */
export function splitMath(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of text.matchAll(MATH)) {
    if (match.index > from) pieces.push({ is: 'text', text: text.slice(from, match.index) })
    from = match.index + match[0].length
    const tex = match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[6]
    pieces.push({ is: 'math', tex, display: match[3] === undefined && match[6] === undefined, source: match[0] })
  }
  if (from < text.length) pieces.push({ is: 'text', text: text.slice(from) })
  return pieces
}

/** A place for a formula: reads as its source until it is set. */
export function mathElement(tex: string, display: boolean, source: string): HTMLElement {
  const element = document.createElement(display ? 'div' : 'span')
  element.className = display ? 'math display' : 'math'
  element.dataset.tex = tex
  element.textContent = source
  return element
}

type Katex = typeof import('katex').default
let loading: Promise<Katex> | null = null
// \newcommand in one cell holds in the next, as it does in Jupyter.
const macros = {}

function load(): Promise<Katex> {
  loading ??= Promise.all([import('katex'), style()]).then(([katex]) => katex.default)
  loading.catch(() => (loading = null))
  return loading
}

/** Fetched with KaTeX, or formulas would jump. */
function style(): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = new URL(BUILT_MATH_CSS, import.meta.url).href
    link.onload = () => resolve()
    link.onerror = () => reject(new Error(link.href))
    document.head.append(link)
  })
}

/** Browsers lay out boxes by recursion: a tab with some thousand of them inside one another dies. */
const DEEPEST = 400

function isTooDeep(root: Element): boolean {
  let depth = 0
  let at: Element | null = root
  while (at) {
    if (at.firstElementChild) {
      at = at.firstElementChild
      if (++depth > DEEPEST) return true
      continue
    }
    while (at && at !== root && !at.nextElementSibling) {
      at = at.parentElement
      depth--
    }
    at = at === root ? null : (at?.nextElementSibling ?? null)
  }
  return false
}

function set(katex: Katex, element: HTMLElement): void {
  const tex = element.dataset.tex
  if (tex === undefined) return
  const made = document.createElement('span')
  try {
    katex.render(tex, made, {
      displayMode: element.classList.contains('display'),
      output: 'htmlAndMathml',
      strict: 'ignore',
      trust: false,
      maxExpand: 1000,
      maxSize: 50,
      globalGroup: true,
      macros,
    })
    if (isTooDeep(made)) throw new Error('too deep')
    element.replaceChildren(...made.childNodes)
  } catch (problem) {
    element.classList.add('broken')
    element.title = problem instanceof Error ? problem.message : String(problem)
  }
  delete element.dataset.tex
}

/** Sets the formulas in `root` at once. */
export async function setMath(root: ParentNode): Promise<void> {
  const found = [...root.querySelectorAll<HTMLElement>('.math[data-tex]')]
  if (!found.length) return
  const katex = await load()
  for (const element of found) set(katex, element)
}

let watcher: IntersectionObserver | null = null

/** Sets the formulas in `root` when it comes near the viewport. */
export function setMathSoon(root: HTMLElement): void {
  if (!root.querySelector('.math[data-tex]')) return
  watcher ??= new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries)
        if (isIntersecting) {
          watcher?.unobserve(target)
          setMath(target).catch(() => target.classList.add('mathless'))
        }
    },
    { rootMargin: '1200px 0px' },
  )
  watcher.observe(root)
}
