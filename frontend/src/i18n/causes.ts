// Why a kernel ended or could not be started, in sentences. Rarely needed, so with words of its own that come when they are.
import { formatBytes } from './format'
import { language } from './language'
import { fill, type Message, type Values } from './message'

const EN = {
  'memory.group': 'Out of memory: the kernel was ended.',
  'memory.watch': 'The kernel took more memory than it may, and was ended.',
  'memory.likely': 'The kernel was killed, most likely because memory ran out.',
  'memory.said': 'The kernel ended, most likely because it was given no more memory.',
  'memory.both': 'It had {peak} of {limit}.',
  'memory.peak': 'It had {peak}.',
  'memory.limit': 'It may have {limit}.',
  'memory.do.limit': 'Run all above again with less at a time, or raise kernels.memory_limit.',
  'memory.do.machine': 'Run all above again with less at a time, or stop other kernels.',
  'crash': 'The kernel crashed ({name}).',
  'crash.text': 'Compiled code made a mistake, often a library’s.',
  'signal': 'The kernel was ended by a signal ({name}).',
  'signal.text': 'Another program or the system sent it; Octavo did not.',
  'signal.do': 'Run all above again.',
  'exit': 'The kernel exited with code {code}.',
  'exit.0': 'The kernel exited by itself.',
  'exit.do': 'Run all above again.',
  'start': 'The kernel did not start.',
  'start.code': 'Its program exited with code {code}.',
  'start.signal': 'Its program was ended by a signal ({name}).',
  'start.do': 'Mend what it says, then run again.',
  'no-program': 'There is no program {program}. Install what the kernel needs, or choose another.',
  'no-folder': 'The folder {folder} is not there. Make it, or move the notebook.',
  'no-kernel': 'There is no kernel {name} here. Choose another in the head of the page.',
  'not-started': '{program} could not be started: {said}',
  'broken.program': '{what} is not there. Install it again, or choose another kernel.',
  'broken.interpreter': '{what}, which its program runs on, is not there. Install it again, or choose another kernel.',
  'broken.ipykernel': 'The environment {what} has no ipykernel. Install it there, or choose another kernel.',
  'broken.file': 'Its file {what} is not there. Install it again, or choose another kernel.',
  'broken.unreadable': '{what} is no kernelspec that can be read. Correct the file, or choose another kernel.',
  'broken.unreachable': 'The gateway {what} is not reachable. See that it runs and that kernels.gateway is its address.',
  'broken.refused': 'The gateway {what} refuses the token, or asks for one. Give it the right one: octavo kernels env set JUPYTER_GATEWAY_AUTH_TOKEN',
  'broken.stranger': '{what} does not answer as a Jupyter gateway. Correct kernels.gateway.',
  'stopped': 'The kernel was stopped.',
  'idle': 'The kernel was stopped: nothing had run for a while.',
  'restarted': 'The kernel was restarted.',
  'host': 'The kernel host ended, and the kernel with it.',
  'silent': 'The kernel closed its connection and was ended.',
  'flood': 'The kernel sent more replies than can be kept while nobody reads them, and was ended.',
  'fault': 'The kernel host met an error of its own, and ended the kernel.',
  'other': 'The kernel ended.',
  'memory-high': 'Memory is running out.',
  'memory-high.text': 'The kernel takes {used} of the {limit} that it may have; at that it is ended. Save what you need, or delete what you do not.',
  'ran': 'Cell {cell} was running.',
  'gone': 'Variables are gone; your text and outputs are not.',
  'last': 'Its last words',
  'above': 'Run all above again',
} as const satisfies Record<string, Message>

const ZH: Record<keyof typeof EN, Message> = {
  'memory.group': '内存不足：内核已被终止。',
  'memory.watch': '内核占用的内存超过上限，已被终止。',
  'memory.likely': '内核被强制终止，很可能是因为内存耗尽。',
  'memory.said': '内核已结束，很可能是因为申请不到更多内存。',
  'memory.both': '占用 {peak}，上限 {limit}。',
  'memory.peak': '曾占用 {peak}。',
  'memory.limit': '上限为 {limit}。',
  'memory.do.limit': '请减少一次处理的数据量，再运行上方所有单元格；或调高 kernels.memory_limit。',
  'memory.do.machine': '请减少一次处理的数据量，再运行上方所有单元格；或停止其他内核。',
  'crash': '内核崩溃（{name}）。',
  'crash.text': '编译代码出错，通常来自某个库。',
  'signal': '内核被信号终止（{name}）。',
  'signal.text': '信号来自其他程序或系统，不是 Octavo。',
  'signal.do': '请再运行上方所有单元格。',
  'exit': '内核退出，代码 {code}。',
  'exit.0': '内核自行退出。',
  'exit.do': '请再运行上方所有单元格。',
  'start': '内核未能启动。',
  'start.code': '其程序退出，代码 {code}。',
  'start.signal': '其程序被信号终止（{name}）。',
  'start.do': '请按其提示修正，然后重新运行。',
  'no-program': '找不到程序 {program}。请安装内核所需的程序，或选择其他内核。',
  'no-folder': '文件夹 {folder} 不存在。请新建该文件夹，或移动笔记本。',
  'no-kernel': '这里没有内核 {name}。请在页面顶部选择其他内核。',
  'not-started': '无法启动 {program}：{said}',
  'broken.program': '找不到 {what}。请重新安装，或选择其他内核。',
  'broken.interpreter': '找不到运行其程序的 {what}。请重新安装，或选择其他内核。',
  'broken.ipykernel': '环境 {what} 中没有 ipykernel。请在其中安装，或选择其他内核。',
  'broken.file': '找不到其文件 {what}。请重新安装，或选择其他内核。',
  'broken.unreadable': '无法读取内核规格 {what}。请修正该文件，或选择其他内核。',
  'broken.unreachable': '无法连接网关 {what}。请确认它正在运行，且 kernels.gateway 是它的地址。',
  'broken.refused': '网关 {what} 不接受令牌，或需要令牌。请设置正确的令牌：octavo kernels env set JUPYTER_GATEWAY_AUTH_TOKEN',
  'broken.stranger': '{what} 不像是 Jupyter 网关。请更正 kernels.gateway。',
  'stopped': '内核已停止。',
  'idle': '内核已停止：已有一段时间没有运行任何内容。',
  'restarted': '内核已重启。',
  'host': '内核宿主已结束，内核随之结束。',
  'silent': '内核关闭了连接，已被终止。',
  'flood': '无人读取时内核发送的回复多得无法保留，已被终止。',
  'fault': '内核宿主自身出错，终止了内核。',
  'other': '内核已结束。',
  'memory-high': '内存即将用尽。',
  'memory-high.text': '内核已占用 {used}，上限 {limit}，达到上限即被终止。请保存需要的数据，或删除不需要的数据。',
  'ran': '当时正在运行第 {cell} 个单元格。',
  'gone': '变量已丢失；文字和输出仍在。',
  'last': '最后的输出',
  'above': '再运行上方所有单元格',
}

