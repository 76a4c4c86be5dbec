"""The local store in ordinary use: what is written is read, versions tell, modes stay."""

import logging
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from octavo.errors import Conflict, Denied, Invalid, NotFound, StorageUnavailable, TooLarge
from octavo.files import saving
from octavo.files.local import LocalStore
from octavo.files.store import Store, Version, content_hash
from octavo.settings.schema import Files

pytestmark = pytest.mark.anyio


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_the_local_store_is_a_store(store: LocalStore) -> None:
    fits: Store = store
    assert fits is store


async def test_what_is_written_is_read(store: LocalStore, root: Path) -> None:
    saved = await store.write("a.txt", b"one")
    assert saved.created
    assert (root / "a.txt").read_bytes() == b"one"
    content = await store.read("a.txt")
    assert content.data == b"one"
    assert content.version == saved.stat.version
    assert content.stat.real == str(root / "a.txt")
    assert content.stat.identity == ((root / "a.txt").stat().st_dev, (root / "a.txt").stat().st_ino)


async def test_a_second_write_is_no_creation_and_another_version(store: LocalStore) -> None:
    first = await store.write("a.txt", b"one")
    second = await store.write("a.txt", b"two")
    assert not second.created
    assert first.stat.version != second.stat.version
    assert (await store.stat("a.txt")).version == second.stat.version


async def test_a_write_at_its_version_is_taken_and_at_another_refused(store: LocalStore, root: Path) -> None:
    first = (await store.write("a.txt", b"one")).stat.version
    second = (await store.write("a.txt", b"two", if_version=first)).stat.version
    with pytest.raises(Conflict):
        await store.write("a.txt", b"three", if_version=first)
    (root / "a.txt").unlink()
    with pytest.raises(Conflict):
        await store.write("a.txt", b"three", if_version=second)
    assert list(root.iterdir()) == []


async def test_a_write_that_expects_nothing_there_never_replaces(store: LocalStore, root: Path) -> None:
    await store.write("a.txt", b"one", if_version="absent")
    with pytest.raises(Conflict):
        await store.write("a.txt", b"two", if_version="absent")
    assert (root / "a.txt").read_bytes() == b"one"
    assert [entry.name for entry in root.iterdir()] == ["a.txt"]


async def test_a_name_taken_while_the_write_was_under_way_is_not_replaced(store: LocalStore, root: Path) -> None:
    writing = await store.begin("a.txt", if_version="absent")
    await writing.write(b"ours")
    (root / "a.txt").write_bytes(b"theirs")
    with pytest.raises(Conflict):
        await writing.commit()
    assert (root / "a.txt").read_bytes() == b"theirs"
    assert [entry.name for entry in root.iterdir()] == ["a.txt"]


async def test_a_stream_is_written_whole_or_not_at_all(store: LocalStore, root: Path) -> None:
    await store.write("a.txt", pieces(b"one ", b"two"), limit=7)
    assert (root / "a.txt").read_bytes() == b"one two"
    with pytest.raises(TooLarge):
        await store.write("a.txt", pieces(b"four", b"five"), limit=7)

    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("the client went")

    with pytest.raises(RuntimeError):
        await store.write("a.txt", broken())
    assert (root / "a.txt").read_bytes() == b"one two"
    assert [entry.name for entry in root.iterdir()] == ["a.txt"]


async def test_a_write_under_way_is_not_seen_and_can_be_read_back(store: LocalStore, root: Path) -> None:
    writing = await store.begin("a.txt")
    await writing.write(b"one ")
    await writing.write(b"two")
    assert writing.written == 7
    assert await writing.content() == b"one two"
    assert await store.list("") == []
    await writing.abandon()
    assert list(root.iterdir()) == []


async def test_a_file_too_large_to_read_is_refused(store: LocalStore) -> None:
    await store.write("a.txt", b"12345")
    assert (await store.read("a.txt", limit=5)).data == b"12345"
    with pytest.raises(TooLarge):
        await store.read("a.txt", limit=4)


async def test_an_open_file_stays_what_it_was_while_it_is_saved_anew(store: LocalStore) -> None:
    await store.write("a.txt", b"0123456789")
    async with store.open("a.txt") as reading:
        await store.write("a.txt", b"abcdefghij")
        assert [piece async for piece in reading.chunks(2, 5)] == [b"23456"]


async def test_a_file_cut_short_while_it_is_read_is_an_error(store: LocalStore, root: Path) -> None:
    await store.write("a.txt", b"0123456789")
    async with store.open("a.txt") as reading:
        os.truncate(root / "a.txt", 3)
        with pytest.raises(Exception, match="cut short"):
            [piece async for piece in reading.chunks(0, 10)]


