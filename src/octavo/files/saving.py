"""One atomic save: a temporary file in the same directory, synced, renamed over its target, the directory synced.

Whoever reads meanwhile, and whoever reads after a crash, finds the old bytes or the new ones, never a part. The mode,
the group and, where the system allows, the owner of what was there are kept. A file of several hard links loses the
others: that is the price of the rename.
"""

import errno
import logging
import os
import secrets
import stat
import time
from typing import Literal

from octavo.errors import Conflict, Denied, StorageUnavailable, TooLarge
from octavo.files import beneath, paths
from octavo.files.beneath import Identity, Place, Tree
from octavo.files.failures import told
from octavo.files.store import Version

log = logging.getLogger(__name__)

TEMPORARY = paths.OWN + "save-"
STALE = 3600.0
"""Seconds without a write after which a temporary file is what a killed process left."""

Expected = Version | Literal["absent"] | None


class Saving:
    """A file being written. One thread at a time; ended by `commit` or `abandon`."""

    def __init__(
        self, tree: Tree, path: str, *, expected: Expected, limit: int | None, size: int | None, upkeep: "Upkeep"
    ) -> None:
        self._tree, self.path, self._expected, self._limit, self._upkeep = tree, path, expected, limit, upkeep
        self.written, self._ended = 0, False
        self._within(size or 0)
        with tree.place(path) as place:
            self.name, self.parts = place.name, place.parts
            _check(place.info, path, expected)
            _check_writable(place, path)
            self._parent = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=place.parent)
            try:
                _check_space(self._parent, size, path)
                upkeep.sweep(self._parent)
                self._temporary = TEMPORARY + secrets.token_hex(8)
                # Until it has the mode of what it replaces, nobody else may read it.
                mode = 0o600 if place.info else 0o666
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                self._file = os.open(self._temporary, flags, mode, dir_fd=self._parent)
            except BaseException:
                os.close(self._parent)
                raise

    def write(self, data: bytes) -> None:
        self._within(len(data))
        with told(self.path):
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]
        self.written += len(data)

    def content(self) -> bytes:
        with told(self.path):
            return os.pread(self._file, self.written, 0)

    def commit(self) -> tuple[os.stat_result, bool]:
        """Put the file in its place. Returns its stat and whether it is new. Abandons when it fails."""
        try:
            with told(self.path):
                before = beneath.look(self._parent, self.name)
                if before is not None and stat.S_ISREG(before.st_mode):
                    self._upkeep.keep_attributes(self._file, before, self._parent, self.name, self.path)
                os.fsync(self._file)
                info = os.fstat(self._file)
                with self._tree.lock:
                    now = beneath.look(self._parent, self.name)
                    _check(now, self.path, self._expected)
                    if self._expected == "absent":
                        take_name(self._parent, self._temporary, self._parent, self.name)
                    else:
                        os.rename(self._temporary, self.name, src_dir_fd=self._parent, dst_dir_fd=self._parent)
                os.fsync(self._parent)
        except BaseException:
            self.abandon()
            raise
        self._close()
        return info, now is None

    def abandon(self) -> None:
        """Leave the path as it is. Asked again, it does nothing."""
        if self._ended:
            return
        try:
            os.unlink(self._temporary, dir_fd=self._parent)
        except OSError as error:
            if error.errno != errno.ENOENT:
                log.warning("A temporary file could not be removed beside %s: %s", self.path, error.strerror)
        self._close()

    def _close(self) -> None:
        self._ended = True
        os.close(self._file)
        os.close(self._parent)

    def _within(self, more: int) -> None:
        if self._limit is not None and self.written + more > self._limit:
            raise TooLarge(f"{self.path} is larger than the {self._limit} bytes allowed here.")


