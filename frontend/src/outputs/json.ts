// JSON as a tree: what is folded has no nodes yet, long lists come a page at a time.
import { t } from '../i18n'

const PAGE = 100

function make(tag: 'div' | 'span', className: string, text: string): HTMLElement {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}

function leaf(value: unknown): HTMLElement {
  if (typeof value === 'string') return make('span', 'js', JSON.stringify(value))
  if (typeof value === 'number') return make('span', 'jn', String(value))
  return make('span', 'jc', String(value))
}

function row(key: string | null, value: unknown, open: boolean): HTMLElement {
  if (typeof value === 'object' && value !== null) return branch(key, value, open)
  const line = document.createElement('div')
  if (key !== null) line.append(make('span', 'jk', key), ': ')
  line.append(leaf(value))
  return line
}

function branch(key: string | null, value: object, open: boolean): HTMLElement {
  const list = Array.isArray(value)
  const keys = list ? null : Object.keys(value)
  const size = keys ? keys.length : (value as unknown[]).length
  const details = document.createElement('details')
  const summary = document.createElement('summary')
  if (key !== null) summary.append(make('span', 'jk', key), ': ')
  summary.append(make('span', 'jc', `${list ? '[' : '{'} ${t('out.items', { n: size })} ${list ? ']' : '}'}`))
  details.append(summary)
  let shown = 0
  const more = (): void => {
    const until = Math.min(size, shown + PAGE)
    for (; shown < until; shown++) {
      const name = keys ? keys[shown] : String(shown)
      details.append(row(name, (value as Record<string, unknown>)[name], false))
    }
    if (shown === size) return
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'b'
    button.textContent = t('out.more', { n: size - shown })
    button.addEventListener('click', () => {
      button.remove()
      more()
    })
    details.append(button)
  }
  const fill = (): void => {
    if (details.open && shown === 0) more()
  }
  details.addEventListener('toggle', fill)
  details.open = open
  fill()
  return details
}

export function jsonView(value: unknown): HTMLElement {
  const tree = document.createElement('div')
  tree.className = 'json'
  tree.append(row(null, value, true))
  return tree
}
