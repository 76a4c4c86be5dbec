"""Which database is the journal: the file `journal` in the profile holds the name `journal-N.db`.

Only this file is ever renamed, never a database: the log of an old one would be replayed into the new.
"""

import os
import re
from pathlib import Path

from octavo.errors import StorageUnavailable

POINTER = "journal"
_NAME = re.compile(r"journal-[1-9][0-9]{0,8}\.db")


def find(directory: Path) -> Path | None:
    """The database that the pointer names; None where there is no journal yet."""
    try:
        name = (directory / POINTER).read_text("ascii", "replace").strip()
    except FileNotFoundError:
        others = sorted(path.name for path in directory.glob("journal-*.db") if path.name != "journal-1.db")
        if others:
            raise StorageUnavailable(
                f"{directory} has databases ({', '.join(others)}) but no file {POINTER} that names one.",
                hint=f"Write the name of the newest one into {directory / POINTER}.",
            ) from None
        return None
    except OSError as error:
        raise StorageUnavailable(f"{directory / POINTER} cannot be read: {error.strerror}.") from error
    if not _NAME.fullmatch(name):
        raise StorageUnavailable(
            f"{directory / POINTER} does not name a database.",
            hint="Write the name of the newest journal-N.db into it.",
        )
    path = directory / name
    if not path.exists():
        raise StorageUnavailable(
            f"{path} is missing.", hint=f"Restore it from a backup. To begin anew, remove {directory / POINTER}."
        )
    return path


def write(directory: Path, name: str) -> None:
    """Make `name` the journal, for good: the file and its directory are synced."""
    temporary = directory / f".{POINTER}.new"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, f"{name}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, directory / POINTER)
        sync_directory(directory)
    except OSError as error:
        raise StorageUnavailable(f"{directory / POINTER} cannot be written: {error.strerror}.") from error


def sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
