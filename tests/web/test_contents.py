"""The contents API: statuses, models and headers as Jupyter's clients know them."""

import base64
import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

API = "/api/contents"
KEYS = [
    "name",
    "path",
    "type",
    "writable",
    "created",
    "last_modified",
    "size",
    "mimetype",
    "content",
    "format",
    "hash",
    "hash_algorithm",
]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def nb(*sources: str, **metadata: object) -> dict[str, Any]:
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def on_disk(content: object) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def text(content: str) -> dict[str, str]:
    return {"type": "file", "format": "text", "content": content}


# Reading


async def test_a_text_file_comes_with_every_key(client: httpx.AsyncClient, root: Path) -> None:
    (root / "a.txt").write_text("Zäh 中\r\n")
    answer = await client.get(f"{API}/a.txt")
    model = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert list(model) == KEYS
    assert TIME.fullmatch(model.pop("created"))
    assert TIME.fullmatch(model.pop("last_modified"))
    assert model == {
        "name": "a.txt",
        "path": "a.txt",
        "type": "file",
        "writable": True,
        "size": 10,
        "mimetype": "text/plain",
        "content": "Zäh 中\r\n",
        "format": "text",
        "hash": None,
        "hash_algorithm": None,
    }
    assert answer.headers["last-modified"].endswith(" GMT")


async def test_bytes_that_are_no_text_come_as_base64_in_lines(client: httpx.AsyncClient, root: Path) -> None:
    data = bytes(range(256))
    (root / "a.bin").write_bytes(data)
    model = (await client.get(f"{API}/a.bin")).json()
    assert (model["format"], model["mimetype"]) == ("base64", "application/octet-stream")
    assert max(map(len, model["content"].splitlines())) == 76
    assert base64.b64decode(model["content"]) == data
    wrong = await client.get(f"{API}/a.bin?format=text")
    assert (wrong.status_code, wrong.json()["reason"]) == (400, "bad format")
    (root / "a.txt").write_text("x")
    assert (await client.get(f"{API}/a.txt?format=base64")).json()["content"] == "eA==\n"


async def test_a_notebook_comes_as_nbformat_4_with_joined_texts(client: httpx.AsyncClient, root: Path) -> None:
    content = nb("a = 1\nb = 2")
    content["cells"][0]["source"] = ["a = 1\n", "b = 2"]
    content["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]}]
    content["cells"][0]["strange"] = {"kept": [1]}
    (root / "n.ipynb").write_bytes(on_disk(content))
    model = (await client.get(f"{API}/n.ipynb")).json()
    assert (model["type"], model["format"], model["mimetype"]) == ("notebook", "json", None)
    assert model["content"]["cells"][0]["source"] == "a = 1\nb = 2"
    assert model["content"]["cells"][0]["outputs"][0]["text"] == "1\n2\n"
    assert model["content"]["cells"][0]["strange"] == {"kept": [1]}
    assert "trusted" not in model["content"]["cells"][0]["metadata"]
    as_file = (await client.get(f"{API}/n.ipynb?type=file&format=text")).json()
    assert (as_file["type"], as_file["content"].encode()) == ("file", on_disk(content))


async def test_nbformat_3_is_read_as_4(client: httpx.AsyncClient, root: Path) -> None:
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [{"cells": [{"cell_type": "code", "input": "1", "outputs": []}]}],
    }
    (root / "old.ipynb").write_text(json.dumps(old))
    content = (await client.get(f"{API}/old.ipynb")).json()["content"]
    assert (content["nbformat"], content["cells"][0]["source"]) == (4, "1")


async def test_a_folder_lists_models_without_content(client: httpx.AsyncClient, root: Path) -> None:
    (root / "d" / "__pycache__").mkdir(parents=True)
    for name in ("a.txt", "b.ipynb", "c.pyc", "d~", ".hidden", ".DS_Store"):
        (root / "d" / name).write_text("")
    (root / "d" / "broken").symlink_to("nowhere")
    model = (await client.get(f"{API}/d")).json()
    assert (model["type"], model["format"], model["size"], model["mimetype"]) == ("directory", "json", None, None)
    assert [(one["path"], one["type"]) for one in model["content"]] == [
        ("d/a.txt", "file"),
        ("d/b.ipynb", "notebook"),
        ("d/broken", "file"),
    ]
    assert all(list(one) == KEYS and one["content"] is None and one["format"] is None for one in model["content"])
    top = (await client.get(API)).json()
    assert (top["name"], top["path"]) == ("", "")
    assert (await client.get(f"{API}/")).json()["content"] == top["content"]
    assert (await client.get(f"{API}?content=0")).json()["content"] is None


