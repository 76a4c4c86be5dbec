import copy
import difflib
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import InvalidNotebook
from octavo.ids import CellId
from octavo.notebook import codec
from octavo.notebook.codec import Loaded
from octavo.notebook.model import Cell, Notebook, clean

FIXTURES = sorted(Path(__file__).with_name("fixtures").glob("*.ipynb"))
CORPUS = sorted(Path(os.environ.get("OCTAVO_CORPUS", Path(__file__).with_name("fixtures"))).rglob("*.ipynb"))
files = pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)


def by_name(name: str) -> bytes:
    return next(file for file in FIXTURES if file.stem == name).read_bytes()


def load(name: str) -> Loaded:
    return codec.read(by_name(name))


def changed_lines(before: bytes, after: bytes) -> list[str]:
    diff = difflib.unified_diff(
        before.decode(errors="replace").split("\n"), after.decode(errors="replace").split("\n"), n=0
    )
    return [line for line in diff if line[0] in "+-" and not line.startswith(("+++", "---"))]


def code(text: str, cell: str = "new", **rest: Any) -> Cell:
    return Cell(CellId(cell), "code", text, **rest)


def valid(data: bytes) -> Any:
    notebook = nbformat.reads(data.decode("utf-8-sig"), as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    return notebook


@files
def test_an_untouched_notebook_is_written_byte_for_byte(file: Path) -> None:
    data = file.read_bytes()
    loaded = codec.read(data)
    assert codec.write(loaded.notebook, loaded.frame) == data


@files
def test_what_passed_through_json_as_the_journal_has_it_is_untouched(file: Path) -> None:
    data = file.read_bytes()
    loaded = codec.read(data)
    passed = msgspec.json.decode(msgspec.json.encode(loaded.notebook), type=Notebook)
    assert codec.write(passed, loaded.frame) == data


@files
def test_ids_given_before_are_given_again(file: Path) -> None:
    data = file.read_bytes()
    cells = codec.read(data).notebook.cells
    assert [cell.id for cell in codec.read(data, ids=[cell.id for cell in cells]).notebook.cells] == [
        cell.id for cell in cells
    ]


@files
def test_reading_what_was_written_after_any_edit_gives_the_same_notebook(file: Path) -> None:
    loaded = codec.read(file.read_bytes())
    for n in range(len(loaded.notebook.cells)):
        notebook = copy.deepcopy(loaded.notebook)
        cell = notebook.cells[n]
        cell.source += "\n# 改 🎉 \"'\\\x1b/"
        cell.metadata = {**cell.metadata, "tags": ["x"], "neu": {"a": [1.5, None, True]}}
        if cell.type == "code":
            cell.outputs = [*cell.outputs, {"output_type": "stream", "name": "stdout", "text": "a\nb"}]
            cell.count = 77
        written = codec.write(notebook, loaded.frame)
        again = codec.read(written, ids=[cell.id for cell in notebook.cells]).notebook
        assert again.cells[n] == cell
        assert (
            again.cells[:n] + again.cells[n + 1 :] == notebook.cells[:n] + notebook.cells[n + 1 :]
            or file.stem == "odd-4.99"
        )


@files
def test_a_changed_line_changes_that_line_alone(file: Path) -> None:
    data = file.read_bytes()
    loaded = codec.read(data)
    if loaded.upgraded or file.stem in ("one-line", "odd-4.99"):
        return
    for n, cell in enumerate(loaded.notebook.cells):
        if len(cell.source) > 1:
            notebook = copy.deepcopy(loaded.notebook)
            notebook.cells[n].source = "~" + cell.source[1:]
            lines = changed_lines(data, codec.write(notebook, loaded.frame))
            assert len(lines) == 2, lines


def test_changing_back_gives_the_file_back() -> None:
    loaded = load("hand-formatted")
    notebook = copy.deepcopy(loaded.notebook)
    notebook.cells = [code("1"), *reversed(notebook.cells[:2])]
    assert codec.write(notebook, loaded.frame) != by_name("hand-formatted")
    assert codec.write(loaded.notebook, loaded.frame) == by_name("hand-formatted")


def test_a_hand_formatted_cell_keeps_its_lists() -> None:
    loaded = load("hand-formatted")
    loaded.notebook.cells[1].source = "x <- c(1, 2)\ny <- 4\nsum(x)"
    loaded.notebook.cells[1].metadata["weights"][1] = 2.75
    loaded.notebook.cells[0].metadata["tags"].append("c")
    written = codec.write(loaded.notebook, loaded.frame).decode()
    assert '"x <- c(1, 2)\\n", "y <- 4\\n",\n        "sum(x)"' in written
    assert '"weights": [ 1.0, 2.75, 1e3 ]' in written
    assert '"tags": ["a", "b", "c"]}' in written


def test_source_keeps_its_shape() -> None:
    loaded = load("hand-formatted")
    loaded.notebook.cells[2].source = "still\none string"
    assert '"source": "still\\none string"' in codec.write(loaded.notebook, loaded.frame).decode()
    loaded = load("one-line")
    loaded.notebook.cells.append(code("a\nb"))
    assert '"source":"a\\nb"' in codec.write(loaded.notebook, loaded.frame).decode()
    loaded = load("vscode-4.5")
    loaded.notebook.cells[2].source = "a\nb"
    assert json.loads(codec.write(loaded.notebook, loaded.frame))["cells"][2]["source"] == ["a\n", "b"]


def test_an_edit_is_what_jupyter_would_have_written() -> None:
    loaded, wanted = load("jupyter-4.5"), nbformat.reads(by_name("jupyter-4.5").decode(), as_version=4)
    cells = loaded.notebook.cells
    cells[1].source = wanted.cells[1].source = "a\r\nb\x0cc\u2028d\n"
    cells[2].outputs = [
        {"output_type": "stream", "name": "stdout", "text": "1\n2\n"},
        {
            "output_type": "display_data",
            "data": {"image/png": "aGk=", "text/plain": "a\nb", "application/json": {"z": [], "a": {}}},
            "metadata": {},
        },
    ]
    wanted.cells[2].outputs = [nbformat.from_dict(output) for output in cells[2].outputs]
    cells[3].metadata = wanted.cells[3].metadata = nbformat.from_dict({"collapsed": True, "tags": []})
    cells.insert(2, code("new", "fresh", count=3, metadata={"b": 1, "a": 2}))
    wanted.cells.insert(2, nbformat.v4.new_code_cell("new", id="fresh", execution_count=3, metadata={"b": 1, "a": 2}))
    del cells[5], wanted.cells[5]
    cells.append(Cell(CellId("last"), "markdown", "the end"))
    wanted.cells.append(nbformat.v4.new_markdown_cell("the end", id="last"))
    loaded.notebook.metadata["title"] = wanted.metadata["title"] = "Pinguine"
    assert codec.write(loaded.notebook, loaded.frame).decode() == nbformat.writes(wanted) + "\n"


@files
def test_what_is_written_is_valid_where_the_file_was(file: Path) -> None:
    loaded = codec.read(file.read_bytes())
    if file.stem in ("odd-4.99", "python2-ascii-surrogates"):
        return
    cells = loaded.notebook.cells
    cells[0].source += "x"
    cells[0].type = "raw" if cells[0].type == "code" else "code"
    cells[-1].type = "markdown" if cells[-1].type == "code" else "code"
    cells.insert(
        1, code("print()", outputs=[{"output_type": "error", "ename": "E", "evalue": "", "traceback": ["a", "b"]}])
    )
    cells.append(Cell(CellId("md"), "markdown", "![](attachment:a.png)", attachments={"a.png": {"image/png": "aGk="}}))
    written = codec.write(loaded.notebook, loaded.frame)
    notebook = valid(written)
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in cells]
    assert all(("id" in cell) == (notebook.nbformat_minor >= 5) for cell in notebook.cells)


