"""Shows values: of a program that is stopped, of an error that is over, of the namespace. Every answer is bounded in size and, as far as
foreign code allows, in time; arrays and tables are never walked.

A picture has a number, given by the server. What was shown of it can be asked further by `ref`, until the picture goes.
"""

from __future__ import annotations

# ruff: noqa: PLC0415, BLE001 - evaluating is what this is for, and whatever a user's object raises is an answer
import builtins
import io
import itertools
import json
import keyword
import linecache
import re
import reprlib
import sys
import threading
import time
import tokenize
import types
from collections.abc import Callable, Iterator
from typing import Any

MAX_TEXT = 240
MAX_CHILDREN = 100
MAX_PICTURES = 8
ERRORS_KEPT = 3
FOREIGN_SECONDS = 0.5
"""Time that the `__repr__`s of foreign objects may take in one answer; after it they are shown by their type."""
SMALL_ARRAY = 12
PLAIN = (str, bytes, bytearray, int, float, complex, bool, type(None))
CODE = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)
HIDDEN = re.compile(r"(_i\d*|_ii+|_\d*|__+|_oh|_dh|_ih|In|Out|exit|quit|get_ipython|open|_exit_code|__session__)\Z")

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = MAX_TEXT
_repr.maxlist = _repr.maxtuple = _repr.maxset = _repr.maxfrozenset = _repr.maxdict = _repr.maxdeque = 8
_repr.maxlevel = 3
_repr.maxlong = 60


class Raw:
    """JSON that is passed through whatever wants a repr."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class Names(dict):  # type: ignore[type-arg]
    """A namespace that is shown as one. `live`: where it is written to."""

    live: Any = None


class Picture:
    """`kind`: stop or error. `refs`: values by number, with the keys of what was shown of them."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.refs: dict[int, Any] = {}
        self.frames: dict[int, Any] = {}
        self.lines: dict[int, int] = {}
        self.spans: dict[int, Any] = {}
        self.overlays: dict[int, dict[str, Any]] = {}
        self.raised: list[Any] = []

    def ref(self, value: Any) -> int:
        number = len(self.refs) + 1
        self.refs[number] = value
        return number


pictures: dict[int, Picture] = {}
errors: dict[str, BaseException] = {}
before: dict[Any, dict[str, str]] = {}
_foreign: dict[str, float] = {"left": FOREIGN_SECONDS}


# Values ------------------------------------------------------------------------------------------------------------


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Of arrays, tensors and tables; of a class, nothing."""
    if isinstance(value, type) or getattr(type(value), "shape", None) is None:
        return None
    try:
        shape = tuple(value.shape)
    except BaseException:
        return None
    return shape if all(isinstance(part, int) for part in shape) else None


def is_table(value: Any) -> bool:
    shape = shape_of(value)
    return shape is not None and 1 <= len(shape) <= 2 and all(hasattr(value, name) for name in ("iloc", "index"))


def shape_text(value: Any, shape: tuple[int, ...]) -> str:
    kind = getattr(value, "dtype", "")
    return f"{' × '.join(map(str, shape)) or 'scalar'} {kind}".strip()


def cut(text: str, most: int = MAX_TEXT) -> str:
    return text if len(text) <= most else f"{text[: most - 24]}…{text[-20:]}"


def text_of(value: Any, most: int = MAX_TEXT) -> str:
    """Python's own repr, bounded."""
    if isinstance(value, (str, bytes)) and type(value) in PLAIN:
        if len(value) > most:
            return repr(value[: most - 40]) + f"… ({len(value)})"
        return repr(value)
    shape = shape_of(value)
    if shape is not None:
        count = 1
        for part in shape:
            count *= part
        if count > SMALL_ARRAY or is_table(value):
            return f"{type(value).__name__} {shape_text(value, shape)}"
    if type(value) in PLAIN or type(value) in (list, tuple, dict, set, frozenset):
        return cut(_repr.repr(value), 2 * most)
    return foreign_text(value, most)


