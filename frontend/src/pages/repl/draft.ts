// The line that is being written: the editor over the document's last cell, with the keys of a prompt.
import { effect, signal } from '@preact/signals'
import type { CellEditor, KernelCompletions } from '../../editor/editor'
import { t } from '../../i18n'
import { cellOf, sourceOf, type CellId } from '../../model/schema'
import type { Live } from '../../sync/live'
import { ask } from '../../shell/page'
import { judge, judgeBlind } from './complete'
import { Recall } from './recall'
import type { Transcript } from './transcript'

/** So long the kernel is waited for, when it alone can say whether code is complete. */
const PATIENCE = 400

interface Entry {
  source: string
}

export interface DraftPlace {
  live: Live
  transcript: Transcript
  host: HTMLElement
  nonce: string
  /** Whether what is asked for now would be heard. */
  connected(): boolean
  search(): void
}

export class Draft {
  readonly recall = new Recall()
  /** The draft can be written in. */
  readonly editable = signal(false)
  readonly empty = signal(true)
  private editor: CellEditor | null = null
  private shown: { cell: CellId; language: string; doc: unknown } | null = null
  /** The language whose history is there. */
  private recalled = ''

  constructor(private readonly place: DraftPlace) {
    const { live, transcript, host } = place
    // The page is drawn before the editor's chunk is asked for; both come with the page.
    void import('../../editor/editor').then((module) => {
      effect(() => {
        const cell = transcript.draft.value
        const { language = '' } = live.state.kernel.value
        if (cell) this.open(module, cell, language || 'python')
      })
    })
    host.addEventListener('mousedown', (event) => {
      if (event.target === host) {
        event.preventDefault()
        this.focus()
      }
    })
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void this.loadHistory())
    addEventListener('keydown', (event) => this.anywhere(event))
  }

  private open(module: typeof import('../../editor/editor'), cell: CellId, language: string): void {
    const { live, transcript, host, nonce } = this.place
    const { author, history } = transcript
    if (!author || !history) return
    if (this.shown?.cell === cell && this.shown.doc === author.doc && this.shown.language === language) return
    const had = this.editor?.focused ?? true
    this.editor?.destroy()
    const text = sourceOf(cellOf(author.doc, cell))
    this.shown = { cell, language, doc: author.doc }
    this.editor = new module.CellEditor({
      host,
      cell,
      text,
      kind: 'code',
      language,
      label: t('repl.draft'),
      description: t('repl.draft.how'),
      numbers: false,
      prompt: true,
      undo: history.manager,
      awareness: live.awareness.peek(),
      nonce,
      words: () => wordsOf(module, transcript.texts()),
      eager: () => live.state.kernel.peek().state === 'idle',
      complete: (code, cursor) => this.askKernel<KernelCompletions>({ type: 'complete', code, cursor }),
      inspect: async (code, cursor, detail) => {
        const answer = await this.askKernel<{ found?: boolean; data?: Record<string, unknown> }>({ type: 'inspect', code, cursor, detail })
        const found = answer?.found ? answer.data?.['text/plain'] : null
        return typeof found === 'string' ? found : null
      },
      keydown: (event) => this.keydown(event),
      undoMine: () => void history.undo(),
      redoMine: () => void history.redo(),
      focused: () => undefined,
    })
    const watch = (): void => void (this.empty.value = !text.toString().trim())
    text.observe(watch)
    watch()
    if (had && !this.shownElsewhere) this.editor.focus('end')
    this.editable.value = true
    if (this.recalled !== language) void this.loadHistory()
  }

  private async askKernel<Answer>(command: Parameters<Live['ask']>[0]): Promise<Answer | null> {
    const { state } = this.place.live.state.kernel.peek()
    if (state !== 'idle' && state !== 'busy') return null
    return ((await this.place.live.ask(command)).data ?? null) as Answer | null
  }

  /** A dialog or another field has the focus; on a phone nobody wants its keyboard before they touch the line. */
  private get shownElsewhere(): boolean {
    const { activeElement } = document
    return (activeElement !== null && activeElement !== document.body && !this.place.host.contains(activeElement)) || matchMedia('(pointer: coarse)').matches
  }

  /** What others have run since, too. */
  async loadHistory(): Promise<void> {
    const { language } = this.place.transcript
    const answer = await ask(`api/octavo/history?language=${encodeURIComponent(language)}`).catch(() => null)
    if (!answer) return
    this.recall.replace(((await answer.json()) as Entry[]).map(({ source }) => source))
    this.recalled = language
  }

  async forgetHistory(): Promise<void> {
    await ask('api/octavo/history', { method: 'DELETE' })
    this.recall.replace([])
  }

  // Doing -------------------------------------------------------------------------------------------------------------------

  focus(): void {
    this.editor?.focus()
  }

  get text(): string {
    return this.editor?.text ?? ''
  }

  write(text: string): void {
    this.editor?.replace(text)
    this.editor?.focus('end')
  }

  type(text: string): void {
    this.editor?.type(text)
  }

  key(name: string): void {
    this.editor?.key(name)
  }

  newline(): void {
    this.editor?.newline()
  }

  /** Runs what stands there (its first `length` characters), complete or not. */
  run(length?: number): void {
    const text = this.text.slice(0, length)
    if (!text.trim()) return
    if (!this.place.connected()) return this.place.transcript.surroundings.toast(t('run.offline'))
    this.recall.add(text)
    this.place.transcript.run(length)
  }

  /** Enter: runs what is complete, else goes on in a new line. */
  private enter(editor: CellEditor): void {
    const { text, caret } = editor
    if (!text.trim()) return
    if (this.untold.length) return void this.untold.push(text.length)
    const verdict = judge(text, caret, this.place.transcript.language)
    if (verdict === 'complete') this.run()
    else if (verdict === 'incomplete') editor.newline()
    else {
      this.untold = [text.length]
      void this.judgeUntold(editor)
    }
  }

  /** Where Enter was pressed, until the kernel has told: what was typed on meanwhile comes after it. */
  private untold: number[] = []

  private async judgeUntold(editor: CellEditor): Promise<void> {
    while (this.untold.length) {
      const [end] = this.untold
      const text = editor.text.slice(0, end)
      const complete = await this.isComplete(text)
      if (editor !== this.editor || editor.text.slice(0, end) !== text) return void (this.untold = [])
      this.untold.shift()
      const atEnd = editor.text.length === end && editor.caret === end
      if (complete) this.run(end)
      else if (atEnd) editor.newline()
      else editor.insert(end, '\n')
      this.untold = this.untold.map((other) => (complete ? other - end : other + 1))
    }
  }

  /** The kernel's word, if it comes soon. */
  private async isComplete(text: string): Promise<boolean> {
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE))
    const told = this.askKernel<{ status?: string }>({ type: 'isComplete', code: text }).catch(() => null)
    const status = (await Promise.race([told, late]))?.status ?? 'unknown'
    return status === 'unknown' ? judgeBlind(text) === 'complete' : status !== 'incomplete'
  }

  private back(editor: CellEditor): boolean {
    const found = this.recall.back(editor.text, editor.caret)
    if (found !== null) editor.replace(found)
    return true
  }

  private forward(editor: CellEditor): boolean {
    const found = this.recall.forward(editor.text)
    if (found !== null) editor.replace(found)
    return found !== null
  }

  private keydown(event: KeyboardEvent): boolean {
    const { editor } = this
    const { transcript } = this.place
    transcript.keyed()
    if (!editor) return false
    const { key } = event
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey
    if (key === 'Enter') {
      if (event.ctrlKey || event.metaKey) this.run()
      else if (event.shiftKey || event.altKey) editor.newline()
      else this.enter(editor)
      return taken(event)
    }
    if (plain && !event.shiftKey) {
      if (key === 'ArrowUp' && editor.atEdge(-1)) return this.back(editor) && taken(event)
      if (key === 'ArrowDown' && editor.atEdge(1)) return this.forward(editor) && taken(event)
      if (key === 'Escape') {
        ;(document.activeElement as HTMLElement | null)?.blur()
        return taken(event)
      }
    }
    const modified = (event.ctrlKey || event.metaKey) && !event.altKey
    if (modified && !event.shiftKey && key.toLowerCase() === 'z') {
      transcript.history?.undo()
      return taken(event)
    }
    if (modified && ((event.shiftKey && key.toLowerCase() === 'z') || (!event.shiftKey && event.ctrlKey && key === 'y'))) {
      transcript.history?.redo()
      return taken(event)
    }
    return this.terminalKey(event, editor.selected) && taken(event)
  }

  /** Keys that a terminal has. Ctrl-C stays Copy where something is selected. */
  private terminalKey(event: KeyboardEvent, selected: string): boolean {
    if (!event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false
    const { transcript, search } = this.place
    switch (event.key) {
      case 'c':
        if (selected || getSelection()?.isCollapsed === false) return false
        if (transcript.busy) transcript.interrupt()
        else if (this.text) this.editor?.replace('')
        return true
      case 'l':
        transcript.fold()
        return true
      case 'r':
        search()
        return true
      default:
        return false
    }
  }

  /** Keys where nothing has the focus go to the prompt: it is what this page is for. */
  private anywhere(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return
    if (document.activeElement !== document.body && document.activeElement?.closest('main') === null) return
    const inField = document.activeElement?.closest('input, textarea, select, button, [contenteditable]')
    if (this.terminalKey(event, '') && !inField) event.preventDefault()
    else if (!inField && !event.ctrlKey && !event.metaKey && !event.altKey && event.key.length === 1 && event.key !== ' ') this.focus()
  }
}

const taken = (event: KeyboardEvent): true => {
  event.preventDefault()
  return true
}

function wordsOf(module: typeof import('../../editor/editor'), texts: Iterable<string>): Set<string> {
  const words = new Set<string>()
  for (const text of texts) module.wordsOf(text, words)
  return words
}
