import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCommands, keyLabel, markedPart, type ShownCommand } from '../src/shell/commands'
import { kernelDetail, kernelEntries, languageName } from '../src/shell/choices'
import { treeOf } from '../src/shell/contents'
import { tellCause } from '../src/i18n/causes'
import { kernelDot, savedWords, statusBanners, type Remedies } from '../src/shell/states'
import { addressOf, entryOf, isBadName, sorted, stemLength, type Model } from '../src/pages/files/listing'

const command = (id: string, title: string, more: Partial<ShownCommand> = {}): ShownCommand => ({ id, title, group: 'Kernel', run: () => undefined, ...more })

test('keys are written as the system writes them', () => {
  assert.equal(keyLabel('Mod-Shift-Enter', false), 'Ctrl Shift ↵')
  assert.equal(keyLabel('Mod-Shift-Enter', true), '⌘⇧↵')
  assert.equal(keyLabel('D D', true), 'D D')
  assert.equal(keyLabel('Ctrl-Shift-Minus', false), 'Ctrl Shift -')
  assert.equal(keyLabel('-', false), '-')
})

test('the palette finds commands by all their words, titles that begin so first', () => {
  const all = [command('b', 'Step back to the last restart'), command('a', 'Restart the kernel'), command('m', 'Move', { quiet: true }), command('é', 'Éditer')]
  assert.deepEqual(findCommands(all, 'resta').map(({ id }) => id), ['a', 'b'])
  assert.deepEqual(findCommands(all, 'kernel restart').map(({ id }) => id), ['a', 'b'])
  assert.deepEqual(findCommands(all, 'editer').map(({ id }) => id), ['é'])
  assert.deepEqual(findCommands(all, 'move'), [])
  assert.equal(findCommands(all, '').length, 3)
  assert.deepEqual(markedPart('Restart', 'star'), ['Re', 'star', 't'])
})

test('the contents nest by level, whatever levels are skipped', () => {
  const heading = (text: string, level: number) => ({ cell: text, text, level })
  const tree = treeOf([heading('a', 2), heading('b', 4), heading('c', 3), heading('d', 1), heading('e', 2)])
  const shape = (branches: typeof tree): unknown[] => branches.map(({ text, children }) => [text, ...shape(children)])
  assert.deepEqual(shape(tree), [['a', ['b'], ['c']], ['d', ['e']]])
})

const nothing = (): void => undefined
const remedies: Remedies = { retry: nothing, signIn: nothing, toFiles: nothing, reload: nothing, restart: nothing, stopHost: nothing, again: nothing, overwrite: nothing }

test('saved is said only when it is', () => {
  assert.equal(savedWords({ is: 'saved' }), 'Saved')
  assert.equal(savedWords({ is: 'kept' }), 'On the server')
  assert.equal(savedWords({ is: 'saved-here', why: 'read-only', file: 'held' }), 'Saved here, not yet in the file')
  assert.match(savedWords({ is: 'stuck', why: 'the disk is full' }), /^Not saved/)
})

test('a banner offers only what can be done', () => {
  const banners = statusBanners({ is: 'saved-here', why: 'x', file: 'detached' }, {}, null, remedies)
  assert.deepEqual(banners.map(({ id, actions }) => [id, actions?.length]), [['file', 0]])
  assert.deepEqual(statusBanners({ is: 'saved' }, { state: 'idle' }, null, remedies), [])
  const [waits] = statusBanners({ is: 'saved' }, { state: 'starting', host: 'external' }, null, remedies)
  assert.match(waits?.text ?? '', /octavo kernel-host/)
  const [old] = statusBanners({ is: 'saved' }, { state: 'none', host: 'incompatible' }, null, remedies)
  assert.deepEqual(old?.actions?.map((action) => action.label), ['Stop them'])
  const [offline, kernel] = statusBanners({ is: 'offline', retryAt: 0, unsent: true }, { state: 'dead', why: 'signal-9' }, 1, remedies)
  assert.match(offline.text ?? '', /Trying again in 1 second\.$/)
  assert.match(kernel.text ?? '', /^Variables are gone/)
})

test('a kernel that died is told by its cause, with its last words and a way to run again', () => {
  const cause = { code: 'signal', values: { signal: 11, name: 'SIGSEGV', said: 'Fatal Python error' } }
  const [died] = statusBanners({ is: 'saved' }, { state: 'dead', cause }, null, remedies, tellCause(cause, 3))
  assert.match(`${died.head} ${died.text}`, /crashed \(SIGSEGV\).*Cell 3 was running.*Variables are gone/)
  assert.deepEqual(died.said, { head: 'Its last words', text: 'Fatal Python error' })
  assert.deepEqual(died.actions?.map(({ label }) => label), ['Run all above again', 'Restart'])
  const [stopped] = statusBanners({ is: 'saved' }, { state: 'dead' }, null, remedies, tellCause({ code: 'stopped' }))
  assert.deepEqual([stopped.kind, stopped.actions?.length], ['plain', 1])
})

