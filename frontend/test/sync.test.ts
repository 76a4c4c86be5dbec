import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { insertCells, newAuthor } from '../src/model/edits'
import { AWARENESS, decodeFrame, encodeFrame, STEP1, STEP2, UPDATE, type Frame } from '../src/model/frames'
import type { FromPage, Output, ToPage } from '../src/model/messages'
import { cellOf, order, sourceOf, textOf } from '../src/model/schema'
import { Refused } from '../src/sync/commands'
import { Live } from '../src/sync/live'
import { backoff, browserPlace, type Place, type Socket } from '../src/sync/place'
import { peerOf } from '../src/sync/presence'
import { applyChange, applyOp, takeSnapshot, withLine } from '../src/sync/results'
import { statusOf, type Facts } from '../src/sync/status'

// Results -------------------------------------------------------------------------------------------------------------

const stream = (text: string): Output => ({ outputType: 'stream', name: 'stdout', text })

test('a line op replaces what stands after the last line feed', () => {
  assert.equal(withLine(stream('one\ntw'), { op: 'line', index: 0, text: 'two\nthree' }).text, 'one\ntwo\nthree')
})

test('a line op on a long stream works on its tail and drops whole lines from the front', () => {
  const long: Output = { ...stream('head\n'), omitted: { lines: 3, bytes: 30 }, tail: 'a\nb\nc' }
  const after = withLine(long, { op: 'line', index: 0, text: 'cc\nd', dropped: 2, omitted: { lines: 5, bytes: 34 } })
  assert.equal(after.text, 'head\n')
  assert.equal(after.tail, 'cc\nd')
  assert.deepEqual(after.omitted, { lines: 5, bytes: 34 })
})

test('ops apply in order, and one for an output that is not there is left out', () => {
  const outputs: Output[] = []
  applyOp(outputs, { op: 'set', index: 0, output: stream('x') })
  applyOp(outputs, { op: 'set', index: 5, output: stream('far') })
  applyOp(outputs, { op: 'line', index: 3, text: 'nowhere' })
  applyOp(outputs, { op: 'set', index: 1, output: stream('y') })
  applyOp(outputs, { op: 'truncate', index: 1 })
  assert.deepEqual(outputs.map((output) => output.text), ['x'])
})

test('a change without results leaves what it does not name', () => {
  const all = new Map([['c', { count: 3, outputs: [stream('x')] }]])
  const effect = applyChange(all, { cell: 'c', run: { id: 'r', cell: 'c', state: 'running' } })
  assert.deepEqual(effect, { cell: 'c', ops: [] })
  assert.equal(all.get('c')?.count, 3)
  assert.equal(all.get('c')?.outputs?.[0].text, 'x')
})

test('a snapshot keeps the outputs that say the same, and takes away cells without results', () => {
  const kept = stream('x')
  const all = new Map([
    ['same', { count: 1, outputs: [kept] }],
    ['changed', { count: 1, outputs: [kept, stream('y')] }],
    ['gone', { count: 2, outputs: [] }],
  ])
  const effects = takeSnapshot(all, { same: { count: 1, outputs: [stream('x')] }, changed: { count: 1, outputs: [stream('x'), stream('z')] } })
  assert.deepEqual(effects.map(({ cell }) => cell), ['gone', 'changed'])
  assert.equal(all.get('changed')?.outputs[0], kept)
})

// Status --------------------------------------------------------------------------------------------------------------

const facts: Facts = { connection: 'live', retryAt: null, pending: false, sent: 4, kept: 4, saved: 4, file: { state: 'saved' }, trouble: '', ending: null }

test('the status is honest about where my edits are', () => {
  const is = (change: Partial<Facts>): string => statusOf({ ...facts, ...change }).is
  assert.equal(is({}), 'saved')
  assert.equal(is({ pending: true }), 'typing')
  assert.equal(is({ kept: 3, saved: 3 }), 'typing')
  assert.equal(is({ saved: 3 }), 'kept')
  assert.equal(is({ file: { state: 'pending' } }), 'saved')
  assert.equal(is({ file: { state: 'failed', why: 'disk full' } }), 'saved-here')
  assert.equal(is({ file: { state: 'held' }, saved: 3 }), 'kept')
  assert.equal(is({ trouble: 'disk full' }), 'stuck')
  assert.equal(is({ connection: 'offline' }), 'offline')
  assert.equal(is({ connection: 'ended', ending: { why: 'logged-out', message: '' } }), 'ended')
})

