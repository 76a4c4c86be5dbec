// What was run before, at any prompt: the walk with the arrows, and the search. Pure.

const MOST = 5000

/** Texts, the newest first, each once. A walk goes to older ones that begin like what was written, and back to it. */
export class Recall {
  private texts: string[] = []
  private at = -1
  private draft = ''
  private prefix = ''
  private shown: string | null = null

  get all(): readonly string[] {
    return this.texts
  }

  /** Takes the server's word. */
  replace(texts: readonly string[]): void {
    this.texts = [...new Set(texts)].slice(0, MOST)
    this.stop()
  }

  add(text: string): void {
    const kept = text.replace(/\s+$/, '')
    if (kept) this.texts = [kept, ...this.texts.filter((one) => one !== kept)].slice(0, MOST)
    this.stop()
  }

  /** The next older text that begins with what stands before the caret; null: there is none. */
  back(text: string, caret: number): string | null {
    if (this.shown === null || this.shown !== text) {
      this.draft = text
      this.prefix = text.slice(0, caret)
      this.at = -1
    }
    const next = this.texts.findIndex((one, index) => index > this.at && one.startsWith(this.prefix) && one !== text)
    if (next < 0) return null
    this.at = next
    return (this.shown = this.texts[next])
  }

  /** The next newer one, at last what was being written; null: nothing was walked. */
  forward(text: string): string | null {
    if (this.shown === null || this.shown !== text) return null
    for (let next = this.at - 1; next >= 0; next--)
      if (this.texts[next].startsWith(this.prefix) && this.texts[next] !== text) {
        this.at = next
        return (this.shown = this.texts[next])
      }
    const { draft } = this
    this.stop()
    return draft
  }

  stop(): void {
    this.at = -1
    this.shown = null
  }
}

export interface Part {
  text: string
  marked: boolean
}

const words = (search: string): string[] => search.toLowerCase().split(/\s+/).filter(Boolean)

/** Texts that hold all words of `search`, the newest first. */
export function findTexts(texts: readonly string[], search: string, most = 200): string[] {
  const wanted = words(search)
  const found: string[] = []
  for (const text of texts) {
    const low = text.toLowerCase()
    if (wanted.every((word) => low.includes(word))) found.push(text)
    if (found.length >= most) break
  }
  return found
}

/** The text in parts: where the words of `search` stand is marked. */
export function marks(text: string, search: string): Part[] {
  const low = text.toLowerCase()
  const hit = new Uint8Array(text.length)
  if (low.length === text.length)
    for (const word of words(search)) for (let at = low.indexOf(word); at >= 0; at = low.indexOf(word, at + word.length)) hit.fill(1, at, at + word.length)
  const parts: Part[] = []
  for (let at = 0; at < text.length; ) {
    let end = at + 1
    while (end < text.length && hit[end] === hit[at]) end++
    parts.push({ text: text.slice(at, end), marked: hit[at] === 1 })
    at = end
  }
  return parts
}
