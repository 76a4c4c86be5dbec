import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import {
  MINE, bringCells, copyOf, deleteCells, insertCells, mergeCells, moveCells, newAuthor, restoreCells, retypeCells, setMetadata, setNotebookMetadata, splitCell,
  type Author,
} from '../src/model/edits'
import { History } from '../src/model/history'
import { bin, cellOf, cellsOf, isVisible, markOf, metadataOf, notebookMetadataOf, order, sourceOf, splitOf, textOf, typeOf, watch, type Changes } from '../src/model/schema'

interface Tab {
  author: Author
  history: History
}

function tab(client: number): Tab {
  const doc = new Y.Doc()
  doc.clientID = client
  const author = newAuthor(doc, `tab ${client}`)
  return { author, history: new History(author) }
}

/** Two tabs on a notebook of four cells, joined; `apart` does something while they are not. Of contested writes the higher client id wins. */
function two(first = 1): { a: Tab; b: Tab; apart: (change: () => void) => void } {
  const [a, b] = [tab(first), tab(2)]
  let joined = true
  const meet = () => {
    for (const [from, to] of [[a, b], [b, a]]) Y.applyUpdate(to.author.doc, Y.encodeStateAsUpdate(from.author.doc, Y.encodeStateVector(to.author.doc)), 'remote')
  }
  for (const { author } of [a, b]) author.doc.on('update', (_update: Uint8Array, origin: unknown) => void (joined && origin !== 'remote' && meet()))
  insertCells(b.author, null, ['one', 'two', 'three', 'four'].map((source, i) => ({ id: `c${i + 1}`, type: 'code', source })))
  a.history.clear()
  b.history.clear()
  const apart = (change: () => void) => {
    joined = false
    change()
    joined = true
    meet()
  }
  return { a, b, apart }
}

function show({ author: { doc } }: Tab): string {
  const hidden = [...cellsOf(doc)].filter(([id, cell]) => id.startsWith('n') && !isVisible(cell)).map(([id, cell]) => ` | ${id}=${textOf(cell)}`)
  return order(doc).map((id) => `${id}${typeOf(cellOf(doc, id)) === 'code' ? '' : `:${typeOf(cellOf(doc, id))}`}=${textOf(cellOf(doc, id))}`).join(' ') + hidden.join('')
}

const type = ({ author: { doc } }: Tab, id: string, at: number, words: string) => doc.transact(() => sourceOf(cellOf(doc, id)).insert(at, words), MINE)
const plain = (id: string, source = '') => ({ id, type: 'code', source })
const START = 'c1=one c2=two c3=three c4=four'

/** What `a` did, what `b` did in between, and what both see after `a` took it back. */
const cases: Record<string, [wanted: string, play: (a: Tab, b: Tab) => void]> = {
  'a deletion, typed in meanwhile': ['c1=one c2=two! c3=three c4=four', (a, b) => {
    a.history.command(() => deleteCells(a.author, ['c2']))
    type(b, 'c2', 3, '!')
  }],
  'a move, typed in meanwhile': ['c1=one c2=two! c3=three c4=four', (a, b) => {
    a.history.command(() => moveCells(a.author, ['c2'], 'c4'))
    type(b, 'c2', 3, '!')
  }],
  'a move of two, with a cell put between': ['c1=one c2=two c3=three nb= c4=four', (a, b) => {
    a.history.command(() => moveCells(a.author, ['c1', 'c2'], 'c4'))
    insertCells(b.author, 'c3', [plain('nb')])
  }],
  'a move that another moved on': [START, (a, b) => {
    a.history.command(() => moveCells(a.author, ['c2'], 'c4'))
    moveCells(b.author, ['c2'], null)
  }],
  'another type': ['c1=one c2=two c3:raw=three c4=four', (a, b) => {
    a.history.command(() => retypeCells(a.author, ['c2', 'c4'], 'markdown'))
    retypeCells(b.author, ['c3'], 'raw')
  }],
  'typing among the typing of another': ['c1=one c2=<two> c3=three c4=four', (a, b) => {
    type(a, 'c2', 1, '中😀')
    type(b, 'c2', 0, '<')
    type(b, 'c2', textOf(cellOf(b.author.doc, 'c2')).length, '>')
  }],
  'an insertion in which another typed: hidden, not destroyed': [`${START} | n=b was here`, (a, b) => {
    a.history.command(() => insertCells(a.author, 'c2', [plain('n')]))
    type(b, 'n', 0, 'b was here')
  }],
  'a split, typed in at both halves': ['c1=one c2=two c3=!three c4=four | n=?ee', (a, b) => {
    a.history.command(() => splitCell({ ...a.author, newId: () => 'n' }, 'c3', 3))
    type(b, 'c3', 0, '!')
    type(b, 'n', 0, '?')
  }],
  'a merge, typed in at both': ['c1=one c2=!two c3=three? c4=four', (a, b) => {
    a.history.command(() => mergeCells(a.author, ['c2', 'c3']))
    type(b, 'c2', 0, '!')
    type(b, 'c3', 5, '?')
  }],
  'a cut and paste': [START, (a) => {
    a.history.command(() => deleteCells(a.author, ['c1']))
    a.history.command(() => bringCells(a.author, ['c1'], 'c3'))
    assert.equal(show(a), 'c2=two c3=three c1=one c4=four')
    a.history.undo()
  }],
}