test('offline says whether anything is unsent', () => {
  assert.deepEqual(statusOf({ ...facts, connection: 'offline', kept: 3 }), { is: 'offline', retryAt: null, unsent: true })
})

test('the wait between tries doubles to 15 seconds and is never the same for all', () => {
  assert.ok(backoff(0, 0) < backoff(3, 0))
  assert.equal(backoff(30, 1), 15_000)
  assert.notEqual(backoff(2, 0.1), backoff(2, 0.9))
})

test('a peer may have written anything', () => {
  assert.equal(peerOf(1, null), null)
  assert.deepEqual(peerOf(3, { user: { name: 7, colour: 'red' }, cell: 9, cursor: { anchor: 1 } }), { client: 3, name: '', colour: 3, cell: null, cursor: null })
  assert.equal(peerOf(3, { user: { name: 'M'.repeat(1000) } })?.name.length, 60)
})

// The live socket -----------------------------------------------------------------------------------------------------

class FakeSocket implements Socket {
  binaryType: BinaryType = 'blob'
  readonly bufferedAmount = 0
  onopen: ((event: Event) => void) | null = null
  onmessage: ((event: MessageEvent) => void) | null = null
  onclose: ((event: CloseEvent) => void) | null = null
  readonly texts: FromPage[] = []
  readonly frames: Frame[] = []
  closed = false

  send(data: string | Uint8Array): void {
    if (typeof data === 'string') this.texts.push(JSON.parse(data) as FromPage)
    else this.frames.push(decodeFrame(data))
  }

  close(): void {
    this.closed = true
  }
}

test('what came on the early socket is heard once somebody listens, in order', async () => {
  const socket = Object.assign(new FakeSocket(), { greeted: true, readyState: 1 })
  const waiting = [{ type: 'message', data: '1' }, { type: 'message', data: '2' }, { type: 'close', code: 4404 }] as unknown as (MessageEvent | CloseEvent)[]
  Object.assign(globalThis, { window: { octavoEarly: { socket, waiting } } })
  const opened = browserPlace('').open('ws://here')
  const heard: unknown[] = []
  opened.onopen = () => heard.push('open')
  opened.onmessage = ({ data }) => heard.push(data)
  opened.onclose = ({ code }) => heard.push(code)
  await Promise.resolve()
  assert.deepEqual(heard, ['open', '1', '2', 4404])
  assert.equal(window.octavoEarly, undefined)
})

/** A server with a real document, a clock that tests move, and every socket that was opened. */
class World {
  now = 1_000_000
  readonly sockets: FakeSocket[] = []
  readonly server = new Y.Doc()
  epoch = 'e1'
  answer: 'in' | 'logged-out' = 'in'
  private timers: { at: number; call: () => void }[] = []
  readonly live: Live

  constructor() {
    const author = newAuthor(this.server, 'server')
    insertCells(author, null, [{ id: 'a', type: 'code', source: 'one' }])
    const place: Place = {
      open: () => {
        const socket = new FakeSocket()
        this.sockets.push(socket)
        return socket
      },
      now: () => this.now,
      later: (ms, call) => {
        const timer = { at: this.now + ms, call }
        this.timers.push(timer)
        return () => void (this.timers = this.timers.filter((one) => one !== timer))
      },
      random: () => 0.5,
      ask: () => Promise.resolve(this.answer),
    }
    this.live = new Live({ url: 'ws://here', place, build: '', moved: (path) => `ws://here/${path}` })
    this.live.connect()
  }

  get socket(): FakeSocket {
    return this.sockets[this.sockets.length - 1]
  }

  pass(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0]
      if (!due) break
      this.timers = this.timers.filter((one) => one !== due)
      this.now = due.at
      due.call()
    }
    this.now = until
  }

  say(message: ToPage): void {
    this.socket.onmessage?.({ data: JSON.stringify(message) } as MessageEvent)
  }

  frame(kind: Frame['kind'], payload: Uint8Array): void {
    this.socket.onmessage?.({ data: encodeFrame({ kind, n: 0, client: 0, clock: 0, payload }).buffer } as MessageEvent)
  }

  /** The handshake, as the server does it. */
  welcome(): void {
    const { socket } = this
    socket.onopen?.({} as Event)
    this.say({ type: 'welcome', protocol: 1, build: '', document: 7, epoch: this.epoch, generation: 'g', position: 0, path: 'x.ipynb', name: 'x' })
    this.frame(STEP1, Y.encodeStateVector(this.server))
    this.takeFrames()
    const vector = socket.frames.find(({ kind }) => kind === STEP1)?.payload
    this.frame(STEP2, Y.encodeStateAsUpdate(this.server, vector))
    this.say({ type: 'state', position: 0, kernel: { state: 'idle' }, file: { state: 'saved' } })
  }

  takeFrames(): void {
    for (const { kind, payload } of this.socket.frames) if (kind === STEP2 || kind === UPDATE) Y.applyUpdate(this.server, payload)
  }

  edits(): number[] {
    return this.socket.frames.filter(({ kind }) => kind === STEP2 || kind === UPDATE).map(({ n }) => n)
  }

  break(): void {
    this.socket.onclose?.({} as CloseEvent)
  }

  type(text: string): void {
    sourceOf(cellOf(this.live.doc.peek(), 'a')).insert(3, text)
  }

  close(): void {
    this.live.close()
    this.server.destroy()
  }
}

