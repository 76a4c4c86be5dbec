// The live socket of one document (DESIGN §3, Live socket): hello, sync, numbered edits, awareness, commands, results, and honest
// states. No DOM. What is shown of it: `status`, `state`, `doc`, `peers`, `copies`.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { REMOTE } from '../model/edits'
import { AWARENESS, decodeFrame, encodeFrame, STEP1, STEP2, UPDATE, type Kind } from '../model/frames'
import { PROTOCOL, type Bye, type Done, type Hello, type Look, type Notice, type ToPage, type Welcome } from '../model/messages'
import { Commands, countsLines, Refused, type Ask, type Command } from './commands'
import { Outbox } from './outbox'
import { backoff, newId, type Place, type Socket } from './place'
import { peersOf, type Peer } from './presence'
import { SessionState } from './session'
import { sameStatus, statusOf, type Connection, type Ending, type Status } from './status'

const TYPING_PAUSE = 30
const AWARENESS_PAUSE = 50
const ACK_LATE = 5_000
const SILENCE = 15_000

/** Close codes of the server that say that coming back is no use. */
const CLOSED: Readonly<Record<number, Ending | undefined>> = { 4400: 'newer', 4401: 'logged-out', 4404: 'not-found' }

/** What the server's Bye means the same for. */
const FINAL: readonly Ending[] = ['logged-out', 'deleted', 'newer']

/** Words of mine that the server never kept and that belong to a history it no longer has. */
export interface Copy {
  cell: string
  text: string
}

export interface LiveOptions {
  url: string
  place: Place
  build: string
  /** This page's id among the document's clients; random if not given. */
  tab?: string
  /** Called when the server says that the file has another path now; returns the new socket's address. */
  moved(path: string): string
}

/** Cells that a transaction changed: the keys of `cells` under which something happened. */
export function changedCells(transaction: Y.Transaction): Set<string> {
  const cells = transaction.doc.getMap('cells')
  const found = new Set<string>()
  for (const [type, keys] of transaction.changed) {
    if ((type as unknown) === cells) for (const key of keys) if (key !== null) found.add(key)
    for (let inner: Y.AbstractType<unknown> | null = type as unknown as Y.AbstractType<unknown>; inner; inner = inner.parent)
      if ((inner.parent as unknown) === cells && inner._item?.parentSub) found.add(inner._item.parentSub)
  }
  return found
}

export class Live {
  readonly state: SessionState
  /** Another one takes its place when the server's history was lost. */
  readonly doc: Signal<Y.Doc>
  readonly awareness: Signal<Awareness>
  /** The document has come. */
  readonly ready = signal(false)
  readonly peers: Signal<Peer[]> = signal([])
  readonly copies: Signal<Copy[]> = signal([])
  readonly status: ReadonlySignal<Status>
  private readonly connection = signal<Connection>('opening')
  private readonly ending = signal<{ why: Ending; message: string } | null>(null)
  private readonly retryAt = signal<number | null>(null)
  /** Counts changes of the outbox, which is no signal itself. */
  private readonly beat = signal(0)
  private readonly outbox = new Outbox()
  private readonly commands: Commands
  private readonly noticed = new Set<(notice: Notice) => void>()
  private readonly tab: string
  private socket: Socket | null = null
  private epoch: string | null = null
  private generation: string | null = null
  private failures = 0
  /** The server has sent its step 1 on this connection, so edits may flow. */
  private flowing = false
  private seen = false
  private lastHeard = 0
  private lateSaid = false
  /** The server's goodbye on this connection. */
  private said: Bye | null = null
  private readonly timers = new Map<string, () => void>()
  private user: { name: string; colour: number } | null = null