for (const [name, [wanted, play]] of Object.entries(cases)) {
  test(`undo of ${name}`, () => {
    const { a, b } = two()
    play(a, b)
    a.history.undo()
    assert.equal(show(a), wanted)
    assert.equal(show(b), wanted)
    assert.equal(a.history.canUndo, false)
  })
}

test('an insertion redone shows what others typed in it, however often', () => {
  const { a, b } = two()
  a.history.command(() => insertCells(a.author, 'c2', [plain('n')]))
  type(b, 'n', 0, 'b')
  for (let i = 0; i < 3; i++) {
    a.history.undo()
    assert.equal(show(b), `${START} | n=b`)
    assert.equal(markOf(cellOf(b.author.doc, 'n'))?.by, 'undo')
    a.history.redo()
    assert.equal(show(b), 'c1=one c2=two n=b c3=three c4=four')
  }
})

test('three commands are undone and redone one by one', () => {
  const { a, b } = two()
  a.history.command(() => moveCells(a.author, ['c2'], 'c3'))
  a.history.command(() => deleteCells(a.author, ['c4']))
  a.history.command(() => retypeCells(a.author, ['c3'], 'raw'))
  const done = show(a)
  for (let i = 0; i < 3; i++) assert.equal(a.history.undo(), true)
  assert.equal(show(a), START)
  assert.equal(a.history.undo(), false)
  type(b, 'c2', 3, '+')
  for (let i = 0; i < 3; i++) assert.equal(a.history.redo(), true)
  assert.equal(show(b), done.replace('c2=two', 'c2=two+'))
  assert.equal(a.history.redo(), false)
})

for (const [name, change] of Object.entries({
  moves: ({ author }: Tab, mine: boolean) => moveCells(author, ['c2'], mine ? 'c4' : null),
  types: ({ author }: Tab, mine: boolean) => retypeCells(author, ['c2'], mine ? 'raw' : 'markdown'),
  deletions: ({ author }: Tab) => deleteCells(author, ['c2']),
}))
  for (const first of [1, 3])
    test(`undo of one of two ${name} at once leaves every key in place, client ${first}`, () => {
      const { a, b, apart } = two(first)
      apart(() => {
        a.history.command(() => change(a, true))
        change(b, false)
      })
      a.history.undo()
      assert.equal(show(a), show(b))
      for (const key of ['type', 'position', 'deleted']) assert.ok(cellOf(a.author.doc, 'c2').has(key), key)
    })

test('a command is one step however many transactions it has, and typing beside it is another', () => {
  const { a } = two()
  type(a, 'c1', 3, '!')
  a.history.command(() => {
    type(a, 'c2', 0, '<')
    type(a, 'c3', 0, '<')
  })
  type(a, 'c1', 4, '?')
  type(a, 'c1', 5, '?')
  a.history.undo()
  assert.equal(show(a), 'c1=one! c2=<two c3=<three c4=four')
  a.history.undo()
  assert.equal(show(a), 'c1=one! c2=two c3=three c4=four')
})

