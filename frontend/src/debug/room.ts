// The debugger as the page fetches it: when something stops, when it is asked for, or when the pointer comes to the strip of breakpoints.
export { ACTIONS, type DebugCommand } from './commands'
export { Debugger } from './debugger'
export { Panel } from './panel'