function within(play: (world: World) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const world = new World()
    try {
      await play(world)
    } finally {
      world.close()
    }
  }
}

test('the first frame is hello, and the answer to the server’s step 1 is edit 1', within((world) => {
  world.welcome()
  assert.equal(world.socket.texts[0].type, 'hello')
  assert.deepEqual(world.edits(), [1])
  assert.deepEqual(order(world.live.doc.peek()), ['a'])
  assert.equal(world.live.ready.value, true)
}))

test('typing within 30 ms is one edit, with the clock that it reaches', within((world) => {
  world.welcome()
  world.type('x')
  world.type('y')
  assert.equal(world.live.status.value.is, 'typing')
  world.pass(29)
  assert.deepEqual(world.edits(), [1])
  world.pass(1)
  assert.deepEqual(world.edits(), [1, 2])
  const edit = world.socket.frames.at(-1)
  const { clientID, store } = world.live.doc.peek()
  assert.deepEqual([edit?.client, edit?.clock], [clientID, Y.getState(store, clientID)])
  world.takeFrames()
  assert.equal(textOf(cellOf(world.server, 'a')), 'oneyx')
}))

test('kept and saved make the state honest', within((world) => {
  world.welcome()
  world.type('x')
  world.pass(30)
  world.say({ type: 'kept', n: 2 })
  assert.equal(world.live.status.value.is, 'kept')
  world.say({ type: 'saved', n: 2 })
  assert.equal(world.live.status.value.is, 'saved')
}))

test('a run goes after what was typed before it, and names that edit', within(async (world) => {
  world.welcome()
  world.type('x')
  const done = world.live.ask({ type: 'runCells', cells: ['a'] })
  const run = world.socket.texts.at(-1)
  assert.ok(run?.type === 'runCells')
  assert.equal(run.edit, 2)
  assert.deepEqual(world.edits(), [1, 2])
  world.say({ type: 'done', id: run.id, dropped: 1 })
  assert.equal((await done).dropped, 1)
}))

test('what is typed while offline is in the first edit of the next connection', within(async (world) => {
  world.welcome()
  world.break()
  await Promise.resolve()
  world.type('x')
  assert.deepEqual(world.live.status.value.is, 'offline')
  world.pass(20_000)
  assert.equal(world.sockets.length, 2)
  world.welcome()
  assert.deepEqual(world.edits(), [1])
  assert.equal(textOf(cellOf(world.server, 'a')), 'onex')
  const hello = world.socket.texts[0]
  assert.ok(hello.type === 'hello' && hello.epoch === 'e1' && hello.generation === 'g')
}))

test('a run asked for while offline is refused and not kept', within(async (world) => {
  world.welcome()
  world.break()
  await assert.rejects(world.live.ask({ type: 'runCells', cells: ['a'] }), (problem: Refused) => problem.code === 'offline')
  world.pass(20_000)
  world.welcome()
  assert.ok(!world.socket.texts.some(({ type }) => type === 'runCells'))
}))

test('an unanswered run is sent again with its id after a reconnect, a restart is not', within(async (world) => {
  world.welcome()
  void world.live.ask({ type: 'runCells', cells: ['a'] }, 'r1').catch(() => undefined)
  const restart = world.live.ask({ type: 'restart' })
  world.break()
  await assert.rejects(restart, (problem: Refused) => problem.code === 'unknown-outcome')
  world.pass(20_000)
  world.welcome()
  const again = world.socket.texts.filter(({ type }) => type === 'runCells')
  assert.deepEqual(again, [{ type: 'runCells', cells: ['a'], id: 'r1', edit: 1 }])
}))

