import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parse, plainText, PLAIN, restyle, safeLink, splitLinks } from '../src/outputs/ansi'
import { headingName, joinPath, linkTarget, pictureSource } from '../src/outputs/links'
import { splitMath } from '../src/outputs/math'
import { choose } from '../src/outputs/mime'
import { folded, readTraceback } from '../src/outputs/traceback'

interface Raw {
  ename: string
  evalue: string
  traceback: string[]
}
const raw = JSON.parse(readFileSync(path.join(process.cwd(), 'test/outputs/tracebacks.json'), 'utf8')) as Record<string, Raw>
const read = (name: string) => {
  const { traceback, ename, evalue } = raw[name]
  return readTraceback(traceback, ename, evalue) ?? []
}

test('text without escapes is one plain span', () => {
  assert.deepEqual(parse('a < b & c\n').spans, [{ text: 'a < b & c\n', style: null }])
})

test('colours of 16, 256 and 16 million, and what ends them', () => {
  const [red, cube, grey, true_] = ['31', '38;5;208', '38;5;244', '48;2;1;2;255'].map((code) => restyle(PLAIN, code))
  assert.equal(red.fg, 1)
  assert.equal(cube.fg, '#ff8700')
  assert.equal(grey.fg, '#808080')
  assert.equal(true_.bg, '#0102ff')
  assert.equal(restyle(red, '39').fg, null)
  assert.deepEqual(restyle(restyle(PLAIN, '1;4;7;9;92;101'), ''), PLAIN)
})

test('a style goes on over the end of a piece', () => {
  const first = parse('\x1b[1;34mblue')
  const second = parse(' still\x1b[0m done', first.style)
  assert.equal(second.spans[0].style?.fg, 4)
  assert.equal(second.spans[1].style, null)
})

test('sequences that move the cursor, titles and control characters vanish', () => {
  assert.equal(plainText('a\x1b[2Kb\x1b[3;4Hc\x1b]0;title\x07d\x1b(Be\x00\x07f'), 'abcdef')
})

test('wrong colours change nothing but themselves', () => {
  assert.deepEqual(restyle(PLAIN, '38;5;999'), PLAIN)
  assert.deepEqual(restyle(PLAIN, '38;2;1;2'), PLAIN)
  assert.deepEqual(restyle(PLAIN, '777'), PLAIN)
})

test('links of terminals lead to http, https and mail only', () => {
  const { spans } = parse('\x1b]8;;https://a.org/x\x1b\\here\x1b]8;;\x1b\\ and \x1b]8;;javascript:alert(1)\x07not\x1b]8;;\x07')
  assert.deepEqual(spans.map(({ text, style }) => [text, style?.href ?? null]), [['here', 'https://a.org/x'], [' and ', null], ['not', null]])
  assert.equal(safeLink('data:text/html,x'), null)
})

test('addresses in plain text become links without the sentence around them', () => {
  assert.deepEqual(splitLinks('see https://a.org/b?c=1&d=2. (http://e.org/f)'), ['see ', 'https://a.org/b?c=1&d=2', '. (', 'http://e.org/f', ')'])
  assert.deepEqual(splitLinks('见 https://a.org/b。然后'), ['见 ', 'https://a.org/b', '。然后'])
})

test('the richest form that we know is shown', () => {
  assert.equal(choose({ 'text/plain': 'x', 'image/png': 'y', 'text/html': 'z' })?.mime, 'text/html')
  assert.equal(choose({ 'text/plain': 'x', 'image/svg+xml': 's', 'image/png': 'y' })?.mime, 'image/svg+xml')
  assert.equal(choose({ 'text/plain': 'x', 'application/json': {} })?.mime, 'application/json')
  assert.equal(choose({}), null)
})

test('an unknown form gives way to a known one, or is named beside the text', () => {
  assert.deepEqual(choose({ 'application/vnd.plotly.v1+json': {}, 'text/html': '<p>' })?.unknown, null)
  assert.deepEqual(choose({ 'application/x-y': 1, 'text/plain': 'x' }), { mime: 'text/plain', kind: 'text', unknown: 'application/x-y' })
  assert.deepEqual(choose({ 'application/x+json': {} }), { mime: 'application/x+json', kind: 'json', unknown: 'application/x+json' })
})

