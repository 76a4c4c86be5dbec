import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import * as Y from 'yjs'
import { Anchors } from '../src/debug/anchors'
import type { Asker } from '../src/debug/asking'
import { Console } from '../src/debug/console'
import { Look } from '../src/debug/look'
import {
  anyStops, breakpointState, breakpointText, expressionAt, frameName, frameWhere, isHitCount, marksOf, placeWords, reasonWords, stackRows, whyNot, withChanges, heldBy, wished,
} from '../src/debug/model'
import { joined, step, treeRows, wanted, type Known } from '../src/debug/tree'
import { useLanguage } from '../src/i18n'
import { WORDS } from '../src/i18n/debugger'
import type { Message } from '../src/i18n/message'
import { insertCells, newAuthor } from '../src/model/edits'
import type { Breakpoint, Done, Frame, Picture, Scope, Variable } from '../src/model/messages'
import { cellOf, sourceOf } from '../src/model/schema'
import type { Ask } from '../src/sync/commands'
import { SessionState } from '../src/sync/session'

afterEach(() => useLanguage('en'))

const numberOf = (cell: string): number => ({ a: 1, b: 2 })[cell] ?? 0
const frame = (id: number, more: Partial<Frame> = {}): Frame => ({ id, name: `f${id}`, at: { cell: 'a', line: id }, ...more })
const variable = (name: string, value: string, more: Partial<Variable> = {}): Variable => ({ name, value: { value, type: 'int' }, key: name, ...more })

// Words -----------------------------------------------------------------------------------------------------------------

