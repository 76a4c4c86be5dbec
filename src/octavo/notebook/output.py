"""One output after folding, as the page is shown it, and a change of a cell's outputs. Others import these from `outputs`."""

from typing import Any, Literal

import msgspec


class Wire(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Base of what crosses the live socket: keyword only, camelCase on the wire, defaults left out."""


class Omitted(Wire):
    """What is not shown between head and tail of a long text: whole lines, UTF-8 bytes."""

    lines: int
    bytes: int


class Output(Wire):
    """One output of a cell, after folding. Fields by `output_type`, as in nbformat; `gap` is ours.

    stream: name, text, and where it is too long to show whole `omitted` and `tail` (text is then the head).
    display_data, execute_result: data, metadata, count. error: ename, evalue, traceback. gap: messages, bytes.
    A value in `data` over 16 kB is `{"blob": hash, "size": bytes}`: fetch `blobs/<hash>?type=<mime>` relative to the base.
    own: the run that made it is in this journal (the only thing that lets script in it run by itself).
    """

    output_type: Literal["stream", "display_data", "execute_result", "error", "gap"]
    name: str = ""
    text: str = ""
    omitted: Omitted | None = None
    tail: str = ""
    data: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    count: int | None = None
    ename: str = ""
    evalue: str = ""
    traceback: list[str] = []
    messages: int = 0
    bytes: int = 0
    own: bool = False


class OutputOp(Wire):
    """A change of a cell's outputs, applied in order.

    set: output `index` becomes `output` (index may be one past the end). truncate: only the first `index` outputs stay.
    line: what stands after the last line feed of stream `index` (of its tail, where it has one) is replaced by `text`; then `dropped` whole
    lines go from the front of its tail, and `omitted`, where given, replaces the old.
    """

    op: Literal["set", "truncate", "line"]
    index: int
    output: Output | None = None
    text: str = ""
    dropped: int = 0
    omitted: Omitted | None = None
