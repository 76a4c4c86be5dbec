// The editors that are alive: made where somebody writes, eight at most, the longest unused goes back to static code.
import type { CellEditor, KernelCompletions } from '../editor/editor'
import type { Live } from '../sync/live'
import { t } from '../i18n'
import type { CellView } from './cell'
import type { NotebookView } from './view'

export const MOST_EDITORS = 8
const WORDS_AGE = 1000

type EditorModule = typeof import('../editor/editor')

let editorModule: EditorModule | null = null

/** The chunk with CodeMirror. Never at a module's top: it would hold up the first paint. Begun while the document is on its way, it is there
 * for the first cell. */
export async function loadEditor(): Promise<EditorModule> {
  return (editorModule = await import('../editor/editor'))
}

export class Editors {
  /** The latest used first. */
  private recent: CellView[] = []
  private words: { at: number; all: Set<string> } = { at: -Infinity, all: new Set() }

  constructor(private readonly notebook: NotebookView) {}

  /** null: not there yet. */
  get loaded(): EditorModule | null {
    return editorModule
  }

  get alive(): number {
    return this.recent.length
  }

  open(view: CellView): CellEditor | null {
    const { loaded } = this
    if (!loaded) return null
    const editor = view.openEditor((host) => this.make(loaded, host, view))
    this.touch(view)
    return editor
  }

  touch(view: CellView): void {
    this.recent = [view, ...this.recent.filter((one) => one !== view)]
    for (const old of this.recent.splice(MOST_EDITORS)) old.closeEditor()
  }

  forget(view: CellView): void {
    this.recent = this.recent.filter((one) => one !== view)
  }

  private make({ CellEditor }: EditorModule, host: HTMLElement, view: CellView): CellEditor {
    const { notebook } = this
    const { live, history } = notebook
    return new CellEditor({
      host,
      cell: view.id,
      text: view.yText,
      kind: view.type === 'code' ? 'code' : view.type === 'markdown' ? 'markdown' : 'raw',
      language: notebook.language,
      label: view.element.ariaLabel ?? '',
      numbers: view.numbered,
      description: t('cell.howToLeave'),
      undo: history.manager,
      awareness: live.awareness.peek(),
      nonce: notebook.surroundings.nonce,
      words: () => this.wordsBeside(view),
      eager: () => live.state.kernel.peek().state === 'idle',
      complete: (code, cursor) => askKernel<KernelCompletions>(live, { type: 'complete', code, cursor }),
      inspect: async (code, cursor, detail) => {
        const answer = await askKernel<{ found?: boolean; data?: Record<string, unknown> }>(live, { type: 'inspect', code, cursor, detail })
        const text = answer?.found ? answer.data?.['text/plain'] : null
        return typeof text === 'string' ? text : null
      },
      keydown: (event) => notebook.editKey(event),
      undoMine: () => history.undo(),
      redoMine: () => history.redo(),
      focused: () => notebook.editing(view.id),
    })
  }

  private wordsBeside(beside: CellView): Set<string> {
    const { loaded } = this
    if (!loaded || performance.now() - this.words.at < WORDS_AGE) return this.words.all
    const all = new Set<string>()
    this.notebook.eachView((view) => {
      if (view !== beside) for (const word of view.words(loaded.wordsOf)) all.add(word)
    })
    this.words = { at: performance.now(), all }
    return all
  }
}

/** null: there is no kernel that could answer. */
async function askKernel<Answer>(live: Live, ask: Parameters<Live['ask']>[0]): Promise<Answer | null> {
  const { state } = live.state.kernel.peek()
  if (state !== 'idle' && state !== 'busy') return null
  return ((await live.ask(ask)).data ?? null) as Answer | null
}
