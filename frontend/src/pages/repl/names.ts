/** The prompt at `/repl`. */
export const FIRST = '1'

/** The smallest number that no prompt has. */
export function freeName(taken: readonly string[]): string {
  let number = 1
  while (taken.includes(String(number))) number++
  return String(number)
}
