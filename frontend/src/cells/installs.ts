// One installation as it is shown, under the error that asked for it and in the dialog: how far it is, how it ended, what to do next.
// Plain DOM; while it runs only texts change, so that a button keeps the focus.
import { formatList } from '../i18n'
import { wordFor, words } from '../i18n/packages'
import type { Install, Package } from '../model/messages'
import type { Live } from '../sync/live'

const SHOWN_PACKAGES = 5
const LOG_PAUSE = 1000

/** What a person can do with it, besides cancelling and reading the log. */
export interface InstallActions {
  /** The cell whose error asked for it is there: run it again. */
  runAgain?(install: Install): void
  restart?(install: Install): void
  tryAgain?(install: Install): void
  /** Put its end away; who has no such button puts it away otherwise. */
  close?(install: Install): void
  /** A line below it while it runs. */
  hint?: string
  failed(problem: unknown): void
}

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', text = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text) made.textContent = text
  return made
}

export function button(text: string, className: string, act: () => void): HTMLButtonElement {
  const made = element('button', className, text)
  made.type = 'button'
  made.addEventListener('click', act)
  return made
}

const packageText = ({ name, before, after }: Package): string =>
  !after ? words('removed', { name }) : before ? words('changed', { name, before, after }) : `${name} ${after}`

/** The packages that were asked for first, the others after them. */
export function packagesOf({ packages = [], names = [] }: Install): { shown: string; more: number } {
  const plain = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-')
  const asked = new Set(names.map((name) => plain(/^[\w.-]+/.exec(name)?.[0] ?? '')))
  const sorted = [...packages.filter(({ name }) => asked.has(plain(name))), ...packages.filter(({ name }) => !asked.has(plain(name)))]
  const more = Math.max(0, sorted.length - SHOWN_PACKAGES)
  const shown = sorted.slice(0, SHOWN_PACKAGES).map(packageText)
  return { shown: more ? shown.join(words('comma')) : formatList(shown), more }
}

/** How it is or went, in a sentence. */
export function headline(install: Install): string {
  const { state, why = '', about = '', packages = [], names = [] } = install
  const { shown, more } = packagesOf(install)
  if (state === 'done') return !packages.length ? words('done.nothing') : more ? words('done.more', { packages: shown, n: more }) : words('done', { packages: shown })
  if (state === 'cancelled') return packages.length ? words('cancelled.changed', { packages: shown }) : words('cancelled')
  if (state === 'failed') return wordFor('why', why, { about: about || formatList([...names]) }, 'why.other')
  return words('running', { names: formatList([...names]) })
}

function stepText({ step = '', what = '', percent }: Install): string {
  if (!step) return ''
  return step === 'downloading' && percent != null ? words('step.downloading.percent', { what, percent }) : wordFor('step', step, { what }, 'step.looking')
}

export class InstallPanel {
  readonly element = element('div', 'install')
  private readonly head = element('p', 'how')
  private readonly rest = element('div')
  private readonly step = element('p', 'step')
  private readonly bar = element('progress')
  private readonly logBox = element('pre', 'installlog')
  private logOpen = false
  private logTimer: ReturnType<typeof setTimeout> | undefined
  private key = ''
  private install: Install = {}
  private cancelling = false

  constructor(
    private readonly live: Live,
    private readonly actions: InstallActions,
  ) {
    this.head.role = 'status'
    this.bar.ariaLabel = words('progress')
    this.logBox.tabIndex = 0
    this.logBox.role = 'region'
    this.logBox.ariaLabel = words('log.of')
    this.element.append(this.head, this.rest)
  }