@pytest.mark.parametrize(
    ("name", "minor"), [("ipython-4.0", 0), ("jupyter-4.4-widgets", 4), ("jupyter-4.5", 5), ("odd-4.99", 99)]
)
def test_a_file_keeps_its_minor_version(name: str, minor: int) -> None:
    loaded = load(name)
    loaded.notebook.cells.insert(0, code("new"))
    written = codec.write(loaded.notebook, loaded.frame)
    assert json.loads(written)["nbformat_minor"] == minor
    assert ("id" in json.loads(written)["cells"][0]) == (minor >= 5)


def test_an_old_notebook_is_upgraded_as_jupyter_does_and_only_written_so_when_edited() -> None:
    data = by_name("ipython-3.0")
    loaded = codec.read(data)
    assert loaded.upgraded
    assert codec.write(loaded.notebook, loaded.frame) == data
    loaded.notebook.cells[0].source += "!"
    written = codec.write(loaded.notebook, loaded.frame)
    mine = valid(written)
    theirs = nbformat.convert(nbformat.reads(data.decode(), as_version=nbformat.NO_CONVERT), 4)
    theirs.cells[0].source += "!"
    assert (mine.nbformat, mine.nbformat_minor) == (4, 4)
    assert json.loads(written)["metadata"] == {"orig_nbformat": 3}
    theirs.metadata.pop("orig_nbformat")
    theirs.metadata.pop("orig_nbformat_minor")
    assert mine.metadata == theirs.metadata
    for cell in theirs.cells:
        del cell["id"]
    assert mine.cells == theirs.cells


