import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, judgeBlind } from '../src/pages/repl/complete'
import { freeName } from '../src/pages/repl/names'
import { findTexts, marks, Recall } from '../src/pages/repl/recall'

/** `|` is the caret; without one it stands at the end. */
function python(marked: string): string {
  const at = marked.indexOf('|')
  return at < 0 ? judge(marked, marked.length, 'python') : judge(marked.replace('|', ''), at, 'python')
}

test('a line of Python that is whole runs', () => {
  for (const code of [
    'x = 1', 'print("a # b")', "s = 'it\\'s'", 'f(x)[0]', 'x = {1: 2}', 'x  # a: comment', 'x = "unclosed', 'a = 1; b = 2', "r'\\'", 'x[1:2]', 'lambda: 0',
    "f'{x:>8}'", 'import os', '"""a doc"""', "b'''x'''",
  ])
    assert.equal(python(code), 'complete', code)
})

test('what is open goes on', () => {
  for (const code of ['f(', 'x = [1,', '{"a": (', '"""doc', "x = r'''", 'x = 1 + \\', 'for x in y:', 'def f():  # why', '@decorated', 'if x:\n    y = 1', 'x = [  # )', 'with a as b:  '])
    assert.equal(python(code), 'incomplete', code)
})

test('a block ends with an empty line, as in IPython, or where the code goes on at its margin', () => {
  assert.equal(python('if x:\n    y = 1\n'), 'complete')
  assert.equal(python('if x:\n    y = 1\n    '), 'complete')
  assert.equal(python('def f():\n    return 1\nf()'), 'complete')
  assert.equal(python('if x:\n'), 'incomplete')
  assert.equal(python('class A:\n\n    x = 1'), 'incomplete')
  assert.equal(python('@decorated\n'), 'incomplete')
})

test('a string or a bracket over lines belongs to the statement that it began in', () => {
  assert.equal(python('x = """\n  if a:\n"""'), 'complete')
  assert.equal(python('f(\n    1,\n    2)'), 'complete')
  assert.equal(python('for x in f(\n    1):'), 'incomplete')
  assert.equal(python('x = """\nif a:'), 'incomplete')
})

test('shell lines, magics and questions are whole, whatever Python would say of them', () => {
  for (const code of ['!echo "a', '%timeit f(', 'len?', 'len??', '?print', '!ls (', '%%time?']) assert.equal(python(code), 'complete', code)
  assert.equal(python('!echo a \\'), 'incomplete')
  assert.equal(python('%%bash'), 'incomplete')
  assert.equal(python('%%bash\necho a'), 'incomplete')
  assert.equal(python('%%bash\necho a\n'), 'complete')
})

test('Enter in the middle of lines makes a line; at the end of the first of one it runs', () => {
  assert.equal(python('a = 1|\nb = 2'), 'incomplete')
  assert.equal(python('a = |1'), 'complete')
  assert.equal(python('print(x|)'), 'complete')
  assert.equal(python('f(|)'), 'complete')
})

test('between brackets that closed by themselves a list is being written', () => {
  assert.equal(python('x = [|]'), 'incomplete')
  assert.equal(python('f(1, |)'), 'incomplete')
  assert.equal(python('x = {|}'), 'incomplete')
  assert.equal(python('f([|])'), 'incomplete')
})

test('other languages are the kernel’s to judge; without it brackets decide', () => {
  assert.equal(judge('x <- 1', 6, 'R'), 'ask')
  assert.equal(judge('f <- function(x) {\n  x\n}', 5, 'R'), 'incomplete')
  assert.equal(judgeBlind('f <- function(x) {'), 'incomplete')
  assert.equal(judgeBlind('f(x)'), 'complete')
})

test('the arrows go through earlier texts that begin like what was written, and back to it', () => {
  const recall = new Recall()
  recall.replace(['print(2)', 'x = 1', 'print(1)', 'y = 2'])
  assert.equal(recall.back('pr', 2), 'print(2)')
  assert.equal(recall.back('print(2)', 8), 'print(1)')
  assert.equal(recall.back('print(1)', 8), null)
  assert.equal(recall.forward('print(1)'), 'print(2)')
  assert.equal(recall.forward('print(2)'), 'pr')
  assert.equal(recall.forward('pr'), null)
})

test('a text that was changed is the beginning of another walk', () => {
  const recall = new Recall()
  recall.replace(['b', 'a'])
  assert.equal(recall.back('', 0), 'b')
  assert.equal(recall.back('a', 1), null)
  assert.equal(recall.back('', 0), 'b')
  assert.equal(recall.back('b', 1), 'a')
})

test('only what stands before the caret must be the same', () => {
  const recall = new Recall()
  recall.replace(['import os', 'in x'])
  assert.equal(recall.back('int', 2), 'in x')
})

test('what is run is the newest, once', () => {
  const recall = new Recall()
  recall.replace(['b', 'a'])
  recall.add('a\n')
  recall.add('  ')
  assert.deepEqual(recall.all, ['a', 'b'])
})

test('the search finds all its words, in any case, and marks them', () => {
  const texts = ['import Numpy as np', 'np.zeros(3)', 'x = 1']
  assert.deepEqual(findTexts(texts, 'NP zero'), ['np.zeros(3)'])
  assert.deepEqual(findTexts(texts, ''), texts)
  assert.deepEqual(findTexts(texts, '', 1), [texts[0]])
  assert.deepEqual(marks('np.zeros(3)', 'zero np'), [
    { text: 'np', marked: true },
    { text: '.', marked: false },
    { text: 'zero', marked: true },
    { text: 's(3)', marked: false },
  ])
  assert.deepEqual(marks('İnp', 'np').map(({ text }) => text).join(''), 'İnp') // small letters of another length
})

test('a new prompt has the smallest number that is free', () => {
  assert.equal(freeName([]), '1')
  assert.equal(freeName(['1', '3', 'scratch']), '2')
})
