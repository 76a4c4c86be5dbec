"""Files of notebooks with much in them are made in a process of their own: the same bytes, and nothing lost where that fails."""

import base64
import copy
import hashlib
import json
import sqlite3

import pytest

from octavo.errors import Unavailable
from octavo.ids import CellId
from octavo.notebook import codec
from octavo.notebook.model import Cell
from octavo.session import projecting

pytestmark = pytest.mark.anyio

ROW = b"<p>" + b"x" * 20_000
FILE = bytes(range(256)) * 2000
SPELT = base64.b64encode(FILE).decode() + "\n"


def job(folder, **changes):
    """A base of one cell, and a notebook where that has outputs that stand elsewhere, and another cell with what pickles badly elsewhere."""
    loaded = codec.empty()
    first = Cell(id=CellId("a"), type="code", source="1", metadata={}, attachments={}, outputs=[], count=None)
    loaded.notebook.cells = [first]
    base = codec.write(loaded.notebook, loaded.frame)
    notebook = copy.deepcopy(loaded.notebook)
    references = [
        {"blob": hashlib.sha256(body).hexdigest(), "size": len(body), "form": form}
        for body, form in ((ROW, "text"), (FILE, "base64-line"))
    ]
    data = {"text/html": references[0], "image/png": references[1], "text/plain": "\ud800"}
    notebook.cells[0].outputs = [{"output_type": "display_data", "data": data, "metadata": {"n": 2**70}}]
    notebook.cells[0].source = "2"
    blobs = folder / "blobs"
    blobs.mkdir()
    (blobs / references[1]["blob"]).write_bytes(FILE)
    db = sqlite3.connect(folder / "j.db")
    db.execute("CREATE TABLE blob(hash, data)")
    db.executemany("INSERT INTO blob VALUES (?, ?)", [(references[0]["blob"], ROW), (references[1]["blob"], None)])
    db.commit()
    db.close()
    wanted = {
        "base": base,
        "base_hash": hashlib.sha256(base).hexdigest(),
        "database": folder / "j.db",
        "blobs": blobs,
        "notebook": notebook,
        "ids": [CellId("a")],
        "untouched": set(),
        "target": folder / "bases" / "new",
    }
    return projecting.Job(**{**wanted, **changes})


async def test_a_process_makes_the_same_bytes_as_this_one(tmp_path):
    asked = job(tmp_path)
    made = await projecting.apart(asked)
    data = asked.target.read_bytes()
    assert (made.same, made.upgraded, made.digest) == (False, False, hashlib.sha256(data).hexdigest())
    whole = copy.deepcopy(asked.notebook)
    projecting.put_in(whole.cells, {hashlib.sha256(body).hexdigest(): body for body in (ROW, FILE)}.__getitem__)
    assert data == projecting.project(asked.base, whole, asked.ids, set())[0]
    (output,) = json.loads(data)["cells"][0]["outputs"]
    assert "".join(output["data"]["image/png"]) == SPELT
    assert "".join(output["data"]["text/html"]).encode() == ROW
    assert b"".join([piece async for piece in projecting.pieces(asked.target)]) == data


async def test_what_is_the_same_as_the_base_is_not_written(tmp_path):
    asked = job(tmp_path, untouched={CellId("a")})
    asked.notebook.cells[0].source = "1"
    assert (await projecting.apart(asked)).same
    assert not asked.target.exists()


async def test_a_damaged_base_is_told_and_nothing_is_made(tmp_path):
    asked = job(tmp_path, base_hash="0" * 64)
    with pytest.raises(Unavailable, match="damaged"):
        await projecting.apart(asked)
    assert not asked.target.exists()


async def test_a_large_notebook_is_saved_kept_and_opened_again_whole(own_desk):
    async with own_desk.opened("large 1500000\nlarge 1500001", "print 1") as page:
        await page.run("a", "b")
        assert await page.finished("b") == "ok"
        assert (await page.ask("save"))["type"] == "done"

        def sizes():
            return [len("".join(output["data"]["text/plain"])) for output in own_desk.cells()[0]["outputs"]]

        assert sizes() == [1_500_000, 1_500_001]
        await page.type("b", "\nprint 2")
        assert (await page.ask("save"))["type"] == "done"
        assert own_desk.cells()[1]["source"] == "print 1\nprint 2"
        assert sizes() == [1_500_000, 1_500_001]
        profile = own_desk.server.profile
        assert len(list((profile / "bases").iterdir())) == 1
        async with own_desk.server.http() as http:
            found = (await http.get(f"api/contents/{own_desk.path}/checkpoints")).json()
            assert len(found) >= 1
            restored = await http.post(f"api/contents/{own_desk.path}/checkpoints/{found[-1]['id']}")
            assert restored.status_code == 204
    own_desk.server.kill()
    own_desk.server.restart()
    async with own_desk.page() as page:
        assert len(page.cells["a"]["outputs"]) == 2
        assert sizes() == [1_500_000, 1_500_001]
