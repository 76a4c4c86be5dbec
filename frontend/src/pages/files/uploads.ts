// Uploads: one after the other, streamed, with their progress; folders with all that is in them.
import { signal } from '@preact/signals'
import { said, t } from '../../i18n'
import { ask, page } from '../../shell/page'
import { toast } from '../../shell/toasts'
import { encoded, inFolder } from './listing'
import { complain, entries, folder, mayReplace, reread } from './state'

export interface Upload {
  id: number
  name: string
  /** From 0 to 1. */
  done: number
  stop(): void
}

interface Wanted {
  file: File
  /** In this folder, with the folders it came in. */
  path: string
}

export const uploads = signal<readonly Upload[]>([])
let last = 0
let queue: Promise<void> = Promise.resolve()

const update = (id: number, change: Partial<Upload>): void => {
  uploads.value = uploads.value.map((upload) => (upload.id === id ? { ...upload, ...change } : upload))
}

class Stopped extends Error {}

/** Sends one file; 412 or 409 means that its name is taken. */
function send(id: number, { file, path }: Wanted, replace: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', `${page().base}files/${encoded(inFolder(folder, path))}`)
    request.setRequestHeader('X-XSRFToken', page().xsrf)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    if (!replace) request.setRequestHeader('If-None-Match', '*')
    request.upload.onprogress = ({ loaded, total }) => update(id, { done: total ? loaded / total : 0 })
    request.onload = () => {
      if (request.status < 300 || request.status === 409 || request.status === 412) resolve(request.status)
      else reject(new Error(messageOf(request)))
    }
    request.onerror = () => reject(new Error(t('saved.offline')))
    request.onabort = () => reject(new Stopped())
    update(id, { stop: () => request.abort() })
    request.send(file)
  })
}

function messageOf(request: XMLHttpRequest): string {
  try {
    return said((JSON.parse(request.responseText) as { message: string }).message)
  } catch {
    return request.statusText || String(request.status)
  }
}

async function one(wanted: Wanted): Promise<boolean> {
  const id = ++last
  const known = entries.value?.some((entry) => entry.name === wanted.path && entry.kind !== 'directory') ?? false
  if (known && !(await mayReplace(wanted.path))) return false
  uploads.value = [...uploads.value, { id, name: wanted.path, done: 0, stop: () => undefined }]
  try {
    const status = await send(id, wanted, known)
    if (status < 300) return true
    return (await mayReplace(wanted.path)) && (await send(id, wanted, true)) < 300
  } catch (failure) {
    if (!(failure instanceof Stopped)) complain(failure)
    return false
  } finally {
    uploads.value = uploads.value.filter((upload) => upload.id !== id)
  }
}

/** Uploads into this folder; a second call waits for the first. */
export function upload(wanted: readonly Wanted[], folders: readonly string[] = []): void {
  queue = queue.then(async () => {
    let done = 0
    for (const path of folders)
      await ask(`api/contents/${encoded(inFolder(folder, path))}`, { method: 'PUT', json: { type: 'directory' } }).catch(() => undefined)
    for (const each of wanted) {
      if (await one(each)) done++
      await reread()
    }
    if (done) toast(t('files.uploaded', { n: done }))
  })
}

export const uploadFiles = (files: Iterable<File>): void => upload([...files].map((file) => ({ file, path: file.name })))

async function walk(entry: FileSystemEntry, path: string, wanted: Wanted[], folders: string[]): Promise<void> {
  if (entry.isFile) {
    wanted.push({ path, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) })
    return
  }
  folders.push(path)
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // A reader gives a part at a time, until none is left.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (!part.length) return
    for (const child of part) await walk(child, `${path}/${child.name}`, wanted, folders)
  }
}

/** What was dropped, folders with all that is in them. */
export async function uploadDropped(data: DataTransfer): Promise<void> {
  const dropped = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  if (!dropped.length) return uploadFiles(data.files)
  const wanted: Wanted[] = []
  const folders: string[] = []
  try {
    for (const entry of dropped) await walk(entry, entry.name, wanted, folders)
  } catch (failure) {
    complain(failure)
  }
  upload(wanted, folders)
}
