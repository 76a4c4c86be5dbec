// The places that every page without a document leads to.
import { t } from '../i18n'
import { folderAddress } from './head'
import { page } from './page'

export function Places({ here }: { here: 'files' | 'running' | 'folder' }) {
  return (
    <nav class="row places" aria-label={t('places')}>
      <a class="b" href={folderAddress('')} aria-current={here === 'files' ? 'page' : undefined}>
        {t('files')}
      </a>
      <a class="b" href={`${page().base}repl`}>{t('repl.place')}</a>
      <a class="b" href={`${page().base}running`} aria-current={here === 'running' ? 'page' : undefined}>
        {t('running')}
      </a>
    </nav>
  )
}