async def test_without_content_there_is_none_and_a_hash_when_asked(client: httpx.AsyncClient, root: Path) -> None:
    (root / "a.txt").write_text("x")
    model = (await client.get(f"{API}/a.txt?content=0&hash=1&1764000000000")).json()
    assert (model["content"], model["format"], model["mimetype"]) == (None, None, "text/plain")
    assert (model["hash"], model["hash_algorithm"]) == (sha256(b"x").hexdigest(), "sha256")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("format=json", "Format 'json' is invalid"),
        ("content=2", "Content '2' is invalid"),
        ("hash=x", "Hash 'x' is invalid"),
    ],
)
async def test_wrong_parameters_are_named(client: httpx.AsyncClient, root: Path, query: str, message: str) -> None:
    (root / "a.txt").write_text("x")
    answer = await client.get(f"{API}/a.txt?{query}")
    assert (answer.status_code, answer.json()["message"], answer.json()["reason"]) == (400, message, None)


async def test_the_wrong_type_is_a_bad_type(client: httpx.AsyncClient, root: Path) -> None:
    (root / "a.txt").write_text("x")
    (root / "d").mkdir()
    for url in (f"{API}/a.txt?type=directory", f"{API}/d?type=file", f"{API}/d?type=notebook", f"{API}/d?type=odd"):
        answer = await client.get(url)
        assert (answer.status_code, answer.json()["reason"]) == (400, "bad type"), url
    answer = await client.get(f"{API}/a.txt?type=notebook")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Unreadable Notebook: a.txt")


@pytest.mark.parametrize("path", ["no", "no/such", ".hidden", "d/.hidden/x", "..%2fx", "%2e%2e/x", "a%00b", "x" * 256])
async def test_what_is_missing_hidden_or_no_path_is_not_there(client: httpx.AsyncClient, root: Path, path: str) -> None:
    (root / ".hidden").write_text("secret")
    answer = await client.get(f"{API}/{path}")
    assert answer.status_code == 404
    assert "does not exist" in answer.json()["message"]


