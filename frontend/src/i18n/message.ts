// What a message is: a sentence with {names}, or its plural forms, chosen by `n`.
export type Message = string | { readonly one?: string; readonly other: string }

/** The names that a sentence wants. */
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
export type NamesOf<M extends Message> = M extends string ? Names<M> : M extends { other: infer S extends string } ? Names<S> | 'n' : never

export type Values = Readonly<Record<string, string | number>>

/** The sentence with its names filled in. Numbers are written as the language writes them. */
export function fill(message: Message, values: Values, language: string): string {
  let sentence: string
  if (typeof message === 'string') sentence = message
  else {
    const one = message.one !== undefined && new Intl.PluralRules(language).select(Number(values.n)) === 'one'
    sentence = one ? (message.one as string) : message.other
  }
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? value.toLocaleString(language) : value
  })
}
