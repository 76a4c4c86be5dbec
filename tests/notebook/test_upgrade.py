import nbformat
import pytest

from octavo.notebook import codec

TWO = """{
 "metadata": {"name": "old"},
 "nbformat": 2,
 "worksheets": [{"cells": [
  {"cell_type": "markdown", "source": ["# Old", "", "text"]},
  {"cell_type": "code", "collapsed": false, "input": ["x = 1", "x"], "language": "python", "outputs": [
   {"output_type": "pyout", "prompt_number": 1, "text": ["1", "2"]},
   {"output_type": "stream", "text": ["one", "two"]}
  ], "prompt_number": 1}
 ]}]
}"""


def test_lines_without_line_feeds_of_early_writers_are_joined_as_jupyter_does() -> None:
    loaded = codec.read(TWO.encode())
    wanted = nbformat.reads(TWO, as_version=4)
    assert loaded.upgraded
    assert (
        [cell.source for cell in loaded.notebook.cells]
        == [cell.source for cell in wanted.cells]
        == ["# Old\n\ntext", "x = 1\nx"]
    )
    assert loaded.notebook.cells[1].outputs == wanted.cells[1].outputs
    assert codec.write(loaded.notebook, loaded.frame) == TWO.encode()
    loaded.notebook.cells[0].source += "!"
    nbformat.validate(
        nbformat.reads(codec.write(loaded.notebook, loaded.frame).decode(), as_version=nbformat.NO_CONVERT)
    )


@pytest.mark.parametrize("level", ["3", "0", "null", '"two"', "true", "99"])
def test_an_odd_heading_is_still_a_heading(level: str) -> None:
    data = f'{{"nbformat": 3, "worksheets": [{{"cells": [{{"cell_type": "heading", "level": {level}, "source": "a\\nb"}}]}}]}}'
    cell = codec.read(data.encode()).notebook.cells[0]
    assert cell.type == "markdown"
    assert cell.source.lstrip("#") == " a b"
    assert cell.source.startswith("###" if level == "3" else "# ")
