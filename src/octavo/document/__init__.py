"""What people type, as a Y document with the server as its authority: schema, checks, positions, edits by the server.

No I/O: durability is `journal/`, sockets are `web/live/`. Use `document` (with the `Editor` of `editing`), `frames`, `peers`; the rest is
theirs.
"""
