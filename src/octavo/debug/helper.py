"""Code for the kernel, as text: one expression each, so that no name is left in the user's namespace."""

import json
from functools import cache
from pathlib import Path

ATTACH = "_octavo_attach"
LOOK = "_octavo_look"
FILES = {ATTACH: "attach.py", LOOK: "look.py"}


@cache
def _text(module: str) -> str:
    return (Path(__file__).parent / "kernel" / FILES[module]).read_text(encoding="utf-8")


def load(module: str) -> str:
    """An expression that makes the module, unless it is there. Sources named `<…>` are library to the debugger."""
    boot = (
        "import sys, types\n"
        f"if {module!r} not in sys.modules:\n"
        f"    made = types.ModuleType({module!r})\n"
        f"    exec(compile(source, '<octavo {module}>', 'exec'), made.__dict__)\n"
        f"    sys.modules[{module!r}] = made\n"
    )
    return f"__import__('builtins').exec({boot!r}, {{'source': {_text(module)!r}}})"


def call(module: str, function: str, *arguments: object) -> str:
    """An expression that calls a function of a loaded module. Arguments are plain: text, numbers."""
    return f"__import__('sys').modules[{module!r}].{function}({', '.join(map(repr, arguments))})"


def look(request: dict[str, object]) -> str:
    """An expression whose repr is the answer of `look.ask`."""
    return call(LOOK, "ask", json.dumps(request))


def plain(function: str, *arguments: object) -> str:
    """Call a function of `attach`; its answer as JSON, whose repr is itself."""
    inner = call(ATTACH, function, *arguments)
    return f"__import__('sys').modules[{LOOK!r}].Raw(__import__('json').dumps({inner}))"