def foreign_text(value: Any, most: int) -> str:
    """By the value's own `__repr__`, while there is time left for such."""
    name = type(value).__name__
    if _foreign["left"] <= 0:
        return f"<{name}>"
    began = time.monotonic()
    try:
        return cut(repr(value), most)
    except BaseException as problem:
        return f"<{name}: its repr raised {type(problem).__name__}>"
    finally:
        _foreign["left"] -= time.monotonic() - began


def size_of(value: Any) -> int:
    """How many children it has."""
    if isinstance(value, PLAIN) or isinstance(value, CODE):
        return 0
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        return len(value)
    shape = shape_of(value)
    if shape is not None:
        return int(shape[1] if is_table(value) and len(shape) == 2 else shape[0]) if shape else 0
    return sum(1 for _ in attributes(value))


def attributes(value: Any) -> Iterator[str]:
    try:
        held = vars(value)
    except TypeError:
        held = {}
    yield from (name for name in list(held) if isinstance(name, str))
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            if (
                isinstance(name, str)
                and name not in ("__dict__", "__weakref__")
                and name not in held
                and hasattr(value, name)
            ):
                yield name
    if isinstance(value, BaseException):
        yield "args"


def shown(picture: Picture, value: Any) -> dict[str, Any]:
    """A value as the server's `shapes.Value`."""
    made: dict[str, Any] = {"value": text_of(value), "type": type(value).__name__}
    shape = shape_of(value)
    if shape is not None:
        made["shape"] = shape_text(value, shape)
    size = size_of(value)
    if size:
        made["size"], made["ref"] = size, picture.ref(value)
    return made


def failed(problem: BaseException) -> dict[str, Any]:
    return {"value": cut(f"{type(problem).__name__}: {problem}", 2000), "type": type(problem).__name__, "error": True}


def about(name: str, value: Any) -> str:
    if name.startswith("__") and name.endswith("__"):
        return "special"
    return "function" if isinstance(value, CODE) else ""


def variable(picture: Picture, name: str, value: Any, key: str) -> dict[str, Any]:
    made = {"name": name, "value": shown(picture, value), "key": key}
    kind = about(name, value)
    if kind:
        made["about"] = kind
    return made


def children(picture: Picture, value: Any, start: int, count: int) -> dict[str, Any]:
    count = max(0, min(count, MAX_CHILDREN))
    if isinstance(value, Names):
        names = ordered(value)
        rows = [variable(picture, name, value[name], name) for name in names[start : start + count]]
        return {"variables": rows, "total": len(names)}
    total, rows = size_of(value), []
    if isinstance(value, dict):
        for place, (key, one) in enumerate(itertools.islice(value.items(), start, start + count), start):
            rows.append(variable(picture, text_of(key, 80), one, str(place)))
    elif isinstance(value, (list, tuple)):
        for place in range(start, min(total, start + count)):
            rows.append(variable(picture, str(place), value[place], str(place) if isinstance(value, list) else ""))
    elif isinstance(value, (set, frozenset)):
        for place, one in enumerate(itertools.islice(value, start, start + count), start):
            rows.append(variable(picture, str(place), one, ""))
    elif is_table(value) and len(value.shape) == 2:
        for place, column in enumerate(list(value.columns[start : start + count]), start):
            rows.append(variable(picture, str(column), value.iloc[:, place], ""))
    elif shape_of(value) is not None:
        rows_of = value.iloc if hasattr(value, "iloc") else value
        for place in range(start, min(total, start + count)):
            rows.append(variable(picture, str(place), rows_of[place], ""))
    else:
        for name in itertools.islice(attributes(value), start, start + count):
            try:
                rows.append(variable(picture, name, getattr(value, name), name))
            except BaseException as problem:
                rows.append({"name": name, "value": failed(problem)})
    return {"variables": rows, "total": total}


def ordered(names: dict[str, Any]) -> list[str]:
    """Values first, then functions and modules, then what Python has put there; each as they were made."""
    kept = [name for name in names if isinstance(name, str) and not HIDDEN.match(name)]
    rank = {"": 0, "function": 1, "special": 2}
    return sorted(kept, key=lambda name: rank[about(name, names[name])])


