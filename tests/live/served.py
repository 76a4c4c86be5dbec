"""A real `octavo serve` for tests: its own home and notebook folder, a free port, and nothing left behind.

    with Served.start() as server:
        server.put("a.ipynb", "print 7", kernel="scripted")
        async with server.page("a.ipynb") as page: ...
        server.kill(); server.restart()        # the kernel host and its kernels live on

Kernelspecs: `scripted` (tests/kernels/scripted.py), `mute` (never answers), `broken` (no such program), `dying`, and `python3`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import httpx
from page import Page

from octavo.access.access import Access
from octavo.settings import profiles, schema

HERE = Path(__file__).parent
SCRIPTED = HERE.parent / "kernels" / "scripted.py"
PASSWORD = "tides at noon"
LONG_RUN = """\
import base64, time
from IPython.display import Image, display
for n in range(1, 601):
    print(n)
    time.sleep(0.01)
dot = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
display(Image(data=base64.b64decode(dot)))
print("hello", input("Name? "))
"""
"""A cell that prints 1 to 600 at a hundred a second, shows a picture, and asks."""
SPECS: dict[str, list[str]] = {
    "scripted": [],
    "second": [],
    "mute": ["--mute"],
    "dying": ["--dies", "3"],
    "stubborn": ["--stubborn"],
}


def cell(source: str, name: str | None = None, *, kind: str = "code", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source, **more}
    if name is not None:
        made["id"] = name
    if kind == "code":
        made = {"outputs": [], "execution_count": None, **made}
    return made


def notebook(*sources: str | dict[str, Any], kernel: str = "scripted") -> dict[str, Any]:
    """Cells `a`, `b`, `c` … of nbformat 4.5."""
    cells = [cell(s, chr(97 + n)) if isinstance(s, str) else s for n, s in enumerate(sources)]
    spec = {"name": kernel, "display_name": kernel, "language": "script" if kernel != "python3" else "python"}
    metadata = {"kernelspec": spec, "language_info": {"name": spec["language"], "version": "1"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def jupyter_bytes(content: dict[str, Any]) -> bytes:
    """As Jupyter writes it."""
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def first_credentials(home: Path) -> str:
    """Set the password; a token. As `octavo password` and `octavo token create` do, without the time that two processes take to start."""
    with Access.open(profiles.find(home, "default").directory, schema.Access()) as access:
        anyio.run(access.set_password, PASSWORD)
        return access.create_token("tests")


class Served:
    """Made by `start`. `url` ends in a slash."""

    def __init__(self, home: Path, root: Path, options: Sequence[str]) -> None:
        self.home, self.root, self.options = home, root, list(options)
        self.port = 0
        self.url = self.token = ""
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("OCTAVO_")},
            "OCTAVO_HOME": str(home / "octavo"),
            "HOME": str(home),
            "JUPYTER_PATH": str(home / "jupyter"),
            "IPYTHONDIR": str(home / "ipython"),
            "PYTHONWARNINGS": "default",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.log = home / "server.log"
        self.secrets: list[str] = []

    @classmethod
    @contextmanager
    def start(cls, *options: str, settings: str = "") -> Iterator["Served"]:
        home = Path(tempfile.mkdtemp(prefix="octavo-t-"))  # short, for the sockets in it
        sweeper = subprocess.Popen([sys.executable, "-I", "-S", HERE / "sweep.py", home], stdin=subprocess.PIPE)
        try:
            root = home / "notes"
            root.mkdir()
            served = cls(home, root, options)
            served._write_specs()
            if settings:
                (home / "octavo" / "default").mkdir(parents=True, mode=0o700)
                (home / "octavo" / "default" / "settings.toml").write_text(settings)
            with ThreadPoolExecutor(1) as thread:  # an event loop may be running in this one
                served.token = thread.submit(first_credentials, home / "octavo").result()
            served.restart()
            yield served
            served.stop()
            served.check_logs()
        finally:
            assert sweeper.stdin is not None
            sweeper.stdin.close()
            sweeper.wait(20)
            shutil.rmtree(home, ignore_errors=True)

    def _write_specs(self) -> None:
        for name, options in SPECS.items():
            argv = [sys.executable, "-I", "-S", str(SCRIPTED), "-f", "{connection_file}", *options]
            self.kernelspec(name, argv)
        self.kernelspec("broken", ["/nowhere/kernel", "{connection_file}"])

    def kernelspec(self, name: str, argv: Sequence[str], **more: Any) -> None:
        folder = self.home / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        spec = {"argv": list(argv), "display_name": name.title(), "language": "script", **more}
        (folder / "kernel.json").write_text(json.dumps(spec))

    # The process ------------------------------------------------------------------------------------------------------

    def command(self, *arguments: str, text: str = "") -> str:
        """Another `octavo` command on the same profile; its output."""
        ran = subprocess.run(
            [sys.executable, "-m", "octavo", *arguments],
            env=self.environment,
            input=text.encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout.decode()

    def restart(self) -> None:
        """Start the web process, on the same port as before."""
        command = [sys.executable, "-m", "octavo", "serve", str(self.root), "--port", str(self.port), "--no-open"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*command, *self.options], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        lock = self.home / "octavo" / "default" / "web.lock"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                said = json.loads(lock.read_bytes())
            except (OSError, ValueError):
                said = {}
            if said.get("pid") == self.process.pid and said.get("address"):
                self.url = said["address"]
                self.port = int(httpx.URL(self.url).port or 80)
                return
            time.sleep(0.01)
        raise AssertionError(f"no server within a minute: {self.log.read_text()}")

    def kill(self) -> None:
        """As the kernel's out-of-memory killer would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it in order."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired as error:
                raise AssertionError(f"the server does not end: {self.log.read_text()[-4000:]}") from error

    def check_logs(self) -> None:
        """Over everything that a test did: nothing crashed, and no secret stands in a log."""
        logs = [self.log, *sorted((self.profile / "log").glob("*"))]
        text = "\n".join(file.read_text() for file in logs)
        assert "Traceback" not in text, text[-8000:]
        assert self.token not in text
        assert PASSWORD not in text
        for secret in self.secrets:
            assert secret not in text, f"{secret} stands in a log"

    @property
    def profile(self) -> Path:
        return self.home / "octavo" / "default"

    def host_pid(self) -> int:
        return next(
            int(pid)
            for pid in os.listdir("/proc")
            if pid.isdigit()
            and (Path("/proc") / pid / "cmdline").read_bytes().find(os.fsencode(self.profile / "run")) >= 0
        )

    def kill_host(self) -> None:
        os.kill(self.host_pid(), signal.SIGKILL)

    # What it serves ---------------------------------------------------------------------------------------------------

    def put(self, path: str, *sources: str | dict[str, Any], kernel: str = "scripted") -> Path:
        """A notebook on the disk."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jupyter_bytes(notebook(*sources, kernel=kernel)))
        return file

    def read(self, path: str) -> dict[str, Any]:
        return json.loads((self.root / path).read_bytes())

    def page(self, path: str, *, reconnects: bool = False) -> AbstractAsyncContextManager[Page]:
        return Page.open(self.url, self.token, path, reconnects=reconnects)

    def prompt(self, name: str, *, kernel: str = "", reconnects: bool = False) -> AbstractAsyncContextManager[Page]:
        """A page at a prompt."""
        live = f"prompts/{name}/live" + (f"?kernel={kernel}" if kernel else "")
        return Page.open(self.url, self.token, "", live=live, reconnects=reconnects)

    def close_prompts(self) -> None:
        """All of them, with their kernels."""
        headers = {"Authorization": f"token {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False) as client:
            for prompt in client.get("api/octavo/prompts").json():
                client.delete(f"api/octavo/prompts/{quote(prompt['name'])}")

    def http(self) -> httpx.AsyncClient:
        """Asks with the token."""
        return httpx.AsyncClient(
            base_url=self.url, headers={"Authorization": f"token {self.token}"}, timeout=60, trust_env=False
        )


class Desk:
    """One test's notebook on a server."""

    def __init__(self, server: Served, folder: str) -> None:
        self.server, self.folder = server, folder
        self.path = f"{folder}/n.ipynb"

    @property
    def file(self) -> Path:
        return self.server.root / self.path

    def put(self, *sources: str | dict[str, Any], kernel: str = "scripted") -> Path:
        return self.server.put(self.path, *sources, kernel=kernel)

    def page(self, path: str = "", *, reconnects: bool = False) -> AbstractAsyncContextManager[Page]:
        return self.server.page(path or self.path, reconnects=reconnects)

    @asynccontextmanager
    async def opened(self, *sources: str | dict[str, Any], kernel: str = "scripted") -> AsyncIterator[Page]:
        """A page on a fresh notebook of these cells."""
        self.put(*sources, kernel=kernel)
        async with self.page() as page:
            yield page

    def cells(self) -> list[dict[str, Any]]:
        """What the file holds."""
        found: list[dict[str, Any]] = self.server.read(self.path)["cells"]
        return found

    async def file_is(self, condition: Callable[[dict[str, Any]], object], seconds: float = 20) -> dict[str, Any]:
        """Wait until the file is so."""
        with anyio.fail_after(seconds):
            while True:
                try:
                    found = self.server.read(self.path)
                except (OSError, ValueError):
                    found = {}
                if found and condition(found):
                    return found
                await anyio.sleep(0.02)

    def stop_kernels(self) -> None:
        headers = {"Authorization": f"token {self.server.token}"}
        with httpx.Client(base_url=self.server.url, headers=headers, timeout=30, trust_env=False) as client:
            for session in client.get("api/sessions").json():
                if session["path"].startswith(f"{self.folder}/"):
                    client.delete(f"api/sessions/{session['id']}")
