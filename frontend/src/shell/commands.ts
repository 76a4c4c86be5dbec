// A command as the palette, menus and the key sheet show it. The notebook's own table makes these of its rows.

export interface ShownCommand {
  id: string
  title: string
  /** The group's name, for the key sheet's headings and beside the title in the palette. */
  group: string
  /** As `Shift-Enter`, `D D`. */
  keys?: readonly string[]
  editKeys?: readonly string[]
  /** Only on the key sheet. */
  quiet?: boolean
  run(): void
}

const onMac = (): boolean => /Mac|iP(hone|ad|od)/.test(navigator.platform)

const NAMES: Readonly<Record<string, string>> = {
  Enter: '↵', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', Backspace: '⌫', Minus: '-',
}

/** A key as people read it: `Mod-Shift-Enter` is Ctrl ⇧ ↵ or ⌘⇧↵. */
export function keyLabel(key: string, mac = onMac()): string {
  const chord = key.split(' ').map((one) =>
    one
      .split(/-(?!$)/)
      .map((part) => {
        if (part === 'Mod') return mac ? '⌘' : 'Ctrl'
        if (part === 'Ctrl') return mac ? '⌃' : 'Ctrl'
        if (part === 'Alt') return mac ? '⌥' : 'Alt'
        if (part === 'Shift') return mac ? '⇧' : 'Shift'
        return NAMES[part] ?? part
      })
      .join(mac ? '' : ' '),
  )
  return chord.join(' ')
}

/** The keys worth showing: where one differs only by Ctrl and ⌘, the system's own. */
export function shownKeys(keys: readonly string[] | undefined, mac = onMac()): string[] {
  return [...new Set((keys ?? []).map((key) => keyLabel(key, mac)))]
}

const fold = (text: string): string => text.toLocaleLowerCase().normalize('NFKD').replace(/\p{M}/gu, '')

/** Commands that have all the words of `search`, those whose title begins with it first. */
export function findCommands(commands: readonly ShownCommand[], search: string): ShownCommand[] {
  const wanted = fold(search).split(/\s+/).filter(Boolean)
  const found = commands.filter((command) => !command.quiet).flatMap((command, at) => {
    const title = fold(command.title)
    const all = `${title} ${fold(command.group)} ${command.id}`
    if (!wanted.every((word) => all.includes(word))) return []
    const rank = !wanted.length || title.startsWith(wanted.join(' ')) ? 0 : wanted.every((word) => title.includes(word)) ? 1 : 2
    return [{ command, rank, at }]
  })
  return found.sort((one, other) => one.rank - other.rank || one.at - other.at).map(({ command }) => command)
}

/** Where `search` stands in `title`, for marking. */
export function markedPart(title: string, search: string): [string, string, string] {
  const at = search ? title.toLocaleLowerCase().indexOf(search.toLocaleLowerCase()) : -1
  return at < 0 ? [title, '', ''] : [title.slice(0, at), title.slice(at, at + search.length), title.slice(at + search.length)]
}
