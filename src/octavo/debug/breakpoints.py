"""Breakpoints: checked as a person sets them, and as the debugger wants them for one source. Pure; where a breakpoint is now, the session says."""

import re
from typing import Final, NamedTuple

from octavo.debug import shapes
from octavo.errors import Invalid

MAX_BREAKPOINTS: Final = 500
MAX_TEXT: Final = 4000
HIT: Final = re.compile(r"\s*(%|>=|>|==|=|<=|<)?\s*\d{1,9}\s*\Z")
IN_BRACES: Final = re.compile(r"\{([^{}]*)\}")
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def check(asked: shapes.Breakpoint) -> None:
    """Raises Invalid for what is no breakpoint at all; what may become right is a `problem` instead."""
    if not ID.match(asked.id):
        raise Invalid("A breakpoint's id is 1 to 64 letters, digits, - and _.")
    if bool(asked.at.cell) == bool(asked.at.path) or not 1 <= asked.at.line <= 10_000_000:
        raise Invalid("A breakpoint stands in a cell or in a file, at a line from 1.")
    if max(len(asked.condition), len(asked.hit), len(asked.log), len(asked.at.path)) > MAX_TEXT:
        raise Invalid(f"A condition has at most {MAX_TEXT} characters.")


def problem_of(asked: shapes.Breakpoint) -> str:
    """What a person has to mend: the debugger would take it and never stop."""
    if asked.condition.strip() and (why := uncompilable(asked.condition)):
        return f"The condition cannot be read: {why}."
    if asked.hit.strip() and not HIT.match(asked.hit):
        return "The hit count is a number, or one after %, >=, >, ==, <= or <."
    for inside in IN_BRACES.findall(asked.log.replace("{{", "").replace("}}", "")):
        if why := uncompilable(inside):
            return f"{{{inside}}} in the log text cannot be read: {why}."
    return ""


def uncompilable(expression: str) -> str:
    try:
        compile(expression.strip(), "<condition>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        return str(getattr(problem, "msg", "") or problem or "it is too long")
    return ""


class Wanted(NamedTuple):
    """A breakpoint as it is set in one source."""

    id: str
    line: int
    condition: str = ""
    hit: str = ""
    log: str = ""


def wanted(one: shapes.Breakpoint, line: int) -> Wanted:
    return Wanted(one.id, line, one.condition.strip(), one.hit.strip(), one.log)


def request(path: str, rows: tuple[Wanted, ...]) -> dict[str, object]:
    """The arguments of setBreakpoints."""
    made: list[dict[str, object]] = []
    for row in rows:
        one: dict[str, object] = {"line": row.line}
        if row.condition:
            one["condition"] = row.condition
        if row.hit:
            one["hitCondition"] = row.hit
        if row.log:
            one["logMessage"] = row.log
        made.append(one)
    return {"source": {"path": path}, "breakpoints": made}
