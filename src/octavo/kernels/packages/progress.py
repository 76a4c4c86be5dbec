"""What an installation says, read as it comes: lines for the log, how far it is, how it ended, and in a word why it failed. Pure.

Bytes come in pieces that are neither whole lines nor whole characters (`host/protocol.py`, OUTPUT). Lines of `installer.py` itself are taken
out; the rest is what pip or uv says.
"""

import codecs
import json
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

MARK: Final = "\x1e"
LONGEST_LINE: Final = 2000
MOST_LINES: Final = 5000
FIRST_LINES: Final = 1000
"""Of a log with more than MOST_LINES these first stay, and as many of the last as there is room for."""
RAW: Final = re.compile(r"Progress (\d+) of (\d+)$")
ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f]")
STEPS: Final = (
    (re.compile(r"\s*(?:Collecting|Processing (?:\S*/)?)\s*([^\s;/]+)"), "looking"),
    (re.compile(r"\s*(?:Downloading|Fetching|Obtaining) (\S+)"), "downloading"),
    (re.compile(r"\s*(?:Building wheels? for (?:collected packages: )?|Building )(\S+)"), "building"),
    (
        re.compile(r"\s*(?:Installing build dependencies|Getting requirements to build|Preparing \S*metadata)()"),
        "building",
    ),
    (re.compile(r"\s*(?:Installing collected packages:|Prepared|Installed)\s*(.*)"), "installing"),
    (re.compile(r"\s*Resolv(?:ed|ing)\b()"), "looking"),
)


class Package(NamedTuple):
    name: str
    before: str
    after: str
    modules: tuple[str, ...]


