// Builds the page: splits it into hashed files, compresses each, writes manifest.json for the server, and fails when a
// page has grown over its budget.
//   node build.mjs [--watch] [--out DIRECTORY]
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import * as esbuild from 'esbuild'

const here = path.dirname(new URL(import.meta.url).pathname)
const flag = process.argv.indexOf('--out')
const out = path.resolve(flag > 0 ? process.argv[flag + 1] : path.join(here, '../src/octavo/web/static/built'))
const watching = process.argv.includes('--watch')

const TYPING_BUDGET = 250_000 // brotli bytes of script until one can type
const PAGE_BUDGET = 400_000 // brotli bytes of script, style and preloaded fonts of any page
// What a page loads at once although it imports it dynamically: without these one cannot type or read.
const SOON = { notebook: [/^src\/editor\/(?!streamed)/, /^src\/outputs\/markdown\.ts$/], repl: [/^src\/editor\/(?!streamed)/] }
const PRELOADED_FONTS = /^(serif|sans|mono)-[A-Z0-9]+\.woff2$/

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  write: false,
  outdir: out,
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': '"production"' },
}

/** KaTeX names three forms of every font; every browser that we support reads the first. */
const onlyWoff2 = {
  name: 'only woff2',
  setup(build) {
    build.onLoad({ filter: /katex[^/]*\.css$/ }, ({ path: file }) => ({
      contents: fs.readFileSync(file, 'utf8').replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\(["'](?:woff|truetype)["']\)/g, ''),
      loader: 'css',
    }))
  },
}

const present = (files) => files.filter((file) => fs.existsSync(path.join(here, file)))
const sources = (folder, pattern) =>
  fs.existsSync(path.join(here, folder))
    ? fs.readdirSync(path.join(here, folder)).filter((name) => pattern.test(name)).map((name) => `${folder}/${name}`)
    : []

/** The output file (bare name) that each entry point became. */
function entries(meta) {
  const found = {}
  for (const [file, output] of Object.entries(meta.outputs)) if (output.entryPoint) found[output.entryPoint] = file
  return found
}

/** All files that `file` needs before it runs, itself first. */
function closure(meta, file, seen = new Set()) {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const { path: next, kind } of meta.outputs[file]?.imports ?? []) if (kind === 'import-statement') closure(meta, next, seen)
  return seen
}

function compress(file, bytes) {
  if (file.endsWith('.woff2')) return { raw: bytes.length, br: bytes.length, gz: bytes.length, files: [[file, bytes]] }
  const br = zlib.brotliCompressSync(bytes, {
    params: { [zlib.constants.BROTLI_PARAM_QUALITY]: watching ? 5 : 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  })
  const gz = zlib.gzipSync(bytes, { level: watching ? 6 : 9 })
  return { raw: bytes.length, br: br.length, gz: gz.length, files: [[file, bytes], [`${file}.br`, br], [`${file}.gz`, gz]] }
}

/** What was built from what: `hatch_build.py` makes the same number and builds only when it differs. */
function fingerprint() {
  const inside = fs.readdirSync(path.join(here, 'src'), { recursive: true }).map((name) => `src/${String(name).replaceAll('\\', '/')}`)
  const files = ['build.mjs', 'package-lock.json', 'package.json', ...inside].filter((file) => fs.statSync(path.join(here, file)).isFile())
  const total = crypto.createHash('sha256')
  for (const file of files.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))) total.update(`${file}\0`).update(fs.readFileSync(path.join(here, file))).update('\0')
  return total.digest('hex')
}

/** The licences of what is inside: every package that went into a script or style, and the fonts. */
function licences(metas) {
  const packages = new Set(['katex'])
  for (const meta of metas)
    for (const file of Object.keys(meta.inputs)) {
      const found = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)
      if (found) packages.add(found[1])
    }
  const texts = [...packages].sort().map((name) => {
    const folder = path.join(here, 'node_modules', name)
    const file = fs.readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
    const { version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
    return `${name} ${version} (${license})\n\n${file ? fs.readFileSync(path.join(folder, file), 'utf8').trim() : ''}`
  })
  const fonts = fs.readFileSync(path.join(here, 'src/css/fonts/LICENSE.txt'), 'utf8').trim()
  return Buffer.from([`The fonts\n\n${fonts}`, ...texts].join(`\n\n${'='.repeat(80)}\n\n`))
}

/** Writes what is new, then the manifest, and only then removes what is old: a page loaded in between finds all it needs. */
function write(sizes, manifest, stamp) {
  fs.mkdirSync(out, { recursive: true })
  const keep = new Set(['manifest.json', '.stamp'])
  for (const { files } of Object.values(sizes))
    for (const [file, bytes] of files) {
      keep.add(file)
      const target = path.join(out, file)
      if (file.startsWith('licences.txt') || !fs.existsSync(target)) fs.writeFileSync(target, bytes)
    }
  fs.writeFileSync(path.join(out, 'manifest.json.new'), `${JSON.stringify(manifest, null, 1)}\n`)
  fs.renameSync(path.join(out, 'manifest.json.new'), path.join(out, 'manifest.json'))
  fs.writeFileSync(path.join(out, '.stamp'), `${stamp}\n`)
  if (watching) return // a page that is open may still ask for its old files
  for (const file of fs.readdirSync(out)) if (!keep.has(file)) fs.rmSync(path.join(out, file), { recursive: true })
}