# Frames -------------------------------------------------------------------------------------------------------------


def debugger() -> Any:
    from _pydevd_bundle.pydevd_constants import get_global_debugger

    return get_global_debugger()


def frame_of(picture: Picture, frame: int) -> Any:
    """A stopped thread is asked in itself."""
    if picture.kind == "error":
        return picture.frames[frame]
    from _pydevd_bundle._debug_adapter.pydevd_base_schema import BaseSchema
    from _pydevd_bundle.pydevd_constants import get_current_thread_id

    real = BaseSchema._translate_id_from_dap(frame)  # what crosses the wire are small numbers of its own
    found = debugger().find_frame(get_current_thread_id(threading.current_thread()), real)
    if found is None:
        raise LookupError("That frame is not there any more.")
    return found


def is_module(frame: Any) -> bool:
    return frame.f_locals is frame.f_globals or frame.f_code.co_name == "<module>"


def local_names(picture: Picture, number: int, frame: Any) -> dict[str, Any]:
    """What the frame holds; of a dead one, with what was evaluated in it."""
    if picture.kind == "error" and not is_module(frame):
        if number not in picture.overlays:
            picture.overlays[number] = dict(frame.f_locals)
        return picture.overlays[number]
    return dict(frame.f_locals)


def line_of(picture: Picture, number: int, frame: Any) -> int:
    return int(picture.lines.get(number, frame.f_lineno))


def scope(picture: Picture, name: str, held: dict[str, Any], live: Any, *, first: int) -> dict[str, Any]:
    names = Names(held)
    names.live = live
    some = children(picture, names, 0, first)
    return {"name": name, "ref": picture.ref(names), "total": some["total"], "variables": some["variables"]}


