"""What the image was made from. Taken again before every fork (2 ms): an image whose packages have changed is not used."""

from __future__ import annotations  # this file runs on Python 3.9 too

import os
import site
import sys
from collections.abc import Iterator

Stamp = dict[str, tuple[int, int, int]]


def take() -> Stamp:
    """Time, size and inode of loaded modules' files, of the interpreter, and of the folders that packages are installed in.

    Other folders of the path are left out: in a project's own one something changes at every save.
    """
    return {path: found for path in sorted(_paths()) if (found := _of(path)) is not None}


def _paths() -> set[str]:
    paths = {file for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}
    paths |= {sys.executable, os.path.realpath(sys.executable), os.path.join(sys.prefix, "pyvenv.cfg")}
    return paths | folders() | set(_path_files())


def folders() -> set[str]:
    """Where packages are installed."""
    return {folder for folder in (*sys.path, site.getusersitepackages()) if folder.endswith("-packages")}


def _path_files() -> Iterator[str]:
    """`.pth` files: one that is edited in place does not change its folder."""
    for folder in folders():
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        yield from (os.path.join(folder, name) for name in names if name.endswith(".pth"))


def _of(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def difference(before: Stamp, after: Stamp) -> str:
    """One path that differs; empty if none does."""
    if before == after:
        return ""
    return next(path for path in sorted({*before, *after}) if before.get(path) != after.get(path))