test('what is not in the document takes its place among the steps', () => {
  const { a } = two()
  const said: string[] = []
  const step = { undo: () => void said.push('undo'), redo: () => void said.push('redo') }
  type(a, 'c1', 3, '!')
  a.history.push(step)
  type(a, 'c1', 4, '?')
  for (let i = 0; i < 2; i++) a.history.undo()
  assert.equal(show(a), START.replace('one', 'one!'))
  assert.deepEqual(said, ['undo'])
  a.history.undo()
  assert.equal(show(a), START)
  for (let i = 0; i < 3; i++) a.history.redo()
  assert.equal(show(a), START.replace('one', 'one!?'))
  assert.deepEqual(said, ['undo', 'redo'])
  a.history.undo()
  a.history.push(step)
  assert.equal(a.history.canRedo, false)
})

test('a step that changes nothing any more is passed over, and the count stays right', () => {
  const { a, b } = two()
  type(a, 'c1', 0, 'x')
  a.history.stop()
  type(a, 'c2', 0, 'y')
  b.author.doc.transact(() => sourceOf(cellOf(b.author.doc, 'c2')).delete(0, 1), 'b')
  a.history.undo()
  assert.equal(show(a), START)
  assert.equal(a.history.canUndo, false)
  assert.equal(a.history.canRedo, true)
})

test('what others do is not mine to undo', () => {
  const { a, b } = two()
  type(b, 'c1', 0, 'x')
  setNotebookMetadata(b.author, 'k', 1)
  assert.equal(a.history.undo(), false)
})

test('a split gives the tail what it needs and cuts line ends', () => {
  const { a } = two()
  type(a, 'c1', 3, '\n\ntwo 😀')
  setMetadata(a.author, 'c1', 'tags', ['x'])
  const made = splitCell(a.author, 'c1', 4)
  assert.match(made, /^[0-9a-f]{12}$/)
  const [head, tail] = ['c1', made].map((id) => cellOf(a.author.doc, id))
  assert.deepEqual([textOf(head), textOf(tail), splitOf(tail), metadataOf(tail)], ['one', 'two 😀', 'c1', { tags: ['x'] }])
  assert.equal(order(a.author.doc)[1], made)
})

test('a merge puts an empty line between, and the others into the bin', () => {
  const { a } = two()
  assert.equal(mergeCells(a.author, ['c4', 'c2', 'c3']), 'c2')
  assert.equal(show(a), 'c1=one c2=two\n\nthree\n\nfour')
  assert.deepEqual(bin(a.author.doc).map(([id, mark]) => [id, mark.by, mark.into]), [['c3', 'tab 1', 'c2'], ['c4', 'tab 1', 'c2']])
  restoreCells(a.author, ['c3'])
  assert.deepEqual(order(a.author.doc), ['c1', 'c2', 'c3'])
  assert.equal(mergeCells(a.author, ['c1']), 'c1')
})

test('a copy has no id, and all else but outputs', () => {
  const { a } = two()
  setMetadata(a.author, 'c1', 'k', { deep: [1] })
  const copy = copyOf(a.author.doc, 'c1')
  const [id] = insertCells(a.author, 'c4', [copy])
  assert.notEqual(id, 'c1')
  assert.deepEqual(copyOf(a.author.doc, id), { type: 'code', source: 'one', metadata: { k: { deep: [1] } }, attachments: {} })
})

test('metadata is written and taken out, and an equal value is no edit', () => {
  const { a } = two()
  let updates = 0
  setNotebookMetadata(a.author, 'k', { a: 1 })
  a.author.doc.on('update', () => void updates++)
  setNotebookMetadata(a.author, 'k', { a: 1 })
  retypeCells(a.author, ['c1'], 'code')
  assert.equal(updates, 0)
  setNotebookMetadata(a.author, 'k', undefined)
  assert.deepEqual(notebookMetadataOf(a.author.doc), {})
})

test('a watcher hears once a transaction what changed in it', () => {
  const { a, b } = two()
  const heard: Changes[] = []
  const end = watch(a.author.doc, (changes) => heard.push(changes))
  type(b, 'c1', 0, 'x')
  moveCells(b.author, ['c1'], 'c2')
  retypeCells(b.author, ['c1'], 'raw')
  setNotebookMetadata(a.author, 'k', 1)
  end()
  type(b, 'c1', 0, 'x')
  const found = heard.map(({ texts, rest, order, meta, origin }) => [[...texts].join(), [...rest].join(), order, meta, origin])
  assert.deepEqual(found, [
    ['c1', '', false, false, 'remote'],
    ['', 'c1', true, false, 'remote'],
    ['', 'c1', false, false, 'remote'],
    ['', '', false, true, MINE],
  ])
})
