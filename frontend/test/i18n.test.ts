import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { DICTIONARIES, formatAgo, formatBytes, formatDuration, formatOrdinal, t, useLanguage } from '../src/i18n'
import type { Message } from '../src/i18n/message'
import { translated } from '../src/i18n/said'
import { saidZhHans } from '../src/i18n/said.zh-hans'

afterEach(() => useLanguage('en'))

const forms = (message: Message): string[] => (typeof message === 'string' ? [message] : Object.values(message))
const names = (message: Message): string => [...new Set(forms(message).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort().join(' ')

test('both languages want the same names in every sentence', () => {
  for (const [key, message] of Object.entries(DICTIONARIES.en)) assert.equal(names(DICTIONARIES['zh-Hans'][key]), names(message), key)
})

/** What is printed on a key, and what one writes to a kernel: no sentences. */
const SIGNS = ['repl.key.tab', 'repl.explain.write', 'repl.shell.write']

test('no Chinese sentence is left in English', () => {
  const same = Object.entries(DICTIONARIES.en).filter(([key, message]) => JSON.stringify(DICTIONARIES['zh-Hans'][key]) === JSON.stringify(message))
  assert.deepEqual(same.map(([key]) => key).filter((key) => !SIGNS.includes(key)), [])
})

test('Chinese sentences use full-width punctuation beside Chinese', () => {
  for (const [key, message] of Object.entries(DICTIONARIES['zh-Hans']))
    for (const form of SIGNS.includes(key) ? [] : forms(message)) assert.doesNotMatch(form, /[\u4e00-\u9fff][,.:;!?()]|[,;!?(][\u4e00-\u9fff]/, key)
})

test('plurals follow the language', () => {
  assert.equal(t('files.deleted', { n: 1 }), 'Deleted 1 item.')
  assert.equal(t('files.deleted', { n: 1200 }), 'Deleted 1,200 items.')
  useLanguage('zh-Hans')
  assert.equal(t('files.deleted', { n: 1 }), '已删除 1 项。')
})

test('a value that looks like a name is not filled in again', () => {
  assert.equal(t('files.select', { name: '{name} $& \\' }), 'Select {name} $& \\')
})

test('sizes have one decimal below ten and never 1000 of a unit', () => {
  assert.deepEqual([0, 212, 7_040, 288_000, 1_400_000, 999_600].map(formatBytes), ['0 B', '212 B', '7 kB', '288 kB', '1.4 MB', '1 MB'])
})

test('durations go from milliseconds to hours', () => {
  assert.deepEqual([0.003, 0.4, 64, 7500].map(formatDuration), ['3 ms', '0.4 s', '1 min 04 s', '2 h 05 min'])
})

test('a moment is said as people say it', () => {
  const now = new Date(2026, 10, 24, 12, 0)
  assert.equal(formatAgo(new Date(2026, 10, 24, 11, 58), now), '2 minutes ago')
  assert.equal(formatAgo(new Date(2026, 10, 23, 23, 0), now), 'yesterday')
  assert.equal(formatAgo(new Date(2026, 10, 12), now), '12 Nov')
  assert.equal(formatAgo(new Date(2025, 10, 12), now), '12 Nov 2025')
  useLanguage('zh-Hans')
  assert.equal(formatAgo(new Date(2026, 10, 12), now), '11月12日')
})

test('places in the queue', () => {
  assert.deepEqual([2, 3, 11, 21].map(formatOrdinal), ['2nd', '3rd', '11th', '21st'])
})

test('what the server says is found by its pattern, whatever it fills in', () => {
  const sentences = { '{} does not exist.': '{} 不存在。', 'Try again.': '请重试。', 'a+b {}': '{} 一' }
  assert.equal(translated('Try again.', sentences), '请重试。')
  assert.equal(translated('x\ny.ipynb does not exist.', sentences), 'x\ny.ipynb 不存在。')
  assert.equal(translated('a+b $&', sentences), '$& 一')
  assert.equal(translated('Something else.', sentences), 'Something else.')
})

test('every sentence of the catalogue keeps what is filled in', () => {
  const holes = (text: string): number => text.split('{}').length
  for (const [said, sentence] of Object.entries(saidZhHans)) assert.equal(holes(sentence), holes(said), said)
})
