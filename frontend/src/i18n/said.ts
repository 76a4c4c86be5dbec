// The server speaks English. Where the page is in another language, what it says is looked up by its pattern.

/** `text` by the first of `patterns` that it fits, from its most literal on; as it is where none does. */
export function translated(text: string, sentences: Readonly<Record<string, string>>): string {
  if (text in sentences) return sentences[text]
  for (const [pattern, sentence] of patterned(sentences)) {
    const values = pattern.exec(text)?.slice(1)
    if (!values) continue
    let at = 0
    return sentence.replace(/\{\}/g, () => values[at++])
  }
  return text
}

const known = new WeakMap<object, [RegExp, string][]>()

function patterned(sentences: Readonly<Record<string, string>>): [RegExp, string][] {
  const found = known.get(sentences)
  if (found) return found
  const made = Object.entries(sentences)
    .filter(([said]) => said.includes('{}'))
    .sort(([one], [other]) => other.length - one.length)
    .map(([said, sentence]): [RegExp, string] => {
      const literal = said.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      return [new RegExp(`^${literal.join('(.+?)')}$`, 's'), sentence]
    })
  known.set(sentences, made)
  return made
}
