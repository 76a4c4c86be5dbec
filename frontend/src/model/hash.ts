// To tell whether a source is still the one that ran. Twin of `source_hash` in src/octavo/notebook/model.py.

const utf8 = new TextEncoder()

/** 8 hex digits: FNV-1a, 32 bit, over UTF-8 (a lone surrogate counts as U+FFFD). */
export function sourceHash(source: string): string {
  let value = 0x811c9dc5
  for (const byte of utf8.encode(source)) value = Math.imul(value ^ byte, 0x01000193)
  return (value >>> 0).toString(16).padStart(8, '0')
}
