// 笔记本页面的文字, in step with notebook.en.ts.
import type { Message } from './message'
import type { notebookEn } from './notebook.en'

export const notebookZhHans: Record<keyof typeof notebookEn, Message> = {
  'skip.notebook': '跳到笔记本',
  'contents': '目录',
  'run.all': '全部运行',
  'run.more': '更多运行方式',
  'interrupt': '中断',
  'restart': '重启',
  'stop': '停止',
  'add': '添加',
  'edit': '编辑',
  'run': '运行',
  'cell': '单元格',
  'code': '代码',
  'text': '文本',
  'mode.command': '命令',
  'mode.edit': '编辑',
  'cell.of': '第 {cell} 格，共 {cells} 格',
  'queue.idle': '没有代码在运行',
  'queue.running': '正在运行第 {cell} 格',
  'queue.then': { other: '正在运行第 {cell} 格，之后还有 {n} 格' },
  'queue.waiting': { other: '{n} 格在等待' },
  'kernel.none': '未启动',
  'kernel.starting': '启动中',
  'kernel.idle': '空闲',
  'kernel.busy': '忙碌',
  'kernel.restarting': '重启中',
  'kernel.dead': '已终止',
  'kernel.unavailable.state': '不可用',
}
