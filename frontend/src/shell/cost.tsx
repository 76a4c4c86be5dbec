// What a kernel costs, in the status line: quiet words and a small picture of the last minutes; the machine's memory where little is left.
import { formatBytes, formatNumber, t } from '../i18n'
import type { Cost } from '../model/messages'
import { Spark } from './spark'

export function CostMark({ cost }: { cost: Cost }) {
  const { memory = 0, cpu = 0, memories = [], total = 0, available = 0, tight = false } = cost
  if (!memory && !tight) return null
  const left = { left: formatBytes(available), total: formatBytes(total) }
  return (
    <span class="g opt cost" data-cost title={memory ? t('cost.title', { size: formatBytes(memory), n: formatNumber(cpu) }) : undefined}>
      {memory > 0 && (
        <>
          <Spark values={memories} />
          <span>{t('cost.memory', { size: formatBytes(memory) })}</span>
          <span class="muted">{t('cost.cpu', { n: formatNumber(cpu) })}</span>
        </>
      )}
      {tight && (
        <span class="g bad" data-tight>
          <span class="meter full">
            <i style={{ width: `${Math.round(100 * (1 - available / total))}%` }} />
          </span>
          {t('cost.left', left)}
        </span>
      )}
    </span>
  )
}
