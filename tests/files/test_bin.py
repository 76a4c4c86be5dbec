"""The bin: deleting renames, restoring never replaces, and what is too old or too much goes."""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo.errors import Conflict, Denied, Invalid, NotFound
from octavo.files import bin
from octavo.files.bin import Bin, overdue
from octavo.files.local import LocalStore
from octavo.files.ports import Binned

pytestmark = pytest.mark.anyio

DAY = 86400.0


class Rows:
    """Rows in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, Binned] = {}

    async def put(self, row: Binned) -> None:
        self.rows[row.id] = row

    async def remove(self, id: str) -> None:
        self.rows.pop(id, None)

    async def all(self) -> list[Binned]:
        return list(self.rows.values())


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "profile"


@pytest.fixture
def binned(store: LocalStore, profile: Path, rows: Rows, clock: Clock) -> Bin:
    return Bin(store, profile / "bin", rows, days=30, clock=clock)


@pytest.fixture
def elsewhere(binned: Bin, monkeypatch: pytest.MonkeyPatch) -> Bin:
    """A bin of a profile on another disk than the files."""
    real = os.rename

    def rename(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        if os.readlink(f"/proc/self/fd/{dst_dir_fd}") == str(binned._directory):
            raise OSError(18, "Invalid cross-device link")
        real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(bin.os, "rename", rename)
    return binned


async def test_a_deleted_file_is_renamed_and_comes_back(
    binned: Bin, store: LocalStore, root: Path, profile: Path
) -> None:
    await store.write("a.txt", b"one")
    inode = (root / "a.txt").stat().st_ino
    row = await binned.discard("a.txt", "id1")
    assert (row.path, row.where, row.size, row.folder) == ("a.txt", bin.PROFILE, 3, False)
    assert not (root / "a.txt").exists()
    assert (profile / "bin" / "id1").stat().st_ino == inode
    assert stat.S_IMODE((profile / "bin").stat().st_mode) == 0o700
    assert await binned.list() == [row]
    assert await binned.restore("id1") == "a.txt"
    assert (root / "a.txt").stat().st_ino == inode
    assert await binned.list() == []


async def test_a_folder_goes_with_what_is_in_it(binned: Bin, store: LocalStore, root: Path) -> None:
    (root / "d" / "e").mkdir(parents=True)
    (root / "d" / "e" / "x").write_bytes(b"12345")
    (root / "d" / "out").symlink_to("/etc")
    row = await binned.discard("d", "id1")
    assert (row.folder, row.size) == (True, 5)
    assert list(root.iterdir()) == []
    await binned.restore("id1")
    assert (root / "d" / "e" / "x").read_bytes() == b"12345"


async def test_on_another_disk_the_bin_is_in_the_root(elsewhere: Bin, store: LocalStore, root: Path) -> None:
    (root / "d").mkdir()
    await store.write("d/a.txt", b"one")
    row = await elsewhere.discard("d/a.txt", "id1")
    assert row.where == "./"
    assert (root / ".octavo-bin" / "id1").read_bytes() == b"one"
    assert stat.S_IMODE((root / ".octavo-bin").stat().st_mode) == 0o700
    assert [entry.path for entry in await store.list("")] == ["d"]
    assert await elsewhere.restore("id1") == "d/a.txt"


async def test_a_bin_in_the_root_that_is_open_to_others_is_refused(
    elsewhere: Bin, store: LocalStore, root: Path
) -> None:
    (root / ".octavo-bin").mkdir(mode=0o755)
    await store.write("a.txt", b"one")
    with pytest.raises(Denied):
        await elsewhere.discard("a.txt", "id1")
    (root / ".octavo-bin").rmdir()
    (root / ".octavo-bin").symlink_to("/tmp")
    with pytest.raises((NotFound, Conflict, Denied)):
        await elsewhere.discard("a.txt", "id1")
    assert (root / "a.txt").read_bytes() == b"one"
    assert await elsewhere.list() == []


@pytest.fixture
def disk(root: Path) -> Iterator[tuple[Path, bool]]:
    """A folder of its own disk, and whether this machine let us mount one (else it is a plain folder)."""
    folder = root / "d" / "disk"
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    is_own = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield folder, is_own
    if is_own:
        subprocess.run(["umount", "--lazy", folder], check=True)


async def test_a_disk_mounted_beneath_the_root_has_its_own_bin(
    binned: Bin, store: LocalStore, disk: tuple[Path, bool]
) -> None:
    await store.make_directory("d/disk/deep")
    await store.write("d/disk/deep/a.txt", b"one")
    row = await binned.discard("d/disk/deep/a.txt", "id1")
    assert row.where == ("./d/disk" if disk[1] else bin.PROFILE)
    assert (await binned.list())[0].id == "id1"
    assert await binned.restore("id1") == "d/disk/deep/a.txt"
    if disk[1]:
        with pytest.raises(Denied):
            await binned.discard("d/disk", "id2")
        assert await binned.list() == []


async def test_restoring_never_replaces_and_makes_the_folders_again(binned: Bin, store: LocalStore, root: Path) -> None:
    (root / "d").mkdir()
    for n, id in enumerate(("id1", "id2", "id3")):
        await store.write("d/a.tar.gz", str(n).encode())
        await binned.discard("d/a.tar.gz", id)
    (root / "d").rmdir()
    assert await binned.restore("id1") == "d/a.tar.gz"
    assert await binned.restore("id2") == "d/a-Restored1.tar.gz"
    assert await binned.restore("id3") == "d/a-Restored2.tar.gz"
    assert [(root / "d" / name).read_text() for name in ("a.tar.gz", "a-Restored1.tar.gz", "a-Restored2.tar.gz")] == [
        "0",
        "1",
        "2",
    ]


async def test_a_file_where_its_folder_was_is_in_the_way(binned: Bin, store: LocalStore, root: Path) -> None:
    (root / "d").mkdir()
    await store.write("d/a.txt", b"one")
    await binned.discard("d/a.txt", "id1")
    (root / "d").rmdir()
    (root / "d").write_text("")
    with pytest.raises(Conflict):
        await binned.restore("id1")
    assert [row.id for row in await binned.list()] == ["id1"]


async def test_a_link_goes_itself(binned: Bin, root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_text("x")
    (root / "out").symlink_to("../outside")
    await binned.discard("out", "id1")
    await binned.remove("id1")
    assert (tmp_path / "outside" / "x").read_text() == "x"


async def test_what_cannot_go_to_the_bin(binned: Bin, store: LocalStore, root: Path) -> None:
    with pytest.raises(NotFound):
        await binned.discard("no", "id1")
    with pytest.raises(Invalid):
        await binned.discard("", "id1")
    (root / ".hidden").write_text("")
    with pytest.raises(Denied):
        await binned.discard(".hidden", "id1")
    assert await binned.list() == []


async def test_gone_for_good(binned: Bin, store: LocalStore, root: Path, profile: Path) -> None:
    (root / "d" / "e").mkdir(parents=True)
    (root / "d" / "e" / "x").write_text("x")
    await binned.discard("d", "id1")
    await binned.remove("id1")
    assert list((profile / "bin").iterdir()) == []
    for act in (binned.remove, binned.restore):
        with pytest.raises(NotFound):
            await act("id1")


async def test_a_row_without_a_thing_is_left_out_and_swept_later(binned: Bin, rows: Rows, clock: Clock) -> None:
    await rows.put(Binned("ghost", "a.txt", bin.PROFILE, clock.now, 3, False))
    await rows.put(Binned("lost", "a.txt", "./nowhere", clock.now, 3, False))
    assert await binned.list() == []
    assert await binned.purge() == []
    clock.now += bin.FRESH + 1
    assert sorted(await binned.purge()) == ["ghost", "lost"]
    assert rows.rows == {}


async def test_the_newest_is_first_and_the_old_go(
    binned: Bin, store: LocalStore, root: Path, profile: Path, clock: Clock
) -> None:
    for id in ("old", "young"):
        await store.write("a.txt", b"x")
        await binned.discard("a.txt", id)
        clock.now += 20 * DAY
    assert [row.id for row in await binned.list()] == ["young", "old"]
    assert await binned.purge() == ["old"]
    assert [entry.name for entry in (profile / "bin").iterdir()] == ["young"]


def row(id: str, at: float, size: int) -> Binned:
    return Binned(id, id, bin.PROFILE, at, size, False)


def gone(*rows: Binned, free: int, days: int = 30) -> list[str]:
    return [row.id for row in overdue(rows, now=100 * DAY, days=days, free=free)]


def test_the_oldest_go_until_a_tenth_of_the_free_disk_is_left() -> None:
    rows = [row("new", 99 * DAY, 50), row("newer", 98 * DAY, 50), row("oldest", 97 * DAY, 50)]
    assert gone(*rows, free=1500) == []
    assert gone(*rows, free=1499) == ["oldest"]
    assert gone(*rows, free=999) == ["oldest", "newer"]
    assert gone(*rows, free=0) == ["oldest", "newer", "new"]


def test_what_was_just_deleted_stays_however_large() -> None:
    assert gone(row("now", 100 * DAY - 60, 10**12), row("old", 90 * DAY, 1), free=100) == ["old"]


def test_what_is_too_old_goes_however_small() -> None:
    assert gone(row("old", 60 * DAY, 0), row("young", 80 * DAY, 0), free=10**12) == ["old"]