def test_an_upgraded_notebook_is_upgraded_for_good_after_a_save() -> None:
    loaded = load("ipython-3.0")
    loaded.notebook.cells[0].source += "!"
    again = codec.read(codec.write(loaded.notebook, loaded.frame))
    assert not again.upgraded
    assert [cell.source for cell in again.notebook.cells] == [cell.source for cell in loaded.notebook.cells]


def test_a_cell_with_an_id_of_its_own_keeps_it_and_others_get_one() -> None:
    loaded = load("odd-4.99")
    ids = [cell.id for cell in loaded.notebook.cells]
    assert ids[0] == "twice"
    assert len(set(ids)) == 5
    loaded.notebook.cells[0].count = 5
    loaded.notebook.cells[2].source += "!"
    written = json.loads(codec.write(loaded.notebook, loaded.frame))["cells"]
    assert [cell.get("id") for cell in written] == ["twice", "twice", ids[2], 7, None]


def test_odd_values_are_kept_beside_an_edit() -> None:
    loaded = load("odd-4.99")
    cell = loaded.notebook.cells[1]
    cell.metadata["n"] = 7
    written = codec.write(loaded.notebook, loaded.frame).decode()
    assert (
        '"n": 7, "m": 1.0, "k": -0, "big": 123456789012345678901234567890, "nan": NaN, "inf": -Infinity, "exp": 1E+400'
        in written
    )
    assert '"metadata": {"a": 1, "a": 2}' in written
    assert written.count("nbformat_minor") == 2
    cell = loaded.notebook.cells[0]
    assert (cell.source, cell.metadata, cell.count) == ("", {}, None)


def test_no_string_of_the_model_has_a_lone_surrogate_and_the_file_keeps_its_own() -> None:
    loaded = load("python2-ascii-surrogates")
    msgspec.json.encode(loaded.notebook)
    assert loaded.notebook.cells[0].source == "café 😀 � lone"
    loaded.notebook.cells[1].source += " # é"
    written = codec.write(loaded.notebook, loaded.frame).decode()
    assert "\\ud83d lone" in written
    assert "\\ude00 half" in written
    assert "\"print('\\ud83d\\ude00') # \\u00e9\"" in written


def test_raw_surrogate_bytes_come_back_as_they_were() -> None:
    data = codec.write(*codec.empty()[:2]).replace(
        b'"cells": []', b'"cells": [{"cell_type": "raw", "metadata": {}, "source": "\xed\xa0\x80"}]'
    )
    loaded = codec.read(data)
    assert loaded.notebook.cells[0].source == "\ufffd"
    assert codec.write(loaded.notebook, loaded.frame) == data