class Progress:
    """Feed it bytes. `step` is "", looking, downloading, building or installing; `what` the package or file; `percent` of what is loaded."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.left_out = 0
        self.step = ""
        self.what = ""
        self.percent: int | None = None
        self.begun: dict[str, Any] = {}
        self.refused: dict[str, Any] = {}
        self.ended = False
        self.packages: list[Package] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> None:
        self._take(self._decoder.decode(data))

    def finish(self) -> None:
        """Nothing more comes: what stands without a line's end is a line too."""
        self._take(self._decoder.decode(b"", True))
        if self._rest:
            self._line(self._rest)
            self._rest = ""

    def gap(self, messages: int, size: int) -> None:
        self._keep(f"… {messages} messages ({size} bytes) of the log are missing …")

    def _take(self, text: str) -> None:
        *whole, self._rest = (self._rest + text).split("\n")
        for line in whole:
            self._line(line)
        if len(self._rest) > 64 * LONGEST_LINE:  # a line that never ends
            self._line(self._rest)
            self._rest = ""

    def _line(self, line: str) -> None:
        if line.startswith(MARK):
            self._own(line[1:])
            return
        line = ESCAPES.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip()[:LONGEST_LINE]
        raw = RAW.match(line)
        if raw:
            done, whole = int(raw[1]), int(raw[2])
            self.percent = min(100, 100 * done // whole) if whole else None
            return
        for pattern, step in STEPS:
            found = pattern.match(line)
            if found:
                self.step, self.what, self.percent = step, found[1].strip()[:200], None
                break
        if line:
            self._keep(line)

    def _own(self, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        if said.get("is") == "begin":
            self.begun = said
        elif said.get("is") == "refused":
            self.refused = said
        elif said.get("is") == "end":
            self.ended = True
            rows = said.get("packages")
            self.packages = [_package(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _keep(self, line: str) -> None:
        self.lines.append(line)
        if len(self.lines) > MOST_LINES:
            del self.lines[FIRST_LINES]
            self.left_out += 1

    def log(self) -> str:
        """All that was said."""
        lines = list(self.lines)
        if self.left_out:
            lines.insert(FIRST_LINES, f"… {self.left_out} lines are left out …")
        return "\n".join(lines)


def _package(row: dict[str, Any]) -> Package:
    modules = row.get("modules")
    names = tuple(str(name) for name in modules if MODULE.match(str(name))) if isinstance(modules, list) else ()
    return Package(str(row.get("name"))[:200], str(row.get("before"))[:100], str(row.get("after"))[:100], names)


MODULE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\Z")

# Why it failed -------------------------------------------------------------------------------------------------------


class Reason(NamedTuple):
    """`word`: of `WORDS` below; `what`: the package or so that it is about."""

    word: str
    what: str = ""


NO_NETWORK: Final = re.compile(
    r"NewConnectionError|Temporary failure in name resolution|Name or service not known|Network is unreachable|ConnectTimeoutError"
    r"|Connection refused|ProxyError|No route to host|dns error|error sending request|tcp connect error|operation timed out|ReadTimeoutError",
    re.IGNORECASE,
)
RULES: Final = (
    ("disk", re.compile(r"No space left on device|Disk quota exceeded|os error 28")),
    ("external", re.compile(r"externally-managed-environment|is externally managed")),
    (
        "read-only",
        re.compile(
            r"\[Errno 13\] Permission denied: '?[^'\n]*|\[Errno 30\] Read-only file system|Permission denied \(os error 13\)"
        ),
    ),
    ("hash", re.compile(r"DO NOT MATCH THE HASHES|Hash mismatch")),
    ("certificate", re.compile(r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate")),
    ("version", re.compile(r"satisfies the requirement ([^(\n]+?) \(from versions: (?!none)")),
    (
        "version",
        re.compile(
            r"there (?:is|are) no versions? of ([^\s,]+)|only ([\w.-]+)[<>=!~]\S* (?:is|are) available", re.IGNORECASE
        ),
    ),
    ("missing", re.compile(r"No matching distribution found for ([^\s(]+)")),
    (
        "missing",
        re.compile(r"Because ([\w.-]+) was not found in the (?:package registry|cache|provided)", re.IGNORECASE),
    ),
    (
        "address",
        re.compile(r"HTTP error (\d+)|Failed to download|git clone .* did not run successfully|Repository not found"),
    ),
    ("conflict", re.compile(r"ResolutionImpossible|conflicting dependencies|No solution found when resolving")),
    (
        "build",
        re.compile(
            r"Failed building wheel for (\S+)|Failed to build:? `?([\w.-]+)|subprocess-exited-with-error|metadata-generation-failed|Build backend"
        ),
    ),
    ("python", re.compile(r"requires a different Python|Requires-Python")),
)
"""In this order: what comes first says more than what follows from it."""
OTHER_PYTHON: Final = re.compile(
    r"Ignored the following versions that require a different python version|does not satisfy Python"
)


def explain(lines: Sequence[str]) -> Reason:
    """Why pip or uv gave up, by what it said: the first rule that fits, else `other` with its last words."""
    text = "\n".join(lines)
    for word, rule in RULES:
        found = rule.search(text)
        if found is None:
            continue
        if word in ("missing", "version", "address") and NO_NETWORK.search(text):
            return Reason("network")
        if word in ("missing", "version") and OTHER_PYTHON.search(text):
            word = "python"
        return Reason(word, next((group for group in found.groups() if group), "").strip()[:200])
    if NO_NETWORK.search(text):
        return Reason("network")
    last = next(
        (line for line in reversed(lines) if line.startswith(("ERROR", "error", "×"))), lines[-1] if lines else ""
    )
    return Reason("other", last.removeprefix("ERROR: ").removeprefix("error: ")[:300])


CONFLICT: Final = re.compile(r"\S+ \S+ requires .*, but (?:you have .* which is incompatible|.* is not installed)\.?$")


def complaints(lines: Sequence[str]) -> list[str]:
    """What pip says of packages that were there before and do not go with what it has just installed."""
    return [line[:300] for line in lines if CONFLICT.match(line)][:20]
