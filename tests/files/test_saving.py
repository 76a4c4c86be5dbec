"""A save is whole or not at all: killed at any moment, on a full disk, beside other writers."""

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from octavo.errors import Conflict, Denied, Invalid, NotFound, OctavoError, StorageUnavailable, Unavailable
from octavo.files import saving
from octavo.files.failures import failure
from octavo.files.local import LocalStore
from octavo.settings.schema import Files

pytestmark = pytest.mark.anyio

SIZE = 400_000
WRITER = """
import sys, anyio
from pathlib import Path
from octavo.files.local import LocalStore
from octavo.settings.schema import Files

async def main():
    store = LocalStore(Path(sys.argv[1]), Files())
    print("ready", flush=True)
    n = 0
    while True:
        n += 1
        await store.write("a.txt", bytes([97 + n % 26]) * (400_000 + n % 7))

anyio.run(main)
"""


def kill_while_saving(root: Path, rounds: int, seed: int) -> None:
    pick = random.Random(seed)
    (root / "a.txt").write_bytes(b"a" * SIZE)
    for n in range(rounds):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(pick.uniform(0.0, 0.05))
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        data = (root / "a.txt").read_bytes()
        assert SIZE <= len(data) <= SIZE + 6, (seed, n)
        assert data == data[:1] * len(data), (seed, n)


def test_killed_at_any_moment_a_file_is_the_old_or_the_new_one(root: Path) -> None:
    kill_while_saving(root, 8, seed=3)


@pytest.mark.long
def test_killed_at_any_moment_a_file_is_the_old_or_the_new_one_for_long(root: Path) -> None:
    kill_while_saving(root, 150, seed=int(os.environ.get("SEED", "1")))


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of 1 MB where one may be mounted, else files that cannot grow beyond that."""
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if mount.returncode == 0:
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024**2, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_keeps_the_old_file_and_heals(root: Path) -> None:
    with small_disk(root):
        store = LocalStore(root, Files())
        await store.write("a.txt", b"old")

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 100_000

        with pytest.raises(StorageUnavailable, match=r"full|not fit"):
            await store.write("a.txt", endless())
        with pytest.raises(StorageUnavailable, match=r"full|not fit"):
            await store.write("b.txt", b"x" * 2 * 1024**2)
        assert (await store.read("a.txt")).data == b"old"
        assert [entry.name for entry in root.iterdir()] == ["a.txt"]
        await store.write("a.txt", b"new")
        assert (await store.read("a.txt")).data == b"new"
        store.close()


async def test_two_writers_at_one_version_are_not_both_taken(store: LocalStore) -> None:
    version = (await store.write("a.txt", b"old")).stat.version
    one, two = await store.begin("a.txt", if_version=version), await store.begin("a.txt", if_version=version)
    await one.write(b"one")
    await two.write(b"two")
    await one.commit()
    with pytest.raises(Conflict):
        await two.commit()
    assert (await store.read("a.txt")).data == b"one"


async def test_a_name_is_taken_where_the_disk_has_no_hard_links(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(saving.os, "link", refuse)
    await store.write("a.txt", b"one", if_version="absent")
    await store.move("a.txt", "b.txt")
    await store.write("a.txt", b"two")
    with pytest.raises(Conflict):
        await store.move("a.txt", "b.txt")
    assert (root / "b.txt").read_bytes() == b"one"


async def test_a_failed_sync_is_an_error_and_keeps_the_old_file(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write("a.txt", b"old")

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(saving.os, "fsync", fail)
    with pytest.raises(StorageUnavailable):
        await store.write("a.txt", b"new")
    assert (root / "a.txt").read_bytes() == b"old"
    assert [entry.name for entry in root.iterdir()] == ["a.txt"]


async def test_abandoning_twice_is_harmless(store: LocalStore, root: Path) -> None:
    writing = await store.begin("a.txt")
    await writing.abandon()
    await writing.abandon()
    assert list(root.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StorageUnavailable),
        (errno.EDQUOT, StorageUnavailable),
        (errno.EROFS, StorageUnavailable),
        (errno.EIO, StorageUnavailable),
        (errno.ENOENT, NotFound),
        (errno.ENOTDIR, NotFound),
        (errno.EACCES, Denied),
        (errno.EPERM, Denied),
        (errno.EEXIST, Conflict),
        (errno.ENOTEMPTY, Conflict),
        (errno.ELOOP, Conflict),
        (errno.EISDIR, Invalid),
        (errno.ENAMETOOLONG, Invalid),
        (errno.EXDEV, Invalid),
        (errno.EINVAL, Invalid),
        (errno.EMFILE, Unavailable),
    ],
)
def test_what_the_system_says_becomes_an_error_that_says_what_to_do(number: int, kind: type[OctavoError]) -> None:
    error = failure(OSError(number, os.strerror(number)), "a.txt")
    assert type(error) is kind
    assert "a.txt" in error.message
    assert error.hint or isinstance(error, NotFound | Invalid)
