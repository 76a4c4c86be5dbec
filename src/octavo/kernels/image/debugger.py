"""Puts ipykernel's import of debugpy off until something is debugged: it costs 7 MB and 60 ms, and few kernels are.

`ipykernel.debugger` takes names from debugpy and pydevd when it is imported, and uses them only in `VariableExplorer`. It is imported over
stand-ins, which then go; `VariableExplorer` fetches the real ones at its first use. Where the file is written otherwise, nothing is put off.
"""

from __future__ import annotations  # this file runs on Python 3.9 too

import ast
import importlib
import importlib.util
import os
import sys
import types
from typing import Any

DEBUGGERS = ("debugpy", "_pydevd_bundle", "_pydevd_frame_eval", "pydevd")
LAZY = "VariableExplorer"
Taken = list[tuple[str, str, str]]  # module, name there, name here


def put_off() -> str:
    """Import `ipykernel.debugger`; says how: "" if debugpy was put off, else why not."""
    spec = importlib.util.find_spec("ipykernel.debugger")
    if spec is None or spec.origin is None:
        return "this ipykernel has no debugger"
    if importlib.util.find_spec("debugpy") is None:
        importlib.import_module("ipykernel.debugger")
        return "debugpy is not installed"
    with open(spec.origin, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    taken = names_taken(tree)
    users = users_of(tree, {here for _, _, here in taken})
    if not taken or users - {LAZY} or not has_class(tree, LAZY):
        importlib.import_module("ipykernel.debugger")
        return f"debugpy is used by {sorted(users - {LAZY}) or 'nothing known'} in this ipykernel"
    module = import_over_stand_ins(taken)
    make_lazy(module, taken)
    return ""


def names_taken(tree: ast.Module) -> Taken:
    """What is imported from a debugger in the file's `try` statements."""
    taken: Taken = []
    for node in tree.body:
        if isinstance(node, ast.Try):
            for statement in node.body:
                if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(DEBUGGERS):
                    source = statement.module or ""
                    taken += [(source, name.name, name.asname or name.name) for name in statement.names]
    return taken


def users_of(tree: ast.Module, names: set[str]) -> set[str]:
    """Classes and functions that use one of `names`; `the module itself` if it does so elsewhere."""
    users = set()
    for node in tree.body:
        if isinstance(node, ast.Try):
            continue
        if any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node)):
            users.add(getattr(node, "name", "the module itself"))
    return users


def has_class(tree: ast.Module, name: str) -> bool:
    return any(isinstance(node, ast.ClassDef) and node.name == name for node in tree.body)


class StandIn(types.ModuleType):
    """A module that has every name."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def import_over_stand_ins(taken: Taken) -> types.ModuleType:
    names = set()
    for source, _, _ in taken:
        parts = source.split(".")
        names |= {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    for name in names:
        sys.modules[name] = StandIn(name)
    try:
        module = importlib.import_module("ipykernel.debugger")
    finally:
        for name in names:
            del sys.modules[name]
    for _, _, here in taken:
        vars(module).pop(here, None)
    return module


def make_lazy(module: types.ModuleType, taken: Taken) -> None:
    real = getattr(module, LAZY)

    class Explorer:
        """Becomes the real one when it is used."""

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            if "_real" not in vars(self):
                fetch(module, taken)
                setattr(module, LAZY, real)
                vars(self)["_real"] = real()
            return getattr(vars(self)["_real"], name)

    Explorer.__name__ = Explorer.__qualname__ = LAZY
    Explorer.__module__ = module.__name__
    setattr(module, LAZY, Explorer)


def fetch(module: types.ModuleType, taken: Taken) -> None:
    for source, name, here in taken:
        value = getattr(importlib.import_module(source), name, None)
        if value is None:
            value = importlib.import_module(f"{source}.{name}")
        setattr(module, here, value)


def imports() -> bool:
    """Whether debugpy can be imported at all, tried in a fork: where it cannot, a stock kernel says that it has no debugger."""
    process = os.fork()
    if process == 0:
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            from debugpy.server import api  # noqa: F401, PLC0415

            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(process, 0)[1] == 0