test('after a minute without the server a run is no longer what was meant', within(async (world) => {
  world.welcome()
  const run = world.live.ask({ type: 'runCells', cells: ['a'] })
  world.break()
  world.now += 61_000
  world.pass(1000)
  world.welcome()
  await assert.rejects(run, (problem: Refused) => problem.code === 'offline')
}))

test('another epoch is not merged: a new document, and my unkept words as a copy', within((world) => {
  world.welcome()
  world.type('x')
  world.pass(30)
  world.break()
  const old = world.live.doc.peek()
  world.epoch = 'e2'
  world.pass(20_000)
  world.socket.frames.length = 0
  world.welcome()
  assert.notEqual(world.live.doc.peek(), old)
  assert.deepEqual(world.live.copies.value, [{ cell: 'a', text: 'onex' }])
  assert.equal(textOf(cellOf(world.live.doc.peek(), 'a')), 'one')
}))

test('words that the server kept are not offered as a copy', within((world) => {
  world.welcome()
  world.type('x')
  world.pass(30)
  world.say({ type: 'kept', n: 2 })
  world.break()
  world.epoch = 'e2'
  world.pass(20_000)
  world.welcome()
  assert.deepEqual(world.live.copies.value, [])
}))

test('a later step 1 of the server is answered by a numbered edit with all that it lacks', within((world) => {
  world.welcome()
  world.type('x')
  world.frame(STEP1, Y.encodeStateVector(world.server))
  assert.deepEqual(world.edits(), [1, 2])
  world.takeFrames()
  assert.equal(textOf(cellOf(world.server, 'a')), 'onex')
  world.pass(100)
  assert.deepEqual(world.edits(), [1, 2])
}))

test('an acknowledgement that is 5 s late is asked after by a step 1', within((world) => {
  world.welcome()
  world.say({ type: 'kept', n: 1 })
  world.type('x')
  world.pass(30)
  const before = world.socket.frames.filter(({ kind }) => kind === STEP1).length
  world.pass(5_100)
  assert.equal(world.socket.frames.filter(({ kind }) => kind === STEP1).length, before + 1)
}))

test('a line on which nothing comes back is given up, and another one opened', within(async (world) => {
  world.welcome()
  world.type('x')
  world.pass(25_000)
  await Promise.resolve()
  world.pass(2_000)
  assert.ok(world.sockets[0].closed)
  assert.equal(world.sockets.length, 2)
}))

test('a socket that never opens because the login is gone ends as logged out', within(async (world) => {
  world.answer = 'logged-out'
  world.break()
  await Promise.resolve()
  await Promise.resolve()
  assert.deepEqual(world.live.status.value, { is: 'ended', why: 'logged-out', message: '' })
}))

test('bye says what became of the document', within((world) => {
  world.welcome()
  world.say({ type: 'bye', code: 'deleted', message: 'It is in the bin.' })
  assert.deepEqual(world.live.status.value, { is: 'ended', why: 'deleted', message: 'It is in the bin.' })
}))

test('my place is told to the others, and only mine', within((world) => {
  world.welcome()
  world.live.introduce('Mei', 2)
  world.pass(50)
  const told = world.socket.frames.filter(({ kind }) => kind === AWARENESS)
  assert.ok(told.length >= 1)
  assert.ok(told.every(({ client }) => client === world.live.awareness.peek().clientID))
}))

test('running time counts from the server’s clock, whatever this device’s says', within((world) => {
  world.welcome()
  const run = { id: 'r', cell: 'a', state: 'running' as const, started: 5 }
  world.say({ type: 'change', position: 1, cells: [{ cell: 'a', results: { run } }] })
  world.now += 3000
  assert.equal(world.live.state.elapsed(run), 3)
}))

test('a notebook that cannot be read says why, and is not asked for again', within((world) => {
  world.socket.onopen?.({} as Event)
  world.say({ type: 'bye', code: 'invalid', message: 'This is no notebook.' })
  world.socket.onclose?.({ code: 4404 } as CloseEvent)
  assert.deepEqual(world.live.status.value, { is: 'ended', why: 'unreadable', message: 'This is no notebook.' })
  world.pass(60_000)
  assert.equal(world.sockets.length, 1)
}))

test('a server in trouble is tried again', within(async (world) => {
  world.welcome()
  world.say({ type: 'bye', code: 'storage-unavailable', message: 'The disk is full.' })
  world.socket.onclose?.({ code: 4409 } as CloseEvent)
  await Promise.resolve()
  assert.equal(world.live.status.value.is, 'offline')
  world.pass(20_000)
  assert.equal(world.sockets.length, 2)
}))