async def test_a_link_out_is_refused_with_a_sentence(client: httpx.AsyncClient, root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("secret")
    (root / "out").symlink_to("../outside")
    answer = await client.get(f"{API}/out")
    assert answer.status_code == 403
    assert "leads out of the notebook folder" in answer.json()["message"]


async def test_names_are_quoted_in_locations_only(client: httpx.AsyncClient, root: Path) -> None:
    answer = await client.put(f"{API}/a%20%C3%A4%20%23%3F%25%2B.txt", json=text("x"))
    assert answer.status_code == 201
    assert answer.json()["path"] == "a ä #?%+.txt"
    assert answer.headers["location"] == "/a%40b/api/contents/a%20%C3%A4%20%23%3F%25%2B.txt"
    assert (root / "a ä #?%+.txt").read_text() == "x"


async def test_a_trailing_slash_is_asked_for_again_without(client: httpx.AsyncClient, root: Path) -> None:
    (root / "d").mkdir()
    for method in ("GET", "POST", "PUT"):
        answer = await client.request(method, f"{API}/d/?content=0")
        assert (answer.status_code, answer.headers["location"]) == (302, "/a%40b/api/contents/d?content=0"), method
    assert (await client.get(f"{API}/x//y")).headers["location"] == "/a%40b/api/contents/x/y"


async def test_the_old_name_of_the_api_redirects(client: httpx.AsyncClient) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = await client.request(method, "/api/notebooks/d/a%20b.ipynb?x=1")
        assert (answer.status_code, answer.headers["location"]) == (302, "/a%40b/api/contents/d/a%20b.ipynb?x=1")
    assert (await client.get("/api/notebooks")).headers["location"] == "/a%40b/api/contents"


# Making


async def test_new_things_are_untitled_and_numbered(client: httpx.AsyncClient, root: Path) -> None:
    async def made(body: object) -> str:
        answer = await client.post(API, json=body)
        assert answer.status_code == 201
        assert answer.json()["content"] is None
        assert answer.headers["location"] == "/a%40b/api/contents/" + answer.json()["path"].replace(" ", "%20")
        return str(answer.json()["path"])

    assert [await made({"type": "notebook"}) for _ in range(3)] == [
        "Untitled.ipynb",
        "Untitled1.ipynb",
        "Untitled2.ipynb",
    ]
    assert [await made({"type": "file", "ext": ".txt"}) for _ in range(2)] == ["untitled.txt", "untitled1.txt"]
    assert [await made({"type": "directory"}) for _ in range(2)] == ["Untitled Folder", "Untitled Folder 1"]
    assert [await made({}) for _ in range(2)] == ["untitled", "untitled1"]
    assert await made({"ext": ".ipynb"}) == "Untitled3.ipynb"
    assert json.loads((root / "Untitled.ipynb").read_text())["nbformat"] == 4
    answer = await client.post(f"{API}/Untitled%20Folder", content=b"", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["path"]) == (201, "Untitled Folder/untitled")


async def test_copies_are_numbered(client: httpx.AsyncClient, root: Path) -> None:
    (root / "d").mkdir()
    (root / "a.tar.gz").write_text("x")
    (root / "x.v1.ipynb").write_bytes(on_disk(nb()))

    async def copied(source: str, folder: str = "") -> str:
        answer = await client.post(f"{API}{folder}", json={"copy_from": source})
        assert answer.status_code == 201
        return str(answer.json()["path"])

    assert [await copied("a.tar.gz") for _ in range(2)] == ["a-Copy1.tar.gz", "a-Copy2.tar.gz"]
    assert await copied("/a-Copy1.tar.gz") == "a-Copy3.tar.gz"
    assert await copied("x.v1.ipynb") == "x.v1-Copy1.ipynb"
    assert await copied("a.tar.gz", "/d") == "d/a.tar.gz"
    assert await copied("d") == "d-Copy1"
    assert (root / "d-Copy1" / "a.tar.gz").read_text() == "x"


async def test_what_cannot_be_made_is_said(client: httpx.AsyncClient, root: Path) -> None:
    (root / "a.txt").write_text("x")
    assert (await client.post(f"{API}/a.txt", json={})).status_code == 400
    assert (await client.post(f"{API}/no", json={})).status_code == 404
    assert (await client.post(f"{API}/.hidden", json={})).status_code == 400
    assert (await client.post(API, json={"type": "odd"})).status_code == 400
    assert (await client.post(API, json={"copy_from": "no"})).status_code == 404
    assert (await client.post(API, json={"copy_from": "../x"})).status_code == 400
    answer = await client.post(API, content=b"{broken")
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid JSON in body of request")
    assert (await client.post(API, json=[1])).status_code == 400
    assert [entry.name for entry in root.iterdir()] == ["a.txt"]


# Saving


async def test_a_file_is_created_and_then_saved(client: httpx.AsyncClient, root: Path) -> None:
    first = await client.put(f"{API}/a.txt", json=text("one\r\n"))
    assert first.status_code == 201
    assert first.headers["location"] == "/a%40b/api/contents/a.txt"
    second = await client.put(f"{API}/a.txt", json={"type": "file", "format": "base64", "content": "dHdv\nIQ==\n"})
    assert second.status_code == 200
    assert (root / "a.txt").read_bytes() == b"two!"
    model = second.json()
    assert list(model) == KEYS
    assert (model["content"], model["format"]) == (None, None)
    again = await client.get(f"{API}/a.txt")
    assert again.json()["last_modified"] == model["last_modified"]
    assert again.headers["last-modified"] == second.headers["last-modified"]
    assert again.headers["etag"] == second.headers["etag"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"format": "text", "content": ""}, "No file type provided"),
        ({"type": "file", "format": "text"}, "No file content provided"),
        ({"type": "notebook"}, "No file content provided"),
        ({"type": "file", "content": "x"}, "Must specify format of file contents as 'text' or 'base64'"),
        (
            {"type": "file", "content": "x", "format": "json"},
            "Must specify format of file contents as 'text' or 'base64'",
        ),
        ({"type": "file", "copy_from": "a"}, "Cannot copy with PUT, only POST"),
        ({"type": "odd", "content": ""}, "Unhandled contents type: odd"),
    ],
)
async def test_what_cannot_be_saved_is_said_in_jupyters_words(
    client: httpx.AsyncClient, body: object, message: str
) -> None:
    answer = await client.put(f"{API}/a.txt", json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


async def test_a_put_that_cannot_be_leaves_nothing(client: httpx.AsyncClient, root: Path) -> None:
    assert (await client.put(f"{API}/.hidden", json=text("x"))).status_code == 400
    assert (await client.put(f"{API}/no/a.txt", json=text("x"))).status_code == 404
    assert (
        await client.put(f"{API}/a.txt", json={"type": "file", "format": "base64", "content": "x"})
    ).status_code == 400
    assert (await client.put(f"{API}/n.ipynb", json={"type": "notebook", "content": {"a": 1}})).status_code == 400
    assert (
        await client.put(f"{API}/n.ipynb", json={"type": "notebook", "content": nb() | {"nbformat": 5}})
    ).status_code == 400
    assert (await client.put(f"{API}/a.txt", content=b" " * (4 * 1024**2 + 1))).status_code == 413
    assert list(root.iterdir()) == []


async def test_an_empty_put_makes_something_new_inside(client: httpx.AsyncClient, root: Path) -> None:
    (root / "d").mkdir()
    answer = await client.put(f"{API}/d", content=b"")
    assert (answer.status_code, answer.json()["path"]) == (201, "d/untitled")


async def test_folders_are_made_once(client: httpx.AsyncClient, root: Path) -> None:
    assert (await client.put(f"{API}/d", json={"type": "directory"})).status_code == 201
    assert (await client.put(f"{API}/d", json={"type": "directory"})).status_code == 200
    (root / "a.txt").write_text("x")
    assert (await client.put(f"{API}/a.txt", json={"type": "directory"})).status_code == 400
    assert (await client.put(f"{API}/d", json=text("x"))).status_code == 400


async def test_a_new_notebook_is_laid_out_as_jupyter_does(client: httpx.AsyncClient, root: Path) -> None:
    content = nb("a\nb")
    content["cells"][0]["metadata"] = {"trusted": True, "tags": ["x"]}
    answer = await client.put(f"{API}/n.ipynb", json={"type": "notebook", "format": "json", "content": content})
    assert (answer.status_code, answer.json()["type"]) == (201, "notebook")
    content["cells"][0]["metadata"] = {"tags": ["x"]}
    content["cells"][0]["source"] = ["a\n", "b"]
    assert (root / "n.ipynb").read_bytes() == on_disk(content)


async def test_saving_what_was_read_changes_no_byte(client: httpx.AsyncClient, root: Path) -> None:
    odd = (
        '{"nbformat_minor":5,"nbformat":4,"metadata":{"x":1.50,"é":"\\u00e9"},\n   '
        '"cells":[{"cell_type":"markdown","id":"a","source":["x\\n"],"metadata":{}}]}'
    )
    (root / "n.ipynb").write_text(odd)
    content = (await client.get(f"{API}/n.ipynb")).json()["content"]
    answer = await client.put(f"{API}/n.ipynb", json={"type": "notebook", "content": content})
    assert answer.status_code == 200
    assert (root / "n.ipynb").read_text() == odd
    content["cells"][0]["source"] = "x\ny"
    await client.put(f"{API}/n.ipynb", json={"type": "notebook", "content": content})
    assert (root / "n.ipynb").read_text() == odd.replace('["x\\n"]', '["x\\n","y"]')


async def test_a_notebook_of_nbformat_3_keeps_its_original_as_a_checkpoint(
    client: httpx.AsyncClient, root: Path
) -> None:
    old = json.dumps(
        {
            "nbformat": 3,
            "nbformat_minor": 0,
            "metadata": {},
            "worksheets": [{"cells": [{"cell_type": "code", "input": "1", "outputs": []}]}],
        }
    )
    (root / "old.ipynb").write_text(old)
    content = (await client.get(f"{API}/old.ipynb")).json()["content"]
    content["cells"][0]["source"] = "2"
    assert (await client.put(f"{API}/old.ipynb", json={"type": "notebook", "content": content})).status_code == 200
    assert json.loads((root / "old.ipynb").read_text())["nbformat"] == 4
    (checkpoint,) = (await client.get(f"{API}/old.ipynb/checkpoints")).json()
    await client.post(f"{API}/old.ipynb/checkpoints/{checkpoint['id']}")
    assert (root / "old.ipynb").read_text() == old


async def test_json_that_no_browser_would_send_is_taken(client: httpx.AsyncClient, root: Path) -> None:
    metadata = b'{"a":NaN,"b":"\\ud800","c":123456789012345678901234567890}'
    content = b'{"cells":[],"metadata":%b,"nbformat":4,"nbformat_minor":5}' % metadata
    body = b'{"type":"notebook","content":%b}' % content
    assert (await client.put(f"{API}/n.ipynb", content=body)).status_code == 201
    assert (await client.get(f"{API}/n.ipynb")).status_code == 200


async def test_nesting_without_end_is_refused(client: httpx.AsyncClient, root: Path) -> None:
    deep = "[" * 5000 + "]" * 5000
    body = f'{{"type":"notebook","content":{{"cells":[],"metadata":{{"a":{deep}}},"nbformat":4,"nbformat_minor":5}}}}'
    assert (await client.put(f"{API}/n.ipynb", content=body)).status_code == 400
    shallower = nb(a=json.loads("[" * 400 + "]" * 400))
    assert (await client.put(f"{API}/n.ipynb", json={"type": "notebook", "content": shallower})).status_code == 400
    assert list(root.iterdir()) == []


# Chunks


def chunk(n: int, data: bytes) -> dict[str, object]:
    return {"type": "file", "format": "base64", "content": base64.encodebytes(data).decode(), "chunk": n}


async def test_chunks_become_a_file_with_the_last(client: httpx.AsyncClient, root: Path) -> None:
    first = await client.put(f"{API}/a.bin", json=chunk(1, b"one "))
    assert first.status_code == 201
    assert list(first.json()) == KEYS
    assert not (root / "a.bin").exists()
    assert (await client.put(f"{API}/a.bin", json=chunk(2, b"two "))).json()["size"] == 8
    last = await client.put(f"{API}/a.bin", json=chunk(-1, b"three"))
    assert (last.status_code, last.json()["size"]) == (200, 13)
    assert (root / "a.bin").read_bytes() == b"one two three"
    again = await client.put(f"{API}/a.bin", json=chunk(1, b"new"))
    assert again.status_code == 200
    assert (root / "a.bin").read_bytes() == b"one two three"
    await client.put(f"{API}/a.bin", json=chunk(-1, b"er"))
    assert (root / "a.bin").read_bytes() == b"newer"


async def test_chunks_out_of_order_are_refused(client: httpx.AsyncClient, root: Path) -> None:
    assert (await client.put(f"{API}/a.bin", json=chunk(2, b"x"))).status_code == 400
    assert (await client.put(f"{API}/a.bin", json=chunk(-1, b"x"))).status_code == 400
    await client.put(f"{API}/a.bin", json=chunk(1, b"x"))
    assert (await client.put(f"{API}/a.bin", json=chunk(3, b"x"))).status_code == 409
    assert (await client.put(f"{API}/a.bin", json={**chunk(1, b"x"), "chunk": "1"})).status_code == 400
    answer = await client.put(f"{API}/n.ipynb", json={"type": "notebook", "content": nb(), "chunk": 1})
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        'File type "notebook" is not supported for large file transfer',
    )


