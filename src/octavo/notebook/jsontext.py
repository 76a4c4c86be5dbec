"""JSON text, edited in place: what did not change keeps its bytes, what did is written in the style around it.

Knows nothing of notebooks. A value that Python or JavaScript cannot hold exactly (a lone surrogate, an integer beyond 64 bits, NaN)
is decoded to the nearest one that they can; its own spelling stays in the text for as long as that very value stays.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any, NamedTuple

import msgspec

from octavo.notebook.model import SURROGATE, clean

_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Lines(str):
    """A text that a file spells as one string or as a list of lines; which of the two is the file's to say."""

    __slots__ = ()


class Words(Lines):
    """The same, but spelt as one string where the file does not have it yet: what nobody reads as lines, base64."""

    __slots__ = ()


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is laid out. indent None: on one line. comma and colon with the spaces on their own line."""

    indent: str | None = " "
    newline: str = "\n"
    comma: str = ","
    colon: str = ": "
    ascii: bool = False
    slash: bool = False
    lines: bool = True
    ordered: bool = True

    def gap(self, depth: int) -> str:
        return "" if self.indent is None else self.newline + self.indent * depth


class Member(NamedTuple):
    """One member of an object or array, as text. `head`: the key and its colon, nothing in arrays."""

    lead: str
    head: str
    value: str
    trail: str
    key: str = ""


def _integer(digits: str) -> int | float:
    if len(digits) < 19:
        return int(digits)
    number = int(digits) if len(digits) < 40 else 2**64
    return number if -(2**63) <= number < 2**64 else float(digits)


_decoder = json.JSONDecoder(parse_int=_integer, strict=False)


def may_hold_surrogates(text: str) -> bool:
    return bool(_ESCAPED_SURROGATE.search(text) or (not text.isascii() and SURROGATE.search(text)))


def decode(text: str) -> Any:
    value = _decoder.raw_decode(text)[0]
    return clean(value) if may_hold_surrogates(text) else value


def skip(text: str, at: int) -> int:
    """The place of the next character that is not white space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


class Span(NamedTuple):
    """Where one member stands in a text: `before` its white space, `start` of its value, `end`. `items`: spans of a list that was walked."""

    key: str
    before: int
    start: int
    end: int
    value: Any
    items: "list[Span] | None" = None


def walk(text: str, start: int, into: str = "") -> tuple[list[Span], int]:
    """The members of the object or array at `start`, and the place behind it. The list under key `into` is walked too, not decoded."""
    is_object, at = text[start] == "{", start + 1
    close, found, before = ("}" if is_object else "]"), [], at
    at = skip(text, at)
    if text[at : at + 1] == close:
        return [], at + 1
    while True:
        key = ""
        if is_object:
            if text[at : at + 1] != '"':
                raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
            key, at = _decoder.raw_decode(text, at)
            at = skip(text, at)
            if text[at : at + 1] != ":":
                raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
            at = skip(text, at + 1)
        if into and key == into and text[at : at + 1] == "[":
            items, end = walk(text, at)
            found.append(Span(key, before, at, end, None, items))
        else:
            value, end = _decoder.raw_decode(text, at)
            found.append(Span(key, before, at, end, value))
        at = skip(text, end)
        if text[at : at + 1] == close:
            return found, at + 1
        if text[at : at + 1] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        before, at = at + 1, skip(text, at + 1)


def members(raw: str) -> list[Member]:
    spans, _ = walk(raw, 0)
    found = []
    for n, span in enumerate(spans):
        first = skip(raw, span.before)
        stop = spans[n + 1].before - 1 if n + 1 < len(spans) else len(raw) - 1
        found.append(
            Member(
                raw[span.before : first],
                raw[first : span.start],
                raw[span.start : span.end],
                raw[span.end : stop],
                span.key,
            )
        )
    return found


