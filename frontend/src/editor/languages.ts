// What the page knows of a kernel's language before its mode is fetched: its modes' name, how deep it indents, what asks for completions. Pure.

/** The mode of a language, by the names that kernels give it; else the name itself. */
const MODES: Record<string, string> = {
  ipython: 'python', python3: 'python', sage: 'python', matlab: 'octave', sh: 'shell', bash: 'shell', zsh: 'shell', fish: 'shell', ksh: 'shell',
  js: 'javascript', node: 'javascript', nodejs: 'javascript', 'node.js': 'javascript', ts: 'typescript', deno: 'typescript', 'c++': 'cpp', 'c++11': 'cpp',
  'c++14': 'cpp', 'c++17': 'cpp', 'c++20': 'cpp', 'c++23': 'cpp', cxx: 'cpp', 'c#': 'csharp', 'f#': 'fsharp', golang: 'go', postgresql: 'sql', mysql: 'sql',
  sqlite: 'sql', pwsh: 'powershell', ir: 'r', 'objective-c': 'objectivec',
}

export const modeOf = (language: string): string => MODES[language.toLowerCase()] ?? language.toLowerCase()

const TWO = new Set(['r', 'javascript', 'typescript', 'ruby', 'lua', 'shell', 'octave', 'sql', 'haskell', 'ocaml', 'fsharp', 'clojure', 'scheme', 'scala', 'crystal'])

export const indentOf = (mode: string): string => (mode === 'go' ? '\t' : TWO.has(mode) ? '  ' : '    ')

/** What before the caret means that only the kernel knows what may follow; group 1 is what the answer takes the place of. */
const MEMBER: Record<string, RegExp> = {
  r: /[\p{L}\p{N}_.)\]](?:\$|@|::?:?)([\p{L}\p{N}_.]*)$/u,
  lua: /[\p{L}\p{N}_\])][.:]([\p{L}\p{N}_]*)$/u,
  ruby: /[\p{L}\p{N}_\])}"'](?:\.|&\.|::)([\p{L}\p{N}_]*)$/u,
  cpp: /[\p{L}\p{N}_\])](?:\.|->|::)([\p{L}\p{N}_]*)$/u,
  rust: /[\p{L}\p{N}_\])](?:\.|::)([\p{L}\p{N}_]*)$/u,
  perl: /[\p{L}\p{N}_\])}](?:->|::)([\p{L}\p{N}_]*)$/u,
  shell: /\$\{?([\p{L}\p{N}_]*)$/u,
}
const DOT = /[\p{L}\p{N}_\])]\.([\p{L}\p{N}_]*)$/u

export const memberOf = (mode: string): RegExp => MEMBER[mode] ?? DOT

/** The word at the caret: in R a dot is part of it. */
export const wordOf = (mode: string): RegExp => (mode === 'r' ? /[\p{L}_.][\p{L}\p{N}_.]*/u : /[\p{L}_][\p{L}\p{N}_]*/u)
