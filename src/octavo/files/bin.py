"""The bin: what is deleted is renamed, never copied, and can be put back for a time.

Where it goes: `<profile>/bin/<id>` if that is on the same disk, else `.octavo-bin/<id>` (0700) in the topmost folder of its
own disk, which is the root itself unless a disk is mounted beneath it. A row says so before the rename, so that a crash
between the two leaves a row without a thing, which is left out and swept, and never a thing without a row.
"""

import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from octavo.errors import Conflict, Denied, Invalid, NotFound
from octavo.files import beneath, naming, paths, saving
from octavo.files.beneath import Place
from octavo.files.failures import told
from octavo.files.local import LocalStore, sync
from octavo.files.ports import Binned, BinRows

NAME = paths.OWN + "bin"
PROFILE = "profile"
"""`Binned.where` of the profile's bin; that of a folder's is `./` and the folder's path."""

FRESH = 3600.0
"""Seconds that what was deleted stays even if it is larger than the share of the disk that the bin may take."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def path_of(id: str) -> str:
    """Under which path what belongs to a deleted file is kept meanwhile: one that no store serves."""
    return f"{NAME}/{id}"


class Bin:
    """The bin of a local store."""

    def __init__(
        self, store: LocalStore, directory: Path, rows: BinRows, *, days: int, clock: Callable[[], float] = time.time
    ) -> None:
        """`directory`: the profile's bin; made if it is not there."""
        self._store, self._tree, self._directory, self._rows = store, store.tree, directory, rows
        self._days, self._clock = days, clock
        with told(str(directory)):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    @staticmethod
    def new_id() -> str:
        return secrets.token_hex(8)

    async def discard(self, path: str, id: str) -> Binned:
        """Put the file, link or folder at `path` into the bin as `id`."""
        row, places = await self._store.run(self._inspect, path, id)
        for where in places:
            row = msgspec.structs.replace(row, where=where)
            await self._rows.put(row)
            try:
                if await self._store.run(self._put_away, row):
                    return row
            except BaseException:
                await self._rows.remove(id)
                raise
        await self._rows.remove(id)
        raise Denied(f"{path} lies on a disk of its own and cannot go to the bin.", hint="Delete what is in it.")

    async def list(self) -> Sequence[Binned]:
        """What can be put back, newest first."""
        rows = await self._rows.all()
        there = await self._store.run(self._there, rows)
        return sorted(there, key=lambda row: row.at, reverse=True)

    async def restore(self, id: str) -> str:
        """Put it back, beside whatever has its name by now; returns where it is."""
        row = await self._row(id)
        path = await self._store.run(self._put_back, row)
        await self._rows.remove(id)
        return path

    async def remove(self, id: str) -> None:
        """Delete it for good."""
        row = await self._row(id)
        await self._store.run(self._destroy, row)
        await self._rows.remove(id)

    async def purge(self) -> Sequence[str]:
        """Delete for good what is too old or too much, and rows of what is not there; returns the ids."""
        rows = await self._rows.all()
        there = await self._store.run(self._there, rows)
        now, held = self._clock(), {row.id for row in there}
        gone = [row for row in rows if row.id not in held and now - row.at > FRESH]
        doomed = overdue(there, now=now, days=self._days, free=await self._store.run(self._free))
        for row in doomed:
            await self._store.run(self._destroy, row)
        for row in (*gone, *doomed):
            await self._rows.remove(row.id)
        return [row.id for row in (*gone, *doomed)]

    async def _row(self, id: str) -> Binned:
        for row in await self.list():
            if row.id == id:
                return row
        raise NotFound("This is not in the bin any more.")

    # What follows runs in threads.

    def _inspect(self, path: str, id: str) -> tuple[Binned, Sequence[str]]:
        """Its row, and the bins that may take it, best first."""
        if not path:
            raise Invalid("The notebook folder itself cannot be deleted.")
        with self._tree.place(path, follow=False) as place:
            if place.info is None:
                raise NotFound(f"{path} does not exist.")
            folder = stat.S_ISDIR(place.info.st_mode)
            size = _size(place.parent, place.name) if folder else place.info.st_size
            row = Binned(id, place.path, PROFILE, self._clock(), size, folder)
            own = "./" + "/".join(_topmost(place))
            same = os.stat(self._directory).st_dev == place.info.st_dev
        return row, (PROFILE, own) if same else (own,)

    def _put_away(self, row: Binned) -> bool:
        """False: that bin is on another disk after all (of a bind mount the system tells only now)."""
        with self._tree.place(row.path, follow=False) as place, self._opened(row.where, make=True) as target:
            if place.info is None:
                raise NotFound(f"{row.path} does not exist.")
            try:
                os.rename(place.name, row.id, src_dir_fd=place.parent, dst_dir_fd=target)
            except OSError as error:
                if error.errno == errno.EXDEV:
                    return False
                raise
            sync(place.parent, target)
        return True

    def _put_back(self, row: Binned) -> str:
        folder = paths.folder_of(row.path)
        self._make_folders(folder)
        with self._opened(row.where) as source:
            for name in naming.numbered_as(paths.name_of(row.path), "-Restored"):
                path = paths.join(folder, name)
                with self._tree.place(path, follow=False) as place, self._tree.lock:
                    try:
                        saving.take_name(source, row.id, place.parent, place.name)
                    except FileExistsError:
                        continue
                    sync(place.parent, source)
                    return path
        raise AssertionError("there is always another name")

    def _make_folders(self, folder: str) -> None:
        done = ""
        for name in folder.split("/") if folder else ():
            done = paths.join(done, name)
            with self._tree.place(done) as place:
                if place.info is None:
                    os.mkdir(place.name, dir_fd=place.parent)
                elif not stat.S_ISDIR(place.info.st_mode):
                    raise Conflict(f"{done} is a file now.", hint="Rename it, then put this back.")

    def _destroy(self, row: Binned) -> None:
        with self._opened(row.where) as directory, told(row.path):
            info = beneath.look(directory, row.id)
            if info is None:
                return
            if stat.S_ISDIR(info.st_mode):
                shutil.rmtree(row.id, dir_fd=directory)
            else:
                os.unlink(row.id, dir_fd=directory)

    def _there(self, rows: Sequence[Binned]) -> Sequence[Binned]:
        return [row for row in rows if self._is_there(row)]

    def _is_there(self, row: Binned) -> bool:
        try:
            with self._opened(row.where) as directory:
                return beneath.look(directory, row.id) is not None
        except (NotFound, Denied):
            return False

    def _free(self) -> int:
        space = os.statvfs(self._directory)
        return space.f_bavail * space.f_frsize

    @contextmanager
    def _opened(self, where: str, *, make: bool = False) -> Iterator[int]:
        """A descriptor of the bin that `where` names."""
        if where == PROFILE:
            with told(str(self._directory)):
                descriptor = os.open(self._directory, _DIRECTORY)
        else:
            descriptor = self._open_folder(where.removeprefix("./"), make=make)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _open_folder(self, folder: str, *, make: bool) -> int:
        with self._tree.place(folder) as place:
            holder = os.open(place.name, _DIRECTORY, dir_fd=place.parent)
            try:
                if make and beneath.look(holder, NAME) is None:
                    os.mkdir(NAME, 0o700, dir_fd=holder)
                descriptor = os.open(NAME, _DIRECTORY, dir_fd=holder)
            finally:
                os.close(holder)
            info = os.fstat(descriptor)
            if info.st_uid != os.geteuid() or info.st_mode & 0o077:
                os.close(descriptor)
                raise Denied(
                    f"{paths.join(folder, NAME)} is open to others, so nothing can be put there.",
                    hint="Remove that folder, or make it yours with mode 0700.",
                )
            return descriptor


def overdue(rows: Sequence[Binned], *, now: float, days: int, free: int) -> list[Binned]:
    """What must go: older than `days`, then the oldest until the rest takes at most a tenth of the free disk."""
    ordered = sorted(rows, key=lambda row: row.at)
    doomed = [row for row in ordered if now - row.at > days * 86400]
    rest = ordered[len(doomed) :]
    total = sum(row.size for row in rest)
    for row in rest:
        if total <= free // 10 or now - row.at < FRESH:
            break
        doomed.append(row)
        total -= row.size
    return doomed


def _topmost(place: Place) -> tuple[str, ...]:
    """The folder nearest to the root that is on the same disk as what stands at `place`."""
    assert place.info is not None
    for depth, (descriptor, _) in enumerate(place.chain):
        if os.fstat(descriptor).st_dev == place.info.st_dev:
            return place.parts[:depth]
    return place.parts[:-1]


def _size(parent: int, name: str) -> int:
    """Bytes in a folder and all beneath it, as far as it can be read."""
    total = 0
    for _, _, files, descriptor in os.fwalk(name, dir_fd=parent):
        found = (beneath.look(descriptor, file) for file in files)
        total += sum(info.st_size for info in found if info is not None)
    return total
