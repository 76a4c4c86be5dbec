"""Would this kernelspec start, and what would run? Read from its files; only a program that is no notebook's is asked for its version."""

import os
import re
import shutil
import string
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from octavo.kernels import environments, remote
from octavo.kernels.specs import KernelSpec, is_our_python, runs_ipykernel

ASK: Final = {
    "python": "--version",
    "pypy": "--version",
    "R": "--version",
    "julia": "--version",
    "deno": "--version",
    "node": "--version",
    "ruby": "--version",
    "java": "-version",
    "octave": "--version",
    "lua": "-v",
    "bash": "--version",
}
PROGRAM: Final = re.compile(r"([A-Za-z]+?)[0-9.]*(?:-cli)?\Z")
NUMBER: Final = re.compile(r"\d+(?:\.\d+)+\S*")
PATIENCE: Final = 10

Reason = Literal["program", "interpreter", "ipykernel", "file", "unreadable", "unreachable", "refused", "stranger"]


class Problem(msgspec.Struct, frozen=True):
    """Why a kernel cannot start; `what`: the path or address that it is about."""

    reason: Reason
    what: str

    @property
    def sentence(self) -> str:
        match self.reason:
            case "program":
                return f"{self.what} is not there."
            case "interpreter":
                return f"{self.what}, which its program runs on, is not there."
            case "ipykernel":
                return f"The environment {self.what} has no ipykernel."
            case "file":
                return f"Its file {self.what} is not there."
            case "unreadable":
                return f"{self.what} is no kernelspec that can be read."
            case "unreachable":
                return f"The gateway {self.what} is not reachable."
            case "refused":
                return f"The gateway {self.what} refuses the token, or asks for one."
            case "stranger":
                return f"{self.what} does not answer as a Jupyter gateway."

    @property
    def remedy(self) -> str:
        match self.reason:
            case "program" | "interpreter" | "file":
                return "Install it again, or choose another kernel."
            case "ipykernel":
                return f"Install it: {self.what}/bin/python -m pip install ipykernel"
            case "unreadable":
                return "Correct the file, or remove its folder."
            case "unreachable":
                return "See that it runs and that kernels.gateway is its address."
            case "refused":
                return f"Give it the right one: octavo kernels env set {remote.TOKEN}"
            case "stranger":
                return "Correct kernels.gateway."


def problem_of(spec: KernelSpec, environment: Mapping[str, str] | None = None) -> Problem | None:
    """None for one that may well start."""
    if remote.provisioner_of(spec) is not None:
        return None  # its command line is for the place where it will run
    program = program_of(spec, environment)
    if program is None:
        return Problem("program", spec.argv[0])
    interpreter = _script_interpreter(program)
    if interpreter is not None and not os.access(interpreter, os.X_OK):
        return Problem("interpreter", interpreter)
    for part in spec.argv[1:]:
        path = part.replace("{resource_dir}", spec.resource_dir or "").replace("{prefix}", sys.prefix)
        if (
            path.startswith("/")
            and path.endswith((".py", ".jar", ".js", ".jl", ".R", ".rb"))
            and not Path(path).exists()
        ):
            return Problem("file", path)
    folder = environments.environment_of(Path(program))
    if (
        folder is not None
        and runs_ipykernel(spec.argv)
        and "PYTHONPATH" not in spec.env
        and not environments.has_package(folder, "ipykernel")
    ):
        return Problem("ipykernel", os.fspath(folder))
    return None


def program_of(spec: KernelSpec, environment: Mapping[str, str] | None = None) -> str | None:
    """The path of what runs; None if it is not there."""
    environment = os.environ if environment is None else environment
    name = spec.argv[0].replace("{resource_dir}", spec.resource_dir or "").replace("{prefix}", sys.prefix)
    if is_our_python(name):
        return sys.executable
    path = string.Template(spec.env.get("PATH", "${PATH}")).safe_substitute(environment)
    return shutil.which(name, path=path)


def _script_interpreter(program: str) -> str | None:
    """The path after `#!`, if it is a script: an environment's own program goes on naming a Python that was removed."""
    try:
        with open(program, "rb") as file:
            line = file.readline(512)
    except OSError:
        return None
    if not line.startswith(b"#!"):
        return None
    words = line[2:].decode("utf-8", "replace").split()
    return words[0] if words else None


class Versions:
    """Versions of programs, asked for once until the program changes. Blocking: for a thread of its own."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str]] = {}

    def of(self, program: str, *, below: Path | None = None) -> str:
        """Empty if it does not say. Nothing that lies `below` this folder is run: it came with a notebook."""
        path = Path(program)
        folder = environments.environment_of(path) if path.name.startswith("python") else None
        try:
            changed = (folder / "pyvenv.cfg" if folder and environments.is_venv(folder) else path).stat().st_mtime_ns
        except OSError:
            return ""
        known = self._known.get(program)
        if known is None or known[0] != changed:
            version = environments.version_of(folder) if folder is not None else ""
            if not version and not (below is not None and path.resolve().is_relative_to(below)):
                version = _ask(path)
            known = self._known[program] = changed, version
        return known[1]


def _ask(program: Path) -> str:
    found = PROGRAM.match(program.name)
    flag = ASK.get(found[1]) if found else None
    if flag is None:
        return ""
    try:
        said = subprocess.run(
            [program, flag], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False, cwd="/"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    number = NUMBER.search((said.stdout + said.stderr)[:4096].decode("utf-8", "replace"))
    return number[0].strip('",') if number else ""
