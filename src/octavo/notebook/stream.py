r"""A growing text, folded as a terminal would: `\r` goes to the line's start, `\b` one column back, what follows overwrites.

Finished lines are kept as head and tail within bounds; the line being written is kept whole. ANSI sequences take no column and stay as
they are, but for "erase in line" where it erases something. A line longer than the tail's bound is cut into pieces.
"""

import re
from collections import deque
from typing import NamedTuple

_CONTROL = re.compile("\n|\r|\x08|\x1b\\[[012]?K|(?:[^\n\r\x08\x1b]|\x1b(?!\\[[012]?K))+")
_ANSI = "\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)"
_COLUMN = re.compile(f"((?:{_ANSI})*)(?!{_ANSI}).", re.DOTALL)
_COLOURS = re.compile("\x1b\\[[0-9;:]*m")
_SEQUENCES = re.compile(_ANSI)
_LAST_COLUMN = re.compile(f"(?!{_ANSI}).(?:{_ANSI})*\\Z", re.DOTALL)


def size(text: str) -> int:
    """UTF-8 bytes."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


class _Block:
    """Some finished lines of the tail; `start`: bytes finished before them."""

    __slots__ = ("bytes", "lines", "parts", "start")

    def __init__(self, start: int) -> None:
        self.start, self.bytes, self.lines = start, 0, 0
        self.parts: list[str] = []

    def text(self) -> str:
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0]


class Growth(NamedTuple):
    """What came since an earlier position: `text` from the last line feed on, whole lines `dropped` from the tail's front."""

    text: str
    dropped: int


