"""Environment variables for kernels, secrets among them: kept in the profile, given to a kernel at its start, and told to nobody else.

`<profile>/kernel-variables.json`, 0600. They never reach a notebook, a page, a log, or a command line.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from octavo.errors import Invalid, KernelUnavailable, NotFound
from octavo.settings.profiles import write_privately

FILE: Final = "kernel-variables.json"
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}")
OURS: Final = ("OCTAVO_", "JPY_")
IPYTHON: Final = "ipython"
"""Folder of the profile that stands in for `~/.ipython`, where there is one."""


class Kept(msgspec.Struct, omit_defaults=True):
    """`all`: for every kernel. `kernels`: for one kernelspec, by its name; they win."""

    all: dict[str, str] = {}
    kernels: dict[str, dict[str, str]] = {}

    def of(self, kernel: str | None) -> dict[str, str]:
        return self.all if kernel is None else self.kernels.setdefault(kernel.lower(), {})


def load(profile: Path) -> Kept:
    path = profile / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except FileNotFoundError:
        return Kept()
    except (OSError, msgspec.DecodeError) as error:
        # Not the text of the error: it could quote a secret.
        raise KernelUnavailable(
            f"The variables for kernels cannot be read from {path}.", hint="Correct the file, or remove it."
        ) from error


def for_kernel(profile: Path, kernel: str) -> Mapping[str, str]:
    """What a kernel of that name gets besides the server's environment."""
    kept = load(profile)
    own = profile / IPYTHON
    ipython = {"IPYTHONDIR": str(own)} if own.is_dir() else {}
    return {**ipython, **kept.all, **kept.kernels.get(kernel.lower(), {})}


def put(profile: Path, name: str, value: str, kernel: str | None = None) -> None:
    kept = load(profile)
    if not NAME.fullmatch(name):
        raise Invalid(f"{name!r} cannot be the name of a variable.", hint="Use letters, digits and _, no digit first.")
    if name.startswith(OURS):
        raise Invalid(f"{name} is one of Octavo's own names.", hint="Choose another name.")
    if "\0" in value:
        raise Invalid("A value cannot hold a zero byte.")
    kept.of(kernel)[name] = value
    _save(profile, kept)


def remove(profile: Path, name: str, kernel: str | None = None) -> None:
    kept = load(profile)
    if kept.of(kernel).pop(name, None) is None:
        where = f"for kernel {kernel}" if kernel else "for all kernels"
        raise NotFound(f"No variable {name} is kept {where}.", hint="See them: octavo kernels env list")
    _save(profile, kept)


def _save(profile: Path, kept: Kept) -> None:
    kept.kernels = {kernel: values for kernel, values in sorted(kept.kernels.items()) if values}
    write_privately(profile / FILE, msgspec.json.format(msgspec.json.encode(kept)).decode() + "\n")