async function build() {
  const started = performance.now()
  const stamp = fingerprint() // before: what changes meanwhile is built again
  const styles = await esbuild.build({
    ...shared,
    entryPoints: sources('src/css', /^(app|math|plain)\.css$/),
    loader: { '.woff2': 'file' },
    plugins: [onlyWoff2],
  })
  const styleOf = Object.fromEntries(
    Object.entries(entries(styles.metafile)).map(([from, to]) => [path.basename(from, '.css'), path.basename(to)]),
  )
  const define = { ...shared.define, BUILT_MATH_CSS: JSON.stringify(styleOf.math ?? 'math.css') }
  const alias = { entities: path.join(here, 'src/outputs/entities.ts') }
  const common = { ...shared, define, alias, jsx: 'automatic', jsxImportSource: 'preact' }
  const scripts = await esbuild.build({ ...common, entryPoints: sources('src/pages', /\.tsx?$/), format: 'esm', splitting: true })
  // The frame's script is written into the frame's own page, so it is one classic script.
  const frames = await esbuild.build({ ...common, entryPoints: present(['src/frame/frame.ts']), format: 'iife' })

  const sizes = {}
  for (const result of [styles, scripts, frames])
    for (const file of result.outputFiles) {
      const name = path.relative(out, file.path)
      sizes[name] ??= compress(name, file.contents)
    }
  sizes['licences.txt'] = compress('licences.txt', licences([styles, scripts, frames].map(({ metafile }) => metafile)))
  const meta = scripts.metafile
  const name = (file) => path.relative(out, path.resolve(here, file))
  const soon = (page) => Object.entries(entries(meta)).filter(([from]) => SOON[page]?.some((pattern) => pattern.test(from))).map(([, to]) => to)
  // Languages but English are chunks of their own; the server preloads the one of the page.
  const languages = { 'zh-Hans': name(entries(meta)['src/i18n/chinese.ts']) }
  const pages = {}
  for (const [from, to] of Object.entries(entries(meta))) {
    if (!from.startsWith('src/pages/')) continue
    const page = path.basename(from).replace(/\.tsx?$/, '')
    const needed = closure(meta, to)
    for (const file of soon(page)) closure(meta, file, needed)
    pages[page] = { script: name(to), preload: [...needed].filter((file) => file !== to).map(name) }
  }
  const fonts = Object.keys(sizes).filter((file) => PRELOADED_FONTS.test(file)).sort()
  const build = crypto.createHash('sha256').update(Object.keys(sizes).sort().join('\n')).digest('hex').slice(0, 12)
  const frame = Object.values(entries(frames.metafile)).map(name)[0] ?? null
  write(sizes, { build, pages, languages, styles: styleOf, fonts, frame }, stamp)
  report({ sizes, pages, fonts, styles: styleOf, took: performance.now() - started })
}

function report({ sizes, pages, fonts, styles, took }) {
  const br = (files) => files.reduce((sum, file) => sum + (sizes[file]?.br ?? 0), 0)
  const row = (label, ...numbers) => console.log(label.padEnd(34), ...numbers.map((n) => n.toLocaleString('en').padStart(10)))
  console.log('file'.padEnd(34), ...['bytes', 'gzip', 'brotli'].map((word) => word.padStart(10)))
  for (const [file, size] of Object.entries(sizes).sort(([, a], [, b]) => b.br - a.br))
    if (size.raw > 2_000 && file !== 'licences.txt') row(file, size.raw, size.gz, size.br)
  let over = false
  for (const [page, { script, preload }] of Object.entries(pages)) {
    const code = br([script, ...preload])
    const all = code + br([styles.app, ...fonts])
    row(`page ${page}: script, all (brotli)`, code, all)
    if (all > PAGE_BUDGET || (page in SOON && code > TYPING_BUDGET)) {
      console.error(`page ${page} is over its budget (${TYPING_BUDGET} bytes of script until typing, ${PAGE_BUDGET} in all)`)
      over = true
    }
  }
  console.log(`built in ${Math.round(took)} ms`)
  if (over && !watching) process.exitCode = 1
}

if (watching) {
  const again = () => build().catch((problem) => console.error(String(problem.message ?? problem)))
  await again()
  let due
  fs.watch(path.join(here, 'src'), { recursive: true }, () => {
    clearTimeout(due)
    due = setTimeout(again, 80)
  })
} else {
  await build()
}
