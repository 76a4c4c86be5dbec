// The notebook page's entry.
import { render } from 'preact'
import { Notebook } from '../cells/notebook'
import { useLanguage } from '../i18n'
import { Live } from '../sync/live'
import { browserPlace } from '../sync/place'

interface PageFacts {
  base: string
  xsrf?: string
  lang?: string
  profile?: string
  build?: string
  nonce?: string
}

const facts = JSON.parse(document.querySelector<HTMLMetaElement>('meta[name="octavo-page"]')?.content ?? '{"base":"/"}') as PageFacts
useLanguage(facts.lang ?? document.documentElement.lang)

const pathFromAddress = (): string => decodeURI(location.pathname.slice(`${facts.base}n/`.length))
const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
const socketUrl = (path: string): string => new URL(`${facts.base}api/octavo/live/${encoded(path)}`, location.href).href.replace(/^http/, 'ws')

let path = pathFromAddress()
const live = new Live({
  url: socketUrl(path),
  place: browserPlace(`${facts.base}api/contents/${encoded(path)}?content=0`),
  build: facts.build ?? '',
  moved(to) {
    path = to
    history.replaceState(null, '', `${facts.base}n/${encoded(to)}`)
    return socketUrl(to)
  },
})
live.connect()

const sheet = document.createElement('main')
sheet.id = 'sheet'
const notebook = new Notebook(
  live,
  sheet,
  {
    base: facts.base,
    folder: () => path.split('/').slice(0, -1).join('/'),
    nonce: facts.nonce ?? document.querySelector<HTMLElement>('[nonce]')?.nonce ?? '',
    toast: (text) => console.info(text),
    confirm: async ({ title, text }) => confirm(`${title}\n${text}`),
  },
  facts.profile ?? '',
)
const head = document.createElement('div')
document.body.append(head, sheet)
render(<header class="head"><b>{live.state.name}</b> <span>{live.status.value.is}</span></header>, head)
Object.assign(window, { octavo: { live, notebook } })
