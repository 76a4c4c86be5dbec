"""What a person may ask to be installed, and which package has a module. Pure.

Only names with extras and versions (PEP 508 without markers), and addresses where they were asked for: nothing that begins with `-` gets as far
as a command line, and nothing names a file of this machine by accident.
"""

import functools
import re
from pathlib import Path
from typing import Final, NamedTuple

TABLE: Final = Path(__file__).with_name("distributions.txt")
MOST: Final = 50
LONGEST: Final = 500

COMMAND: Final = re.compile(
    r"^\s*[!%$>]*\s*(?:uv\s+|python[0-9.]*\s+-m\s+|py\s+-m\s+|sudo\s+)*(?:pip[0-9.]*\s+install|uv\s+add|add|install)\s+"
)
"""What people paste: `!pip install numpy`."""
NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
EXTRAS: Final = rf"\[\s*(?:{NAME}\s*(?:,\s*{NAME}\s*)*)?\]"
ONE: Final = r"(?:===|~=|==|!=|<=|>=|<|>)\s*[A-Za-z0-9](?:[A-Za-z0-9._*+!-]*[A-Za-z0-9*])?"
REQUIREMENT: Final = re.compile(
    rf"{NAME}(?:\s*{EXTRAS})?(?:\s*(?:\(\s*{ONE}(?:\s*,\s*{ONE})*\s*\)|{ONE}(?:\s*,\s*{ONE})*))?"
)
ADDRESS: Final = re.compile(
    rf"(?:(?P<name>{NAME}(?:{EXTRAS})?)\s*@\s*)?(?P<url>(?:git\+https|git\+ssh|https)://[^\s<>\"'`\\]+)"
)
LOOKS_LIKE_ADDRESS: Final = re.compile(rf"(?:{NAME}(?:{EXTRAS})?\s*@\s*)?[A-Za-z][A-Za-z0-9+.]*:")
SEPARATOR: Final = re.compile(r"[\s,]+|$")


class Wrong(Exception):
    """It cannot be asked for. `word`: empty, option, address, scheme, path, name, many; `what`: the part that it is about."""

    def __init__(self, word: str, what: str = "") -> None:
        super().__init__(f"{word}: {what}")
        self.word, self.what = word, what


def parse(text: str, *, addresses: bool = False) -> list[str]:
    """The requirements in a line that a person typed or pasted, as pip and uv take them after `--`. Raises `Wrong`."""
    rest = COMMAND.sub("", text, count=1).strip()
    found: dict[str, None] = {}
    while rest:
        token, rest = _first(rest, addresses)
        found[token] = None
        rest = rest[_separator(rest) :].lstrip()
    if not found:
        raise Wrong("empty")
    if len(found) > MOST:
        raise Wrong("many")
    return list(found)


def _first(text: str, addresses: bool) -> tuple[str, str]:
    """The first requirement, and what stands behind it."""
    word = text.split(None, 1)[0]
    shown = word[:80]
    if text[0] in "-\u2013\u2014\u2212":  # a dash that an editor made of two hyphens is one too
        raise Wrong("option", shown)
    if LOOKS_LIKE_ADDRESS.match(text):
        address = ADDRESS.match(text)
        if address is None or len(address[0]) > LONGEST:
            raise Wrong("scheme", shown)
        if not addresses:
            raise Wrong("address", shown)
        named = f"{address['name']} @ {address['url']}" if address["name"] else address["url"]
        return named, text[address.end() :]
    if "/" in word or "\\" in word or word.startswith((".", "~")) or word.endswith((".whl", ".txt", ".zip", ".tar.gz")):
        raise Wrong("path", shown)
    found = REQUIREMENT.match(text)
    if found is None or not SEPARATOR.match(text, found.end()) or len(found[0]) > LONGEST:
        raise Wrong("name", shown)
    return re.sub(r"[\s()]+", "", found[0]), text[found.end() :]


def _separator(rest: str) -> int:
    found = SEPARATOR.match(rest)
    if found is None:
        raise Wrong("name", rest.split(None, 1)[0][:80])
    return found.end()


def normal(name: str) -> str:
    """A name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


# Which package has a module ------------------------------------------------------------------------------------------


class Suggestion(NamedTuple):
    """`name`: the package; empty where none will help. `known`: it is in the table, else it is the module's own name."""

    module: str
    name: str
    known: bool


MODULE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\Z")


@functools.cache
def table() -> dict[str, str]:
    """Module to package. A package `-` says that none can be installed: the module is part of Python itself."""
    pairs = (
        line.split() for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    )
    return dict(pairs)


def suggest(module: str) -> Suggestion:
    """The package for a module that could not be imported: by its longest known parent, else by its own first name."""
    if not MODULE.match(module) or len(module) > 200:
        return Suggestion(module[:200], "", False)
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = table().get(".".join(parts[:length]))
        if name is not None:
            return Suggestion(module, "" if name == "-" else name, True)
    return Suggestion(module, parts[0].strip("_").replace("_", "-"), False)
