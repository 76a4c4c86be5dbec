// What the server says about this page, and how the page asks it for more.
import { said, useLanguage } from '../i18n'

export interface PageFacts {
  base: string
  xsrf: string
  lang: string
  profile: string
  build: string
  /** Of this response: styles that scripts add carry it. */
  nonce: string
  version: string
  /** The address of the page that opens first, where that is not the files'. */
  home: string
  /** Of this page among its notebook's clients; empty where there is no notebook. */
  tab: string
}

const DEFAULTS: PageFacts = { base: '/', xsrf: '', lang: '', profile: '', build: '', nonce: '', version: '', home: '', tab: '' }

function read(): PageFacts {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="octavo-page"]')
  const facts = { ...DEFAULTS, ...(JSON.parse(meta?.content || '{}') as Partial<PageFacts>) }
  return { ...facts, lang: facts.lang || document.documentElement.lang || 'en' }
}

let facts: PageFacts | null = null

/** The facts of this page; the first call also sets its language. */
export function page(): PageFacts {
  if (!facts) {
    facts = read()
    useLanguage(facts.lang)
  }
  return facts
}

/** The server refused: `message` is a sentence, `hint` what to do. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
  ) {
    super(message)
    this.name = 'Refusal'
  }
}

async function refusalOf(answer: Response): Promise<Refusal> {
  try {
    const { message, code, hint } = (await answer.json()) as { message?: string; code?: string; hint?: string | null }
    return new Refusal(answer.status, code ?? '', said(message ?? answer.statusText), said(hint ?? ''))
  } catch {
    return new Refusal(answer.status, '', answer.statusText || String(answer.status), '')
  }
}

export interface Question {
  method?: string
  json?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** Asks the server at `address`, relative to the base. A refusal is thrown; a login that ended leads to the login page. */
export async function ask(address: string, { method = 'GET', json, headers = {}, signal }: Question = {}): Promise<Response> {
  const { base, xsrf } = page()
  const answer = await fetch(base + address, {
    method,
    headers: { Accept: 'application/json', ...(method === 'GET' ? {} : { 'X-XSRFToken': xsrf }), ...(json === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    body: json === undefined ? undefined : JSON.stringify(json),
    cache: 'no-store',
    signal,
  })
  if (answer.ok) return answer
  throw await refusalOf(answer)
}

export const loginAddress = (): string => `${page().base}login?next=${encodeURIComponent(location.pathname + location.search)}`

/** Leaves for the login page, and comes back to this one. */
export const toLogin = (): void => location.assign(loginAddress())

/** Ends this browser's login, or everybody's. */
export async function logout(everywhere: boolean): Promise<void> {
  await ask(everywhere ? 'api/octavo/logout-everywhere' : 'logout', { method: 'POST' })
  location.assign(`${page().base}login`)
}