async def test_a_folder_lists_files_folders_and_links_by_name(store: LocalStore, root: Path) -> None:
    await store.write("b.txt", b"")
    await store.make_directory("a")
    (root / "broken").symlink_to("nowhere")
    (root / "out").symlink_to("/etc/passwd")
    (root / "in").symlink_to("b.txt")
    (root / "circle").symlink_to("circle")
    (root / ".hidden").write_text("")
    os.mkfifo(root / "pipe")
    (root / os.fsdecode(b"bad-\xff")).write_text("")
    found = {entry.path: entry.kind for entry in await store.list("")}
    assert found == {"a": "directory", "b.txt": "file", "broken": "link", "in": "file", "out": "link"}
    assert list(found) == sorted(found)
    assert [entry.path for entry in await store.list("a")] == []
    await store.write("a/c.txt", b"")
    (entry,) = await store.list("a")
    assert (entry.path, entry.real) == ("a/c.txt", str(root / "a" / "c.txt"))
    assert entry == await store.stat("a/c.txt")


async def test_mode_and_group_are_kept(store: LocalStore, root: Path) -> None:
    path = root / "a.txt"
    path.write_text("one")
    path.chmod(0o640)
    await store.write("a.txt", b"two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o664)
    await store.write("a.txt", b"three")
    assert stat.S_IMODE(path.stat().st_mode) == 0o664


async def test_a_new_file_has_the_mode_that_the_umask_leaves(store: LocalStore, root: Path) -> None:
    before = os.umask(0o027)
    try:
        await store.write("a.txt", b"one")
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "a.txt").stat().st_mode) == 0o640


async def test_the_users_extended_attributes_are_kept(store: LocalStore, root: Path) -> None:
    path = root / "a.txt"
    path.write_text("one")
    os.setxattr(path, "user.note", b"mine")
    await store.write("a.txt", b"two")
    assert os.getxattr(path, "user.note") == b"mine"


async def test_owner_and_group_are_kept_where_the_system_allows(store: LocalStore, root: Path) -> None:
    path = root / "a.txt"
    path.write_text("one")
    if os.geteuid() == 0:  # nobody else may give files away
        os.chown(path, 12345, 23456)
    path.chmod(0o660)
    before = path.stat()
    await store.write("a.txt", b"two")
    after = path.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)


