// Packages that are missing: the offer under an error, and the dialog. Fetched when a module was not found, or when somebody asks.
import { effect } from '@preact/signals'
import { wordFor, words } from '../i18n/packages'
import type { CellResults, Install, Output } from '../model/messages'
import { newId } from '../sync/place'
import { button, element, headline, InstallPanel, packagesOf } from './installs'
import { missingModule } from './missing'
import { runCells, tell } from './running'
import type { NotebookView } from './view'

interface Suggestion {
  module: string
  name: string
  known: boolean
}

const isSuggestion = (data: unknown): data is Suggestion =>
  typeof data === 'object' && data !== null && typeof (data as Suggestion).name === 'string' && typeof (data as Suggestion).known === 'boolean'

/** The module that a cell of this page's notebook could not import. */
const moduleOf = ({ outputs = [] }: CellResults): string | null => outputs.map((output: Output) => missingModule(output)).find(Boolean) ?? null

interface Offer {
  module: string
  element: HTMLElement
  panel: InstallPanel | null
}

/** All of one view's. */
export class Packages {
  private readonly offers = new Map<string, Offer>()
  private readonly suggestions = new Map<string, Promise<Suggestion | null>>()
  private readonly ends: (() => void)[] = []
  private readonly dialog: Dialog
  private told: string | null = null

  constructor(private readonly view: NotebookView) {
    this.dialog = new Dialog(view, this)
    this.ends.push(
      view.live.state.onResults((cell, results) => this.look(cell, results)),
      effect(() => this.take(view.live.state.install.value)),
    )
    for (const [cell, results] of view.live.state.results) this.look(cell, results)
  }

  open(text = '', cell = ''): void {
    this.dialog.open(text, cell)
  }

  dispose(): void {
    for (const end of this.ends) end()
    for (const cell of [...this.offers.keys()]) this.drop(cell)
    this.dialog.dispose()
  }

  /** Asks for it; what is wrong with it is answered as a sentence. */
  async install(text: string, cell: string, options: { upgrade?: boolean; addresses?: boolean } = {}): Promise<string | null> {
    try {
      const { data } = await this.view.live.ask({ type: 'installPackages', text, cell, ...options }, newId())
      const said = data as { wrong?: string; what?: string } | null | undefined
      return said?.wrong ? wordFor('wrong', said.wrong, { what: said.what ?? '' }, 'wrong.name') : null
    } catch (problem) {
      tell(this.view, problem)
      return ''
    }
  }

  runAgain({ cell = '', restart = [], id = '' }: Install): void {
    const { view } = this
    this.dismiss(id)
    view.select({ active: cell, anchor: cell })
    view.focusActive()
    if (restart.length) view.live.ask({ type: 'restart', run: [cell] }).catch((problem: unknown) => tell(view, problem))
    else runCells(view, [cell])
  }

  restart({ id = '' }: Install): void {
    this.dismiss(id)
    this.view.live.ask({ type: 'restart' }).catch((problem: unknown) => tell(this.view, problem))
  }

  dismiss(install: string): void {
    this.view.live.ask({ type: 'installDismiss', install }).catch((problem: unknown) => tell(this.view, problem))
  }

  /** Whether a cell shows it under its error. */
  isOffered(cell: string): boolean {
    return this.offers.has(cell)
  }

  private look(cell: string, results: CellResults): void {
    const module = moduleOf(results)
    const offer = this.offers.get(cell)
    if (offer && offer.module !== module) this.drop(cell)
    if (module && !this.offers.has(cell)) void this.offer(cell, module)
  }

  private drop(cell: string): void {
    const offer = this.offers.get(cell)
    if (!offer) return
    offer.panel?.dispose()
    if (offer.element.contains(document.activeElement)) this.view.focusActive()
    offer.element.remove()
    this.offers.delete(cell)
  }

