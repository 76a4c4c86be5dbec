"""The run directory: whether it may be used, who holds it, and the socket in it."""

import fcntl
import os
import socket
import stat
import time
from typing import Final

from octavo.kernels.host import protocol
from octavo.kernels.host.connection_file import remove_directory

MAX_LENGTH: Final = 94
"""Bytes of a run directory's path: with `/`, 8 hex digits and `/s-5` a socket's path must stay under 108."""
ENDING: Final = "it is ending"
WAIT_FOR_ENDING: Final = 10.0


class Unusable(Exception):
    """The host cannot use this run directory; the text says why and what to do."""


def prepare(directory: str, *, mode: int = 0o700) -> None:
    """Make the run directory, or make sure that it is a directory of ours that nobody else can write to, and no link."""
    if len(os.fsencode(directory)) > MAX_LENGTH:
        raise Unusable(
            f"The run directory {directory} has more than {MAX_LENGTH} bytes. Set kernels.run_directory to a shorter one."
        )
    try:
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        os.mkdir(directory, mode)
    except FileExistsError:
        pass
    except OSError as problem:
        raise Unusable(f"The run directory {directory} cannot be made: {problem.strerror}.") from problem
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        raise Unusable(f"The run directory {directory} is not a directory. Remove what is there.")
    if found.st_uid != os.geteuid():
        raise Unusable(
            f"The run directory {directory} belongs to another user. Set kernels.run_directory to one of yours."
        )
    if stat.S_IMODE(found.st_mode) != mode:
        os.chmod(directory, mode)


def lock(directory: str, text: str) -> int:
    """Hold `host.lock` until this process ends; waits for a holder that is ending. Raises Unusable, with what its holder wrote."""
    path = os.path.join(directory, protocol.LOCK_NAME)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + WAIT_FOR_ENDING
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            holder = os.pread(descriptor, 1000, 0).decode("utf-8", "replace").strip()
            if ENDING not in holder or time.monotonic() > deadline:
                os.close(descriptor)
                raise Unusable(
                    f"A kernel host holds {directory} already: {holder or 'it has not said who it is'}."
                ) from problem
            time.sleep(0.02)
        else:
            write_holder(descriptor, text)
            return descriptor


def write_holder(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode() + b"\n", 0)


def still_holds(descriptor: int, directory: str) -> bool:
    """Whether the lock is still the one that others find. Touches it: what is old in /tmp is tidied away."""
    try:
        os.utime(descriptor)
        found = os.stat(os.path.join(directory, protocol.LOCK_NAME), follow_symlinks=False)
    except OSError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))


def clear(directory: str) -> None:
    """Remove the sockets' directories that an earlier host left. Only under the lock."""
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if len(name) == 8 and not set(name) - set("0123456789abcdef") and stat.S_ISDIR(os.lstat(path).st_mode):
            remove_directory(path)


def listen(directory: str, *, mode: int = 0o600) -> socket.socket:
    path = os.path.join(directory, protocol.SOCKET_NAME)
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
    except OSError as problem:
        raise Unusable(
            f"No socket can be bound in {directory}: {problem.strerror}. Set kernels.run_directory to another."
        ) from problem
    os.chmod(path, mode)
    listener.listen(16)
    listener.setblocking(False)
    return listener
