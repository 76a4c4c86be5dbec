"""Notebook files of every format through a live server: an untouched one keeps its bytes, an edited one keeps its style and format."""

import json

import pytest
from served import HERE, jupyter_bytes, notebook

pytestmark = pytest.mark.anyio

FIXTURES = HERE.parent / "notebook" / "fixtures"
STREAM = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]}


def old(minor):
    """Before 4.5: cells without ids."""
    made = notebook("print 1", "print 2")
    for cell in made["cells"]:
        del cell["id"]
    made["cells"][0] |= {"outputs": [STREAM], "execution_count": 5}
    return made | {"nbformat_minor": minor}


def three():
    """nbformat 3, as IPython 2 wrote it."""
    code = {"cell_type": "code", "collapsed": False, "input": "print 1", "language": "python", "metadata": {}}
    output = {"output_type": "stream", "stream": "stdout", "text": "1\n"}
    return {
        "metadata": {"name": "old"},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "metadata": {}, "source": "Title"},
                    code | {"prompt_number": 1, "outputs": [output]},
                ],
                "metadata": {},
            }
        ],
    }


SHAPES = {
    "3.0": jupyter_bytes(three()),
    "4.0": jupyter_bytes(old(0)),
    "4.4": jupyter_bytes(old(4)),
    "4.5": jupyter_bytes(notebook("print 1")),
    "compact": json.dumps(notebook("print 1", "# 中文 🙂"), separators=(",", ":")).encode(),
    "escaped, four spaces, no newline": json.dumps(notebook("print 1", "# 中文 🙂"), indent=4).encode(),
    "CRLF": jupyter_bytes(notebook("print 1")).replace(b"\n", b"\r\n"),
    **{path.name: path.read_bytes() for path in sorted(FIXTURES.glob("*.ipynb")) if path.stat().st_size < 2_000_000},
}


def order_of(page):
    return [page.map[cell]["type"] for cell in page.order()]


@pytest.mark.parametrize("shape", SHAPES)
async def test_an_untouched_file_keeps_every_byte_over_opening_ctrl_s_and_closing(desk, shape):
    desk.file.parent.mkdir(parents=True, exist_ok=True)
    desk.file.write_bytes(SHAPES[shape])
    async with desk.page() as page:
        assert page.order()
        answer = await page.ask("save")
        assert answer["type"] == "done"
        assert desk.file.read_bytes() == SHAPES[shape]
        async with desk.server.http() as http:
            found = await http.get(f"api/contents/{desk.path}")
            assert found.status_code == 200
    assert desk.file.read_bytes() == SHAPES[shape]


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4])
async def test_older_minors_stay_what_they_are_and_get_no_ids(desk, minor):
    desk.file.parent.mkdir(parents=True, exist_ok=True)
    desk.file.write_bytes(jupyter_bytes(old(minor)))
    async with desk.page() as page:
        first = page.order()[0]
        assert page.text(first) == "a\nb\n"
        await page.run(first)
        await page.finished(first)
        await page.type(page.order()[1], "2")
        await page.ask("save")
    found = json.loads(desk.file.read_bytes())
    assert (found["nbformat"], found["nbformat_minor"]) == (4, minor)
    assert all("id" not in cell for cell in found["cells"])
    assert "".join(found["cells"][1]["source"]) == "print 22"
    assert "".join(found["cells"][0]["outputs"][0]["text"]) == "1\n"


async def test_nbformat_3_is_written_as_4_at_the_first_save_after_an_edit_and_the_original_kept(desk):
    desk.file.parent.mkdir(parents=True, exist_ok=True)
    desk.file.write_bytes(SHAPES["3.0"])
    async with desk.page() as page:
        assert order_of(page) == ["markdown", "code"]
        assert page.text(page.order()[1]) == "1\n"
        await page.type(page.order()[1], "2")
        await page.ask("save")
        found = json.loads(desk.file.read_bytes())
        assert (found["nbformat"], found["nbformat_minor"]) == (4, 4)
        assert "".join(found["cells"][1]["source"]) == "print 12"


async def test_an_edited_file_keeps_its_style(desk):
    desk.file.parent.mkdir(parents=True, exist_ok=True)
    for shape in ("compact", "escaped, four spaces, no newline", "CRLF"):
        desk.file.write_bytes(SHAPES[shape])
        async with desk.page() as page:
            await page.until(lambda: page.source(page.order()[0]) == "print 1")
            await page.type(page.order()[0], "2")
            await page.ask("save")
            assert desk.file.read_bytes() == SHAPES[shape].replace(b"print 1", b"print 12")
            await page.ask("shutdown")
        desk.file.unlink()
        desk.path = f"{desk.folder}/{shape[:4]}.ipynb"


async def test_a_file_that_is_no_notebook_says_so(desk):
    from websockets.exceptions import ConnectionClosed

    desk.file.parent.mkdir(parents=True, exist_ok=True)
    for content in (b"", b"{}", b"[1]", b"not json", b'{"nbformat": 9, "cells": []}', b"<<<<<<< HEAD\n{}\n"):
        desk.file.write_bytes(content)
        try:
            async with desk.page() as page:
                assert page.bye["code"] == "invalid-notebook", content
                assert page.bye["message"]
        except ConnectionClosed:
            raise AssertionError("the page was told nothing") from None
    async with desk.page(f"{desk.folder}/nowhere.ipynb") as page:
        assert page.bye["code"] == "not-found"