  private async offer(cell: string, module: string): Promise<void> {
    const host = this.view.view(cell)?.body
    if (!host) return
    const offer: Offer = { module, element: element('div', 'offer'), panel: null }
    this.offers.set(cell, offer)
    const suggestion = await this.suggest(module)
    if (this.offers.get(cell) !== offer || !suggestion) return
    const { name, known } = suggestion
    offer.element.append(element('p', '', words(known ? (name ? 'offer.known' : 'offer.none') : 'offer.unknown', { module, name })))
    if (name) {
      const row = element('div', 'acts2')
      // A name that is only the module's own is not known to be the right one: it is shown first, and can be corrected.
      if (known) row.append(button(words('install.one', { name }), 'b edge', () => void this.begin(cell, name)))
      row.append(button(words(known ? 'install.other' : 'install.one', { name: `${name} …` }), known ? 'b' : 'b edge', () => this.open(name, cell)))
      offer.element.append(row)
    }
    host.append(offer.element)
    this.take(this.view.live.state.install.peek())
  }

  private async begin(cell: string, name: string): Promise<void> {
    const wrong = await this.install(name, cell)
    if (wrong) this.view.surroundings.toast(wrong)
  }

  private suggest(module: string): Promise<Suggestion | null> {
    let found = this.suggestions.get(module)
    if (!found) {
      found = this.view.live.ask({ type: 'installSuggest', module }).then(
        ({ data }) => (isSuggestion(data) ? data : null),
        () => {
          this.suggestions.delete(module) // offline just now: the next look asks again
          return null
        },
      )
      this.suggestions.set(module, found)
    }
    return found
  }

  /** An installation is somewhere new. */
  private take(install: Install): void {
    for (const [cell, offer] of this.offers) {
      if (install.id && install.cell === cell) this.showIn(offer, install)
      else if (offer.panel) {
        const had = offer.panel.element.contains(document.activeElement)
        offer.panel.dispose()
        offer.panel = null
        offer.element.classList.remove('busy')
        if (had) this.view.focusActive()
      }
    }
    this.dialog.take(install)
    this.tellEnd(install)
  }

  private showIn(offer: Offer, install: Install): void {
    if (!offer.panel) {
      const hadFocus = offer.element.contains(document.activeElement)
      offer.panel = new InstallPanel(this.view.live, {
        runAgain: (one) => this.runAgain(one),
        tryAgain: (one) => this.open((one.names ?? []).join(' '), one.cell),
        close: (one) => this.dismiss(one.id ?? ''),
        failed: (problem) => tell(this.view, problem),
      })
      offer.element.append(offer.panel.element)
      offer.element.classList.add('busy')
      offer.panel.update(install)
      if (hadFocus) offer.panel.element.querySelector('button')?.focus({ preventScroll: true })
    }
    offer.panel.update(install)
  }

  /** Where nothing on the page shows that it has ended, a line does. */
  private tellEnd(install: Install): void {
    const runs = (install.state ?? 'running') === 'running'
    if (install.id && runs) this.told = install.id
    if (!install.id || runs || this.told !== install.id) return
    this.told = null
    if (this.dialog.isOpen || [...this.offers.values()].some(({ panel, element: at }) => panel && at.isConnected)) return
    const { toast } = this.view.surroundings
    if (install.state === 'done' && install.packages?.length) toast(words('told.done', { packages: packagesOf(install).shown }))
    else toast(install.state === 'done' ? headline(install) : words('told', { names: (install.names ?? []).join(', ') }))
  }
}

class Dialog {
  private readonly element = element('dialog', 'packages')
  private readonly input = element('input')
  private readonly wrong = element('p', 'wrong')
  private readonly upgrade = element('input')
  private readonly addresses = element('input')
  private readonly into = element('p')
  private readonly submit = element('button', 'b main', words('install'))
  private readonly host = element('div')
  private panel: InstallPanel | null = null
  private cell = ''