def view(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    """`shapes.FrameView`: scopes, inline values, watches."""
    number = request["frame"]
    frame = frame_of(picture, number)
    held = local_names(picture, number, frame)
    key = (frame.f_code, depth(frame))
    if is_module(frame):
        scopes = [scope(picture, "globals", held, ("globals", number), first=MAX_CHILDREN)]
    else:
        scopes = [scope(picture, "locals", held, ("locals", number), first=MAX_CHILDREN)]
        scopes.append(scope(picture, "globals", frame.f_globals, ("globals", number), first=0))
    changed = mark_changed(key, scopes[0]["variables"]) if picture.kind == "stop" else set()
    return {
        "frame": number,
        "scopes": scopes,
        "inline": inline(frame, held, line_of(picture, number, frame), changed),
        "watches": [
            {"expression": text, "value": evaluated(picture, request, text, values_only=True)}
            for text in request.get("watches", ())
        ],
    }


def depth(frame: Any) -> int:
    count = 0
    while frame is not None and count < 1000:
        frame, count = frame.f_back, count + 1
    return count


def mark_changed(key: Any, variables: list[dict[str, Any]]) -> set[str]:
    now = {one["name"]: one["value"]["value"] for one in variables}
    known, changed = before.get(key), set()
    if known is not None:
        for one in variables:
            if known.get(one["name"]) != one["value"]["value"]:
                one["changed"] = True
                changed.add(one["name"])
    before.pop(key, None)
    before[key] = now
    while len(before) > 64:
        del before[next(iter(before))]
    return changed


_names_by_line: dict[tuple[str, int], dict[int, list[str]]] = {}


def names_by_line(path: str) -> dict[int, list[str]]:
    lines = linecache.getlines(path)
    key = (path, hash("".join(lines)))
    if key not in _names_by_line:
        found: dict[int, list[str]] = {}
        last = ""
        try:
            for token in tokenize.generate_tokens(io.StringIO("".join(lines)).readline):
                if token.type == tokenize.NAME and last != "." and not keyword.iskeyword(token.string):
                    names = found.setdefault(token.start[0], [])
                    if token.string not in names:
                        names.append(token.string)
                last = token.string
        except (tokenize.TokenError, SyntaxError):
            pass  # magics and half sources: what came before is shown
        if len(_names_by_line) > 64:
            _names_by_line.clear()
        _names_by_line[key] = found
    return _names_by_line[key]


def inline(frame: Any, held: dict[str, Any], current: int, changed: set[str]) -> list[dict[str, Any]]:
    """Values beside the lines of this function that come before the current one, and on it."""
    made: list[dict[str, Any]] = []
    path = frame.f_code.co_filename
    first = 1 if is_module(frame) else frame.f_code.co_firstlineno
    if not path.startswith("<ipython-cell ") and "/ipykernel_" not in path and current - first > 400:
        first = current - 400
    for line, names in sorted(names_by_line(path).items()):
        if not first <= line <= current or len(made) >= 200:
            continue
        for name in names[:6]:
            if name in held and not isinstance(held[name], CODE):
                one = {"line": line, "name": name, "value": text_of(held[name], 80)}
                if name in changed:
                    one["changed"] = True
                made.append(one)
    return made


# Evaluating ---------------------------------------------------------------------------------------------------------


class Statement(Exception):
    """What was to be evaluated is no expression."""


def result_of(picture: Picture, request: dict[str, Any], code: str, *, values_only: bool) -> Any:
    try:
        compiled = compile(code.strip(), "<octavo evaluates>", "eval")
    except SyntaxError:
        if values_only:
            raise
        compiled = None
    if picture.kind == "error":
        return result_in_dead_frame(picture, request["frame"], code, compiled)
    from _pydevd_bundle import pydevd_vars

    frame = frame_of(picture, request["frame"])
    text = code.strip() if compiled is not None else code
    result = pydevd_vars.evaluate_expression(debugger(), frame, text, is_exec=compiled is None)
    if type(result).__name__ == "ExceptionOnEvaluate":
        raise result.result
    if compiled is None:
        raise Statement
    return result


def result_in_dead_frame(picture: Picture, number: int, code: str, compiled: Any) -> Any:
    """One namespace for globals and locals, so that comprehensions see both; what is assigned stays with this frame."""
    frame = picture.frames[number]
    held = local_names(picture, number, frame)
    if is_module(frame):
        names: dict[str, Any] = frame.f_globals
        known = None
    else:
        names = {**frame.f_globals, **held}
        known = dict(names)
    try:
        if compiled is not None:
            return eval(compiled, names)
        exec(compile(code, "<octavo evaluates>", "exec"), names)
        raise Statement
    finally:
        if known is not None:
            held.update(
                {k: v for k, v in names.items() if k != "__builtins__" and (k not in known or known[k] is not v)}
            )


def evaluated(picture: Picture, request: dict[str, Any], code: str, *, values_only: bool) -> dict[str, Any]:
    try:
        return shown(picture, result_of(picture, request, code, values_only=values_only))
    except Statement:
        return {"value": "", "type": ""}
    except BaseException as problem:
        return failed(problem)


def evaluate(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    try:
        result = result_of(picture, request, request["code"], values_only=bool(request.get("hover")))
    except Statement:
        return {"value": {"value": "", "type": ""}}
    except BaseException as problem:
        return {"value": failed(problem)}
    answer: dict[str, Any] = {"value": shown(picture, result)}
    if request.get("rich") and result is not None and not isinstance(result, PLAIN):
        answer["data"] = rich_form(result)
    return answer


def rich_form(value: Any) -> dict[str, str]:
    try:
        from IPython import get_ipython

        data, _ = get_ipython().display_formatter.format(value)
    except BaseException:
        return {}
    if not isinstance(data, dict) or set(data) <= {"text/plain"}:
        return {}
    import base64

    made = {}
    for mime, one in data.items():
        text = (
            base64.b64encode(one).decode()
            if isinstance(one, bytes)
            else one
            if isinstance(one, str)
            else json.dumps(one)
        )
        if len(text) <= 1_000_000:
            made[str(mime)] = text
    return made


def assign(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    """Give a variable another value; answers what it has then."""
    holder, key = picture.refs[request["ref"]], request["key"]
    try:
        value = result_of(picture, request, request["expression"], values_only=True)
        if isinstance(holder, Names):
            assign_name(picture, request, holder, key, value)
        elif isinstance(holder, dict):
            value_key = next(itertools.islice(holder, int(key), None))
            holder[value_key] = value
        elif isinstance(holder, list):
            holder[int(key)] = value
        else:
            setattr(holder, key, value)
    except BaseException as problem:
        return {"value": failed(problem)}
    return {"value": shown(picture, value)}


def assign_name(picture: Picture, request: dict[str, Any], names: Names, key: str, value: Any) -> None:
    where, number = names.live
    if where == "name":  # of the namespace
        raise LookupError("Names of the namespace are set by a cell.")
    frame = frame_of(picture, number)
    if where == "globals" or is_module(frame):
        frame.f_globals[key] = value
    elif picture.kind == "error":
        local_names(picture, number, frame)[key] = value
    else:
        from _pydevd_bundle import pydevd_vars

        pydevd_vars.change_attr_expression(frame, key, "None", debugger(), value=value)
    names[key] = value


def complete(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    code, cursor = request["code"], request["cursor"]
    frame = frame_of(picture, request["frame"])
    names = {**frame.f_globals, **local_names(picture, request["frame"], frame)}
    found = re.search(r"[\w.\[\]'\"]*\Z", code[:cursor])
    head, _, last = (found.group() if found else "").rpartition(".")
    if head:
        try:
            candidates = dir(eval(head, names))
        except BaseException:
            candidates = []
    else:
        candidates = [*names, *dir(builtins), *keyword.kwlist]
    hits = {name for name in candidates if isinstance(name, str) and name.startswith(last)}
    if not last.startswith("_"):
        hits = {name for name in hits if not name.startswith("_")}
    return {"matches": sorted(hits)[:200], "start": cursor - len(last), "end": cursor}


# Errors that are over -----------------------------------------------------------------------------------------------


def keep_errors() -> None:
    """From now on the last errors are kept by the run that they ended."""
    from IPython import get_ipython

    ip = get_ipython()
    if ip is not None and after_run not in ip.events.callbacks["post_run_cell"]:
        ip.events.register("post_run_cell", after_run)


def after_run(result: Any) -> None:
    problem = getattr(result, "error_in_exec", None)
    if problem is None:
        return
    from IPython import get_ipython

    parent = get_ipython().kernel.get_parent("shell") or {}
    run = (parent.get("metadata") or {}).get("octavoRun")
    if run:
        keep_error(run, problem)


def keep_error(run: str, problem: BaseException) -> None:
    errors.pop(run, None)
    errors[run] = problem
    while len(errors) > (ERRORS_KEPT if has_memory() else 1):
        del errors[next(iter(errors))]


def has_memory() -> bool:
    try:
        with open("/proc/meminfo") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) > 128 * 1024
    except (OSError, ValueError):
        pass
    return True


def error(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    """Frames of an error: `run`; `latest`: it is the newest one that failed, so the interpreter still has it."""
    keep_errors()
    problem = errors.get(request["run"])
    if problem is None and request.get("latest"):
        problem = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        if problem is not None:
            keep_error(request["run"], problem)
    if problem is None:
        return {"gone": True}
    seen: set[int] = set()
    todo: list[tuple[Any, str]] = [(problem, "raised")]
    while todo and len(picture.raised) < 30:
        one, how = todo.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        picture.raised.append((one, how, numbered_frames(picture, one)))
        if one.__cause__ is not None:
            todo.append((one.__cause__, "cause"))
        elif one.__context__ is not None and not one.__suppress_context__:
            todo.append((one.__context__, "context"))
        todo += [(member, "member") for member in getattr(one, "exceptions", ())]
    return {
        "threads": [raised_thread(place, row) for place, row in enumerate(picture.raised, 1)],
        "folder": cells_folder(),
    }


def cells_folder() -> str:
    """Where ipykernel says that its cells are."""
    try:
        from ipykernel.compiler import get_tmp_directory

        return str(get_tmp_directory())  # type: ignore[no-untyped-call]
    except Exception:
        return ""


def raised_thread(place: int, row: Any) -> dict[str, Any]:
    one, how, _ = row
    return {"id": place, "name": cut(f"{type(one).__name__}: {one}", 200), "how": how}


def numbered_frames(picture: Picture, problem: BaseException) -> list[int]:
    """Innermost first."""
    made: list[int] = []
    traceback = problem.__traceback__
    while traceback is not None and len(made) < 1000:
        number = len(picture.frames) + 1
        picture.frames[number], picture.lines[number] = traceback.tb_frame, traceback.tb_lineno
        picture.spans[number] = span(traceback)
        made.append(number)
        traceback = traceback.tb_next
    return made[::-1]


def span(traceback: Any) -> Any:
    """Columns of what failed, in code points; None where Python does not know."""
    positions = getattr(traceback.tb_frame.f_code, "co_positions", None)
    if positions is None or traceback.tb_lasti < 0:
        return None
    line, end_line, column, end = next(itertools.islice(positions(), traceback.tb_lasti // 2, None), (None,) * 4)
    if line is None or line != end_line or column is None or end is None:
        return None
    text = linecache.getline(traceback.tb_frame.f_code.co_filename, line).encode()
    return len(text[:column].decode(errors="replace")), len(text[:end].decode(errors="replace"))


def frames(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    """Of one exception of an error."""
    one, _, numbers = picture.raised[request["thread"] - 1]
    start, most = request.get("start", 0), request.get("most", 60)
    rows = []
    for number in numbers[start : start + most]:
        frame = picture.frames[number]
        row = {
            "id": number,
            "name": getattr(frame.f_code, "co_qualname", frame.f_code.co_name),
            "path": frame.f_code.co_filename,
            "line": picture.lines[number],
        }
        if picture.spans[number]:
            row["column"], row["end"] = picture.spans[number]
        rows.append(row)
    raised = {"type": type(one).__name__, "message": cut(str(one), 4000)}
    notes = [cut(str(note), 1000) for note in list(getattr(one, "__notes__", ()))[:20]]
    return {"frames": rows, "more": max(0, len(numbers) - start - most), "raised": {**raised, "notes": notes}}


# The namespace ------------------------------------------------------------------------------------------------------


def user_names() -> dict[str, Any]:
    try:
        from IPython import get_ipython

        ip = get_ipython()
        hidden = getattr(ip, "user_ns_hidden", {})
        return {
            name: value for name, value in list(ip.user_ns.items()) if not (name in hidden and hidden[name] is value)
        }
    except ImportError:
        return dict(sys.modules["__main__"].__dict__)


def cheap_bytes(value: Any) -> int | None:
    try:
        if isinstance(getattr(value, "nbytes", None), int):
            return int(value.nbytes)
        if is_table(value) and hasattr(value, "memory_usage"):
            usage = value.memory_usage(deep=False)
            return int(usage.sum() if hasattr(usage, "sum") else usage)
        if isinstance(value, PLAIN) or type(value) in (list, tuple, dict, set, frozenset):
            return sys.getsizeof(value)
    except BaseException:
        return None
    return None


def names(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    if not request.get("start"):
        picture.refs.clear()  # of the listing before; else they would hold what the user deletes
    held, wanted = user_names(), request.get("filter", "").lower()
    chosen = [name for name in sorted(held) if not HIDDEN.match(name) and wanted in name.lower()]
    start, count = request.get("start", 0), min(request.get("count", 200), 500)
    rows = []
    for name in chosen[start : start + count]:
        value = held[name]
        row: dict[str, Any] = {"name": name, "value": shown(picture, value)}
        size = cheap_bytes(value)
        if size is not None:
            row["bytes"] = size
        if is_tabular(value):
            row["table"] = True
        kind = about(name, value)
        if kind:
            row["about"] = kind
        rows.append(row)
    return {"names": rows, "total": len(chosen)}


def is_tabular(value: Any) -> bool:
    shape = shape_of(value)
    return shape is not None and 1 <= len(shape) <= 2 and (is_table(value) or hasattr(value, "dtype"))


def table(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    value = user_names().get(request["name"])
    shape = shape_of(value)
    if value is None or shape is None or not is_tabular(value):
        return {"gone": True}
    start, left = max(0, request.get("start", 0)), max(0, request.get("left", 0))
    bottom, right = start + min(request.get("count", 50), 200), left + min(request.get("columns", 30), 100)
    columns = shape[1] if len(shape) == 2 else 1
    made: dict[str, Any] = {"rows": shape[0], "columns": columns, "start": start, "left": left}
    if is_table(value):
        part = value.iloc[start:bottom] if len(shape) == 1 else value.iloc[start:bottom, left:right]
        made["index"] = [cut(str(one), 80) for one in part.index]
        heads = [getattr(value, "name", "")] if len(shape) == 1 else list(part.columns)
        types_of = [part.dtype] if len(shape) == 1 else list(part.dtypes)
        made["head"] = ["" if one is None else cut(str(one), 80) for one in heads]
        made["types"] = [str(one) for one in types_of]
        series = [part] if len(shape) == 1 else [part.iloc[:, place] for place in range(part.shape[1])]
        by_column = [[cut(str(one), 120) for one in list(column)] for column in series]
        made["cells"] = [list(row) for row in zip(*by_column)] if by_column else []  # noqa: B905 - Python 3.9
    else:
        part = value[start:bottom] if len(shape) == 1 else value[start:bottom, left:right]
        made["index"] = [str(place) for place in range(start, min(bottom, shape[0]))]
        made["head"] = [""] if len(shape) == 1 else [str(place) for place in range(left, min(right, columns))]
        made["types"] = [str(getattr(value, "dtype", ""))] * len(made["head"])
        made["cells"] = [[cut(str(part[row]), 120)] if len(shape) == 1 else [cut(str(one), 120) for one in part[row]]
                         for row in range(len(made["index"]))]  # fmt: skip
    return made


# Requests -----------------------------------------------------------------------------------------------------------


def expand(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    return children(
        picture, picture.refs[request["ref"]], max(0, request.get("start", 0)), request.get("count", MAX_CHILDREN)
    )


def source(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    path = request.get("path", "")
    lines = linecache.getlines(path)
    text = "".join(lines)
    return {"text": text if len(text) <= 2_000_000 else "", "name": path}


def leave(picture: Picture, request: dict[str, Any]) -> dict[str, Any]:
    pictures.pop(request["stop"], None)
    return {}


OPERATIONS: dict[str, Callable[[Picture, dict[str, Any]], dict[str, Any]]] = {
    "view": view,
    "expand": expand,
    "evaluate": evaluate,
    "assign": assign,
    "complete": complete,
    "error": error,
    "frames": frames,
    "names": names,
    "table": table,
    "source": source,
    "leave": leave,
}


def picture_of(request: dict[str, Any]) -> Picture:
    """A live stop ends the one before; errors stay until they are left, but not without bound."""
    number, kind = request["stop"], request.get("kind", "stop")
    if number not in pictures:
        if kind == "stop":
            for other in [n for n, one in pictures.items() if one.kind == "stop"]:
                del pictures[other]
        while len(pictures) >= MAX_PICTURES:
            del pictures[next(iter(pictures))]
        pictures[number] = Picture(kind)
    return pictures[number]


def ask(text: str) -> Raw:
    """Answers `{"ok": …}` or `{"error": …}`."""
    request = json.loads(text)
    _foreign["left"] = FOREIGN_SECONDS
    answer: dict[str, Any]
    try:
        answer = {"ok": OPERATIONS[request["op"]](picture_of(request), request)}
    except (KeyError, IndexError):
        answer = {"error": "That is not there any more."}
    except Exception as problem:
        answer = {"error": cut(f"{type(problem).__name__}: {problem}", 1000)}
    return Raw(json.dumps(answer))
