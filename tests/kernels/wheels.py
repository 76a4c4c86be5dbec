"""Tiny wheels made in a test, and environments to install them into: nothing here needs a network.

An environment's pip and uv are told of the wheels by variables that both read, `environment(folder)`, as a person's own configuration would be.
"""

import base64
import hashlib
import io
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def make_wheel(
    folder: Path, name: str, version: str, files: Mapping[str, str] | None = None, *, requires: Sequence[str] = ()
) -> Path:
    """A pure wheel; its module is `name` and knows its version, unless `files` says otherwise."""
    underscored = name.replace("-", "_")
    info = f"{underscored}-{version}.dist-info"
    contents = dict(files or {f"{underscored}/__init__.py": f"version = {version!r}\n"})
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {one}" for one in requires),
    ]
    contents[f"{info}/METADATA"] = "\n".join(lines) + "\n"
    contents[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = [f"{path},sha256={_hash(text)},{len(text.encode())}" for path, text in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    path = folder / f"{underscored}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in contents.items():
            archive.writestr(inner, text)
    return path


def make_source(folder: Path, name: str, backend: str) -> Path:
    """A package as source, that this Python code builds: a backend of its own, which needs nothing."""
    files = {
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
        "backend.py": backend,
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
    }
    path = folder / f"{name}-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for inner, text in files.items():
            info = tarfile.TarInfo(f"{name}-1.0/{inner}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def make_venv(folder: Path, *, pip: bool = True, ours: bool = False) -> Path:
    """A virtual environment, and its Python. `ours`: it sees what the tests' own environment has, ipykernel with it."""
    venv.create(folder, with_pip=False, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    own = next(path for path in map(Path, sys.path) if (path / "pip").is_dir())
    if pip:
        (packages / "pip").symlink_to(own / "pip")
        for info in own.glob("pip-*.dist-info"):
            (packages / info.name).symlink_to(info)
    if ours:
        (packages / "zz_tests.pth").write_text(f"{own}\n")  # after what is installed here
        (packages / "ipykernel").symlink_to(own / "ipykernel")  # for who only looks
    python = folder / "bin" / "python"
    subprocess.run([python, "-c", ""], check=True)
    return python


def environment(wheels: Path) -> dict[str, str]:
    """Variables by which pip and uv find `wheels`, and nothing else."""
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": "/dev/null",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(wheels),
        "UV_NO_CONFIG": "1",
        "UV_OFFLINE": "1",
    }


class Environment(SimpleNamespace):
    """`name`: of its kernelspec. `index`: the folder that its pip finds wheels in."""

    name: str
    index: Path
    python: Path


def add_environment(server: Any, folder: Path, name: str) -> Environment:
    """A kernel of its own environment for a server (`served.Served`)."""
    index = folder / "index"
    index.mkdir()
    python = make_venv(folder / "env", ours=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    server.kernelspec(name, argv, language="python", env=environment(index))
    return Environment(name=name, index=index, python=python)
