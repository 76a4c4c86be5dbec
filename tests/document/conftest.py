"""One Node process with Yjs and the page's own model, for all tests of the document."""

import json
import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from octavo.document.document import Applied, Document, Gap

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"


class Node:
    """Calls into `peer.ts`."""

    def __init__(self, script: Path) -> None:
        self._process = subprocess.Popen(["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, name: str, call: str, *args: Any) -> Any:
        return self.ask(name, call, *args)["result"]

    def ask(self, name: str, call: str, *args: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"name": name, "call": call, "args": args}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "problem" not in answer, answer["problem"]
        return answer

    def close(self) -> None:
        self._process.communicate()


class Page:
    """A Yjs peer with the page's functions. `out`: its updates on their way to the server, each with the clock that it claims."""

    def __init__(self, node: Node, client: int, seed: int = 1) -> None:
        self.node, self.client, self.name = node, client, f"page {client}"
        self.out: list[tuple[bytes, int]] = []
        node.call("", "open", self.name, client, seed)

    def do(self, call: str, *args: Any) -> Any:
        answer = self.node.ask(self.name, call, *args)
        self.out += [(b64decode(item["update"]), item["clock"]) for item in answer["out"]]
        return answer["result"]

    def apply(self, *updates: bytes) -> None:
        self.do("apply", [b64encode(update).decode() for update in updates])

    def vector(self) -> bytes:
        return b64decode(self.do("vector"))

    def since(self, vector: bytes) -> tuple[bytes, int]:
        answer = self.do("since", b64encode(vector).decode())
        return b64decode(answer["update"]), answer["clock"]

    def meet(self, document: Document) -> None:
        """Take the server's state, and let it take ours, as at a connect."""
        self.send(document)
        self.apply(document.diff(self.vector()))

    def send(self, document: Document) -> Applied | Gap:
        self.out.clear()
        update, clock = self.since(document.state_vector())
        return document.apply(update, client=self.client, clock=clock)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    esbuild = FRONTEND / "node_modules" / ".bin" / "esbuild"
    assert shutil.which("node"), "these tests need Node on PATH; scripts/test brings one"
    assert esbuild.exists(), "these tests need the frontend's packages: npm ci --prefix frontend"
    script = tmp_path_factory.mktemp("node") / "peer.mjs"
    bundle = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={script}"]
    modules = {"NODE_PATH": str(FRONTEND / "node_modules")}
    subprocess.run([esbuild, Path(__file__).with_name("peer.ts"), *bundle], check=True, env=os.environ | modules)
    node = Node(script)
    yield node
    node.close()


@pytest.fixture
def new_page(node: Node) -> Callable[..., Page]:
    """Makes a Yjs peer: `new_page(client, seed=1)`."""
    return partial(Page, node)
