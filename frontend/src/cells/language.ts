// The language that a notebook's code cells are shown and written in: its kernel's. What it needs is fetched when it is known.
import { loadEditor } from './editors'
import type { NotebookView } from './view'

export class Spoken {
  /** Empty before it is looked at. */
  private language = ''

  constructor(private readonly view: NotebookView) {}

  /** The kernel speaks this language; called as often as one likes. */
  async take(language: string): Promise<void> {
    if (language === this.language) return
    const first = this.language === ''
    this.language = language
    const { loadLanguage } = await loadEditor()
    const came = await loadLanguage(language).catch(() => false)
    if (language === this.language && (!first || came)) this.view.eachView((cell) => cell.languageChanged())
  }
}
