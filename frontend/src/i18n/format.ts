// Numbers, sizes, dates and durations as the page's language writes them.
import { language } from './language'

export const formatNumber = (value: number): string => value.toLocaleString(language())

export const formatList = (items: readonly string[]): string => new Intl.ListFormat(language(), { type: 'conjunction' }).format(items)

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** 212 B, 7 kB, 1.4 MB: thousands, one decimal below ten. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${value.toLocaleString(language(), { maximumFractionDigits: digits })} ${UNITS[unit]}`
}

const MINUTE = 60
const HOUR = 60 * MINUTE

/** How long something took: 3 ms, 0.4 s, 1 min 04 s, 2 h 05 min. */
export function formatDuration(seconds: number): string {
  const chinese = language() !== 'en'
  const [ms, s, min, h] = chinese ? [' 毫秒', ' 秒', ' 分', ' 小时'] : [' ms', ' s', ' min', ' h']
  if (seconds < 0.0995) return `${Math.max(1, Math.round(seconds * 1000))}${ms}`
  if (seconds < 9.95) return `${seconds.toLocaleString(language(), { minimumFractionDigits: 1, maximumFractionDigits: 1 })}${s}`
  const whole = Math.round(seconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  if (whole < MINUTE) return `${whole}${s}`
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}${min} ${two(whole % MINUTE)}${s}`
  return `${Math.floor(whole / HOUR)}${h} ${two(Math.floor((whole % HOUR) / MINUTE))}${min}`
}

/** A moment as one says it: just now, 2 minutes ago, yesterday, 12 Nov. */
export function formatAgo(then: Date, now = new Date()): string {
  const relative = new Intl.RelativeTimeFormat(language(), { numeric: 'auto' })
  const seconds = (now.getTime() - then.getTime()) / 1000
  if (seconds < 45) return relative.format(0, 'second')
  if (seconds < 45 * MINUTE) return relative.format(-Math.max(1, Math.round(seconds / MINUTE)), 'minute')
  const midnight = (date: Date): number => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  const days = Math.round((midnight(now) - midnight(then)) / (24 * HOUR * 1000))
  if (days <= 0) return relative.format(-Math.max(1, Math.round(seconds / HOUR)), 'hour')
  if (days === 1) return relative.format(-1, 'day')
  const year = then.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return then.toLocaleDateString(dateLocale(), { day: 'numeric', month: 'short', year })
}

/** A moment in full, for titles. */
export const formatDate = (then: Date): string => then.toLocaleString(dateLocale(), { dateStyle: 'long', timeStyle: 'short' })

// Days before months in English, as most of the world writes them.
const dateLocale = (): string => (language() === 'en' ? 'en-GB' : 'zh-Hans')

/** 2nd, 3rd: a place in the queue. */
export function formatOrdinal(place: number): string {
  if (language() !== 'en') return `第 ${place}`
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th' } as Record<string, string>
  return `${place}${ending[new Intl.PluralRules('en', { type: 'ordinal' }).select(place)]}`
}
