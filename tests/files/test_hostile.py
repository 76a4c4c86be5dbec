"""Paths made to get out: none reads, writes, lists, moves or deletes anything beyond the root, whoever swaps links meanwhile."""

import os
import random
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from octavo.errors import Conflict, Denied, Invalid, NotFound, OctavoError
from octavo.files.local import LocalStore
from octavo.settings.schema import Files

pytestmark = pytest.mark.anyio

MALFORMED = [
    "/",
    "/etc/passwd",
    "..",
    "../outside/secret",
    "d/../../outside/secret",
    "d/..",
    ".",
    "./a.txt",
    "d//x",
    "d/",
    "a\0.txt",
    "\0",
    "x" * 256,
    "中" * 86,
    "/".join(["d"] * 129),
    "/".join(["y" * 250] * 20),
    "\ud800",
]
HIDDEN = [".hidden", ".git/config", "d/.secret/x", ".octavo-bin/x", "d/.octavo-save-1", "to-hidden", "to-git/config"]
OUTSIDE = [
    "out",
    "out-absolute",
    "outdir/secret",
    "outdir-absolute/secret",
    "d/up/outside/secret",
    "sibling",
    "chain1",
    "d/dots",
]
SPECIAL = ["pipe", "socket", "device-link"]
CIRCLES = ["circle", "circle1", "deep"]


@pytest.fixture
def outside(tmp_path: Path, root: Path) -> Iterator[Path]:
    """A root full of traps, and what they lead to."""
    outside, sibling = tmp_path / "outside", tmp_path / "root-sibling"
    for folder in (outside, sibling, root / "d", root / ".git", root / "d" / ".secret"):
        folder.mkdir()
    for file in (
        outside / "secret",
        sibling / "secret",
        root / ".hidden",
        root / ".git" / "config",
        root / "d" / ".secret" / "x",
    ):
        file.write_text("secret")
    (root / "a.txt").write_text("a")
    for name, target in {
        "out": "../outside/secret",
        "out-absolute": str(outside / "secret"),
        "outdir": "../outside",
        "outdir-absolute": str(outside),
        "d/up": "../..",
        "sibling": str(sibling / "secret"),
        "chain1": "chain2",
        "chain2": "d/../../outside/secret",
        "d/dots": "../../root/../outside/secret",
        "to-hidden": ".hidden",
        "to-git": ".git",
        "circle": "circle",
        "circle1": "circle2",
        "circle2": "circle1",
        "deep": "/".join(["d"] * 200),
        "device-link": "/dev/null",
    }.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        with standing_in(root):
            server.bind("socket")
        yield outside


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)  # a socket's path has at most 107 bytes
    try:
        yield
    finally:
        os.chdir(before)


def reading(store: LocalStore) -> dict[str, Callable[[str], Awaitable[object]]]:
    async def open_it(path: str) -> None:
        async with store.open(path):
            pass

    return {"stat": store.stat, "list": store.list, "read": store.read, "open": open_it}


def writing(store: LocalStore) -> dict[str, Callable[[str], Awaitable[object]]]:
    async def absent(path: str) -> object:
        return await store.write(path, b"mine", if_version="absent")

    return {
        "write": lambda path: store.write(path, b"mine"),
        "write new": absent,
        "make": store.make_directory,
        "move to": lambda path: store.move("a.txt", path),
    }


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("path", MALFORMED + HIDDEN + OUTSIDE)
async def test_no_verb_takes_such_a_path(store: LocalStore, root: Path, outside: Path, path: str) -> None:
    before, names = snapshot(outside.parent), sorted(os.listdir(root))
    for verb, act in {**reading(store), **writing(store)}.items():
        # To move something onto a link that leads out is refused because the link stands there.
        refusals = (Denied, Invalid, NotFound, Conflict) if verb == "move to" else (Denied, Invalid, NotFound)
        with pytest.raises(refusals):
            await act(path)
    assert snapshot(outside.parent) == before
    assert sorted(os.listdir(root)) == names


@pytest.mark.parametrize(
    "path", [*MALFORMED, ".hidden", ".git/config", "outdir/secret", "d/up/outside/secret", "to-git/config"]
)
async def test_nothing_beyond_is_moved_or_deleted(store: LocalStore, outside: Path, path: str) -> None:
    before = snapshot(outside.parent)
    with pytest.raises((Denied, Invalid, NotFound)):
        await store.delete(path)
    with pytest.raises((Denied, Invalid, NotFound)):
        await store.move(path, "new")
    assert snapshot(outside.parent) == before


