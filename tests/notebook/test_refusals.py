import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import InvalidNotebook
from octavo.notebook import codec

GOOD = (
    '{"cells": [{"cell_type": "code", "metadata": {}, "source": "é", "outputs": [], "execution_count": null}], '
    '"metadata": {}, "nbformat": 4, "nbformat_minor": 4}'
)
CONFLICT = GOOD.replace('{"cell_type"', '\n<<<<<<< HEAD\n{"a": 1}\n=======\n{"a": 2}\n>>>>>>> branch\n, {"cell_type"')


def deep(levels: int) -> str:
    return GOOD.replace(
        '"metadata": {}, "nbformat"', '"metadata": {"a": ' + "[" * levels + "]" * levels + '}, "nbformat"'
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b" \n\xef\xbb\xbf\n", "The file is empty."),
        (b"\0" * 4096, "The file is empty."),
        (b"{", "The file is cut off"),
        (GOOD[:70].encode(), "The file is cut off"),
        (GOOD[:-1].encode(), "The file is cut off"),
        (GOOD.encode()[:100] + b"\0" * 600, "The file is cut off"),
        (CONFLICT.encode(), "The file has unresolved merge conflict markers, the first in line 2."),
        (b"<!DOCTYPE html>\n<html>", "The file is a web page"),
        (b"\n\n<html lang=en>", "The file is a web page"),
        (b"# %% [markdown]\n", "The file is not a notebook: a notebook is a JSON object"),
        (b"[1, 2]", "The file is not a notebook: a notebook is a JSON object"),
        (b"null", "The file is not a notebook: a notebook is a JSON object"),
        (GOOD.replace(": [{", ": [{,").encode(), "The file is not valid JSON: line 1, column 13"),
        (b"{'cells': []}", "The file is not valid JSON: line 1, column 2"),
        (b'{"nbformat" 4}', "The file is not valid JSON: line 1, column 13: Expecting ':'"),
        (b'{"nbformat": 4 "a": 1}', "The file is not valid JSON: line 1, column 16: Expecting ','"),
        ((GOOD + GOOD).encode(), "The file is not a notebook: there is more text after the end"),
        (GOOD.encode("utf-16"), "The file is UTF-16 text"),
        (GOOD.encode("latin-1"), "The file is not UTF-8 text: byte 61"),
        (b"{}", "The file is JSON, but not a notebook"),
        (b'{"nbformat": "4"}', "The file is JSON, but not a notebook"),
        (b'{"nbformat": true}', "The file is JSON, but not a notebook"),
        (b'{"nbformat": NaN}', "The file is JSON, but not a notebook"),
        (b'{"nbformat": 5, "cells": []}', "The notebook is of nbformat 5"),
        (b'{"nbformat": 1, "cells": []}', "The notebook is of nbformat 1"),
        (b'{"nbformat": 4}', "The notebook has no list of cells."),
        (b'{"nbformat": 4, "cells": {}}', "The notebook has no list of cells."),
        (b'{"nbformat": 4, "cells": [{}, 5]}', "Entry 2 of the notebook's cells is not a cell."),
        (deep(300).encode(), "The notebook's JSON is nested too deeply."),
        (deep(100_000).encode(), "The notebook's JSON is nested too deeply."),
        (
            b'{"nbformat": 3, "worksheets": ' + b"[" * 300 + b"]" * 300 + b"}",
            "The notebook's JSON is nested too deeply.",
        ),
    ],
)
def test_what_is_no_notebook_is_refused_in_a_sentence_with_a_hint(data: bytes, said: str) -> None:
    with pytest.raises(InvalidNotebook) as caught:
        codec.read(data)
    assert caught.value.message.startswith(said)
    assert caught.value.hint


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD + "\n\n",
        GOOD + "\0\0",
        deep(150),
        GOOD.replace("4,", "4.0,"),
        GOOD.replace("é", "a\tb\n<<<<<<< x"),
    ],
)
def test_what_can_be_read_is_not_refused(data: str) -> None:
    loaded = codec.read(data.encode())
    assert codec.write(loaded.notebook, loaded.frame) == data.encode()
    loaded.notebook.cells[0].source += "x"
    codec.read(codec.write(loaded.notebook, loaded.frame))


def is_read_or_refused(data: bytes) -> None:
    try:
        loaded = codec.read(data)
    except InvalidNotebook:
        return
    assert codec.write(loaded.notebook, loaded.frame) == data


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    is_read_or_refused(data)


@given(st.integers(0, len(GOOD.encode()) - 1), st.binary(max_size=3), st.integers(0, 5))
def test_a_damaged_notebook_is_read_or_refused(at: int, junk: bytes, cut: int) -> None:
    is_read_or_refused(GOOD.encode()[:at] + junk + GOOD.encode()[at + cut :])


scalars: Any = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
some: Any = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
old_keys = st.sampled_from(
    ["cell_type", "input", "source", "outputs", "prompt_number", "metadata", "level", "collapsed"]
)
old_kinds = st.sampled_from(["pyout", "pyerr", "stream", "display_data"])
old_output = st.dictionaries(st.sampled_from(["text", "json", "png", "metadata", "stream", "ename"]), some, max_size=3)
old_cell = st.dictionaries(old_keys, some, max_size=4)


@given(
    st.lists(old_cell | some, max_size=3),
    st.lists(st.tuples(old_kinds, old_output), max_size=3),
    st.sampled_from(["code", "heading", "html", "markdown"]),
)
def test_an_odd_old_notebook_is_upgraded_and_kept_until_it_is_edited(
    cells: list[Any], outputs: list[Any], kind: str
) -> None:
    cell = {"cell_type": kind, "outputs": [{"output_type": kind, **output} for kind, output in outputs]}
    data = json.dumps({"nbformat": 3, "worksheets": [{"cells": [*cells, cell]}, 5]}).encode()
    loaded = codec.read(data)
    assert codec.write(loaded.notebook, loaded.frame) == data
    loaded.notebook.cells[-1].source += "x"
    again = codec.read(codec.write(loaded.notebook, loaded.frame), ids=[cell.id for cell in loaded.notebook.cells])
    assert again.notebook.cells == loaded.notebook.cells
    assert not again.upgraded