  update(install: Install): void {
    if (install.id !== this.install.id) {
      this.logOpen = this.cancelling = false
    }
    this.install = install
    const key = JSON.stringify([install.id, install.state, install.restart])
    if (key !== this.key) {
      this.key = key
      this.rebuild()
    }
    const text = this.cancelling && this.runs ? words('cancelling') : headline(install)
    if (this.head.textContent !== text) this.head.textContent = text
    this.element.dataset.state = install.state ?? 'running'
    if (!this.runs) return
    this.step.textContent = stepText(install)
    if (install.step === 'downloading' && install.percent != null) this.bar.value = install.percent / 100
    else this.bar.removeAttribute('value')
    if (this.logOpen) this.fetchLog(LOG_PAUSE)
  }

  dispose(): void {
    clearTimeout(this.logTimer)
    this.element.remove()
  }

  private get runs(): boolean {
    return (this.install.state ?? 'running') === 'running'
  }

  private rebuild(): void {
    const { install } = this
    const hadFocus = this.element.contains(document.activeElement)
    const row = element('div', 'acts2')
    if (this.runs) {
      row.append(button(words('cancel'), 'b', () => this.cancel()), this.logButton())
      this.rest.replaceChildren(this.step, this.bar, row)
      if (this.actions.hint) this.rest.append(element('p', 'hint', this.actions.hint))
    } else {
      const { close } = this.actions
      row.append(...this.next(), this.logButton())
      if (close) row.append(button(words('close'), 'b', () => close(install)))
      this.rest.replaceChildren(...this.notes(), row)
    }
    if (this.logOpen) {
      this.rest.append(this.logBox)
      this.fetchLog(0)
    }
    if (hadFocus) row.querySelector('button')?.focus({ preventScroll: true })
  }

  private notes(): HTMLElement[] {
    const { restart = [], complaints = [], conda, state } = this.install
    const notes: HTMLElement[] = []
    if (restart.length) notes.push(element('p', 'note', words('restart.why', { modules: formatList([...restart]), n: restart.length })))
    if (complaints.length) {
      const list = element('ul')
      list.append(...complaints.map((text) => element('li', '', text)))
      notes.push(element('p', 'note', words('complaints')), list)
    }
    if (conda && state === 'done') notes.push(element('p', 'note', words('conda')))
    return notes
  }

  /** What a person most likely wants now. */
  private next(): HTMLElement[] {
    const { install, actions } = this
    const { runAgain, restart, tryAgain } = actions
    if (install.state !== 'done') return tryAgain ? [button(words('again'), 'b edge', () => tryAgain(install))] : []
    const mustRestart = Boolean(install.restart?.length)
    if (runAgain) return [button(words(mustRestart ? 'restart.run' : 'run'), 'b main', () => runAgain(install))]
    return mustRestart && restart ? [button(words('restart'), 'b edge', () => restart(install))] : []
  }

  private cancel(): void {
    this.cancelling = true
    this.head.textContent = words('cancelling')
    this.live.ask({ type: 'installCancel', install: this.install.id ?? '' }).catch((problem: unknown) => this.actions.failed(problem))
  }

  private logButton(): HTMLButtonElement {
    const made = button(words('log'), 'b', () => {
      this.logOpen = !this.logOpen
      made.ariaExpanded = String(this.logOpen)
      if (!this.logOpen) return this.logBox.remove()
      this.rest.append(this.logBox)
      this.fetchLog(0)
    })
    made.ariaExpanded = String(this.logOpen)
    return made
  }

  /** The log as it is now; while it grows not more often than one can read. */
  private fetchLog(pause: number): void {
    if (this.logTimer !== undefined && pause) return
    clearTimeout(this.logTimer)
    this.logTimer = setTimeout(() => {
      this.logTimer = undefined
      this.live.ask({ type: 'installLog', install: this.install.id ?? '' }).then(
        ({ data }) => {
          const atEnd = this.logBox.scrollTop + this.logBox.clientHeight >= this.logBox.scrollHeight - 8
          this.logBox.textContent = typeof data === 'string' ? data : ''
          if (atEnd) this.logBox.scrollTop = this.logBox.scrollHeight
        },
        (problem: unknown) => this.actions.failed(problem),
      )
    }, pause)
  }
}
