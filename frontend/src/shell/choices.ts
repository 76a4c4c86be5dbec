// What stands in the kernel menu: kernels by language, each with what would run; what cannot start stays, with the reason. Pure.
import { t } from '../i18n'
import type { Kernel, KernelChoice } from '../model/messages'
import type { MenuEntry } from './menu'

const NAMES: Record<string, string> = {
  r: 'R', javascript: 'JavaScript', typescript: 'TypeScript', sql: 'SQL', 'c++': 'C++', php: 'PHP', 'c#': 'C#', 'f#': 'F#', matlab: 'MATLAB',
  ocaml: 'OCaml', powershell: 'PowerShell', sos: 'SoS',
}

/** A language as people write it. */
export const languageName = (language: string): string =>
  NAMES[language.toLowerCase()] ?? (language ? language[0].toUpperCase() + language.slice(1) : t('kernel.language.none'))

const REASONS = {
  program: 'kernel.problem.program', interpreter: 'kernel.problem.interpreter', ipykernel: 'kernel.problem.ipykernel', file: 'kernel.problem.file',
  unreadable: 'kernel.problem.unreadable', unreachable: 'kernel.problem.unreachable', refused: 'kernel.problem.refused', stranger: 'kernel.problem.stranger',
} as const

export function kernelDetail({ problem, what = '', program = '', version, language }: KernelChoice): string {
  if (problem) return t(REASONS[problem], { what })
  // Many kernels of other languages are Python programs: the number alone would be taken for the language's.
  const python = version && language.toLowerCase() !== 'python' && /\/python[\d.]*$/.test(program)
  return [python ? `Python ${version}` : version, program].filter(Boolean).join(' · ')
}

/** Pure: what stands in the menu. */
export function kernelEntries(choices: readonly KernelChoice[], current: Kernel, choose: (name: string) => void): MenuEntry[] {
  const entries: MenuEntry[] = []
  const name = current.name ?? ''
  if (name && !choices.some((one) => one.name === name.toLowerCase()))
    entries.push({ label: current.display || name, detail: choices.length ? t('kernel.problem.unknown') : '', checked: true, disabled: true, act: () => {} })
  let language: string | null = null
  for (const one of choices) {
    if (one.language.toLowerCase() !== language) {
      language = one.language.toLowerCase()
      entries.push({ heading: languageName(one.language) })
    }
    entries.push({
      label: one.display, detail: kernelDetail(one), checked: one.name === name.toLowerCase(), disabled: Boolean(one.problem), act: () => choose(one.name),
    })
  }
  return entries
}