async def test_an_upload_over_the_limit_is_given_up(client: httpx.AsyncClient, root: Path) -> None:
    piece = b"x" * 600_000
    await client.put(f"{API}/a.bin", json=chunk(1, piece))
    assert (await client.put(f"{API}/a.bin", json=chunk(2, piece))).status_code == 413
    assert (await client.put(f"{API}/a.bin", json=chunk(-1, b""))).status_code == 400
    assert list(root.iterdir()) == []


async def test_a_begun_upload_can_begin_again(client: httpx.AsyncClient, root: Path) -> None:
    await client.put(f"{API}/a.bin", json=chunk(1, b"half"))
    await client.put(f"{API}/a.bin", json=chunk(1, b"who"))
    await client.put(f"{API}/a.bin", json=chunk(-1, b"le"))
    assert (root / "a.bin").read_bytes() == b"whole"
    assert [entry.name for entry in root.iterdir()] == ["a.bin"]


# Renaming and deleting


async def test_a_rename_moves_the_file_and_its_checkpoints(client: httpx.AsyncClient, root: Path) -> None:
    (root / "d").mkdir()
    await client.put(f"{API}/a.txt", json=text("x"))
    made = (await client.post(f"{API}/a.txt/checkpoints")).json()
    answer = await client.patch(f"{API}/a.txt", json={"path": "/d/b c.txt"})
    assert (answer.status_code, answer.json()["path"]) == (200, "d/b c.txt")
    assert answer.headers["location"] == "/a%40b/api/contents/d/b%20c.txt"
    assert (await client.get(f"{API}/d/b%20c.txt/checkpoints")).json() == [made]
    await client.patch(f"{API}/d", json={"path": "e"})
    assert (await client.get(f"{API}/e/b%20c.txt/checkpoints")).json() == [made]
    assert (root / "e" / "b c.txt").read_text() == "x"


