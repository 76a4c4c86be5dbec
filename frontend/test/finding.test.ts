import assert from 'node:assert/strict'
import { test } from 'node:test'
import { find, MOST, outputText, patternOf, placesIn, replacement, type Query } from '../src/cells/finding'
import { sectionsOf } from '../src/cells/folds'
import { sameStatus } from '../src/sync/status'

const query = (text: string, more: Partial<Query> = {}): Query => ({ text, matchCase: false, word: false, regexp: false, ...more })
const pattern = (text: string, more: Partial<Query> = {}): RegExp => {
  const made = patternOf(query(text, more))
  assert.ok(made instanceof RegExp)
  return made
}
const words = (text: string, found: RegExp): string[] => placesIn(text, found).map(([from, to]) => text.slice(from, to))

test('what is looked for is taken as it is written, unless it is a pattern', () => {
  assert.deepEqual(words('a.b axb A.B', pattern('a.b')), ['a.b', 'A.B'])
  assert.deepEqual(words('a.b axb A.B', pattern('a.b', { regexp: true, matchCase: true })), ['a.b', 'axb'])
  assert.deepEqual(words('x[0] {}\\d-/', pattern('{}\\d-/')), ['{}\\d-/'])
  assert.equal(patternOf(query('')), null)
  assert.equal(patternOf(query('(', { regexp: true })), 'bad')
})

test('whole words are words in every script', () => {
  assert.deepEqual(placesIn('sum summe sum_ über sum', pattern('sum', { word: true })).map(([from]) => from), [0, 20])
  assert.deepEqual(words('水位 水位计', pattern('水位', { word: true })), ['水位'])
})

test('a pattern that matches nothing at all finds nothing, and lines are lines', () => {
  assert.deepEqual(words('abc', pattern('x*', { regexp: true })), [])
  assert.deepEqual(words('a\nb\na', pattern('^a$', { regexp: true })), ['a', 'a'])
})

test('places come in the order of the page: source, then outputs, cell by cell', () => {
  const stream = { outputType: 'stream' as const, name: 'stdout', text: 'x \u001b[31mx\u001b[0m' }
  const found = find([{ cell: 'a', source: 'x', outputs: [stream] }, { cell: 'b', source: 'xx', outputs: [] }], pattern('x'))
  assert.deepEqual(found.map(({ cell, output, from, nth }) => [cell, output, from, nth]), [
    ['a', null, 0, 0], ['a', 0, 0, 0], ['a', 0, 2, 1], ['b', null, 0, 0], ['b', null, 1, 1],
  ])
  assert.equal(find([{ cell: 'a', source: 'x'.repeat(MOST + 5), outputs: [] }], pattern('x')).length, MOST)
})

test('an output is looked through as it is shown', () => {
  assert.equal(outputText({ outputType: 'stream', text: 'head\n', tail: 'tail' }), 'head\ntail')
  assert.equal(outputText({ outputType: 'error', ename: 'E', evalue: 'v', traceback: ['\u001b[1mt'] }), 'E: v\nt')
  assert.equal(outputText({ outputType: 'display_data', data: { 'text/html': '<b>x</b>', 'text/plain': 'x' } }), 'x')
  assert.equal(outputText({ outputType: 'display_data', data: { 'text/markdown': '*x*', 'text/plain': 'y' } }), '*x*')
})

test('groups take part in what replaces a pattern, and what stands around it counts', () => {
  const text = 'ab ab'
  assert.equal(replacement(text, { from: 3, to: 4 }, pattern('(?<= )a', { regexp: true }), '<$&>', true), '<a>')
  assert.equal(replacement(text, { from: 3, to: 5 }, pattern('(a)(b)', { regexp: true }), '$2$1', true), 'ba')
  assert.equal(replacement(text, { from: 0, to: 2 }, pattern('ab'), '$1', false), '$1')
})

test('a section ends at a heading as high as its own', () => {
  const levels: Record<string, number> = { A: 1, B: 2, C: 2, D: 1, E: 1 }
  const look = (...folded: string[]) => sectionsOf([...'xAabBcCdDE'], (cell) => levels[cell] ?? null, new Set(folded))
  assert.deepEqual([...look().sections].map(([cell, { cells }]) => [cell, cells]), [['A', 6], ['B', 1], ['C', 1]])
  assert.deepEqual([...look('B', 'E').hidden], [['c', 'B']])
  assert.deepEqual([...look('A', 'B').hidden.values()], Array.from({ length: 6 }, () => 'A'))
})

test('two words about the state are the same when they say the same', () => {
  assert.ok(sameStatus({ is: 'saved' }, { is: 'saved' }))
  assert.ok(!sameStatus({ is: 'saved' }, { is: 'kept' }))
  assert.ok(!sameStatus({ is: 'offline', retryAt: 1, unsent: false }, { is: 'offline', retryAt: 2, unsent: false }))
})
