"""From a path to an open directory and a name in it, beneath the root and nowhere else.

Every component is opened relative to the directory before it, without following links; a link's text is read from the
opened link itself and walked by the same rules. So no check can be outrun by somebody who swaps links, and no path is
ever compared as a string. openat2 would do part of this in one call, but Linux 5.4 has none, and it knows nothing of
hidden names or of the profile's directory: one walk for all is simpler.
"""

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from octavo.errors import Denied, Invalid, NotFound, StorageUnavailable
from octavo.files import paths
from octavo.files.failures import told

Identity = tuple[int, int]
_LINKS = 40


class Place(NamedTuple):
    """Where a path leads; its descriptors are open as long as the `with` of `Tree.place`."""

    parent: int  # the directory that holds it
    name: str  # its name there; "." for a directory that was reached without one (the root)
    parts: tuple[str, ...]  # its real path beneath the root: no link among them
    info: os.stat_result | None  # what stands there; None: nothing
    chain: tuple[tuple[int, str], ...]  # the open directories from the root down to `parent`

    @property
    def path(self) -> str:
        return "/".join(self.parts)


class Tree:
    """A folder as a directory descriptor. `lock` is held by whoever checks a name and then takes it."""

    def __init__(self, root: Path, *, hidden: bool = False, refused: Iterable[Path] = ()) -> None:
        """`refused`: directories that are never entered (the profile, should it lie beneath the root)."""
        self.given = Path(os.path.abspath(root))  # a link at the root itself is the owner's choice
        self.real = self.given.resolve()
        self.hidden = hidden
        self.lock = Lock()
        self._bases = (self.real.parts, self.given.parts)
        self.refused = frozenset(identity(os.stat(directory)) for directory in refused if directory.exists())
        with told(str(self.given)):
            self._root = os.open(self.real, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self._root)

    def split(self, path: str) -> tuple[str, ...]:
        return paths.split(path, hidden=self.hidden)

    def real_path(self, place: Place) -> str:
        return str(self.real.joinpath(*place.parts))

    @contextmanager
    def place(self, path: str, *, follow: bool = True) -> Iterator[Place]:
        """`follow`: go on where the last component is a link; else the place is the link itself."""
        opened: list[int] = []
        try:
            with told(path):
                if not os.fstat(self._root).st_nlink:
                    raise StorageUnavailable(f"{self.given} was removed.", hint="Make it again and restart Octavo.")
                found = self._walk(path, self.split(path), follow, opened)
                yield found
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _walk(self, path: str, parts: Sequence[str], follow: bool, opened: list[int]) -> Place:
        chain = [(self._root, "")]
        todo = deque(parts)
        links = 0
        while todo:
            name = todo.popleft()
            if name == "..":  # only from links; the directories walked through are their own real parents
                if len(chain) == 1:
                    raise _leaves(path)
                chain.pop()
                continue
            paths.admit(name, path, hidden=self.hidden)
            parent = chain[-1][0]
            try:
                descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
            except FileNotFoundError:
                if todo:
                    raise
                return _found(chain, name, None)
            opened.append(descriptor)
            info = os.fstat(descriptor)
            if stat.S_ISLNK(info.st_mode) and (todo or follow):
                links += 1
                if links > _LINKS:
                    raise Invalid(f"{path} is a link that leads round in a circle.", hint="Delete the link.")
                todo.extendleft(reversed(self._target(path, descriptor, chain)))
                if len(chain) + len(todo) > paths.DEPTH:
                    raise Invalid(f"{path} is a link that leads too deep.")
                continue
            if identity(info) in self.refused:
                raise Denied(f"{path} is Octavo's own and not served.")
            if not todo:
                return _found(chain, name, info)
            if not stat.S_ISDIR(info.st_mode):
                raise NotFound(f"{path} does not exist.")
            chain.append((descriptor, name))
        return Place(chain[-1][0], ".", _names(chain), os.fstat(chain[-1][0]), tuple(chain))

    def _target(self, path: str, link: int, chain: list[tuple[int, str]]) -> list[str]:
        """What to walk in place of a link; an absolute one starts again at the root, if it names a path beneath it."""
        text = os.readlink("", dir_fd=link)
        target = Path(text).parts  # without empty parts and '.'
        if not text.startswith("/"):
            return list(target)
        for base in self._bases:
            if target[: len(base)] == base:
                del chain[1:]
                return list(target[len(base) :])
        raise _leaves(path)


def identity(info: os.stat_result) -> Identity:
    return (info.st_dev, info.st_ino)


def look(parent: int, name: str) -> os.stat_result | None:
    """What stands at a name, itself and not what it leads to."""
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


def require_file(info: os.stat_result, path: str) -> None:
    """Only regular files are opened: a pipe would hang, a device act."""
    if stat.S_ISDIR(info.st_mode):
        raise Invalid(f"{path or 'The notebook folder'} is a folder.")
    if not stat.S_ISREG(info.st_mode):
        raise Denied(f"{path} is not a regular file.")


def _found(chain: list[tuple[int, str]], name: str, info: os.stat_result | None) -> Place:
    return Place(chain[-1][0], name, (*_names(chain), name), info, tuple(chain))


def _names(chain: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(name for _, name in chain[1:])


def _leaves(path: str) -> Denied:
    return Denied(
        f"{path} leads out of the notebook folder.",
        hint="Copy the file into the folder, or start Octavo on a folder that holds both.",
    )
