// The bar of find and replace: fields, switches, what was found.
import { icon } from '../icons/icons'
import { t, type Key } from '../i18n'
import { button } from './controls'
import type { Query } from './finding'

export interface FindActs {
  changed(): void
  go(by: -1 | 1): void
  replace(): void
  replaceAll(): void
  close(): void
}

function field(label: string, act: () => void): { box: HTMLElement; input: HTMLInputElement } {
  const box = document.createElement('label')
  box.className = 'in'
  const name = document.createElement('span')
  name.className = 'vh'
  name.textContent = label
  const input = document.createElement('input')
  input.placeholder = label
  input.autocomplete = 'off'
  input.spellcheck = false
  input.autocapitalize = 'off'
  input.addEventListener('input', act)
  box.append(name, input)
  return { box, input }
}

const row = (...children: Node[]): HTMLElement => {
  const made = document.createElement('div')
  made.className = 'row'
  made.append(...children)
  return made
}

export class FindBar {
  readonly element = document.createElement('form')
  readonly what: HTMLInputElement
  readonly by: HTMLInputElement
  private readonly count = document.createElement('output')
  private readonly second: HTMLElement
  private readonly more: HTMLButtonElement
  private readonly switches: Record<'matchCase' | 'word' | 'regexp', HTMLButtonElement>

  constructor(private readonly acts: FindActs) {
    const { element } = this
    element.className = 'find'
    element.role = 'search'
    element.ariaLabel = t('find')
    const what = field(t('find.what'), acts.changed)
    what.box.prepend(icon('search'))
    this.what = what.input
    const by = field(t('find.with'), () => undefined)
    this.by = by.input
    this.count.className = 'tn muted'
    this.count.setAttribute('role', 'status')
    what.box.append(this.count)
    this.switches = { matchCase: this.switch('Aa', 'find.case'), word: this.switch('ab', 'find.word'), regexp: this.switch('.*', 'find.pattern') }
    this.more = button({ icon: 'right', label: t('find.more.replace'), press: () => this.showReplace(Boolean(this.second.hidden)) })
    this.more.ariaExpanded = 'false'
    this.second = row(
      by.box,
      button({ label: t('find.replace'), shown: true, className: 'b edge', press: acts.replace }),
      button({ label: t('find.replaceAll'), shown: true, className: 'b edge', press: acts.replaceAll }),
    )
    this.second.hidden = true
    const steps = row(
      this.more,
      ...Object.values(this.switches),
      button({ icon: 'up', label: t('find.previous'), press: () => acts.go(-1) }),
      button({ icon: 'dn', label: t('find.next'), press: () => acts.go(1) }),
      button({ icon: 'x', label: t('close'), press: acts.close }),
    )
    steps.className = 'row steps'
    element.append(what.box, steps, this.second)
    element.addEventListener('submit', (event) => event.preventDefault())
    element.addEventListener('keydown', (event) => this.key(event))
  }

  get query(): Query {
    const on = (name: 'matchCase' | 'word' | 'regexp'): boolean => this.switches[name].ariaPressed === 'true'
    return { text: this.what.value, matchCase: on('matchCase'), word: on('word'), regexp: on('regexp') }
  }

  showReplace(show: boolean): void {
    this.second.hidden = !show
    this.more.ariaExpanded = String(show)
    this.more.replaceChildren(icon(show ? 'down' : 'right'))
    if (show && document.activeElement !== this.what) this.by.focus()
    else this.what.focus()
  }

  /** `bad`: a sentence about what was written, not a number. */
  say(text: string, bad = false): void {
    if (this.count.textContent !== text) this.count.textContent = text
    this.what.ariaInvalid = String(bad)
  }

  private switch(face: string, label: Key & `find.${'case' | 'word' | 'pattern'}`): HTMLButtonElement {
    const made = button({ label: face, shown: true, press: () => {
      made.ariaPressed = String(made.ariaPressed !== 'true')
      this.acts.changed()
    } })
    made.ariaLabel = made.title = t(label)
    made.ariaPressed = 'false'
    return made
  }

  private key(event: KeyboardEvent): void {
    const held = event.ctrlKey || event.metaKey
    const letter = held ? event.key.toLowerCase() : ''
    if (event.isComposing) return
    if (event.key === 'Escape') this.acts.close()
    else if (event.key === 'F3' || letter === 'g') this.acts.go(event.shiftKey ? -1 : 1)
    else if (letter === 'f') this.what.select()
    else if (letter === 'h') this.showReplace(true)
    else if (event.key === 'Enter' && event.target === this.what) this.acts.go(event.shiftKey ? -1 : 1)
    else if (event.key === 'Enter' && event.target === this.by) this.acts.replace()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
}
