"""The host's protocol, version 1: what the web process and the kernel host say to each other (DESIGN §2).

A Unix stream socket, `<run>/host.sock`. Every frame is `u32 length, u8 kind, body`, little-endian; length counts kind and body.

  kind 1 JSON     an object: a request, an answer, or a notice
  kind 2 EVENTS   from the host: u32 attachment, then records (below)
  kind 3 RAW      a request with raw parts: u32 json length, u8 n, n x u32 part length, the JSON, then n parts

A request is `{"op", "id", ...}`; its answer repeats `id` and has `"ok": true` or `"error": <word>` with `"message"`.
`hello` comes first. `hello`, `list` and `stop` are only ever added to, so that any release can look and stop.

  op         fields -> answer
  hello      versions [1], build -> version, pid, host (random id of this host), build.
             No common version: error "version" with `versions`; `list` and `stop` still work then.
             The newest connection that said hello is the one reader; the older gets the notice {"notice": "fenced"}, and is closed.
  list       -> processes: [{process, incarnation, kind, label, state "starting|ready|ended", pid, first, last, acked, bytes (in memory), disk,
             prompts [seq of each open one], debug [{connection, state "listening|greeting|open", stopped [event bodies]}],
             code, signal, by_host, reason, busy}],
             images: [{python, pid, state "warming|up|warm", kernels}]. pid is null until the process is there.
  start      kind "kernel" or "program", process, incarnation, spec, label -> pid. Known incarnation: same answer with "dup": true.
             spec: {argv [..., "{connection_file}", ...], env {whole environment}, cwd, interrupt_mode "signal|message",
             nodrop bool (may be paused: it waits instead of dropping), image [command line of the warm image that it may be
             forked from; may be absent], spare bool (keep one fork ready for the next start like this), transport "ipc|tcp" (may
             be absent), memory bytes or null, cpu processors or null: its limits, new_privileges bool (may gain rights by sudo; all
             three may be absent)}.
             Of these a program has argv, env and cwd. Failure to start: error "start" with the reason; where it is known also cause
             "no-program|no-folder|not-started" and values {program | folder | program, said}.
  restart    process, from, to, spec, label [grace, raw parts: a shutdown_request] -> pid. Ends `from` (its log stays), then
             starts `to`. Known `to`: "dup": true.
  stop       incarnation, grace seconds [reason, a word for its `exited`] -> ok at once; the end comes as an event. For a kernel with raw parts: a
             shutdown_request first. With all: true instead: every process, then the host itself.
  interrupt  incarnation [raw parts: an interrupt_request for control] -> ok. Signals the process group where the spec says
             "signal", else sends the parts. Cuts the bulk that waits unsent (a gap), until the run's reply.
  signal     incarnation, signal (number), group bool -> ok
  attach     incarnation, after (seq) -> attachment, first, last, acked. Events after `after` follow in order. `after` below
             what is held begins with a gap; above `last`: error "ahead".
  detach     attachment -> ok
  submit     incarnation, request (msg_id) + raw parts: an execute_request for shell -> ok, or "dup": true. Passed on once
             per request id, until the id's end has been acknowledged. Ended incarnation: error "stale", was true|false|null.
             Not ready yet: held and sent in order once it is.
  send       incarnation, channel "shell|control" + raw parts -> ok. Never deduplicated.
  answer     incarnation, prompt (seq of the input_request's event) + raw parts: an input_reply -> ok, or error
             "answered" | "closed" | "unknown" | "stale"
  costs      -> at, trees: {incarnation | "image:<pid>" | "spare": {memory, private, swap (bytes), cpu (seconds), processes, since}},
             own: {memory, cpu}, machine: {total, available, swap, swap_free, limited}. Measured now, or a moment ago.
             A host of before this was added answers error "op".
  debug_listen  incarnation, tcp bool, attach (arguments of its attach request) -> connection, address (a path, or with `port`), ours
             and theirs (tokens): where a debugger in the process may dial, once, within 20 s. DEBUG events tell how it went.
  debug      incarnation, connection, command, arguments, timeout seconds -> reply: what the debugger said {success, body?, message?},
             or success false with "late" or "closed". Any number may be under way. Error "debug": it is not attached.
  debug_close  incarnation, connection -> ok
  ack        incarnation, seq -> no answer. All up to seq is durable on the other side: the host may forget it.

A program is interrupted by SIGINT and stopped by SIGTERM; `submit`, `send` and `answer` on it get error "kind".

Raw parts are the four signed JSON strings of a Jupyter message (header, parent_header, metadata, content) and its buffers; the
host signs and routes, and never decodes more than it must.

A record is `u32 length of the rest, u64 seq, u64 milliseconds since 1970, u8 channel, u8 n, n x u32 part length, parts`.
Channels below. LIFE has one JSON part:
  {"event": "started", "pid"}, with "image": true if it was forked ("spare": true, beforehand), or "plain": why it was not
  {"event": "ready", "kernel_info": content | null}
  {"event": "memory", "used", "limit": bytes, "high": it has come near its limit, or is well below it again}
  {"event": "exited", "code", "signal", "by_host", "reason", "ready": had it become ready, "log": the end of what it wrote to its own
   stdout and stderr, at most 8,000 bytes, "oom": null or what says that memory was the cause ("group|watch|system|said|size", see
   `ending`), "peak", "limit": bytes or null}
   reason, where the host ended it: stopped, restarted, host (the host ends), memory (it passed its limit), silent (it closed its
   connection and lived on), flood (more replies than can be kept), fault (the host met an error of its own). A reason may be added.
A program's `log` is empty: what it said is OUTPUT.
OUTPUT has one part: bytes that a program wrote to its stdout or stderr, as they were read, in order: neither whole lines nor whole characters.
DEBUG has one JSON part {"connection", "event", "body"}: "open" {capabilities}, "closed" {why}, and of the debugger's own stopped, continued,
output, exited, terminated.
GAP has one JSON part {"first", "last", "messages", "bytes", "why": "bound|cut|size|reader|disk", "msg_type"?, "parent"?}; its seq is `last`.
What it stands for will never come. (parent: the parent header, for "size", and for "disk" where one message was lost on its way there.)
"""

import struct
from typing import Final

VERSION: Final = 1
SOCKET_NAME: Final = "host.sock"
LOCK_NAME: Final = "host.lock"
PROCESS_VARIABLE: Final = "OCTAVO_PROCESS"
"""`<run directory>:<incarnation>` in the environment of everything that a host starts; how leftovers are found."""

JSON: Final = 1
EVENTS: Final = 2
RAW: Final = 3

IOPUB: Final = 0
SHELL: Final = 1
CONTROL: Final = 2
STDIN: Final = 3
LIFE: Final = 4
GAP: Final = 5
OUTPUT: Final = 6
DEBUG: Final = 7
CHANNELS: Final = {"iopub": IOPUB, "shell": SHELL, "control": CONTROL, "stdin": STDIN}

FRAME: Final = struct.Struct("<IB")
RECORD: Final = struct.Struct("<IQQBB")

MAX_FRAME: Final = 64 * 1024 * 1024
"""Bytes of one frame; a longer one closes the connection. The other side is a stranger."""
MAX_PARTS: Final = 255
WINDOW: Final = 1024 * 1024
"""Bytes under way and not yet acknowledged."""


class Refused(Exception):
    """A request that cannot be done: `word` is the answer's `error`, the text its `message`, `fields` what else it says."""

    def __init__(self, word: str, message: str, **fields: object) -> None:
        super().__init__(message)
        self.word = word
        self.fields = fields