def test_metadata_changes_only_where_the_caller_changes_it() -> None:
    loaded = load("windows-crlf")
    loaded.notebook.metadata["kernelspec"] = {"display_name": "R", "language": "R", "name": "ir"}
    lines = changed_lines(by_name("windows-crlf"), codec.write(loaded.notebook, loaded.frame))
    assert lines == [
        '-   "display_name": "Python 3 (ipykernel)",\r',
        '-   "language": "python",\r',
        '-   "name": "python3"\r',
        '+   "display_name": "R",\r',
        '+   "language": "R",\r',
        '+   "name": "ir"\r',
    ]


def test_cells_that_are_kept_need_not_be_held() -> None:
    loaded = load("long-output")
    loaded.notebook.cells[0].outputs = []
    loaded.notebook.cells[0].count = None
    assert codec.write(loaded.notebook, loaded.frame, keep={CellId("train")}) == by_name("long-output")
    loaded.notebook.cells[0].source = "fit()"
    assert (
        len(changed_lines(by_name("long-output"), codec.write(loaded.notebook, loaded.frame, keep={CellId("train")})))
        == 2
    )


def test_deleting_moving_and_inserting_touch_no_other_line() -> None:
    data = by_name("jupyter-4.5")
    loaded = codec.read(data)
    cells = loaded.notebook.cells
    gone = cells.pop(2)
    cells.insert(1, code("a\nb"))
    written = codec.write(loaded.notebook, loaded.frame)
    removed = [line for line in changed_lines(data, written) if line.startswith("-")]
    added = [line for line in changed_lines(data, written) if line.startswith("+")]
    assert (len(removed), len(added)) == (30, 11)
    cells.remove(cells[1])
    cells.insert(2, gone)
    assert codec.write(loaded.notebook, loaded.frame) == data


def test_a_frame_goes_by_other_ids_after_an_outside_change() -> None:
    loaded = load("jupyter-4.4-widgets")
    ids = {cell.id: CellId(f"doc-{n}") for n, cell in enumerate(loaded.notebook.cells)}
    frame = codec.rekeyed(loaded.frame, ids)
    for cell in loaded.notebook.cells:
        cell.id = ids[cell.id]
    assert codec.write(loaded.notebook, frame) == by_name("jupyter-4.4-widgets")


def test_a_new_notebook_is_valid_and_takes_cells() -> None:
    notebook, frame, upgraded = codec.empty({"name": "python3", "display_name": "Python 3", "language": "python"})
    assert not upgraded
    assert valid(codec.write(notebook, frame)).metadata.kernelspec.name == "python3"
    notebook.cells += [code("1", "one"), code("2", "two")]
    written = codec.write(notebook, frame)
    assert written.decode() == nbformat.writes(valid(written)) + "\n"
    assert codec.write(codec.read(written).notebook, frame) == written


def test_an_empty_list_of_cells_keeps_its_white_space() -> None:
    data = b'{"nbformat": 4,\n "cells": [\n\n ]}'
    loaded = codec.read(data)
    assert codec.write(loaded.notebook, loaded.frame) == data
    loaded.notebook.metadata["a"] = 1
    assert codec.write(loaded.notebook, loaded.frame) == b'{"nbformat": 4,\n "cells": [\n\n ],\n "metadata": {"a": 1}}'


def test_a_huge_output_is_read_and_written() -> None:
    notebook, frame, _ = codec.empty()
    text = "".join(f"line {n}\n" for n in range(200_000))
    notebook.cells = [code("spam()", "spam", outputs=[{"output_type": "stream", "name": "stdout", "text": text}])]
    data = codec.write(notebook, frame)
    loaded = codec.read(data)
    assert loaded.notebook.cells[0].outputs[0]["text"] == text
    assert codec.write(loaded.notebook, loaded.frame) == data


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
cell_keys = st.sampled_from(
    ["cell_type", "id", "metadata", "source", "outputs", "execution_count", "attachments", "other"]
)
any_cell = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]) | json_values}
) | st.dictionaries(cell_keys, json_values, max_size=6)
layouts = st.fixed_dictionaries(
    {"indent": st.none() | st.integers(0, 4) | st.just("\t"), "ensure_ascii": st.booleans(), "sort_keys": st.booleans()}
)


