import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceHash } from '../src/model/hash'
import cases from './hashes.json'

test('a source has the same hash here and on the server (tests/notebook/test_source_hash.py reads the same cases)', () => {
  for (const [source, hash] of cases) assert.equal(sourceHash(source), hash, JSON.stringify(source))
})
