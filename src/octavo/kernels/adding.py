"""Kernelspecs that Octavo writes: for a Python environment, into the profile or the user's own Jupyter folder; and their removal."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from octavo.errors import Conflict, Denied, Invalid, KernelUnavailable, NotFound, StorageUnavailable
from octavo.kernels import environments, specs
from octavo.kernels.specs import KernelSpec

PLAIN = ("venv", ".venv", "env", ".env")
"""Names that say nothing: the folder above has the project's."""


def environment_named(text: str, environment: Mapping[str, str]) -> Path:
    """The environment that is meant: its folder, its Python, or the name of one of conda's."""
    path = Path(os.path.abspath(os.path.expanduser(text)))  # links stay: an environment's Python is one to the system's
    if path.is_file() and path.name.startswith("python"):
        found = environments.environment_of(path)
        if found is not None:
            return found
        raise Invalid(
            f"{path} belongs to no virtual environment.",
            hint=f"Make one: {path} -m venv FOLDER. Then: octavo kernels add FOLDER",
        )
    if path.is_dir():
        if environments.is_environment(path):
            return path
        inside = [path / name for name in PLAIN if environments.is_environment(path / name)]
        if inside:
            return inside[0]
        raise Invalid(
            f"{path} is no virtual environment: it has neither pyvenv.cfg nor conda-meta.",
            hint=f"Make one there: python3 -m venv {path}",
        )
    if "/" not in text:
        for folder in environments.conda_folders(environment):
            if folder.name == text:
                return folder
    raise NotFound(
        f"There is no environment {text}.", hint="Name its folder, its bin/python, or one of conda's environments."
    )


def name_of(folder: Path) -> str:
    label = folder.parent.name if folder.name in PLAIN else folder.name
    return re.sub(r"[^a-z0-9._-]+", "-", label.lower()).strip("-.") or "python"


def checked_name(name: str) -> str:
    if not specs.NAME.match(name):
        raise Invalid(f"{name!r} cannot be the name of a kernel.", hint="Use letters, digits, dots, - and _.")
    return name.lower()


def spec_for(folder: Path, name: str, display_name: str, variables: Mapping[str, str]) -> KernelSpec:
    """Raises `KernelUnavailable` where the environment has no Python."""
    python = environments.python_of(folder)
    if not os.access(python, os.X_OK):
        raise KernelUnavailable(f"The environment {folder} has no {python}.", hint="Make the environment again.")
    version = environments.version_of(folder)
    number = ".".join(version.split(".")[:2])
    made = environments.spec_of(folder, name, display_name or f"Python {number} ({name})".replace("  ", " "))
    return msgspec.structs.replace(made, env={**made.env, **variables})


def as_json(spec: KernelSpec) -> bytes:
    """`kernel.json`."""
    content = {
        "argv": spec.argv,
        "display_name": spec.display_name,
        "language": spec.language,
        "interrupt_mode": spec.interrupt_mode,
        "env": spec.env,
        "metadata": spec.metadata,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def write(kernels: Path, spec: KernelSpec, *, replace: bool) -> Path:
    """The kernelspec, whole or not at all; its file."""
    path = kernels / spec.name / "kernel.json"
    if path.exists() and not replace:
        raise Conflict(
            f"There is a kernel {spec.name} already, in {path.parent}.", hint="Give another --name, or --replace it."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".kernel.json-{os.getpid()}")
        new.write_bytes(as_json(spec))
        new.replace(path)
    except OSError as error:
        raise StorageUnavailable(f"{error.filename} cannot be written: {error.strerror}.") from error
    return path


def remove(name: str, kernels: Path, found: Mapping[str, KernelSpec]) -> Path:
    """Remove a kernelspec of the folder `kernels`; `found`: all there are, to say where another is."""
    key = checked_name(name)
    folders = [folder for folder in kernels.glob("*") if folder.name.lower() == key]
    if not folders:
        spec = found.get(key)
        if spec is None:
            raise NotFound(f"There is no kernel {name!r} here.", hint="See them: octavo kernels list")
        if spec.resource_dir is None:
            raise Denied(f"Kernel {name} has no kernelspec: it is found with its environment.")
        raise Denied(
            f"Kernel {name} is not the profile's: it is in {spec.resource_dir}.",
            hint="Of your own Jupyter folder: octavo kernels remove --user NAME. Else remove that folder.",
        )
    try:
        shutil.rmtree(folders[0])
    except OSError as error:
        raise StorageUnavailable(f"{error.filename} cannot be removed: {error.strerror}.") from error
    return folders[0]
