// The command palette and the key sheet, both made from the same table.
import { signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { findCommands, markedPart, shownKeys, type ShownCommand } from './commands'
import { Finder } from './finder'
import { Icon } from './icon'

type Shown = { is: 'palette' | 'keys'; commands: readonly ShownCommand[] }
const shown = signal<Shown | null>(null)

export function openPalette(commands: readonly ShownCommand[]): void {
  shown.value = { is: 'palette', commands }
}

export function openKeys(commands: readonly ShownCommand[]): void {
  shown.value = { is: 'keys', commands }
}

const close = (): void => {
  shown.value = null
}

function Palette({ commands }: { commands: readonly ShownCommand[] }) {
  const [search, setSearch] = useState('')
  return (
    <Finder
      id="commands-found"
      label={t('commands.find')}
      listLabel={t('commands')}
      none={t('commands.none')}
      search={search}
      setSearch={setSearch}
      found={findCommands(commands, search)}
      keyOf={(command) => command.id}
      optionId={(command) => `command-${command.id}`}
      take={(command) => {
        close()
        command?.run()
      }}
      show={(command) => {
        const [before, marked, after] = markedPart(command.title, search.trim())
        const [key] = shownKeys(command.keys ?? command.editKeys)
        return (
          <>
            <span>
              {before}
              <b>{marked}</b>
              {after}
            </span>
            <small>{command.group}</small>
            {key && <kbd>{key}</kbd>}
          </>
        )
      }}
    />
  )
}

function Keys({ commands }: { commands: readonly ShownCommand[] }) {
  const rows = commands.filter((command) => command.keys?.length || command.editKeys?.length)
  const groups = [...new Set(rows.map((command) => command.group))]
  return (
    <>
      <div class="row">
        <h2 id="shown-title">{t('keys')}</h2>
        <span class="grow" />
        <button type="button" class="b ico" aria-label={t('close')} onClick={close}>
          <Icon name="x" />
        </button>
      </div>
      {groups.map((group) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl class="keysheet">
            {rows
              .filter((command) => command.group === group)
              .map((command) => (
                <div key={command.id}>
                  <dt>{command.title}</dt>
                  <dd>
                    {shownKeys([...(command.keys ?? []), ...(command.editKeys ?? [])]).map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </>
  )
}

/** Where palette and key sheet open; once a page. */
export function CommandDialogs() {
  const element = useRef<HTMLDialogElement>(null)
  const current = shown.value
  useEffect(() => {
    if (current && !element.current?.open) element.current?.showModal()
  }, [current])
  if (!current) return null
  const palette = current.is === 'palette'
  return (
    <dialog
      ref={element}
      class={palette ? 'palette' : 'keys'}
      aria-label={palette ? t('commands') : undefined}
      aria-labelledby={palette ? undefined : 'shown-title'}
      tabIndex={palette ? undefined : -1}
      onClose={close}
      onClick={(event) => event.target === element.current && close()}
    >
      {palette ? <Palette commands={current.commands} /> : <Keys commands={current.commands} />}
    </dialog>
  )
}
