"""Kernels of other languages for the tests, in `.cache/kernels`: each that this system can have, and a sentence for each that it cannot.

Bash, Lua, Deno and Octave's kernel come from PyPI, R and the programs themselves from the system (by apt-get, as root on Debian and Ubuntu).
`second` is a Python of another environment.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import setup

PLACE = setup.CACHE / "kernels"
SPECS = PLACE / "jupyter" / "kernels"
LOCK = setup.ROOT / "requirements" / "kernels.lock"


class System(NamedTuple):
    """What must be on the system: `there` says whether it is, `packages` of Debian bring it."""

    there: Callable[[], bool]
    packages: tuple[str, ...]


def has_irkernel() -> bool:
    ask = ["R", "--slave", "-e", "quit(status = !requireNamespace('IRkernel', quietly = TRUE))"]
    return shutil.which("R") is not None and subprocess.run(ask, capture_output=True).returncode == 0


NEEDS = {
    "ir": System(has_irkernel, ("r-cran-irkernel",)),
    "octave": System(lambda: shutil.which("octave-cli") is not None, ("octave",)),
    "lua": System(lambda: shutil.which("lua5.4") is not None or shutil.which("lua") is not None, ("lua5.4",)),
    "bash": System(lambda: shutil.which("bash") is not None, ("bash",)),
}


def ready() -> None:
    """Everything that can be had; done once for each lock file."""
    setup.once("kernels", setup.digest([LOCK, Path(__file__)]), make)


def make() -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    lacking = {name: packages for name, (there, packages) in NEEDS.items() if not there()}
    if lacking and os.geteuid() == 0 and shutil.which("apt-get"):
        for packages in lacking.values():
            try_system(packages)
        lacking = {name: packages for name, packages in lacking.items() if not NEEDS[name].there()}
    for name, packages in lacking.items():
        print(f"  Left out of the tests: kernel {name}. It needs the system's {', '.join(packages)}.", file=sys.stderr)
    for name in ("venv", "second"):
        setup.do(f"kernels ({name})", [sys.executable, "-m", "venv", str(PLACE / name)])
    install("venv", LOCK.read_text())
    install("second", LOCK.read_text(), only="ipykernel")
    for name, spec in kernelspecs().items():
        if name not in lacking:
            (SPECS / name).mkdir(parents=True)
            (SPECS / name / "kernel.json").write_text(json.dumps(spec, indent=1))


def try_system(packages: tuple[str, ...]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
    print(f"  {', '.join(packages)} …", file=sys.stderr)
    with open(setup.LOG, "a") as log:
        if subprocess.run(command, env=quiet, stdout=log, stderr=log, stdin=subprocess.DEVNULL).returncode:
            subprocess.run(["apt-get", "update", "-q"], env=quiet, stdout=log, stderr=log)
            subprocess.run(command, env=quiet, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def install(name: str, lock: str, only: str | None = None) -> None:
    """The packages of the lock file, or one of them with its own needs, in the versions that it pins."""
    python = PLACE / name / "bin" / "python"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        if only is None:
            file.write(lock)
            arguments = ["--no-deps", "--require-hashes", "--requirement", file.name]
        else:
            lines = [line.split("\\")[0].split(" --hash")[0].strip() for line in lock.splitlines()]
            file.write("\n".join(line for line in lines if "==" in line))
            arguments = ["--constraint", file.name, only]
        file.flush()
        setup.do(f"kernels' packages ({name})", [str(python), "-m", "pip", "install", "--quiet", *arguments])


def kernelspecs() -> dict[str, dict[str, Any]]:
    python = str(PLACE / "venv" / "bin" / "python")

    def spec(argv: list[str], display_name: str, language: str, **more: Any) -> dict[str, Any]:
        return {"argv": argv, "display_name": display_name, "language": language, **more}

    file = "{connection_file}"
    return {
        "ir": spec(["R", "--slave", "-e", "IRkernel::main()", "--args", file], "R", "R"),
        "bash": spec([python, "-m", "bash_kernel", "-f", file], "Bash", "bash", env={"PS1": "$"}),
        "octave": spec(
            [python, "-m", "octave_kernel", "-f", file],
            "Octave",
            "octave",
            env={"OCTAVE_EXECUTABLE": shutil.which("octave-cli") or "octave-cli"},
        ),
        # It makes Jupyter's runtime folder itself, but none above it; a fresh home has neither.
        "lua": spec(
            [python, "-m", "ilua.app", "-c", file], "Lua", "lua", env={"JUPYTER_RUNTIME_DIR": str(PLACE / "runtime")}
        ),
        "deno": spec(
            [str(PLACE / "venv" / "bin" / "deno"), "jupyter", "--kernel", "--conn", file],
            "Deno",
            "typescript",
            interrupt_mode="message",
            env={"DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
        ),
        "second-python": spec(
            [str(PLACE / "second" / "bin" / "python"), "-m", "ipykernel_launcher", "-f", file],
            "Second Python",
            "python",
        ),
    }
