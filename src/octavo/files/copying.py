"""Copies within a store, by its own verbs alone, so that they work for any store."""

from collections.abc import Sequence

from octavo.errors import TooLarge
from octavo.files import paths
from octavo.files.store import Saved, Stat, Store


async def copy_file(store: Store, source: str, target: str) -> Saved:
    """Copy the bytes to a name that is free. Raises `Conflict` when it is not."""
    async with store.open(source) as reading:
        return await store.write(target, reading.chunks(0, reading.stat.size), if_version="absent")


async def copy_folder(store: Store, source: str, target: str, *, limit: int) -> Stat:
    """Copy a folder with what it shows, to a name that is free. Raises `TooLarge` over `limit` bytes, before it begins.

    Linked folders are left out: they may lead round in a circle.
    """
    await _measure(store, source, limit)
    made = await store.make_directory(target)
    await _copy_into(store, source, target, skip=target)
    return made


async def _own(store: Store, folder: str) -> Sequence[Stat]:
    return [entry for entry in await store.list(folder) if not (entry.linked and entry.kind == "directory")]


async def _measure(store: Store, folder: str, left: int) -> int:
    for entry in await _own(store, folder):
        left = await _measure(store, entry.path, left) if entry.kind == "directory" else left - entry.size
        if left < 0:
            raise TooLarge("This folder is too large to be copied here.", hint="Copy it in a terminal.")
    return left


async def _copy_into(store: Store, source: str, target: str, *, skip: str) -> None:
    for entry in await _own(store, source):
        if entry.path == skip:  # the copy itself, made inside what it copies
            continue
        name = paths.join(target, paths.name_of(entry.path))
        if entry.kind == "directory":
            await store.make_directory(name)
            await _copy_into(store, entry.path, name, skip=skip)
        elif entry.kind == "file":
            await copy_file(store, entry.path, name)
