// The folio as elements: the number in the margin, or what stands in its place.
import { formatOrdinal, t } from '../i18n'
import { icon } from '../icons/icons'
import type { Folio } from './margin'

export function folioNodes(folio: Folio): (Node | string)[] {
  if (folio.kind === 'none') return []
  const mark = document.createElement('span')
  if (folio.kind === 'running') {
    mark.className = 'run'
    mark.role = 'img'
    mark.ariaLabel = t('cell.running')
  } else if (folio.kind === 'paused') {
    mark.className = 'warn paused'
    mark.role = 'img'
    mark.ariaLabel = t('debug.paused')
    mark.append(icon('pause'))
  } else if (folio.kind === 'waiting') {
    mark.className = 'q'
    mark.textContent = folio.place === 1 ? t('cell.next') : formatOrdinal(folio.place)
  } else {
    mark.className = [folio.stale && 'stale', folio.failed && 'bad'].filter(Boolean).join(' ')
    mark.textContent = folio.count == null ? '' : String(folio.count)
    if (folio.failed) mark.title = t('cell.failed')
    else if (folio.stale) mark.title = t('cell.editedSince')
  }
  return [mark]
}
