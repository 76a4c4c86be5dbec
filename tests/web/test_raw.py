"""`/files/`: bytes, ranges and conditions; what a browser may show; the streamed upload."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from starlette.requests import Request

from octavo.files.store import Stat, Version
from octavo.web.jupyter import mimes
from octavo.web.jupyter.filing import Filing
from octavo.web.jupyter.raw import FileResponse, Part, choose

pytestmark = pytest.mark.anyio

STAT = Stat("a.txt", "file", 10, 1_700_000_000_500_000_000, 0, True, Version("v1"))


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", Part(206, 0, 10)),
        ("bytes=0-0", Part(206, 0, 1)),
        ("bytes=3-5", Part(206, 3, 3)),
        ("Bytes=9-", Part(206, 9, 1)),
        ("bytes=5-99", Part(206, 5, 5)),
        ("bytes=-3", Part(206, 7, 3)),
        ("bytes=-99", Part(206, 0, 10)),
        ("bytes=10-", Part(416)),
        ("bytes=-0", Part(416)),
        ("bytes=5-3", Part(200, 0, 10)),
        ("bytes=-", Part(200, 0, 10)),
        ("bytes=0-1,3-4", Part(200, 0, 10)),
        ("bytes=" + "0-1," * 10_000 + "0-1", Part(200, 0, 10)),
        ("lines=0-1", Part(200, 0, 10)),
        ("bytes=٣-٥", Part(200, 0, 10)),
        ("", Part(200, 0, 10)),
    ],
)
def test_one_range_is_answered_by_it_and_anything_else_by_the_whole(asked: str, part: Part) -> None:
    assert choose(STAT, "GET", {"range": asked}) == part
    assert choose(STAT, "HEAD", {"range": asked}) == Part(200, 0, 10)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if-none-match": '"v1"'}, 304),
        ({"if-none-match": '"v0", W/"v1"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"v0"'}, 200),
        ({"if-none-match": '"v0"', "if-modified-since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 200),
        ({"if-modified-since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 304),
        ({"if-modified-since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 200),
        ({"if-modified-since": "yesterday"}, 200),
        ({"range": "bytes=0-1", "if-range": '"v1"'}, 206),
        ({"range": "bytes=0-1", "if-range": 'W/"v1"'}, 200),
        ({"range": "bytes=0-1", "if-range": '"v0"'}, 200),
        ({"range": "bytes=0-1", "if-range": "Tue, 14 Nov 2023 22:13:20 GMT"}, 206),
        ({"range": "bytes=0-1", "if-range": "Tue, 14 Nov 2023 22:13:21 GMT"}, 200),
    ],
)
def test_conditions_are_kept(headers: dict[str, str], status: int) -> None:
    assert choose(STAT, "GET", headers).status == status


def test_a_range_of_an_empty_file_cannot_be() -> None:
    empty = Stat("a.txt", "file", 0, 0, 0, True, Version("v1"))
    assert choose(empty, "GET", {"range": "bytes=0-"}) == Part(416)
    assert choose(empty, "GET", {}) == Part(200, 0, 0)


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("a.png", "image/png", True),
        ("a.JPG", "image/jpeg", True),
        ("a.mp4", "video/mp4", True),
        ("a.txt", "text/plain; charset=UTF-8", True),
        ("a.py", "text/plain; charset=UTF-8", True),
        ("a.md", "text/plain; charset=UTF-8", True),
        ("a.csv", "text/plain; charset=UTF-8", True),
        ("a.css", "text/plain; charset=UTF-8", True),
        ("a.js", "text/plain; charset=UTF-8", True),
        ("a.json", "text/plain; charset=UTF-8", True),
        ("a.html", "text/html", False),
        ("a.htm", "text/html", False),
        ("a.xhtml", "application/xhtml+xml", False),
        ("a.svg", "image/svg+xml", False),
        ("a.xml", "text/xml", False),
        ("a.pdf", "application/pdf", False),
        ("a.ipynb", "application/x-ipynb+json", False),
        ("a.tar.gz", "application/gzip", False),
        ("a.unknown-kind", "application/octet-stream", False),
        ("Makefile", "application/octet-stream", False),
    ],
)
def test_only_what_cannot_act_is_shown(name: str, kind: str, shown: bool) -> None:
    assert mimes.served(f"d.html/{name}") == (kind, shown)


async def test_bytes_come_as_they_are_under_a_sandbox(client: httpx.AsyncClient, root: Path) -> None:
    data = os.urandom(700_000)
    (root / "a b.html").write_bytes(data)
    answer = await client.get("/files/a%20b.html")
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-length"] == "700000"
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''a%20b.html"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "allow-" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    head = await client.head("/files/a%20b.html")
    assert (head.status_code, head.content, head.headers) == (200, b"", answer.headers)
    part = await client.get("/files/a%20b.html", headers={"Range": "bytes=262140-262147"})
    assert (part.status_code, part.content) == (206, data[262140:262148])
    assert part.headers["content-range"] == "bytes 262140-262147/700000"
    assert part.headers["content-length"] == "8"
    beyond = await client.get("/files/a%20b.html", headers={"Range": "bytes=700000-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */700000")
    known = await client.get("/files/a%20b.html", headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


async def test_what_can_be_shown_is_downloaded_when_asked(client: httpx.AsyncClient, root: Path) -> None:
    (root / "中.txt").write_text("x")
    assert "content-disposition" not in (await client.get("/files/中.txt")).headers
    answer = await client.get("/files/中.txt?download=1")
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''%E4%B8%AD.txt"


async def test_an_empty_file_is_served(client: httpx.AsyncClient, root: Path) -> None:
    (root / "a.txt").touch()
    answer = await client.get("/files/a.txt")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


async def test_what_is_not_served(client: httpx.AsyncClient, root: Path) -> None:
    (root / "d").mkdir()
    (root / ".hidden").write_text("x")
    (root / "out").symlink_to("/etc/passwd")
    for url, status in (("no", 404), (".hidden", 404), ("%2e%2e/x", 404), ("d", 403), ("", 403), ("out", 403)):
        assert (await client.get(f"/files/{url}")).status_code == status, url


async def test_an_open_document_is_served_as_it_is_now(client: httpx.AsyncClient, root: Path, documents: Any) -> None:
    (root / "n.ipynb").write_text("on disk")
    documents.open["n.ipynb"] = b"live bytes"
    assert (await client.get("/files/n.ipynb")).content == b"live bytes"
    part = await client.get("/files/n.ipynb", headers={"Range": "bytes=-5"})
    assert (part.content, part.headers["content-range"]) == (b"bytes", "bytes 5-9/10")


async def test_a_download_ends_when_its_client_is_gone(filing: Filing, root: Path) -> None:
    (root / "a.bin").write_bytes(b"x" * 4 * 1024**2)
    sent = 0
    gone = anyio.Event()

    async def receive() -> dict[str, object]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))
        if sent:
            gone.set()
            await anyio.lowlevel.checkpoint()

    scope = {"type": "http", "method": "GET", "path": "/files/a.bin", "headers": [], "query_string": b""}
    request = Request(scope)
    await FileResponse(filing, "a.bin", request)(scope, receive, send)
    assert 0 < sent < 4 * 1024**2


# Uploads


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_an_upload_is_streamed_into_its_place(client: httpx.AsyncClient, root: Path) -> None:
    data = os.urandom(600_000)
    answer = await client.put("/files/a%20b.bin", content=pieces(data[:1], data[1:400_000], data[400_000:]))
    assert answer.status_code == 201
    assert answer.headers["location"] == "/a%40b/files/a%20b.bin"
    assert (answer.json()["path"], answer.json()["size"], answer.json()["content"]) == ("a b.bin", 600_000, None)
    assert (root / "a b.bin").read_bytes() == data
    again = await client.put("/files/a%20b.bin", content=b"new")
    assert again.status_code == 200
    assert (await client.get("/files/a%20b.bin")).headers["etag"] == again.headers["etag"]


async def test_an_upload_keeps_its_conditions(client: httpx.AsyncClient, root: Path) -> None:
    assert (await client.put("/files/a.txt", content=b"x", headers={"If-Match": "*"})).status_code == 412
    assert (await client.put("/files/a.txt", content=b"x", headers={"If-Match": '"v0"'})).status_code == 412
    first = await client.put("/files/a.txt", content=b"one", headers={"If-None-Match": "*"})
    assert first.status_code == 201
    refused = await client.put("/files/a.txt", content=b"x", headers={"If-None-Match": "*"})
    assert (refused.status_code, refused.json()["code"]) == (412, "conflict")
    etag = first.headers["etag"]
    assert (await client.put("/files/a.txt", content=b"x", headers={"If-None-Match": etag})).status_code == 412
    second = await client.put("/files/a.txt", content=b"two", headers={"If-Match": f'"v0", {etag}'})
    assert second.status_code == 200
    assert (await client.put("/files/a.txt", content=b"x", headers={"If-Match": etag})).status_code == 412
    assert (
        await client.put("/files/a.txt", content=b"x", headers={"If-Match": f"W/{second.headers['etag']}"})
    ).status_code == 412
    assert (root / "a.txt").read_bytes() == b"two"
    assert (await client.put("/files/a.txt", content=b"three", headers={"If-Match": "*"})).status_code == 200
    assert [entry.name for entry in root.iterdir()] == ["a.txt"]


async def test_a_condition_is_kept_to_the_end_of_a_long_upload(client: httpx.AsyncClient, root: Path) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"ours"
        (root / "a.txt").write_text("theirs")

    answer = await client.put("/files/a.txt", content=slow(), headers={"If-None-Match": "*"})
    assert answer.status_code == 412
    assert (root / "a.txt").read_text() == "theirs"
    assert [entry.name for entry in root.iterdir()] == ["a.txt"]


async def test_uploads_that_cannot_be_leave_nothing(client: httpx.AsyncClient, root: Path) -> None:
    (root / "d").mkdir()
    big = b"x" * (1024**2 + 1)
    for url, content, status in (
        ("no/a.txt", b"x", 404),
        (".hidden", b"x", 400),
        ("%2e%2e/x", b"x", 400),
        ("", b"x", 400),
        ("d", b"x", 400),
        ("a.txt", big, 413),
        ("a.txt", pieces(big[:600_000], big[600_000:]), 413),
    ):
        assert (await client.put(f"/files/{url}", content=content)).status_code == status, url
    assert [entry.name for entry in root.iterdir()] == ["d"]


async def test_an_upload_that_breaks_off_leaves_nothing(client: httpx.AsyncClient, root: Path) -> None:
    (root / "a.txt").write_text("old")

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await client.put("/files/a.txt", content=broken())
    assert (root / "a.txt").read_text() == "old"
    assert [entry.name for entry in root.iterdir()] == ["a.txt"]


async def test_an_upload_onto_an_open_document_is_an_outside_change(
    client: httpx.AsyncClient, root: Path, documents: Any
) -> None:
    (root / "n.ipynb").write_text("on disk")
    documents.open["n.ipynb"] = b"live"
    answer = await client.put("/files/n.ipynb", content=pieces(b"the", b"irs"), headers={"X-Who": "ann"})
    assert answer.status_code == 200
    assert documents.took == [("n.ipynb", b"theirs", "ann")]
    assert (root / "n.ipynb").read_text() == "on disk"
    assert [entry.name for entry in root.iterdir()] == ["n.ipynb"]