  constructor(private readonly options: LiveOptions) {
    const { place } = options
    this.tab = options.tab || newId()
    this.state = new SessionState(() => place.now())
    this.commands = new Commands(() => place.now())
    this.doc = signal(new Y.Doc())
    this.awareness = signal(new Awareness(this.doc.value))
    this.follow()
    let status: Status | null = null
    this.status = computed(() => {
      this.beat.value
      const next = statusOf({
        connection: this.connection.value,
        retryAt: this.retryAt.value,
        pending: this.outbox.pending,
        sent: this.outbox.sent,
        kept: this.outbox.kept,
        saved: this.outbox.saved,
        file: this.state.file.value,
        trouble: this.state.trouble.value,
        ending: this.ending.value,
      })
      // The same object while it says the same: who shows it is not asked to draw it again.
      return (status = status && sameStatus(status, next) ? status : next)
    })
  }

  // Life of the connection --------------------------------------------------------------------------------------------

  connect(): void {
    if (this.socket || this.ending.peek()) return
    this.stop('retry')
    this.retryAt.value = null
    const socket = this.options.place.open(this.options.url)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    this.said = null
    let opened = false
    socket.onopen = () => {
      opened = true
      this.heard()
      if (!socket.greeted) this.text(this.hello())
    }
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (this.socket !== socket) return
      this.heard()
      if (typeof event.data === 'string') this.receive(JSON.parse(event.data) as ToPage)
      else this.receiveFrame(new Uint8Array(event.data))
    }
    socket.onclose = ({ code }: CloseEvent) => {
      if (this.socket !== socket) return
      const why = CLOSED[code]
      if (!why) return void this.lost(opened)
      const { code: said, message = '' } = this.said ?? { code: '' }
      this.end(why === 'not-found' && said && said !== 'not-found' ? 'unreadable' : why, message)
    }
  }

  /** Tries now: the network is back, or a person asked. With a connection that looks alive, asks whether it is. */
  hurry(): void {
    if (this.socket && this.flowing) this.probe()
    else if (!this.socket) {
      this.failures = 0
      this.connect()
    }
  }

  /** The page goes away for good. */
  close(): void {
    this.end('closed', '')
    this.awareness.peek().destroy()
    this.doc.peek().destroy()
  }

  private hello(): Hello {
    const resumed = this.epoch ? { epoch: this.epoch, generation: this.generation, position: this.state.position } : {}
    return { type: 'hello', protocol: PROTOCOL, client: this.tab, build: this.options.build, ...resumed }
  }

  private async lost(opened: boolean): Promise<void> {
    this.drop()
    if (this.ending.peek()) return
    this.connection.value = 'offline'
    if (!opened) {
      const answer = await this.options.place.ask()
      if (this.socket || this.ending.peek()) return
      if (answer === 'logged-out' || answer === 'not-found') return this.end(answer, '')
    }
    const wait = backoff(this.failures++, this.options.place.random())
    this.retryAt.value = this.options.place.now() + wait
    this.start('retry', wait, () => this.connect())
  }

  private drop(): void {
    const { socket } = this
    this.socket = null
    this.flowing = false
    for (const name of [...this.timers.keys()]) this.stop(name)
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    }
    this.commands.broken()
    const awareness = this.awareness.peek()
    removeAwarenessStates(awareness, [...awareness.getStates().keys()].filter((client) => client !== awareness.clientID), this)
  }

  private end(why: Ending, message: string): void {
    this.ending.value = { why, message }
    this.connection.value = 'ended'
    this.drop()
    this.commands.endAll('offline', message || 'The connection has ended.')
  }

  // Messages ----------------------------------------------------------------------------------------------------------

  private receive(message: ToPage): void {
    switch (message.type) {
      case 'welcome':
        return this.welcome(message)
      case 'kept':
        this.outbox.takeKept(message.n)
        return this.acknowledged()
      case 'saved':
        this.outbox.takeSaved(message.n)
        return this.acknowledged()
      case 'state':
        return this.state.takeState(message)
      case 'change':
        return this.state.takeChange(message)
      case 'done':
        return this.commands.done(message)
      case 'failed':
        return this.commands.failed(message)
      case 'notice':
        for (const listener of this.noticed) listener(message)
        return
      case 'debugSaid':
        return this.state.takeSaid(message.lines)
      case 'bye':
        return this.bye(message)
    }
  }

  private welcome(message: Welcome): void {
    if (this.epoch !== null && this.epoch !== message.epoch) this.replaceDocument()
    this.epoch = message.epoch
    this.generation = message.generation
    this.failures = 0
    this.outbox.restart()
    this.state.takeWelcome(message)
    if (this.seen) this.text({ type: 'look', visible: true })
    this.connection.value = 'live'
  }

  private bye(message: Bye): void {
    this.said = message
    if (message.code === 'moved') {
      this.options.url = this.options.moved(message.path ?? '')
      this.failures = 0
      return
    }
    if (message.code === 'refused') {
      // The edit that did not fit is in our document: going on with it would only be refused again.
      this.replaceDocument()
      this.epoch = null
      return
    }
    if (message.code === 'restarting') return void (this.failures = 0)
    // Anything else may pass: the close code says whether coming back is of use.
    const why = FINAL.find((code) => code === message.code)
    if (why) this.end(why, message.message ?? '')
  }

  private receiveFrame(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes)
    const doc = this.doc.peek()
    if (frame.kind === STEP1) this.answerStepOne(frame.payload)
    else if (frame.kind === STEP2) {
      Y.applyUpdate(doc, frame.payload, REMOTE)
      this.ready.value = true
    } else if (frame.kind === UPDATE) Y.applyUpdate(doc, frame.payload, REMOTE)
    else applyAwarenessUpdate(this.awareness.peek(), frame.payload, this)
  }

  /** The server's step 1: the first opens the way; a later one says that something of ours did not reach it. */
  private answerStepOne(vector: Uint8Array): void {
    const doc = this.doc.peek()
    if (!this.flowing && !this.socket?.greeted) this.frame(STEP1, 0, Y.encodeStateVector(doc))
    this.stop('typing')
    this.frame(STEP2, this.outbox.takeAll(), Y.encodeStateAsUpdate(doc, vector))
    this.expectAck()
    this.changed()
    if (this.flowing) return
    this.flowing = true
    // With a new clock: the others took this tab for gone, and would not listen to the old one.
    const awareness = this.awareness.peek()
    awareness.setLocalState(awareness.getLocalState())
    this.sayWhereIAm()
    for (const command of this.commands.again()) this.text(command)
  }

  // Edits -------------------------------------------------------------------------------------------------------------

  private follow(): void {
    const doc = this.doc.peek()
    const awareness = this.awareness.peek()
    doc.on('update', (update: Uint8Array, origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
      if (origin === REMOTE) return
      this.outbox.add(update, changedCells(transaction))
      if (this.flowing && !this.timers.has('typing')) this.start('typing', TYPING_PAUSE, () => this.flush())
      this.changed()
    })
    awareness.on('update', (_changes: unknown, origin: unknown) => {
      if (origin === this) this.peers.value = peersOf(awareness)
      else if (this.flowing && !this.timers.has('awareness'))
        this.start('awareness', AWARENESS_PAUSE, () => this.sayWhereIAm())
    })
  }

  /** Sends what was typed, at once. Returns the number of the edit that the server must have reached. */
  flush(): number {
    this.stop('typing')
    if (!this.flowing) return this.outbox.sent
    const edit = this.outbox.take()
    if (edit) {
      this.frame(UPDATE, edit.n, edit.update)
      this.expectAck()
      this.changed()
    }
    return this.outbox.sent
  }

  private acknowledged(): void {
    this.lateSaid = false
    if (this.outbox.settled) this.stop('late')
    else this.expectAck(true)
    this.changed()
  }

  private expectAck(again = false): void {
    if (again) this.stop('late')
    if (!this.timers.has('late')) this.start('late', ACK_LATE, () => this.late())
  }

  /** An acknowledgement is due for 5 s: ask once what the server has; if it says nothing at all, the line is dead. */
  private late(): void {
    if (this.outbox.settled) return
    if (!this.lateSaid) {
      this.lateSaid = true
      this.probe()
    }
    this.expectAck()
  }

  private probe(): void {
    this.frame(STEP1, 0, Y.encodeStateVector(this.doc.peek()))
    if (!this.timers.has('silence'))
      this.start('silence', SILENCE, () => {
        if (this.options.place.now() - this.lastHeard >= SILENCE - 100) void this.lost(true)
      })
  }

  /** History is gone on the server, or refused ours: a new document, and my words that it never kept as copies. */
  private replaceDocument(): void {
    const old = this.doc.peek()
    const cells = old.getMap<Y.Map<unknown>>('cells')
    const copies = this.outbox.unkeptCells
      .map((cell) => ({ cell, text: String(cells.get(cell)?.get('source') ?? '') }))
      .filter(({ text }) => text.trim())
    this.outbox.forget()
    this.state.forget()
    this.ready.value = false
    this.doc.value = new Y.Doc()
    const was = this.awareness.peek()
    this.awareness.value = new Awareness(this.doc.value)
    this.peers.value = []
    if (this.user) this.introduce(this.user.name, this.user.colour)
    was.destroy()
    old.destroy()
    this.follow()
    if (copies.length) this.copies.value = [...this.copies.peek(), ...copies]
    this.changed()
  }

  // Commands ----------------------------------------------------------------------------------------------------------

  /** Asks the server; what was typed before goes before. `id` lets a caller ask twice and have it done once. */
  ask(ask: Ask, id: string = newId()): Promise<Done> {
    if (!this.flowing) return Promise.reject(new Refused('offline', 'The server cannot be reached just now.'))
    const edit = this.flush()
    const command = { ...ask, id } as Command
    if (countsLines(command)) command.edit = edit
    this.text(command)
    return this.commands.add(command)
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    this.noticed.add(listener)
    return () => void this.noticed.delete(listener)
  }

  /** The name and colour that others see. */
  introduce(name: string, colour: number): void {
    this.user = { name, colour }
    this.awareness.peek().setLocalStateField('user', this.user)
  }

  // Sending -----------------------------------------------------------------------------------------------------------

  private sayWhereIAm(): void {
    this.stop('awareness')
    const awareness = this.awareness.peek()
    if (!this.flowing || awareness.getLocalState() === null) return
    const { clientID: client } = awareness
    const clock = awareness.meta.get(client)?.clock ?? 0
    this.socket?.send(encodeFrame({ kind: AWARENESS, n: 0, client, clock, payload: encodeAwarenessUpdate(awareness, [client]) }))
  }

  /** Whether this page can be seen: only then the server measures and tells what the kernel costs. */
  look(visible: boolean): void {
    if (visible !== this.seen && this.connection.peek() === 'live') this.text({ type: 'look', visible })
    this.seen = visible
  }

  private text(message: Command | Hello | Look): void {
    this.socket?.send(JSON.stringify(message))
  }

  private frame(kind: Kind, n: number, payload: Uint8Array): void {
    const doc = this.doc.peek()
    this.socket?.send(encodeFrame({ kind, n, client: doc.clientID, clock: Y.getState(doc.store, doc.clientID), payload }))
  }

  private heard(): void {
    this.lastHeard = this.options.place.now()
    this.stop('silence')
  }

  private changed(): void {
    this.beat.value++
  }

  private start(name: string, ms: number, call: () => void): void {
    this.timers.set(
      name,
      this.options.place.later(ms, () => {
        this.timers.delete(name)
        call()
      }),
    )
  }

  private stop(name: string): void {
    this.timers.get(name)?.()
    this.timers.delete(name)
  }
}
