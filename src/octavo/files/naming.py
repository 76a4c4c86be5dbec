"""Free names for new files, copies and what comes back from the bin: Jupyter's rules. Pure."""

import re
from collections.abc import Iterator
from itertools import count

_COPY = re.compile(r"-Copy\d*(?=\.|$)")


def untitled(kind: str, extension: str = "") -> Iterator[str]:
    """Names for something new, one after the other: `Untitled.ipynb`, `Untitled1.ipynb` …"""
    match kind:
        case "notebook":
            return numbered("Untitled", "", ".ipynb")
        case "directory":
            return numbered("Untitled Folder", " ", "")
        case _:
            return numbered("untitled", "", extension)


def copies(name: str) -> Iterator[str]:
    """Names for a copy: of `a.txt` and of `a-Copy3.txt` alike `a.txt`, `a-Copy1.txt`, `a-Copy2.txt` …"""
    return numbered_as(_COPY.sub("", name), "-Copy")


def numbered_as(name: str, mark: str) -> Iterator[str]:
    """`name` itself, then with `mark` and a number before its suffix."""
    stem, suffix = split_suffix(name)
    return numbered(stem, mark, suffix)


def numbered(stem: str, mark: str, suffix: str) -> Iterator[str]:
    yield f"{stem}{suffix}"
    for number in count(1):
        yield f"{stem}{mark}{number}{suffix}"


def split_suffix(name: str) -> tuple[str, str]:
    """The whole suffix is kept (`a.tar.gz` → `a`, `.tar.gz`), but of a notebook's name only `.ipynb`."""
    stem, dot, extension = name.rpartition(".")
    if stem and extension == "ipynb":
        return stem, dot + extension
    begin = 1 if name.startswith(".") else 0
    at = name.find(".", begin)
    return (name, "") if at < 0 else (name[:at], name[at:])
