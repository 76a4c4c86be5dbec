// Sentences at the top of the page about a state that lasts, with one action.
import type { ComponentChildren } from 'preact'
import { t } from '../i18n'
import { Icon } from './icon'

export interface Banner {
  id: string
  kind: 'plain' | 'warning' | 'error'
  /** The first words, bold. */
  head: string
  text?: string
  /** What a program said, under words that open it. */
  said?: { head: string; text: string }
  actions?: readonly { label: string; act(): void }[]
  dismiss?(): void
}

const LOOK = { plain: ['ban', 'ring muted'], warning: ['ban w', 'ring warn'], error: ['ban e', 'bad'] } as const

function One({ banner }: { banner: Banner }) {
  const [box, dot] = LOOK[banner.kind]
  return (
    <div class={box} role={banner.kind === 'error' ? 'alert' : 'status'} data-banner={banner.id}>
      <span class={`dot ${dot}`} />
      <span>
        <b>{banner.head}</b> {banner.text}
        {banner.said && (
          <details class="lastwords">
            <summary>{banner.said.head}</summary>
            <pre>{banner.said.text}</pre>
          </details>
        )}
      </span>
      {banner.actions?.map(({ label, act }) => (
        <button type="button" class={banner.kind === 'error' ? 'b err' : 'b'} onClick={act}>
          {label}
        </button>
      ))}
      {banner.dismiss && (
        <button type="button" class="b ico" aria-label={t('dismiss')} onClick={banner.dismiss}>
          <Icon name="x" />
        </button>
      )}
    </div>
  )
}

export function Banners({ banners, children }: { banners: readonly Banner[]; children?: ComponentChildren }) {
  if (!banners.length && !children) return null
  return (
    <div class="banners">
      {banners.map((banner) => (
        <One key={banner.id} banner={banner} />
      ))}
      {children}
    </div>
  )
}