async def test_renames_that_cannot_be(client: httpx.AsyncClient, root: Path) -> None:
    await client.put(f"{API}/a.txt", json=text("a"))
    await client.put(f"{API}/b.txt", json=text("b"))
    kept = (await client.post(f"{API}/a.txt/checkpoints")).json()
    assert (await client.patch(f"{API}/a.txt", json={"path": "b.txt"})).status_code == 409
    assert (await client.patch(f"{API}/a.txt", json={"path": "no/b.txt"})).status_code == 404
    assert (await client.patch(f"{API}/no", json={"path": "c.txt"})).status_code == 404
    assert (await client.patch(f"{API}/a.txt", json={"path": ".b"})).status_code == 400
    assert (await client.patch(f"{API}/a.txt", json={"path": "../b"})).status_code == 400
    assert (await client.patch(f"{API}/a.txt", content=b"")).status_code == 400
    assert (await client.patch(API, json={"path": "b"})).status_code == 400
    assert (await client.patch(f"{API}/a.txt", json={"path": "a.txt"})).status_code == 200
    assert ((root / "a.txt").read_text(), (root / "b.txt").read_text()) == ("a", "b")
    assert (await client.get(f"{API}/a.txt/checkpoints")).json() == [kept]


async def test_delete_goes_to_the_bin_and_comes_back_with_its_checkpoints(
    client: httpx.AsyncClient, root: Path, documents: Any
) -> None:
    await client.put(f"{API}/a.txt", json=text("one"))
    kept = (await client.post(f"{API}/a.txt/checkpoints")).json()
    gone = await client.delete(f"{API}/a.txt")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get(f"{API}/a.txt")).status_code == 404
    await client.put(f"{API}/a.txt", json=text("two"))
    assert (await client.get(f"{API}/a.txt/checkpoints")).json() == []
    (row,) = (await client.get("/api/octavo/bin")).json()
    assert TIME.fullmatch(row.pop("deleted"))
    assert row == {"id": gone.headers["octavo-bin"], "name": "a.txt", "path": "a.txt", "type": "file", "size": 3}
    back = await client.post(f"/api/octavo/bin/{row['id']}/restore")
    assert (back.status_code, back.json()) == (200, {"path": "a-Restored1.txt"})
    assert (root / "a-Restored1.txt").read_text() == "one"
    assert (await client.get(f"{API}/a-Restored1.txt/checkpoints")).json() == [kept]
    assert documents.events == [("restored", row["id"], "a-Restored1.txt")]
    assert (await client.get("/api/octavo/bin")).json() == []
    assert (await client.post(f"/api/octavo/bin/{row['id']}/restore")).status_code == 404