/** Both, for the test that holds them together. */
export const WORDS = { en: EN, 'zh-Hans': ZH } as const

type Word = keyof typeof EN

function say(word: Word, values: Values = {}): string {
  return fill(language() === 'en' ? EN[word] : ZH[word], values, language())
}

/** A cause as the server tells it (model/messages). */
export interface Cause {
  code: string
  values?: Record<string, unknown>
}

export interface Told {
  head: string
  text: string
  /** The end of what its process wrote to its own stderr. */
  said: string
  /** Somebody wanted it. */
  wanted: boolean
  /** The words for doing again what is lost; empty where that is of no use. */
  again: string
  /** Over `said`. */
  last: string
}

const CRASHES = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT', 'SIGTRAP', 'SIGSYS']

function sentences({ code, values = {} }: Cause): { head: string; rest: string[] } {
  const known = values as Values
  const name = String(values.name ?? values.signal ?? '')
  switch (code) {
    case 'memory': {
      const [peak, limit] = [values.peak, values.limit].map((bytes) => (typeof bytes === 'number' ? formatBytes(bytes) : ''))
      const head = { group: 'memory.group', watch: 'memory.watch', said: 'memory.said' }[String(values.evidence)] ?? (values.evidence ? 'memory.likely' : 'memory.group')
      const sizes = peak && limit ? say('memory.both', { peak, limit }) : peak ? say('memory.peak', { peak }) : limit ? say('memory.limit', { limit }) : ''
      return { head: say(head as Word), rest: [sizes, say(limit ? 'memory.do.limit' : 'memory.do.machine')] }
    }
    case 'signal':
      if (CRASHES.includes(name)) return { head: say('crash', { name }), rest: [say('crash.text'), say('signal.do')] }
      return { head: say('signal', { name }), rest: [say('signal.text'), say('signal.do')] }
    case 'exit':
      return { head: values.code ? say('exit', { code: String(values.code) }) : say('exit.0'), rest: [say('exit.do')] }
    case 'start': {
      const how = name ? say('start.signal', { name }) : values.code === undefined ? '' : say('start.code', { code: String(values.code) })
      return { head: say('start'), rest: [how, say('start.do')] }
    }
    case 'broken':
      return { head: say('start'), rest: [`broken.${String(values.reason)}` in EN ? say(`broken.${String(values.reason)}` as Word, known) : String(values.message ?? '')] }
    case 'no-program':
    case 'no-folder':
    case 'no-kernel':
    case 'not-started':
      return { head: say('start'), rest: [say(code, known)] }
    case 'stopped':
    case 'idle':
    case 'restarted':
    case 'host':
    case 'silent':
    case 'flood':
    case 'fault':
      return { head: say(code), rest: [] }
    case 'unavailable':
      return { head: say('start'), rest: [String(values.message ?? '')] }
    default:
      return { head: say('other'), rest: [String(values.message ?? '')] }
  }
}

/** What a kernel is near to die of. */
export function tellPressing({ values = {} }: Cause): { head: string; text: string } {
  return { head: say('memory-high'), text: say('memory-high.text', { used: formatBytes(Number(values.used)), limit: formatBytes(Number(values.limit)) }) }
}

const NEVER_RAN = ['start', 'broken', 'no-program', 'no-folder', 'no-kernel', 'not-started', 'unavailable']
const ON_PURPOSE = ['stopped', 'restarted', 'idle']

/** `cell`: the one that ran when it ended, from 1; 0 if none did, or where that is plain to see. */
export function tellCause(cause: Cause, cell = 0): Told {
  const { head, rest } = sentences(cause)
  const [lost, wanted] = [!NEVER_RAN.includes(cause.code), ON_PURPOSE.includes(cause.code)]
  const said = cause.code === 'not-started' ? '' : String(cause.values?.said ?? '')
  const text = [cell ? say('ran', { cell }) : '', ...rest, lost ? say('gone') : ''].filter(Boolean).join(' ')
  return { head, text, said, wanted, again: lost && !wanted ? say('above') : '', last: say('last') }
}
