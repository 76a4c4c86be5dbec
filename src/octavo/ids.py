"""Every identity that survives a crash or crosses a process, as its own type (DESIGN §2, §3).

All are text, so that they pass through JSON, SQLite and URLs unchanged. Those that Octavo makes are random:
a counter would be reused after a restore.
"""

import secrets
import uuid
from typing import NewType

ProcessId = NewType("ProcessId", str)
"""A process over its restarts; for a kernel, the Jupyter kernel id (a UUID)."""

Incarnation = NewType("Incarnation", str)
"""One operating-system process: 16 hex digits. (incarnation, seq) names a moment for ever."""

RequestId = NewType("RequestId", str)
"""One message to a kernel: Jupyter's `msg_id`."""

RunId = NewType("RunId", str)
"""One execution of a cell. Made from the command that asked for it, so that asking twice runs once."""

CommandId = NewType("CommandId", str)
"""One command of a page, made by the page."""

CellId = NewType("CellId", str)
"""A cell: nbformat's cell id where the file has a valid, unique one, else made by the server."""

DocumentId = NewType("DocumentId", int)
"""A document's row in the journal."""

Epoch = NewType("Epoch", str)
"""One history of a document. It changes only when history is gone."""

PromptId = NewType("PromptId", str)
"""An open `input()`: `<incarnation>:<seq>` of the event that opened it."""

BlobHash = NewType("BlobHash", str)
"""Content address of a blob: 64 hex digits of SHA-256."""

Generation = NewType("Generation", str)
"""One start of the web process; positions of results count within it."""


def new_process() -> ProcessId:
    return ProcessId(str(uuid.uuid4()))


def new_incarnation() -> Incarnation:
    return Incarnation(secrets.token_hex(8))


def new_request() -> RequestId:
    return RequestId(uuid.uuid4().hex)


def new_cell() -> CellId:
    """A cell id that nbformat 4.5 accepts (1 to 64 characters of `[a-zA-Z0-9-_]`)."""
    return CellId(secrets.token_hex(6))


def new_epoch() -> Epoch:
    return Epoch(secrets.token_hex(8))


def new_generation() -> Generation:
    return Generation(secrets.token_hex(6))


def new_command() -> CommandId:
    return CommandId(secrets.token_hex(8))
