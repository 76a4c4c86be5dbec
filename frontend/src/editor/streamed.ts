// Languages but Python: each mode is fetched when a notebook needs it, and none of them before one can type.
import { StreamLanguage, type Language, type StreamParser } from '@codemirror/language'

type Parser = StreamParser<unknown>
const clike = async (name: 'c' | 'cpp' | 'java' | 'csharp' | 'kotlin' | 'scala' | 'dart' | 'objectiveC'): Promise<Parser> =>
  (await import('@codemirror/legacy-modes/mode/clike'))[name] as Parser

const MODES: Record<string, () => Promise<Parser>> = {
  r: async () => (await import('@codemirror/legacy-modes/mode/r')).r as Parser,
  julia: async () => (await import('@codemirror/legacy-modes/mode/julia')).julia as Parser,
  shell: async () => (await import('@codemirror/legacy-modes/mode/shell')).shell as Parser,
  octave: async () => (await import('@codemirror/legacy-modes/mode/octave')).octave as Parser,
  lua: async () => (await import('@codemirror/legacy-modes/mode/lua')).lua as Parser,
  javascript: async () => (await import('@codemirror/legacy-modes/mode/javascript')).javascript as Parser,
  typescript: async () => (await import('@codemirror/legacy-modes/mode/javascript')).typescript as Parser,
  ruby: async () => (await import('@codemirror/legacy-modes/mode/ruby')).ruby as Parser,
  crystal: async () => (await import('@codemirror/legacy-modes/mode/crystal')).crystal as Parser,
  sql: async () => (await import('@codemirror/legacy-modes/mode/sql')).standardSQL as Parser,
  c: () => clike('c'),
  cpp: () => clike('cpp'),
  java: () => clike('java'),
  csharp: () => clike('csharp'),
  kotlin: () => clike('kotlin'),
  scala: () => clike('scala'),
  dart: () => clike('dart'),
  objectivec: () => clike('objectiveC'),
  go: async () => (await import('@codemirror/legacy-modes/mode/go')).go as Parser,
  rust: async () => (await import('@codemirror/legacy-modes/mode/rust')).rust as Parser,
  swift: async () => (await import('@codemirror/legacy-modes/mode/swift')).swift as Parser,
  groovy: async () => (await import('@codemirror/legacy-modes/mode/groovy')).groovy as Parser,
  haskell: async () => (await import('@codemirror/legacy-modes/mode/haskell')).haskell as Parser,
  ocaml: async () => (await import('@codemirror/legacy-modes/mode/mllike')).oCaml as Parser,
  fsharp: async () => (await import('@codemirror/legacy-modes/mode/mllike')).fSharp as Parser,
  perl: async () => (await import('@codemirror/legacy-modes/mode/perl')).perl as Parser,
  powershell: async () => (await import('@codemirror/legacy-modes/mode/powershell')).powerShell as Parser,
  clojure: async () => (await import('@codemirror/legacy-modes/mode/clojure')).clojure as Parser,
  scheme: async () => (await import('@codemirror/legacy-modes/mode/scheme')).scheme as Parser,
  commonlisp: async () => (await import('@codemirror/legacy-modes/mode/commonlisp')).commonLisp as Parser,
  erlang: async () => (await import('@codemirror/legacy-modes/mode/erlang')).erlang as Parser,
  fortran: async () => (await import('@codemirror/legacy-modes/mode/fortran')).fortran as Parser,
  tcl: async () => (await import('@codemirror/legacy-modes/mode/tcl')).tcl as Parser,
  mathematica: async () => (await import('@codemirror/legacy-modes/mode/mathematica')).mathematica as Parser,
  wolfram: async () => (await import('@codemirror/legacy-modes/mode/mathematica')).mathematica as Parser,
  sas: async () => (await import('@codemirror/legacy-modes/mode/sas')).sas as Parser,
}

/** Comments of those whose mode does not say. */
const COMMENTS: Record<string, object> = {
  javascript: { line: '//', block: { open: '/*', close: '*/' } },
  typescript: { line: '//', block: { open: '/*', close: '*/' } },
  sql: { line: '--', block: { open: '/*', close: '*/' } },
  ocaml: { block: { open: '(*', close: '*)' } },
  fsharp: { line: '//', block: { open: '(*', close: '*)' } },
  erlang: { line: '%' },
  fortran: { line: '!' },
  commonlisp: { line: ';;' },
  mathematica: { block: { open: '(*', close: '*)' } },
  wolfram: { block: { open: '(*', close: '*)' } },
  crystal: { line: '#' },
  sas: { block: { open: '/*', close: '*/' } },
}

/** null: a language that the page has no mode for; it is written as plain text. */
export async function fetchLanguage(mode: string): Promise<Language | null> {
  const parser = await MODES[mode]?.()
  if (!parser) return null
  const data = parser.languageData ?? {}
  return StreamLanguage.define({ ...parser, languageData: { ...data, commentTokens: data.commentTokens ?? COMMENTS[mode] } })
}