async def test_what_cannot_be_kept_is_said_once_and_gives_no_other_group_its_rights(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    class Foreign:
        """The stat of a file that belongs to somebody else."""

        def __init__(self, info: os.stat_result) -> None:
            self.st_uid, self.st_gid, self.st_mode = info.st_uid + 1, info.st_gid + 1, info.st_mode

    monkeypatch.setattr(saving.os, "fchown", refuse)
    path = root / "a.txt"
    path.write_text("one")
    path.chmod(0o674)
    upkeep = saving.Upkeep()
    directory = os.open(root, os.O_RDONLY)
    new = os.open(root / "new", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with caplog.at_level(logging.WARNING):
            upkeep.keep_attributes(new, Foreign(path.stat()), directory, "a.txt", "a.txt")
            upkeep.keep_attributes(new, Foreign(path.stat()), directory, "a.txt", "a.txt")
    finally:
        os.close(new)
        os.close(directory)
    assert stat.S_IMODE((root / "new").stat().st_mode) == 0o644
    assert len(caplog.records) == 1


async def test_a_link_is_written_through_to_its_target(store: LocalStore, root: Path) -> None:
    (root / "data").mkdir()
    (root / "data" / "real.txt").write_text("one")
    (root / "link.txt").symlink_to("data/real.txt")
    await store.write("link.txt", b"two")
    assert (root / "link.txt").is_symlink()
    assert (root / "data" / "real.txt").read_bytes() == b"two"
    assert (await store.stat("link.txt")).real == str(root / "data" / "real.txt")


async def test_a_link_to_nothing_makes_its_target(store: LocalStore, root: Path) -> None:
    (root / "link.txt").symlink_to("new.txt")
    await store.write("link.txt", b"one")
    assert (root / "new.txt").read_bytes() == b"one"


async def test_an_absolute_link_beneath_the_root_is_followed(store: LocalStore, root: Path) -> None:
    (root / "a").mkdir()
    (root / "a" / "x.txt").write_text("x")
    (root / "link").symlink_to(root / "a")
    assert (await store.read("link/x.txt")).data == b"x"


async def test_the_root_may_itself_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    store = LocalStore(tmp_path / "alias", Files())
    await store.write("a.txt", b"one")
    (tmp_path / "real" / "abs").symlink_to(tmp_path / "alias" / "a.txt")
    assert (await store.read("abs")).data == b"one"
    assert (await store.stat("a.txt")).real == str(tmp_path / "real" / "a.txt")
    store.close()


async def test_a_move_never_replaces_and_takes_the_link_itself(store: LocalStore, root: Path) -> None:
    await store.write("a.txt", b"one")
    await store.write("b.txt", b"two")
    with pytest.raises(Conflict):
        await store.move("a.txt", "b.txt")
    await store.make_directory("d")
    with pytest.raises(Conflict):
        await store.move("a.txt", "d")
    with pytest.raises(NotFound):
        await store.move("nothing", "c.txt")
    with pytest.raises(NotFound):
        await store.move("a.txt", "nowhere/c.txt")
    moved = await store.move("a.txt", "d/c.txt")
    assert moved.path == "d/c.txt"
    assert (root / "d" / "c.txt").read_bytes() == b"one"
    assert not (root / "a.txt").exists()
    (root / "link").symlink_to("b.txt")
    await store.move("link", "renamed")
    assert (root / "renamed").is_symlink()
    (root / "broken").symlink_to("nowhere")
    assert (await store.move("broken", "still-broken")).kind == "link"


async def test_a_folder_moves_with_what_is_in_it_but_not_into_itself(store: LocalStore, root: Path) -> None:
    await store.make_directory("a")
    await store.write("a/x.txt", b"x")
    with pytest.raises(Invalid):
        await store.move("a", "a/b")
    await store.move("a", "b")
    assert (root / "b" / "x.txt").read_bytes() == b"x"


async def test_a_version_survives_a_move(store: LocalStore) -> None:
    version = (await store.write("a.txt", b"one")).stat.version
    assert (await store.move("a.txt", "b.txt")).version == version


async def test_delete_takes_files_links_and_empty_folders_alone(store: LocalStore, root: Path) -> None:
    await store.write("a.txt", b"one")
    (root / "link").symlink_to("a.txt")
    await store.make_directory("d")
    await store.write("d/x", b"")
    await store.delete("link")
    assert (root / "a.txt").exists()
    with pytest.raises(Conflict):
        await store.delete("d")
    await store.delete("d/x")
    await store.delete("d")
    await store.delete("a.txt")
    assert list(root.iterdir()) == []
    with pytest.raises(NotFound):
        await store.delete("a.txt")
    with pytest.raises(Invalid):
        await store.delete("")


async def test_what_is_not_there_is_not_found(store: LocalStore) -> None:
    for verb in (store.stat, store.list, store.read):
        with pytest.raises(NotFound):
            await verb("no/such")
    with pytest.raises(NotFound):
        await store.write("no/such.txt", b"")
    with pytest.raises(NotFound):
        await store.make_directory("no/such")


async def test_a_folder_is_no_file_and_a_file_no_folder(store: LocalStore) -> None:
    await store.make_directory("d")
    await store.write("a.txt", b"")
    with pytest.raises(Invalid):
        await store.read("d")
    with pytest.raises(Invalid):
        await store.write("d", b"")
    with pytest.raises(NotFound):
        await store.list("a.txt")
    with pytest.raises(NotFound):
        await store.read("a.txt/x")
    with pytest.raises(Conflict):
        await store.make_directory("a.txt")
    with pytest.raises(Invalid):
        await store.write("", b"")


async def test_an_announced_size_beyond_the_limit_or_the_disk_is_refused_at_once(store: LocalStore, root: Path) -> None:
    with pytest.raises(TooLarge):
        await store.begin("a.txt", limit=10, size=11)
    with pytest.raises(StorageUnavailable):
        await store.begin("a.txt", size=2**60)
    assert list(root.iterdir()) == []


async def test_what_a_killed_save_left_is_swept_when_it_is_old(store: LocalStore, root: Path) -> None:
    old, new = root / f"{saving.TEMPORARY}old", root / f"{saving.TEMPORARY}new"
    old.write_text("")
    new.write_text("")
    os.utime(old, (1, 1))
    await store.write("a.txt", b"")
    assert sorted(entry.name for entry in root.iterdir()) == [new.name, "a.txt"]


async def test_a_read_only_file_is_not_replaced(store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "a.txt").write_text("one")
    (root / "a.txt").chmod(0o444)
    if os.geteuid() == 0:  # root may write everything, so the system is asked by its answer for others
        monkeypatch.setattr(saving.os, "access", lambda *_, **__: False)
    with pytest.raises(Denied):
        await store.write("a.txt", b"two")
    assert (root / "a.txt").read_text() == "one"


def test_a_hash_is_sha256() -> None:
    assert content_hash(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


async def test_a_version_never_expected_is_a_conflict(store: LocalStore) -> None:
    await store.write("a.txt", b"")
    with pytest.raises(Conflict):
        await store.write("a.txt", b"", if_version=Version("absentee"))
