"""Kernelspecs on disk: the same folders in the same order as Jupyter, without jupyter_client (14 MB)."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from octavo.errors import NotFound

NATIVE: Final = "python3"
NAME: Final = re.compile(r"[A-Za-z0-9._-]+\Z")
MAX_SIZE: Final = 1024 * 1024
IPYKERNEL: Final = ("ipykernel_launcher", "ipykernel")
"""Modules that run it."""


class KernelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One kernelspec. `resource_dir`: its folder, with logos; None for the environment's own Python without one."""

    name: str
    argv: list[str]
    display_name: str
    language: str
    env: dict[str, str] = {}
    interrupt_mode: str = "signal"
    metadata: dict[str, Any] = {}
    resource_dir: str | None = None


class KernelJson(msgspec.Struct, kw_only=True):
    """`kernel.json`; what it does not name is not needed here."""

    argv: list[str]
    display_name: str
    language: str = ""
    env: dict[str, str] = {}
    interrupt_mode: str = "signal"
    metadata: dict[str, Any] = {}


def kernel_folders(environment: Mapping[str, str] | None = None) -> list[Path]:
    """Where kernelspecs are looked for, the most important first."""
    environment = os.environ if environment is None else environment
    user = [user_folder(environment)]
    own = [Path(sys.prefix) / "share" / "jupyter"]
    system = [Path("/usr/local/share/jupyter"), Path("/usr/share/jupyter")]
    named = [Path(folder) for folder in environment.get("JUPYTER_PATH", "").split(os.pathsep) if folder]
    middle = own + user if _prefers_environment(environment) else user + own
    folders: dict[Path, None] = {}
    for folder in [*named, *middle, *system]:
        folders.setdefault(folder / "kernels")
    return list(folders)


def user_folder(environment: Mapping[str, str]) -> Path:
    """The user's own Jupyter folder."""
    if environment.get("JUPYTER_DATA_DIR"):
        return Path(environment["JUPYTER_DATA_DIR"])
    home = Path(environment.get("HOME") or os.path.expanduser("~"))
    return Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "jupyter"


def _prefers_environment(environment: Mapping[str, str]) -> bool:
    """As Jupyter: a virtual environment that is ours goes before the user's own folder."""
    asked = environment.get("JUPYTER_PREFER_ENV_PATH", "").lower()
    if asked:
        return asked not in ("no", "n", "false", "off", "0", "0.0")
    return sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK)


def find_specs(environment: Mapping[str, str] | None = None, first: Sequence[Path] = ()) -> dict[str, KernelSpec]:
    """All kernelspecs by name; of two with one name the first folder's. `first`: folders that go before Jupyter's. The environment's own
    Python is always there."""
    found: dict[str, KernelSpec] = {}
    for folder in (*first, *kernel_folders(environment)):
        for spec in specs_in(folder):
            found.setdefault(spec.name, spec)
    if NATIVE not in found:
        found[NATIVE] = own_python()
    return found


def specs_in(folder: Path) -> Iterator[KernelSpec]:
    """The kernelspecs of one folder, by name."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if NAME.match(name) and (spec := _read(folder / name, name.lower())):
            yield spec


def unreadable(folders: Sequence[Path]) -> dict[str, Path]:
    """Files that should be kernelspecs and are none, by name."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*/kernel.json")):
            name = path.parent.name.lower()
            if NAME.match(path.parent.name) and _read(path.parent, name) is None:
                found.setdefault(name, path)
    return found


def runs_ipykernel(argv: Sequence[str]) -> int | None:
    """Where `-m ipykernel_launcher` stands, if that is what runs: the interpreter's options may stand before it."""
    for position in range(1, len(argv) - 1):
        if argv[position] == "-m":
            return position if argv[position + 1] in IPYKERNEL else None
    return None


def is_our_python(program: str) -> bool:
    """As Jupyter: a bare `python` is the one that the server runs on."""
    major, minor = sys.version_info[:2]
    return program in ("python", f"python{major}", f"python{major}.{minor}")


def find_spec(name: str, environment: Mapping[str, str] | None = None) -> KernelSpec:
    specs = find_specs(environment)
    spec = specs.get(name.lower())
    if spec is None:
        raise NotFound(f"There is no kernel {name!r} here.", hint=f"Choose one of: {', '.join(sorted(specs))}.")
    return spec


def _read(folder: Path, name: str) -> KernelSpec | None:
    """None for what is no kernelspec: one broken folder must not hide the others."""
    path = folder / "kernel.json"
    try:
        if path.stat().st_size > MAX_SIZE:
            return None
        found = msgspec.json.decode(path.read_bytes(), type=KernelJson)
    except (OSError, msgspec.DecodeError):
        return None
    if not found.argv:
        return None
    return KernelSpec(
        name=name,
        argv=found.argv,
        display_name=found.display_name,
        language=found.language,
        env=found.env,
        interrupt_mode=found.interrupt_mode,
        metadata=found.metadata,
        resource_dir=os.fspath(folder),
    )


def own_python() -> KernelSpec:
    """ipykernel in the Python that runs Octavo."""
    return KernelSpec(
        name=NATIVE,
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3 (ipykernel)",
        language="python",
        metadata={"debugger": True},
    )