async def test_a_link_out_is_itself_moved_and_deleted_never_what_it_leads_to(
    store: LocalStore, root: Path, outside: Path
) -> None:
    with pytest.raises(Conflict):
        await store.move("a.txt", "out")
    assert (await store.move("out", "renamed")).kind == "link"
    await store.delete("renamed")
    await store.delete("outdir")
    assert (outside / "secret").read_text() == "secret"
    assert not (root / "outdir").is_symlink()


@pytest.mark.parametrize("path", SPECIAL + CIRCLES)
async def test_what_is_no_regular_file_is_neither_opened_nor_written(
    store: LocalStore, root: Path, outside: Path, path: str
) -> None:
    for act in (store.read, reading(store)["open"], writing(store)["write"], writing(store)["write new"]):
        with pytest.raises(OctavoError):
            await act(path)
    assert (root / path).is_symlink() or not (root / path).is_file()


async def test_a_full_device_or_a_pipe_hangs_nobody(store: LocalStore, root: Path, outside: Path) -> None:
    with pytest.raises(Denied):
        await store.read("pipe")
    assert "pipe" not in [entry.path for entry in await store.list("")]


async def test_octavos_own_names_are_refused_even_where_hidden_files_are_served(root: Path, outside: Path) -> None:
    store = LocalStore(root, Files(hidden=True))
    assert (await store.read(".hidden")).data == b"secret"
    assert (await store.read("to-git/config")).data == b"secret"
    for path in (".octavo-bin", ".octavo-bin/x", ".octavo-save-0"):
        for act in (*reading(store).values(), *writing(store).values()):
            with pytest.raises(Denied):
                await act(path)
    store.close()


async def test_the_profile_is_not_served_though_it_lies_beneath_the_root(root: Path) -> None:
    profile = root / "data" / "profile"
    profile.mkdir(parents=True)
    (profile / "access.db").write_text("secret")
    (root / "way-in").symlink_to("data/profile")
    store = LocalStore(root, Files(), refused=[profile])
    for path in ("data/profile", "data/profile/access.db", "way-in", "way-in/access.db"):
        for act in (*reading(store).values(), *list(writing(store).values())[:2]):
            with pytest.raises((Denied, Invalid)):
                await act(path)
    assert [entry.path for entry in await store.list("data")] == []
    with pytest.raises(Denied):
        await store.delete("data/profile/access.db")
    with pytest.raises(Denied):
        await store.move("data/profile", "mine")
    store.close()


async def test_refusals_leave_no_descriptor_open(store: LocalStore, outside: Path) -> None:
    async def every() -> None:
        for path in (*MALFORMED, *HIDDEN, *OUTSIDE, *SPECIAL, *CIRCLES):
            for act in (*reading(store).values(), *list(writing(store).values())[:2]):
                with pytest.raises(OctavoError):
                    await act(path)

    await every()
    before = descriptors()
    await every()
    assert descriptors() == before


async def race(store: LocalStore, root: Path, outside: Path, rounds: int) -> None:
    """A thread swaps a folder for a link out and back, and a file for one, as fast as it can."""
    (root / "real").mkdir()
    (root / "real" / "f").write_text("inside")
    (outside / "f").write_text("outside")
    (root / "swapped").symlink_to("real")
    (root / "real" / "g").write_text("inside")
    stop = threading.Event()

    def swap() -> None:
        pick = random.Random(1)
        while not stop.is_set():
            for name, targets in (
                ("swapped", ("real", "../outside", str(outside))),
                ("real/g", ("f", "../../outside/f")),
            ):
                fresh = root / "fresh"
                fresh.symlink_to(pick.choice(targets))
                fresh.rename(root / name)

    thread = threading.Thread(target=swap)
    thread.start()
    seen = {"inside": 0, "refused": 0}
    try:
        for _ in range(rounds):
            for path in ("swapped/f", "swapped/g", "real/g"):
                try:
                    data = (await store.read(path)).data
                    assert data in (b"inside", b"mine")
                    seen["inside"] += 1
                    await store.write(path, b"mine")
                    await store.list("swapped")
                    await store.write("swapped/new", b"mine")
                    await store.delete("swapped/new")
                except (Denied, NotFound, Conflict):
                    seen["refused"] += 1
    finally:
        stop.set()
        thread.join()
    assert (outside / "f").read_text() == "outside"
    assert sorted(entry.name for entry in outside.iterdir()) == ["f", "secret"]
    assert all(seen.values())


async def test_links_swapped_meanwhile_lead_nowhere(store: LocalStore, root: Path, outside: Path) -> None:
    await race(store, root, outside, 100)


@pytest.mark.long
async def test_links_swapped_meanwhile_lead_nowhere_for_long(store: LocalStore, root: Path, outside: Path) -> None:
    await race(store, root, outside, 5000)