async def test_a_full_folder_is_deleted_and_can_be_gone_for_good(
    client: httpx.AsyncClient, root: Path, documents: Any, tmp_path: Path
) -> None:
    (root / "d").mkdir()
    await client.put(f"{API}/d/n.ipynb", json={"type": "notebook", "content": nb("1")})
    id = (await client.delete(f"{API}/d")).headers["octavo-bin"]
    (row,) = (await client.get("/api/octavo/bin")).json()
    assert row["type"] == "directory"
    assert (await client.delete(f"/api/octavo/bin/{id}")).status_code == 204
    assert (await client.delete(f"/api/octavo/bin/{id}")).status_code == 404
    assert list((tmp_path / "profile" / "bin").iterdir()) == []
    assert documents.events == [("purged", id)]


async def test_deletes_that_cannot_be(client: httpx.AsyncClient, root: Path) -> None:
    (root / ".hidden").write_text("x")
    for url, status in ((API, 400), (f"{API}/", 400), (f"{API}/.hidden", 400), (f"{API}/no", 404)):
        assert (await client.delete(url)).status_code == status, url
    assert (await client.get("/api/octavo/bin")).json() == []


# Checkpoints and trust


async def test_checkpoints_are_made_listed_restored_and_deleted(client: httpx.AsyncClient, root: Path) -> None:
    await client.put(f"{API}/a.txt", json=text("one"))
    assert (await client.get(f"{API}/a.txt/checkpoints")).json() == []
    made = await client.post(f"{API}/a.txt/checkpoints")
    assert made.status_code == 201
    assert list(made.json()) == ["id", "last_modified"]
    assert TIME.fullmatch(made.json()["last_modified"])
    url = f"{API}/a.txt/checkpoints/{made.json()['id']}"
    assert made.headers["location"] == f"/a%40b{url}"
    await client.put(f"{API}/a.txt", json=text("two"))
    restored = await client.post(url)
    assert (restored.status_code, restored.content) == (204, b"")
    assert (root / "a.txt").read_text() == "one"
    assert (await client.delete(url)).status_code == 204
    assert (await client.delete(url)).status_code == 404
    assert (await client.post(url)).status_code == 404
    assert (await client.get(f"{API}/a.txt/checkpoints")).json() == []


