// The line of a very small picture. Pure.

/** At most so many values are drawn, and room is left for so many at least. */
export const SAMPLES = 60
const ROOM = 20

/** An SVG path through `values`, the last at the right edge. `most`: what the height stands for at least. Empty for fewer than two values. */
export function sparkPath(values: readonly number[], width: number, height: number, most = 0): string {
  if (values.length < 2) return ''
  const drawn = values.slice(-SAMPLES)
  const top = Math.max(most, 1, ...drawn) * 1.15
  const step = width / (Math.max(ROOM, drawn.length) - 1)
  const start = width - step * (drawn.length - 1)
  const point = (value: number, at: number): string => `${round(start + at * step)} ${round(height - 1 - (value / top) * (height - 2))}`
  return `M${drawn.map(point).join('L')}`
}

const round = (value: number): number => Math.round(value * 10) / 10
