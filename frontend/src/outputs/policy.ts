// The one Trusted Types policy of ours: text that is parsed into an inert document, looked at, and never put into the page as it is.

let policy: Pick<TrustedTypePolicy, 'createHTML'> | null = null

/** Parses `html` where nothing loads and nothing runs. */
export function parseInert(html: string): Document {
  policy ??= window.trustedTypes?.createPolicy('octavo', { createHTML: (text: string) => text }) ?? null
  return new DOMParser().parseFromString((policy?.createHTML(html) ?? html) as string, 'text/html')
}