  constructor(
    private readonly view: NotebookView,
    private readonly packages: Packages,
  ) {
    const title = element('h2', '', words('title'))
    title.id = 'packages-title'
    this.element.setAttribute('aria-labelledby', title.id)
    this.wrong.id = 'packages-wrong'
    this.wrong.role = 'alert'
    this.wrong.hidden = true
    this.element.append(title, this.into, this.form(), this.host)
    this.element.addEventListener('click', (event) => event.target === this.element && this.element.close())
    this.element.addEventListener('close', () => this.closed())
    this.element.addEventListener('keydown', (event) => event.stopPropagation())
  }

  private form(): HTMLElement {
    const form = element('form')
    const label = element('label', 'field', words('label'))
    const box = element('span', 'in')
    Object.assign(this.input, { autocomplete: 'off', spellcheck: false, autocapitalize: 'off', placeholder: words('example') })
    this.input.setAttribute('aria-describedby', this.wrong.id)
    box.append(this.input)
    label.append(box)
    const row = element('div', 'row')
    const grow = element('span', 'grow')
    row.append(this.submit, grow, button(words('close'), 'b', () => this.element.close()))
    form.append(label, this.wrong, this.tick(this.upgrade, words('upgrade')), this.tick(this.addresses, words('addresses')), row)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.ask()
    })
    return form
  }

  private tick(input: HTMLInputElement, text: string): HTMLElement {
    input.type = 'checkbox'
    const label = element('label', 'tick')
    label.append(input, text)
    return label
  }

  get isOpen(): boolean {
    return this.element.open
  }

  open(text: string, cell: string): void {
    const { display = '', name = '' } = this.view.live.state.kernel.peek()
    this.into.textContent = words('into', { kernel: display || name })
    if (text || cell) this.input.value = text
    this.cell = cell
    this.say(null)
    if (!this.element.isConnected) document.body.append(this.element)
    if (!this.element.open) this.element.showModal()
    this.take(this.view.live.state.install.peek())
    this.input.focus()
    this.input.select()
  }

  take(install: Install): void {
    if (!this.element.open) return
    if (!install.id) {
      this.panel?.dispose()
      this.panel = null
      this.submit.disabled = false
      return
    }
    if (!this.panel) {
      this.panel = new InstallPanel(this.view.live, {
        runAgain: this.view.view(install.cell ?? '') ? (one) => this.leave(() => this.packages.runAgain(one)) : undefined,
        restart: (one) => this.leave(() => this.packages.restart(one)),
        hint: words('goes.on'),
        failed: (problem) => tell(this.view, problem),
      })
      this.host.append(this.panel.element)
    }
    this.panel.update(install)
    this.submit.disabled = (install.state ?? 'running') === 'running'
  }

  private leave(then: () => void): void {
    this.panel?.dispose()
    this.panel = null
    this.element.close()
    then()
  }

  private closed(): void {
    const { id, cell, state = 'running' } = this.view.live.state.install.peek()
    if (this.panel && id && state !== 'running' && !this.packages.isOffered(cell ?? '')) this.packages.dismiss(id)
    this.panel?.dispose()
    this.panel = null
    this.view.focusActive()
  }

  private say(text: string | null): void {
    this.wrong.textContent = text ?? ''
    this.wrong.hidden = !text
    this.input.setAttribute('aria-invalid', String(Boolean(text)))
  }

  private async ask(): Promise<void> {
    if (this.submit.disabled) return
    this.say(null)
    this.submit.disabled = true
    this.panel?.dispose() // another's end is put away by asking
    this.panel = null
    const wrong = await this.packages.install(this.input.value, this.cell, { upgrade: this.upgrade.checked, addresses: this.addresses.checked })
    if (wrong === null) return this.take(this.view.live.state.install.peek())
    this.submit.disabled = false
    this.say(wrong)
    this.input.focus()
  }

  dispose(): void {
    this.panel?.dispose()
    this.element.remove()
  }
}
