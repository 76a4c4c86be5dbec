// The contents, left of the sheet: headings of the text cells, with what runs and what failed beneath them.
import { t } from '../i18n'

export interface Heading {
  cell: string
  level: number
  text: string
  state?: 'running' | 'failed'
}

interface Branch extends Heading {
  children: Branch[]
}

/** Headings as a tree; a level that is skipped makes no empty branch. */
export function treeOf(headings: readonly Heading[]): Branch[] {
  const roots: Branch[] = []
  const open: Branch[] = []
  for (const heading of headings) {
    const branch: Branch = { ...heading, children: [] }
    while (open.length && open[open.length - 1].level >= heading.level) open.pop()
    ;(open.length ? open[open.length - 1].children : roots).push(branch)
    open.push(branch)
  }
  return roots
}

interface Props {
  headings: readonly Heading[]
  /** The cell whose part one reads. */
  current: string | null
  go(cell: string): void
}

function List({ branches, current, go }: { branches: readonly Branch[] } & Omit<Props, 'headings'>) {
  return (
    <ol>
      {branches.map((branch) => (
        <li key={branch.cell + branch.text}>
          <a
            href={`#${branch.cell}`}
            aria-current={branch.cell === current ? 'true' : undefined}
            onClick={(event) => {
              event.preventDefault()
              go(branch.cell)
            }}
          >
            {branch.text}
            {branch.state && <span class="st bad">{t(branch.state === 'running' ? 'cell.running' : 'cell.failed')}</span>}
          </a>
          {branch.children.length > 0 && <List branches={branch.children} current={current} go={go} />}
        </li>
      ))}
    </ol>
  )
}

export function Contents({ headings, current, go }: Props) {
  return (
    <nav class="toc" aria-label={t('contents')}>
      <h2>{t('contents')}</h2>
      <List branches={treeOf(headings)} current={current} go={go} />
    </nav>
  )
}
