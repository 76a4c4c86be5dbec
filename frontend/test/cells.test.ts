import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertCells, newAuthor } from '../src/model/edits'
import * as Y from 'yjs'
import { cellFromText, cellsFromJson, clipOf } from '../src/cells/clipboard'
import { COMMANDS } from '../src/cells/commands'
import { contentsOf, headingsOf } from '../src/cells/headings'
import { CHORD, keyName, Keymap, resolved, type KeyPress } from '../src/cells/keys'
import { folioOf, placeInQueue } from '../src/cells/margin'
import { follow, NOTHING, only, selected, staying, step } from '../src/cells/selection'
import { toCodePoints, toUnits } from '../src/editor/units'

// Keys ----------------------------------------------------------------------------------------------------------------

const press = (key: string, code: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key, code, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...held,
})

test('letters are what the key says, digits where the key is', () => {
  assert.equal(keyName(press('z', 'KeyY')), 'Z') // German
  assert.equal(keyName(press('à', 'Digit0')), '0') // French
  assert.equal(keyName(press('я', 'KeyZ')), 'Z') // Russian
  assert.equal(keyName(press('A', 'KeyA', { shiftKey: true })), 'Shift-A')
  assert.equal(keyName(press('_', 'Minus', { ctrlKey: true, shiftKey: true })), 'Ctrl-Shift-Minus')
  assert.equal(keyName(press('Enter', 'NumpadEnter', { altKey: true })), 'Alt-Enter')
})

test('modifiers alone and dead keys are never shortcuts', () => {
  for (const key of ['Shift', 'Control', 'Dead', 'Process']) assert.equal(keyName(press(key, '')), '')
})

test('Mod is Ctrl, and Command on a Mac', () => {
  assert.equal(resolved('Mod-Shift-Z', false), 'Ctrl-Shift-Z')
  assert.equal(resolved('Mod-Shift-Z', true), 'Meta-Shift-Z')
  assert.equal(resolved('Ctrl-Enter', true), 'Ctrl-Enter')
})

test('a chord is two keys within 800 ms, and its first key alone means nothing', () => {
  const keys = new Keymap([['D D', 'delete'], ['A', 'above']], false)
  assert.equal(keys.press('D', 0), 'pending')
  assert.equal(keys.press('D', 100), 'delete')
  assert.equal(keys.press('D', 1000), 'pending')
  assert.equal(keys.press('D', 1000 + CHORD), 'pending')
  assert.equal(keys.press('A', 1900), 'above')
  assert.equal(keys.press('D', 2000), 'pending')
  assert.equal(keys.press('Q', 2001), null)
})

// Margins -------------------------------------------------------------------------------------------------------------

const run = (state: 'ok' | 'error' | 'running' | 'queued' | 'interrupted', hash = 'h') => ({ id: 'r', cell: 'c', state, hash })

test('the folio says what became of a cell', () => {
  assert.deepEqual(folioOf({}, 0, ''), { kind: 'none' })
  assert.deepEqual(folioOf({ count: 4 }, 0, ''), { kind: 'ran', count: 4, stale: false, failed: false })
  assert.deepEqual(folioOf({ count: 4, run: run('ok') }, 0, 'other'), { kind: 'ran', count: 4, stale: true, failed: false })
  assert.deepEqual(folioOf({ count: 4, run: run('error') }, 0, 'h'), { kind: 'ran', count: 4, stale: false, failed: true })
  assert.deepEqual(folioOf({ run: run('interrupted') }, 0, 'h'), { kind: 'ran', count: null, stale: false, failed: true })
  assert.deepEqual(folioOf({ count: 4, run: run('running') }, 0, 'h'), { kind: 'running' })
  assert.deepEqual(folioOf({ count: 4, run: run('ok') }, 3, 'h'), { kind: 'waiting', place: 3 })
})

test('a place in the queue counts those that wait', () => {
  const queue = [{ ...run('running'), cell: 'x' }, { ...run('queued'), cell: 'y' }, { ...run('queued'), cell: 'z' }]
  assert.deepEqual(['x', 'y', 'z', 'w'].map((cell) => placeInQueue(queue, cell)), [0, 1, 2, 0])
})

// Selection -----------------------------------------------------------------------------------------------------------

const cells = ['a', 'b', 'c', 'd']

test('the selection is the run of cells between anchor and active', () => {
  assert.deepEqual(selected(cells, { active: 'b', anchor: 'd' }), ['b', 'c', 'd'])
  assert.deepEqual(selected(cells, { active: 'b', anchor: 'gone' }), ['b'])
  assert.deepEqual(selected(cells, NOTHING), [])
})

test('steps stop at the ends, and extending leaves the anchor', () => {
  assert.deepEqual(step(cells, only('d'), 1), only('d'))
  assert.deepEqual(step(cells, only('b'), 1, true), { active: 'c', anchor: 'b' })
  assert.deepEqual(step(cells, only('b'), -Infinity, true), { active: 'a', anchor: 'b' })
})

test('a cell that goes gives its place to the next one, at the end to the one before', () => {
  assert.deepEqual(follow(cells, ['a', 'c', 'd'], only('b')), only('c'))
  assert.deepEqual(follow(cells, ['a', 'b'], only('d')), only('b'))
  assert.deepEqual(follow(cells, [], only('d')), NOTHING)
  assert.deepEqual(follow([], ['x', 'y'], NOTHING), only('x'))
})

