import type { Message } from './message'
import type { debugEn } from './debug.en'

export const debugZhHans: Record<keyof typeof debugEn, Message> = {
  'group.debug': '调试',
  'command.debugPanel': '显示或隐藏调试器',
  'command.variables': '显示变量',
  'command.breakpoint': '设置或移除断点',
  'command.breakpointEdit': '编辑断点：条件、次数、日志',
  'command.breakpointsRemove': '移除所有断点',
  'command.debugCell': '调试此单元格',
  'command.debugByLine': '逐行运行此单元格',
  'command.debugPause': '暂停正在运行的代码',
  'command.debugContinue': '继续',
  'command.debugOver': '单步跳过',
  'command.debugInto': '单步进入',
  'command.debugOut': '单步跳出',
  'command.debugHere': '运行到光标所在行',
  'command.debugJump': '跳到光标所在行，不运行其间的代码',
  'command.debugStop': '终止已暂停的单元格',
  'command.debugEvaluate': '在所选帧中求值选中的代码',
  'command.debugOff': '让调试器脱离内核',
  'debugger': '调试器',
  'debug.paused': '已暂停',
  'debug.paused.cell': '已暂停在单元格 {cell} 第 {line} 行',
  'debug.paused.elsewhere': '已暂停',
  'debug.continue': '继续',
  'debug.inspect': '查看此错误',
}