async def test_a_notebook_has_a_checkpoint_from_its_first_save(client: httpx.AsyncClient) -> None:
    for source in ("1", "2"):
        await client.put(f"{API}/n.ipynb", json={"type": "notebook", "content": nb(source)})
        assert len((await client.get(f"{API}/n.ipynb/checkpoints")).json()) == 1


async def test_folders_and_missing_files_have_no_checkpoints(client: httpx.AsyncClient, root: Path) -> None:
    (root / "d").mkdir()
    assert (await client.get(f"{API}/d/checkpoints")).status_code == 400
    assert (await client.post(f"{API}/d/checkpoints")).status_code == 400
    assert (await client.get(f"{API}/no/checkpoints")).status_code == 404


async def test_trust_is_answered_for_notebooks(client: httpx.AsyncClient, root: Path) -> None:
    (root / "n.ipynb").write_bytes(on_disk(nb()))
    (root / "a.txt").write_text("")
    trusted = await client.post(f"{API}/n.ipynb/trust")
    assert (trusted.status_code, trusted.content) == (201, b"")
    assert (await client.post(f"{API}/a.txt/trust")).status_code == 400
    assert (await client.post(f"{API}/no.ipynb/trust")).status_code == 404


async def test_a_file_may_be_called_checkpoints(client: httpx.AsyncClient, root: Path) -> None:
    assert (await client.put(f"{API}/checkpoints", json=text("x"))).status_code == 201
    assert (await client.get(f"{API}/checkpoints")).json()["content"] == "x"
    (root / "d").mkdir()
    assert (await client.put(f"{API}/d/trust", json=text("y"))).status_code == 201
    assert (await client.get(f"{API}/d/trust")).json()["content"] == "y"


# Open documents


async def test_an_open_document_is_read_through_and_saved_as_an_outside_change(
    client: httpx.AsyncClient, root: Path, documents: Any
) -> None:
    (root / "n.ipynb").write_bytes(on_disk(nb("on disk")))
    documents.open["n.ipynb"] = on_disk(nb("live"))
    model = (await client.get(f"{API}/n.ipynb?hash=1")).json()
    assert model["content"]["cells"][0]["source"] == "live"
    assert model["hash"] == sha256(on_disk(nb("live"))).hexdigest()
    answer = await client.put(
        f"{API}/n.ipynb", json={"type": "notebook", "content": nb("theirs")}, headers={"X-Who": "ann"}
    )
    assert answer.status_code == 200
    assert documents.took == [("n.ipynb", on_disk(nb("theirs")), "ann")]
    assert (root / "n.ipynb").read_bytes() == on_disk(nb("on disk"))
    made = (await client.post(f"{API}/n.ipynb/checkpoints")).json()
    documents.open["n.ipynb"] = on_disk(nb("later"))
    assert (await client.post(f"{API}/n.ipynb/checkpoints/{made['id']}")).status_code == 204
    assert documents.took[-1][1] == on_disk(nb("live"))
    await client.put(f"{API}/n.ipynb", json=chunk(1, b"in "))
    await client.put(f"{API}/n.ipynb", json=chunk(-1, b"chunks"))
    assert documents.took[-1][1] == b"in chunks"
    copied = (await client.post(API, json={"copy_from": "n.ipynb"})).json()["path"]
    assert (root / copied).read_bytes() == on_disk(nb("later"))
    assert [entry.name for entry in sorted(root.iterdir())] == ["n-Copy1.ipynb", "n.ipynb"]