test('a kernel that works, waits, starts or is gone has a dot of its own', () => {
  const dots = (['busy', 'idle', 'starting', 'none', 'dead'] as const).map((state) => kernelDot({ state }))
  assert.equal(new Set(dots).size, 5)
})

const model = (name: string, type: Model['type'] = 'file', size: number | null = 1, day = 1): Model => ({ name, path: `a b/${name}`, type, size, last_modified: `2026-11-0${day}T00:00:00Z` })

test('folders come first, names count as people count', () => {
  const entries = [model('10.csv'), model('9.csv'), model('b', 'directory', null), model('A.csv'), model('a', 'directory', null)].map(entryOf)
  const names = (order: Parameters<typeof sorted>[1]) => sorted(entries, order, 'en').map(({ name }) => name)
  assert.deepEqual(names({ by: 'name', descending: false }), ['a', 'b', '9.csv', '10.csv', 'A.csv'])
  assert.deepEqual(names({ by: 'name', descending: true }), ['b', 'a', 'A.csv', '10.csv', '9.csv'])
})

test('every kind of entry opens in its own page', () => {
  assert.equal(addressOf(entryOf(model('x y.ipynb', 'notebook'))), 'n/a%20b/x%20y.ipynb')
  assert.equal(addressOf(entryOf(model('d', 'directory'))), 'f/a%20b/d')
  assert.equal(addressOf(entryOf(model('50%.txt'))), 'files/a%20b/50%25.txt')
})

test('names that cannot be are known before the server is asked', () => {
  for (const bad of ['', '  ', '.', '..', '.hidden', 'a/b', '潮'.repeat(86)]) assert.ok(isBadName(bad), bad)
  for (const good of ['a', '潮汐表 2026.ipynb', 'a.b.c']) assert.ok(!isBadName(good), good)
  assert.equal(stemLength('archive.tar.gz'), 11)
  assert.equal(stemLength('README'), 6)
})

test('the kernel menu groups by language, marks the one in use, and greys with a reason what cannot start', () => {
  const chosen: string[] = []
  const entries = kernelEntries(
    [
      { name: 'python3', display: 'Python 3', language: 'python', program: '/usr/bin/python3', version: '3.13.1' },
      { name: 'old', display: 'Old', language: 'python', problem: 'program', what: '/gone/python' },
      { name: 'ir', display: 'R', language: 'R' },
    ],
    { name: 'python3', state: 'idle' },
    (name) => chosen.push(name),
  )
  const shape = entries.map((entry) => ('heading' in entry ? entry.heading : 'rule' in entry ? '—' : [entry.label, entry.detail, entry.checked, entry.disabled]))
  assert.deepEqual(shape, [
    'Python', ['Python 3', '3.13.1 · /usr/bin/python3', true, false], ['Old', '/gone/python is not there.', false, true], 'R', ['R', '', false, false],
  ])
  const last = entries.at(-1)
  if (last && 'act' in last) last.act()
  assert.deepEqual(chosen, ['ir'])
})

test('what is wrong with a gateway is said in its place', () => {
  const detail = (problem: 'unreachable' | 'refused' | 'stranger'): string =>
    kernelDetail({ name: 'gateway', display: 'g:8888', language: '', source: 'gateway', problem, what: 'http://g:8888' })
  assert.equal(detail('unreachable'), 'The gateway http://g:8888 is not reachable.')
  assert.equal(detail('refused'), 'The gateway http://g:8888 refuses the token, or asks for one.')
  assert.equal(detail('stranger'), 'http://g:8888 does not answer as a Jupyter gateway.')
  assert.equal(kernelDetail({ name: 'gateway-ir', display: 'R @ g:8888', language: 'R', program: 'http://g:8888' }), 'http://g:8888')
})

test('a kernel that is not on this machine stands first in its menu', () => {
  const [first] = kernelEntries([{ name: 'ir', display: 'R', language: 'R' }], { name: 'stats-1', display: 'Statistics', state: 'none' }, () => undefined)
  assert.deepEqual({ ...first, act: null }, { label: 'Statistics', detail: 'Not on this machine.', checked: true, disabled: true, act: null })
})

test('a kernel of another language that is a Python program does not pass its version for its own', () => {
  assert.equal(kernelDetail({ name: 'bash', display: 'Bash', language: 'bash', program: '/v/bin/python', version: '3.11.7' }), 'Python 3.11.7 · /v/bin/python')
  assert.equal(kernelDetail({ name: 'deno', display: 'Deno', language: 'typescript', program: '/v/bin/deno', version: '2.9.8' }), '2.9.8 · /v/bin/deno')
  assert.deepEqual(['r', 'typescript', 'octave', ''].map(languageName), ['R', 'TypeScript', 'Octave', 'Other'])
})
