"""Breakpoints, stops, and looking at values: what a debug session is, as pure functions and plain records.

For: `session/` (which drives it) and the page (which shows `shapes`). Not here: sockets, the journal, the document; those are `session/debugging`
and the kernel host. `kernel/` holds the code that runs inside a Python kernel; it is sent there as text and never imported by the server.
"""
