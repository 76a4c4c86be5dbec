"""The wall of this room: what the operating system says, as an error that a person can read."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from octavo.errors import Conflict, Denied, Invalid, NotFound, OctavoError, StorageUnavailable, Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_BROKEN = frozenset({errno.EIO, errno.EROFS, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOMEM, errno.ETIMEDOUT})
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY})
_CHANGED = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ELOOP})


def failure(error: OSError, path: str) -> OctavoError:
    """What `error`, met at `path`, means to whoever asked."""
    name, said, number = path or "The notebook folder", (error.strerror or str(error)).lower(), error.errno
    if number in _FULL:
        return StorageUnavailable(
            f"{name} could not be written: the disk is full.", hint="Free some space and try again."
        )
    if number in _BROKEN:
        return StorageUnavailable(f"{name} could not be reached: {said}.", hint="Look at the disk, then try again.")
    if number in _ABSENT:
        return NotFound(f"{name} does not exist.")
    if number in _FORBIDDEN:
        return Denied(f"The system does not allow this for {name}: {said}.", hint="Look at the file's owner and mode.")
    if number in _CHANGED:
        return Conflict(f"{name} stands in the way, or was changed meanwhile.", hint="Reload and try again.")
    if number == errno.EISDIR:
        return Invalid(f"{name} is a folder.")
    if number == errno.ENAMETOOLONG:
        return Invalid(f"{name} is too long a name here.", hint="Choose a shorter name.")
    if number == errno.EXDEV:
        return Invalid(f"{name} lies on another disk.", hint="Copy it, then delete the original.")
    if number == errno.EINVAL:
        return Invalid(f"The file system does not take {name}.", hint="Choose another name.")
    return Unavailable(f"{name} could not be reached: {said}.", hint="Try again.")


@contextmanager
def told(path: str) -> Iterator[None]:
    """Translate the system's errors met inside, naming `path`."""
    try:
        yield
    except OSError as error:
        raise failure(error, path) from error
