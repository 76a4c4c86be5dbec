"""The local store: a folder of this machine's disk, reached by descriptors alone (`beneath`), saved atomically (`saving`).

The methods are those of `store.Store`; each does its work in a thread of this room's own limited pool.
"""

import io
import os
import stat
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import anyio
import msgspec

from octavo.errors import Conflict, Denied, Invalid, NotFound, TooLarge, Unavailable
from octavo.files import beneath, paths, saving
from octavo.files.beneath import Place, Tree
from octavo.files.failures import told
from octavo.files.saving import Expected, Saving, Upkeep
from octavo.files.store import PIECE, Content, Kind, Saved, Stat
from octavo.settings import schema

T = TypeVar("T")

THREADS = 8
_TRIES = 16
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class LocalReading:
    """A regular file, open. See `store.Reading`."""

    def __init__(self, store: "LocalStore", descriptor: int, found: Stat) -> None:
        self._store, self._descriptor, self._stat = store, descriptor, found

    @property
    def stat(self) -> Stat:
        return self._stat

    async def chunks(self, start: int, length: int) -> AsyncIterator[bytes]:
        end = start + length
        while start < end:
            data = await self._store.run(self._piece, start, min(PIECE, end - start))
            if not data:
                raise Unavailable(f"{self._stat.path} was cut short while it was read.", hint="Load it again.")
            start += len(data)
            yield data

    def _piece(self, start: int, length: int) -> bytes:
        with told(self._stat.path):
            return os.pread(self._descriptor, length, start)