def same(old: Any, new: Any) -> bool:
    """Do both say the same? Key order, 1 or 1.0, lines or one string make no difference; null and not-a-number go for each other, since
    JSON between server and page has no other word for it."""
    if isinstance(new, Lines) and isinstance(old, list):
        return all(isinstance(item, str) for item in old) and "".join(old) == new
    if isinstance(old, dict) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(same(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new) or (_is_nothing(old) and _is_nothing(new))


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def string(text: str, style: Style) -> str:
    spelt = encode_basestring_ascii(text) if style.ascii else encode_basestring(text)
    if not style.ascii and not spelt.isascii():
        spelt = SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", spelt)
    return spelt.replace("/", "\\/") if style.slash else spelt


def encode(value: Any, style: Style, depth: int = 0) -> str:
    """JSON text of `value`, whose own line is indented by `depth`."""
    match value:
        case Lines() if style.lines and not isinstance(value, Words):
            return _container("[]", [string(line, style) for line in value.splitlines(keepends=True)], style, depth)
        case str():
            return string(value, style)
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return int.__repr__(value)
        case float():
            return float.__repr__(value) if math.isfinite(value) else "null"
        case Mapping():
            keys = sorted(value) if style.ordered else value
            items = [string(key, style) + style.colon + encode(value[key], style, depth + 1) for key in keys]
            return _container("{}", items, style, depth)
        case list() | tuple():
            return _container("[]", [encode(item, style, depth + 1) for item in value], style, depth)
        case _:
            raise TypeError(f"JSON has no {type(value).__name__}")


def _container(marks: str, items: Sequence[str], style: Style, depth: int) -> str:
    if not items:
        return marks
    inner = style.gap(depth + 1)
    return marks[0] + inner + (style.comma + inner).join(items) + style.gap(depth) + marks[1]


def revise(raw: str, new: Any, style: Style, depth: int) -> str:
    """The text `raw` of one value, changed as little as makes it say `new`."""
    old = decode(raw)
    if same(old, new):
        return raw
    if isinstance(new, Lines):
        if isinstance(old, list) and old and all(isinstance(line, str) for line in old):
            return _revise_lines(raw, old, new, style, depth)
        new = Lines(new) if isinstance(old, list) else new
        return (
            encode(new, _replace_lines(style, isinstance(old, list)), depth)
            if isinstance(old, str | list)
            else encode(new, style, depth)
        )
    if isinstance(old, dict) and isinstance(new, Mapping) and old:
        return _revise_object(raw, new, style, depth)
    if isinstance(old, list) and isinstance(new, list) and old:
        return _revise_array(raw, old, new, style, depth)
    return encode(new, style, depth)


def _replace_lines(style: Style, lines: bool) -> Style:
    return style if style.lines == lines else msgspec.structs.replace(style, lines=lines)


def _revise_object(raw: str, new: Mapping[str, Any], style: Style, depth: int) -> str:
    old = members(raw)
    last = {member.key: n for n, member in enumerate(old)}
    kept = [
        (
            n,
            member._replace(value=revise(member.value, new[member.key], style, depth + 1))
            if last[member.key] == n
            else member,
        )
        for n, member in enumerate(old)
        if member.key in new
    ]
    keys = [member.key for _, member in kept]
    is_sorted = keys == sorted(keys)
    for key in sorted(new.keys() - last.keys()) if is_sorted else [key for key in new if key not in last]:
        head = string(key, style) + (_colon(old) or style.colon)
        member = Member("", head, encode(new[key], style, depth + 1), "", key)
        at = sum(other < key for other in keys) if is_sorted else len(keys)
        kept.insert(at, (-1, member))
        keys.insert(at, key)
    return _rebuild("{}", old, kept, style)


def _colon(old: Sequence[Member]) -> str:
    """The colon of the first member with its spaces."""
    head = old[0].head
    return head[len(head.rstrip(" \t\r\n:")) :]


def _revise_array(raw: str, old: list[Any], new: list[Any], style: Style, depth: int) -> str:
    was = members(raw)
    start = sum(1 for _ in takewhile(lambda pair: same(*pair), zip(old, new, strict=False)))
    rest = min(len(old), len(new)) - start
    stop = sum(1 for _ in takewhile(lambda pair: same(*pair), zip(old[::-1][:rest], new[::-1][:rest], strict=False)))
    middle = range(start, len(old) - stop)
    changed: list[tuple[int, Member]] = []
    for n, value in enumerate(new[start : len(new) - stop], start):
        if n in middle:
            changed.append((n, was[n]._replace(value=revise(was[n].value, value, style, depth + 1))))
        else:
            changed.append((-1, Member("", "", encode(value, style, depth + 1), "")))
    return _rebuild("[]", was, [*_numbered(was, 0, start), *changed, *_numbered(was, len(old) - stop, len(old))], style)


def _revise_lines(raw: str, old: list[str], new: str, style: Style, depth: int) -> str:
    """Lines at both ends that stand as they stood keep their text."""
    was, start, at = members(raw), 0, 0
    while start < len(old) and new.startswith(old[start], at):
        behind = at + len(old[start])
        if start == len(old) - 1 and behind < len(new) and new[behind - 1 : behind] != "\n":
            break
        start, at = start + 1, behind
    stop, end = len(old), len(new)
    while stop > start and end - len(old[stop - 1]) >= at and new.endswith(old[stop - 1], 0, end):
        before = end - len(old[stop - 1])
        if before > at and new[before - 1] != "\n" and (stop == 1 or old[stop - 2].endswith("\n")):
            break
        stop, end = stop - 1, before
    lines = [(-1, Member("", "", string(line, style), "")) for line in new[at:end].splitlines(keepends=True)]
    return _rebuild("[]", was, [*_numbered(was, 0, start), *lines, *_numbered(was, stop, len(old))], style)


def _numbered(old: Sequence[Member], start: int, stop: int) -> Iterable[tuple[int, Member]]:
    return ((n, old[n]) for n in range(start, stop))


def _rebuild(marks: str, old: Sequence[Member], now: Sequence[tuple[int, Member]], style: Style) -> str:
    """Join members again; `now` pairs each with its old place, -1 for a new one. White space belongs to places, so the ends keep theirs."""
    if not now:
        return marks
    opening, closing = old[0].lead, old[-1].trail
    between = old[1].lead if len(old) > 1 else style.comma[1:] + opening if opening.strip(" \t") else style.comma[1:]
    parts = []
    for n, (place, member) in enumerate(now):
        lead = opening if n == 0 else member.lead if place > 0 else between
        trail = closing if n == len(now) - 1 else member.trail if 0 <= place < len(old) - 1 else ""
        parts.append(lead + member.head + member.value + trail)
    return marks[0] + ",".join(parts) + marks[1]
