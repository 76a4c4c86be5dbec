// Holds the frontend to its floors: who may import whom, no import cycles, foreign markup in two files only.
//   node check.mjs
import fs from 'node:fs'
import path from 'node:path'

const here = path.dirname(new URL(import.meta.url).pathname)
const src = path.join(here, 'src')

// A room imports from lower floors and from itself; rooms of one floor do not know each other.
const FLOORS = [['model', 'i18n', 'icons'], ['sync'], ['editor', 'outputs'], ['cells', 'shell'], ['debug'], ['pages']]
const APART = ['frame'] // runs alone in the sandbox: imports nothing of the page
const MARKUP = ['outputs/markdown.ts', 'outputs/html.ts', 'outputs/policy.ts'] // the only files that may make DOM from text

const floorOf = new Map(FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor])))
const problems = []

const files = fs.readdirSync(src, { recursive: true }).map(String).filter((file) => /\.tsx?$/.test(file)).map((file) => file.replaceAll('\\', '/'))
const known = new Set(files)

function resolve(from, to) {
  const base = path.posix.normalize(path.posix.join(path.posix.dirname(from), to))
  return [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find((file) => known.has(file))
}

/** What a file imports: [file, only its types]. */
function imports(file, text) {
  const found = []
  const pattern = /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"](\.[^'"]+)['"]|\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/g
  for (const [, , type, fixed, lazy] of text.matchAll(pattern)) {
    const target = resolve(file, fixed ?? lazy)
    if (target) found.push([target, Boolean(type)])
    else if (!/\.css$/.test(fixed ?? lazy)) problems.push(`${file}: imports ${fixed ?? lazy}, which is not there`)
  }
  return found
}

const graph = new Map()
for (const file of files) {
  const text = fs.readFileSync(path.join(src, file), 'utf8')
  const room = file.split('/')[0]
  const lines = text.split('\n').length
  if (lines > 500 && file !== 'model/messages.ts') problems.push(`${file}: ${lines} lines; a file has at most 500`)
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
  if (!MARKUP.includes(file) && /\b(?:innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|DOMParser|createContextualFragment|document\.write|dangerouslySetInnerHTML)\b/.test(code))
    problems.push(`${file}: makes DOM from text; only ${MARKUP.join(', ')} may`)
  if (/\beval\(|new Function\(/.test(code)) problems.push(`${file}: makes code from text`)
  const found = imports(file, code)
  graph.set(file, found.filter(([, type]) => !type).map(([target]) => target))
  for (const [target] of found) {
    const other = target.split('/')[0]
    if (other === room || !file.includes('/')) continue
    if (APART.includes(room) || APART.includes(other)) problems.push(`${file}: imports ${target}; ${APART.join(', ')} stands apart`)
    else if (!floorOf.has(room) || !floorOf.has(other)) problems.push(`${file}: ${floorOf.has(room) ? other : room} is not a room of the frontend (check.mjs lists them)`)
    else if (floorOf.get(other) >= floorOf.get(room)) problems.push(`${file}: imports ${target}, which is not on a lower floor`)
  }
}

const done = new Set()
function walk(file, trail) {
  const at = trail.indexOf(file)
  if (at >= 0) return void problems.push(`import cycle: ${[...trail.slice(at), file].join(' → ')}`)
  if (done.has(file)) return
  for (const next of graph.get(file) ?? []) walk(next, [...trail, file])
  done.add(file)
}
for (const file of files) walk(file, [])

for (const problem of problems) console.error(problem)
if (problems.length) process.exitCode = 1
else console.log(`${files.length} files, floors and imports in order`)
