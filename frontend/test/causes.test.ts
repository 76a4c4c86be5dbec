import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { useLanguage } from '../src/i18n'
import { tellCause, tellPressing, WORDS, type Cause } from '../src/i18n/causes'

afterEach(() => useLanguage('en'))

const names = (message: string): string => [...new Set(message.match(/\{\w+\}/g) ?? [])].sort().join(' ')

test('both languages want the same names, and Chinese is Chinese', () => {
  for (const [key, english] of Object.entries(WORDS.en)) {
    const chinese = (WORDS['zh-Hans'] as Record<string, string>)[key]
    assert.equal(names(chinese), names(english), key)
    assert.match(chinese, /[\u4e00-\u9fff]/, key)
    assert.doesNotMatch(chinese, /[\u4e00-\u9fff][,.:;!?()]|[,;!?(][\u4e00-\u9fff]/, key)
  }
})

const CAUSES: Cause[] = [
  ...['group', 'watch', 'system', 'said', 'size'].map((evidence) => ({ code: 'memory', values: { evidence, peak: 2e9, limit: 1e9 } })),
  { code: 'memory' },
  { code: 'signal', values: { signal: 9, name: 'SIGKILL' } },
  { code: 'signal', values: { signal: 40 } },
  { code: 'exit', values: { code: 7 } },
  { code: 'exit', values: { code: 0 } },
  { code: 'start', values: { code: 3, said: 'no' } },
  { code: 'start', values: { signal: 11, name: 'SIGSEGV' } },
  ...['program', 'interpreter', 'ipykernel', 'file', 'unreadable'].map((reason) => ({ code: 'broken', values: { reason, what: '/a' } })),
  { code: 'no-program', values: { program: 'R' } },
  { code: 'no-folder', values: { folder: '/a' } },
  { code: 'no-kernel', values: { name: 'ir' } },
  { code: 'not-started', values: { program: 'R', said: 'No memory' } },
  { code: 'unavailable', values: { message: 'No host.' } },
  ...['stopped', 'restarted', 'host', 'silent', 'flood', 'fault', 'other', 'of a later release'].map((code) => ({ code })),
]

test('every cause has whole sentences in both languages', () => {
  for (const language of ['en', 'zh-Hans'] as const) {
    useLanguage(language)
    for (const cause of CAUSES) {
      const { head, text } = tellCause(cause, 2)
      assert.match(head, /[.。]$/, cause.code)
      assert.doesNotMatch(`${head} ${text}`, /[{}]|undefined|NaN/, cause.code)
    }
  }
})

test('how sure it is that memory was the cause is said', () => {
  const heads = ['group', 'watch', 'system', 'said'].map((evidence) => tellCause({ code: 'memory', values: { evidence } }).head)
  assert.equal(new Set(heads).size, 4)
  assert.deepEqual(heads.map((head) => head.includes('likely')), [false, false, true, true])
})

test('sizes are told where they are known, and what to do fits them', () => {
  assert.match(tellCause({ code: 'memory', values: { evidence: 'watch', peak: 1.25e9, limit: 1e9 } }).text, /1\.3 GB of 1 GB.*kernels\.memory_limit/)
  assert.match(tellCause({ code: 'memory', values: { evidence: 'system', peak: 1.25e9 } }).text, /1\.3 GB.*stop other kernels/)
})

test('a warning says what is taken of what', () => {
  assert.match(tellPressing({ code: 'memory-high', values: { used: 4.2e8, limit: 5e8 } }).text, /420 MB of the 500 MB/)
})

test('what never ran loses no variables', () => {
  assert.doesNotMatch(tellCause({ code: 'start', values: { code: 1 } }).text, /Variables/)
  assert.equal(tellCause({ code: 'start', values: { code: 1 } }).again, '')
})
