// Positions: the kernel counts code points, the editor UTF-16 units. Pure.

export function toCodePoints(text: string, units: number): number {
  let points = 0
  for (let at = 0; at < units; points++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return points
}

export function toUnits(text: string, points: number): number {
  let at = 0
  for (; points > 0 && at < text.length; points--) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return at
}