const forms = (message: Message): string[] => (typeof message === 'string' ? [message] : Object.values(message))
const names = (message: Message): string => [...new Set(forms(message).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort().join(' ')

test('the debugger speaks both languages with the same names', () => {
  const skipped = new Set(['breakpoint.condition.like', 'breakpoint.log.like']) // code, which each language may choose
  for (const [key, message] of Object.entries(WORDS.en)) {
    assert.ok(WORDS['zh-Hans'][key], key)
    if (!skipped.has(key) && key !== 'reason.error') assert.equal(names(WORDS['zh-Hans'][key]), names(message), key)
    if (key !== 'reason.error') assert.notEqual(JSON.stringify(WORDS['zh-Hans'][key]), JSON.stringify(message), key)
  }
})

test('a stop is told by its reason and its place', () => {
  assert.equal(reasonWords({ number: 1, reason: 'breakpoint' }), 'Paused at a breakpoint')
  assert.equal(reasonWords({ number: 1, reason: 'exception', raised: { type: 'KeyError', message: "'b'" } }), 'Paused at KeyError')
  assert.equal(reasonWords({ number: 1, kind: 'error', reason: 'error', raised: { type: 'KeyError', message: '' } }), 'KeyError')
  assert.equal(reasonWords({ number: 1, reason: 'a reason of tomorrow' }), 'Paused')
  assert.equal(placeWords({ cell: 'b', line: 6 }, numberOf), 'cell 2, line 6')
  assert.equal(placeWords({ cell: 'gone', line: 6 }, numberOf), 'a deleted cell')
  assert.equal(placeWords({ path: 'lib/tides.py', line: 12 }, numberOf), 'tides.py, line 12')
  const top = frame(1, { name: '<module>', at: { cell: 'b', line: 3 } })
  assert.deepEqual([frameName(top, numberOf), frameWhere(top, numberOf)], ['cell 2', 'line 3'])
})

test('what is not offered is said in words, also for reasons that this page does not know', () => {
  assert.equal(whyNot({ pause: 'subshells' }, 'pause'), 'This needs ipykernel 7 in the kernel’s Python.')
  assert.equal(whyNot({}, 'pause'), '')
  assert.match(whyNot({ debug: 'moon' }, 'debug'), /\(moon\)/)
})

// The stack -------------------------------------------------------------------------------------------------------------

test('frames of libraries are folded until one of them is wanted', () => {
  const frames = [frame(1), frame(2, { own: false }), frame(3, { own: false }), frame(4)]
  const shape = (rows: ReturnType<typeof stackRows>): (number | number[])[] => rows.map((row) => (row.is === 'frame' ? row.frame.id : row.frames.map(({ id }) => id)))
  assert.deepEqual(shape(stackRows(frames, new Set(), 1)), [1, [2, 3], 4])
  assert.deepEqual(shape(stackRows(frames, new Set([2]), 1)), [1, 2, 3, 4])
  assert.deepEqual(shape(stackRows(frames, new Set(), 3)), [1, 2, 3, 4])
})

// Breakpoints -----------------------------------------------------------------------------------------------------------

const breakpoint = (more: Partial<Breakpoint> = {}): Breakpoint => ({ id: 'p', at: { cell: 'a', line: 2 }, text: '  r = f(x)', ...more })

test('a breakpoint is listed by what makes it special, and says how it stands', () => {
  assert.equal(breakpointText(breakpoint()), 'r = f(x)')
  assert.equal(breakpointText(breakpoint({ condition: 'x > 3' })), 'if x > 3')
  assert.equal(breakpointText(breakpoint({ log: 'x is {x}', condition: 'x' })), 'x is {x}')
  assert.equal(breakpointState(breakpoint({ state: 'problem', why: 'x ==: not Python' })), 'Cannot be set: x ==: not Python')
  assert.equal(breakpointState(breakpoint({ state: 'set', moved: 3 })), 'Stops at line 3.')
  assert.equal(breakpointState(breakpoint({ state: 'problem', enabled: false })), 'Switched off.')
})

test('the page sends what a person chose, never what the server says', () => {
  assert.deepEqual(wished(breakpoint({ state: 'set', moved: 4, why: 'x' })), { id: 'p', at: { cell: 'a', line: 2 }, enabled: true, condition: '', hit: '', log: '' })
})

test('a count of passes is a number, with a sign before it or not', () => {
  for (const good of ['5', '% 5', '>= 5', ' >=5 ']) assert.ok(isHitCount(good), good)
  for (const bad of ['', 'x', '5 %', '> = 5', '-1']) assert.ok(!isHitCount(bad), bad)
})

test('something can stop when a breakpoint is on, a function named, or errors do', () => {
  assert.ok(!anyStops({ breakpoints: [breakpoint({ enabled: false })] }))
  assert.ok(anyStops({ breakpoints: [breakpoint()] }))
  assert.ok(anyStops({ exceptions: 'uncaught' }))
})

test('breakpoints move with their text until the server has spoken', () => {
  const doc = new Y.Doc()
  const [id] = insertCells(newAuthor(doc, 'me'), null, [{ type: 'code', source: 'a = 1\nb = 2\nc = 3' }])
  const text = sourceOf(cellOf(doc, id))
  const anchors = new Anchors(doc)
  const held = breakpoint({ at: { cell: id, line: 2 } })
  assert.equal(anchors.lineOf(held), 2)
  text.insert(0, 'import x\n')
  assert.equal(anchors.lineOf(held), 3)
  text.insert(text.toString().indexOf('b = 2'), '\n')
  assert.equal(anchors.lineOf(held), 4)
  assert.equal(anchors.lineOf({ ...held, at: { cell: id, line: 1 } }), 1)
  assert.equal(anchors.lineOf(breakpoint({ at: { cell: 'none', line: 1 } })), 0)
})

// Marks -----------------------------------------------------------------------------------------------------------------

test('marks: breakpoints beside their lines, where the program is, values after lines', () => {
  const picture: Picture = { number: 1, breakpoints: ['p'], frames: [frame(2)], thread: 1 }
  const view = { frame: 2, inline: [{ line: 1, name: 'x', value: '1' }, { line: 1, name: 'y', value: '2' }] }
  const marks = marksOf([breakpoint({ state: 'set' }), breakpoint({ id: 'q', at: { cell: 'b', line: 1 }, condition: 'x', enabled: false })], picture, frame(2), view, ({ at }) => at.line)
  assert.deepEqual(marks.get('a')?.dots.map(({ line, look }) => [line, look]), [[2, 'plain set hit']])
  assert.deepEqual(marks.get('b')?.dots.map(({ look }) => look), ['condition off'])
  assert.deepEqual([marks.get('a')?.at, marks.get('a')?.live, marks.get('a')?.values.get(1)?.length], [2, true, 2])
})

test('an older version of a cell has no values beside lines that say something else now', () => {
  const old = frame(2, { old: true })
  const marks = marksOf([], { number: 1, frames: [old] }, old, { frame: 2, inline: [{ line: 1, name: 'x', value: '1' }] }, () => 0)
  assert.equal(marks.get('a')?.values.size, 0)
})

// Variables -------------------------------------------------------------------------------------------------------------

const scopes: Scope[] = [
  { name: 'locals', ref: 1, total: 3, variables: [variable('n', '3'), variable('rows', '[…]', { value: { value: '[…]', type: 'list', ref: 9, size: 250 } }), variable('__x__', '1', { about: 'special' })] },
  { name: 'globals', ref: 2, total: 14 },
]
const hidden = { special: false, function: false }
const tree = (toggled: string[] = [], known: [number, Known][] = [], shown = hidden) => treeRows(scopes, new Map(known), new Set(toggled), shown, ({ name }) => name)
const rows = tree(['locals\u001frows'])

test('the tree shows what was sent, and asks for what is opened', () => {
  assert.deepEqual(tree().map(({ name, level, is }) => [name, level, is]), [['locals', 1, 'scope'], ['n', 2, 'value'], ['rows', 2, 'value'], ['globals', 1, 'scope']])
  assert.deepEqual(wanted(tree()), [])
  assert.deepEqual(wanted(rows), [9])
  assert.equal(tree([], [], { special: true, function: false }).length, 5)
  const hundred = Array.from({ length: 100 }, (_, n) => variable(String(n), '0'))
  const open = tree(['locals\u001frows'], [[9, { variables: hundred, total: 250 }]])
  assert.deepEqual(open.filter(({ is }) => is === 'more').map(({ left, start, ref }) => [left, start, ref]), [[150, 100, 9]])
  assert.deepEqual(wanted(open), [])
})

test('pages of a value join, and an empty one ends it', () => {
  const first = joined(undefined, 0, { variables: [variable('0', 'a'), variable('1', 'b')], total: 3 })
  assert.deepEqual([first.variables.length, first.total], [2, 3])
  assert.equal(joined(first, 2, { variables: [variable('2', 'c')], total: 3 }).variables.length, 3)
  assert.deepEqual(joined(first, 2, {}).total, 2)
})

test('arrows go through the tree, open and shut it, and lead back to what one is in', () => {
  assert.deepEqual(step(rows, 'locals', 'ArrowDown'), { path: 'locals\u001fn' })
  assert.equal(step(rows, 'globals', 'ArrowRight'), 'toggle')
  assert.equal(step(rows, 'locals\u001frows', 'ArrowLeft'), 'toggle')
  assert.deepEqual(step(rows, 'locals\u001fn', 'ArrowLeft'), { path: 'locals' })
  assert.equal(step(rows, 'locals', 'x'), null)
})

test('what is new or another since the stop before is marked', () => {
  const before = heldBy({ frame: 1, scopes: [{ name: 'locals', ref: 1, variables: [variable('n', '1'), variable('m', '2')] }] })
  const after = withChanges({ frame: 1, scopes: [{ name: 'locals', ref: 1, variables: [variable('n', '1'), variable('m', '3'), variable('k', '0')] }], inline: [{ line: 1, name: 'm', value: '3' }] }, before)
  assert.deepEqual(after.scopes?.[0].variables?.map(({ changed = false }) => changed), [false, true, true])
  assert.equal(after.inline?.[0].changed, true)
})

// Looking ---------------------------------------------------------------------------------------------------------------

/** A server that answers from a script and keeps what it was asked. */
function scripted(answer: (command: Ask) => Done['shown']): { asked: Ask[]; ask: Asker } {
  const asked: Ask[] = []
  return { asked, ask: async (command) => (asked.push(command), { type: 'done', id: '1', shown: answer(command) }) }
}

const stop = (number: number, frames: Frame[]): Picture => ({ number, run: 'r', thread: 1, frames, view: { frame: frames[0].id, scopes: [{ name: 'locals', ref: 1, total: 1, variables: [variable('n', String(number))] }] } })
const settled = (): Promise<void> => new Promise((done) => setImmediate(done))

test('a stop needs nothing to be asked; another frame is asked for once', async () => {
  const state = new SessionState()
  const { asked, ask } = scripted(() => ({ view: { frame: 8 } }))
  const look = new Look(state, ask)
  state.picture.value = stop(1, [frame(7), frame(8)])
  assert.deepEqual([look.frame.value?.id, look.view.value?.frame, asked.length], [7, 7, 0])
  look.choose(8)
  look.choose(8)
  await settled()
  assert.deepEqual([look.view.value?.frame, asked.map(({ type }) => type)], [8, ['debugView']])
  state.picture.value = stop(2, [frame(7), frame(8)])
  assert.deepEqual([look.frame.value?.id, look.view.value?.scopes?.[0].variables?.[0].changed], [7, true])
})

test('an answer for a stop that is over is thrown away', async () => {
  const state = new SessionState()
  const { ask } = scripted(() => ({ children: { variables: [variable('0', '1')], total: 1 } }))
  const look = new Look(state, ask)
  state.picture.value = stop(1, [frame(7)])
  const asking = look.expand(9)
  state.picture.value = stop(2, [frame(7)])
  await asking
  assert.equal(look.known.value.size, 0)
})

test('an error is looked at until it is left, then the stop is there again', async () => {
  const state = new SessionState()
  const { asked, ask } = scripted(({ type }) => (type === 'debugError' ? { picture: { ...stop(5, [frame(3)]), kind: 'error' as const } } : {}))
  const look = new Look(state, ask)
  state.picture.value = stop(1, [frame(7)])
  assert.ok(await look.openError('r'))
  assert.deepEqual([look.picture.value.number, look.stopped], [5, false])
  look.leaveError()
  assert.deepEqual([look.picture.value.number, look.stopped, asked.at(-1)?.type], [1, true, 'debugLeave'])
})

test('the console keeps the order, and what the server tells again stands there once', () => {
  const state = new SessionState()
  const console_ = new Console(state)
  state.takeSaid([{ text: 'one' }])
  console_.code('x')
  console_.answer({ value: { value: '3', type: 'int' } })
  console_.answer({ value: { value: 'None', type: 'NoneType' } })
  state.takeSaid([{ text: 'two' }])
  assert.deepEqual(console_.entries.value.map(({ text }) => text), ['one', 'x', '3', 'two'])
  state.said.value = []
  state.takeSaid([{ text: 'one' }, { text: 'two' }])
  assert.deepEqual(console_.entries.value.map(({ text }) => text), ['x', '3', 'one', 'two'])
})

// Hovering --------------------------------------------------------------------------------------------------------------

test('a pointer rests on a name with what it is an attribute of, never on what would have to be called', () => {
  const at = (line: string, word: string): string | null => expressionAt(line, line.indexOf(word) + 1)
  assert.equal(at('total = gauge.height.mean', 'height'), 'gauge.height')
  assert.equal(at('total = gauge.height', 'gauge'), 'gauge')
  assert.equal(at('for n in numbers:', 'for'), null)
  assert.equal(at('x = f(1).real', 'real'), null)
  assert.equal(at('x = 123', '123'), null)
  assert.equal(at('größe = 3', 'größe'), 'größe')
})

