"""Real failures of a disk, made in this process: what SQLite writes its log through is exchanged under it."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def log_goes_to(device: str, database: Path, flags: int = os.O_RDWR) -> Iterator[None]:
    """What is written into the log goes to `device` instead, as /dev/null, which cannot be synced."""
    log = os.path.realpath(f"{database}-wal")
    numbers = [int(name) for name in os.listdir("/proc/self/fd") if _is(name, log)]
    assert numbers
    other = os.open(device, flags)
    saved = {number: os.dup(number) for number in numbers}
    for number in numbers:
        os.dup2(other, number)
    try:
        yield
    finally:
        for number, old in saved.items():
            os.dup2(old, number)
            os.close(old)
        os.close(other)


@contextmanager
def files_may_not_grow(database: Path) -> Iterator[None]:
    """A limit on the size of files, as a quota would be. (Python ignores its signal, so that writing fails.)"""
    size = max(path.stat().st_size for path in database.parent.glob(f"{database.name}*"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def disk_is_filled(database: Path) -> Iterator[None]:
    """Every byte that is left on the disk is taken, and then given back."""
    ballast = database.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def small_disk(directory: Path) -> Iterator[Callable[[Path], object]]:
    """A small file system at `directory` and what fills it; where none can be mounted, a limit on sizes stands in."""
    directory.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=3m", "none", str(directory)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        yield files_may_not_grow
        return
    try:
        yield disk_is_filled
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def _is(name: str, path: str) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{name}") == path
    except OSError:
        return False
