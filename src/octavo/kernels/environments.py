"""Python environments that have no kernelspec of their own: the notebook folder's `.venv`, and conda's. Nothing of them is run to look at them.

A folder that came with a notebook is a stranger's until its owner runs a cell: versions and packages are read from files.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from octavo.kernels import specs
from octavo.kernels.specs import KernelSpec

FOLDERS: Final = (".venv", "venv")
NEAR: Final = "venv"
"""The kernel of the nearest environment: the same name on every machine, so that a notebook can keep it."""
CONDA: Final = "conda-"
MOST: Final = 100
"""Environments that are looked at; a list longer than that is no list of environments."""
LAUNCHER: Final = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]


def is_environment(folder: Path) -> bool:
    return is_venv(folder) or is_conda(folder)


def is_venv(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file()


def is_conda(folder: Path) -> bool:
    return (folder / "conda-meta").is_dir()


def python_of(folder: Path) -> Path:
    return folder / "bin" / "python"


def environment_of(python: Path) -> Path | None:
    """The environment whose `bin/python` this is."""
    folder = python.parent.parent
    return folder if python.parent.name == "bin" and is_environment(folder) else None


def version_of(folder: Path) -> str:
    """Of its Python, as its own files say; empty if they do not."""
    try:
        for line in (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition("=")
            if key.strip() in ("version", "version_info"):
                return value.strip().removesuffix(".final.0")
    except OSError:
        pass
    for package in folder.glob("conda-meta/python-[0-9]*.json"):
        return package.name.split("-")[1]
    return ""


def has_package(folder: Path, package: str) -> bool:
    """Whether its Python can import the package, as far as its folders tell."""
    if any(folder.glob(f"lib/python3*/site-packages/{package}/__init__.py")):
        return True
    if any(folder.glob(f"lib/python3*/site-packages/__editable__*{package}*")):
        return True
    try:
        config = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    if not re.search(r"^include-system-site-packages\s*=\s*true", config, re.MULTILINE | re.IGNORECASE):
        return False
    home = re.search(r"^home\s*=\s*(.+?)\s*$", config, re.MULTILINE)
    base = Path(home[1]).parent if home else Path("/usr")
    places = ("lib/python3*/site-packages", "lib/python3/dist-packages", "local/lib/python3*/dist-packages")
    return any(next(base.glob(f"{place}/{package}/__init__.py"), None) for place in places)


def spec_of(folder: Path, name: str, display_name: str) -> KernelSpec:
    """ipykernel in that environment, with its programs first on PATH."""
    env = {"PATH": f"{folder / 'bin'}:${{PATH}}"}
    if is_conda(folder):
        env |= {"CONDA_PREFIX": os.fspath(folder), "CONDA_DEFAULT_ENV": folder.name}
    else:
        env |= {"VIRTUAL_ENV": os.fspath(folder)}
    return KernelSpec(
        name=name,
        argv=[os.fspath(python_of(folder)), *LAUNCHER],
        display_name=display_name,
        language="python",
        env=env,
        metadata={"debugger": True},
    )


def near(folder: Path, root: Path) -> KernelSpec | None:
    """The environment in this folder or the nearest one above it, up to `root`."""
    for place in (folder, *folder.parents):
        for name in FOLDERS:
            if is_environment(place / name):
                return spec_of(place / name, NEAR, f"Python ({name})")
        if place == root:
            break
    return None


def conda(environment: Mapping[str, str]) -> Iterator[KernelSpec]:
    """Kernels of the environments that conda knows: their Python, and what else they brought a kernelspec for."""
    used: set[str] = set()
    for folder in conda_folders(environment):
        name = label = "base" if (folder / "condabin").is_dir() else folder.name
        number = 1
        while name.lower() in used:
            number += 1
            name = f"{label}-{number}"
        used.add(name.lower())
        key = CONDA + re.sub(r"[^a-z0-9._-]", "-", name.lower())
        if os.access(python_of(folder), os.X_OK):
            yield spec_of(folder, key, f"Python (conda {name})")
        for spec in specs.specs_in(folder / "share" / "jupyter" / "kernels"):
            if not specs.runs_ipykernel(spec.argv):
                yield _in_conda(spec, folder, key, name)


def _in_conda(spec: KernelSpec, folder: Path, key: str, label: str) -> KernelSpec:
    """A kernelspec of another language that is part of an environment."""
    program = spec.argv[0] if "/" in spec.argv[0] else os.fspath(folder / "bin" / spec.argv[0])
    return KernelSpec(
        name=f"{key}-{spec.name}",
        argv=[program, *spec.argv[1:]],
        display_name=f"{spec.display_name} (conda {label})",
        language=spec.language,
        env={"PATH": f"{folder / 'bin'}:${{PATH}}", "CONDA_PREFIX": os.fspath(folder), **spec.env},
        interrupt_mode=spec.interrupt_mode,
        metadata=spec.metadata,
        resource_dir=spec.resource_dir,
    )


def conda_folders(environment: Mapping[str, str]) -> list[Path]:
    """What conda writes down of every environment that it makes, and those beside the one in use."""
    home = Path(environment.get("HOME") or os.path.expanduser("~"))
    found: dict[Path, None] = {}
    try:
        lines = (home / ".conda" / "environments.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines[:MOST]:
        if line.strip():
            found[Path(line.strip())] = None
    root = environment.get("MAMBA_ROOT_PREFIX") or ""
    if root:
        found.setdefault(Path(root), None)
        found |= dict.fromkeys(sorted(Path(root).glob("envs/*"))[:MOST])
    return [folder for folder in found if is_conda(folder)]
