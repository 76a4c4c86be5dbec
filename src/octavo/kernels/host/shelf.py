"""The event logs' files: bytes that wait on disk instead of in memory. Nothing here is needed: whatever fails, memory is used instead.

    <log directory>/<random>/     one host's, locked by it as long as it lives
                    <number>      one file: consecutive records of one log, as they are sent

A file is never synced: it is of use only to the process that wrote it, and is removed when its records are acknowledged.
"""

import fcntl
import os
import socket
import time
from collections.abc import Sequence
from typing import Final

from octavo.kernels.host.connection_file import remove_directory

SHARE: Final = 10
"""All files together take at most this part of the free disk."""
REST: Final = 5.0
"""Seconds without a further try after the disk refused one."""
MOST_BUFFERS: Final = 1024
"""So many a `writev` takes."""


class File:
    """`size` bytes; of a message that flowed in, the record begins at `start`."""

    __slots__ = ("path", "size", "start")

    def __init__(self, path: str) -> None:
        self.path = path
        self.size = 0
        self.start = 0


class Piece:
    """A part of a file that is sent as it stands, without a copy in memory. Open until it is sent, though the file be removed."""

    def __init__(self, descriptor: int, offset: int, size: int) -> None:
        self._descriptor, self._offset, self._left = descriptor, offset, size

    def __len__(self) -> int:
        return self._left

    def send(self, to: socket.socket) -> int:
        """Bytes sent. Raises OSError, also where the file is shorter than it was."""
        sent = os.sendfile(to.fileno(), self._descriptor, self._offset, self._left)
        if not sent:
            raise OSError("a file of the log has been cut short")
        self._offset += sent
        self._left -= sent
        return sent

    def close(self) -> None:
        os.close(self._descriptor)


class Shelf:
    """At most `limit` bytes in files, and a tenth of what is free. `directory` is made when it is first needed.

    Place for one message of the `largest` size is kept free, as far as that is in our power.
    """

    def __init__(self, directory: str, limit: int, largest: int = 0) -> None:
        self.used = 0
        self._largest = min(largest, limit // 4)
        self._parent = directory
        self._limit = limit
        self._directory = ""
        self._lock = -1
        self._count = 0
        self._refused = 0.0
        self._read: tuple[File, int] | None = None

    def room(self) -> int | None:
        """How many more bytes may be put here now, less than 0 where too many stand here; None where nothing can."""
        if not self._limit or (self._refused and time.monotonic() < self._refused + REST) or not self._prepare():
            return None
        try:
            found = os.statvfs(self._directory)
        except OSError:
            return None
        return min(self._limit, (found.f_bavail * found.f_frsize + self.used) // SHARE) - self._largest - self.used

    def _prepare(self) -> bool:
        if self._directory:
            return True
        directory = os.path.join(self._parent, os.urandom(4).hex())
        try:
            os.makedirs(self._parent, mode=0o700, exist_ok=True)
            os.mkdir(directory, 0o700)
            self._lock = _lock(directory)
        except OSError:
            self._refuse()
            return False
        self._directory = directory
        return True

    def _refuse(self) -> None:
        self._refused = time.monotonic()

    def _new(self) -> File:
        self._count += 1
        return File(os.path.join(self._directory, f"{self._count:x}"))

    def append(self, blobs: Sequence[bytes], file: File | None = None) -> File | None:
        """Put `blobs` at the end of `file`, or into a new one. None where the disk refuses: nothing has changed then."""
        grown = file or self._new()
        size = sum(map(len, blobs))
        try:
            descriptor = os.open(grown.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            self._refuse()
            return None
        try:
            os.lseek(descriptor, grown.size, os.SEEK_SET)
            _write(descriptor, blobs)
        except OSError:
            self._refuse()
            os.ftruncate(descriptor, grown.size)
            if not grown.size:
                os.unlink(grown.path)
            return None
        finally:
            os.close(descriptor)
        grown.size += size
        self.used += size
        return grown

    def read(self, file: File, offset: int, size: int) -> bytes:
        """Fewer bytes than `size`, or none, where they are not there any more."""
        try:
            if self._read is None or self._read[0] is not file:
                self._close_read()
                self._read = (file, os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW))
            return os.pread(self._read[1], size, offset)
        except OSError:
            return b""

    def piece(self, file: File, offset: int, size: int) -> Piece | None:
        try:
            descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        if os.fstat(descriptor).st_size < offset + size:
            os.close(descriptor)
            return None
        return Piece(descriptor, offset, size)

    def drop(self, file: File) -> None:
        if self._read is not None and self._read[0] is file:
            self._close_read()
        self.used -= file.size
        try:
            os.unlink(file.path)
        except OSError:
            pass  # somebody else removed it

    def spool(self, head: int, parts: list[bytes]) -> "Spool | None":
        """A file for a message that is on its way: room for `head` bytes, `parts`, then what comes. None where the disk refuses."""
        room = self.room()
        if room is None or room < 0:
            return None
        try:
            return Spool(self, self._new(), head, parts)
        except OSError:
            self._refuse()
            return None

    def _close_read(self) -> None:
        if self._read is not None:
            os.close(self._read[1])
            self._read = None

    def close(self) -> None:
        """Nobody comes for the rest any more."""
        self._close_read()
        if self._directory:
            remove_directory(self._directory)
            os.close(self._lock)
            self._directory = ""


class Spool:
    """A large message that flows into a file. Once it has failed it takes what comes, and keeps nothing."""

    def __init__(self, shelf: Shelf, file: File, head: int, parts: list[bytes]) -> None:
        self.failed = False
        self._shelf, self._file, self._head = shelf, file, head
        self._descriptor = os.open(file.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        file.size = head
        shelf.used += head
        os.lseek(self._descriptor, head, os.SEEK_SET)
        for part in parts:
            self.write(part)

    def write(self, data: bytes) -> None:
        if self.failed:
            return
        try:
            _write(self._descriptor, [data])
        except OSError:
            self._shelf._refuse()
            self.drop()
            return
        self._file.size += len(data)
        self._shelf.used += len(data)

    def finish(self, head: bytes) -> File | None:
        """`head` goes right before the first part. None where the file failed."""
        if self.failed:
            return None
        self._file.start = self._head - len(head)
        try:
            os.pwrite(self._descriptor, head, self._file.start)
        except OSError:
            self.drop()
            return None
        os.close(self._descriptor)
        return self._file

    def drop(self) -> None:
        """It is not wanted after all."""
        if not self.failed:
            self.failed = True
            os.close(self._descriptor)
            self._shelf.drop(self._file)


def _write(descriptor: int, blobs: Sequence[bytes]) -> None:
    for start in range(0, len(blobs), MOST_BUFFERS):
        some = list(blobs[start : start + MOST_BUFFERS])
        size, written = sum(map(len, some)), os.writev(descriptor, some)
        if written < size:  # a disk that fills takes a part first, and then says why
            rest = memoryview(b"".join(some))[written:]
            while rest:
                rest = rest[os.write(descriptor, rest) :]


def _lock(directory: str) -> int:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def clear(parent: str) -> None:
    """Remove what hosts left that live no more; a living one holds the lock of its directory."""
    try:
        names = os.listdir(parent)
    except OSError:
        return
    for name in names:
        directory = os.path.join(parent, name)
        if len(name) != 8 or set(name) - set("0123456789abcdef"):
            continue
        try:
            lock = _lock(directory)
        except OSError:
            continue
        remove_directory(directory)
        os.close(lock)
