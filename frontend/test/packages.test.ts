import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { headline, packagesOf } from '../src/cells/installs'
import { missingModule } from '../src/cells/missing'
import { useLanguage } from '../src/i18n'
import { packagesEn, packagesZhHans, wordFor, words, type PackagesKey } from '../src/i18n/packages'
import type { Output } from '../src/model/messages'

afterEach(() => useLanguage('en'))

const textOf = (message: unknown): string => (typeof message === 'string' ? message : (message as { other: string }).other)
const names = (message: string): string => [...new Set(message.match(/\{\w+\}/g) ?? [])].sort().join(' ')

test('both languages want the same names, and Chinese is Chinese', () => {
  for (const key of Object.keys(packagesEn) as PackagesKey[]) {
    const chinese = textOf(packagesZhHans[key])
    assert.equal(names(chinese).replace('{n}', ''), names(textOf(packagesEn[key])).replace('{n}', ''), key)
    if (key !== 'example' && key !== 'comma' && key !== 'changed') assert.match(chinese, /[\u4e00-\u9fff]/, key)
  }
})

/** All that the server may say (`session/messages.py`, Install and InstallPackages). */
const WHY = 'external read-only no-tool network missing version python conflict build address hash certificate disk memory killed lost other'.split(' ')
const WRONG = 'empty option address scheme path name many busy kernel'.split(' ')

test('there is a sentence for every reason, and for one of a later release', () => {
  for (const language of ['en', 'zh-Hans'] as const) {
    useLanguage(language)
    for (const word of WHY) assert.doesNotMatch(wordFor('why', word, { about: 'x' }, 'title'), /\{|^Install packages$|^安装软件包$/, word)
    for (const word of WRONG) assert.doesNotMatch(wordFor('wrong', word, { what: 'x' }, 'title'), /\{|^Install packages$|^安装软件包$/, word)
    assert.equal(wordFor('why', 'of a later release', { about: 'x' }, 'why.other'), words('why.other', { about: 'x' }))
  }
})

test('what was asked for is named first, and a long list is cut', () => {
  const packages = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, after: '1' }))
  assert.deepEqual(packagesOf({ names: ['f>=1'], packages }), { shown: 'f 1, a 1, b 1, c 1, d 1', more: 1 })
  assert.equal(headline({ id: 'i', state: 'done', names: ['f>=1'], packages }), 'Installed: f 1, a 1, b 1, c 1, d 1, and 1 more.')
})

test('an end is told in a sentence', () => {
  assert.equal(headline({ id: 'i', names: ['a', 'b'] }), 'Installing a and b …')
  assert.equal(headline({ id: 'i', state: 'done', packages: [] }), 'All of that was installed already.')
  assert.equal(headline({ id: 'i', state: 'done', packages: [{ name: 'a', before: '1', after: '2' }, { name: 'b', before: '1' }] }), 'Installed: a 2 (was 1) and b removed.')
  assert.equal(headline({ id: 'i', state: 'cancelled' }), 'Cancelled.')
  assert.equal(headline({ id: 'i', state: 'failed', why: 'missing', about: 'x' }), 'There is no package x on the index. Check the name.')
})

test('a module is missing only where a run of this notebook says so', () => {
  const error: Output = { outputType: 'error', ename: 'ModuleNotFoundError', evalue: "No module named 'sklearn.base'; 'sklearn' is not a package", own: true }
  assert.equal(missingModule(error), 'sklearn.base')
  assert.equal(missingModule({ ...error, own: false }), null)
  assert.equal(missingModule({ ...error, ename: 'ImportError' }), null)
  assert.equal(missingModule({ ...error, evalue: 'No module named x; rm -rf' }), null)
  assert.equal(missingModule({ outputType: 'stream', text: '' }), null)
})
