// Completion: the notebook's own words at once, what the kernel says when it comes. Nothing here is waited for while typing.
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete'
import { syntaxTree } from '@codemirror/language'
import { memberOf, wordOf } from './languages'
import { toCodePoints, toUnits } from './units'

/** The kernel's answer; positions in code points of the code that was asked about. */
export interface KernelCompletions {
  matches: string[]
  start: number
  end: number
  metadata?: Record<string, unknown>
}

export interface CompletionPlace {
  /** Of the kernel's language, as it is now. */
  mode(): string
  /** Words of the other cells. */
  words(): Iterable<string>
  /** null: no kernel to ask. */
  complete(code: string, cursor: number): Promise<KernelCompletions | null>
  /** Whether asking while somebody types is worth it: a kernel that is idle. */
  eager(): boolean
}

const WORD = /[\p{L}_][\p{L}\p{N}_]*/gu
const SHORTEST = 3

export function wordsOf(text: string, into = new Set<string>()): Set<string> {
  for (const [word] of text.matchAll(WORD)) if (word.length >= SHORTEST) into.add(word)
  return into
}

function inProse(context: CompletionContext): boolean {
  return /String|Comment/.test(syntaxTree(context.state).resolveInner(context.pos, -1).name)
}

/** Words of the notebook. After a dot only the kernel knows. */
export function wordSource(place: CompletionPlace): CompletionSource {
  return (context): CompletionResult | null => {
    const mode = place.mode()
    const word = context.matchBefore(wordOf(mode))
    if (!word || (!context.explicit && (word.text.length < 2 || inProse(context)))) return null
    if (memberOf(mode).test(context.state.sliceDoc(Math.max(0, word.from - 8), word.from))) return null
    const text = context.state.doc
    const words = keywordsAt(context)
    wordsOf(text.sliceString(0, word.from), words)
    wordsOf(text.sliceString(context.pos), words)
    for (const other of place.words()) words.add(other)
    words.delete(word.text)
    return {
      from: word.from,
      options: Array.from(words, (label): Completion => ({ label, type: 'text', boost: -20 })),
      validFor: mode === 'r' ? /^[\p{L}\p{N}_.]*$/u : /^[\p{L}\p{N}_]*$/u,
    }
  }
}

/** What the language itself offers. */
function keywordsAt({ state, pos }: CompletionContext): Set<string> {
  const lists = state.languageDataAt<unknown>('autocomplete', pos)
  return new Set(lists.flat().filter((word): word is string => typeof word === 'string' && word.length >= SHORTEST))
}

interface KernelType {
  text?: unknown
  type?: unknown
}

/** Names by match, from what IPython adds to its answer. */
function typesOf(metadata: Record<string, unknown> | undefined): Map<string, string> {
  const listed = metadata?._jupyter_types_experimental
  const types = new Map<string, string>()
  for (const entry of Array.isArray(listed) ? (listed as KernelType[]) : [])
    if (typeof entry?.text === 'string' && typeof entry.type === 'string') types.set(entry.text, entry.type)
  return types
}

const ICONS: Record<string, string> = {
  function: 'function', class: 'class', module: 'namespace', instance: 'variable', statement: 'variable', keyword: 'keyword',
  param: 'property', property: 'property', magic: 'keyword', path: 'text',
}

export function kernelResult(code: string, answer: KernelCompletions): CompletionResult {
  const types = typesOf(answer.metadata)
  const from = toUnits(code, answer.start)
  return {
    from,
    to: toUnits(code, answer.end),
    options: answer.matches.map((label): Completion => {
      const type = types.get(label) ?? ''
      return { label, type: ICONS[type] ?? 'variable', detail: type === '<unknown>' ? '' : type }
    }),
    validFor: /^[\p{L}\p{N}_]*$/u,
  }
}

export function kernelSource(place: CompletionPlace): CompletionSource {
  return async (context): Promise<CompletionResult | null> => {
    const attribute = context.matchBefore(memberOf(place.mode()))
    if (!context.explicit && !(attribute && place.eager() && !inProse(context))) return null
    const code = context.state.sliceDoc()
    const answer = await place.complete(code, toCodePoints(code, context.pos)).catch(() => null)
    if (!answer || context.aborted || !answer.matches.length) return null
    return kernelResult(code, answer)
  }
}