class StreamText:
    """`finished`: bytes of all finished lines, the position that `since` counts from. `reshaped`: grew in a way `since` cannot tell."""

    __slots__ = (
        "_block",
        "_blocks",
        "_drops",
        "_floor",
        "_head",
        "_head_bytes",
        "_head_full",
        "_head_limit",
        "_tail_bytes",
        "_tail_limit",
        "cursor",
        "cut",
        "finished",
        "line",
        "omitted_bytes",
        "omitted_lines",
    )

    def __init__(self, *, head: int, tail: int) -> None:
        self._head_limit, self._tail_limit = head, max(tail, 16)
        self._block = max(1, min(8192, self._tail_limit // 8))
        self._head: list[str] = []
        self._head_bytes, self._head_full = 0, False
        self._blocks: deque[_Block] = deque()
        self._tail_bytes = 0
        self._drops: deque[tuple[int, int]] = deque()
        self._floor = 0
        self.line, self.cursor, self.cut = "", 0, False
        self.finished = self.omitted_lines = self.omitted_bytes = 0

    @property
    def omits(self) -> bool:
        return self.omitted_bytes > 0

    @property
    def tail_start(self) -> int:
        """Bytes finished before the tail."""
        return self._blocks[0].start if self._blocks else self.finished

    def head(self) -> str:
        if len(self._head) > 1:
            self._head = ["".join(self._head)]
        return self._head[0] if self._head else ""

    def tail(self) -> str:
        return "".join(block.text() for block in self._blocks)

    def last_line(self) -> str:
        """The line being written, so that folding it again gives the same state."""
        return self.line if self.cursor == len(self.line) else f"{self.line}\r{self.line[: self.cursor]}"

    def write(self, text: str) -> str:
        """Append; returns the text of the lines that this finished."""
        if self.cursor == len(self.line) and "\r" not in text and "\x08" not in text:
            end = text.rfind("\n") + 1
            done = self.line + text[:end] if end else ""
            self.line = text[end:] if end else self.line + text
            self.cursor = len(self.line)
        else:
            done = self._fold(text)
        if len(self.line) > self._tail_limit:
            done += self._cut_line()
        if done:
            self._finish(done)
        return done

    def skip(self, lines: int, count: int) -> None:
        """Leave out text that is not at hand any more, between what was written and what will be. What the head had no room for goes with it,
        so that nothing but the head stands before the gap."""
        self._head_full = True
        self.omitted_lines += lines + sum(block.lines for block in self._blocks)
        self.omitted_bytes += count + self._tail_bytes + size(self.line)
        self.finished += count + size(self.line)
        self._blocks.clear()
        self._tail_bytes, self.line, self.cursor = 0, "", 0
        self._floor = self.finished

    def since(self, finished: int) -> Growth | None:
        """What a reader that has everything up to `finished` lacks; None if it must take the whole."""
        if (
            self.cut
            or finished > self.finished
            or finished < self._floor
            or (self.omits and finished < self.tail_start)
        ):
            return None
        parts = [] if finished >= self._head_bytes else [_from_byte(self.head(), finished)]
        for block in self._blocks:
            if block.start + block.bytes > finished:
                parts.append(_from_byte(block.text(), max(0, finished - block.start)))
        dropped = sum(lines for at, lines in self._drops if at > finished)
        return Growth("".join(parts) + self.line, dropped)

    def _fold(self, text: str) -> str:
        done = []
        for piece in _CONTROL.findall(text):
            if piece == "\n":
                done.append(self.line + "\n")
                self.line, self.cursor = "", 0
            elif piece == "\r":
                self.cursor = 0
            elif piece == "\x08":
                self._step_back()
            elif piece[0] == "\x1b" and piece[-1] == "K" and self.cursor < len(self.line) and piece != "\x1b[1K":
                self.line = (
                    self.line[: self.cursor]
                    if piece != "\x1b[2K"
                    else " " * len(_SEQUENCES.sub("", self.line[: self.cursor]))
                )
                self.cursor = len(self.line)
            else:
                self._put(piece)
        return "".join(done)

    def _step_back(self) -> None:
        near = max(0, self.cursor - 256)
        if "\x1b" not in self.line[near : self.cursor]:
            self.cursor = max(0, self.cursor - 1)
        else:
            last = _LAST_COLUMN.search(self.line, near, self.cursor)
            self.cursor = last.start() if last else near

    def _put(self, text: str) -> None:
        before, rest = self.line[: self.cursor], self.line[self.cursor :]
        if rest:
            columns, at, colours = len(_SEQUENCES.sub("", text)), 0, []
            while columns and (column := _COLUMN.match(rest, at)):
                colours += _COLOURS.findall(column[1])
                at, columns = column.end(), columns - 1
            rest = "" if columns else rest[at:]
            rest = "".join(colours) + rest if rest else ""
        self.line, self.cursor = before + text + rest, len(before) + len(text)

    def _cut_line(self) -> str:
        self.cut = True
        whole = len(self.line) - len(self.line) % self._tail_limit
        piece, self.line = self.line[:whole], self.line[whole:]
        self.cursor = max(0, self.cursor - whole)
        return piece

    def _finish(self, text: str) -> None:
        if not self._head_full:
            text = self._fill_head(text)
        at = 0
        while at < len(text):
            end = text.rfind("\n", at, at + self._block) + 1 or text.find("\n", at) + 1 or len(text)
            self._append(text[at:end])
            at = end
        self._drop()

    def _fill_head(self, text: str) -> str:
        """Give whole lines to the head while they fit; returns the rest."""
        count, room = size(text), self._head_limit - self._head_bytes
        fits = text
        if count > room:
            self._head_full = True
            encoded = text.encode("utf-8", "surrogatepass")
            fits = encoded[: encoded.rfind(b"\n", 0, max(room, 0)) + 1].decode("utf-8", "surrogatepass")
            count = size(fits)
        if fits:
            self._head.append(fits)
            self._head_bytes += count
            self.finished += count
        return text[len(fits) :]

    def _append(self, text: str) -> None:
        if not self._blocks or self._blocks[-1].bytes >= self._block:
            self._blocks.append(_Block(self.finished))
        block, count = self._blocks[-1], size(text)
        block.parts.append(text)
        block.bytes += count
        block.lines += text.count("\n")
        self._tail_bytes += count
        self.finished += count

    def _drop(self) -> None:
        lines = 0
        while self._tail_bytes > self._tail_limit and len(self._blocks) > 1:
            block = self._blocks.popleft()
            self._tail_bytes -= block.bytes
            self.omitted_bytes += block.bytes
            self.omitted_lines += block.lines
            lines += block.lines
        if lines:
            self._drops.append((self.finished, lines))
            if len(self._drops) > 256:
                self._floor = self._drops.popleft()[0]


def _from_byte(text: str, at: int) -> str:
    if at == 0:
        return text
    return text[at:] if text.isascii() else text.encode("utf-8", "surrogatepass")[at:].decode("utf-8", "ignore")
