import assert from 'node:assert/strict'
import { test } from 'node:test'
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