class LocalWriting:
    """See `store.Writing`."""

    def __init__(self, store: "LocalStore", under_way: Saving) -> None:
        self._store, self._saving = store, under_way

    @property
    def written(self) -> int:
        return self._saving.written

    async def write(self, data: bytes) -> None:
        await self._store.run(self._saving.write, data)

    async def content(self) -> bytes:
        return await self._store.run(self._saving.content)

    async def commit(self) -> Saved:
        return await self._store.run(self._store.commit, self._saving)

    async def abandon(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._store.run(self._saving.abandon)


class LocalStore:
    """`root` and everything beneath it, for the life of the server."""

    def __init__(self, root: Path, settings: schema.Files, *, refused: Iterable[Path] = ()) -> None:
        """`refused`: directories never served though they lie beneath the root, as the profile's."""
        self.tree = Tree(root, hidden=settings.hidden, refused=refused)
        self._upkeep = Upkeep()
        self._limiter = anyio.CapacityLimiter(THREADS)

    def close(self) -> None:
        self.tree.close()

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Blocking work of this room, in its pool of threads."""
        return await anyio.to_thread.run_sync(function, *arguments, limiter=self._limiter)

    async def stat(self, path: str) -> Stat:
        return await self.run(self._stat, path)

    async def real_path(self, path: str, *, follow: bool = True) -> str:
        """The absolute path of what `path` opens, or would make: no link among its parts."""
        return await self.run(self._real_path, path, follow)

    async def list(self, path: str) -> Sequence[Stat]:
        return await self.run(self._list, path)

    async def read(self, path: str, *, limit: int | None = None) -> Content:
        return await self.run(self._read, path, limit)

    @asynccontextmanager
    async def open(self, path: str) -> AsyncIterator[LocalReading]:
        descriptor, found = await self.run(self._open, path)
        try:
            yield LocalReading(self, descriptor, found)
        finally:
            os.close(descriptor)

    async def begin(
        self, path: str, *, if_version: Expected = None, limit: int | None = None, size: int | None = None
    ) -> LocalWriting:
        return LocalWriting(self, await self.run(self._begin, path, if_version, limit, size))

    async def write(
        self,
        path: str,
        data: bytes | AsyncIterable[bytes],
        *,
        if_version: Expected = None,
        limit: int | None = None,
    ) -> Saved:
        if isinstance(data, bytes):
            return await self.run(self._write, path, data, if_version, limit)
        writing = await self.begin(path, if_version=if_version, limit=limit)
        try:
            async for piece in data:
                await writing.write(piece)
        except BaseException:
            await writing.abandon()
            raise
        return await writing.commit()

    async def make_directory(self, path: str) -> Stat:
        return await self.run(self._make_directory, path)

    async def move(self, old: str, new: str) -> Stat:
        return await self.run(self._move, old, new)

    async def delete(self, path: str) -> None:
        await self.run(self._delete, path)

    # What follows runs in threads.

    def commit(self, under_way: Saving) -> Saved:
        info, created = under_way.commit()
        real = str(self.tree.real.joinpath(*under_way.parts))
        return Saved(_stat_of(under_way.path, info, writable=True, real=real), created)

    def _stat(self, path: str) -> Stat:
        with self.tree.place(path) as place:
            return self._of(path, place)

    def _of(self, path: str, place: Place) -> Stat:
        if place.info is None:
            raise NotFound(f"{path} does not exist.")
        if not (stat.S_ISREG(place.info.st_mode) or stat.S_ISDIR(place.info.st_mode)):
            raise Denied(f"{path} is neither a file nor a folder.")
        writable = os.access(place.name, os.W_OK, dir_fd=place.parent)
        return _stat_of(path, place.info, writable=writable, real=self.tree.real_path(place))

    def _real_path(self, path: str, follow: bool) -> str:
        with self.tree.place(path, follow=follow) as place:
            return self.tree.real_path(place)

    def _list(self, path: str) -> Sequence[Stat]:
        with self.tree.place(path) as place:
            if place.info is None:
                raise NotFound(f"{path} does not exist.")
            directory = os.open(place.name, _OPEN | os.O_DIRECTORY, dir_fd=place.parent)
            try:
                found = [self._entry(directory, place, path, name) for name in sorted(os.listdir(directory))]
            finally:
                os.close(directory)
        return [entry for entry in found if entry is not None]

    def _entry(self, directory: int, folder: Place, path: str, name: str) -> Stat | None:
        try:
            child = paths.join(path, name)
            self.tree.split(name)
            info = beneath.look(directory, name)
            if info is None:
                return None
            if stat.S_ISLNK(info.st_mode):
                return self._link(child, info)
            if not (stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode)):
                return None
            if beneath.identity(info) in self.tree.refused:
                return None
            real = str(self.tree.real.joinpath(*(part for part in folder.parts if part), name))
            return _stat_of(child, info, writable=os.access(name, os.W_OK, dir_fd=directory), real=real)
        except (Denied, Invalid):  # hidden, ours, or no name that JSON can carry
            return None

    def _link(self, path: str, info: os.stat_result) -> Stat | None:
        """A link as what it leads to; as itself where that is not there or not ours to open; a circle not at all."""
        try:
            return msgspec.structs.replace(self._stat(path), linked=True)
        except (NotFound, Denied):
            return _stat_of(path, info, writable=False, real="", kind="link")
        except Invalid:
            return None

    def _open(self, path: str) -> tuple[int, Stat]:
        """An open descriptor of a regular file, and its stat. What is swapped for a link meanwhile is walked again."""
        for _ in range(_TRIES):
            with self.tree.place(path) as place:
                if place.info is None:
                    raise NotFound(f"{path} does not exist.")
                beneath.require_file(place.info, path)
                try:
                    descriptor = os.open(place.name, _OPEN, dir_fd=place.parent)
                except OSError:
                    if _still(place):
                        raise
                    continue
                try:
                    info = os.fstat(descriptor)
                    beneath.require_file(info, path)
                    writable = os.access(place.name, os.W_OK, dir_fd=place.parent)
                    return descriptor, _stat_of(path, info, writable=writable, real=self.tree.real_path(place))
                except BaseException:
                    os.close(descriptor)
                    raise
        raise Conflict(f"{path} changes all the time.", hint="Try again.")

    def _read(self, path: str, limit: int | None) -> Content:
        """Bytes with the version that they had. Where somebody writes without pause it is the one before them."""
        for tries_left in reversed(range(_TRIES)):
            descriptor, found = self._open(path)
            with told(path), io.FileIO(descriptor) as file:
                if limit is not None and found.size > limit:
                    raise TooLarge(f"{path} has {found.size} bytes; at most {limit} are read here.")
                data = file.readall()
                if saving.version_of(os.fstat(descriptor)) == found.version or not tries_left:
                    return Content(data, found.version, found)
        raise AssertionError("the last try returns")

    def _begin(self, path: str, expected: Expected, limit: int | None, size: int | None) -> Saving:
        if not path:
            raise Invalid("The notebook folder itself is no file.")
        return Saving(self.tree, path, expected=expected, limit=limit, size=size, upkeep=self._upkeep)

    def _write(self, path: str, data: bytes, expected: Expected, limit: int | None) -> Saved:
        under_way = self._begin(path, expected, limit, len(data))
        try:
            under_way.write(data)
        except BaseException:
            under_way.abandon()
            raise
        return self.commit(under_way)

    def _make_directory(self, path: str) -> Stat:
        with self.tree.place(path) as place:
            if place.info is not None:
                raise Conflict(f"{path or 'The notebook folder'} exists already.", hint="Choose another name.")
            os.mkdir(place.name, dir_fd=place.parent)
        return self._stat(path)

    def _move(self, old: str, new: str) -> Stat:
        if not old or not new:
            raise Invalid("The notebook folder itself cannot be renamed here.")
        with self.tree.place(old, follow=False) as source, self.tree.place(new, follow=False) as target:
            if source.info is None:
                raise NotFound(f"{old} does not exist.")
            if target.parts[: len(source.parts)] == source.parts and len(target.parts) > len(source.parts):
                raise Invalid(f"{old} cannot be moved into itself.")
            with self.tree.lock, told(new):
                if _only_case_differs(source, target):
                    os.rename(source.name, target.name, src_dir_fd=source.parent, dst_dir_fd=target.parent)
                else:
                    try:
                        saving.take_name(source.parent, source.name, target.parent, target.name)
                    except FileExistsError as error:
                        raise Conflict(f"{new} exists already.", hint="Choose another name.") from error
            sync(source.parent, target.parent)
        return self._stat_of_link(new)

    def _stat_of_link(self, path: str) -> Stat:
        with self.tree.place(path, follow=False) as place:
            if place.info is not None and stat.S_ISLNK(place.info.st_mode):
                found = self._link(path, place.info)
                return found or _stat_of(path, place.info, writable=False, real="", kind="link")
            return self._of(path, place)

    def _delete(self, path: str) -> None:
        if not path:
            raise Invalid("The notebook folder itself cannot be deleted.")
        with self.tree.place(path, follow=False) as place:
            if place.info is None:
                raise NotFound(f"{path} does not exist.")
            if stat.S_ISDIR(place.info.st_mode):
                os.rmdir(place.name, dir_fd=place.parent)
            else:
                os.unlink(place.name, dir_fd=place.parent)
            sync(place.parent)


def sync(*directories: int) -> None:
    """Make renames in these directories (O_PATH descriptors, which cannot be synced themselves) last."""
    for directory in directories:
        readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
        try:
            os.fsync(readable)
        finally:
            os.close(readable)


def _still(place: Place) -> bool:
    info = beneath.look(place.parent, place.name)
    return info is not None and place.info is not None and beneath.identity(info) == beneath.identity(place.info)


def _only_case_differs(source: Place, target: Place) -> bool:
    """On a disk that does not tell A from a, the new name is the old file."""
    return (
        source.info is not None
        and target.info is not None
        and beneath.identity(source.info) == beneath.identity(target.info)
        and source.parts[:-1] == target.parts[:-1]
        and source.name != target.name
        and source.name.casefold() == target.name.casefold()
    )


def _stat_of(path: str, info: os.stat_result, *, writable: bool, real: str, kind: Kind | None = None) -> Stat:
    return Stat(
        path=path,
        kind=kind or ("directory" if stat.S_ISDIR(info.st_mode) else "file"),
        size=info.st_size,
        modified_ns=info.st_mtime_ns,
        created_ns=info.st_ctime_ns,
        writable=writable,
        version=saving.version_of(info),
        identity=beneath.identity(info),
        real=real,
    )