@given(
    st.lists(any_cell, max_size=4),
    st.dictionaries(st.text(max_size=4), json_values, max_size=3),
    layouts,
    st.text(max_size=20),
)
def test_whatever_opens_is_kept_and_an_edit_leaves_the_rest(
    cells: list[dict[str, Any]], rest: dict[str, Any], layout: dict[str, Any], typed: str
) -> None:
    text = json.dumps(
        {"cells": cells, "nbformat": 4, "nbformat_minor": 5, **{f"x{key}": value for key, value in rest.items()}},
        **layout,
    )
    data = text.encode("utf-8", "surrogatepass")
    loaded = codec.read(data)
    assert codec.write(loaded.notebook, loaded.frame) == data
    if not cells:
        return
    notebook = copy.deepcopy(loaded.notebook)
    notebook.cells[0].source = typed
    written = codec.write(notebook, loaded.frame)
    again = codec.read(written, ids=[cell.id for cell in notebook.cells])
    assert again.notebook.cells[0].source == typed
    before, after = json.loads(text), json.loads(written.decode("utf-8", "surrogatepass"))
    assert json.dumps(before["cells"][1:]) == json.dumps(after["cells"][1:])
    for key in before.keys() - {"cells"}:
        assert json.dumps(before[key]) == json.dumps(after[key])
    for key in cells[0].keys() - {"source", "id"}:
        assert json.dumps(before["cells"][0][key]) == json.dumps(after["cells"][0][key])


@pytest.mark.long
def test_a_corpus_of_other_peoples_notebooks_is_kept_byte_for_byte_and_edited_in_place() -> None:
    identical = refused = edited = others = 0
    for file in CORPUS:
        data = file.read_bytes()
        try:
            loaded = codec.read(data)
        except InvalidNotebook:
            refused += 1
            continue
        assert codec.write(loaded.notebook, loaded.frame) == data, file
        identical += 1
        for n, cell in enumerate(loaded.notebook.cells if not loaded.upgraded else ()):
            notebook = Notebook([*loaded.notebook.cells], loaded.notebook.metadata)
            head, newline, rest = cell.source.partition("\n")
            notebook.cells[n] = msgspec.structs.replace(cell, source=head + "é" + newline + rest)
            written = codec.write(notebook, loaded.frame)
            lines = [line for line in changed_lines(data, written) if not line[1:].startswith('   "id": ')]
            edited += 1
            others += len(lines) > 2 and bool(cell.source)
            assert codec.read(written, ids=[cell.id for cell in notebook.cells]).notebook == notebook, (file, n)
    print(
        f"{len(CORPUS)} files, {identical} byte-identical, {refused} refused; {edited} edits, {others} that changed other lines"
    )
    assert identical
    assert others <= max(1, edited / 500)


def as_jupyter_reads(data: bytes) -> Any:
    """The notebook, where Jupyter finds it valid."""
    try:
        text = data.decode("utf-8-sig")
        nbformat.validate(nbformat.reads(text, as_version=nbformat.NO_CONVERT))
        return clean(nbformat.reads(text, as_version=4))
    except (ValueError, KeyError, AttributeError, nbformat.ValidationError):
        return None


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_corpus_is_read_as_jupyter_reads_it_and_stays_valid_when_edited() -> None:
    compared = 0
    for file in CORPUS:
        wanted = as_jupyter_reads(file.read_bytes())
        if wanted is None:
            continue
        compared += 1
        loaded = codec.read(file.read_bytes())
        cells = loaded.notebook.cells
        theirs = [(cell["cell_type"], cell.get("source", "")) for cell in wanted["cells"]]
        assert [(cell.type, cell.source) for cell in cells] == theirs, file
        assert [cell.outputs for cell in cells] == [cell.get("outputs", []) for cell in wanted["cells"]], file
        for cell in cells:
            cell.source += "x"
        cells.insert(0, code("1", outputs=[{"output_type": "stream", "name": "stdout", "text": "a\nb"}]))
        assert clean(valid(codec.write(loaded.notebook, loaded.frame)).cells[-1].source) == cells[-1].source, file
    print(f"{compared} valid notebooks compared")
    assert compared
