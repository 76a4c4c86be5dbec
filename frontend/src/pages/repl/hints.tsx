// What a prompt says while nothing was run at it: whose it is, and the few keys worth knowing.
import { t } from '../../i18n'
import type { Kernel } from '../../model/messages'
import { shownKeys } from '../../shell/commands'

export function Hints({ kernel }: { kernel: Kernel }) {
  const python = (kernel.language || 'python') === 'python'
  // `typed`: keys that a phone has not.
  const rows: { keys: readonly string[]; words: string; typed?: boolean }[] = [
    { keys: shownKeys(['Enter']), words: t('repl.run') },
    { keys: shownKeys(['Shift-Enter']), words: t('repl.newline'), typed: true },
    { keys: shownKeys(['ArrowUp']), words: t('repl.back') },
    { keys: shownKeys(['Ctrl-R']), words: t('repl.search'), typed: true },
    { keys: shownKeys(['Tab']), words: t('repl.complete') },
    ...(python ? [{ keys: [t('repl.explain.write')], words: t('repl.explain') }, { keys: [t('repl.shell.write')], words: t('repl.shell') }] : []),
  ]
  return (
    <aside class="hints" aria-label={t('keys')}>
      <dl>
        {rows.map(({ keys, words, typed }) => (
          <div key={words} class={typed ? 'typed' : undefined}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </aside>
  )
}
