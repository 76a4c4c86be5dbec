// 简体中文, whole: a chunk of its own, fetched where it is read.
import { notebookZhHans } from './notebook.zh-hans'
import { runningZhHans } from './running.zh-hans'
import { zhHans } from './zh-hans'

export const chinese = { ...zhHans, ...runningZhHans, ...notebookZhHans }