test('a move touches only the cell that moved', () => {
  const stay = staying(cells, ['b', 'c', 'd', 'a'])
  assert.deepEqual([...stay].sort(), ['b', 'c', 'd'])
  assert.deepEqual([...staying(cells, ['a', 'x', 'b'])].sort(), ['a', 'b'])
})

// Clipboard -----------------------------------------------------------------------------------------------------------

test('copied cells come back without id and outputs', () => {
  const doc = new Y.Doc()
  insertCells(newAuthor(doc, 'me'), null, [{ id: 'a', type: 'code', source: 'x = "中😀"' }, { id: 'b', type: 'markdown', source: '# T', metadata: { tags: ['t'] } }])
  const clip = clipOf(doc, ['a', 'b'])
  assert.equal(clip.text, 'x = "中😀"\n\n# T')
  assert.deepEqual(cellsFromJson(clip.json), [
    { type: 'code', source: 'x = "中😀"', metadata: {}, attachments: {} },
    { type: 'markdown', source: '# T', metadata: { tags: ['t'] }, attachments: {} },
  ])
  doc.destroy()
})

test('an .ipynb on the clipboard is cells, anything else is none', () => {
  assert.deepEqual(cellsFromJson('{"cells": [{"cell_type": "code", "source": ["a\\n", "b"]}]}'), [{ type: 'code', source: 'a\nb', metadata: {}, attachments: {} }])
  for (const text of ['', 'x = 1', '[]', '{"cells": 3}', '{"cells": []}', 'null']) assert.equal(cellsFromJson(text), null)
  assert.deepEqual(cellFromText('a\r\nb'), [{ type: 'code', source: 'a\nb' }])
  assert.deepEqual(cellFromText('  '), [])
})

// Units ---------------------------------------------------------------------------------------------------------------

test('positions go from units to code points and back', () => {
  const text = 'a😀中b'
  assert.deepEqual([0, 1, 3, 4, 5].map((at) => toCodePoints(text, at)), [0, 1, 2, 3, 4])
  assert.deepEqual([0, 1, 2, 3, 4, 9].map((at) => toUnits(text, at)), [0, 1, 3, 4, 5, 5])
})

// Commands ------------------------------------------------------------------------------------------------------------

test('no key means two things, and no command has two ids', () => {
  assert.equal(new Set(COMMANDS.map(({ id }) => id)).size, COMMANDS.length)
  for (const mac of [false, true])
    for (const keysOf of [(at: number) => COMMANDS[at].keys, (at: number) => COMMANDS[at].editKeys]) {
      const seen = new Map<string, string>()
      COMMANDS.forEach(({ id }, at) => {
        for (const key of keysOf(at) ?? []) {
          const name = resolved(key, mac)
          assert.ok(!seen.has(name) || seen.get(name) === id, `${key}: ${id} and ${seen.get(name)}`)
          seen.set(name, id)
        }
      })
    }
})

test('no single key is the start of a chord', () => {
  const starts = new Set(COMMANDS.flatMap(({ keys = [] }) => keys.filter((key) => key.includes(' ')).map((key) => key.split(' ')[0])))
  for (const { keys = [] } of COMMANDS) for (const key of keys) assert.ok(!starts.has(key), key)
})

test('Jupyter’s fingers find what they know', () => {
  const known: Record<string, string> = {
    A: 'above', B: 'below', X: 'cut', C: 'copy', V: 'paste', 'Shift-V': 'paste-above', 'D D': 'delete', Z: 'undo', 'Shift-Z': 'redo', Y: 'to-code',
    M: 'to-text', R: 'to-raw', 'Shift-M': 'merge', 'I I': 'interrupt', '0 0': 'restart', Enter: 'edit', 'Shift-Enter': 'run-next', 'Ctrl-Enter': 'run',
    'Alt-Enter': 'run-insert', J: 'down', K: 'up', S: 'save', O: 'fold-outputs', 1: 'heading-1', 6: 'heading-6',
  }
  for (const [key, id] of Object.entries(known)) assert.equal(COMMANDS.find(({ keys }) => keys?.includes(key))?.id, id, key)
})

// Contents ------------------------------------------------------------------------------------------------------------

test('headings are read as Markdown means them, not in code blocks', () => {
  assert.deepEqual(headingsOf('# A *b* `c` ##\ntext\n```\n# no\n```\n### [link](x) snake_case_name\n#none\n# '), [
    { level: 1, text: 'A b c' },
    { level: 3, text: 'link snake_case_name' },
  ])
})

test('a heading says what runs and what failed below it', () => {
  const code = (id: string, state: 'ok' | 'error' | 'running') => ({ id, headings: null, results: { run: { id, cell: id, state } } })
  const text = (id: string) => ({ id, headings: headingsOf(`# ${id}`), results: {} })
  const states = contentsOf([code('0', 'error'), text('a'), code('1', 'ok'), text('b'), code('2', 'error'), code('3', 'running'), text('c'), code('4', 'error')])
  assert.deepEqual(states.map(({ text: name, state }) => [name, state]), [['a', undefined], ['b', 'running'], ['c', 'failed']])
})
