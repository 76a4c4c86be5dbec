// The debugger's icons, which come with it.
import type { Shape } from './icons'

export const STEPS = {
  cont: [['path', { d: 'M3.2 3v10' }], ['path', { class: 'f', d: 'M6 3.2v9.6L13.4 8z' }]],
  over: [['path', { d: 'M2.6 8.6A5.6 5.6 0 0 1 13 7.2M13.4 3.8v3.6H9.8' }], ['circle', { class: 'f', cx: '8', cy: '12.2', r: '1.6' }]],
  into: [['path', { d: 'M8 1.8v6.6M5 5.6l3 3 3-3' }], ['circle', { class: 'f', cx: '8', cy: '12.6', r: '1.6' }]],
  out: [['path', { d: 'M8 9V2M5 4.8l3-3 3 3' }], ['circle', { class: 'f', cx: '8', cy: '12.6', r: '1.6' }]],
} as const satisfies Record<string, readonly Shape[]>
