// Runs the tests of the frontend's pure parts: each test/*.test.ts is bundled for Node and given to `node --test`.
//   node test.mjs [part of a file's name]
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import * as esbuild from 'esbuild'

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname)
const wanted = process.argv[2] ?? ''
const sources = fs
  .readdirSync(path.join(here, 'test'))
  .filter((name) => /\.test\.tsx?$/.test(name) && name.includes(wanted))
  .map((name) => path.join(here, 'test', name))
if (!sources.length) {
  console.error(`no test in frontend/test has “${wanted}” in its name`)
  process.exit(1)
}

// In node_modules, so that packages left out of the bundles are still found.
const made = path.join(here, 'node_modules', '.cache', `test-${process.pid}`)
try {
  await esbuild.build({
    entryPoints: sources,
    outdir: made,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    sourcemap: 'inline',
    define: { BUILT_MATH_CSS: '"math.css"' },
    logLevel: 'warning',
  })
  const files = fs.readdirSync(made).filter((name) => name.endsWith('.mjs')).map((name) => path.join(made, name))
  const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], { stdio: 'inherit', cwd: here })
  process.exitCode = run.status ?? 1
} finally {
  fs.rmSync(made, { recursive: true, force: true })
}