test('a traceback is read into frames with their cell, line, function and code', () => {
  const [raised] = read('plain')
  assert.equal(raised.ename, 'ZeroDivisionError')
  assert.deepEqual(raised.frames.map(({ count, line, name }) => [count, line, name]), [[2, 1, ''], [1, 3, 'ratio(a, b)']])
  assert.deepEqual(raised.frames[1].code.map(({ number, text, at }) => [number, text, at]), [
    [1, 'def ratio(a, b):', false], [2, '    total = a + b', false], [3, '    return a / b', true],
  ])
})

test('an exception that another caused comes with it', () => {
  const [first, second] = read('cause')
  assert.deepEqual([first.ename, first.evalue, first.link], ['KeyError', "'x'", 'cause'])
  assert.deepEqual([second.ename, second.evalue, second.link], ['ValueError', 'no x', null])
  assert.equal(second.frames[0].line, 4)
})

test('frames of libraries fold away, the innermost stays', () => {
  const [raised] = read('library')
  assert.deepEqual(folded(raised.frames).map(({ own }) => own), [true, false, false, true].slice(4 - raised.frames.length))
  assert.equal(raised.frames.at(-1)?.file, '/usr/lib/python3.11/json/decoder.py')
})

test('a syntax error shows its line and where in it', () => {
  const [raised] = read('syntax2')
  assert.deepEqual(raised.frames[0].code.map(({ number, text, at }) => [number, text, at]), [[1, 'def f(:', true], [null, '      ^', false]])
  assert.equal(raised.evalue, 'invalid syntax')
})

test('what is no traceback of IPython is left as it came', () => {
  assert.equal(readTraceback(['Error in f(): no', 'Traceback:'], 'E', 'no'), null)
  assert.equal(readTraceback([], 'E', ''), null)
})

test('formulas are found, prices are not', () => {
  const formulas = (text: string) => splitMath(text).flatMap((piece) => (piece.is === 'math' ? [[piece.tex, piece.display]] : []))
  assert.deepEqual(formulas('a $x^2$ b $$y$$ \\(z\\) \\[w\\]'), [['x^2', false], ['y', true], ['z', false], ['w', true]])
  assert.deepEqual(formulas('it costs $5 and then $6'), [])
  assert.deepEqual(formulas('\\begin{align}a&=b\\\\c&=d\\end{align}'), [['\\begin{align}a&=b\\\\c&=d\\end{align}', true]])
  assert.deepEqual(formulas('$a$-$b$'), [['a', false], ['b', false]])
})

test('relative links stay beneath the root, notebooks open as notebooks', () => {
  assert.equal(joinPath('a/b', '../c'), 'a/c')
  assert.equal(joinPath('a', '../../c'), null)
  assert.equal(linkTarget('next%20one.ipynb#Part 2', '/u/', 'a b'), '/u/n/a%20b/next%20one.ipynb#h:Part 2')
  assert.equal(linkTarget('data.csv?x', '/', 'a'), '/files/a/data.csv')
  assert.equal(linkTarget('#Part-2', '/', ''), '#h:Part-2')
  for (const bad of ['javascript:alert(1)', 'java\nscript:alert(1)', 'vbscript:x', 'data:text/html,x', '//evil.org/x', '', '%ff'])
    assert.equal(linkTarget(bad, '/', ''), null, bad)
})

test('pictures of other servers are not asked for', () => {
  assert.deepEqual(pictureSource('https://a.org/x.png', '/', ''), { is: 'elsewhere', src: 'https://a.org/x.png' })
  assert.deepEqual(pictureSource('img/x.png', '/', 'a'), { is: 'shown', src: '/files/a/img/x.png' })
  assert.deepEqual(pictureSource('attachment:my%20plot.png', '/', ''), { is: 'attachment', name: 'my plot.png' })
  assert.equal(pictureSource('data:image/png;base64,AA', '/', '').is, 'shown')
  for (const bad of ['//a.org/x', 'javascript:1', 'data:text/html,x', 'file:///etc/passwd']) assert.equal(pictureSource(bad, '/', '').is, 'nothing', bad)
})

test('headings are linked by the names that Jupyter gives them', () => {
  assert.equal(headingName(' A  table for\nthe harbour '), 'A-table-for-the-harbour')
})