class Upkeep:
    """What saves remember between them: which directories were swept, and what was said once."""

    def __init__(self) -> None:
        self._swept: set[Identity] = set()
        self._said_owner = False

    def sweep(self, directory: int) -> None:
        """Once a directory: remove the temporary files that a killed process left in it."""
        here = beneath.identity(os.fstat(directory))
        if here in self._swept:
            return
        self._swept.add(here)
        now = time.time()
        with os.scandir(directory) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(TEMPORARY)]
        for name in names:
            info = beneath.look(directory, name)
            if info is not None and now - info.st_mtime > STALE:
                os.unlink(name, dir_fd=directory)

    def keep_attributes(self, file: int, before: os.stat_result, parent: int, name: str, path: str) -> None:
        """Give the new file what the old one had: group and owner, extended attributes, then the mode."""
        mode = stat.S_IMODE(before.st_mode) & 0o777  # set-id bits end with the bytes they were given to
        mine = os.fstat(file)
        if before.st_gid != mine.st_gid and not _owned(file, -1, before.st_gid):
            mode = mode & 0o707 | (mode & 0o007) << 3  # the old group's rights are not for another group
        if before.st_uid != mine.st_uid and not _owned(file, before.st_uid, -1) and not self._said_owner:
            self._said_owner = True
            log.warning(
                "Saved files of other users become this user's, since the system keeps owners for root alone: %s", path
            )
        _copy_attributes(parent, name, file)
        os.fchmod(file, mode)


def take_name(from_directory: int, old: str, to_directory: int, new: str) -> None:
    """Rename without ever replacing something: raises FileExistsError instead. Call with the tree's lock.

    A file gets its second name first and then loses its old one, which the system does only where the name is free.
    Folders, and file systems without hard links, are looked at and then renamed: renaming a folder can replace at most an
    empty folder, so only a file that another program makes in between, on such a file system, could be lost.
    """
    try:
        os.link(old, new, src_dir_fd=from_directory, dst_dir_fd=to_directory, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EXDEV, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG):
            raise
        if beneath.look(to_directory, new) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new) from error
        os.rename(old, new, src_dir_fd=from_directory, dst_dir_fd=to_directory)
    else:
        os.unlink(old, dir_fd=from_directory)


def version_of(info: os.stat_result) -> Version:
    """Known before the rename, so that nobody's change can slip in between the bytes and their version."""
    return Version(f"{info.st_mtime_ns:x}-{info.st_size:x}-{info.st_ino:x}")


def _check(info: os.stat_result | None, path: str, expected: Expected) -> None:
    if info is not None:
        beneath.require_file(info, path)
    if expected is None:
        return
    if expected == "absent":
        if info is not None:
            raise Conflict(f"{path} exists already.", hint="Choose another name.")
    elif info is None or version_of(info) != expected:
        raise Conflict(f"{path} was changed meanwhile.", hint="Reload it, then save again.")


def _check_writable(place: Place, path: str) -> None:
    # Renaming over a file asks nothing of the file itself: a read-only one is refused here.
    if place.info is not None and not os.access(place.name, os.W_OK, dir_fd=place.parent):
        raise Denied(f"{path} is read-only.", hint="Save it under another name, or make the file writable.")


def _check_space(directory: int, size: int | None, path: str) -> None:
    if size is None:
        return
    space = os.fstatvfs(directory)
    if size > space.f_bavail * space.f_frsize:
        raise StorageUnavailable(f"{path} does not fit on the disk.", hint="Free some space and try again.")


def _owned(file: int, user: int, group: int) -> bool:
    try:
        os.fchown(file, user, group)
    except OSError:
        return False
    return True


def _copy_attributes(parent: int, name: str, file: int) -> None:
    """Access lists and the user's own attributes, as far as the file system has them."""
    try:
        source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    except OSError:
        return  # readable by none of us: then its attributes are not ours to copy either
    try:
        for key in os.listxattr(source):
            if key.startswith("user.") or key == "system.posix_acl_access":
                os.setxattr(file, key, os.getxattr(source, key))
    except OSError as error:
        log.info("Extended attributes were not kept: %s", error.strerror)
    finally:
        os.close(source)
