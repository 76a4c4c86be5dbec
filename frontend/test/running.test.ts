import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameOf, type Row } from '../src/shell/running'
import { dotOf, ownerWords, parted, stateWords } from '../src/shell/runs'
import { sparkPath } from '../src/shell/sparkline'

test('a small picture ends at the right edge and stands on its bottom', () => {
  const path = sparkPath([0, 100, 50], 19, 16)
  const points = path.slice(1).split('L').map((point) => point.split(' ').map(Number))
  assert.deepEqual(points.map(([x]) => x), [17, 18, 19])
  assert.equal(points[0][1], 15)
  assert.ok(points[1][1] < points[2][1] && points[2][1] < points[0][1])
})

test('one value makes no picture, and of many the newest are drawn', () => {
  assert.equal(sparkPath([5], 56, 16), '')
  const many = sparkPath(Array.from({ length: 200 }, (_, at) => at), 59, 16)
  assert.equal(many.split('L').length, 60)
  assert.ok(many.startsWith('M0 '))
})

test('what is little against what the height stands for stays low', () => {
  const heights = sparkPath([1, 2], 56, 16, 100).slice(1).split('L').map((point) => Number(point.split(' ')[1]))
  assert.ok(heights.every((y) => y > 14))
})

const row = (more: Partial<Row>): Row => ({
  process: 'p', incarnation: 'i', kind: 'kernel', name: 'Python 3', owner: 'notebook', state: 'idle', path: 'a/Tides.ipynb', prompt: '', joined: false, idle: true,
  since: 100, idle_since: 1000, pages: 0, connections: 0, memory: 0, private: 0, swap: 0, cpu: 0, processes: 1, memories: [], cpus: [], ...more,
})

test('what runs is called by whose it is', () => {
  assert.equal(nameOf(row({})), 'Tides')
  assert.equal(nameOf(row({ owner: 'prompt', path: '', prompt: '2' })), 'Prompt 2')
  assert.equal(nameOf(row({ owner: 'stray', path: '' })), 'Python 3')
  assert.equal(ownerWords(row({ owner: 'stray', path: 'x.ipynb' })), 'Belongs to no open notebook; it was started for x.ipynb')
  assert.equal(ownerWords(row({ owner: 'client', path: '' })), 'Started by a Jupyter client')
  assert.equal(ownerWords(row({})), '')
})

test('idle says for how long once that is a minute', () => {
  assert.equal(stateWords(row({}), 1030), 'idle')
  assert.equal(stateWords(row({}), 1000 + 190), 'idle for 3 min')
  assert.equal(stateWords(row({}), 1000 + 3 * 86_400), 'idle for 3 days')
  assert.equal(stateWords(row({ state: 'asking' }), 1030), 'waits for input')
  assert.equal(dotOf(row({ state: 'running' })), 'dot bad')
})

test('kernels come before the rest, in the order in which they began', () => {
  const rows = [row({ incarnation: 'c', since: 3 }), row({ incarnation: 'p', kind: 'program', since: 1 }), row({ incarnation: 'a', since: 2 }), row({ incarnation: 'n', since: null })]
  assert.deepEqual(parted(rows).map((part) => part.map(({ incarnation }) => incarnation)), [['a', 'c', 'n'], ['p']])
})
