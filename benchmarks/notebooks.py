"""Opening a notebook of a thousand cells without a browser: bytes on the wire, and the time until all of it is there.

Octavo: from the WebSocket's handshake until the state and the document have come. jupyter_server: one GET of the contents API, which is
what its pages ask for.
"""

import json
from collections.abc import Mapping
from typing import Any

import anyio
import httpx
import peers
from clients import clock
from page import Page
from rows import JUPYTER, OCTAVO, Row, median

CELLS, SIZE = 1_000, 300_000
Times = list[float]


def measure(options: Any) -> list[Row]:
    rounds = 3 if options.quick else 9
    with peers.home() as ours, peers.home() as theirs:
        for home in (ours, theirs):
            for n in range(rounds):
                (home / "notes" / f"{n}.ipynb").write_bytes(big(n))
        with peers.octavo(ours) as octavo, peers.jupyter("server", theirs) as jupyter:
            first, again, theirs_first, sizes = anyio.run(by_turns, octavo, jupyter, rounds)
        with peers.octavo(ours) as octavo, peers.jupyter("server", theirs) as jupyter:
            restarted, _, theirs_again, _ = anyio.run(by_turns, octavo, jupyter, rounds)
    figure = {JUPYTER: median([*theirs_first, *theirs_again])}
    return [
        Row("1,000 cells, opened for the first time", "ms", {OCTAVO: median(first), **figure}, JUPYTER),
        Row("1,000 cells, opened after a restart", "ms", {OCTAVO: median(restarted), **figure}, JUPYTER),
        Row("1,000 cells, opened by a second page", "ms", {OCTAVO: median(again), **figure}, JUPYTER),
        Row("1,000 cells, bytes on opening", "kB", sizes, JUPYTER),
    ]


def big(number: int) -> bytes:
    """Every cell has an output, as a notebook that was run has."""
    content = json.loads(peers.notebook(peers.sources(CELLS, SIZE)))
    for n, cell in enumerate(content["cells"]):
        cell["execution_count"] = n + 1
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": [f"notebook {number}, result {n}\n"]}]
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


class Counted(Page):
    """A page that counts what it is sent."""

    size = 0

    async def _text(self, message: dict[str, Any]) -> None:
        self.size += len(json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode())
        await super()._text(message)

    async def _binary(self, data: bytes) -> None:
        self.size += len(data)
        await super()._binary(data)


async def by_turns(
    octavo: peers.Server, jupyter: peers.Server, rounds: int
) -> tuple[Times, Times, Times, Mapping[str, float]]:
    """Milliseconds: opened first, opened by a second page, opened by the peer; and kB on the wire."""
    first, again, peer, sizes = Times(), Times(), Times(), dict[str, float]()
    async with httpx.AsyncClient(base_url=jupyter.url, headers=jupyter.headers, timeout=60, trust_env=False) as http:
        for n in range(rounds):
            for times in (first, again):
                began = clock()
                async with Counted.open(octavo.url, octavo.token, f"{n}.ipynb") as page:
                    times.append((clock() - began) * 1e3)
                    assert len(page.order()) == CELLS and len(page.cells) == CELLS
                    sizes[OCTAVO] = page.size / 1000
            began = clock()
            answer = await http.get(f"api/contents/{n}.ipynb", params={"type": "notebook", "content": "1"})
            assert len(answer.json()["content"]["cells"]) == CELLS
            peer.append((clock() - began) * 1e3)
            sizes[JUPYTER] = len(answer.content) / 1000
    return first, again, peer, sizes
