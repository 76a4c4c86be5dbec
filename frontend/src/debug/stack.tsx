// The call stack: your code, with the frames of libraries folded between; threads, or the exceptions of a chain.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { d } from '../i18n/debugger'
import type { Frame, Text } from '../model/messages'
import { Icon } from '../shell/icon'
import type { Debugger } from './debugger'
import { frameName, frameWhere, stackRows, threadName } from './model'

function Threads({ debug }: { debug: Debugger }) {
  const { look } = debug
  const { threads = [], kind } = look.picture.value
  if (threads.length < 2) return null
  const label = d(kind === 'error' ? 'chain' : 'threads')
  return (
    <label class="pick">
      {label}
      <select class="b edge" value={String(look.thread.value)} onChange={(event) => void look.chooseThread(Number(event.currentTarget.value))}>
        {threads.map((thread) => (
          <option key={thread.id} value={String(thread.id)}>
            {threadName(thread)}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Text that is no cell of this page: a library's, or an older version of a cell. */
function Source({ text: { text, name = '', first = 1 }, line, close }: { text: Text; line: number; close(): void }) {
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    box.current?.showModal()
    box.current?.querySelector('.at')?.scrollIntoView({ block: 'center' })
  }, [])
  return (
    <dialog ref={box} class="debug-source" aria-label={name} onClose={close} onClick={(event) => event.target === box.current && close()}>
      <div class="row">
        <h2>{name}</h2>
        <span class="grow" />
        <button type="button" class="b ico" aria-label={d('source.close')} onClick={close}>
          <Icon name="x" />
        </button>
      </div>
      <pre tabIndex={0}>
        {text.split('\n').map((words, at) => (
          <span key={at} class={first + at === line ? 'at' : ''} data-n={first + at}>
            {words}
            {'\n'}
          </span>
        ))}
      </pre>
    </dialog>
  )
}

export function Stack({ debug }: { debug: Debugger }) {
  const opened = useSignal<ReadonlySet<number>>(new Set())
  const source = useSignal<{ text: Text; line: number } | null>(null)
  const { look, numberOf } = debug
  const chosen = look.frame.value?.id ?? 0
  const rows = stackRows(look.frames.value, opened.value, chosen)
  const showSource = async (frame: Frame): Promise<void> => {
    const text = (await debug.ask({ type: 'debugSource', stop: look.picture.peek().number ?? 0, frame: frame.id }))?.shown?.text
    if (text) source.value = { text, line: frame.at.line }
  }
  if (!rows.length) return null
  const frame = look.frame.value
  return (
    <section aria-label={d('stack')}>
      <h2>
        {d('stack')}
        {frame?.source && (
          <button type="button" class="b ico" aria-label={d('stack.source')} title={d('stack.source')} onClick={() => void showSource(frame)}>
            <Icon name="file" />
          </button>
        )}
      </h2>
      <Threads debug={debug} />
      <ol class="list">
        {rows.map((row) =>
          row.is === 'frame' ? (
            <li key={row.frame.id} aria-current={row.frame.id === chosen ? 'true' : undefined} class={row.frame.own === false ? 'library' : undefined}>
              <button type="button" data-frame={row.frame.name} onClick={() => debug.chooseFrame(row.frame)}>
                <b>{frameName(row.frame, numberOf)}</b>
                <span class="at">{frameWhere(row.frame, numberOf)}</span>
              </button>
            </li>
          ) : (
            <li key={`h${row.first}`} class="hidden-frames">
              <button type="button" aria-expanded={false} onClick={() => (opened.value = new Set([...opened.value, row.first]))}>
                {d('stack.hidden', { n: row.frames.length })}
              </button>
            </li>
          ),
        )}
        {look.more.value > 0 && (
          <li class="hidden-frames">
            <button type="button" onClick={() => void look.moreFrames()}>
              {d('stack.more', { n: look.more.value })}
            </button>
          </li>
        )}
      </ol>
      {source.value && <Source {...source.value} close={() => (source.value = null)} />}
    </section>
  )
}
