from itertools import islice

import pytest

from octavo.files import naming


@pytest.mark.parametrize(
    ("kind", "extension", "names"),
    [
        ("notebook", "", ["Untitled.ipynb", "Untitled1.ipynb", "Untitled2.ipynb"]),
        ("directory", "", ["Untitled Folder", "Untitled Folder 1", "Untitled Folder 2"]),
        ("file", "", ["untitled", "untitled1", "untitled2"]),
        ("file", ".tar.gz", ["untitled.tar.gz", "untitled1.tar.gz", "untitled2.tar.gz"]),
    ],
)
def test_new_things_have_jupyters_names(kind: str, extension: str, names: list[str]) -> None:
    assert list(islice(naming.untitled(kind, extension), 3)) == names


@pytest.mark.parametrize(
    ("name", "copies"),
    [
        ("a.txt", ["a.txt", "a-Copy1.txt", "a-Copy2.txt"]),
        ("a-Copy1.txt", ["a.txt", "a-Copy1.txt", "a-Copy2.txt"]),
        ("a-Copy12.tar.gz", ["a.tar.gz", "a-Copy1.tar.gz", "a-Copy2.tar.gz"]),
        ("x.v1.ipynb", ["x.v1.ipynb", "x.v1-Copy1.ipynb", "x.v1-Copy2.ipynb"]),
        ("Makefile", ["Makefile", "Makefile-Copy1", "Makefile-Copy2"]),
        ("folder-Copy1", ["folder", "folder-Copy1", "folder-Copy2"]),
        (".ipynb", [".ipynb", ".ipynb-Copy1", ".ipynb-Copy2"]),
        ("中文.ipynb", ["中文.ipynb", "中文-Copy1.ipynb", "中文-Copy2.ipynb"]),
    ],
)
def test_copies_are_numbered_before_the_whole_suffix(name: str, copies: list[str]) -> None:
    assert list(islice(naming.copies(name), 3)) == copies
