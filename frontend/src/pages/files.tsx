// The files page: one folder, what can be done in it, drop anywhere to upload.
import { signal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { formatNumber, t } from '../i18n'
import { accountEntries } from '../shell/account'
import { Crumbs, Mark } from '../shell/head'
import { Icon } from '../shell/icon'
import { Menu } from '../shell/menu'
import { page } from '../shell/page'
import { Places } from '../shell/places'
import { start } from '../shell/start'
import { listenForKeys } from './files/keys'
import { parentOf } from './files/listing'
import * as state from './files/state'
import { Strip } from './files/strip'
import { SelectionBar, Table } from './files/table'
import { uploadDropped, uploadFiles, uploads } from './files/uploads'

page()
const dragging = signal(false)

function Head() {
  return (
    <header class="head">
      <Mark />
      <Places here={state.folder ? 'folder' : 'files'} />
      <span class="grow" />
      <Menu label={t('menu')} entries={accountEntries()}>
        <Icon name="list" />
      </Menu>
    </header>
  )
}

function Making() {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          uploadFiles(event.currentTarget.files ?? [])
          event.currentTarget.value = ''
        }}
      />
      <button type="button" class="b edge upload" onClick={() => input.current?.click()}>
        <Icon name="upload" /> {t('files.upload')}
      </button>
      <span class="split">
        <button type="button" class="b main" onClick={() => void state.newNotebook()}>
          <Icon name="plus" /> {t('files.new')}
        </button>
        <Menu
          label={t('more')}
          class="b main"
          entries={[
            { label: t('files.new.folder'), act: () => void state.newFolder() },
            { label: t('files.upload'), act: () => input.current?.click() },
          ]}
        >
          <Icon name="down" />
        </Menu>
      </span>
    </>
  )
}

function Uploads() {
  if (!uploads.value.length) return null
  return (
    <section class="uploads" aria-label={t('files.upload')}>
      {uploads.value.map((upload) => (
        <div class="bar" key={upload.id}>
          <span>{t('files.uploading', { name: upload.name })}</span>
          <progress class="vh" value={upload.done} aria-label={upload.name} />
          <span class="t" aria-hidden="true">
            <i style={{ width: `${Math.round(upload.done * 100)}%` }} />
          </span>
          <span>{formatNumber(Math.round(upload.done * 100))} %</span>
          <button type="button" class="b ico" aria-label={t('files.upload.stop', { name: upload.name })} onClick={() => upload.stop()}>
            <Icon name="x" />
          </button>
        </div>
      ))}
    </section>
  )
}

function List() {
  if (state.problem.value)
    return (
      <div class="empty" role="alert">
        <h2>{t('files.failed')}</h2>
        <p>{state.problem.value}</p>
        <button type="button" class="b edge" onClick={() => void state.reread()}>
          {t('again')}
        </button>
      </div>
    )
  if (state.entries.value === null) return <p class="muted">{t('files.loading')}</p>
  if (!state.entries.value.length)
    return (
      <div class="empty" id="list">
        <h2>{t('files.empty')}</h2>
        <p>{t('files.empty.text')}</p>
        <button type="button" class="b main" onClick={() => void state.newNotebook()}>
          <Icon name="plus" /> {t('files.new')}
        </button>
      </div>
    )
  return (
    <>
      <Table />
      <SelectionBar />
    </>
  )
}

function Files() {
  const name = state.folder.split('/').pop() || t('place.home')
  return (
    <>
      <a class="skip" href="#list">
        {t('skip.files')}
      </a>
      <Head />
      <main class="page">
        {state.folder && <Crumbs folder={parentOf(state.folder)} home />}
        <div class="row title">
          <h1>{name}</h1>
          <span class="grow" />
          <Making />
        </div>
        <Uploads />
        <Strip />
        <List />
      </main>
      {dragging.value && (
        <div class="dropping" aria-hidden="true">
          <p>{t('files.dropping')}</p>
        </div>
      )}
    </>
  )
}

function listenForDrops(): void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    dragging.value = true
  })
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) dragging.value = false
  })
  addEventListener('drop', (event) => {
    dragging.value = false
    if (!hasFiles(event) || !event.dataTransfer) return
    event.preventDefault()
    void uploadDropped(event.dataTransfer)
  })
}

document.title = `${state.folder.split('/').pop() || t('files')} — Octavo`
start(<Files />)
state.follow()
listenForKeys()
listenForDrops()
