"""Files of the journal's directory: what is too large for a row. Written whole, synced with their directory, never changed."""

import errno
import os
import secrets
import shutil
import threading
import time
from collections.abc import Container
from pathlib import Path

import anyio
import anyio.to_thread

from octavo.errors import StorageUnavailable
from octavo.journal.journal import Journal
from octavo.journal.pointer import sync_directory
from octavo.journal.writer import RETRY, TROUBLES

_removing = threading.Lock()
"""Held to say that a file is wanted again, and to remove one that is not."""

_WAIT = {
    errno.ENOSPC: TROUBLES["full"],
    errno.EDQUOT: TROUBLES["full"],
    errno.EFBIG: TROUBLES["full"],
    errno.EROFS: TROUBLES["read-only"],
}


async def write(journal: Journal, path: Path, data: bytes, *, once: bool = False) -> None:
    """Returns when `data` at `path` survives power loss. On a full disk it waits for room, and `journal.trouble` says so.
    `once`: a file that is there already has these bytes, as its name says."""
    try:
        while True:
            try:
                await anyio.to_thread.run_sync(_write, path, data, once)
            except OSError as error:
                text = _WAIT.get(error.errno or 0)
                if text is None:
                    raise StorageUnavailable(f"{path} cannot be written: {error.strerror}.") from error
                journal.report("files", text)
                await anyio.sleep(RETRY)
            else:
                return
    finally:
        journal.report("files", None)


async def link(path: Path, old: Path) -> None:
    """`path` is a second name of `old`, which is synced and never changed, unless it is there already. Raises `StorageUnavailable`."""
    try:
        await anyio.to_thread.run_sync(_link, path, old)
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be written: {error.strerror}.") from error


def _link(path: Path, old: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not _wanted(path):
        try:
            os.link(old, path)
        except OSError:  # not every file system has a second name for a file
            temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
            shutil.copyfile(old, temporary)
            with open(temporary, "rb") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
        os.utime(path)
    sync_directory(path.parent)
    sync_directory(path.parent.parent)


def remove(path: Path) -> None:
    """Remove one that nothing names any more."""
    path.unlink(missing_ok=True)


def sweep(directory: Path, named: Container[str], before: float) -> int:
    """Remove files that are not `named` and were not wanted since `before`. Returns how many."""
    removed = 0
    try:
        entries = [entry for entry in os.scandir(directory) if entry.name not in named]
    except FileNotFoundError:
        return 0
    for entry in entries:
        with _removing:
            try:
                if os.stat(entry.path).st_mtime < before:
                    os.unlink(entry.path)
                    removed += 1
            except FileNotFoundError:
                pass
    return removed


def _write(path: Path, data: bytes, once: bool) -> None:
    directory = path.parent
    if not directory.exists():
        directory.mkdir(mode=0o700, exist_ok=True)
        sync_directory(directory.parent)
    if not (once and _wanted(path)):
        temporary = directory / f".{path.name}.{secrets.token_hex(4)}"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb", buffering=0) as file:
                view = memoryview(data)
                while view:
                    view = view[file.write(view) :]
                os.fsync(descriptor)
            os.replace(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    sync_directory(directory)


def _wanted(path: Path) -> bool:
    with _removing:
        if path.exists():
            os.utime(path, (time.time(), time.time()))
            return True
        return False
