// What the debugger's commands do; their names and keys are the page's (pages/notebook/debugging.tsx), which has them before this is fetched.
import type { Debugger } from './debugger'

export type DebugCommand =
  | 'debug-panel' | 'variables' | 'breakpoint' | 'breakpoint-edit' | 'breakpoints-remove' | 'debug-cell' | 'debug-by-line' | 'debug-pause'
  | 'debug-continue' | 'debug-over' | 'debug-into' | 'debug-out' | 'debug-here' | 'debug-jump' | 'debug-stop' | 'debug-evaluate' | 'debug-off'

export const ACTIONS: Readonly<Record<DebugCommand, (debug: Debugger) => void>> = {
  'debug-panel': (debug) => debug.toggle(),
  variables: (debug) => (debug.open.peek() ? debug.focusHead() : debug.toggle()),
  breakpoint: (debug) => debug.toggleHere(),
  'breakpoint-edit': (debug) => debug.settingsHere(),
  'breakpoints-remove': (debug) => debug.removeAll(),
  'debug-cell': (debug) => void debug.debugCell(),
  'debug-by-line': (debug) => void debug.debugCell(true),
  'debug-pause': (debug) => void debug.pause(),
  // Where nothing is stopped F9 means what it means in other editors.
  'debug-continue': (debug) => (debug.look.stopped ? void debug.go('continue') : debug.toggleHere()),
  'debug-over': (debug) => void debug.go(debug.live.state.debug.peek().stepping ? 'line' : 'over'),
  'debug-into': (debug) => void debug.go('into'),
  'debug-out': (debug) => void debug.go('out'),
  'debug-here': (debug) => debug.goTo('here'),
  'debug-jump': (debug) => debug.goTo('jump'),
  'debug-stop': (debug) => void debug.go('end'),
  'debug-evaluate': (debug) => debug.evaluateHere(),
  'debug-off': (debug) => void debug.ask({ type: 'debugOff' }),
}
