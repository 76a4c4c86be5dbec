// 简体中文, whole: a chunk of its own, fetched where it is read.
import { debugZhHans } from './debug.zh-hans'
import { notebookZhHans } from './notebook.zh-hans'
import { replZhHans } from './repl.zh-hans'
import { runningZhHans } from './running.zh-hans'
import { zhHans } from './zh-hans'

export { saidZhHans } from './said.zh-hans'

export const chinese = { ...zhHans, ...runningZhHans, ...notebookZhHans, ...replZhHans, ...debugZhHans }
