// A very small picture of how a number went: the newest on the right, nothing at the bottom. For the eye only; the number stands beside it.
import { sparkPath } from './sparkline'

export function Spark({ values, most = 0, width = 56, height = 16 }: { values: readonly number[]; most?: number; width?: number; height?: number }) {
  const line = sparkPath(values, width, height, most)
  return (
    <svg class="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {line && <path class="a" d={`${line}V${height}H${line.slice(1, line.indexOf(' '))}Z`} />}
      {line && <path class="l" d={line} />}
    </svg>
  )
}
